"""Rivals that make features of the log by themselves, for the same rows, and give them to LightGBM as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from limner.engines.duck import connect, literal, quoted
from limner.events.log import KNOWN, EventLog
from limner.pipeline.workspace import Workspace

from ..features.watch import Limits, watched
from .contest import Contest, Entry
from .rivals import NOT_INSTALLED, Fallen, environment, plain_lightgbm, rivals_of
from .world import WORK

__all__ = ["made_elsewhere", "with_their_own"]

PYTHON = Path("data/benchmarks/rivals/rivals-pandas2/bin/python")
SCRIPT = Path(__file__).with_name("made_by_rivals.py")
SYSTEMS = {"getml": 1_000_000, "featuretools": 100_000}
"""For how many rows each is asked: Featuretools needs over a second for a thousand of the simplest."""
LIMITS = Limits(seconds=600.0)


def with_their_own(contest: Contest, workspace: Workspace, budget: int) -> list[Entry | Fallen]:
    """The rivals on Limner's features, as `rivals_of` has them, and those that make their own."""
    return [*rivals_of(contest, budget), *made_elsewhere(contest, workspace)]


def made_elsewhere(contest: Contest, workspace: Workspace) -> list[Entry | Fallen]:
    """LightGBM on the features of each rival, or why there are none.

    The features are kept beside the rows, and read again where the rows, the log and the script are the same.
    """
    if not PYTHON.exists():
        return [Fallen(_named(system), NOT_INSTALLED) for system in SYSTEMS]
    folder = _written(contest, workspace)
    return [_learned(system, folder, contest) for system in SYSTEMS]


def _learned(system: str, folder: Path, contest: Contest) -> Entry | Fallen:
    found, n_rows = folder / f"{system}.npz", len(contest.taught.users) + len(contest.asked.users)
    if n_rows > SYSTEMS[system]:
        return Fallen(
            _named(system), f"not asked: {n_rows:,} rows, and {SYSTEMS[system]:,} are its most in ten minutes"
        )
    if not found.exists():
        command = [str(PYTHON.absolute()), "-W", "ignore", str(SCRIPT), system, str(folder.absolute())]
        failed = watched(command, environment(), LIMITS).failed
        if failed:
            return Fallen(_named(system), failed)
    made = np.load(found)
    one = plain_lightgbm(_of(contest, made["made"], set(made["categories"].tolist())))
    seconds = float(made["seconds"])
    about = f"{made['made'].shape[1]} features of its own, made in {seconds:.1f} s"
    return Entry(_named(system), one.scores, seconds + (one.seconds or 0.0), about)


def _named(system: str) -> str:
    return f"{system} + lightgbm"


def _of(contest: Contest, made: npt.NDArray[np.float32], categories: set[int]) -> Contest:
    """The contest on the features made, first of the past's rows and then of those judged, and on the triggers' own."""
    past, names = contest.past, contest.past.names
    own = [place for place, name in enumerate(names) if name.startswith("trigger_")]
    vectors = np.hstack([made, np.concatenate([past.vectors, contest.vectors])[:, own]])
    n, places = len(past.labels), range(made.shape[1])
    table = replace(
        past,
        vectors=vectors[:n],
        names=(*map(str, places), *(names[place] for place in own)),
        is_category=(*(place in categories for place in places), *(past.is_category[place] for place in own)),
    )
    return replace(contest, past=table, vectors=vectors[n:])


def _written(contest: Contest, workspace: Workspace) -> Path:
    """A folder with the log, the rows and the windows, named by their content."""
    log, taught, asked = EventLog.open(workspace.store), contest.taught, contest.asked
    rows: dict[str, Any] = {
        "users": np.concatenate([taught.users, asked.users]).astype(str),
        "cutoffs": np.concatenate([taught.cutoffs, asked.cutoffs]),
        "labels": np.concatenate([contest.past.labels, np.zeros(len(asked.users), np.int8)]),
        "n_past": np.array(len(taught.users)),
        "windows": np.array([one.seconds for one in workspace.project.spec.features.windows]),
    }
    events = f"SELECT {', '.join(_columns(log))} FROM ({log.events_sql()})"
    with connect() as con:
        told = con.execute(f"SELECT count(*), bit_xor(hash(one)) FROM ({events}) AS one").fetchall()
        digest = sha256(f"{told} {SCRIPT.read_text()}".encode())
        for column in rows.values():
            digest.update(column.tobytes())
        folder = WORK / "contests" / digest.hexdigest()[:16]
        if not (folder / "rows.npz").exists():
            folder.mkdir(parents=True, exist_ok=True)
            con.execute(f"COPY ({events} ORDER BY ALL) TO {literal(str(folder / 'events.parquet'))} (FORMAT parquet)")
            np.savez_compressed(folder / "rows.npz", **rows)
    return folder


def _columns(log: EventLog) -> Iterator[str]:
    """SQL of who did what and when it was known, and of the properties: numbers as they were, flags as 0 and 1."""
    yield from ("user_id AS user", f"to_timestamp(floor(epoch({KNOWN})))::TIMESTAMP AS time", "event_type AS type")
    for name, one in log.properties.items():
        if one.type == "number":
            yield f"{quoted(name)} / {10**one.decimals} AS {quoted(name)}"
        else:
            yield f"CAST({quoted(name)} AS {'TINYINT' if one.type == 'flag' else 'VARCHAR'}) AS {quoted(name)}"
