from itertools import pairwise
from typing import Any

import pytest

from limner.errors import SpecError
from limner.features.expressions import condition
from limner.features.spec import FeaturesSpec
from limner.tags.resting import circle, columns_of, rests_on, with_those_below
from limner.tags.spec import RuleSpec, TagSpec
from tests.tags.shop import LAPSE, SIZE

FEATURES = FeaturesSpec.model_validate(
    {
        "windows": ["7d"],
        "signals": {"spend": {"event_type": "buy"}},
        "aggregates": {"spend": ["count"]},
        "attributes": ["region"],
    }
)


def rule(condition: str, **more: Any) -> RuleSpec:
    return RuleSpec.model_validate({"kind": "rule", "classes": {"yes": condition}, **more})


def below(**tags: TagSpec) -> dict[str, tuple[str, ...]]:
    return rests_on(tags, FEATURES)


def test_a_rule_rests_on_the_tags_that_it_names() -> None:
    found = below(
        lapse=LAPSE, size=SIZE, plain=rule("spend_count_7d > 1"), both=rule("lapse.tier = 'high' or size = '1'")
    )

    assert found == {"lapse": (), "size": (), "plain": (), "both": ("lapse", "size")}


def test_a_feature_goes_before_a_tag_of_its_name_and_a_score_before_both() -> None:
    scored = rule("size > 3", scores={"size": {"of": "spend_count_7d"}})

    found = below(size=SIZE, region=SIZE, by_feature=rule("region = 'north'"), by_score=scored)

    assert found["by_feature"] == found["by_score"] == ()
    assert below(region=SIZE, by_tag=rule("region.value = 'north'"))["by_tag"] == ("region",)


def test_what_is_asked_for_brings_what_it_rests_on() -> None:
    resting = {"top": ["middle"], "other": [], "middle": ["low"], "low": []}

    assert with_those_below(["top"], resting) == ["low", "middle", "top"]
    assert with_those_below(["other"], resting) == ["other"]


def test_circles_are_told_as_paths() -> None:
    assert circle({"a": ["a"]}) == ["a", "a"]
    assert circle({"a": ["b"], "b": ["c"], "c": []}) == []
    path = circle({"a": ["b"], "b": ["c"], "c": ["a"]})
    assert [*pairwise(path)] in [
        [("a", "b"), ("b", "c"), ("c", "a")],
        [("b", "c"), ("c", "a"), ("a", "b")],
        [("c", "a"), ("a", "b"), ("b", "c")],
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("lapse.tier = 'hihg'", "lapse.tier is never 'hihg'; it is one of: high, medium, low"),
        ("lapse.frozen_tier in ('high', 'top')", "lapse.frozen_tier is never 'top'"),
        ("plain != 'no'", "plain is never 'no'; it is one of: yes"),
    ],
)
def test_a_tier_or_class_that_nobody_can_be_in_is_refused(text: str, wrong: str) -> None:
    columns = columns_of({"lapse": LAPSE, "size": SIZE, "plain": rule("spend_count_7d > 1")})

    with pytest.raises(SpecError, match=wrong):
        condition(text, columns)
    assert condition("size = 'any' and plain = 'yes'", columns)


def test_predictions_have_columns_and_other_tags_a_value() -> None:
    found = columns_of({"lapse": LAPSE, "size": SIZE})

    assert {name: column.type for name, column in found.items()} == {
        "lapse.tier": "category",
        "lapse.frozen_tier": "category",
        "lapse.probability": "number",
        "lapse.percentile": "number",
        "lapse.score": "number",
        "lapse.trend": "number",
        "size": "category",
        "size.value": "category",
    }
