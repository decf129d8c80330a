from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.errors import EvidenceError, ImmatureError
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog, LogFacts
from limner.events.spec import IngestSpec, SourceSpec
from limner.features.cutoffs import mature_cutoffs, mature_span, require_mature
from limner.features.spec import CutoffsSpec, FeaturesSpec, SignalSpec, TargetSpec
from limner.progress import Silent
from limner.quantities import Duration
from limner.timeline import DAY, FixedClock, Span
from tests.labels.worlds import question

FEATURES = FeaturesSpec(
    windows=(Duration(7 * DAY), Duration(14 * DAY)), signals={"buys": SignalSpec(event_type="buy")}, aggregates={}
)
EARLY = FEATURES.model_copy(update={"burn_in": Duration(DAY)})
ASKED = question(
    target=TargetSpec(event_type="buy", horizon=Duration(10 * DAY), gap=Duration(DAY)),
    cutoffs=CutoffsSpec(every=Duration(5 * DAY)),
)


def log_until(watermark: int, starts_at: int = 0, lagging: int | None = None) -> EventLog:
    marks = {"shop": watermark, "web": watermark if lagging is None else lagging}
    types = {"shop": ("buy",), "web": ("buy", "visit")}
    facts = LogFacts(1, starts_at, marks, types, ranks={}, properties={}, rows=1, users=1)
    return EventLog(Store(Path("nowhere")), 1, facts)


@pytest.mark.parametrize(
    ("watermark", "days"),
    [(40 * DAY - 1, [18, 23, 28]), (40 * DAY, [14, 19, 24, 29]), (41 * DAY - 1, [14, 19, 24, 29])],
)
def test_cutoffs_end_at_the_newest_mature_midnight(watermark: int, days: list[int]) -> None:
    assert mature_cutoffs(log_until(watermark), ASKED, FEATURES) == [day * DAY for day in days]


def test_the_slowest_source_of_the_outcome_decides() -> None:
    log = log_until(60 * DAY, lagging=40 * DAY)
    assert mature_cutoffs(log, ASKED, FEATURES)[-1] == 29 * DAY


def test_burn_in_stands_in_for_the_longest_window() -> None:
    assert mature_cutoffs(log_until(40 * DAY), ASKED, EARLY)[0] == 4 * DAY


def test_triggers_may_fall_anywhere_between_burn_in_and_maturity() -> None:
    assert mature_span(log_until(40 * DAY + 5), ASKED, FEATURES) == Span(14 * DAY, 29 * DAY + 6)


def test_too_short_a_log_says_how_much_it_takes_and_how_much_there_is() -> None:
    message = r"14d of log before a cutoff and 11d after .* 25d in all .* source shop ends at .* 24\.0 days"
    with pytest.raises(EvidenceError, match=message):
        mature_cutoffs(log_until(24 * DAY), ASKED, FEATURES)


def test_a_log_between_two_midnights_has_no_calendar_cutoff() -> None:
    with pytest.raises(EvidenceError, match="up to a day more"):
        mature_cutoffs(log_until(25 * DAY + 10, starts_at=5), ASKED, FEATURES)


def test_an_outcome_is_asked_for_no_earlier_than_it_is_known() -> None:
    log = log_until(40 * DAY, lagging=30 * DAY)
    require_mature(log, ASKED, 19 * DAY)
    with pytest.raises(
        ImmatureError, match=r"tags\.buys.*until 1970-01-31T00:00:01Z, but source web ends at 1970-01-31"
    ):
        require_mature(log, ASKED, 19 * DAY + 1)


def ingested(folder: Path, **days: list[int]) -> EventLog:
    sources = {}
    for name, when in days.items():
        micros = pa.array([(5_000 + day) * DAY * 10**6 + 1 for day in when], pa.int64())
        pq.write_table(
            pa.table({"who": ["u"] * len(when), "when": micros.cast(pa.timestamp("us"))}), folder / f"{name}.parquet"
        )
        read = {"read": f"{name}.parquet", "event_type": name, "user_id": "who", "event_time": "when"}
        sources[name] = SourceSpec.model_validate(read)
    store = Store(folder / "store")
    ingest(store, Sources(sources, {}, IngestSpec(buckets=1), folder), FixedClock(6_000 * DAY), "run", Silent())
    return EventLog.open(store)


@pytest.mark.parametrize(("begins", "first"), [(0, 14), (15, 14), (16, 15), (30, 29)])
def test_before_its_source_began_an_outcome_is_unknown(tmp_path: Path, begins: int, first: int) -> None:
    log = ingested(tmp_path, visit=[0, 60], buy=[begins, 60])

    assert mature_span(log, ASKED, FEATURES).start == (5_000 + first) * DAY


def test_too_short_a_delivery_says_since_when(tmp_path: Path) -> None:
    log = ingested(tmp_path, visit=[0, 60], buy=[52, 60])

    with pytest.raises(EvidenceError, match="buy is delivered from 1983-11-01"):
        mature_span(log, ASKED, FEATURES)
