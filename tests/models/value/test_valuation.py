from dataclasses import replace

import numpy as np
import pytest

from limner.errors import DamagedError
from limner.models.value.valuation import Band, Valuation, parse_valuation
from limner.models.value.valuing import Seen, fit_valuation

DAY = 86_400
BAND = Band(-1.0, 0.0, 0.5, 2.0)
SOUND = Valuation("power", 0.9, 0.1, least=0.5, bands=(BAND, Band(2.0, 0.2, 0.8, 1.7)))


def seen(n: int = 6_000, seed: int = 0, noise: float = 0.8) -> Seen:
    """Half have no amount; margins are the logarithm of twice the expectation."""
    random = np.random.default_rng(seed)
    means = np.exp(random.normal(2.0, 1.0, n))
    amounts = np.where(random.random(n) < 0.5, 2 * means * np.exp(noise * random.normal(size=n) - noise**2 / 2), 0.0)
    periods = np.sort(random.integers(0, 3, n)) * 28 * DAY
    return Seen(np.log(2 * means), amounts, periods, periods + 28 * DAY)


def test_steps_are_taken_only_where_they_save_much() -> None:
    told, bent = seen(seed=5), np.random.default_rng(5).normal(size=6_000)
    amounts = np.where(bent > 1.0, 100.0, 1.0)
    assert fit_valuation(told, is_log=True).valuation.form == "power"
    assert fit_valuation(replace(told, margins=bent, amounts=amounts), is_log=True).valuation.form == "isotonic"


def test_what_is_expected_adds_up_to_what_came() -> None:
    told = seen()
    valuation = fit_valuation(told, is_log=True).valuation
    assert valuation.expected(told.margins).sum() == pytest.approx(told.amounts.sum())
    assert valuation.form == "power"


def test_expectations_never_fall() -> None:
    told = seen()
    for is_log in (True, False):
        valuation = fit_valuation(told, is_log=is_log).valuation
        assert (np.diff(valuation.expected(np.linspace(-5, 9, 1_000))) >= 0).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bounds_cover_what_they_promise_on_new_rows(seed: int) -> None:
    valuation, later = fit_valuation(seen(seed=seed), is_log=True).valuation, seen(seed=seed + 100)
    told = valuation.told(later.margins)
    assert np.mean(later.amounts < told["low"]) <= 0.12
    assert np.mean(later.amounts <= told["high"]) == pytest.approx(0.9, abs=0.02)
    top = later.margins > np.quantile(later.margins, 0.9)
    assert np.mean(later.amounts[top] <= told["high"][top]) == pytest.approx(0.9, abs=0.04)


def test_bounds_stand_in_their_order() -> None:
    told = fit_valuation(seen(), is_log=True).valuation.told(np.linspace(-5, 9, 500))
    assert ((told["low"] <= told["median"]) & (told["median"] <= told["high"])).all()


def test_amounts_below_nothing_count_in_the_total() -> None:
    told = seen()
    refunded = replace(told, amounts=np.where(told.amounts == 0, -3.0, told.amounts))
    valuation = fit_valuation(refunded, is_log=True).valuation
    assert valuation.expected(told.margins).sum() == pytest.approx(refunded.amounts.sum())
    assert valuation.told(told.margins)["low"].min() < 0


def test_a_rule_that_says_nothing_expects_the_mean_of_everybody() -> None:
    told = seen(200)
    valuation = fit_valuation(replace(told, margins=np.ones(200)), is_log=False).valuation
    assert valuation.expected(np.array([0.0, 1.0, 9.0])).tolist() == pytest.approx([told.amounts.mean()] * 3)


def test_a_valuation_comes_back_as_it_was() -> None:
    assert parse_valuation(SOUND.to_json()) == SOUND


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"slope": -1.0}, "slope -1.0"),
        ({"form": "isotonic"}, "0 knots"),
        ({"form": "wild"}, "form wild"),
        ({"form": "isotonic", "knots": ((1.0, 2.0), (2.0, 1.0))}, "not in order"),
        ({"bands": ()}, "bands are missing"),
        ({"bands": (BAND, BAND)}, "not in order"),
        ({"bands": (BAND._replace(low=9.0),)}, "bounds are not in order"),
        ({"least": float("nan")}, "not JSON"),
        ({"intercept": None}, "no number"),
    ],
)
def test_a_damaged_valuation_is_refused(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(DamagedError, match=sentence):
        parse_valuation(replace(SOUND, **changed).to_json())  # type: ignore[arg-type]
