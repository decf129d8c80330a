"""A dataset in, a judged and published recipe out; what a tag's training is, step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..progress import Progress
from ..timeline import shown
from .alarms import Alarm
from .backtest import Stretch, backtest
from .baselines import baselines_of, best_rule
from .bundle import Bundle
from .candidate import Candidate, Ground
from .choice import Choice, choose
from .fit import Fitting, fit
from .forest_check import proven_forest
from .judge import Judgement, judge
from .ladder import Recipe, evidence_of, recipe_for
from .monotone import directions
from .plots import Contributions
from .proof import proof_of
from .scorer import Scorer
from .segments import Segment, segments_of
from .selection import selected
from .shift import Shift, shift_of
from .spec import TrainingSpec
from .suspects import alarms_about
from .table import Table, table_of
from .tune import Search, Tuned, tune

if TYPE_CHECKING:
    from ..features.dataset import Dataset
    from .folds import Split

__all__ = ["Memory", "Subject", "Trained", "train_tag"]

_QUANTILES = 201
_SAMPLE = 1_000


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
    refitted on every row with the calibration of the forward scores.

    Args:
        memory: what the search goes on from: its own trials, and the champion's settings, which it tries first.
    """
    started = time.monotonic()
    ground = Ground(dataset, split, spec.threads)
    baselines = baselines_of(ground, is_absence=subject.is_absence, seed=spec.seed)
    recipe = recipe_for(evidence_of(dataset.users[split.train], dataset.labels[split.train]))
    tuned = None if recipe.form == "rule" else _searched(_search(ground, spec, recipe, memory), spec, memory, progress)
    rule = best_rule(baselines, plain=tuned is None)
    model = rule if tuned is None else Candidate.proven("model", tuned.fitting, ground)
    progress.say(f"{subject.tag}: {recipe.sentence}; now the test is read")
    choice = choose(model, rule, ground, spec)
    judgement = judge(model, baselines, choice, ground, spec)
    published = model if choice.is_model else rule
    sample = _sample(published, ground, spec.seed)
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


def _search(ground: Ground, spec: TrainingSpec, recipe: Recipe, memory: Memory) -> Search:
    dataset, champion = ground.dataset, memory.champion
    is_like = champion is not None and (champion.form, champion.source) == (recipe.form, "features")
    return Search(
        dataset.tag,
        dataset.fingerprint,
        table_of(dataset, "features"),
        ground.split.folds,
        recipe,
        spec.trials,
        spec.seed,
        spec.threads,
        start=champion.params if champion is not None and is_like else {},
        minutes=spec.minutes,
        monotone=directions(dataset.plan.features, spec.monotone),
    )


def _searched(search: Search, spec: TrainingSpec, memory: Memory, progress: Progress) -> Tuned:
    tuned = tune(search, memory.journal, progress)
    return selected(search, tuned, progress) if spec.selection else tuned


def _sample(published: Candidate, ground: Ground, seed: int) -> Contributions:
    """What moved the scores of some test rows, without saying whose."""
    test = ground.split.test
    rows = np.sort(np.random.default_rng(seed).choice(test, min(_SAMPLE, len(test)), replace=False))
    vectors = ground.table(published.fitting).vectors[rows]
    features = ground.plan(published.fitting).features
    return Contributions(
        published.scorer.contributions(vectors)[:, :-1],
        vectors,
        [feature.name for feature in features],
        [feature.group for feature in features],
    )


def _bundle(
    subject: Subject,
    recipe: Recipe,
    published: Candidate,
    judgement: Judgement,
    ground: Ground,
    sample: Contributions,
) -> Bundle:
    dataset, plan = ground.dataset, ground.plan(published.fitting)
    table = ground.table(published.fitting)
    card = {
        "grade": judgement.grade.letter,
        "sentence": {"en": judgement.grade.en, "zh": judgement.grade.zh},
        "base_rate": float(dataset.labels.mean()),
        "trained_until": shown(int(dataset.label_ends.max())),
        "definition_hash": subject.definition_hash,
        "form": published.fitting.form,
        "published": published.name,
        "ladder": _ladder(recipe, published),
        "recipe": published.fitting.as_dict(),
        "metrics": {name: one.value for name, one in judgement.measures[published.name].items()},
        "proof": proof_of(published, judgement, dataset.labels[ground.split.test], sample, plan),
        "norms": _norms(table),
        "spread": _spread(published.forward.margins),
        "dataset": dataset.fingerprint,
    }
    return Bundle(
        tag=subject.tag,
        version="",
        scorer=_proven(fit(published.fitting, table, ground.threads)),
        calibration=published.calibration,
        plan=plan,
        card=card,
    )


def _ladder(recipe: Recipe, published: Candidate) -> dict[str, str]:
    """How ambitious the model could be, and that it was in vain where a rule is published instead."""
    if recipe.form == "rule" or published.name == "model":
        return {"en": recipe.sentence, "zh": recipe.sentence_zh}
    return {
        "en": f"{recipe.sentence}; it did not beat the rule, which is published",
        "zh": f"{recipe.sentence_zh}；未能胜过规则，故发布规则",
    }


def _proven(scorer: Scorer) -> Scorer:
    """The scorer, a forest only where it gives LightGBM's own answers; else LightGBM stands in for it."""
    return proven_forest(scorer.to_text()) if scorer.form == "forest" else scorer


def _spread(margins: npt.NDArray[np.float64]) -> list[float]:
    """Quantiles of the forward scores, evenly spaced, by which later scores are told high or low."""
    found: list[float] = np.quantile(margins, np.linspace(0.0, 1.0, _QUANTILES)).tolist()
    return found


def _norms(table: Table) -> dict[str, float]:
    """The median of each number, without those that every row lacks."""
    norms: dict[str, float] = {}
    for name, is_category, column in zip(table.names, table.is_category, table.vectors.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known) and not is_category:
            norms[name] = float(np.median(known))
    return norms
