import numpy as np
import numpy.typing as npt
import pytest

from limner.models.ensemble import ensemble_of
from limner.models.objectives import OBJECTIVES
from limner.models.rehearsal import Rehearsal
from tests.models.tables import table

TABLE = table(810)
FOLDS = [Rehearsal(TABLE, np.arange(10), np.arange(at, at + 400), OBJECTIVES["binary"]) for at in (10, 410)]


def noisy(seed: int, noise: float) -> list[npt.NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    later = [TABLE.vectors[fold.valid] for fold in FOLDS]
    signals = [1.2 * vectors[:, 0] - 0.8 * vectors[:, 1] for vectors in later]
    return [np.nan_to_num(one.astype(np.float64)) + noise * random.normal(size=len(one)) for one in signals]


def loss(*candidates: list[npt.NDArray[np.float64]]) -> float:
    told = [np.mean(margins, axis=0) for margins in zip(*candidates, strict=True)]
    return float(np.mean([fold.objective.loss_of(one, fold.targets) for one, fold in zip(told, FOLDS, strict=True)]))


def test_those_whose_errors_differ_are_averaged() -> None:
    candidates = [noisy(seed, 1.0) for seed in range(3)]

    found = ensemble_of(candidates, FOLDS, most=3)

    assert sorted(found.members) == [0, 1, 2]
    assert found.loss == pytest.approx(loss(*candidates))
    assert found.loss < min(loss(one) for one in candidates)


def test_no_more_are_averaged_than_may_be() -> None:
    candidates = [noisy(seed, 1.0) for seed in range(4)]

    found = ensemble_of(candidates, FOLDS, most=2)

    assert found.members[0] == 0
    assert found.loss == pytest.approx(min(loss(candidates[0], candidates[other]) for other in (1, 2, 3)))


def test_one_that_spoils_the_average_is_left_out() -> None:
    good, bad = noisy(0, 0.1), noisy(1, 6.0)

    assert ensemble_of([good, bad], FOLDS, most=3).members == (0,)


def test_twins_are_averaged_for_so_little_is_luck() -> None:
    one = noisy(0, 0.1)
    twin = [margins + 1e-3 * np.sin(np.arange(len(margins))) for margins in one]

    assert ensemble_of([one, twin], FOLDS, most=3).members == (0, 1)


def test_a_single_candidate_stays_alone() -> None:
    assert ensemble_of([noisy(0, 1.0)], FOLDS, most=3).members == (0,)


def test_losses_are_compared_with_the_least_that_was_seen() -> None:
    candidates = [noisy(seed, noise) for seed, noise in enumerate((0.3, 0.6, 0.9, 1.2))]

    found = ensemble_of(candidates, FOLDS, most=4)

    prefixes = [found.members[:n] for n in range(1, len(found.members) + 1)]
    losses = [loss(*(candidates[member] for member in members)) for members in prefixes]
    assert all(later <= 1.001 * min(losses[: at + 1]) for at, later in enumerate(losses))


def test_a_model_of_another_form_joins_where_it_errs_otherwise() -> None:
    one, other = noisy(0, 1.0), noisy(1, 1.0)

    found = ensemble_of([one], FOLDS, most=3, beside=other)

    assert (found.members, found.is_joined) == ((0,), True)
    assert found.loss == pytest.approx(loss(one, other))


def test_a_model_of_another_form_that_spoils_the_average_is_left_out() -> None:
    good, bad = noisy(0, 0.1), noisy(1, 6.0)

    found = ensemble_of([good], FOLDS, most=3, beside=bad)

    assert not found.is_joined
    assert found.loss == pytest.approx(loss(good))
