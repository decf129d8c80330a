import json

import numpy as np
import pytest

from limner.errors import DamagedError
from limner.models.bgnbd import Buying
from limner.models.bgnbd_scorer import BgnbdScorer, Columns
from limner.models.fit import Fitting, fit, mean_of
from limner.models.linear import LinearScorer, NumberTerm
from limner.models.mean import MeanScorer
from limner.models.scorer import parse_scorer
from limner.models.table import Table

NAMES = ("recency_buy", "frequency_buy", "events_buy", "gap_buy")
AT = Columns(0, 1, 2, 3)
BOUGHT = BgnbdScorer(4, AT, Buying(0.25, 30.0, 0.8, 2.5), 56.0, 1.0, (40.0, 2.0, 12.0), 200.0)
LINEAR = LinearScorer(-1.0, (NumberTerm(30.0, 10.0, -0.2), *[NumberTerm(2.0, 1.0, 0.5)] * 3))
SCORER = MeanScorer((BOUGHT, LINEAR), (3.0, 1.0))
X = np.array([[30.0, 1.0, 1.0, np.nan], [3.0, 4.0, 5.0, 10.0], [90.0, 2.0, 2.0, 60.0]], np.float32)


def test_margin_and_parts_are_the_mean_of_those_of_the_parts() -> None:
    np.testing.assert_allclose(SCORER.margin(X), (3 * BOUGHT.margin(X) + LINEAR.margin(X)) / 4)
    np.testing.assert_allclose(SCORER.contributions(X).sum(axis=1), SCORER.margin(X), atol=1e-12)


def test_it_comes_back_the_same() -> None:
    assert parse_scorer("mean", SCORER.to_text()) == SCORER


def test_the_recipe_fits_its_parts_to_the_same_rows() -> None:
    table = Table(X, np.array([0, 1, 1], np.int8), NAMES, (False,) * 4, np.array([0.0, 4.0, 1.0]))
    bought = {**dict(zip(Columns._fields, NAMES, strict=True)), "days": 56.0, "objective": "tweedie"}
    on_logs = {"strength": 1.0, "is_log": True, "objective": "tweedie"}
    fitting = Fitting("mean", "baseline", NAMES, {"bgnbd": bought, "linear": on_logs}, 0, 7)

    scorer = fit(Fitting.from_dict(fitting.as_dict()), table)

    assert scorer == MeanScorer(tuple(fit(one, table) for one in fitting.parts), (1.0, 1.0))
    assert [place for place, _ in fitting.settings] == [("linear",), ("bgnbd",)]


def test_each_model_of_an_average_counts_alike() -> None:
    table, small = Table(X, np.array([0, 1, 1], np.int8), NAMES, (False,) * 4), {"min_data_in_leaf": 1, "num_leaves": 2}
    tree = Fitting("forest", "features", NAMES, small, 2, 7)
    regression = Fitting("linear", "features", NAMES, {"strength": 1.0, "is_log": True}, 0, 7)
    fitting = Fitting.from_dict(tree.together([tree]).beside([regression]).as_dict())

    scorer = fit(fitting, table)

    expected = (2 * fit(tree, table).margin(X) + fit(regression, table).margin(X)) / 3
    np.testing.assert_allclose(scorer.margin(X), expected)
    assert [one.form for one in fitting.members] == ["forest", "forest", "linear"]
    assert fitting.kind == "forest_linear"


def test_parts_of_amounts_count_alike_however_many_models_they_are_of() -> None:
    tree = Fitting("forest", "features", NAMES, {"num_leaves": 2}, 2, 7).together([])
    both = tree.together([tree]).beside([Fitting("linear", "features", NAMES, {"strength": 1.0}, 0, 7)], alike=True)

    assert mean_of(both, [BOUGHT, LINEAR]).weights == (1.0, 1.0)
    assert (both.rounds, [one.rounds for one in both.parts], tree.beside([])) == (4, [4, 0], tree)


def part(form: str, weight: object, text: object) -> dict[str, object]:
    return {"form": form, "weight": weight, "text": text}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "is of nothing"),
        ([part("rule", 1.0, "{}")], "is of 1 of rule; parts are models on a logarithm"),
        ([part("linear", 0.0, LINEAR.to_text())], "is of 0 of linear"),
        ([part("linear", "much", LINEAR.to_text())], "lacks a key or holds what is no number"),
        ([{"form": "linear"}], "lacks a key"),
        ([part("linear", 1.0, "{}")], "the linear model lacks a key"),
        (
            [part("bgnbd", 1.0, BOUGHT.to_text()), part("linear", 1.0, LinearScorer(0.0, ()).to_text())],
            "parts of 4 and of 0 features",
        ),
    ],
)
def test_a_damaged_text_is_refused(parts: list[dict[str, object]], said: str) -> None:
    with pytest.raises(DamagedError, match=said):
        parse_scorer("mean", json.dumps({"parts": parts}))
