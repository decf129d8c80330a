"""What is remembered of users past an instant, so that scoring need not read what was before.

Features with a window rest on its events. Those without one - lifetime sums, days since the first event, decays - are
*lasting*: they rest on every event there ever was, and little of those must be remembered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..engines.files import canonical_json, whole_folder
from ..errors import DamagedError, RefusedError
from ..events.texts import packed, unpacked
from .asked import Asked
from .bucket import Bucket
from .kernel_carried import Carried, carry
from .layout import Layout
from .plan import Feature, Plan
from .program import events_of, programmed

__all__ = ["Remembered", "carried", "fingerprint", "is_lasting", "lasting", "reach", "seen_by"]

Ints = npt.NDArray[np.int64]
Users = npt.NDArray[np.object_]

_ARRAYS = tuple(name for name in Carried._fields if name != "until")
_FORMAT = 2
_MEND = "make it anew from the log"


@dataclass(frozen=True)
class Remembered:
    """What is carried of the `users` (n_users,), sorted texts, of a bucket, and which plans it fits.

    `texts` are those that codes of a category refer to, by its property; `met` the property of each lane that notes
    which codes were met.
    """

    fingerprint: str
    users: Users
    texts: Mapping[str, tuple[str, ...]]
    met: tuple[str, ...]
    carried: Carried

    @property
    def until(self) -> int:
        """The second up to which events are remembered."""
        return self.carried.until

    def refuse_unfit(self, plan: Plan, cutoffs: Ints) -> None:
        """Nothing, if it fits the plan and no cutoff lies before it.

        Raises:
            RefusedError: it was made for other features, or reaches past a cutoff.
        """
        if self.fingerprint != fingerprint(plan):
            raise RefusedError(f"what is remembered of users was made for other features than the plan's; {_MEND}")
        if len(cutoffs) and cutoffs.min() < self.until:
            raise RefusedError(
                f"what is remembered of users reaches to second {self.until}, past the cutoff {cutoffs.min()}; {_MEND}"
            )

    def save(self, folder: Path) -> None:
        """Nothing, once it is written into a folder that was not there, whole or not at all."""
        with whole_folder(folder) as fresh:
            for name, array in self._arrays().items():
                np.save(fresh / f"{name}.npy", array)
            told = {"format": _FORMAT, "fingerprint": self.fingerprint, "until": self.until}
            names = {**told, "texts": self.texts, "met": self.met}
            (fresh / "names.json").write_text(json.dumps(names, ensure_ascii=False))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What was saved there.

        Raises:
            DamagedError: it is not whole, or of another form.
        """
        try:
            names = json.loads((folder / "names.json").read_text())
            if names["format"] != _FORMAT:
                raise ValueError(f"format {names['format']}")
            arrays = {name: np.load(folder / f"{name}.npy") for name in (*_ARRAYS, "user_text", "user_ends")}
            told = unpacked(arrays.pop("user_text"), arrays.pop("user_ends"))
            told.validate(full=True)
            users = told.to_numpy(zero_copy_only=False)
            texts = {name: tuple(one) for name, one in names["texts"].items()}
            state = Carried(until=int(names["until"]), **arrays)
            return cls(str(names["fingerprint"]), users, texts, tuple(names["met"]), state)
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{folder}: is not what Limner wrote ({error}); {_MEND}") from error

    def of(self, users: Users, texts: Mapping[str, Sequence[str]]) -> Carried:
        """The same of these users, in their order, with codes that refer to these texts."""
        known = {user: place for place, user in enumerate(self.users)}
        places = np.array([known.get(user, -1) for user in users], np.int64)
        dense = {name: _picked(getattr(self.carried, name), places) for name in _ARRAYS if not name.startswith("met")}
        met, bounds = self._met_of(places, texts)
        return Carried(until=self.until, met=met, met_bounds=bounds, **dense)

    def _met_of(self, places: Ints, texts: Mapping[str, Sequence[str]]) -> tuple[Ints, Ints]:
        bounds, n_lanes = self.carried.met_bounds, len(self.met)
        lengths = _picked(np.diff(bounds).reshape(len(self.users), n_lanes), places).reshape(-1)
        begins = _picked(bounds[:-1].reshape(len(self.users), n_lanes), places).reshape(-1)
        new_bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        met = self.carried.met[np.repeat(begins - new_bounds[:-1], lengths) + np.arange(new_bounds[-1])]
        lanes = np.repeat(np.tile(np.arange(n_lanes), len(places)), lengths)
        for lane, name in enumerate(self.met):
            codes = {text: code for code, text in enumerate(texts[name])}
            recoded = np.array([codes[text] for text in self.texts[name]], np.int64)
            met[lanes == lane] = recoded[met[lanes == lane]]
        return met, new_bounds

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        joined, ends = packed(pa.array(self.users, pa.large_string()))
        carried = {name: getattr(self.carried, name) for name in _ARRAYS}
        return {**carried, "user_text": joined, "user_ends": ends}


