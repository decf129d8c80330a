"""Whatever happens on the way, the destination comes to hold the members who are not held out."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.engines.store import Store
from limner.errors import SinkError
from limner.tags.sinks.pending import Pending
from limner.tags.sinks.protocol import GONE, Parcel
from limner.tags.sinks.standing import opened
from tests.tags.sinks.places import ROUTE, Held, Members, exposures, sent, synced

Fault = Literal["refuses", "dies after taking", "killed before", "killed after", "killed unpublished", "killed unnoted"]


class Killed(BaseException):
    """The run is gone, with whatever it would have done next."""


class Memory:
    """A destination that takes each key once, and fails at one of its parcels."""

    def __init__(self, rows_at_once: int | None) -> None:
        self.rows_at_once = rows_at_once
        self.held: Held = {}
        self.taken: dict[str, list[object]] = {}
        self.sent = 0
        self.fault: tuple[Fault, int] | None = None

    def put(self, parcel: Parcel) -> None:
        fault, at = self.fault or (None, 0)
        is_now, self.sent = self.sent == at, self.sent + 1
        if is_now and fault == "refuses":
            raise SinkError("refused")
        if is_now and fault == "killed before":
            raise Killed
        self.take(parcel)
        if is_now and fault == "dies after taking":
            raise SinkError("died")
        if is_now and fault == "killed after":
            raise Killed

    def take(self, parcel: Parcel) -> None:
        rows = parcel.changes.to_pylist()
        assert self.taken.setdefault(parcel.key, rows) == rows
        for row in rows:
            if row["change"] in GONE:
                self.held.pop(row["user_id"], None)
            else:
                self.held[row["user_id"]] = (row["churn_tier"], row["churn_score"])


users = st.sampled_from(["ann", "bob", "cid", "dan", "eve"])
values = st.one_of(st.none(), st.tuples(st.sampled_from(["high", None]), st.sampled_from([1.0, 2.0])))
faults = st.sampled_from(
    ["refuses", "dies after taking", "killed before", "killed after", "killed unpublished", "killed unnoted"]
)
steps = st.tuples(st.dictionaries(users, values), st.one_of(st.none(), st.tuples(faults, st.integers(0, 2))))


def course(store: Store, sink: Memory, members: Members, fault: tuple[Fault, int] | None) -> None:
    """One sync by a run that may be killed, after which another would roll back what was not published."""
    sink.fault, sink.sent = fault, 0
    with pytest.MonkeyPatch.context() as patch:
        if fault is not None and fault[0] == "killed unpublished":
            patch.setattr(Store, "publish", _killed)
        if fault is not None and fault[0] == "killed unnoted":
            patch.setattr(Pending, "remove", _killed)
        with suppress(Killed):
            synced(store, sink, members)
    Store(store.root).recover()


def _killed(*_: object) -> None:
    raise Killed


@settings(max_examples=15, deadline=None)
@given(st.lists(steps, min_size=1, max_size=4), st.dictionaries(users, values), st.sampled_from([None, 1, 2]))
def test_any_course_ends_with_the_members(
    course_of: list[tuple[Members, tuple[Fault, int] | None]], last: Members, rows_at_once: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, sink = Path(folder) / "store", Memory(rows_at_once)
        for members, fault in course_of:
            course(Store(root), sink, members, fault)

        course(Store(root), sink, last, None)

        assert sink.held == sent(last)
        standing = opened(Store(root), ROUTE).table().to_pylist()
        assert sorted((row["user_id"], row["held_out"]) for row in standing) == sorted(
            (user, one is None) for user, one in last.items()
        )
        assert {row["pending"] for row in standing} <= {None}


@pytest.mark.parametrize(
    "fault", ["refuses", "dies after taking", "killed before", "killed after", "killed unpublished", "killed unnoted"]
)
def test_each_user_is_exposed_once_whatever_dies(tmp_path: Path, fault: Fault) -> None:
    root, sink = tmp_path / "store", Memory(2)
    members: Members = {"ann": ("high", 1.0), "bob": ("high", 1.0), "cid": ("high", 1.0), "eve": None}
    course(Store(root), sink, members, (fault, 1))

    course(Store(root), sink, members, None)

    assert exposures(Store(root)) == [("ann", False), ("bob", False), ("cid", False), ("eve", True)]
    assert sink.held == sent(members)
