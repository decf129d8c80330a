from pathlib import Path
from random import Random

import pytest

from limner.events.log import EventLog
from limner.features import remembering
from limner.features.bucket import Bucket, Needs
from limner.features.carried import reach
from limner.features.cohort import calendar_rows
from limner.features.compile import compile_plan
from limner.features.loading import load_bucket
from limner.features.plan import Plan
from limner.features.question import needs_of
from limner.features.remembering import forgotten, remembered, since_for
from limner.features.spec import CohortSpec, FeaturesSpec
from limner.features.vectors import vectors
from limner.quantities import Duration
from limner.timeline import DAY
from tests.events.year import BEGIN, BUCKETS, END, FEATURES, Fed, Row, happened
from tests.labels.worlds import question

RECENT = question(cohort=CohortSpec(event_type="buy", within=Duration(60 * DAY)))
NOW = END


@pytest.fixture(scope="module")
def year() -> list[Row]:
    random = Random(11)
    return [happened(random, number) for number in range(900)]


@pytest.fixture(scope="module")
def log(year: list[Row], tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    fed = Fed(tmp_path_factory.mktemp("fed") / "shop")
    for part in range(3):
        log = fed.deliver(f"{part}", [row for row in year if row["delivery"] // 5 == part])
    return log


@pytest.fixture(scope="module")
def plan(log: EventLog) -> Plan:
    return compile_plan(log, FEATURES, {}, before=NOW)


def found(log: EventLog, bucket: int, plan: Plan, as_of: int, since: int | None) -> tuple[list[str], bytes]:
    events = load_bucket(log, bucket, needs_of(RECENT, log.properties) | plan.needs, since)
    rows = calendar_rows(events, RECENT, [as_of])
    start = None if since is None else remembered(log, bucket, plan, since)
    return events.users[rows.user].tolist(), vectors(events, plan, rows, {}, start=start).tobytes()


def since_of(log: EventLog, plan: Plan, as_of: int) -> int:
    since = since_for(log, as_of, max(reach(plan), 60 * DAY))
    assert since is not None
    return since


@pytest.mark.parametrize("bucket", range(BUCKETS))
@pytest.mark.parametrize("days", [200, 201.3, 260, 364, 365])
def test_the_latest_events_and_what_is_remembered_give_the_same_bits(
    log: EventLog, plan: Plan, bucket: int, days: float
) -> None:
    as_of = int(BEGIN + days * DAY)

    since = since_of(log, plan, as_of)

    assert found(log, bucket, plan, as_of, since) == found(log, bucket, plan, as_of, None)
    assert BEGIN < since <= as_of - reach(plan)


def test_what_was_remembered_is_read_and_not_made_again(
    log: EventLog, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = since_of(log, plan, NOW)
    first = found(log, 0, plan, NOW, since)

    monkeypatch.setattr(remembering, "carried", None)

    assert found(log, 0, plan, NOW, since) == first


def test_it_goes_on_from_what_was_remembered_earlier(
    log: EventLog, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int | None] = []

    def loaded(log: EventLog, bucket: int, needs: Needs, since: int | None) -> Bucket:
        begun.append(since)
        return load_bucket(log, bucket, needs, since)

    monkeypatch.setattr(remembering, "load_bucket", loaded)
    for path in (log.store.root / remembering.FOLDER).glob("bucket=1/*"):
        path.rename(path.with_name(f".{path.name}"))

    earlier, later = since_of(log, plan, NOW - 40 * DAY), since_of(log, plan, NOW)
    remembered(log, 1, plan, earlier)
    remembered(log, 1, plan, later)

    assert begun == [None, earlier]
    assert found(log, 1, plan, NOW, later) == found(log, 1, plan, NOW, None)


def test_a_late_event_makes_it_anew(year: list[Row], tmp_path: Path) -> None:
    fed = Fed(tmp_path / "shop")
    before = fed.deliver("first", year[:500])
    plan = compile_plan(before, FEATURES, {}, before=NOW)
    since = since_of(before, plan, NOW)
    old = [found(before, bucket, plan, NOW, since) for bucket in range(BUCKETS)]

    after = fed.deliver("late", year[500:])

    new = [found(after, bucket, plan, NOW, since) for bucket in range(BUCKETS)]
    assert new == [found(after, bucket, plan, NOW, None) for bucket in range(BUCKETS)]
    assert new != old


def test_a_damaged_memory_is_made_anew(log: EventLog, plan: Plan) -> None:
    since = since_of(log, plan, NOW)
    remembered(log, 0, plan, since)
    for path in (log.store.root / remembering.FOLDER).glob("bucket=0/*/*.npy"):
        path.write_bytes(b"no array")

    assert found(log, 0, plan, NOW, since) == found(log, 0, plan, NOW, None)


def test_a_plan_of_windows_alone_remembers_nothing(log: EventLog) -> None:
    windows = FeaturesSpec.model_validate(
        {"windows": ["30d"], "signals": {"buys": {"event_type": "buy"}}, "aggregates": {"buys": ["count"]}}
    )
    plan = compile_plan(log, windows, {}, before=NOW)

    assert remembered(log, 0, plan, NOW - 60 * DAY) is None
    assert found(log, 0, plan, NOW, NOW - 60 * DAY) == found(log, 0, plan, NOW, None)


@pytest.mark.parametrize("reach_", [None, 400 * DAY])
def test_everything_is_read_where_there_is_no_end_or_too_little_log(log: EventLog, reach_: int | None) -> None:
    assert since_for(log, NOW, reach_) is None


def test_what_no_plan_asks_for_any_more_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / remembering.FOLDER / "bucket=0"
    days = {"aaaa": 364, "bbbb": 308, "cccc": 28}
    for name, day in days.items():
        (folder / f"{name}.{day * DAY}.0").mkdir(parents=True)

    assert [path.name[:4] for path in forgotten(tmp_path)] == ["cccc"]
