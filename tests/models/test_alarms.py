from dataclasses import replace

import numpy as np
import pytest

from limner.models.alarms import Alarm, Kind, Outcomes, Suspect, alarms_of, blocking

OUTCOMES = Outcomes(np.array([1] * 50 + [0] * 450, dtype=np.int8), np.arange(500) // 50, np.full(500, 0.1))
CALM = Suspect("spend_sum_28d", "history", 0.2)


def raised(
    auc: float = 0.8,
    ratio: tuple[float, float] = (0.9, 1.1),
    suspects: tuple[Suspect, ...] = (CALM,),
    outcomes: Outcomes = OUTCOMES,
) -> dict[str, bool | None]:
    return {alarm.name: alarm.raised for alarm in alarms_of(auc, ratio, suspects, outcomes)}


@pytest.mark.parametrize(("auc", "expected"), [(0.95, False), (0.951, True)])
def test_a_model_can_be_too_good(auc: float, expected: bool) -> None:
    assert raised(auc=auc)["too_good"] is expected


@pytest.mark.parametrize(
    ("kind", "property_", "feature"),
    [("history", None, True), ("attribute", True, False), ("undated", True, False), ("trigger", True, False)],
)
def test_one_column_that_carries_the_model_is_named(kind: Kind, property_: bool | None, feature: bool) -> None:
    found = raised(suspects=(replace(CALM, kind=kind, share=0.51), replace(CALM, share=0.3)))

    assert (found["one_property"], found["one_feature"]) == (property_, feature)


@pytest.mark.parametrize(
    ("ratio", "expected"), [((0.5, 0.79), True), ((0.5, 0.81), False), ((1.1, 1.5), False), ((1.21, 1.5), True)]
)
def test_chances_are_off_only_with_their_whole_interval(ratio: tuple[float, float], expected: bool) -> None:
    assert raised(ratio=ratio)["off_base_rate"] is expected


@pytest.mark.parametrize(("pure", "expected"), [(3, False), (30, True)])
@pytest.mark.parametrize("code", [2.0, np.nan])
def test_a_category_of_positives_only_is_a_leak_when_luck_does_not_explain_it(
    pure: int, expected: bool, code: float
) -> None:
    codes = np.ones(500, dtype=np.float32)
    codes[:pure] = code

    found = raised(suspects=(Suspect("call_result", "trigger", 0.1, codes),))

    assert found["only_positives"] is expected


@pytest.mark.parametrize(
    ("kind", "expected_chance", "is_suspicious"),
    [("trigger", 0.1, True), ("trigger", 0.9, False), ("history", 0.01, True), ("history", 0.2, False)],
)
def test_what_a_rule_expects_anyway_is_not_suspicious(kind: Kind, expected_chance: float, is_suspicious: bool) -> None:
    codes = np.zeros(500, dtype=np.float32)
    codes[:30] = 1.0
    outcomes = replace(OUTCOMES, expected=np.full(500, expected_chance))

    found = raised(suspects=(Suspect("calls_count_7d", kind, 0.1, codes),), outcomes=outcomes)

    assert found["only_positives"] is is_suspicious


@pytest.mark.parametrize(
    ("silent", "expected"), [(slice(0, 0), False), (slice(0, 100), True), (slice(400, 500), True), (slice(0, 5), False)]
)
def test_a_signal_that_is_silent_at_either_end_warns(silent: slice, expected: bool) -> None:
    codes = (np.arange(500) % 3 == 0).astype(np.float32)
    codes[silent] = 0.0

    found = raised(suspects=(Suspect("calls_count_7d", "history", 0.1, codes, signal="calls"),))

    assert found["silent_signal"] is expected


def test_a_signal_that_is_silent_at_most_cutoffs_may_be_so_at_the_last() -> None:
    codes = np.isin(OUTCOMES.cutoffs, [1, 4, 6]).astype(np.float32)

    found = raised(suspects=(Suspect("calls_count_7d", "history", 0.1, codes, signal="calls"),))

    assert found["silent_signal"] is False


@pytest.mark.parametrize("name", ["one_property", "only_positives", "undated_attribute", "silent_signal"])
def test_an_alarm_says_where_it_does_not_apply(name: str) -> None:
    assert raised()[name] is None


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (0.01, False), (0.3, True)])
def test_an_undated_attribute_alarms_when_it_matters(share: float, expected: bool) -> None:
    history = tuple(replace(CALM, name=f"f{at}", share=0.07) for at in range(10))

    assert raised(suspects=(*history, Suspect("age", "undated", share)))["undated_attribute"] is expected


def test_only_leaks_that_nobody_accepted_block() -> None:
    leak, warning = Alarm("too_good", True, "", is_leak=True), Alarm("one_feature", True, "", is_leak=False)

    assert blocking([leak, warning], []) == (leak,)
    assert blocking([leak, warning], ["too_good"]) == ()
    assert blocking([replace(leak, raised=None)], []) == ()
