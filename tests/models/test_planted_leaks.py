from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from limner.features.plan import Feature
from limner.models.gate import compare
from limner.models.spec import GateSpec
from tests.models.test_train import AT_ONCE, SPEC, trained
from tests.models.world import planted, world

Floats = npt.NDArray[np.float64]
WORLD = world(n_users=150)
HAPPENED = WORLD.labels == 1
LUCK = np.random.default_rng(5)

BACK_FILLED = np.where(HAPPENED & (LUCK.random(len(WORLD)) < 0.5), 3.0, LUCK.integers(0, 3, len(WORLD)))
AFTERWARDS = np.where(HAPPENED & (LUCK.random(len(WORLD)) < 0.4), LUCK.random(len(WORLD)), np.nan)
FOLLOWS = np.where(HAPPENED & (LUCK.random(len(WORLD)) < 0.8), 1.0, 0.0)
ANSWER = LUCK.normal(size=len(WORLD)) + 4.0 * HAPPENED

LEAKS: dict[str, tuple[Feature, Floats, set[str]]] = {
    "an attribute filled back from the outcome": (
        Feature("state", "attribute", "state", "last", "state", type="category", texts=("a", "b", "c")),
        BACK_FILLED,
        {"only_positives", "undated_attribute"},
    ),
    "a column written after the outcome": (
        Feature("refund", "attribute", "refund", "last", "refund"),
        AFTERWARDS,
        {"only_positives", "undated_attribute"},
    ),
    "an event that only follows the target": (
        Feature("thanks_count_7d", "history", "thanks", "count", "thanks", (7 * 86_400,)),
        FOLLOWS,
        {"only_positives"},
    ),
    "a trigger's property that is the answer": (
        Feature("duration", "trigger", "duration", "known", "duration"),
        ANSWER,
        {"too_good", "one_property"},
    ),
}


def leaking(leak: str) -> Any:
    feature, column, _ = LEAKS[leak]
    return trained(planted(WORLD, feature, column), AT_ONCE)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught_and_published_only_when_it_is_accepted_by_name(leak: str) -> None:
    found = leaking(leak)
    raised = {alarm.name for alarm in found.alarms if alarm.raised and alarm.is_leak}
    accepting = SPEC.model_copy(update={"gate": GateSpec(accept_alarms=tuple(sorted(raised)))})

    assert LEAKS[leak][2] <= raised
    assert not compare(found, None, SPEC).passed
    assert compare(found, None, accepting).passed


def test_the_same_columns_without_their_answer_raise_nothing() -> None:
    for feature, column, _ in LEAKS.values():
        if feature.role != "attribute":
            harmless = planted(WORLD, feature, np.random.default_rng(1).permutation(column))
            found = trained(harmless, AT_ONCE)
            assert not [alarm.name for alarm in found.alarms if alarm.raised and alarm.is_leak]


def test_an_event_that_is_stamped_before_what_it_follows_is_caught() -> None:
    feature = Feature("thanks_days_since_last", "history", "thanks", "days_since_last", "thanks")
    bought = WORLD.baseline_vectors[:, 0]
    is_early = HAPPENED & (LUCK.random(len(WORLD)) < 0.8)

    found = trained(planted(WORLD, feature, np.where(is_early, 0.0, bought + 1.0)), AT_ONCE)

    (alarm,) = (one for one in found.alarms if one.name == "only_positives")
    assert alarm.raised
    assert "thanks_days_since_last below that of the target" in alarm.evidence


def test_a_source_that_began_late_is_told() -> None:
    feature = Feature("calls_count_7d", "history", "calls", "count", "calls", (7 * 86_400,))
    calls = np.where(WORLD.cutoffs > WORLD.cutoffs[0] + 28 * 86_400, LUCK.integers(0, 3, len(WORLD)), 0)

    found = trained(planted(replace(WORLD, tag="late"), feature, calls), AT_ONCE)

    (alarm,) = (one for one in found.alarms if one.name == "silent_signal")
    assert alarm.raised
    assert "calls has no event at the first 2 of 6 cutoffs" in alarm.evidence
