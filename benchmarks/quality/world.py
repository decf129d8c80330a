"""Where the public data lies, and the projects that Limner makes of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from limner.engines.duck import connect, literal
from limner.pipeline.workspace import Workspace

__all__ = ["WORK", "AbsentError", "data_file", "ingested", "laid"]

WORK = Path("data/benchmarks/quality")
"""Where everything that runs leave is kept; git ignores it."""
PROJECTS = Path(__file__).parent / "projects"


class AbsentError(Exception):
    """The data set is not on this machine."""


def data_file(name: str) -> str:
    """SQL that reads a file below the folder that LIMNER_DATA names, such as cdnow/transactions.

    Raises:
        AbsentError: the variable is not set, or there is no such file.
    """
    folder = os.environ.get("LIMNER_DATA")
    if not folder:
        raise AbsentError("LIMNER_DATA names no folder with public data")
    path = Path(folder) / f"{name}.parquet"
    if not path.exists():
        raise AbsentError(f"LIMNER_DATA has no {name}.parquet")
    return f"read_parquet({literal(str(path))})"


def laid(name: str) -> Workspace:
    """The project file of `projects/` in a fresh folder of its own."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    config = folder / "configs" / f"{name}.yaml"
    config.parent.mkdir(parents=True)
    return Workspace.open(Path(shutil.copy(PROJECTS / f"{name}.yaml", config)))


def ingested(name: str, tables: Mapping[str, str]) -> Workspace:
    """The project at work, with a log of nothing but what the queries give, one for each raw file."""
    workspace = laid(name)
    raw = workspace.project.root / "raw"
    raw.mkdir()
    with connect() as con:
        for table, query in tables.items():
            con.execute(f"COPY ({query}) TO {literal(str(raw / f'{table}.parquet'))} (FORMAT parquet)")
    workspace.ingest()
    return workspace
