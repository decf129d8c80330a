from dataclasses import replace

import numpy as np
import pytest

from limner.models.alarms import Alarm, Kind, Suspect, alarms_of, blocking

LABELS = np.array([1] * 50 + [0] * 450, dtype=np.int8)
CALM = Suspect("spend_sum_28d", "history", 0.2)


def raised(
    auc: float = 0.8, ratio: tuple[float, float] = (0.9, 1.1), suspects: tuple[Suspect, ...] = (CALM,)
) -> dict[str, bool | None]:
    return {alarm.name: alarm.raised for alarm in alarms_of(auc, ratio, suspects, LABELS)}


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


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (0.01, False), (0.3, True)])
def test_an_undated_attribute_alarms_when_it_matters(share: float, expected: bool) -> None:
    history = tuple(replace(CALM, name=f"f{at}", share=0.07) for at in range(10))

    assert raised(suspects=(*history, Suspect("age", "undated", share)))["undated_attribute"] is expected


def test_only_leaks_that_nobody_accepted_block() -> None:
    leak, warning = Alarm("too_good", True, "", is_leak=True), Alarm("one_feature", True, "", is_leak=False)

    assert blocking([leak, warning], []) == (leak,)
    assert blocking([leak, warning], ["too_good"]) == ()
    assert blocking([replace(leak, raised=None)], []) == ()
