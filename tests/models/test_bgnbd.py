import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import beta, gamma

from benchmarks.quality.btyd import PUBLISHED, History, Model
from limner.models.bgnbd import Buying, Histories

WEEK = 7.0
CDNOW = Buying(PUBLISHED.r, PUBLISHED.alpha * WEEK, PUBLISHED.a, PUBLISHED.b)


def some(n: int = 300) -> Histories:
    random = np.random.default_rng(5)
    age = random.uniform(0.0, 60.0 * WEEK, n)
    repeats = random.integers(0, 8, n).astype(np.float64)
    last = np.where(repeats > 0, age * random.uniform(0.6, 1.0, n), 0.0)
    return Histories(repeats, last, age)


def at(known: Histories, rows: npt.NDArray[np.intp]) -> Histories:
    return Histories(known.repeats[rows], known.last[rows], known.age[rows])


def lived(buying: Buying, days: float, n: int = 20_000) -> tuple[Histories, npt.NDArray[np.float64]]:
    """What people like that bought in 26 weeks, and in so many days after them."""
    random, age = np.random.default_rng(11), 26.0 * WEEK
    rate = random.gamma(buying.r, 1.0 / buying.alpha, n)
    gaps = random.exponential(1.0 / rate[:, None], (n, 60))
    times = np.cumsum(gaps, axis=1)
    times[np.arange(60) >= random.geometric(random.beta(buying.a, buying.b, n))[:, None]] = np.inf
    before, after = times < age, (age <= times) & (times < age + days)
    last = np.where(before, times, 0.0).max(axis=1)
    return Histories(before.sum(axis=1).astype(np.float64), last, np.full(n, age)), after.sum(axis=1).astype(np.float64)


def beside(known: Histories, model: Model, days: float) -> npt.NDArray[np.float64]:
    return model.expected(History(known.repeats, known.last / WEEK, known.age / WEEK), days / WEEK)


@pytest.mark.parametrize("model", [PUBLISHED, Model(2.0, 10.0, 1.3, 0.4), Model(0.2, 3.0, 0.1, 0.3)])
@pytest.mark.parametrize("days", [1.0, 56.0, 273.0, 3_000.0])
def test_it_expects_what_the_equation_of_the_paper_says(model: Model, days: float) -> None:
    buying = Buying(model.r, model.alpha * WEEK, model.a, model.b)
    np.testing.assert_allclose(np.exp(buying.log_expected(some(), days)), beside(some(), model, days), rtol=1e-8)


@pytest.mark.parametrize(("repeats", "last", "age"), [(0, 0.0, 90.0), (1, 20.0, 100.0), (4, 80.0, 85.0)])
def test_it_expects_what_summing_over_all_kinds_of_people_gives(repeats: int, last: float, age: float) -> None:
    middles = (np.arange(600) + 0.5) / 600
    rate = gamma(CDNOW.r, scale=1.0 / CDNOW.alpha).ppf(middles)[:, None]
    stop = beta(CDNOW.a, CDNOW.b).ppf(middles)[None, :]
    alive = (1 - stop) ** repeats * rate**repeats * np.exp(-rate * age)
    gone = stop * (1 - stop) ** (repeats - 1) * rate**repeats * np.exp(-rate * last) if repeats else 0.0
    to_come = (alive * (1 - np.exp(-rate * stop * 56.0)) / stop).sum() / (alive + gone).sum()

    known = Histories(np.array([float(repeats)]), np.array([last]), np.array([age]))

    assert np.exp(CDNOW.log_expected(known, 56.0))[0] == pytest.approx(to_come, rel=0.01)


@pytest.mark.parametrize("a", [1.0 - 1e-9, 1.0, 1.0 + 1e-9])
def test_where_the_equation_divides_by_nothing_it_goes_on_smoothly(a: float) -> None:
    told, near = (Buying(0.3, 30.0, one, 0.2).log_expected(some(), 56.0) for one in (a, 1.001))
    np.testing.assert_allclose(told, near, atol=2e-3)


@pytest.mark.parametrize("b", [0.2, 0.2 + 1e-9])
def test_where_a_and_b_are_one_together_it_goes_on_smoothly(b: float) -> None:
    told, near = (Buying(0.3, 30.0, 0.8, one).log_expected(some(), 56.0) for one in (b, 0.2001))
    np.testing.assert_allclose(told, near, atol=2e-3)


def test_nobody_is_written_off() -> None:
    gone = Histories(np.array([500.0]), np.array([600.0]), np.array([2_000.0]))
    assert np.log(0.01) < CDNOW.log_expected(gone, 56.0)[0] < np.log(0.1)


def test_fitted_to_what_followed_it_expects_what_comes() -> None:
    known, came = lived(CDNOW, 56.0)

    told, true = Buying.fitted(known, came, 56.0).log_expected(known, 56.0), CDNOW.log_expected(known, 56.0)

    assert np.exp(told).sum() == pytest.approx(came.sum(), rel=0.02)
    assert np.abs(told - true)[known.repeats < 5].max() < 0.3


def test_the_same_is_fitted_whatever_the_order_of_the_rows() -> None:
    known, came = lived(CDNOW, 56.0, 500)
    order = np.random.default_rng(0).permutation(500)

    assert Buying.fitted(at(known, order), came[order], 56.0) == pytest.approx(Buying.fitted(known, came, 56.0))


def test_what_is_expected_of_one_does_not_go_by_who_stands_beside() -> None:
    alone = [CDNOW.log_expected(at(some(), np.array([row])), 273.0)[0] for row in range(20)]
    assert CDNOW.log_expected(some(), 273.0)[:20].tolist() == alone


def test_alpha_stays_so_long_that_few_terms_are_enough() -> None:
    known = Histories(np.zeros(300), np.zeros(300), np.full(300, 0.01))
    assert Buying.fitted(known, np.full(300, 900.0), 56.0).alpha == pytest.approx(5.6, rel=0.2)


@pytest.mark.parametrize("each", [0.0, 40.0])
def test_where_nobody_or_everybody_buys_parameters_stay_within_reason(each: float) -> None:
    buying = Buying.fitted(some(), np.full(300, each), 56.0)

    assert np.isfinite(buying.log_expected(some(), 56.0)).all()
    assert min(buying) > 0.01
