import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from limner.events.columns import Columns
from tests.events.shop import Shop, csv_of, utc

END = timedelta(microseconds=-1)


def times(shop: Shop, values: Any, **spec: Any) -> list[datetime]:
    """The instants that the values become; those that become none are left out."""
    shop.write("events.parquet", {"who": ["ann"] * len(values), "at": values})
    return [row["event_time"] for row in shop.read(**spec) if row[":reason"] is None]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2019-05-01 10:00:00", "UTC", "2019-05-01T10:00Z"),
        ("2019-05-01T10:00", "Europe/Berlin", "2019-05-01T08:00Z"),
        ("2019-05-01 10:00:00.1234569", "UTC", "2019-05-01T10:00:00.123456Z"),
        ("2019-05-01 10:00:00Z", "Europe/Berlin", "2019-05-01T10:00Z"),
        ("2019-05-01 10:00:00 UTC", "Europe/Berlin", "2019-05-01T10:00Z"),
        ("2019-05-01T10:00:00+05:30", "Europe/Berlin", "2019-05-01T04:30Z"),
        ("2019-05-01T10:00:00-0330", "UTC", "2019-05-01T13:30Z"),
        ("2019-05-01 10:00:00 +02", "UTC", "2019-05-01T08:00Z"),
        (" 2019-05-01T10:00:00+14:00 ", "UTC", "2019-04-30T20:00Z"),
        ("2019-05-01 00:00:00", "Asia/Shanghai", "2019-04-30T16:00Z"),
        ("2019-12-31 23:59:60", "UTC", None),
        ("2019-05-01 25:00:00", "UTC", None),
        ("2019-05-01T10:00:00+99:00", "UTC", None),
        ("now", "UTC", None),
        ("infinity", "UTC", None),
    ],
)
def test_a_text_is_read_as_the_instant_it_names(shop: Shop, text: str, zone: str, expected: str | None) -> None:
    shop.write("events.parquet", {"who": ["ann"], "at": [text]})

    (row,) = shop.read(timezone=zone)

    reason = None if expected else f"at is not a time: {text}"
    assert (expected and row["event_time"], row[":reason"]) == (expected and utc(expected), reason)


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_stamps_of_every_unit_are_floored_to_microseconds(shop: Shop, kind: str, zone: str | None) -> None:
    nanos = 1_556_704_800_123_456_789
    per = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[kind]
    stamps = pa.array([nanos // per, None], pa.int64()).cast(pa.timestamp(kind, zone))

    shop.write("events.parquet", {"who": ["ann", "bob"], "at": stamps})

    there, missing = shop.read(timezone="UTC")

    micros = nanos // per * per // 1000
    assert there["event_time"] == datetime(1970, 1, 1) + timedelta(microseconds=micros)
    assert (there[":reason"], missing[":reason"]) == (None, "at is empty")


def test_a_stamp_with_a_zone_of_its_own_ignores_the_declared_one(shop: Shop) -> None:
    stamps = pa.array([1_556_704_800], pa.timestamp("s", "Europe/Berlin"))

    assert times(shop, stamps, timezone="Asia/Tokyo") == [datetime(2019, 5, 1, 10)]


@pytest.mark.parametrize("written", ["date", "text"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/Sao_Paulo", "Pacific/Apia"])
@pytest.mark.parametrize("known", ["end_of_day", "start_of_day"])
def test_a_date_is_known_at_the_declared_end_of_its_local_day(shop: Shop, written: str, zone: str, known: str) -> None:
    days = [date(2018, 3, 25), date(2018, 10, 28), date(2018, 11, 3), date(2018, 11, 4), date(2011, 12, 29)]
    values = days if written == "date" else [day.isoformat() for day in days]

    found = times(shop, values, timezone=zone, known=known)

    shift, past = (timedelta(days=1), END) if known == "end_of_day" else (timedelta(0), timedelta(0))
    assert found == [first_instant(datetime(d.year, d.month, d.day) + shift, zone) + past for d in days]


@pytest.mark.parametrize(("known", "day"), [("end_of_day", 2), ("start_of_day", 1)])
def test_the_log_holds_dates_as_they_are_declared_to_be_known(shop: Shop, known: str, day: int) -> None:
    shop.write("events.1.parquet", {"who": ["ann"], "at": [date(2019, 5, 1)]})
    shop.write("events.2.csv", "who,at\nbob,2019-05-01\n")

    shop.ingest(timezone="Asia/Tokyo", known=known)

    instant = datetime(2019, 5, day) - timedelta(hours=9) + (END if known == "end_of_day" else timedelta(0))
    assert shop.events("user_id", "event_time") == [("ann", instant), ("bob", instant)]


def first_instant(local: datetime, zone: str) -> datetime:
    """The first instant whose local time is not before `local`, once the clock has passed it for good."""
    guess = local.replace(tzinfo=UTC) - timedelta(hours=26)
    step = timedelta(minutes=15)
    at = [guess + n * step for n in range(4 * 60)]
    before = [one for one in at if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < local]
    return (before[-1] + step).replace(tzinfo=None)


def test_hours_that_are_skipped_or_repeated_are_placed_and_counted(shop: Shop) -> None:
    rows = ["a,2019-03-31 01:59:59", "b,2019-03-31 02:30:00", "c,2019-03-31 03:00:00", "d,2019-10-27 01:59:59",
            "e,2019-10-27 02:00:00", "f,2019-10-27 02:59:59", "g,2019-10-27 03:00:00", ",2019-10-27 02:30:00",
            "h,2019-10-27T02:30:00+02:00", "i,"]  # fmt: skip
    shop.write("events.csv", csv_of(rows, "who,at"))

    result = shop.ingest(timezone="Europe/Berlin").sources[0]

    assert [f"{one:%m-%d %H:%M:%S}" for one in shop.events("event_time")] == [
        "03-31 00:59:59", "03-31 01:00:00", "03-31 01:00:00", "10-26 23:59:59",
        "10-27 01:00:00", "10-27 01:59:59", "10-27 02:00:00", "10-27 00:30:00",
    ]  # fmt: skip
    assert (result.ambiguous_times, result.nonexistent_times) == (2, 1)


def test_an_event_counts_from_the_later_of_its_times(shop: Shop) -> None:
    rows = ["a,2019-05-01 10:00:00,2019-05-03", "b,2019-05-02 10:00:00,", "c,2019-05-02 11:00:00,2019-05-01 00:00:00"]
    shop.write("events.csv", csv_of([*rows, "d,2019-05-01,2021-01-01", "e,2019-05-01,x"], "who,at,known"))

    result = shop.ingest(available_time="known").sources[0]

    assert shop.events("user_id", "available_time")[:2] == [("a", utc("2019-05-04T00:00Z") + END), ("b", None)]
    assert shop.quarantine("reason") == ["known lies in the future: 2021-01-01", "known is not a time: x"]
    assert result.watermark == int(utc("2019-05-03T23:59:59Z").replace(tzinfo=UTC).timestamp())
    assert Columns.of(shop.log, 0).users().tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("value", [date(1, 1, 1), date(9999, 12, 31), datetime(2300, 1, 1), datetime(1, 1, 1)])
def test_an_absurd_typed_time_is_refused_alone(shop: Shop, value: date) -> None:
    shop.write("events.parquet", {"who": ["ann", "bob"], "at": [value, type(value)(2019, 5, 1)]})

    absurd, good = shop.read(timezone="Asia/Tokyo")

    wrong = "lies before 1980" if value.year == 1 else "lies in the future"
    assert absurd[":reason"].startswith(f"at {wrong}: ")
    assert good[":reason"] is None


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_zone_of_the_machine_changes_nothing(shop: Shop, zone: str, tmp_path: Path) -> None:
    rows = ["a,2019-03-31 02:30:00", "b,2019-05-01", "c,2019-05-01T10:00:00+02:00"]
    shop.write("events.csv", csv_of(rows, "who,at"))
    script = (
        "import sys; from pathlib import Path; from tests.events.shop import Shop; shop = Shop(Path(sys.argv[1]));"
        "shop.ingest(timezone='Europe/Berlin'); print(shop.events('event_time'), shop.log.watermarks)"
    )

    typed = [sys.executable, "-c", script, str(shop.root)]
    root = Path(__file__).parents[2]
    done = subprocess.run(typed, capture_output=True, text=True, check=True, cwd=root, env={**os.environ, "TZ": zone})
    other = Shop(tmp_path / "other")
    other.write("events.csv", csv_of(rows, "who,at"))
    other.ingest(timezone="Europe/Berlin")

    assert done.stdout.strip() == f"{other.events('event_time')} {other.log.watermarks}"
