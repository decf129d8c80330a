from dataclasses import replace

import numpy as np
import numpy.typing as npt

from limner.features.bucket import Stream
from limner.features.dataset import Dataset
from limner.features.plan import AttributeSource, Feature, Plan, Signal
from limner.models.folds import Split, split
from limner.models.train import Subject
from limner.timeline import DAY

SUBJECT = Subject("lapse_28d", "Will stay away", "不再购买", "Buys nothing in 28 days.", False, "d" * 64)
N_CUTOFFS, EVERY = 6, 28 * DAY
PURCHASES = Stream("purchase")


class World(Dataset):
    @property
    def split(self) -> Split:
        return split(self.cutoffs, self.label_ends, self.labels, 2)


def plan_of_world() -> Plan:
    numbers = tuple(Feature(f"spend_sum_{d}d", "history", "spend", "sum", "spend", (d * DAY,)) for d in range(1, 12))
    kind = Feature("age", "attribute", "age", "last", "age", type="category", texts=("young", "old", "older"))
    attributes = {"age": AttributeSource("people", "age", "category", 0, is_dated=True)}
    return Plan((*numbers, kind), {"spend": Signal(PURCHASES, "amount", "number", 2)}, 0, attributes=attributes)


def baseline_plan_of_world() -> Plan:
    columns = (
        Feature("recency_target", "history", "target", "days_since_last", "purchases"),
        Feature("frequency_target", "history", "target", "count", "purchases", (84 * DAY,)),
    )
    return Plan(columns, {"target": Signal(PURCHASES)}, 0)


def world(n_users: int = 350, seed: int = 0, strength: float = 1.0, base: float = -0.9) -> World:
    random = np.random.default_rng(seed)
    rows = n_users * N_CUTOFFS
    numbers, codes = random.normal(size=(rows, 11)), random.integers(0, 4, rows)
    habit = random.normal(size=rows)
    margin = base + strength * (1.6 * numbers[:, 0] - 1.2 * numbers[:, 1] + 0.6 * (codes == 2)) + 0.3 * habit
    labels = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.int8)
    cutoffs = np.repeat(np.arange(N_CUTOFFS, dtype=np.int64) * EVERY, n_users)
    return World(
        tag="lapse_28d",
        plan=plan_of_world(),
        vectors=np.column_stack([numbers, codes]).astype(np.float32),
        baseline_plan=baseline_plan_of_world(),
        baseline_vectors=np.column_stack([np.round(20 - 5 * habit), np.round(10 + 2 * habit)]).astype(np.float32),
        users=np.tile(np.array([f"user {at:04d}" for at in range(n_users)], dtype=object), N_CUTOFFS),
        cutoffs=cutoffs,
        label_ends=cutoffs + EVERY,
        labels=labels,
        trigger_ids=None,
    )


def planted(told: World, feature: Feature, column: npt.NDArray[np.floating]) -> World:
    source = AttributeSource("people", feature.source, feature.type, 0, is_dated=False)
    attributes = {feature.source: source} if feature.role == "attribute" else {}
    signals = {**told.plan.signals, feature.source: Signal(Stream(feature.source))}
    plan = replace(told.plan, features=(*told.plan.features[:-1], feature), signals=signals, attributes=attributes)
    return replace(told, plan=plan, vectors=np.column_stack([told.vectors[:, :-1], column.astype(np.float32)]))


def leaking(told: World) -> World:
    vectors = told.vectors.copy()
    vectors[:, 11] = np.where(told.labels == 1, 3, 1)
    return replace(told, vectors=vectors)
