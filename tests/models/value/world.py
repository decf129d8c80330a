from dataclasses import replace

import numpy as np

from limner.features.history import with_history
from limner.features.plan import Feature, Plan, Signal
from limner.models.folds import Split, split
from limner.timeline import DAY
from tests.models.world import EVERY, N_CUTOFFS, PURCHASES, World, plan_of_world, world

SPEND = Signal(PURCHASES, "amount", "number", 2)


class PayingWorld(World):
    @property
    def split(self) -> Split:
        return split(self.cutoffs, self.label_ends, self.labels, 2, is_amount=True)


def paying_world(n_users: int = 350, seed: int = 0, refunds: float = 0.0) -> PayingWorld:
    """Who has an outcome in the world pays an amount, the more the higher the third feature; some take back."""
    told, random = world(n_users, seed), np.random.default_rng(seed + 1)
    size = np.exp(3.0 + 0.8 * told.vectors[:, 2] + 0.3 * random.normal(size=len(told)))
    amounts = np.where(told.labels == 1, np.round(size, 2), 0.0)
    amounts[(told.labels == 0) & (random.random(len(told)) < refunds)] = -5.0
    before = Feature("persistence_amount", "history", "amount", "sum", "spend", (28 * DAY,), decimals=2)
    plan = replace(
        told.baseline_plan,
        features=(*told.baseline_plan.features, before),
        signals={**told.baseline_plan.signals, "amount": SPEND},
    )
    past = np.where(random.random(len(told)) < 0.5, random.exponential(20.0, len(told)), 0.0).astype(np.float32)
    baseline_vectors = np.column_stack([told.baseline_vectors, past])
    changed = {"baseline_plan": plan, "baseline_vectors": baseline_vectors, "amounts": amounts}
    return PayingWorld(**{**vars(told), **changed})


def buying_world(n_users: int = 300, seed: int = 0) -> PayingWorld:
    """Who buys at a rate of their own until they stop for good, from day 0 on; counted is what 28 days bring."""
    random, horizon = np.random.default_rng(seed), EVERY // DAY
    rate, stop = random.gamma(0.8, 1 / 20, n_users), random.beta(0.8, 2.5, n_users)
    times = np.cumsum(random.exponential(1 / rate[:, None], (n_users, 80)), axis=1)
    times[np.arange(80) >= random.geometric(stop)[:, None]] = np.inf
    times = np.column_stack([np.zeros(n_users), times])
    starts = np.arange(1, N_CUTOFFS + 1) * horizon
    events = np.concatenate([(times < start).sum(axis=1) for start in starts])
    last = np.concatenate([np.where(times < start, times, 0.0).max(axis=1) for start in starts])
    came = np.concatenate([((start <= times) & (times < start + horizon)).sum(axis=1) for start in starts])
    before = np.concatenate([((start - horizon <= times) & (times < start)).sum(axis=1) for start in starts])
    recency, gap = np.repeat(starts, n_users) - last, np.where(events > 1, last / np.maximum(events - 1, 1), np.nan)
    cutoffs = np.repeat(starts * DAY, n_users)
    noise, baseline = random.normal(size=(len(came), 12)), _baseline_of_counts()
    return PayingWorld(
        tag="purchases_28d",
        plan=with_history(plan_of_world(), baseline),
        vectors=np.column_stack([noise, recency, events, events, gap]).astype(np.float32),
        baseline_plan=baseline,
        baseline_vectors=np.column_stack([recency, events, before]).astype(np.float32),
        users=np.tile(np.array([f"user {at:04d}" for at in range(n_users)], dtype=object), N_CUTOFFS),
        cutoffs=cutoffs,
        label_ends=cutoffs + EVERY,
        labels=(came > 0).astype(np.int8),
        trigger_ids=None,
        amounts=came.astype(np.float64),
    )


def _baseline_of_counts() -> Plan:
    aggregates = {"recency": "days_since_last", "frequency": "active_days", "persistence": "count"}
    windows = {"recency": (), "persistence": (EVERY,)}
    columns = [
        Feature(f"{name}_buy", "history", "target", aggregate, "purchases", windows.get(name, (365 * DAY,)))
        for name, aggregate in aggregates.items()
    ]
    return Plan(tuple(columns), {"target": Signal(PURCHASES)}, 0)
