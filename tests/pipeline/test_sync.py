import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from limner.engines.store import Store
from limner.errors import LockedError, SinkError, UsageError
from limner.pipeline.export import ExportResult, Order, export
from limner.pipeline.forgetting import forget_at_sinks
from limner.pipeline.outbound import Asked, Outbound
from limner.pipeline.sync import SyncResult, sync
from limner.progress import Silent
from limner.project import Project, load
from limner.tags.sinks.posting import Pace
from limner.tags.sinks.records import read_audit
from limner.timeline import FixedClock
from tests.project.shop import SHOP
from tests.tags.batches import fact_batch, shown_in
from tests.tags.sinks.places import exposures
from tests.tags.sinks.receiver import SECRET, Receiver, receiving

SINKS = """
sinks:
  files: {kind: csv, path: "out/{audience}.csv", columns: [age]}
  lake: {kind: delta, path: out/lake}
  hook: {kind: webhook, url: "${HOOK_URL}", secret: "${HOOK_SECRET}", columns: [age]}
  database: {kind: postgres, dsn: "postgresql://limner@127.0.0.1:1/crm", table: audience}
"""
NOW = 100


@dataclass
class Audience:
    sink: str | None = None
    on_enter: str | None = None
    on_leave: str | None = None


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP + SINKS)
    found = load(path)
    shown_in(
        Store(found.store_path), [fact_batch("age", NOW, {"ann": "30", "bob": "40", "eve": "50"})], {"age": "fact"}
    )
    return found


def outbound(receiver: Receiver | None = None, **audiences: Audience) -> Outbound:
    everybody = pa.table({"user_id": ["ann", "bob", "eve"], "holdout": [False, False, True]})
    environ = {"HOOK_URL": receiver.url, "HOOK_SECRET": SECRET} if receiver else {}
    return Outbound(audiences, lambda _: everybody, environ, Pace(sleep=lambda _: None))


def synced(project: Project, out: Outbound, *names: str) -> SyncResult:
    asked = Asked(names or None, NOW, "ann@desk")
    return sync(project, Store(project.store_path), out, asked, FixedClock(NOW), Silent())


def test_an_audience_goes_to_its_sink(project: Project) -> None:
    result = synced(project, outbound(all=Audience(sink="files")))

    with (project.root / "out/all.csv").open() as file:
        assert list(csv.reader(file)) == [["user_id", "age"], ["ann", "30"], ["bob", "40"]]
    assert result.exit_code == 0
    assert result.manifest["sinks"] == [
        {
            "audience": "all", "sink": "files", "destination": "out/all.csv", "outcome": "delivered",
            "added": 2, "updated": 0, "left": 0, "holds": 2, "held_out": 1, "reason": None, "exit_code": 0,
        }
    ]  # fmt: skip


def test_the_manifest_is_kept_and_names_nobody(project: Project) -> None:
    result = synced(project, outbound(all=Audience(sink="files")))

    kept = (project.store_path / "runs" / f"{result.manifest['run_id']}.json").read_text()
    assert json.loads(kept) == result.manifest
    assert (result.manifest["command"], result.manifest["who"]) == ("sync", "ann@desk")
    assert '"bob"' not in kept


def test_one_sink_that_is_down_does_not_stop_the_others(project: Project) -> None:
    result = synced(project, outbound(a=Audience(sink="database"), b=Audience(sink="files"), c=Audience(sink="lake")))

    assert [one.told.outcome for one in result.outcomes] == ["refused", "delivered", "delivered"]
    assert result.outcomes[0].told.reason == (
        "sinks.database: PostgreSQL refused the connection; nothing of this was written, the next sync goes on"
    )
    assert result.exit_code == 1


def test_a_secret_that_is_lacking_is_a_mistake_of_usage(project: Project) -> None:
    result = synced(project, outbound(all=Audience(sink="hook")))

    assert result.outcomes[0].told.reason == "sinks.hook.url: the environment has no HOOK_URL; set it where limner runs"
    assert result.exit_code == 2


def test_letters_are_written_and_carried(project: Project) -> None:
    with receiving() as receiver:
        result = synced(project, outbound(receiver, all=Audience(on_enter="hook")))

    assert receiver.events == [("enter", "ann"), ("enter", "bob")]
    assert [(one.sink, one.sent, one.waiting) for one in result.letters] == [("hook", 2, 0)]
    assert [(one.sink, one.told.added, one.told.held_out) for one in result.outcomes] == [("outbox", 2, 1)]


def test_letters_wait_for_a_service_that_is_down(project: Project) -> None:
    with receiving() as receiver:
        receiver.is_down = True
        result = synced(project, outbound(receiver, all=Audience(sink="files", on_enter="hook")))

    assert [(one.sent, one.waiting) for one in result.letters] == [(0, 2)]
    assert [one.told.outcome for one in result.outcomes] == ["delivered", "delivered"]
    assert result.exit_code == 1


def test_letters_go_to_webhooks_alone(project: Project) -> None:
    result = synced(project, outbound(all=Audience(on_enter="files")))

    assert result.outcomes[0].told.reason == "sinks.files: is a csv sink; letters go to a webhook"


