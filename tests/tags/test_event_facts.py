from typing import Any, Literal

import numpy as np
import pytest

from limner.events.log import Property
from limner.features.bucket import Bucket, Membership, Needs, Properties
from limner.features.spec import SignalSpec
from limner.tags.event_facts import EndReader, FavouriteReader
from limner.tags.fact_spec import EndSpec, FavouriteSpec
from limner.timeline import DAY, MICROS

PROPERTIES = {"amount": Property("number", 2), "shelf": Property("category", 0)}
SPEND = SignalSpec(event_type="buy", value="amount")
VISITS = SignalSpec(event_type="buy")
SHELVES = ("tea", "bread", "milk")
NONE = np.iinfo(np.int64).min
AS_OF = 100 * DAY

Event = tuple[str, int, int | None, str | None]
"""User, day, amount in cents, shelf."""


class Told:
    """A bucket that tells its events to one tag."""

    def __init__(self, *events: Event, late: int = 0) -> None:
        rows = sorted(events, key=lambda one: one[0])
        users = sorted({user for user, *_ in rows})
        days = np.array([day for _, day, *_ in rows], np.int64)
        self.as_of = AS_OF
        self._bucket = Bucket(
            named=lambda: np.array(users, object),
            offsets=np.searchsorted(np.array([user for user, *_ in rows]), [*users, "~"]).astype(np.int64),
            seconds=days * DAY + late,
            micros=days * DAY * MICROS,
            membership=Membership.of({"signal": np.ones(len(rows), np.bool_)}, len(rows)),
            properties=Properties(
                ("amount",),
                (2,),
                np.array([[NONE if amount is None else amount for *_, amount, _ in rows]], np.int64),
                ("shelf",),
                (SHELVES,),
                np.array([[-1 if shelf is None else SHELVES.index(shelf) for *_, shelf in rows]], np.int32),
                {"amount": frozenset(), "shelf": frozenset()},
            ),
        )

    def events(self, needs: Needs) -> Bucket:
        return self._bucket


def told(reader: Any, known: Any) -> dict[str, str]:
    rows = reader.part(known).rows
    return dict(zip(rows["user_id"].to_pylist(), rows["value"].to_pylist(), strict=True))


def end(which: Literal["first", "last"], show: str | None = None) -> EndReader:
    return EndReader.of(which, EndSpec(signal="spend", show=show), SPEND, PROPERTIES, DAY)


def favourite(signal: SignalSpec = SPEND, **spec: Any) -> FavouriteReader:
    declared = FavouriteSpec.model_validate({"property": "shelf", "signal": "spend", **spec})
    return FavouriteReader.of(declared, signal, PROPERTIES, DAY)


BOUGHT: list[Event] = [
    ("a", 1, 250, "tea"), ("a", 2, 300, None), ("a", 3, None, "milk"), ("a", 100, 900, "bread"),
    ("b", 50, 5, "bread"),
    ("c", 100, 1, "tea"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("which", "show", "expected"),
    [
        ("first", None, {"a": "1970-01-02", "b": "1970-02-20"}),
        ("last", None, {"a": "1970-01-04", "b": "1970-02-20"}),
        ("first", "shelf", {"a": "tea", "b": "bread"}),
        ("last", "shelf", {"a": "milk", "b": "bread"}),
        ("last", "amount", {"a": "3.00", "b": "0.05"}),
    ],
)
def test_ends_are_told_of_what_was_known_and_has_the_property(
    which: Literal["first", "last"], show: str | None, expected: dict[str, str]
) -> None:
    assert told(end(which, show), Told(*BOUGHT)) == expected


def test_an_event_that_became_known_at_the_instant_is_the_future() -> None:
    assert told(end("first"), Told(("a", 99, 1, "tea"), late=DAY - 1)) == {"a": "1970-04-10"}
    assert told(end("first"), Told(("a", 99, 1, "tea"), late=DAY)) == {}


def test_of_several_favourites_the_larger_comes_first_and_of_equal_ones_the_earlier_name() -> None:
    known = Told(("a", 1, 100, "tea"), ("a", 2, 200, "milk"), ("a", 3, 100, "bread"), ("b", 1, 1, "tea"))

    assert told(favourite(top=2), known) == {"a": "milk > bread", "b": "tea"}
    assert told(favourite(), known) == {"a": "milk", "b": "tea"}


def test_favourites_add_up_money_or_count_events() -> None:
    known = Told(("a", 1, 900, "tea"), ("a", 2, 1, "milk"), ("a", 3, 1, "milk"))

    assert told(favourite(), known) == {"a": "tea"}
    assert told(favourite(VISITS), known) == {"a": "milk"}


def test_nothing_is_a_favourite_that_came_to_nothing() -> None:
    known = Told(("a", 1, 500, "tea"), ("a", 2, -500, "tea"), ("b", 1, None, "tea"), ("c", 1, 5, None))

    assert told(favourite(), known) == {}


@pytest.mark.parametrize(("within", "expected"), [("10d", {"b": "milk"}), ("11d", {"a": "tea", "b": "milk"})])
def test_favourites_look_back_so_far(within: str, expected: dict[str, str]) -> None:
    assert told(favourite(within=within), Told(("a", 89, 1, "tea"), ("b", 90, 1, "milk"))) == expected


def test_sums_that_floats_would_not_tell_apart_are_told_apart() -> None:
    known = Told(("a", 1, 2**60, "tea"), ("a", 2, 2**60, "milk"), ("a", 3, 1, "tea"))

    assert told(favourite(), known) == {"a": "tea"}
