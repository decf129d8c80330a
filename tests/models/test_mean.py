import json

import numpy as np
import pytest

from limner.errors import DamagedError
from limner.models.bgnbd import Buying
from limner.models.bgnbd_scorer import BgnbdScorer, Columns
from limner.models.fit import Fitting, fit
from limner.models.linear import LinearScorer, NumberTerm
from limner.models.mean import MeanScorer
from limner.models.scorer import parse_scorer
from limner.models.table import Table

NAMES = ("recency_buy", "frequency_buy", "events_buy", "gap_buy")
AT = Columns(0, 1, 2, 3)
BOUGHT = BgnbdScorer(4, AT, Buying(0.25, 30.0, 0.8, 2.5), 56.0, 1.0, (40.0, 2.0, 12.0), 200.0)
LINEAR = LinearScorer(-1.0, (NumberTerm(30.0, 10.0, -0.2), *[NumberTerm(2.0, 1.0, 0.5)] * 3))
SCORER = MeanScorer((BOUGHT, LINEAR))
X = np.array([[30.0, 1.0, 1.0, np.nan], [3.0, 4.0, 5.0, 10.0], [90.0, 2.0, 2.0, 60.0]], np.float32)


def test_margin_and_parts_are_the_mean_of_those_of_the_parts() -> None:
    np.testing.assert_allclose(SCORER.margin(X), (BOUGHT.margin(X) + LINEAR.margin(X)) / 2)
    np.testing.assert_allclose(SCORER.contributions(X).sum(axis=1), SCORER.margin(X), atol=1e-12)


def test_it_comes_back_the_same() -> None:
    assert parse_scorer("mean", SCORER.to_text()) == SCORER


def test_the_recipe_fits_its_parts_to_the_same_rows() -> None:
    table = Table(X, np.array([0, 1, 1], np.int8), NAMES, (False,) * 4, np.array([0.0, 4.0, 1.0]))
    bought = {**dict(zip(Columns._fields, NAMES, strict=True)), "days": 56.0, "objective": "tweedie"}
    on_logs = {"strength": 1.0, "is_log": True, "objective": "tweedie"}
    fitting = Fitting("mean", "baseline", NAMES, {"bgnbd": bought, "linear": on_logs}, 0, 7)

    scorer = fit(Fitting.from_dict(fitting.as_dict()), table)

    assert scorer == MeanScorer(tuple(fit(one, table) for one in fitting.parts))
    assert [place for place, _ in fitting.settings] == [("bgnbd",), ("linear",)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"linear": None}, "is of bgnbd, linear, not of"),
        ({"rule": "{}"}, "is of bgnbd, linear, rule, not of"),
        ({"linear": "{}"}, "the linear model lacks a key"),
        ({"linear": LinearScorer(0.0, ()).to_text()}, "parts of 4 and of 0 features"),
    ],
)
def test_a_damaged_text_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(DamagedError, match=said):
        parse_scorer("mean", json.dumps({**json.loads(SCORER.to_text()), **changed}))
