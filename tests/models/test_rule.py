import json

import numpy as np
import numpy.typing as npt
import pytest

from limner.errors import DamagedError
from limner.models.rule import Direction, RuleScorer, fit_rule
from limner.models.scorer import parse_scorer


def column(*values: float) -> npt.NDArray[np.float32]:
    return np.array([[0.0, value] for value in values], np.float32)


@pytest.mark.parametrize(
    ("direction", "margins"),
    [("high", [0.0, 3.0, 9.0, 0.0, 0.0, 20.0]), ("low", [-10.0, -3.0, -9.0, -1.0, 5.0, -10.0])],
)
def test_missing_and_worse_than_ever_seen_rank_last(direction: Direction, margins: list[float]) -> None:
    scorer = fit_rule(column(1, 3, 9, np.nan), feature=1, direction=direction)

    assert scorer.margin(column(np.nan, 3, 9, 1 if direction == "low" else 0, -5, 20)).tolist() == margins


def test_contributions_tell_the_distance_from_the_typical_row() -> None:
    scorer = fit_rule(column(10, 20, 60), feature=1, direction="low")

    parts = scorer.contributions(column(62, 5))

    assert parts.tolist() == [[0.0, -41.0, -20.0], [0.0, 15.0, -20.0]]
    assert parts.sum(axis=1).tolist() == scorer.margin(column(62, 5)).tolist()


def test_a_feature_that_was_never_there_ranks_all_alike() -> None:
    scorer = fit_rule(column(np.nan, np.nan), feature=1, direction="low")

    assert scorer.margin(column(np.nan)).tolist() == [0.0]


def test_json_comes_back_the_same() -> None:
    scorer = RuleScorer(2, 1, "low", -63.5, -20.0)

    assert parse_scorer("rule", scorer.to_text()) == scorer


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"direction": "up"}, "up first; that is no rule"),
        ({"feature": 2}, "feature 2 of 2"),
        ({"worst": None}, "None is not a finite number"),
        ({"n_features": "many"}, "holds what is no number"),
    ],
)
def test_damage_is_named(change: dict[str, object], sentence: str) -> None:
    written = {**json.loads(RuleScorer(2, 1, "low", -9.0, 0.0).to_text()), **change}

    with pytest.raises(DamagedError, match=sentence):
        parse_scorer("rule", json.dumps(written))
