import numpy as np
import pytest

from limner.features.cohort import calendar_rows, rows_to_score, trigger_rows
from limner.features.spec import CohortSpec, CutoffsSpec
from limner.quantities import Duration
from limner.timeline import Span
from tests.labels.worlds import bucket_of, event, plain, question

EVERYBODY = question()
RECENT = question(cohort=CohortSpec(event_type="buy", within=Duration(10)))
ALWAYS = Span(-1000, 1000)


@pytest.mark.parametrize(("second", "is_in"), [(89.999999, 0), (90, 1), (99.999999, 1), (100, 0)])
def test_the_cohort_looks_back_half_open(second: float, is_in: int) -> None:
    assert len(calendar_rows(bucket_of([event(second)], RECENT), RECENT, [100])) == is_in


def test_the_cohort_counts_an_event_from_when_it_was_known() -> None:
    late = event(80, known_micros=95_000_000)
    assert len(calendar_rows(bucket_of([late], RECENT), RECENT, [94, 95, 96])) == 1


def test_without_a_cohort_everybody_seen_before_is_judged() -> None:
    bucket = bucket_of([event(5, "visit"), event(50, "visit", user="v")], EVERYBODY)
    assert plain(bucket, calendar_rows(bucket, EVERYBODY, [5, 6, 51])) == [
        ("u", 6, None),
        ("u", 51, None),
        ("v", 51, None),
    ]


@pytest.mark.parametrize(("at", "cutoff"), [(0, 7), (2, 9), (-3, 4)])
def test_a_triggers_cutoff_is_its_floored_second_and_the_offset(at: int, cutoff: int) -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail", at=Duration(at)))
    rows = trigger_rows(bucket_of([event(7.9, "mail")], asked), asked, ALWAYS)
    assert rows.cutoff.tolist() == [cutoff]


def test_triggers_of_one_second_make_a_row_each_in_the_logs_order() -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail"))
    bucket = bucket_of([event(7.5, "mail", id="b"), event(7.5, "mail", id="a"), event(7.1, "mail", id="c")], asked)
    assert plain(bucket, trigger_rows(bucket, asked, ALWAYS)) == [("u", 7, "c"), ("u", 7, "a"), ("u", 7, "b")]


def test_a_trigger_brings_its_known_properties() -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail", known=("amount", "campaign")))
    events = [event(1, "mail", amount=250, campaign="b"), event(2, "mail")]
    rows = trigger_rows(bucket_of(events, asked), asked, ALWAYS)
    np.testing.assert_array_equal(rows.known["amount"], [2.5, np.nan])
    assert rows.known["campaign"].tolist() == ["b", None]


@pytest.mark.parametrize(("as_of", "n_rows"), [(99, 0), (100, 1), (104, 1), (105, 0)])
def test_a_trigger_is_scored_while_it_is_valid(as_of: int, n_rows: int) -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail"), valid_for=Duration(5))
    assert len(rows_to_score(bucket_of([event(100.5, "mail")], asked), asked, as_of)) == n_rows


@pytest.mark.parametrize(("at", "as_of", "n_rows"), [(2, 101, 0), (2, 102, 1), (-2, 99, 0), (-2, 100, 1), (-2, 104, 1)])
def test_a_trigger_is_scored_once_it_happened_and_its_cutoff_came(at: int, as_of: int, n_rows: int) -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail", at=Duration(at)), valid_for=Duration(5))
    assert len(rows_to_score(bucket_of([event(100, "mail")], asked), asked, as_of)) == n_rows


@pytest.mark.parametrize(("as_of", "n_rows"), [(100, 0), (102, 0), (103, 1)])
def test_a_trigger_is_scored_once_it_was_known(as_of: int, n_rows: int) -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail"), valid_for=Duration(5))
    late = event(100, "mail", known_micros=103_000_000)
    assert len(rows_to_score(bucket_of([late], asked), asked, as_of)) == n_rows


def test_rows_are_in_order_of_their_cutoffs_even_when_triggers_were_known_late() -> None:
    asked = question(cutoffs=CutoffsSpec(on="mail"))
    bucket = bucket_of([event(7, "mail", known_micros=90_000_000), event(8, "mail")], asked)
    assert trigger_rows(bucket, asked, ALWAYS).cutoff.tolist() == [7, 8]


def test_an_empty_bucket_has_no_rows() -> None:
    bucket = bucket_of([], EVERYBODY)
    assert len(calendar_rows(bucket, EVERYBODY, [1, 2])) == 0