def is_lasting(feature: Feature) -> bool:
    """Whether a feature rests on every event there ever was."""
    return feature.role == "history" and (not feature.windows or feature.aggregate == "decay")


def lasting(plan: Plan) -> Plan:
    """The plan's features that rest on every event there ever was; it may have none."""
    return replace(plan, features=tuple(feature for feature in plan.features if is_lasting(feature)))


def reach(plan: Plan) -> int:
    """How many seconds before a cutoff the plan's windows begin at most; 0 if there are none."""
    windows = [one.windows for one in plan.features if one.role == "history" and not is_lasting(one)]
    return max((width for one in windows for width in one), default=0)


def fingerprint(plan: Plan) -> str:
    """The sha256 of all that decides what is remembered for a plan: of which events, and which numbers of them."""
    part = lasting(plan)
    decimals = {signal.value: signal.decimals for signal in part.signals.values() if signal.value in part.needs.numbers}
    parts = {feature.part.property: part.parts[feature.part.property] for feature in part.features if feature.part}
    return sha256(canonical_json([_FORMAT, _layout(part).outline, decimals, parts]).encode()).hexdigest()


def carried(bucket: Bucket, plan: Plan, until: int, start: Remembered | None = None) -> Remembered:
    """What is remembered of the bucket's users after all events that were known before the second `until`.

    Args:
        start: what is remembered at an earlier instant; the bucket need hold no event before that one, and no user of
            whom there is none since.

    Raises:
        RefusedError: it was made for other features, or at a later instant.
    """
    users = bucket.users
    if start is not None:
        start.refuse_unfit(plan, np.array([until]))
        users = np.array(sorted({*users, *start.users}), object)
    part = lasting(plan)
    seen, earlier = seen_by(_with_users(bucket, users), plan, start)
    feeds, program = programmed(seen, part)
    met = tuple(_layout(part).met)
    texts = {name: seen.properties.category(name).texts for name in met}
    state = carry(events_of(seen), feeds, program, until, earlier)
    return Remembered(fingerprint(plan), users, texts, met, state)


def seen_by(bucket: Bucket, plan: Plan, start: Remembered | None) -> tuple[Bucket, Carried | None]:
    """The bucket as the plan's lasting features see it, and what is remembered of its users in its codes.

    What is remembered must not depend on whether any event of today lacks a property, so each is looked at. Categories
    get the texts, at their end, that only earlier events had.
    """
    properties = bucket.properties
    texts = dict(zip(properties.category_names, properties.texts, strict=True))
    if start is not None:
        texts |= {name: tuple(dict.fromkeys((*texts[name], *start.texts[name]))) for name in start.met}
    known = replace(properties, texts=tuple(texts.values()), lacking=_everywhere(plan))
    return replace(bucket, properties=known), None if start is None else start.of(bucket.users, texts)


def _everywhere(plan: Plan) -> dict[str, frozenset[str]]:
    """Each value as if some event of each type lacked it."""
    types = frozenset(signal.stream.event_type for signal in plan.signals.values())
    return {signal.value: types for signal in plan.signals.values() if signal.value is not None}


def _layout(part: Plan) -> Layout:
    return Layout(Asked.by(part, _everywhere(part)))


def _with_users(bucket: Bucket, users: Users) -> Bucket:
    """The bucket with these users, among whom are its own; the others have no events."""
    counts = np.zeros(len(users), np.int64)
    counts[np.searchsorted(users, bucket.users)] = np.diff(bucket.offsets)
    return replace(bucket, named=lambda: users, offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def _picked(array: npt.NDArray[Any], places: Ints) -> npt.NDArray[Any]:
    """The array's rows at these places, zeros for -1."""
    padded = np.concatenate([array, np.zeros((1, *array.shape[1:]), array.dtype)])
    picked: npt.NDArray[Any] = padded[places]
    return picked
