"""The written test between a challenger and the champion: three checks, each with its numbers.

1. *alarms*: a raised leak alarm that the project file does not accept by name refuses.
2. *calibration*: the challenger is refused when its chances are off by more than `max_miscalibration`
   beyond what luck explains on a test of that size, unless the champion's recipe is off as far.
3. *ranking*: recipes are compared and not models: the champion's recipe (its form, columns, settings
   and rounds) is fitted again on the challenger's training rows and asked about the same test. A
   champion that was trained later or on more rows therefore gains nothing from it. The challenger is
   refused when it loses more average precision than `max_loss` of the champion's, and also when the
   95 % interval of the difference, over users, leaves room for a loss of more than `worst_loss`: a
   loss that chance may explain is still a risk.

The first two are asked with or without a champion. The third does not apply to the first model of a
tag, whose grade has already decided whether the model or the rule is published, nor where the
champion reads columns that the project no longer makes; the verdict says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .alarms import Alarm, blocking
from .bootstrap import Gain, Resampling, paired_gain
from .candidate import Candidate, Ground
from .fit import Fitting
from .reliability import CalibrationError, calibration_error
from .spec import GateSpec, TrainingSpec
from .table import plan_of
from .train import Trained

__all__ = ["Check", "Verdict", "alarms_check", "columns_gone", "compare", "ranking_check", "unranked"]


@dataclass(frozen=True)
class Check:
    """One question of the gate: `passed` is None where it does not apply; `evidence` is a sentence with numbers."""

    name: Literal["alarms", "calibration", "ranking"]
    passed: bool | None
    evidence: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The check as JSON holds it."""
        return {"name": self.name, "passed": self.passed, "evidence": self.evidence, "numbers": dict(self.numbers)}


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger may become champion: it may when no check failed."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self._failed

    @property
    def reasons(self) -> tuple[str, ...]:
        """The evidence of what failed, or of the ranking where nothing did."""
        told = self._failed or tuple(one for one in self.checks if one.name == "ranking")
        return tuple(one.evidence for one in told)

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers behind all checks."""
        return {name: number for one in self.checks for name, number in one.numbers.items()}

    @property
    def _failed(self) -> tuple[Check, ...]:
        return tuple(one for one in self.checks if one.passed is False)

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON holds it."""
        checks = [one.as_dict() for one in self.checks]
        return {"passed": self.passed, "reasons": list(self.reasons), "numbers": self.numbers, "checks": checks}


def compare(challenger: Trained, champion: Mapping[str, Any] | None, spec: TrainingSpec) -> Verdict:
    """The verdict of the policy above.

    Args:
        champion: the card of the champion's bundle, None when there is no champion.
    """
    recipe = None if champion is None else Fitting.from_dict(champion["recipe"])
    missing = () if recipe is None else columns_gone(challenger.ground, recipe)
    comparable = None if missing else recipe
    return Verdict(
        (
            alarms_check(challenger.alarms, spec.gate),
            _calibration(challenger, comparable, spec.gate),
            _ranking(challenger, comparable, spec) if comparable else unranked(missing),
        )
    )


def columns_gone(ground: Ground, recipe: Fitting) -> tuple[str, ...]:
    """The columns of the recipe that are no longer made."""
    return tuple(sorted(set(recipe.names) - set(plan_of(ground.dataset, recipe.source).names)))


def alarms_check(alarms: Sequence[Alarm], gate: GateSpec) -> Check:
    """Whether every raised alarm that points to a leak is accepted by name."""
    stopped = blocking(alarms, gate.accept_alarms)
    accepted = [one for one in blocking(alarms, ()) if one not in stopped]
    numbers = {"leak_alarms": float(len(stopped) + len(accepted)), "leak_alarms_accepted": float(len(accepted))}
    if stopped:
        found = "; ".join(f"{alarm.name}: {alarm.evidence}" for alarm in stopped)
        mend = "accept an alarm by name under training.gate.accept_alarms only when it is understood"
        return Check("alarms", False, f"{found}; {mend}", numbers)
    named = ", ".join(alarm.name for alarm in accepted)
    evidence = f"the project file accepts what is raised: {named}" if accepted else "no alarm points to a leak"
    return Check("alarms", True, evidence, numbers)


def _calibration(challenger: Trained, recipe: Fitting | None, gate: GateSpec) -> Check:
    found = challenger.judgement.calibration_error[challenger.published.name]
    numbers = {"calibration_error": found.value, "calibration_excess": _excess(found)}
    luck = f"luck explains up to {100 * found.perfect_high:.1f}"
    told = f"chances are off by {100 * found.value:.1f} points, of which {luck}"
    if _excess(found) <= float(gate.max_miscalibration):
        return Check("calibration", True, told, numbers)
    policy = f"training.gate.max_miscalibration allows {100 * float(gate.max_miscalibration):g} points more than luck"
    if recipe is None:
        return Check("calibration", False, f"{told}; {policy}", numbers)
    other = _error_of(recipe, challenger)
    numbers |= {"champion_calibration_error": other.value}
    compared = f"the champion's recipe is off by {100 * other.value:.1f}"
    return Check("calibration", found.value <= other.value, f"{told}; {compared}; {policy}", numbers)


def _excess(error: CalibrationError) -> float:
    return max(0.0, error.value - error.perfect_high)


def _error_of(recipe: Fitting, challenger: Trained) -> CalibrationError:
    ground = challenger.ground
    champion = Candidate.proven("champion", recipe, ground)
    return calibration_error(champion.chances, ground.dataset.labels[ground.split.test])


def unranked(missing: tuple[str, ...]) -> Check:
    """That there is nothing to compare with, and why."""
    if not missing:
        return Check("ranking", None, "no champion to compare with")
    named = ", ".join(missing[:5])
    return Check("ranking", None, f"the champion reads what is no longer made ({named}), so it cannot be compared")


def _ranking(challenger: Trained, recipe: Fitting, spec: TrainingSpec) -> Check:
    ground, gate = challenger.ground, spec.gate
    test = ground.split.test
    champion = ground.fitted(recipe).margin(ground.table(recipe).vectors[test])
    labels, resampling = ground.dataset.labels[test], Resampling(ground.dataset.users[test], spec.bootstraps, spec.seed)
    gain = paired_gain(challenger.published.margins, {"champion": champion}, labels, resampling)
    return ranking_check(gain, "average precision", gate)


def ranking_check(gain: Gain, what: str, gate: GateSpec) -> Check:
    """Whether the gain on the champion's recipe is one that the policy allows; it is negative where it is a loss."""
    value, low, high = gain.interval
    numbers = {"gain": value, "gain_low": low, "gain_high": high}
    found = f"{value:+.1%} {what} against the champion's recipe ({low:+.1%} to {high:+.1%})"
    if value < -float(gate.max_loss):
        policy = f"training.gate.max_loss allows a loss of {gate.max_loss}"
        return Check("ranking", False, f"{found}; {policy}", numbers)
    if low < -float(gate.worst_loss):
        policy = f"training.gate.worst_loss allows that chance hides a loss of {gate.worst_loss} at most"
        return Check("ranking", False, f"{found}; {policy}", numbers)
    return Check("ranking", True, found, numbers)
