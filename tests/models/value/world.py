from dataclasses import replace

import numpy as np

from limner.features.plan import Feature, Signal
from limner.models.folds import Split, split
from limner.timeline import DAY
from tests.models.world import PURCHASES, World, world

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
