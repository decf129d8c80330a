from types import SimpleNamespace
from typing import Any

from limner.features.pace import WEEK, Pace, pace_of_all
from limner.features.spec import TargetSpec
from limner.quantities import Duration
from limner.timeline import DAY, MICROS
from tests.labels.worlds import bucket_of, event, question

START = 100 * DAY + 5
ASKED = question(target=TargetSpec(event_type="buy", horizon=Duration(30 * DAY), gap=Duration(DAY)))


def log(until: int) -> Any:
    return SimpleNamespace(starts_at=START, watermark_of=lambda event: until)


def test_events_of_the_target_are_counted_in_whole_weeks_from_the_logs_first_second_on() -> None:
    at = [START, START + WEEK - 1 / MICROS, START + WEEK, START + 2 * WEEK, START + 3 * WEEK - 1, START + 3 * WEEK]
    events = [event(second, user=f"u{place}") for place, second in enumerate(at)]
    bucket = bucket_of([*events, event(START + 3, "mail")], ASKED)

    assert Pace.of(bucket, log(START + 3 * WEEK), ASKED) == Pace(START, 30 * DAY, (2, 1, 2))
    assert Pace.of(bucket, log(START + 3 * WEEK - 1), ASKED).counts == (2, 1)
    assert Pace.of(bucket, log(START + WEEK - 1), ASKED).counts == ()


def test_an_event_counts_when_it_happened_and_not_when_it_was_known() -> None:
    late = event(START + 3, known_micros=(START + 2 * WEEK) * MICROS)

    assert Pace.of(bucket_of([late], ASKED), log(START + 3 * WEEK), ASKED).counts == (1, 0, 0)


def test_a_pace_of_all_is_the_sum_of_all_buckets() -> None:
    parts = [Pace(START, DAY, (1, 2)), Pace(START, DAY, (0, 5))]

    assert pace_of_all(parts) == Pace(START, DAY, (1, 7))
    assert pace_of_all([None, None]) is None


def test_until_an_instant_there_are_the_weeks_that_had_ended() -> None:
    pace = Pace(START, DAY, (1, 2, 3))

    ends = [START - WEEK, START, START + WEEK - 1, START + WEEK, START + 9 * WEEK]
    assert [pace.until(second) for second in ends] == [(), (), (), (1,), (1, 2, 3)]


def test_a_pace_survives_being_written() -> None:
    pace = Pace(START, DAY, (1, 2, 3))

    assert Pace.from_json(pace.to_json()) == pace
