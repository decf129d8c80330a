import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.engine import Engine
from limner.engines.local import LocalEngine
from limner.engines.store import Store
from limner.errors import EvidenceError
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.events.spec import IngestSpec, PropertySpec, SourceSpec
from limner.features.attributes import Attributes
from limner.features.dataset import Dataset, build_dataset
from limner.features.pace import WEEK
from limner.features.question import TagQuestion
from limner.features.snapshot import read_snapshot, write_snapshot
from limner.features.spec import BySpec, CohortSpec, CutoffsSpec, FeaturesSpec, SignalSpec, TargetSpec
from limner.progress import Silent
from limner.quantities import Duration
from limner.timeline import DAY, FixedClock
from tests.labels.worlds import event, question
from tests.oracle_labels import Event, Row, label_of, rows_of_calendar, rows_of_triggers

FEATURES = FeaturesSpec(
    windows=(Duration(7 * DAY), Duration(28 * DAY)),
    signals={"buys": SignalSpec(event_type="buy"), "spend": SignalSpec(event_type="buy", value="amount")},
    aggregates={"buys": ("count", "days_since_last"), "spend": ("sum",)},
    by={"campaign": BySpec(signal="spend", top=2)},
)
CALENDAR = question(
    cohort=CohortSpec(event_type="buy", within=Duration(28 * DAY)),
    target=TargetSpec(event_type="buy", horizon=Duration(7 * DAY), gap=Duration(DAY)),
    cutoffs=CutoffsSpec(every=Duration(7 * DAY)),
)
TRIGGERED = question(
    target=TargetSpec(event_type="buy", same="campaign", horizon=Duration(7 * DAY)),
    cutoffs=CutoffsSpec(on="mail", at=Duration(3600), known=("amount", "campaign")),
)
START = 7_300 * DAY


def happenings() -> list[Event]:
    dice = random.Random(7)
    found = []
    for number in range(900):
        second = START + dice.randrange(90 * DAY)
        kind = dice.choice(["buy", "buy", "mail"])
        details = {"amount": dice.choice([None, 100, 250]), "campaign": dice.choice(["a", "b", "c", None])}
        found.append(event(second, kind, user=f"u{dice.randrange(30):02}", id=f"{number:03}", **details))
    return sorted(found, key=lambda one: (one.user, one.micros, one.id))


def ingested(folder: Path, events: list[Event], buckets: int) -> EventLog:
    columns = {
        "who": [one.user for one in events],
        "when": pa.array([one.micros for one in events], pa.int64()).cast(pa.timestamp("us")),
        "what": [one.type for one in events],
        "id": [one.id for one in events],
        "amount": pa.array([None if one.amount is None else one.amount / 100 for one in events], pa.float64()),
        "campaign": [one.campaign for one in events],
    }
    folder.mkdir()
    pq.write_table(pa.table(columns), folder / "events.parquet")
    spec = SourceSpec.model_validate(
        {
            "read": "events.parquet", "event_type": {"column": "what"}, "user_id": "who", "event_time": "when",
            "event_id": ["id"],
            "properties": {
                "amount": PropertySpec(column="amount", type="number"),
                "campaign": PropertySpec(column="campaign", type="category"),
            },
        }
    )  # fmt: skip
    store = Store(folder / "store")
    ingest(
        store,
        Sources({"shop": spec}, {}, IngestSpec(buckets=buckets), folder),
        FixedClock(START + 100 * DAY),
        "run",
        Silent(),
    )
    return EventLog.open(store)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    return ingested(tmp_path_factory.mktemp("dataset") / "one", happenings(), buckets=1)


def built(log: EventLog, asked: TagQuestion, engine: Engine | None = None) -> Dataset:
    return build_dataset(log, asked, FEATURES, Attributes({}, lambda bucket: {}), engine=engine)


def oracle_rows(log: EventLog, asked: TagQuestion, dataset: Dataset) -> list[Row]:
    events = happenings()
    first = log.starts_at + 28 * DAY
    last = max(one.second for one in events) - asked.delay
    if asked.at_triggers:
        rows = rows_of_triggers(events, asked, first, last)
    else:
        rows = rows_of_calendar(events, asked, list(range(last // DAY * DAY, first - 1, -7 * DAY)))
    return sorted(rows, key=lambda row: (row.cutoff, row.user))


@pytest.mark.parametrize("asked", [CALENDAR, TRIGGERED], ids=["calendar", "triggers"])
def test_rows_and_labels_are_the_oracles(log: EventLog, asked: TagQuestion) -> None:
    dataset = built(log, asked)
    wanted = oracle_rows(log, asked, dataset)
    assert list(zip(dataset.cutoffs, dataset.users, strict=True)) == [(row.cutoff, row.user) for row in wanted]
    assert dataset.labels.tolist() == [label_of(happenings(), row, asked) for row in wanted]
    assert dataset.label_ends.tolist() == [row.cutoff + asked.delay for row in wanted]
    assert 0 < dataset.labels.mean() < 1


def test_triggers_are_named_by_their_event(log: EventLog) -> None:
    dataset = built(log, TRIGGERED)
    wanted = oracle_rows(log, TRIGGERED, dataset)
    assert dataset.trigger_ids is not None
    assert [found[-3:] for found in dataset.trigger_ids] == [row.trigger.id for row in wanted if row.trigger]


def test_vectors_stand_beside_their_rows(log: EventLog) -> None:
    dataset = built(log, CALENDAR)
    counts = dataset.vectors[:, dataset.plan.names.index("buys_count_7d")]
    expected = [
        sum(one.user == user and one.type == "buy" and cutoff - 7 * DAY <= one.second < cutoff for one in happenings())
        for user, cutoff in zip(dataset.users, dataset.cutoffs, strict=True)
    ]
    assert counts.tolist() == expected
    assert dataset.vectors.shape == (len(dataset), len(dataset.plan.features))
    assert dataset.baseline_vectors.shape == (len(dataset), len(dataset.baseline_plan.features))


@pytest.mark.parametrize("asked", [CALENDAR, TRIGGERED], ids=["calendar", "triggers"])
def test_buckets_and_threads_change_nothing(log: EventLog, asked: TagQuestion, tmp_path: Path) -> None:
    three = ingested(tmp_path / "three", happenings(), buckets=3)
    assert built(three, asked, LocalEngine(threads=2)).fingerprint == built(log, asked).fingerprint


def test_the_pace_is_of_all_events_of_the_target(log: EventLog) -> None:
    buys = [(one.second - log.starts_at) // WEEK for one in happenings() if one.type == "buy"]
    pace = built(log, CALENDAR).pace
    assert pace is not None
    assert pace.counts == tuple(buys.count(week) for week in range(len(pace.counts)))
    assert len(pace.counts) == (max(one.second for one in happenings()) - log.starts_at) // WEEK
    assert built(log, TRIGGERED).pace is None


@pytest.mark.parametrize("asked", [CALENDAR, TRIGGERED], ids=["calendar", "triggers"])
def test_a_built_dataset_is_stored_and_comes_back(log: EventLog, asked: TagQuestion) -> None:
    dataset = built(log, asked)
    write_snapshot(log.store, dataset)
    assert read_snapshot(log.store, "buys").fingerprint == dataset.fingerprint


def test_a_tag_whose_outcome_never_happens_is_refused_in_a_sentence(log: EventLog) -> None:
    never = TargetSpec(event_type="buy", where="amount > 1000", horizon=Duration(7 * DAY))
    with pytest.raises(EvidenceError, match="mature rows have the outcome 0; a prediction needs both"):
        built(log, question(target=never))
