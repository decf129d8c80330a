"""Whether the data is fit for each tag, before anything is trained or scored."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import LimnerError
from ..features.bucket import Needs, Stream
from ..features.cohort import cohort_rows
from ..features.loading import load_bucket
from ..features.question import COHORT
from ..tags.facts import valid_values
from ..tags.rules import plan_of_rule
from ..tags.spec import FactSpec, PredictiveSpec, RuleSpec
from .finding import Finding, counted, refused
from .learning import about_learning
from .material import Material, about_feeding
from .questions import question_of
from .readiness import require_ingested

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
    plan, cohort = plan_of_rule(spec, material.plan), spec.cohort
    streams = {} if cohort is None else {COHORT: Stream(cohort.event_type, cohort.where)}
    log, now = material.log, material.now

    def members(number: int) -> int:
        return len(cohort_rows(load_bucket(log, number, Needs(streams)), cohort, [now]))

    users = material.counted(members, f"{tag}: users")
    told = f"{users:,} of {counted(material.log.users, 'user')} would be classified now"
    mend = "" if users else "widen the cohort, or check its event and condition"
    yield Finding("ok" if users else "warning", "users", told, mend, tag)
    read = {stream.event_type for stream in {**plan.needs.streams, **streams}.values()}
    if read:
        yield about_feeding(material, tag, read)


def _fact(material: Material, tag: str, spec: FactSpec) -> Finding:
    attributes, now = material.attributes, material.now
    source = attributes.sources[spec.attribute]
    require_ingested(material.store, source.table, source.column)

    def known(number: int) -> int:
        return len(valid_values(attributes(number)[source.table], spec.attribute, now, source.decimals)[0])

    users = material.counted(known, f"{tag}: users")
    told = f"known of {counted(users, 'user')} by {source.table}; the log has {counted(material.log.users, 'user')}"
    mend = "" if users else "bring a file that tells it"
    return Finding("ok" if users else "warning", "users", told, mend, tag)
