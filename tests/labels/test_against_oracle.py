from hypothesis import given, settings
from hypothesis import strategies as st

from limner.features.cohort import calendar_rows, rows_to_score, trigger_rows
from limner.features.labels import amounts, labels
from limner.features.question import TagQuestion
from limner.timeline import Span
from tests.labels.worlds import CALENDAR_QUESTIONS, TRIGGER_QUESTIONS, bucket_of, events, expected, plain
from tests.oracle_labels import Event, amount_of, label_of, rows_of_calendar, rows_of_triggers, rows_scored

CUTOFFS = st.lists(st.integers(-1, 31), min_size=1, max_size=3, unique=True)


@settings(deadline=None, max_examples=150)
@given(events(), CALENDAR_QUESTIONS, CUTOFFS)
def test_calendar_rows_and_labels_equal_the_oracle(
    events: list[Event], question: TagQuestion, cutoffs: list[int]
) -> None:
    bucket = bucket_of(events, question)
    wanted = rows_of_calendar(events, question, cutoffs)
    rows = calendar_rows(bucket, question, cutoffs)
    assert plain(bucket, rows) == expected(wanted)
    assert labels(bucket, rows, question).tolist() == [label_of(events, row, question) for row in wanted]
    if question.target.is_amount:
        assert amounts(bucket, rows, question).tolist() == [float(amount_of(events, row, question)) for row in wanted]


@settings(deadline=None, max_examples=150)
@given(events(), TRIGGER_QUESTIONS, st.integers(-3, 10), st.integers(10, 33))
def test_trigger_rows_and_labels_equal_the_oracle(
    events: list[Event], question: TagQuestion, first: int, last: int
) -> None:
    bucket = bucket_of(events, question)
    wanted = rows_of_triggers(events, question, first, last)
    rows = trigger_rows(bucket, question, Span(first, last + 1))
    assert plain(bucket, rows) == expected(wanted)
    assert labels(bucket, rows, question).tolist() == [label_of(events, row, question) for row in wanted]
    if question.target.is_amount:
        assert amounts(bucket, rows, question).tolist() == [float(amount_of(events, row, question)) for row in wanted]


@settings(deadline=None, max_examples=150)
@given(events(), st.one_of(CALENDAR_QUESTIONS, TRIGGER_QUESTIONS), st.integers(-3, 33))
def test_rows_to_score_equal_the_oracle(events: list[Event], question: TagQuestion, as_of: int) -> None:
    bucket = bucket_of(events, question)
    assert plain(bucket, rows_to_score(bucket, question, as_of)) == expected(rows_scored(events, question, as_of))
