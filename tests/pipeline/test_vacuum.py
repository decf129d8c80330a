import json
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from limner.errors import DamagedError, LockedError, RefusedError
from limner.pipeline.restorable import restorable
from limner.pipeline.vacuum import VacuumResult, vacuum
from limner.timeline import DAY, FixedClock, shown

from .keeping import beside, current, manifest, restored, scored, seen
from .shop import NOW, WALL, Shop

DAYS = [NOW - 5 * DAY, NOW - 4 * DAY, NOW - 3 * DAY, NOW]
STRAY = f"part-{'0' * 32}.parquet"


@pytest.fixture(scope="module")
def nights(opened: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Four runs, one for each of the days, of which the last writes all tags."""
    shop = opened.copied(tmp_path_factory.mktemp("nights") / "shop")
    for minute, as_of in enumerate(DAYS):
        scored(shop, minute, None if as_of == NOW else ["size", "class"], as_of)
    shop.store.states()[1].unlink()  # that of the ingestion, which no run restores
    return shop


@pytest.fixture
def shop(nights: Shop, tmp_path: Path) -> Shop:
    return nights.copied(tmp_path / "shop")


def swept(shop: Shop, *, dry_run: bool = False, days_later: int = 0, **retention: str | int) -> VacuumResult:
    """What a vacuum removed, under a retention where nobody reads unless it says so."""
    config = shop.folder / "shop.yaml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("retention:")]
    told = {"readers": "0d", **retention}
    config.write_text("\n".join([*lines, f"retention: {json.dumps(told)}"]))
    clock = FixedClock(WALL.second + 6_000 + days_later * DAY)
    return vacuum(shop.project, shop.store, lambda: NOW, clock, dry_run=dry_run)


def disk(shop: Shop) -> set[Path]:
    files = (path for path in shop.store.root.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(shop.store.root) for path in files}


def parquet(shop: Shop, table: str) -> set[str]:
    return {path.name for path in (shop.store.root / table).rglob(f"part-{'?' * 32}.parquet")}


def sizes(result: VacuumResult) -> dict[str, int]:
    return {one.where: one.files for one in result.removed}


def test_nothing_goes_from_a_store_whose_states_are_all_kept(shop: Shop) -> None:
    before = disk(shop)

    result = swept(shop)

    assert (result.removed, result.expired, len(result.restorable)) == ((), {}, 4)
    assert len(disk(shop) - before) == 1, "the manifest of the vacuum itself"


def test_what_a_killed_run_staged_goes(shop: Shop) -> None:
    stray = [
        shop.store.root / "tags" / "tag=size" / "as_of=20240101T000000Z" / STRAY,
        shop.store.root / "never_committed" / STRAY,
    ]
    for path in stray:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"PAR1")
    before = seen(shop)

    result = swept(shop)

    assert [(one.where, one.files, one.bytes) for one in result.removed] == [("never_committed", 1, 4), ("tags", 1, 4)]
    assert not any(path.parent.exists() for path in stray)
    assert seen(shop) == before


@pytest.mark.parametrize("runs", [0, 1, 2])
def test_what_only_older_states_name_goes(shop: Shop, runs: int) -> None:
    before = seen(shop)

    result = swept(shop, runs=runs)

    assert len(result.restorable) == runs + 1
    assert len(parquet(shop, "current")) == runs + 1
    assert len(shop.store.states()) == runs + 1
    assert sizes(result)["current"] == 3 - runs
    assert seen(shop) == before
    shop.store.verify()


def test_every_restorable_run_restores_after_a_vacuum(shop: Shop) -> None:
    remembered = {}
    for minute, tags in enumerate([["size"], ["class", "size"], ["lapse"], None, ["class"]], start=10):
        run = scored(shop, minute, tags, NOW - minute)
        remembered[run] = seen(shop)

    result = swept(shop, runs=3)

    runs = list(result.restorable)
    assert runs == list(remembered)[:-5:-1]
    random.Random(7).shuffle(runs)
    for minute, run in enumerate(runs, start=60):
        restored(shop, run, minute)
        assert seen(shop) == remembered[run]
    shop.store.verify()


def test_a_run_that_was_vacuumed_is_refused_and_the_rest_are_told(shop: Shop) -> None:
    first, second, third, last = reversed([one.run_id for one in restorable(shop.store)])

    swept(shop, runs=2)

    with pytest.raises(RefusedError, match=f"after {first} are not kept any more; .*: {last}, {third}, {second}$"):
        restored(shop, first)


def test_a_vacuum_between_two_restorations_keeps_what_undoes_the_first(shop: Shop) -> None:
    later = seen(shop)
    first = restorable(shop.store)[-1].run_id
    back = restored(shop, first)

    swept(shop, runs=1)

    restored(shop, str(back.before), 51)
    assert seen(shop) == later


def test_tags_past_their_time_leave_all_but_the_newest(shop: Shop) -> None:
    before = current(shop)

    result = swept(shop, tags="3d")

    assert result.expired == {tag: (shown(DAYS[0]), shown(DAYS[1])) for tag in ("class", "size")}
    assert list(shop.store.facts("tags")["size"]) == [shown(DAYS[2]), shown(DAYS[3])]
    assert shop.rows("size", DAYS[1]) == []
    assert len(shop.rows("size", DAYS[2])) == 2
    assert current(shop).equals(before)


def test_tables_beside_the_tags_lose_the_same_instants(shop: Shop) -> None:
    paths = [beside(shop, as_of) for as_of in DAYS]

    dry = swept(shop, dry_run=True, tags="3d", runs=0)
    done = swept(shop, tags="3d", runs=0)

    assert shop.store.referred("others") == paths[2:]
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert sizes(dry)["others"] == sizes(done)["others"] == 2


def test_the_newest_of_a_tag_stays_however_old_it_is(shop: Shop) -> None:
    swept(shop, tags="1h", runs=0)
    shop.reworded("  size: {kind: fact, attribute: size, valid_for: 7d}\n", "")

    result = vacuum(shop.project, shop.store, lambda: NOW + 900 * DAY, WALL, dry_run=False)

    assert result.expired == {"size": (shown(NOW),)}
    assert sorted(shop.store.facts("tags")) == ["class", "lapse", "redeem"]
    assert {tag: len(one) for tag, one in shop.store.facts("tags").items()} == dict.fromkeys(
        ("class", "lapse", "redeem"), 1
    )


def test_expired_rows_leave_the_disk_with_the_last_state_that_shows_them(shop: Shop) -> None:
    held = parquet(shop, "tags")

    kept = swept(shop, tags="3d", runs=1)
    assert parquet(shop, "tags") == held
    assert len(kept.restorable) == 1

    swept(shop, tags="3d", runs=0)
    assert len(parquet(shop, "tags")) == len(held) - 4
    shop.store.verify()


def test_a_day_that_expired_may_be_scored_again(shop: Shop) -> None:
    swept(shop, tags="3d")

    assert {one.outcome for one in shop.score(["size"], as_of=DAYS[0]).outcomes} == {"published"}
    assert {one.outcome for one in shop.score(["size"], as_of=DAYS[2]).outcomes} == {"unchanged"}


def test_a_vacuum_does_not_make_the_next_score_write_again(shop: Shop) -> None:
    swept(shop, runs=0)

    assert {one.outcome for one in shop.score().outcomes} == {"unchanged"}


def test_what_was_published_until_lately_stays_for_its_readers(shop: Shop) -> None:
    reader = shop.store
    held = {table: reader.files(table) for table in reader.tables}
    _deliver_more(shop)
    scored(shop, 20, as_of=NOW)

    swept(shop, runs=0, readers="1h")
    assert {table: reader.files(table) for table in reader.tables} == held

    for path in shop.store.states().values():
        os.utime(path, (time.time() - 3_700,) * 2)
    result = swept(shop, runs=0, readers="1h")
    assert sizes(result)["ledger"] == 1
    with pytest.raises(DamagedError, match="is missing"):
        reader.files("ledger")
    shop.store.verify()


def test_a_dry_run_tells_what_would_go_and_removes_nothing(shop: Shop) -> None:
    _rubbish(shop)
    before = disk(shop)

    dry = swept(shop, dry_run=True, tags="3d", runs=0)
    assert disk(shop) == before
    done = swept(shop, tags="3d", runs=0)

    assert dry == replace(done, is_dry_run=True, restorable=())
    assert {one.where for one in dry.removed} == {
        "states",
        "changes",
        "current",
        "tags",
        "cards",
        "columns",
        "half written",
    }
    assert sum(one.bytes for one in dry.removed) > 10_000


def test_columns_cards_and_unfinished_files_go(shop: Shop) -> None:
    _rubbish(shop)
    columns = set((shop.store.root / "columns").glob("bucket=*/*"))

    result = swept(shop)

    assert sizes(result) == {"columns": 1, "cards": 1, "half written": 2}
    assert [path.name for path in (shop.store.root / "cards").iterdir()] == ["lapse.html"]
    assert columns - set((shop.store.root / "columns").glob("bucket=*/*")) == {
        shop.store.root / "columns" / "bucket=0" / "old"
    }
    assert not (shop.store.root / ".staging").exists()


def test_manifests_stay_as_long_as_something_names_their_run(shop: Shop) -> None:
    runs = shop.store.root / "runs"
    for name, ended in (("x-ingest-1", WALL.second), ("x-ingest-2", WALL.second + 20 * DAY)):
        (runs / f"{name}.json").write_text(json.dumps({"run_id": name, "ended": shown(ended)}))
    (runs / "odd.json").write_text("{")
    writers = [one.run_id for one in restorable(shop.store)]

    swept(shop, runs=0, manifests="30d", days_later=40)

    left = {path.stem for path in runs.iterdir()}
    assert {"x-ingest-2", "odd", *writers} < left
    assert "x-ingest-1" not in left

    swept(shop, runs=0, manifests="30d", tags="1h", days_later=40)
    assert not {path.stem for path in runs.iterdir()}.intersection(writers[1:])


def test_the_vacuum_is_a_run_with_a_manifest_and_restorable_where_tags_expired(shop: Shop) -> None:
    swept(shop)
    first = max(path.stem for path in (shop.store.root / "runs").glob("*-vacuum-*"))
    assert "published" not in manifest(shop, first)

    result = swept(shop, tags="3d", days_later=1)

    last = max(path.stem for path in (shop.store.root / "runs").glob("*-vacuum-*"))
    written = manifest(shop, last)
    assert (written["published"], written["exit_code"]) == (shop.store.number, 0)
    assert {key: written[key] for key in result.as_dict()} == result.as_dict()
    assert restorable(shop.store)[0].run_id == last


def test_a_commit_that_was_never_published_goes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = seen(shop)
    held = {table: parquet(shop, table) for table in ("tags", "current")}
    with monkeypatch.context() as patch:
        patch.setattr("limner.engines.store.Store.publish", _killed)
        with pytest.raises(KeyboardInterrupt):
            scored(shop, 20, ["size"], NOW - 1)
    assert parquet(shop, "tags") > held["tags"]

    swept(shop)

    assert {table: parquet(shop, table) for table in ("tags", "current")} == held
    assert seen(shop) == before


@pytest.mark.parametrize("after", [0, 2, 5, 8, 14])
def test_a_vacuum_that_is_killed_has_broken_nothing_and_the_next_goes_on(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    control = shop.copied(tmp_path / "control")
    assert sum(one.files for one in swept(control, tags="3d", runs=0).removed) == 15
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _dying(Path.unlink, after))
        with pytest.raises(KeyboardInterrupt):
            swept(shop, tags="3d", runs=0)

    assert seen(shop) == seen(control)
    shop.store.verify()
    _restore_all(shop.copied(tmp_path / "restored"))

    swept(shop, tags="3d", runs=0)
    assert disk(shop) == disk(control)


def test_nothing_goes_from_a_damaged_store(shop: Shop) -> None:
    Path(shop.store.files("current")[0]).unlink()
    before = disk(shop)

    for dry_run in (True, False):
        with pytest.raises(DamagedError, match="is missing"):
            swept(shop, runs=0, dry_run=dry_run)

    assert disk(shop) == before


def test_nothing_goes_while_another_run_is_at_work(shop: Shop) -> None:
    with shop.store.lock(), pytest.raises(LockedError):
        swept(shop)


def test_a_store_that_was_never_written_has_nothing_to_remove(shop: Shop) -> None:
    shutil.rmtree(shop.store.root)

    result = swept(shop, tags="3d", dry_run=True)

    assert (result.removed, result.expired, result.restorable) == ((), {}, ())


def _rubbish(shop: Shop) -> None:
    root = shop.store.root
    for name in ("cards/lapse.html", "cards/gone.html", "columns/bucket=0/old/arrays.npy", ".staging/one"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    unfinished = root / "runs" / f".r.json.{'0' * 32}"
    unfinished.write_text("x")
    os.utime(unfinished, (time.time() - 7_200,) * 2)


def _deliver_more(shop: Shop) -> None:
    path = shop.folder / "buys.parquet"
    buys = pq.read_table(path)
    earlier = pc.subtract(buys["when"], pa.scalar(3_600, pa.duration("s")))
    pq.write_table(buys.set_column(buys.column_names.index("when"), "when", earlier), path)
    shop.ingest()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _dying(unlink: Callable[..., None], after: int) -> Callable[..., Any]:
    left = [after]

    def dying(path: Path, missing_ok: bool = False) -> None:
        if path.suffix in {".parquet", ".json"}:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        unlink(path, missing_ok)

    return dying


def _restore_all(shop: Shop) -> None:
    for minute, one in enumerate(restorable(shop.store), start=60):
        restored(shop, one.run_id, minute)
        shop.store.verify()
