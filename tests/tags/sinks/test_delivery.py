from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from limner.engines.store import Store
from limner.tags.sinks.delivery import Consignment, deliver
from limner.tags.sinks.files import CsvSink
from limner.tags.sinks.forgetting import forget
from limner.tags.sinks.pending import Stamp
from limner.tags.sinks.protocol import Parcel
from limner.tags.sinks.records import read_audit
from tests.tags.sinks.places import ROUTE, STAMP, DeltaPlace, Members, exposures, synced, wanted

FIRST: Members = {"ann": ("high", 0.5), "bob": ("low", 0.25), "eve": None}


class Kept:
    """A sink that keeps the parcels it was given."""

    rows_at_once = None

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    def put(self, parcel: Parcel) -> None:
        self.parcels.append(parcel)

    @property
    def last(self) -> list[tuple[str, str]]:
        rows = self.parcels[-1].changes.to_pylist()
        return [(row["change"], row["user_id"]) for row in rows]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_another_column_updates_everybody(store: Store) -> None:
    sink = Kept()
    synced(store, sink, FIRST)

    more = Consignment(store, ROUTE, STAMP, "somewhere", wanted(FIRST).drop_columns(["churn_score"]))
    told = deliver(more, sink)

    assert (told.updated, sink.last) == (2, [("updated", "ann"), ("updated", "bob")])


def test_another_destination_begins_anew(store: Store) -> None:
    sink = Kept()
    synced(store, sink, FIRST)

    deliver(Consignment(store, ROUTE, STAMP, "elsewhere", wanted({"ann": ("high", 0.5)})), sink)

    assert sink.last == [("added", "ann")]
    assert sink.parcels[-1].is_whole


def test_a_parcel_knows_whom_the_destination_then_holds(store: Store) -> None:
    sink = Kept()
    synced(store, sink, FIRST)
    synced(store, sink, {"bob": ("low", 0.25), "cid": ("low", 1.0)})

    assert sink.last == [("left", "ann"), ("added", "cid")]
    assert sink.parcels[-1].members["user_id"].to_pylist() == ["bob", "cid"]
    assert not sink.parcels[-1].is_whole


def test_whoever_leaves_and_comes_back_is_exposed_anew(store: Store) -> None:
    for members in (FIRST, {"eve": None}, FIRST):
        synced(store, Kept(), members)

    assert exposures(store) == [("ann", False), ("ann", False), ("bob", False), ("bob", False), ("eve", True)]


def test_the_audit_has_a_line_for_each_delivery(store: Store) -> None:
    synced(store, Kept(), FIRST)
    synced(store, Kept(), {"ann": ("low", 0.5)}, stamp=Stamp("r2", as_of=300, at=400, who="bea"))

    lines = read_audit(store).to_pylist()

    assert [(one["run_id"], one["who"], one["added"], one["updated"], one["left"]) for one in lines] == [
        ("r1", "ann", 2, 0, 0),
        ("r2", "bea", 0, 1, 1),
    ]


def test_no_version_of_a_delta_table_keeps_a_forgotten_user(store: Store, tmp_path: Path) -> None:
    place = DeltaPlace(tmp_path)
    synced(store, place.sink, FIRST)
    synced(store, place.sink, {"ann": ("high", 0.5)})

    forget(store, {"crm": place.sink}, "bob", STAMP)

    users = [pq.read_table(file, partitioning=None)["user_id"].to_pylist() for file in place.path.rglob("*.parquet")]
    assert users == [["ann"]]
    assert len(DeltaTable(place.path).file_uris()) == 1


def test_a_forgotten_user_leaves_what_is_kept_of_deliveries(store: Store, tmp_path: Path) -> None:
    synced(store, CsvSink(tmp_path / "a.csv"), FIRST)

    for user in ("bob", "eve"):
        forget(store, {"crm": CsvSink(tmp_path / "a.csv")}, user, STAMP)

    assert exposures(store) == [("ann", False)]
    files = [*store.files("delivered"), *store.files("exposures")]
    assert {user for file in files for user in pq.read_table(file)["user_id"].to_pylist()} == {"ann"}
    assert "bob" not in str(read_audit(store).to_pylist())


def test_a_user_of_a_first_delivery_that_was_killed_is_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    sink = Kept()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "publish", killed)
        synced(store, sink, FIRST)
    again = Store(store.root)
    again.recover()

    told = forget(again, {"crm": sink}, "ann", STAMP)

    assert [(one.audience, one.sink, one.reason) for one in told] == [(*ROUTE, None)]
    assert sink.last == [("forgotten", "ann")]
    assert not [*store.root.glob("deliveries/*")]


def test_a_sink_that_has_left_the_project_cannot_forget(store: Store) -> None:
    synced(store, Kept(), FIRST)

    (told,) = forget(store, {}, "bob", STAMP)

    assert told.reason == (
        "sinks.crm: the project has no such sink any more, and it holds the user in save_now; "
        "declare it again, or remove the user there by hand"
    )
    assert exposures(store) == [("ann", False), ("bob", False), ("eve", True)]
