"""The use case `export`: the users of an audience to a file, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from ..engines.files import canonical_json
from ..engines.store import Store
from ..project import Project
from ..tags.sinks.files import is_csv, write_csv, write_parquet
from ..tags.sinks.pending import Stamp
from ..tags.sinks.records import Act, expose, note
from ..tags.sinks.standing import Route
from ..timeline import Clock
from .manifest import new_run_id, write_manifest
from .outbound import Asked, Outbound, manifest_of, require, rows_of

__all__ = ["ExportResult", "export"]


@dataclass(frozen=True)
class ExportResult:
    """How many users a file holds, how many are held out of it, and the manifest that is kept of the run."""

    path: Path
    users: int
    held_out: int
    manifest: Mapping[str, Any]


def export(project: Project, store: Store, outbound: Outbound, asked: Asked, clock: Clock, path: Path) -> ExportResult:
    """How many users of an audience were written to a CSV or Parquet file, which is replaced in one step.

    Args:
        asked: names the audience, and after it what goes along.

    Raises:
        UsageError: there is no such audience, or the file is of another kind.
        SpecError: no tag has such a column.
        SinkError: the file cannot be written.
    """
    is_text = is_csv(path)
    name, *columns = asked.names or ("",)
    require(outbound.audiences, name)
    with store.lock():
        store.recover()
        started = clock.now()
        run_id = new_run_id("export", clock, canonical_json([project.spec.project, name, columns, store.number]))
        stamp = Stamp(run_id, asked.now, started, asked.who)
        rows = rows_of(project, store, outbound.members(name), columns, asked.now)
        sent = rows.filter(pc.invert(rows["held_out"])).drop_columns(["held_out"])
        held = rows.filter(rows["held_out"])["user_id"]
        write_csv(path, sent) if is_text else write_parquet(path, sent)
        act = Act("export", name, None, str(path), added=len(sent), held_out=len(held))
        exposed = expose(store, Route(name, "export"), stamp, sent["user_id"], held)
        store.publish({**exposed, **note(store, stamp, act)}, {})
        told = {"exit_code": 0, "audience": name, "path": str(path), "users": len(sent), "held_out": len(held)}
        manifest = manifest_of(project, "export", stamp, clock.now(), told)
        write_manifest(store.root, manifest)
    return ExportResult(path, len(sent), len(held), manifest)
