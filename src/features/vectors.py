"""From events to vectors: the one place where a plan meets a bucket, in training and in scoring alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import RefusedError
from .attributes import attribute_column
from .bucket import Bucket
from .kernel import (
    AGGREGATES,
    EVER,
    Track,
    Window,
    amounts,
    counts,
    days_since_first,
    first_before,
    share,
    trend,
    windows,
)  # fmt: skip
from .kernel_exact import Words
from .plan import Feature, Part, Plan, Signal, stream_key
from .rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["vectors"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_OF_VALUES = frozenset({"sum", "mean", "min", "max", "std", "last", "distinct"})
_KEPT_TRACKS = 6


def vectors(bucket: Bucket, plan: Plan, rows: Rows, attributes: Mapping[str, pa.Table]) -> Floats:
    """The plan's features of each row, `(n_rows, n_features)`.

    NaN is missing; a category is its code in the feature's vocabulary, 0 for any other value. Rows are
    sorted by user and cutoff.

    Args:
        attributes: the bucket's attribute tables by name.

    Raises:
        RefusedError: the log keeps a number with other decimals than when the plan was made.
    """
    _refuse_rescaled(bucket, plan)
    history = _History(bucket, plan, rows)
    found = np.empty((len(plan.features), len(rows)), np.float32)
    for place in sorted(range(len(plan.features)), key=lambda place: _order(plan, plan.features[place])):
        feature = plan.features[place]
        if feature.role == "history":
            found[place] = history.column(feature)
        elif feature.role == "attribute":
            source = plan.attributes[feature.source]
            found[place] = attribute_column(feature, source, attributes[source.table], bucket, rows)
        else:
            found[place] = _known(feature, rows)
    return np.ascontiguousarray(found.T)


@dataclass(frozen=True)
class _Chosen:
    """Which events a track holds: of a stream, all when None; of a part of it; those with a value."""

    stream: str | None
    part: Part | None = None
    value: str | None = None


class _History:
    """The columns of one plan over one bucket; tracks are kept while neighbours in the order of work use them."""

    def __init__(self, bucket: Bucket, plan: Plan, rows: Rows) -> None:
        self.bucket, self.plan = bucket, plan
        self.users, self.cutoffs = rows.user.astype(np.int64), rows.cutoff.astype(np.int64)
        self.widths = tuple(sorted({width for feature in plan.features for width in feature.windows} | {EVER}))
        self.track = lru_cache(_KEPT_TRACKS)(self._track)
        self.everything = lru_cache(1)(lambda: self._track(_Chosen(None)))

    def column(self, feature: Feature) -> Floats:
        signal = self.plan.signals[feature.source]
        chosen = _Chosen(stream_key(signal.stream), feature.part)
        width = feature.windows[0] if feature.windows else EVER
        if feature.aggregate == "share":
            return self._share(signal, feature.part, width)
        if feature.aggregate == "trend":
            short, long = feature.windows
            return trend(self._amounts(signal, None, short), self._amounts(signal, None, long), short, long)
        if feature.aggregate in {"days_since_first", "age_unknown"}:
            return self._age(chosen, feature.aggregate)
        value = signal.value if feature.aggregate in _OF_VALUES else None
        track, window_of = self.track(_Chosen(chosen.stream, chosen.part, value))
        return AGGREGATES[feature.aggregate](track, window_of[width])

    def _share(self, signal: Signal, part: Part | None, width: int) -> Floats:
        if part is not None:
            return share(self._amounts(signal, part, width), self._amounts(signal, None, width))
        _, mine = self.track(_Chosen(stream_key(signal.stream)))
        _, all_ = self.everything()
        return share(counts(mine[width]), counts(all_[width]))

    def _amounts(self, signal: Signal, part: Part | None, width: int) -> Words:
        """What a signal amounts to: the sum of its numbers, else how many events it has."""
        is_number = signal.type == "number"
        track, window_of = self.track(_Chosen(stream_key(signal.stream), part, signal.value if is_number else None))
        return amounts(track, window_of[width]) if is_number else counts(window_of[width])

    def _age(self, chosen: _Chosen, aggregate: str) -> Floats:
        track, window_of = self.track(chosen)
        is_unknown = first_before(track, window_of[EVER], self.plan.known_since)
        if aggregate == "age_unknown":
            return is_unknown.astype(np.float32)
        return np.where(is_unknown, np.float32(np.nan), days_since_first(track, window_of[EVER]))

    def _track(self, chosen: _Chosen) -> tuple[Track, dict[int, Window]]:
        events = self._events(chosen)
        values, per_one = self._values(chosen.value, events)
        offsets = np.searchsorted(events, self.bucket.offsets).astype(np.int64)
        track = Track(self.bucket.seconds[events], offsets, values, per_one)
        return track, windows(track, self.users, self.cutoffs, self.widths)

    def _events(self, chosen: _Chosen) -> npt.NDArray[np.intp]:
        if chosen.stream is None:
            return np.arange(len(self.bucket.seconds))
        inside = self.bucket.streams[chosen.stream]
        if chosen.part is not None:
            inside = inside & self._in_part(chosen.part)
        if chosen.value is not None and chosen.value in self.bucket.numbers:
            inside = inside & ~self.bucket.numbers[chosen.value].missing
        elif chosen.value is not None:
            inside = inside & (self.bucket.categories[chosen.value].codes >= 0)
        return np.flatnonzero(inside)

    def _in_part(self, part: Part) -> npt.NDArray[np.bool_]:
        """Events with the part's value; those with any value that has no part of its own; missing is in none."""
        categories = self.bucket.categories[part.property]
        own = self.plan.parts[part.property]
        belongs = [text not in own if part.value is None else text == part.value for text in categories.texts]
        return np.array([*belongs, False])[categories.codes]

    def _values(self, name: str | None, events: npt.NDArray[np.intp]) -> tuple[Ints, int]:
        if name is None:
            return np.zeros(0, np.int64), 1
        if name in self.bucket.categories:
            return self.bucket.categories[name].codes[events].astype(np.int64), 1
        numbers = self.bucket.numbers[name]
        return numbers.values[events], 10**numbers.decimals


def _refuse_rescaled(bucket: Bucket, plan: Plan) -> None:
    for signal in plan.signals.values():
        numbers = bucket.numbers.get(signal.value or "")
        if numbers is not None and numbers.decimals != signal.decimals:
            raise RefusedError(
                f"property {signal.value} has {numbers.decimals} decimals in the log and had {signal.decimals} when "
                "the plan was made; declare it as it was, or train again"
            )


def _order(plan: Plan, feature: Feature) -> tuple[str, ...]:
    """Features of the same track are computed one after the other."""
    if feature.role != "history":
        return ("",)
    signal = plan.signals[feature.source]
    part = "" if feature.part is None else f"{feature.part.property} {feature.part.value}"
    return (stream_key(signal.stream), signal.value or "", part)


def _known(feature: Feature, rows: Rows) -> Floats:
    """A property of the trigger event."""
    column = rows.known[feature.source]
    if feature.type == "number":
        return column.astype(np.float32)
    codes = {text: code for code, text in enumerate(feature.texts, 1)}
    if feature.type == "flag":
        codes = {"false": 0, "true": 1}
    return np.array([np.nan if text is None else codes.get(str(text), 0) for text in column], np.float32)
