"""Spark SQL in one process with two threads; the session is started before the clock is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession

from ..work import Part, Run, Work
from ..world import DAY, TYPES, raw
from .sql import by_bands, by_countif

SETTINGS = {
    "spark.driver.memory": "6g",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.driver.maxResultSize": "0",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file."""
    builder = SparkSession.builder.master("local[2]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return {name: partial(_run, spark, folder, work, query) for name, query in QUERIES.items()}


QUERIES = {"bands": by_bands, "countif": by_countif}


def _run(spark: SparkSession, folder: Path, work: Work, query) -> Iterator[Part]:
    types = " ".join(f"WHEN '{one}' THEN {code}" for code, one in enumerate(TYPES))
    events = spark.read.parquet(str(raw(folder))).selectExpr(
        "CAST(substring(user_id, 2) AS INT) AS u",
        "CAST(unix_timestamp(CAST(event_time AS TIMESTAMP)) AS INT) AS s",
        f"CAST(unix_timestamp(CAST(event_time AS TIMESTAMP)) DIV {DAY} AS INT) AS d",
        f"CAST(CASE event_type {types} END AS BYTE) AS t",
        "CAST(round(amount * 100) AS INT) AS a",
        "CAST(substring(category, 2) AS BYTE) AS c",
        "CAST(substring(channel, 3) AS BYTE) AS h",
    )
    events = events.cache() if work.n_cutoffs > 1 else events
    events.createOrReplaceTempView("events")
    for cutoff in work.cutoffs:
        yield spark.sql(query(work, cutoff)).toArrow()
    events.unpersist()