def test_the_audit_tells_who_sent_how_many_where(project: Project) -> None:
    synced(project, outbound(all=Audience(sink="files")))
    synced(project, outbound(all=Audience(sink="files")))

    (line,) = read_audit(Store(project.store_path)).to_pylist()
    told = ("who", "action", "audience", "sink", "destination", "added", "held_out", "outcome")
    assert [line[name] for name in told] == ["ann@desk", "sync", "all", "files", "out/all.csv", 2, 1, "delivered"]


def test_exposures_tell_who_was_sent_and_who_was_left_alone(project: Project) -> None:
    synced(project, outbound(all=Audience(sink="files")))

    assert exposures(Store(project.store_path)) == [("ann", False), ("bob", False), ("eve", True)]


def test_an_audience_that_goes_there_no_more_is_noted(project: Project) -> None:
    synced(project, outbound(all=Audience(sink="files")))

    result = synced(project, outbound(all=Audience(sink="lake")))

    assert result.notes == (
        "all does not go to files any more, and out/all.csv still holds 2 of its users; "
        "to take them out, declare it again so that nobody matches, and sync",
    )
    assert result.manifest["notes"] == list(result.notes)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["nobody"], "there is no audience nobody; the project has: all, quiet"),
        (["quiet"], "audiences.quiet: goes nowhere; give it a `sink`, and declare that under sinks"),
    ],
)
def test_names_must_lead_somewhere(project: Project, names: list[str], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        synced(project, outbound(all=Audience(sink="files"), quiet=Audience()), *names)

    assert str(refused.value) == told


def test_only_one_run_is_at_work(project: Project) -> None:
    with Store(project.store_path).lock(), pytest.raises(LockedError):
        synced(project, outbound(all=Audience(sink="files")))


def exported(project: Project, name: str) -> ExportResult:
    order = Order("all", project.root / name, ["age"], NOW, "ann@desk", "download")
    return export(project, Store(project.store_path), outbound(all=Audience()), order, FixedClock(NOW))


@pytest.mark.parametrize("name", ["leads.csv", "leads.parquet"])
def test_an_export_is_a_file_and_an_exposure(project: Project, name: str) -> None:
    result = exported(project, name)

    (line,) = read_audit(Store(project.store_path)).to_pylist()
    assert (result.users, result.held_out) == (2, 1)
    assert (line["action"], line["sink"], line["destination"], line["added"]) == ("export", None, "download", 2)
    assert exposures(Store(project.store_path)) == [("ann", False), ("bob", False), ("eve", True)]


def test_an_export_that_cannot_be_written_is_no_exposure(project: Project) -> None:
    (project.root / "leads.csv").mkdir()

    with pytest.raises(SinkError, match="cannot be written"):
        exported(project, "leads.csv")

    assert exposures(Store(project.store_path)) == []


def test_an_export_stands_there_only_once_it_is_noted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.root / "leads.csv"
    path.write_text("before")

    def publish(*_: object) -> None:
        assert path.read_text() == "before"
        raise RuntimeError("killed")

    monkeypatch.setattr(Store, "publish", publish)
    with pytest.raises(RuntimeError, match="killed"):
        exported(project, "leads.csv")

    assert [one.name for one in path.parent.glob("*leads.csv*")] == ["leads.csv"]
    assert path.read_text() == "before"


def test_an_export_goes_neither_into_the_store_nor_over_a_source(project: Project) -> None:
    with pytest.raises(UsageError, match="lies in the store"):
        exported(project, f"{project.spec.store}/current/a.csv")
    with pytest.raises(UsageError, match=r"would replace purchases\.csv, which sources\.purchases reads"):
        exported(project, "purchases.csv")


def test_a_user_who_was_exported_is_told_of(project: Project) -> None:
    exported(project, "leads.csv")
    asked, store = Asked(None, NOW, "ann@desk"), Store(project.store_path)

    (told,) = forget_at_sinks(project, store, outbound(), asked, FixedClock(NOW), "bob")

    assert told.reason == "stands in exported files, which Limner cannot reach; remove the user there by hand"
    assert exposures(Store(project.store_path)) == [("ann", False), ("eve", True)]


def test_a_user_is_forgotten_at_every_sink_that_can_be_reached(project: Project) -> None:
    with receiving() as receiver:
        out = outbound(receiver, a=Audience(sink="files"), b=Audience(sink="hook"))
        synced(project, out)
    asked, store = Asked(None, NOW, "ann@desk"), Store(project.store_path)

    told = forget_at_sinks(project, store, outbound(), asked, FixedClock(NOW), "bob")

    assert [(one.audience, one.sink, one.reason) for one in told] == [
        ("a", "files", None),
        ("b", "hook", "sinks.hook.url: the environment has no HOOK_URL; set it where limner runs"),
    ]
    assert "bob" not in (project.root / "out/a.csv").read_text()


def test_members_are_asked_for_once_for_a_sink_and_for_letters(project: Project) -> None:
    asked: list[str] = []

    def members(name: str) -> pa.Table:
        asked.append(name)
        return outbound().members(name)

    with receiving() as receiver:
        out = outbound(receiver, good=Audience(sink="files", on_enter="hook"))
        synced(project, replace(out, members=members))

    assert asked == ["good"]
