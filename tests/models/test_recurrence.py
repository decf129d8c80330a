from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from limner.features.pace import WEEK, Pace
from limner.models.recurrence import recurrence
from limner.timeline import DAY

N_WEEKS, START = 104, 1_000 * WEEK + 1
UNTIL = START + N_WEEKS * WEEK
AT = np.arange(N_WEEKS)
WAVE = np.sin(2 * np.pi * AT / 52)
TURNED = np.where(AT < 52, WAVE, -WAVE)
SWINGS = 300 * np.exp(0.5 * WAVE)


def told(rates: Sequence[float] | np.ndarray, *, seed: int | None = 0, horizon: int = 91 * DAY) -> float | None:
    counts = np.round(rates) if seed is None else np.random.default_rng(seed).poisson(rates)
    return recurrence(Pace(START, horizon, tuple(counts.astype(int).tolist())), START + len(counts) * WEEK)


@pytest.mark.parametrize("horizon", [DAY, 7 * DAY, 30 * DAY, 91 * DAY])
@pytest.mark.parametrize(
    "rates",
    [SWINGS, SWINGS * np.exp(0.01 * AT), np.where(AT < 52, 1.0, 3.0) * SWINGS, np.where(AT % 52 == 3, 0.0, SWINGS)],
    ids=["level", "growing", "trebled after a year", "closed a week a year"],
)
def test_a_season_that_came_again_is_told(rates: np.ndarray, horizon: int) -> None:
    assert (told(rates, horizon=horizon) or 0.0) > 0.8


@pytest.mark.parametrize(
    "rates",
    [np.full(N_WEEKS, 300.0), 300 * np.exp(0.01 * AT), np.where(AT < 52, 200.0, 500.0)],
    ids=["level", "growing", "a step after a year"],
)
def test_what_is_luck_does_not_come_again(rates: np.ndarray) -> None:
    found = [told(rates, seed=seed, horizon=28 * DAY) for seed in range(40)]

    assert np.mean([one for one in found if one is not None]) < 0.15
    assert None not in found


@pytest.mark.parametrize(
    "rates",
    [300 + 6.0 * AT, 300 * (1.05 - np.exp(-AT / 25)), 10 + 600 / (1 + np.exp(-(AT - 52) / 12)),
     np.where(AT < 60, 200.0, 500.0), 300 * np.exp(0.3 * TURNED)],
    ids=["straight", "ever slower", "in one surge", "a step", "a season turned upside down"],
)  # fmt: skip
@pytest.mark.parametrize("seed", [None, 0])
def test_growth_and_what_turned_upside_down_are_no_season(rates: np.ndarray, seed: int | None) -> None:
    assert not told(rates, seed=seed)


@pytest.mark.parametrize("rate", [0.0, 300.0])
def test_a_log_without_ups_and_downs_tells_nothing(rate: float) -> None:
    assert told(np.full(N_WEEKS, rate), seed=None) is None


def test_few_events_tell_nothing() -> None:
    few, enough = (told(rate * SWINGS / 300, seed=None, horizon=28 * DAY) for rate in (20, 30))

    assert few is None
    assert enough is not None


@pytest.mark.parametrize(
    ("n_weeks", "horizon", "is_told"),
    [(78, DAY, True), (77, DAY, False), (78, 14 * WEEK, True), (78, 15 * WEEK, False), (0, DAY, False)],
)
def test_a_short_log_tells_nothing(n_weeks: int, horizon: int, is_told: bool) -> None:
    assert (told(SWINGS[:n_weeks], horizon=horizon) is not None) == is_told


@pytest.mark.parametrize(("seconds", "is_same"), [(0, True), (WEEK - 1, True), (WEEK, False), (-1, False)])
def test_whole_weeks_before_the_instant_count_and_no_others(seconds: int, is_same: bool) -> None:
    counts = np.random.default_rng(0).poisson(SWINGS).tolist()
    pace = Pace(START, 28 * DAY, tuple(counts))
    until = START + 90 * WEEK
    tampered = replace(pace, counts=(*counts[:90], *(7 * count for count in counts[90:])))

    assert recurrence(tampered, until) == recurrence(pace, until)
    assert (recurrence(pace, until + seconds) == recurrence(pace, until)) == is_same


def test_weeks_before_a_source_delivered_are_unknown() -> None:
    late = np.concatenate([np.zeros(30), [4.0], SWINGS])

    assert told(late, seed=None) == told(SWINGS, seed=None)
    assert told(late[:100], seed=None) is None
