"""How each kind of tag is made at an instant, and whether it may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..engines.store import Store
from ..errors import RefusedError, SpecError
from ..features.bucket import Needs
from ..features.compile import compile_plan
from ..features.plan import Plan
from ..features.question import TagQuestion
from ..models.bundle import Bundle
from ..models.champion import champion
from ..project import Project
from ..tags.facts import facts
from ..tags.moment import Moment
from ..tags.predictions import predict
from ..tags.rules import classify, plan_of_rule
from ..tags.spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec
from .readiness import require_attributes, require_fresh, require_ingested, require_known, require_properties

__all__ = ["Tagging"]


@dataclass(frozen=True)
class Tagging:
    """The tags of a project at one moment of its log."""

    project: Project
    store: Store
    moment: Moment

    def spec(self, tag: str) -> TagSpec:
        """What the project file says of the tag."""
        return self.project.spec.tags[tag]

    def model(self, tag: str) -> Bundle | None:
        """The champion of a predictive tag, every file checked; None for other tags.

        Raises:
            GateError: no model of the tag was ever let through.
            DamagedError: a file is not what was written.
        """
        return champion(self.store.root, tag) if isinstance(self.spec(tag), PredictiveSpec) else None

    def columns(self, tag: str, model: Bundle | None) -> dict[str, Any]:
        """The columns of the tag's rows.

        Raises:
            StaleError: a source that the tag reads ends too long ago.
            RefusedError: what the model reads is no longer delivered as it was.
            SpecError: the tag names what the log lacks.
        """
        spec = self.spec(tag)
        if isinstance(spec, FactSpec):
            return self._fact(tag, spec)
        if isinstance(spec, RuleSpec):
            return self._rule(tag, spec)
        if model is None:
            raise RefusedError(f"{tag} has no model to score with; train it first: limner train {tag}")
        return self._prediction(tag, spec, model)

    def _prediction(self, tag: str, spec: PredictiveSpec, model: Bundle) -> dict[str, Any]:
        question = TagQuestion(tag, spec.cohort, spec.target, spec.cutoffs, spec.valid_for)
        require_properties(model.plan, self.project.spec)
        require_attributes(model.plan, self.project.spec, self.store)
        require_known(model.plan, question)
        read = _event_types(model.plan.needs) | {spec.cutoffs.on} | {spec.cohort.event_type if spec.cohort else None}
        self._require_fresh(read)
        return predict(self.moment, question, model, spec.tiers)

    def _rule(self, tag: str, spec: RuleSpec) -> dict[str, Any]:
        plan = plan_of_rule(spec, self._plan)
        require_attributes(plan, self.project.spec, self.store)
        self._require_fresh(_event_types(plan.needs) | {spec.cohort.event_type if spec.cohort else None})
        return classify(self.moment, tag, spec, plan)

    def _fact(self, tag: str, spec: FactSpec) -> dict[str, Any]:
        source = self.moment.attributes.sources.get(spec.attribute)
        if source is None:
            raise SpecError(f"tags.{tag}.attribute: no table under attributes: has a column {spec.attribute}")
        require_ingested(self.store, source.table, source.column)
        return facts(self.moment, tag, spec, source.table, source.decimals)

    def _require_fresh(self, event_types: set[str | None]) -> None:
        read = {one for one in event_types if one}
        require_fresh(self.moment.log, read, self.moment.as_of, self.project.spec.max_staleness)

    @cached_property
    def _plan(self) -> Plan:
        """All features that the project file declares, with the vocabularies of this moment."""
        moment = self.moment
        for name in self.project.spec.features.attributes:
            source = moment.attributes.sources[name]
            require_ingested(self.store, source.table, source.column)
        return compile_plan(moment.log, self.project.spec.features, moment.attributes.sources, before=moment.as_of)


def _event_types(needs: Needs) -> set[str | None]:
    return {stream.event_type for stream in needs.streams.values()}
