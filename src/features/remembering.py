"""What is remembered of a bucket's users past an instant: found beside the log, or made from the events before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ..errors import DamagedError
from ..events.log import EventLog
from ..events.segments import Segment
from ..timeline import DAY
from .bucket import Needs
from .carried import Remembered, carried, fingerprint, lasting
from .loading import load_bucket
from .plan import Plan

__all__ = ["FOLDER", "forgotten", "remembered", "since_for"]

FOLDER = "remembered"
"""Where it stands inside a store; like the columns it is made anew whenever it is missing."""

_STEP = 28 * DAY
"""Seconds between the instants at which anything is remembered, so that the same one serves for a while."""
_KEPT = 4
"""How many instants are kept of each bucket and plan; a late event makes the newest of no use, seldom all."""


def since_for(log: EventLog, as_of: int, reach: int | None) -> int | None:
    """The second from which on events are read as of an instant; None where all are.

    Args:
        reach: how many seconds back windows and cohorts begin; None where there is no end to it.
    """
    if reach is None:
        return None
    since = (as_of - reach) // _STEP * _STEP
    return since if since > log.starts_at else None


def remembered(log: EventLog, bucket: int, plan: Plan, since: int) -> Remembered | None:
    """What the plan's lasting features need of the bucket's events known before `since`; None where it has none.

    It is made from what was remembered at an earlier instant, where there is such, and only of the events since then.
    """
    if not lasting(plan).features:
        return None
    folder = log.store.root / FOLDER / f"bucket={bucket}"
    name = _name(log, bucket, plan, since)
    with suppress(DamagedError):
        return Remembered.load(folder / name)
    start = next(_earlier(log, bucket, plan, since), None)
    events = load_bucket(log, bucket, Needs() | lasting(plan).needs, None if start is None else start.until)
    made = carried(events, plan, since, start)
    with suppress(OSError):
        shutil.rmtree(folder / name, ignore_errors=True)
        made.save(folder / name)
        for old in _kept(folder, plan)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return made


def forgotten(root: Path) -> list[Path]:
    """What is remembered in a store for plans that nobody has scored with for a while."""
    found = list(root.glob(f"{FOLDER}/bucket=*/*.*.*"))
    newest = max((_until(path) for path in found), default=0)
    return sorted(path for path in found if _until(path) < newest - _KEPT * _STEP)


def _earlier(log: EventLog, bucket: int, plan: Plan, since: int) -> Iterator[Remembered]:
    """What is remembered at earlier instants and still true, the latest first."""
    for path in reversed(_kept(log.store.root / FOLDER / f"bucket={bucket}", plan)):
        until = _until(path)
        if until < since and path.name == _name(log, bucket, plan, until):
            with suppress(DamagedError):
                yield Remembered.load(path)


def _kept(folder: Path, plan: Plan) -> list[Path]:
    """What is kept for the plan, the earliest instant first."""
    return sorted(folder.glob(f"{fingerprint(plan)[:16]}.*"), key=_until)


def _until(path: Path) -> int:
    return int(path.name.split(".")[1])


def _name(log: EventLog, bucket: int, plan: Plan, until: int) -> str:
    """The plan, the instant and a hash of the files that hold an event known before it."""
    segments = [Segment.of(log.store.root, path) for path in log.files(bucket)]
    files = sorted(one.path.name for one in segments if one.first is not None and one.first < until)
    return f"{fingerprint(plan)[:16]}.{until}.{sha256(' '.join(files).encode()).hexdigest()[:16]}"
