"""A dataset in, a judged and published recipe out; what a tag's training is, step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..progress import Progress
from .alarms import Alarm
from .backtest import Stretch, backtest
from .baselines import baselines_of, best_rule
from .bundle import Bundle
from .candidate import Candidate, Ground
from .choice import Choice, choose
from .fit import Fitting
from .judge import Judgement, judge
from .ladder import Recipe, evidence_of, recipe_for
from .monotone import directions
from .plots import Contributions
from .proof import proof_of
from .publication import bundle_of, sample_of
from .segments import Segment, segments_of
from .selection import narrowed
from .shift import Shift, shift_of
from .spec import TrainingSpec
from .suspects import alarms_about
from .table import table_of
from .thinning import thinned
from .tune import Search, Tuned, tune

if TYPE_CHECKING:
    from ..features.dataset import Dataset
    from .folds import Split

__all__ = ["Memory", "Subject", "Trained", "train_tag"]


@dataclass(frozen=True)
class Subject:
    """What is predicted, in the words of the project file; `is_absence` turns recency and frequency around."""

    tag: str
    title: str
    title_zh: str
    description: str
    is_absence: bool
    definition_hash: str


@dataclass(frozen=True)
class Memory:
    """What earlier trainings left: the file `journal` of their trials, and the recipe of the `champion`, if any."""

    journal: Path
    champion: Fitting | None = None


@dataclass(frozen=True)
class Trained:
    """A tag's training, done: what was found, and what would be published.

    `model` is the recipe that was searched, `published` the one that counts: the model, or a rule it
    did not beat, as the `choice` says. Both were fitted on the training rows; `bundle`, whose version is still empty,
    is the published recipe refitted on all rows. `segments`, `backtest` and `shift` tell where and when it is weak.
    `sample` is of test rows and names no user.
    `seconds` is how long it took, and is part of nothing that is hashed.
    """

    subject: Subject
    recipe: Recipe
    tuned: Tuned | None
    model: Candidate
    baselines: dict[str, Candidate]
    published: Candidate
    choice: Choice
    judgement: Judgement
    alarms: tuple[Alarm, ...]
    segments: tuple[Segment, ...]
    backtest: tuple[Stretch, ...]
    shift: Shift
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
            "choice": self.choice.as_dict(),
            "recipe": self.recipe.sentence,
            "alarms": [alarm.as_dict() for alarm in self.alarms],
            "segments": [one.as_dict() for one in self.segments],
            "backtest": [one.as_dict() for one in self.backtest],
            "shift": self.shift.as_dict(),
        }


def train_tag(
    dataset: Dataset, split: Split, spec: TrainingSpec, subject: Subject, memory: Memory, progress: Progress
) -> Trained:
    """The tag's model, judged forward in time against the rules, and what is to be published.

    Settings are searched on forward folds, calibration is fitted on forward scores, and the test is read
    once: it grades, and with the forward folds it decides between model and rule. What is published is then
    refitted on every row with the calibration of the forward scores. The search goes on from what is in memory: its own
    trials, and the champion's settings, which it tries first.
    """
    started = time.monotonic()
    ground = Ground(dataset, thinned(split, dataset), spec.threads)
    baselines = baselines_of(ground, is_absence=subject.is_absence, seed=spec.seed)
    recipe = recipe_for(evidence_of(dataset.users[split.train], dataset.labels[split.train]))
    rule = best_rule(baselines, plain=recipe.form == "rule")
    tuned, model = (None, rule) if recipe.form == "rule" else _searched(ground, spec, recipe, memory, progress)
    progress.say(f"{subject.tag}: {recipe.sentence}; now the test is read")
    choice = choose(model, rule, ground, spec)
    judgement = judge(model, baselines, choice, ground, spec)
    published = model if choice.is_model else rule
    sample = sample_of(published.scorer, published.fitting, ground, spec.seed)
    return Trained(
        subject=subject,
        recipe=recipe,
        tuned=tuned,
        model=model,
        baselines=baselines,
        published=published,
        choice=choice,
        judgement=judgement,
        alarms=alarms_about(published, rule, ground, judgement, sample),
        segments=segments_of(published, ground, spec),
        backtest=backtest(published, ground, spec),
        shift=shift_of(published, ground, spec),
        sample=sample,
        bundle=_bundle(subject, recipe, published, judgement, ground, sample),
        ground=ground,
        seconds=time.monotonic() - started,
    )


def _search(ground: Ground, spec: TrainingSpec, recipe: Recipe, memory: Memory, progress: Progress) -> Search:
    dataset, champion = ground.dataset, memory.champion
    before = champion.members if champion is not None and champion.source == "features" else ()
    search = Search(
        dataset.tag,
        dataset.fingerprint,
        table_of(dataset, "features"),
        ground.split.folds,
        recipe,
        spec.trials,
        spec.seed,
        spec.threads,
        starts=tuple(one.params for one in before if one.form == recipe.form),
        minutes=spec.minutes,
        monotone=directions(dataset.plan.features, spec.monotone),
    )
    return narrowed(search, progress) if spec.selection else search


def _searched(
    ground: Ground, spec: TrainingSpec, recipe: Recipe, memory: Memory, progress: Progress
) -> tuple[Tuned, Candidate]:
    search = _search(ground, spec, recipe, memory, progress)
    tuned = tune(search, memory.journal, progress)
    scorers = (one.scorer(tuned.fitting, search.threads) for one in search.rehearsals)
    return tuned, Candidate.proven("model", tuned.fitting, ground, scorers)


def _bundle(
    subject: Subject,
    recipe: Recipe,
    published: Candidate,
    judgement: Judgement,
    ground: Ground,
    sample: Contributions,
) -> Bundle:
    plan, labels = ground.plan(published.fitting), ground.dataset.labels[ground.split.test]
    own = {
        "metrics": {name: one.value for name, one in judgement.measures[published.name].items()},
        "proof": proof_of(published, judgement, labels, sample, plan),
    }
    return bundle_of(subject, recipe, published, judgement, ground, own)
