from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.events import compaction
from limner.events.columns import Columns
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.spec import IngestSpec, SourceSpec
from limner.features.bucket import Needs
from limner.features.cohort import cohort_rows
from limner.features.compile import compile_plan
from limner.features.loading import load_bucket
from limner.features.spec import FeaturesSpec
from limner.features.vectors import vectors
from limner.progress import Silent
from limner.timeline import DAY, FixedClock, instant
from tests.features.logs import SCHEMA, SHOP

BEGIN, END, FORTNIGHTS, BUCKETS = instant("2021-01-01"), instant("2022-01-01"), 26, 2
SPEC = SourceSpec.model_validate({**SHOP.model_dump(), "read": "*.parquet", "event_id": ["id"]})
FEATURES = FeaturesSpec.model_validate(
    {
        "windows": ["7d", "90d"],
        "signals": {
            "buys": {"event_type": "buy"},
            "spend": {"event_type": "buy", "value": "amount"},
            "teas": {"event_type": "buy", "where": "kind = 'tea'"},
        },
        "aggregates": {
            "buys": ["count", "active_days", "days_since_last", "days_since_first", "gap_std", "streak", "sessions"],
            "spend": ["sum", "mean", "std", "max", "last", "last_2"],
            "teas": ["count"],
        },
        "by": {"kind": {"signal": "spend", "aggregate": "sum", "top": 3}},
    }
)

Row = dict[str, Any]


def happened(random: Random, number: int) -> Row:
    """An event and the fortnight of its delivery: some come months late, many happen at one and the same instant."""
    second = BEGIN + random.randrange(365) * DAY + random.choice([0, 0, 3600, random.randrange(DAY)])
    return {
        "fortnight": min((second - BEGIN) // (14 * DAY) + random.choice([0, 0, 0, 0, 1, 5]), FORTNIGHTS),
        "id": md5(str(number).encode(), usedforsecurity=False).hexdigest()[:8],
        "who": f"u{int(random.paretovariate(0.8)) % 40}",
        "what": random.choice(["buy", "buy", "visit"]),
        "day": second * 1_000_000 + random.choice([0, 0, 1]),
        "known_day": (second + DAY) * 1_000_000 if random.random() < 0.2 else None,
        "amount": random.choice([None, round(random.uniform(-5, 50), 2)]),
        "kind": random.choice([None, "tea", "茶", f"k{second // DAY % 9}"]),
        "gift": random.choice([None, True, False]),
    }


@pytest.fixture(scope="module")
def year() -> list[Row]:
    random = Random(7)
    return [happened(random, number) for number in range(1200)]


class Shop:
    """A store that is fed file by file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, Store(folder / "store")
        folder.mkdir()

    def deliver(self, name: str, rows: Sequence[Row]) -> EventLog:
        schema = pa.schema([*SCHEMA, ("id", pa.string())])
        pq.write_table(pa.Table.from_pylist(list(rows), schema), self.folder / f"{name}.parquet")
        sources = Sources({"shop": SPEC}, {}, IngestSpec(buckets=BUCKETS), self.folder)
        ingest(self.store, sources, FixedClock(END), f"run {name}", Silent())
        self.store = Store(self.folder / "store")
        return EventLog.open(self.store)


@pytest.fixture(scope="module")
def at_once(year: list[Row], tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    return Shop(tmp_path_factory.mktemp("year") / "shop").deliver("all", year)


@pytest.fixture(scope="module")
def piece_by_piece(year: list[Row], tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    shop, random = Shop(tmp_path_factory.mktemp("pieces") / "shop"), Random(8)
    for fortnight in range(FORTNIGHTS + 1):
        again = [row for row in random.sample(year, 3) if row["fortnight"] < fortnight]
        log = shop.deliver(f"{fortnight:02}", [row for row in year if row["fortnight"] == fortnight] + again)
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


def test_a_delivery_touches_no_older_file(tmp_path: Path, year: list[Row]) -> None:
    shop = Shop(tmp_path / "shop")
    before = shop.deliver("first", year[:600])
    old = {path: path.read_bytes() for bucket in range(BUCKETS) for path in before.files(bucket)}

    after = shop.deliver("second", year[600:700])

    kept = {path for bucket in range(BUCKETS) for path in after.files(bucket)}
    assert len(kept) == len(old) + BUCKETS
    assert all(path.read_bytes() == content for path, content in old.items())


def test_a_twin_of_an_older_event_is_dropped_and_another_time_refused(tmp_path: Path, year: list[Row]) -> None:
    shop = Shop(tmp_path / "shop")
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
    shop = Shop(tmp_path / "shop")
    large = shop.deliver("first", year[:300]).files(0)
    monkeypatch.setattr(compaction, "LARGE", large[0].stat().st_size)

    for number in range(compaction.MOST_ALIKE):
        log = shop.deliver(f"then {number}", year[300 + number * 40 : 340 + number * 40])

    assert set(large) < set(log.files(0))
    assert len(log.files(0)) < 4
    assert log.rows == 300 + compaction.MOST_ALIKE * 40
