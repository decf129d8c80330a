"""The use case `export`: the users of an audience to a file, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from ..engines.files import canonical_json
from ..engines.store import Store
from ..errors import UsageError
from ..project import Project
from ..project.places import wrong_file
from ..tags.sinks.files import is_csv, waiting
from ..tags.sinks.pending import Stamp
from ..tags.sinks.records import Act, expose, note
from ..tags.sinks.standing import Route
from ..timeline import Clock
from .manifest import new_run_id, write_manifest
from .outbound import Outbound, keep_salts, manifest_of, require, rows_of

__all__ = ["ExportResult", "Order", "export"]


@dataclass(frozen=True)
class Order:
    """What is asked for: which audience, into which file, and what goes along; by whom, and as of which second.

    `to` says where it goes in the end, for the audit, where that is not the file.
    """

    audience: str
    path: Path
    columns: Sequence[str]
    now: int
    who: str
    to: str | None = None

    @property
    def destination(self) -> str:
        """Where it goes, for people."""
        return self.to or str(self.path)


@dataclass(frozen=True)
class ExportResult:
    """How many users a file holds, how many are held out of it, and the manifest that is kept of the run."""

    path: Path
    users: int
    held_out: int
    manifest: Mapping[str, Any]


def export(project: Project, store: Store, outbound: Outbound, order: Order, clock: Clock) -> ExportResult:
    """How many users of an audience were written to a CSV or Parquet file, which is replaced in one step.

    The file stands there only once it is noted who is in it.

    Raises:
        UsageError: there is no such audience, or the file is of another kind, in the store or one that is read.
        SpecError: no tag has such a column.
        SinkError: the file cannot be written.
        LockedError: another run is at work.
    """
    _require_place(project, order.path)
    require(outbound.audiences, order.audience)
    with store.lock():
        store.recover()
        keep_salts(project, store)
        started = clock.now()
        key = canonical_json([project.spec.project, order.audience, order.columns, store.number])
        stamp = Stamp(new_run_id("export", clock, key), order.now, started, order.who)
        rows = rows_of(project, store, outbound.members(order.audience), order.columns, order.now)
        sent = rows.filter(pc.invert(rows["held_out"])).drop_columns(["held_out"])
        held = rows.filter(rows["held_out"])["user_id"]
        act = Act("export", order.audience, None, order.destination, added=len(sent), held_out=len(held))
        exposed = expose(store, Route(order.audience, "export"), stamp, sent["user_id"], held)
        with waiting(order.path, sent):
            store.publish({**exposed, **note(store, stamp, act)}, {})
        manifest = manifest_of(project, "export", stamp, clock.now(), _told(order, len(sent), len(held)))
        write_manifest(store.root, manifest)
    return ExportResult(order.path, len(sent), len(held), manifest)


def _require_place(project: Project, path: Path) -> None:
    """Nothing, where a file of that name may stand there."""
    is_csv(path)
    wrong = wrong_file(project.spec, str(path.resolve()), project.root.resolve())
    if wrong is not None:
        raise UsageError(f"{path}: {wrong}")


def _told(order: Order, users: int, held_out: int) -> dict[str, Any]:
    return {
        "exit_code": 0,
        "audience": order.audience,
        "path": order.destination,
        "users": users,
        "held_out": held_out,
    }
