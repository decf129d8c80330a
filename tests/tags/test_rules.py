import numpy as np
import pytest

from limner.errors import SpecError
from limner.features.bucket import Stream
from limner.features.plan import Feature, Plan, Signal
from limner.tags.rules import classes_of, plan_of_rule
from limner.tags.spec import RuleSpec

DAY = 86_400
SPEND = Feature("spend_sum_7d", "history", "spend", "sum", "spend", (7 * DAY,), decimals=2)
RECENCY = Feature("recency", "history", "spend", "days_since_last", "spend")
AGE = Feature("age", "attribute", "age", "last", "age", type="category", texts=("young", "old"))
FEATURES = (SPEND, RECENCY, AGE)
PLAN = Plan(FEATURES, {"spend": Signal(Stream("buy"), "amount", "number", 2)}, known_since=0)
NAN = float("nan")


def rule(classes: dict[str, str], otherwise: str | None = None) -> RuleSpec:
    return RuleSpec(kind="rule", classes=classes, otherwise=otherwise)


def classified(spec: RuleSpec, *rows: tuple[float, float, float]) -> list[str | None]:
    found: list[str | None] = classes_of(spec, FEATURES, np.array(rows, np.float32).reshape(-1, 3)).tolist()
    return found


def test_the_first_condition_that_holds_is_taken() -> None:
    spec = rule({"rich": "spend_sum_7d >= 100", "some": "spend_sum_7d > 0", "never": "spend_sum_7d >= 100"}, "none")

    assert classified(spec, (100, 0, 0), (99.5, 0, 0), (0, 0, 0)) == ["rich", "some", "none"]


@pytest.mark.parametrize(
    "condition",
    ["recency <= 7", "recency > 7", "recency != 7", "not recency <= 7", "recency in (1, 2)", "recency between 0 and 9"],
)
def test_a_missing_value_meets_no_comparison(condition: str) -> None:
    assert classified(rule({"yes": condition}), (1, NAN, 0)) == [None]


def test_a_missing_value_can_be_asked_for() -> None:
    assert classified(rule({"new": "recency is null"}, "known"), (1, NAN, 0), (1, 0, 0)) == ["new", "known"]


def test_a_number_is_compared_as_the_float32_it_is() -> None:
    spec = rule({"at least": "spend_sum_7d >= 0.1"}, "less")
    just_below = float(np.nextafter(np.float32(0.1), np.float32(0)))

    assert classified(spec, (0.1, 0, 0), (just_below, 0, 0)) == ["at least", "less"]
    assert classified(rule({"equal": "spend_sum_7d = 0.1"}), (0.1, 0, 0)) == ["equal"]


def test_categories_are_compared_as_texts_and_unknown_ones_are_other() -> None:
    spec = rule({"young": "age = 'young'", "old": "age in ('old')", "rest": "age = 'other'"}, "missing")

    assert classified(spec, (0, 0, 1), (0, 0, 2), (0, 0, 0), (0, 0, NAN)) == ["young", "old", "rest", "missing"]


def test_without_otherwise_users_stay_without_a_class() -> None:
    assert classified(rule({"rich": "spend_sum_7d > 1"}), (2, 0, 0), (1, 0, 0)) == ["rich", None]


def test_no_rows_have_no_classes() -> None:
    assert classified(rule({"rich": "spend_sum_7d > 1"})) == []


def test_names_of_classes_are_only_texts() -> None:
    assert classified(rule({"it's; DROP": "spend_sum_7d > 1"}, 'the "rest"'), (2, 0, 0), (1, 0, 0)) == [
        "it's; DROP",
        'the "rest"',
    ]


def test_the_order_of_many_rows_is_kept() -> None:
    values = np.arange(5_000)

    found = classified(rule({"even": "age = 'young'"}, "odd"), *((0, 0, float(1 + value % 2)) for value in values))

    assert found == ["even" if value % 2 == 0 else "odd" for value in values]


def test_the_plan_is_left_with_what_the_conditions_mention() -> None:
    spec = rule({"a": "age = 'old'", "b": "not (spend_sum_7d > 3)"})

    assert plan_of_rule(spec, PLAN).names == ("spend_sum_7d", "age")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("spend_sum_8d > 1", "there is no column spend_sum_8d; did you mean spend_sum_7d"),
        ("spend_sum_7d >", "cannot be read"),
        ("age > 'old'", "has no order"),
        ("spend_sum_7d = 'x'", "is a number and is compared with"),
        ("spend_sum_7d > 1; drop table vectors", "is not one condition"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_refused(condition: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        plan_of_rule(rule({"fine": "recency > 1", "bad": condition}), PLAN)
    with pytest.raises(SpecError, match=sentence):
        classified(rule({"bad": condition}), (0, 0, 0))
