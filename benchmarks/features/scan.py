"""The floor of whatever starts from the raw file: the columns that the work needs, decoded and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .raw_arrays import read_columns
from .work import Part, Run, Work
from .world import raw


def ready(folder: Path, work: Work) -> dict[str, Run]:
    """From the raw file."""
    del work

    def run() -> Iterator[Part]:
        yield {"rows": [read_columns(raw(folder)).num_rows]}

    return {"": run}
