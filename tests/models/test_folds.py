import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from limner.errors import EvidenceError
from limner.models.folds import Split, split

HORIZON = 10

Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]


def rows_at(*groups: tuple[int, int, int]) -> tuple[Ints, Ints, Labels]:
    cutoffs = np.concatenate([np.full(positives + negatives, at, np.int64) for at, positives, negatives in groups])
    labels = np.concatenate([np.repeat(np.array([1, 0], np.int8), group[1:]) for group in groups])
    return cutoffs, cutoffs + HORIZON, labels


@st.composite
def splits(draw: st.DrawFn) -> tuple[Split, Ints, Ints, Labels]:
    n_rows = draw(st.integers(2, 60))
    cutoffs = np.array(draw(st.lists(st.integers(0, 80), min_size=n_rows, max_size=n_rows)), np.int64)
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n_rows, max_size=n_rows)), np.int8)
    ends = cutoffs + draw(st.integers(1, 30))
    try:
        found = split(cutoffs, ends, labels, draw(st.integers(1, 4)), at_triggers=draw(st.booleans()))
    except EvidenceError:
        reject()
    return found, cutoffs, ends, labels


@settings(deadline=None, max_examples=100)
@given(splits())
def test_everything_learned_was_known_before_what_is_judged(drawn: tuple[Split, Ints, Ints, Labels]) -> None:
    found, cutoffs, ends, _ = drawn
    assert ends[found.train].max() <= found.test_start <= cutoffs[found.test].min()
    for fold in found.folds:
        assert ends[fold.train].max() <= fold.start <= cutoffs[fold.valid].min()
        assert set(fold.train) | set(fold.valid) <= set(found.train)


@settings(deadline=None, max_examples=100)
@given(splits())
def test_all_rows_from_the_start_of_the_test_are_in_it_and_folds_do_not_overlap(
    drawn: tuple[Split, Ints, Ints, Labels],
) -> None:
    found, cutoffs, _, labels = drawn
    assert found.test.tolist() == np.flatnonzero(cutoffs >= found.test_start).tolist()
    judged = np.concatenate([fold.valid for fold in found.folds])
    assert len(set(judged)) == len(judged)
    assert all(set(labels[part]) == {0, 1} for fold in found.folds for part in (fold.train, fold.valid))


def test_calendar_folds_are_the_last_cutoffs_of_training() -> None:
    found = split(*rows_at((0, 9, 9), (10, 9, 9), (20, 9, 9), (30, 9, 9), (40, 9, 9)), n_folds=2)
    assert (found.test_start, [fold.start for fold in found.folds]) == (40, [20, 30])


def test_trigger_folds_hold_about_equally_many_positives() -> None:
    rows = rows_at(*((at, 1, 1) for at in range(200)))
    found = split(*rows, n_folds=3, at_triggers=True)
    assert [len(fold.valid) for fold in found.folds] == pytest.approx([64, 66, 66], abs=4)


def test_a_fold_with_one_outcome_is_left_out() -> None:
    found = split(*rows_at((0, 9, 9), (10, 9, 0), (20, 9, 9), (30, 9, 9)), n_folds=3)
    assert [fold.start for fold in found.folds] == [20]


@pytest.mark.parametrize(("positives", "is_proven"), [(99, False), (100, True)])
def test_a_hundred_of_each_class_prove(positives: int, is_proven: bool) -> None:
    found = split(*rows_at((0, 200, 200), (10, 200, 200), (20, positives, 120)), n_folds=1)
    assert (found.test_start, found.is_proven) == (20, is_proven)


@pytest.mark.parametrize("groups", [[(0, 9, 9)], [(0, 9, 9), (5, 9, 9)], [(0, 9, 9), (10, 9, 9)]])
def test_too_little_time_is_refused_in_a_sentence(groups: list[tuple[int, int, int]]) -> None:
    with pytest.raises(EvidenceError, match="A longer log, a shorter horizon"):
        split(*rows_at(*groups), n_folds=3)


def test_calendar_folds_are_a_horizon_apart() -> None:
    found = split(*rows_at(*((at, 9, 9) for at in range(0, 60, 5))), n_folds=2)

    assert (found.test_start, [fold.start for fold in found.folds]) == (45, [20, 30])
    assert [len(set(fold.valid // 18)) for fold in found.folds] == [2, 2]


def test_a_short_history_is_judged_at_its_newest_cutoff() -> None:
    found = split(*rows_at((0, 9, 9), (5, 9, 9), (10, 9, 9), (20, 9, 9)), n_folds=3)

    assert (found.test_start, [fold.start for fold in found.folds]) == (20, [10])


def test_trigger_folds_begin_when_enough_is_known_to_learn_from() -> None:
    found = split(*rows_at((0, 13, 50), (11, 60, 50), (22, 60, 50), (33, 60, 50), (44, 100, 90)), 2, at_triggers=True)

    known = [
        int(np.count_nonzero(rows_at((0, 13, 50), (11, 60, 50), (22, 60, 50))[2][fold.train])) for fold in found.folds
    ]
    assert [fold.start for fold in found.folds] == [22, 33]
    assert known == [73, 133]
