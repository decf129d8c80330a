"""Whether the data is fit for each tag, before anything is trained or scored."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import LimnerError
from ..features.bucket import Needs, Stream
from ..features.cohort import cohort_rows
from ..features.loading import load_bucket
from ..features.question import COHORT
from ..features.sharing import together
from ..models.champion import pointer
from ..tags.known import Known
from ..tags.moment import Moment
from ..tags.rules import plan_of_rule
from ..tags.spec import FactSpec, PredictiveSpec, RuleSpec
from .finding import Finding, counted, listed, refused
from .learning import about_learning
from .material import Material, about_feeding
from .questions import question_of
from .tagging import Tagging

__all__ = ["usability"]


def usability(material: Material, tag: str) -> list[Finding]:
    """What there is for a tag to rest on, line by line, and what would be made of it."""
    spec = material.project.spec.tags[tag]
    try:
        if isinstance(spec, PredictiveSpec):
            return list(about_learning(material, question_of(material.project, tag)))
        if isinstance(spec, RuleSpec):
            return list(_rule(material, tag, spec))
        return [_fact(material, tag, spec)]
    except LimnerError as error:
        return [refused(tag, "definition", error)]


def _rule(material: Material, tag: str, spec: RuleSpec) -> Iterator[Finding]:
    plan, cohort = plan_of_rule(spec, material.plan, material.project.spec.tags), spec.cohort
    streams = {} if cohort is None else {COHORT: Stream(cohort.event_type, cohort.where)}
    log, now = material.log, material.now

    def members(number: int) -> int:
        return len(cohort_rows(load_bucket(log, number, Needs(streams)), cohort, [now]))

    users = material.counted(members, f"{tag}: users")
    told = f"{users:,} of {counted(material.log.users, 'user')} would be classified now"
    mend = "" if users else "widen the cohort, or check its event and condition"
    yield Finding("ok" if users else "warning", "users", told, mend, tag)
    yield from _below(material, tag)
    read = {stream.event_type for stream in {**plan.needs.streams, **streams}.values()}
    if read:
        yield about_feeding(material, tag, read)


def _below(material: Material, tag: str) -> Iterator[Finding]:
    """Whether what a rule rests on can be made."""
    below = material.project.below[tag]
    models = [one for one in below if material.project.spec.tags[one].kind == "predictive"]
    missing = [one for one in models if pointer(material.store.root, one) is None]
    if missing:
        told = f"rests on {listed(missing)}, which has no model yet"
        yield Finding("warning", "below", told, f"limner train {' '.join(missing)}", tag)
    elif below:
        yield Finding("ok", "below", f"rests on {listed(list(below))}", "", tag)


def _fact(material: Material, tag: str, spec: FactSpec) -> Finding:
    moment = Moment(material.log, material.now, material.attributes, material.engine, material.progress)
    maker = Tagging(material.project, material.store, moment).maker(tag, None)
    needs = together([maker.needs])

    def known(number: int) -> int:
        return len(maker.part(Known(moment.log, number, moment.as_of, needs, moment.attributes)).rows)

    users = material.counted(known, f"{tag}: users")
    by = moment.attributes.sources[spec.attribute].table if spec.attribute else "the log"
    told = f"known of {counted(users, 'user')} by {by}; the log has {counted(moment.log.users, 'user')}"
    mend = "" if users else "bring a file that tells it"
    return Finding("ok" if users else "warning", "users", told, mend, tag)
