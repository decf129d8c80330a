from functools import cache

import numpy as np

from limner.models.bgnbd_scorer import BgnbdScorer
from limner.models.candidate import Ground
from limner.models.scorer import parse_scorer
from limner.models.value.estimate import Estimate, best_rule, rules_of
from tests.models.value.world import PayingWorld, buying_world, paying_world


@cache
def told() -> PayingWorld:
    return buying_world()


@cache
def rules() -> dict[str, Estimate]:
    return rules_of(Ground(told(), told().split, 1), seed=7)


def test_beside_a_count_stands_bgnbd_and_beside_a_sum_it_does_not() -> None:
    world = paying_world(60)
    of_sum = rules_of(Ground(world, world.split, 1), seed=7)

    assert list(rules()) == ["recency", "frequency", "persistence", "rfm", "bgnbd"]
    assert list(of_sum) == ["recency", "frequency", "persistence", "rfm"]


def test_who_buys_until_they_stop_is_foretold_best_by_the_model_of_it() -> None:
    losses = {name: one.forward_loss for name, one in rules().items()}

    assert min(losses, key=lambda name: losses[name]) == "bgnbd"
    assert best_rule(rules(), plain=False).name == "bgnbd"


def test_few_people_get_a_plain_rule_even_of_a_count() -> None:
    assert best_rule(rules(), plain=True).name in {"recency", "frequency", "persistence"}


def test_it_counts_on_the_days_of_the_horizon() -> None:
    scorer = rules()["bgnbd"].scorer
    assert isinstance(scorer, BgnbdScorer)
    assert (scorer.days, scorer.unit) == (28.0, 1.0)


def test_it_comes_back_from_its_text_and_is_explained() -> None:
    vectors = told().vectors[:, -4:]
    scorer = rules()["bgnbd"].scorer
    again = parse_scorer(scorer.form, scorer.to_text())
    np.testing.assert_array_equal(again.margin(vectors), scorer.margin(vectors))
    np.testing.assert_allclose(again.contributions(vectors).sum(axis=1), scorer.margin(vectors), atol=1e-9)
