"""Letters from the outbox to the services they are for: at least once, and each with its own key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from ...engines.store import Store
from ...errors import LimnerError, SinkError
from .outbox import Letter, read_outbox, written_outbox
from .pending import Stamp
from .posting import Poster
from .records import Act, expose, note
from .standing import Route

__all__ = ["Carried", "carry"]

_MARK_EVERY = 1_000
"""Letters between two publications, which are what a killed run sends again."""
_IN_A_ROW = 3
"""Failures after which a service counts as down: it is left alone until the next sync. Of these letters only those are
blamed that it refused, for else three that it will never take would keep all others waiting.
"""


@dataclass(frozen=True)
class Carried:
    """What became of the letters to a sink: how many were confirmed, wait for the next sync, and are dead."""

    sink: str
    sent: int = 0
    waiting: int = 0
    dead: int = 0
    reason: str | None = None
    exit_code: int = 0


def carry(store: Store, sink: str, poster: Poster, stamp: Stamp) -> Carried:
    """What became of the letters to a sink; they are marked as they go. Only under the store's lock."""
    waiting = [one for one in read_outbox(store) if one.sink == sink and not one.is_dead]
    n_sent, reason, behind = 0, None, set[tuple[str, str]]()
    for start in range(0, len(waiting), _MARK_EVERY):
        tried = _tried(waiting[start : start + _MARK_EVERY], poster, behind)
        _mark(store, sink, poster, stamp, tried)
        n_sent, reason = n_sent + len(tried.confirmed), tried.reason or reason
        if tried.is_down:
            break
    left = [one for one in read_outbox(store) if one.sink == sink]
    dead = sum(one.is_dead for one in left)
    return Carried(sink, n_sent, len(left) - dead, dead, reason, int(reason is not None))


@dataclass(frozen=True)
class _Tried:
    """Letters that were sent: those that were confirmed, and those that failed, with one failure more."""

    confirmed: Sequence[Letter]
    failed: Sequence[Letter]
    reason: str | None = None
    is_down: bool = False


def _tried(letters: Sequence[Letter], poster: Poster, behind: set[tuple[str, str]]) -> _Tried:
    """What became of the letters; those about a user `behind` another that failed wait, so that none is overtaken."""
    confirmed: list[Letter] = []
    failed: list[Letter] = []
    unheard: list[Letter] = []
    reason, in_a_row = None, 0
    for letter in letters:
        if letter.about in behind:
            continue
        try:
            poster.post(letter.body, letter.key)
        except LimnerError as error:
            behind.add(letter.about)
            told = letter.after_failing(error, poster.attempts)
            (unheard if isinstance(error, SinkError) else failed).append(told)
            reason, in_a_row = str(error), in_a_row + 1
            if in_a_row == _IN_A_ROW:
                return _Tried(confirmed, failed, reason, is_down=True)
        else:
            confirmed.append(letter)
            failed, unheard, in_a_row = [*failed, *unheard], [], 0
    return _Tried(confirmed, [*failed, *unheard], reason)


def _mark(store: Store, sink: str, poster: Poster, stamp: Stamp, tried: _Tried) -> None:
    """Show the outbox without what was confirmed, beside who was exposed and the lines of the audit."""
    if not tried.confirmed and not tried.failed:
        return
    failed = {one.key: one for one in tried.failed}
    gone = {one.key for one in tried.confirmed}
    versions = written_outbox(store, [failed.get(one.key, one) for one in read_outbox(store) if one.key not in gone])
    acts = []
    for audience in sorted({one.audience for one in tried.confirmed}):
        letters = [one for one in tried.confirmed if one.audience == audience]
        entered = pa.array([one.user_id for one in letters if one.event == "enter"], pa.string())
        versions |= expose(store, Route(audience, sink), stamp, entered, pa.array([], pa.string()))
        events = Counter(one.event for one in letters)
        acts.append(Act("letters", audience, sink, poster.where, added=events["enter"], left=events["leave"]))
    store.publish({**versions, **(note(store, stamp, *acts) if acts else {})}, {})
