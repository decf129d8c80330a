"""A dataset with amounts in, a judged and published recipe out, step by step as for chances."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...progress import Progress
from ..alarms import Alarm, alarms_of_amounts
from ..bootstrap import finite
from ..bundle import Bundle
from ..candidate import Ground
from ..choice import Choice
from ..ladder import Recipe, evidence_of
from ..plots import Contributions
from ..publication import bundle_of, sample_of
from ..spec import TrainingSpec
from ..suspects import suspects_in
from ..thinning import thinned
from ..train import Memory, Subject
from .choice import choose_amounts
from .estimate import Estimate, best_rule, rules_of
from .judge import ValueJudgement, judge_amounts
from .ladder import recipe_of
from .proof import proof_of_amounts
from .ways import Found, search_ways
from .weakness import ValueSegment, ValueStretch, segments_of_amounts, stretches_of_amounts

if TYPE_CHECKING:
    from ...features.dataset import Dataset
    from ..folds import Split

__all__ = ["ValueTrained", "train_amounts"]


@dataclass(frozen=True)
class ValueTrained:
    """A tag's training, done: what was found, and what would be published, as `train.Trained` tells of chances."""

    subject: Subject
    recipe: Recipe
    found: Found | None
    model: Estimate
    rules: dict[str, Estimate]
    published: Estimate
    choice: Choice
    judgement: ValueJudgement
    alarms: tuple[Alarm, ...]
    segments: tuple[ValueSegment, ...]
    backtest: tuple[ValueStretch, ...]
    sample: Contributions
    bundle: Bundle
    ground: Ground
    seconds: float

    @property
    def evaluation(self) -> dict[str, Any]:
        """Everything that was found out, as JSON holds it."""
        return {
            **self.judgement.as_dict(),
            "published": self.published.name,
            "recipe": self.recipe.sentence,
            "choice": self.choice.as_dict(),
            "ways": {} if self.found is None else self.found.losses,
            "averaged": [] if self.found is None else list(self.found.averaged),
            "alarms": [alarm.as_dict() for alarm in self.alarms],
            "segments": [one.as_dict() for one in self.segments],
            "backtest": [one.as_dict() for one in self.backtest],
        }


def train_amounts(
    dataset: Dataset, split: Split, spec: TrainingSpec, subject: Subject, memory: Memory, progress: Progress
) -> ValueTrained:
    """The tag's model of amounts, judged forward in time against the rules, and what is to be published.

    Settings and ways are chosen on forward folds, the valuation and its bounds are fitted on forward scores, and the
    test is read once: it grades, and with the forward folds it decides between model and rule. What is published is
    then refitted on every row with the valuation of the forward scores.
    """
    started = time.monotonic()
    ground = Ground(dataset, thinned(split, dataset), spec.threads)
    rules = rules_of(ground, spec.seed)
    recipe = recipe_of(evidence_of(dataset.users[split.train], dataset.labels[split.train]))
    found = None if recipe.form == "rule" else search_ways(ground, spec, recipe, memory, progress)
    rule = best_rule(rules, plain=found is None)
    model = rule if found is None else found.model
    progress.say(f"{subject.tag}: {recipe.sentence}; now the test is read")
    choice = choose_amounts(model, rule, ground, spec)
    judgement = judge_amounts(model, rules, choice, ground, spec)
    published = model if choice.is_model else rule
    sample = sample_of(published.scorer, published.fitting, ground, spec.seed)
    return ValueTrained(
        subject=subject,
        recipe=recipe,
        found=found,
        model=model,
        rules=rules,
        published=published,
        choice=choice,
        judgement=judgement,
        alarms=_alarms(published, ground, judgement, sample),
        segments=segments_of_amounts(published, ground, spec),
        backtest=stretches_of_amounts(published, ground, spec),
        sample=sample,
        bundle=_bundle(subject, recipe, published, judgement, ground, sample),
        ground=ground,
        seconds=time.monotonic() - started,
    )


def _alarms(published: Estimate, ground: Ground, judgement: ValueJudgement, sample: Contributions) -> tuple[Alarm, ...]:
    measures, suspects = judgement.measures[published.name], suspects_in(published.fitting, ground, sample)
    ratio = measures["total_ratio"]
    return alarms_of_amounts(measures["gini"].value, (ratio.low, ratio.high), suspects, ground.dataset.cutoffs)


def _bundle(
    subject: Subject,
    recipe: Recipe,
    published: Estimate,
    judgement: ValueJudgement,
    ground: Ground,
    sample: Contributions,
) -> Bundle:
    own = {
        "learned": "amount",
        "metrics": {name: one.value for name, one in judgement.measures[published.name].items() if finite(one)},
        "proof": proof_of_amounts(published.name, judgement, sample, ground.plan(published.fitting)),
    }
    return bundle_of(subject, recipe, published, judgement, ground, own)
