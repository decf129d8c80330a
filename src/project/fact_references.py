"""What facts say of attributes, features, signals and properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..events.spec import AttributesSpec
from ..features.expressions import Typed
from ..features.spec import OF_TIME, FeaturesSpec
from ..tags.fact_spec import EndSpec, FavouriteSpec
from ..tags.spec import FactSpec
from .deliveries import Deliveries, listed
from .document import Path, Problem
from .feature_references import no_signal
from .plausible import not_positive
from .source_references import wrong_attribute
from .validation import guess

__all__ = ["fact_problems", "no_feature"]

_ANY = frozenset({"number", "category", "flag"})


def fact_problems(
    at: Path,
    fact: FactSpec,
    spec: tuple[FeaturesSpec, Mapping[str, AttributesSpec]],
    features: Mapping[str, Typed],
    deliveries: Deliveries,
) -> Iterator[Problem]:
    """What is wrong with a fact, of whatever it is.

    Args:
        spec: what the project file says of features and attributes.
        features: by the names that they will have.
    """
    declared, attributes = spec
    if fact.attribute is not None:
        yield from wrong_attribute((*at, "attribute"), fact.attribute, attributes)
    if fact.feature is not None and fact.feature not in features:
        yield no_feature((*at, "feature"), fact.feature, features)
    for end, told in fact.ends.items():
        yield from _wrong_end((*at, end), told, declared, deliveries)
    if fact.favourite is not None:
        yield from _wrong_favourite((*at, "favourite"), fact.favourite, declared, deliveries)


def no_feature(path: Path, name: str, features: Mapping[str, Typed]) -> Problem:
    """The problem that no feature has the name."""
    return Problem(path, f'there is no feature "{name}"{guess(name, features)}; allowed: {listed(features)}')


def _wrong_end(at: Path, end: EndSpec, features: FeaturesSpec, deliveries: Deliveries) -> Iterator[Problem]:
    if end.signal not in features.signals:
        yield no_signal((*at, "signal"), end.signal, features)
    elif end.show is not None:
        event_type = features.signals[end.signal].event_type
        yield from deliveries.wrong_property((*at, "show"), end.show, event_type, _ANY)


def _wrong_favourite(
    at: Path, favourite: FavouriteSpec, features: FeaturesSpec, deliveries: Deliveries
) -> Iterator[Problem]:
    yield from not_positive((*at, "within"), favourite.within)
    if favourite.signal not in features.signals:
        yield no_signal((*at, "signal"), favourite.signal, features)
    elif favourite.property not in OF_TIME:
        event_type = features.signals[favourite.signal].event_type
        yield from deliveries.wrong_property((*at, "property"), favourite.property, event_type, {"category", "flag"})
