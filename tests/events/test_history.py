import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest

from limner.events.history import history
from limner.events.log import EventLog
from limner.events.segments import Segment
from limner.timeline import DAY
from tests.events.shop import Shop

USERS = ["a", "ab", "b", "用户", "zz"]
TYPES = ["buy", "visit", "send back"]
Happened = tuple[str, str, datetime]


def some_events(seed: int) -> list[Happened]:
    dice, first = Random(seed), datetime(2019, 3, 1, tzinfo=UTC)
    moments = (
        first + timedelta(seconds=dice.randrange(20 * DAY), microseconds=dice.randrange(10**6)) for _ in range(90)
    )
    return [(dice.choice(USERS), dice.choice(TYPES[: 2 + seed]), moment) for moment in moments]


@pytest.fixture(scope="module")
def events() -> list[Happened]:
    return [*some_events(0), *some_events(1)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, events: list[Happened]) -> EventLog:
    """Of two files, so that buckets have two segments whose types differ."""
    shop = Shop(tmp_path_factory.mktemp("history"), buckets=2)
    for name, part in (("events.1.jsonl", events[:90]), ("events.2.jsonl", events[90:])):
        shop.write(name, [{"who": user, "what": type_, "at": moment.isoformat()} for user, type_, moment in part])
        shop.ingest("events.*.jsonl", event_type={"column": "what"})
    log = EventLog.open(shop.store)
    assert max(len(log.files(bucket)) for bucket in range(2)) == 2
    return log


@pytest.mark.parametrize("user", [*USERS, "", "aa", "zzz"])
def test_of_each_type_a_history_has_how_often_and_when(user: str, log: EventLog, events: list[Happened]) -> None:
    own = [(type_, int(moment.timestamp())) for who, type_, moment in events if who == user]
    counts = Counter(type_ for type_, _ in own)
    seconds = {name: [second for type_, second in own if type_ == name] for name in counts}

    found = history(log, user).by_type()

    wanted = [(name, n, min(seconds[name]), max(seconds[name])) for name, n in counts.items()]
    assert found == sorted(wanted, key=lambda one: (-one[1], one[0]))


@pytest.mark.parametrize("user", [*USERS, "aa"])
def test_days_are_in_order_with_their_types(user: str, log: EventLog, events: list[Happened]) -> None:
    counts = Counter((int(moment.timestamp()) // DAY, type_) for who, type_, moment in events if who == user)

    found = history(log, user).by_day()

    assert found == sorted((day, type_, n) for (day, type_), n in counts.items())


def test_a_segment_that_is_swept_away_just_then_is_laid_out_anew(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = history(log, "ab").by_type()
    array = Segment.array

    def swept(segment: Segment, name: str) -> np.ndarray:
        monkeypatch.setattr(Segment, "array", array)
        shutil.rmtree(segment.folder)
        return array(segment, name)

    monkeypatch.setattr(Segment, "array", swept)

    assert history(log, "ab").by_type() == wanted
