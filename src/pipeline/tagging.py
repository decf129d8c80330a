"""How each kind of tag is made at an instant, and whether it may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from ..engines.store import Store
from ..errors import RefusedError, SpecError
from ..features.bucket import Needs
from ..features.compile import compile_plan
from ..features.loading import require_answerable
from ..features.plan import Plan
from ..models.bundle import Bundle
from ..models.champion import champion
from ..project import Project
from ..tags.event_facts import EndReader, FavouriteReader
from ..tags.facts import FeatureReader, Reader
from ..tags.maker import Maker
from ..tags.moment import Moment
from ..tags.predictions import Predictor
from ..tags.rules import Classifier, plan_of_rule
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

    def maker(self, tag: str, model: Bundle | None) -> Maker:
        """What makes the tag, once it is known that it may be made.

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
        return self._prediction(spec, model)

    def _prediction(self, spec: PredictiveSpec, model: Bundle) -> Predictor:
        require_properties(model.plan, self.project.spec)
        require_attributes(model.plan, self.project.spec, self.store)
        self._require_fresh(_event_types(model.plan.needs) | {spec.cutoffs.on} | _of_cohort(spec))
        predictor = Predictor.of(spec, model, self.moment.log.properties)
        require_known(model.plan, predictor.question)
        require_answerable(self.moment.log, predictor.needs)
        return predictor

    def _rule(self, tag: str, spec: RuleSpec) -> Classifier:
        plan = plan_of_rule(spec, self._plan, self.project.spec.tags)
        classifier = Classifier(spec, plan, tuple(self.project.below[tag]))
        require_attributes(classifier.plan, self.project.spec, self.store)
        self._require_fresh(_event_types(classifier.plan.needs) | _of_cohort(spec))
        require_answerable(self.moment.log, classifier.needs)
        return classifier

    def _fact(self, tag: str, spec: FactSpec) -> Maker:
        if spec.attribute is not None:
            return self._attribute(tag, spec.attribute, spec.valid_for.seconds)
        maker = self._feature(tag, spec) if spec.feature is not None else self._of_events(spec)
        self._require_fresh(_event_types(maker.needs))
        require_answerable(self.moment.log, maker.needs)
        return maker

    def _attribute(self, tag: str, attribute: str, valid_for: int) -> Reader:
        source = self.moment.attributes.sources.get(attribute)
        if source is None:
            raise SpecError(f"tags.{tag}.attribute: no table under attributes: has a column {attribute}")
        require_ingested(self.store, source.table, source.column)
        return Reader(attribute, source.table, source.decimals, valid_for)

    def _feature(self, tag: str, spec: FactSpec) -> FeatureReader:
        found = tuple(feature for feature in self._plan.features if feature.name == spec.feature)
        if not found:
            raise SpecError(f"tags.{tag}.feature: there is no feature {spec.feature} in this log")
        plan = replace(self._plan, features=found)
        require_attributes(plan, self.project.spec, self.store)
        return FeatureReader(plan, spec.valid_for.seconds)

    def _of_events(self, spec: FactSpec) -> EndReader | FavouriteReader:
        signals, properties = self.project.spec.features.signals, self.moment.log.properties
        valid_for = spec.valid_for.seconds
        if spec.favourite is not None:
            return FavouriteReader.of(spec.favourite, signals[spec.favourite.signal], properties, valid_for)
        ((which, end),) = spec.ends.items()
        return EndReader.of(which, end, signals[end.signal], properties, valid_for)

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


def _of_cohort(spec: PredictiveSpec | RuleSpec) -> set[str | None]:
    return {spec.cohort.event_type} if spec.cohort else set()
