"""The written test between a challenger and the champion.

1. A raised leak alarm that the project file does not accept by name refuses, with or without a champion.
2. Without a champion nothing else is asked: the grade has already decided whether the model or the
   rule it did not beat is published.
3. With one, recipes are compared and not models: the champion's recipe (its form, columns, settings
   and rounds) is fitted again on the challenger's training rows and asked about the same test. A
   champion that was trained later or on more rows therefore gains nothing from it.
4. The challenger is refused when it loses more average precision than `max_loss` of the champion's and
   the 95 % interval of the difference, over users, lies wholly below zero. A small loss, or one that
   other users would have turned into a gain, is no reason to keep an old model.
5. When the champion reads columns that the project no longer makes, its recipe cannot be fitted again:
   the comparison does not apply, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .alarms import blocking
from .bootstrap import Resampling, paired_gain
from .fit import Fitting
from .spec import TrainingSpec
from .table import plan_of
from .train import Trained

__all__ = ["Verdict", "compare"]


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger may become champion, why, in sentences, and the numbers behind it."""

    passed: bool
    reasons: tuple[str, ...]
    numbers: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON holds it."""
        return {"passed": self.passed, "reasons": list(self.reasons), "numbers": dict(self.numbers)}


def compare(challenger: Trained, champion: Mapping[str, Any] | None, spec: TrainingSpec) -> Verdict:
    """The verdict of the policy above.

    Args:
        champion: the card of the champion's bundle, None when there is no champion.
    """
    stopped = blocking(challenger.alarms, spec.gate.accept_alarms)
    if stopped:
        mend = "accept it by name under training.gate.accept_alarms only when it is understood"
        return Verdict(False, tuple(f"{alarm.name}: {alarm.evidence}; {mend}" for alarm in stopped), {})
    if champion is None:
        return Verdict(True, ("no champion to compare with",), {})
    recipe = Fitting.from_dict(champion["recipe"])
    missing = set(recipe.names) - {
        feature.name for feature in plan_of(challenger.ground.dataset, recipe.source).features
    }
    if missing:
        named = ", ".join(sorted(missing)[:5])
        return Verdict(True, (f"the champion reads what is no longer made ({named}), so it cannot be compared",), {})
    return _against(challenger, recipe, spec)


def _against(challenger: Trained, recipe: Fitting, spec: TrainingSpec) -> Verdict:
    ground = challenger.ground
    test = ground.split.test
    champion = ground.fitted(recipe).margin(ground.table(recipe).vectors[test])
    labels, resampling = ground.dataset.labels[test], Resampling(ground.dataset.users[test], spec.bootstraps, spec.seed)
    value, low, high = paired_gain(challenger.published.margins, {"champion": champion}, labels, resampling).interval
    passed = value >= -float(spec.gate.max_loss) or high >= 0
    range_ = f"{value:+.1%} average precision against the champion's recipe ({low:+.1%} to {high:+.1%})"
    policy = f"training.gate.max_loss allows a loss of {spec.gate.max_loss}, or more where chance may explain it"
    reason = range_ if passed else f"{range_}; {policy}"
    return Verdict(passed, (reason,), {"gain": value, "gain_low": low, "gain_high": high})
