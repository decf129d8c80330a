"""CDNOW: who buys in the 39 weeks after September 1997, and how often, told from what was known by then.

No label of 39 weeks was known by then, so Limner learns from shorter ones. The rival is BG/NBD, made for such data.

Example: python -m benchmarks.quality.cdnow --budget 0
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from limner.engines.duck import connect
from limner.models.fit import fit
from limner.models.table import table_of
from limner.pipeline.workspace import Workspace
from limner.timeline import instant

from .btyd import PUBLISHED, PUBLISHED_LOG_LIKELIHOOD, History, Model
from .contest import OWN, Asked, Contest, Entry, Learned, learn, timed, told_span
from .counts import counted
from .elsewhere import with_their_own
from .present import present
from .report import main_of
from .results import Figures, Published, Row, judged
from .world import data_file, ingested

Floats = npt.NDArray[np.float64]

TAG, COUNT = "active_56d", "purchases_56d"
NOW, WEEKS = date(1997, 10, 1), 39
BGNBD = "bg/nbd"
PAPER = (
    "BG/NBD's expectation; the model is of Fader, Hardie, Lee (2005), Marketing Science 24, the figure was fitted here"
)

DAYS = """
    SELECT CAST(customer_id AS VARCHAR) AS customer, date, round(sum(amount), 2) AS amount, sum(quantity) AS discs
    FROM {transactions} WHERE {who} GROUP BY ALL
"""
TOLD = """
    WITH days AS ({days}), known AS (SELECT * FROM days WHERE date < {now})
    SELECT customer, count(*) - 1 AS repeats, (max(date) - min(date)) / 7 AS last,
           ({now} - 1 - min(date)) / 7 AS age, coalesce(any_value(n), 0) AS after
    FROM known LEFT JOIN (
        SELECT customer, count(*) AS n FROM days WHERE {now} <= date AND date < {now} + {weeks} * 7 GROUP BY ALL
    ) USING (customer) GROUP BY ALL ORDER BY customer
"""
GROUPS: dict[str, tuple[str, Figures]] = {
    "the sample of 2,357": (
        "customer_id IN (SELECT master_id FROM {sample})",
        {(BGNBD, "auc"): Published(0.7725, PAPER), (BGNBD, "mean_squared_error"): Published(2.586, PAPER)},
    ),
    "all 23,570": ("true", {(BGNBD, "auc"): Published(0.763, PAPER)}),
}


@dataclass(frozen=True)
class World:
    """Customers sorted by name: their log up to `now`, what BG/NBD looks at, and how often each bought after it."""

    workspace: Workspace
    users: npt.NDArray[np.object_]
    history: History
    after: Floats

    @classmethod
    def of(cls, who: str, now: date = NOW, weeks: int = WEEKS) -> World:
        """The world of some customers; `who` is a condition in SQL."""
        days = DAYS.format(transactions=data_file("cdnow/transactions"), who=who)
        literal = f"DATE '{now}'"
        workspace = ingested("cdnow", {"purchases": f"SELECT * FROM ({days}) WHERE date < {literal} ORDER BY ALL"})
        with connect() as con:
            told = con.execute(TOLD.format(days=days, now=literal, weeks=weeks)).fetchnumpy()
        repeats, last, age, after = (np.asarray(told[name], np.float64) for name in ("repeats", "last", "age", "after"))
        return cls(workspace, np.asarray(told["customer"], object), History(repeats, last, age), after)


def run(budget: int) -> list[Row]:
    """Who is active and how often, among the sample of the papers and among everybody."""
    rows = []
    for group, (who, figures) in GROUPS.items():
        world = World.of(who.format(sample=data_file("cdnow/sample_ids")))
        learned = learn(world.workspace, TAG)
        contest, entries = contested(world, learned, f"active in 39 weeks, {group}")
        model = _bgnbd(world)
        rivals = with_their_own(contest, world.workspace, budget)
        rows += judged(contest, [*entries, model, *rivals], ["auc", "average_precision"], figures)
        numbers = counted(world.workspace, COUNT, WEEKS)
        counts = replace(contest, task=f"purchases in 39 weeks, {group}", outcomes=world.after)
        rows += judged(counts, [*numbers, model], ["mean_squared_error", "deviance", "gini", "total_off"], figures)
    return rows


def contested(world: World, learned: Learned, task: str) -> tuple[Contest, list[Entry]]:
    """What was known where the log ends, and what Limner and its baselines, fitted on all of the past, make of it."""
    dataset, bundle = learned.trained.ground.dataset, learned.trained.bundle
    plans = [dataset.plan, dataset.baseline_plan, bundle.plan]
    users, (X, baseline_X, published_X) = present(world.workspace, TAG, plans)
    if not np.array_equal(users, world.users):
        raise ValueError("the log and the raw file do not hold the same customers")
    past = table_of(dataset, "features")
    active = (world.after > 0).astype(np.float64)
    told = f"Learned at {told_span(dataset.cutoffs)}, of labels known by {NOW}, when all are judged"
    entries = [Entry(OWN, bundle.scorer.margin(published_X), learned.seconds, learned.about)]
    for name, one in learned.rules.items():
        scorer = fit(one.fitting, table_of(dataset, "baseline", one.fitting.names))
        entries.append(Entry(name, scorer.margin(baseline_X)))
    taught, asked = Asked(dataset.users, dataset.cutoffs), Asked(users, np.full(len(users), instant(str(NOW))))
    return Contest("CDNOW", task, told, past, X, active, taught, asked), entries


def _bgnbd(world: World) -> Entry:
    model, seconds = timed(lambda: Model.fitted(world.history))
    likelihood = model.log_likelihood(world.history)
    about = f"{_told(model)}, log-likelihood {likelihood:.1f}"
    if len(world.users) < 3_000:
        differences = Model(*(found - one for found, one in zip(model, PUBLISHED, strict=True)))
        lost = likelihood - PUBLISHED_LOG_LIKELIHOOD
        about += (
            f"; published {_told(PUBLISHED)}, {PUBLISHED_LOG_LIKELIHOOD}; difference {_told(differences)}, {lost:.2f}"
        )
    return Entry(BGNBD, model.expected(world.history, WEEKS), seconds, about)


def _told(model: Model) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in model._asdict().items())


if __name__ == "__main__":
    main_of("CDNOW", run, __doc__ or "")
