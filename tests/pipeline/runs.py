"""Runs of the small demo, for tests that look at them from outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from limner import cli
from limner.pipeline.workspace import Workspace

CUTOFF = "2017-09-01"
LATE = 5_000
"""Purchases that `with_late_purchases` adds at and after the cutoff."""


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.project.root, folder, dirs_exist_ok=True)
    return Workspace.open(folder / "configs" / "demo.yaml")


def command(workspace: Workspace, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "limner", *arguments, "--config", str(workspace.project.path)]


def run(workspace: Workspace, *arguments: str, zone: str = "UTC") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TZ": zone}
    return subprocess.run(
        command(workspace, *arguments), capture_output=True, text=True, check=False, env=environment, timeout=300
    )


def told(workspace: Workspace, *arguments: str, zone: str = "UTC") -> Any:
    """What a command that succeeds prints for machines."""
    shown = run(workspace, *arguments, "--json", zone=zone)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def typed_here(workspace: Workspace, *arguments: str) -> int:
    """The exit code of a command that is typed in this process."""
    typed = ["limner", *arguments, "--config", str(workspace.project.path)]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.setattr(sys, "argv", typed)
        cli.main()
    assert isinstance(left.value.code, int)
    return left.value.code


def hashes(scored: Any) -> dict[str, str]:
    return {tag["tag"]: tag["tags_hash"] for tag in scored["tags"]}


def same(one: pa.Table, other: pa.Table) -> bool:
    """Whether two tables agree to the bit; Arrow itself finds NaN unequal to NaN."""
    return one.schema == other.schema and all(
        mine.combine_chunks().to_numpy(zero_copy_only=False).tobytes()
        == theirs.combine_chunks().to_numpy(zero_copy_only=False).tobytes()
        if pa.types.is_floating(mine.type)
        else mine.equals(theirs)
        for mine, theirs in zip(one.columns, other.columns, strict=True)
    )


def with_late_purchases(workspace: Workspace) -> Workspace:
    """The workspace with one more file to ingest, all of it at or after the cutoff."""
    raw = workspace.project.root / "data" / "raw"
    duckdb.sql(
        f"""
        COPY (
            SELECT household_id, 9e12::BIGINT + row_number() OVER () AS basket_id, product_id,
                   TIMESTAMP '{CUTOFF}' + INTERVAL (row_number() OVER () % 90) HOUR AS transaction_timestamp,
                   sales_value * 3 AS sales_value, retail_disc, department, 'YOGURT' AS product_category
            FROM read_parquet('{raw}/purchases.parquet') LIMIT {LATE}
        ) TO '{raw}/purchases_more.parquet' (FORMAT parquet)
        """
    )
    text = workspace.project.path.read_text().replace("raw/purchases.parquet", "raw/purchases*.parquet")
    workspace.project.path.write_text(text)
    return Workspace.open(workspace.project.path)
