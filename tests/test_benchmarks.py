import os
from pathlib import Path
from typing import cast

import duckdb
import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.quality.btyd import PUBLISHED, PUBLISHED_LOG_LIKELIHOOD, History, Model
from benchmarks.quality.contest import Asked, Contest, Entry
from benchmarks.quality.elsewhere import made_elsewhere
from benchmarks.quality.results import judged
from benchmarks.quality.rivals import NOT_INSTALLED, Fallen, logistic
from limner.models.table import Table
from limner.pipeline.workspace import Workspace

Floats = npt.NDArray[np.float64]
SUMMARY = """
    WITH days AS (
        SELECT DISTINCT customer_id, date FROM read_parquet('{folder}/transactions.parquet')
        WHERE date <= '1997-09-30'
            AND customer_id IN (SELECT master_id FROM read_parquet('{folder}/sample_ids.parquet'))
    )
    SELECT count(*) - 1 AS repeats, (max(date) - min(date)) / 7 AS last, (DATE '1997-09-30' - min(date)) / 7 AS age
    FROM days GROUP BY customer_id
"""


@pytest.fixture(scope="module")
def sample() -> History:
    folder = Path(os.environ.get("LIMNER_DATA", "")) / "cdnow"
    if not (folder / "transactions.parquet").exists():
        pytest.skip("LIMNER_DATA names no folder with cdnow")
    with duckdb.connect() as con:
        told = con.execute(SUMMARY.format(folder=folder)).fetchnumpy()
    return History(*(np.asarray(told[name], np.float64) for name in ("repeats", "last", "age")))


def test_bgnbd_finds_the_sample_as_likely_as_published(sample: History) -> None:
    assert len(sample.repeats) == 2_357
    assert PUBLISHED.log_likelihood(sample) == pytest.approx(PUBLISHED_LOG_LIKELIHOOD, abs=0.05)


def test_bgnbd_fitted_to_the_sample_is_as_published(sample: History) -> None:
    assert Model.fitted(sample) == pytest.approx(PUBLISHED, abs=0.002)


def test_bgnbd_expects_more_of_those_who_bought_often_and_lately() -> None:
    often, lately = np.array([1.0, 5.0, 5.0]), np.array([10.0, 10.0, 36.0])

    expected = PUBLISHED.expected(History(often, lately, np.full(3, 38.0)), 39.0)

    assert expected[1] < expected[0] < expected[2]


def test_bgnbd_expects_of_a_new_customer_what_rates_drawn_at_random_make() -> None:
    random, n, weeks = np.random.default_rng(7), 200_000, 13.0
    stops = random.geometric(random.beta(PUBLISHED.a, PUBLISHED.b, n))
    bought = random.poisson(random.gamma(PUBLISHED.r, 1 / PUBLISHED.alpha, n) * weeks)

    expected = PUBLISHED.expected(History(np.zeros(1), np.zeros(1), np.zeros(1)), weeks)

    assert expected[0] == pytest.approx(np.minimum(bought, stops).mean(), rel=0.02)


def contest_of(vectors: Floats, outcomes: Floats, is_category: tuple[bool, ...]) -> Contest:
    X, names = vectors.astype(np.float32), tuple(map(str, range(vectors.shape[1])))
    asked = Asked(np.arange(len(X)).astype(str).astype(object), np.zeros(len(X), np.int64))
    past = Table(X, (outcomes > 0).astype(np.int8), names, is_category)
    return Contest("d", "t", "", past, X, outcomes, asked, asked)


@pytest.mark.parametrize(("metric", "outcomes"), [("auc", [0, 1] * 20), ("mean_squared_error", [0, 3] * 20)])
def test_a_better_limner_is_ahead_and_a_worse_one_behind(metric: str, outcomes: list[int]) -> None:
    truth = np.array(outcomes, np.float64)
    contest = contest_of(np.zeros((40, 1)), truth, (False,))
    good, bad = truth, -truth

    ahead = judged(contest, [Entry("limner", good), Entry("rival", bad)], [metric], {})
    behind = judged(contest, [Entry("limner", bad), Entry("rival", good)], [metric], {})

    assert [[(bound or 0.0) > 0 for bound in row.ahead] for row in (ahead[1], behind[1])] == [[True] * 3, [False] * 3]
    assert None not in behind[1].ahead


@pytest.mark.parametrize(("column", "is_category"), [([1.0, np.nan, 9.0], False), ([1.0, 2.0, 3.0], True)])
def test_logistic_regression_tells_apart_what_is_missing_and_each_category(
    column: list[float], is_category: bool
) -> None:
    outcomes = np.array([0.0, 1.0, 0.0] * 20)

    scores = logistic(contest_of(np.array([column * 20]).T, outcomes, (is_category,))).scores

    assert scores[outcomes == 1].min() > 0.5 > scores[outcomes == 0].max()


def test_rivals_without_their_environment_say_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.quality.elsewhere.PYTHON", tmp_path / "python")
    contest = contest_of(np.zeros((2, 1)), np.array([0.0, 1.0]), (False,))

    found = made_elsewhere(contest, cast(Workspace, None))

    assert found == [Fallen(f"{name} + lightgbm", NOT_INSTALLED) for name in ("getml", "featuretools")]
