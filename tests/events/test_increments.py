import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from limner.events import compaction, staging
from limner.events.appending import _keys, _keys_of
from limner.events.columns import Columns
from limner.events.log import EventLog
from limner.events.segments import Segment
from limner.features.bucket import Needs
from limner.features.cohort import cohort_rows
from limner.features.compile import compile_plan
from limner.features.loading import load_bucket
from limner.features.vectors import vectors
from limner.timeline import DAY
from tests.events.year import BEGIN, BUCKETS, DELIVERIES, END, FEATURES, Fed, Row, happened

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def year() -> list[Row]:
    random = Random(7)
    return [happened(random, number) for number in range(1200)]


@pytest.fixture(scope="module")
def at_once(year: list[Row], tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    return Fed(tmp_path_factory.mktemp("year") / "shop").deliver("all", year)


@pytest.fixture(scope="module")
def piece_by_piece(year: list[Row], tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    shop, random = Fed(tmp_path_factory.mktemp("pieces") / "shop"), Random(8)
    for delivery in range(DELIVERIES + 1):
        again = [row for row in random.sample(year, 3) if row["delivery"] < delivery]
        log = shop.deliver(f"{delivery:02}", [row for row in year if row["delivery"] == delivery] + again)
    return log


def plainly(log: EventLog, bucket: int, since: int | None = None) -> dict[str, Any]:
    """A bucket's events, with texts in place of codes, which are each log's own."""
    columns = Columns.of(log, bucket, since)
    names, codes = columns.names, columns.array("codes")
    return {
        **{name: columns.array(name).tolist() for name in ("offsets", "seconds", "micros", "numbers")},
        "users": columns.users().tolist(),
        "types": [names.types[code] for code in columns.array("types")],
        "texts": [
            [None if code < 0 else texts[code] for code in row] for texts, row in zip(names.texts, codes, strict=True)
        ],
        "ids": columns.values("event_id").tolist(),
        "teas": columns.holds("coalesce(kind = 'tea', false)").tolist(),
        "lacking": names.lacking,
    }


def matrix(log: EventLog, bucket: int) -> np.ndarray:
    plan = compile_plan(log, FEATURES, {}, before=END)
    events = load_bucket(log, bucket, Needs() | plan.needs)
    cutoffs = [BEGIN + days * DAY + 7 for days in (40, 180, 364)]
    return vectors(events, plan, cohort_rows(events, None, cutoffs), {})


@pytest.mark.parametrize("bucket", range(BUCKETS))
def test_a_year_in_many_deliveries_is_the_year_at_once(
    at_once: EventLog, piece_by_piece: EventLog, bucket: int
) -> None:
    assert plainly(piece_by_piece, bucket) == plainly(at_once, bucket)
    assert matrix(piece_by_piece, bucket).tobytes() == matrix(at_once, bucket).tobytes()


def test_what_is_known_of_the_log_is_the_same(at_once: EventLog, piece_by_piece: EventLog) -> None:
    assert piece_by_piece.facts == at_once.facts
    assert at_once.rows == 1200


def test_files_stay_few(piece_by_piece: EventLog) -> None:
    for bucket in range(BUCKETS):
        assert 1 < len(piece_by_piece.files(bucket)) < 2 * compaction.MOST_ALIKE


@pytest.mark.parametrize("days", [0, 30, 100.5, 300, 365, 400])
@pytest.mark.parametrize("bucket", range(BUCKETS))
def test_what_was_known_since_is_the_end_of_each_users_events(
    piece_by_piece: EventLog, bucket: int, days: float
) -> None:
    since = int(BEGIN + days * DAY)
    whole, late = plainly(piece_by_piece, bucket), plainly(piece_by_piece, bucket, since)

    keep = [place for place, second in enumerate(whole["seconds"]) if second >= since]

    assert late["ids"] == [whole["ids"][place] for place in keep]
    assert late["numbers"] == [[row[place] for place in keep] for row in whole["numbers"]]
    assert late["texts"] == [[row[place] for place in keep] for row in whole["texts"]]
    assert late["teas"] == [whole["teas"][place] for place in keep]
    assert (np.diff(late["offsets"]) > 0).all()


@pytest.mark.parametrize("days", [0, 100])
def test_the_matrices_of_what_was_known_since_lie_as_those_of_all_do(at_once: EventLog, days: int) -> None:
    columns = Columns.of(at_once, 0, BEGIN + days * DAY)

    assert [columns.array(name).flags.c_contiguous for name in ("numbers", "codes")] == [True, True]
    assert len(columns.array("codes")) > 1


def test_a_delivery_touches_no_older_file(tmp_path: Path, year: list[Row]) -> None:
    shop = Fed(tmp_path / "shop")
    before = shop.deliver("first", year[:600])
    old = {path: path.read_bytes() for bucket in range(BUCKETS) for path in before.files(bucket)}

    after = shop.deliver("second", year[600:700])

    kept = {path for bucket in range(BUCKETS) for path in after.files(bucket)}
    assert len(kept) == len(old) + BUCKETS
    assert all(path.read_bytes() == content for path, content in old.items())


def test_in_how_many_parts_it_is_done_makes_no_difference(
    tmp_path: Path, year: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Fed(tmp_path / "whole").deliver("all", [*year[:300], *year[:5]])
    monkeypatch.setattr(staging, "PART", 1)

    parted = Fed(tmp_path / "parted").deliver("all", [*year[:300], *year[:5]])

    assert (parted.facts, parted.rows) == (whole.facts, 300)
    for bucket in range(BUCKETS):
        ((one,), (other,)) = whole.files(bucket), parted.files(bucket)
        assert one.suffixes == other.suffixes, "files of the same content are sealed alike"


def test_what_tells_twins_is_kept_as_the_file_has_it(tmp_path: Path, year: list[Row]) -> None:
    log = Fed(tmp_path / "shop").deliver("all", [*year[:50], *year[:5]])

    for bucket in range(BUCKETS):
        (segment,) = (Segment.of(log.store.root, path) for path in log.files(bucket))
        assert _keys_of(segment).tolist() == _keys(segment.path).tolist() != []


def test_a_delivery_needs_neither_pandas_nor_what_reads_conditions(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from tests.events.shop import Shop, csv_of
shop = Shop(Path(sys.argv[1]))
shop.write("events.csv", csv_of(["a,2019-05-01,1"]))
shop.ingest(timezone="Asia/Shanghai", properties={"amount": {"column": "amount", "type": "number"}})
print(shop.log.rows, [name for name in ("pandas", "numba", "numpy.ma", "sqlglot") if name in sys.modules])
"""

    shown = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "shop"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert shown == "1 []\n"


def test_a_twin_of_an_older_event_is_dropped_and_another_time_refused(tmp_path: Path, year: list[Row]) -> None:
    shop = Fed(tmp_path / "shop")
    shop.deliver("first", year)
    moved = {**year[1], "day": year[1]["day"] + 1_000_000}

    with pytest.raises(Exception, match="seen before at another time"):
        shop.deliver("second", [year[0], moved])
    log = shop.deliver("second", [{**year[0], "amount": 1_000.0}])

    assert log.rows == len(year)
    assert 100_000 not in np.concatenate([Columns.of(log, bucket).array("numbers")[0] for bucket in range(BUCKETS)])


def test_small_files_are_made_one_and_large_ones_stay(
    tmp_path: Path, year: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Fed(tmp_path / "shop")
    large = shop.deliver("first", year[:300]).files(0)
    monkeypatch.setattr(compaction, "LARGE", large[0].stat().st_size)
    monkeypatch.setattr(compaction, "MOST_ALIKE", 3)

    for number in range(3):
        log = shop.deliver(f"then {number}", year[300 + number * 40 : 340 + number * 40])

    assert set(large) < set(log.files(0))
    assert len(log.files(0)) == 2
    assert log.rows == 420
    assert log.store.number == 4 + 1, "four deliveries, and what was made one of all buckets together"


def test_what_was_laid_out_stays_when_more_is_delivered(tmp_path: Path, year: list[Row]) -> None:
    shop = Fed(tmp_path / "shop")
    before = shop.deliver("first", year[:600])
    old = {folder: folder.stat().st_ino for folder in (before.store.root / "columns").glob("bucket=*/*")}

    shop.deliver("second", year[600:700])

    assert len(old) == BUCKETS
    assert {folder: folder.stat().st_ino for folder in old if folder.exists()} == old
