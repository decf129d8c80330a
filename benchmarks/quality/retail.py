"""Online Retail II: who of the year's customers buys again, within 90 days and within 30.

Example: python -m benchmarks.quality.retail --budget 0
"""

from __future__ import annotations

from limner.pipeline.workspace import Workspace

from .contest import learn
from .elsewhere import with_their_own
from .report import main_of
from .results import Published, Row, beside_rivals
from .world import data_file, ingested

INVOICES = """
    SELECT CAST("Customer ID" AS VARCHAR) AS customer, Invoice AS invoice, min(InvoiceDate) AS invoiced_at,
           CASE WHEN Invoice LIKE 'C%' THEN 'cancellation' ELSE 'purchase' END AS kind,
           round(sum(Quantity * Price), 2) AS amount, sum(Quantity) AS pieces,
           count(DISTINCT StockCode) AS products, bool_and(Country = 'United Kingdom') AS is_british
    FROM {lines}
    WHERE "Customer ID" IS NOT NULL AND (Invoice LIKE 'C%' OR (Quantity > 0 AND Price > 0))
    GROUP BY ALL ORDER BY invoiced_at, invoice
"""
EARLIER = "measured on this split before Limner was there, no publication"
FIGURES = {
    "purchase_90d": {
        ("plain lightgbm", "auc"): Published(0.768, EARLIER),
        ("frequency", "auc"): Published(0.725, EARLIER),
    },
    "purchase_30d": {
        ("plain lightgbm", "auc"): Published(0.761, EARLIER),
        ("frequency", "auc"): Published(0.700, EARLIER),
    },
}


def run(budget: int) -> list[Row]:
    """Both tasks, at the newest cutoff whose outcome is known."""
    workspace, rows = opened(), []
    for tag, figures in FIGURES.items():
        learned = learn(workspace, tag)
        contest = learned.contest("Online Retail II", tag)
        rivals = with_their_own(contest, workspace, budget)
        rows += beside_rivals(learned, contest, rivals, ["auc", "average_precision"], figures)
    return rows


def opened() -> Workspace:
    """The project, its log ingested."""
    lines = data_file("online_retail_ii/combined_2009_2011")
    return ingested("retail", {"invoices": INVOICES.format(lines=lines)})


if __name__ == "__main__":
    main_of("Online Retail II", run, __doc__ or "")
