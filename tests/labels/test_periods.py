import numpy as np
import pytest

from limner.errors import EvidenceError
from limner.features.periods import newest_period


def period_start(*groups: tuple[int, int, int]) -> int:
    cutoffs = np.concatenate([np.full(positives + negatives, at) for at, positives, negatives in groups])
    labels = np.concatenate([np.repeat([1, 0], [positives, negatives]) for _, positives, negatives in groups])
    return newest_period(cutoffs.astype(np.int64), labels.astype(np.int8))


@pytest.mark.parametrize(
    ("groups", "start"),
    [
        ([(1, 500, 500), (2, 100, 200)], 2),
        ([(1, 500, 500), (2, 1, 10), (3, 99, 100)], 2),
        ([(1, 500, 500), (2, 10, 1), (3, 200, 99)], 2),
        ([(1, 10, 60), (2, 5, 10), (3, 5, 10)], 2),
        ([(1, 10, 60), (2, 5, 11), (3, 5, 10)], 3),
        ([(1, 10, 10), (2, 10, 50)], 2),
        ([(1, 10, 50), (2, 10, 0), (3, 0, 40)], 2),
    ],
    ids=["enough", "grows", "rarer class counts", "30 % allowed", "30 % exceeded", "newest always", "both classes"],
)
def test_the_newest_period(groups: list[tuple[int, int, int]], start: int) -> None:
    assert period_start(*groups) == start


@pytest.mark.parametrize(("positives", "negatives"), [(0, 5), (5, 0), (0, 0)])
def test_one_outcome_is_no_evidence(positives: int, negatives: int) -> None:
    with pytest.raises(EvidenceError, match="row"):
        period_start((1, positives, negatives))


def test_of_amounts_nobody_needs_to_have_none() -> None:
    cutoffs, labels = np.repeat(np.arange(4), 50), np.ones(200, np.int8)
    assert newest_period(cutoffs, labels, is_amount=True) == 3
    with pytest.raises(EvidenceError, match="prediction needs both"):
        newest_period(cutoffs, labels)
