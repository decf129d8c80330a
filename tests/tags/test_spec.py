import pytest
from pydantic import ValidationError

from limner.tags.spec import PredictiveSpec, RuleSpec

TARGET = {"event_type": "buy", "horizon": "7d"}


def predictive(**parts: object) -> PredictiveSpec:
    return PredictiveSpec.model_validate({"kind": "predictive", "target": TARGET, **parts})


def test_tiers_left_out_hold_everybody() -> None:
    assert {name: str(share) for name, share in predictive().tiers.items()} == {
        "high": "10%",
        "medium": "30%",
        "low": "60%",
    }


@pytest.mark.parametrize(
    ("tiers", "found"), [({"high": "10%", "low": "80%"}, "90%"), ({"a": "60%", "b": "60%"}, "120%"), ({}, "0%")]
)
def test_tiers_that_do_not_hold_everybody_are_refused(tiers: dict[str, str], found: str) -> None:
    with pytest.raises(ValidationError, match=f"the tiers add up to {found}; together they must hold everybody"):
        predictive(tiers=tiers)


@pytest.mark.parametrize(
    ("tiers", "found"),
    [
        ({"call": 200, "mail": "20%"}, "a tier that is a count leaves others"),
        ({"a": "rest", "b": "rest"}, "a and b are both the rest; only one tier can be"),
        ({"a": "120%"}, "is not a share"),
        ({"a": "60%", "b": "60%", "c": "rest"}, "the tiers add up to 120%"),
    ],
)
def test_counts_and_the_rest_must_hold_everybody_too(tiers: dict[str, object], found: str) -> None:
    with pytest.raises(ValidationError, match=found):
        predictive(tiers=tiers)


def test_capacity_is_written_as_it_is_said() -> None:
    tiers = predictive(tiers={"call": 200, "mail": "20%", "later": "rest"}).tiers

    assert {name: str(band) for name, band in tiers.items()} == {"call": "200", "mail": "20%", "later": "rest"}


@pytest.mark.parametrize("valid_for", ["0d", "-1d"])
def test_values_that_are_born_expired_are_refused(valid_for: str) -> None:
    with pytest.raises(ValidationError, match="born expired"):
        predictive(valid_for=valid_for)


def test_a_rule_without_classes_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        RuleSpec.model_validate({"kind": "rule", "classes": {}})
