"""The portrait: everything that is known and written of one user, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from ..engines.duck import literal, reading
from ..engines.store import Store
from ..errors import UsageError
from ..events.history import history
from ..events.log import EventLog
from ..models.champion import groups_of, pointer
from ..timeline import Clock, WallClock, shown
from .change import Change, change_between
from .declared import Declared, Said, present, title_of
from .definition import class_in_words, horizon, why_absent
from .published import Published, files_of, newest
from .rows import Kind
from .spec import PredictiveSpec, RuleSpec, shown_kinds
from .trend import instant_before

__all__ = ["Held", "Lacked", "Portrait", "portrait"]

_EXAMPLES = 3
_KEPT = (
    "value", "score", "probability", "expected", "low", "median", "high", "percentile", "tier", "eligible", "why_not",
    "model_version", "backfilled",
)  # fmt: skip


@dataclass(frozen=True)
class Held:
    """A tag that a user has: its newest row. Instants are as Limner writes them, in UTC.

    `ranked` is how many users were written at once, among whom `percentile` is a rank. `change` is how far the score
    moved in about a week, where the same version of the model scored then. `because` says what the
    class of a rule means, as long as the rule is defined as it was then. Of an amount, `expected` is the mean, `low` to
    `high` what eight of ten lie between, and `ahead` the time in which it comes.
    """

    tag: str
    kind: Kind
    title: Said
    value: str | None
    score: float | None
    probability: float | None
    percentile: float | None
    tier: str | None
    reasons: tuple[Mapping[str, Any], ...]
    eligible: bool
    why_not: str | None
    model_version: str | None
    backfilled: bool
    ranked: int
    as_of: str
    computed_at: str
    valid_until: str
    is_expired: bool
    change: Change | None = None
    because: Said | None = None
    expected: float | None = None
    low: float | None = None
    median: float | None = None
    high: float | None = None
    ahead: Said | None = None
    frozen_tier: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The tag as JSON holds it."""
        told = {name: getattr(self, name) for name in ("title", "change", "because", "ahead")}
        return {
            **asdict(self),
            **{name: None if one is None else one.as_dict() for name, one in told.items()},
            "reasons": [dict(one) for one in self.reasons],
        }


@dataclass(frozen=True)
class Lacked:
    """A tag that a user does not have, and why."""

    tag: str
    title: Said
    why: Said

    def as_dict(self) -> dict[str, Any]:
        """The tag as JSON holds it."""
        return {"tag": self.tag, "title": self.title.as_dict(), "why": self.why.as_dict()}


@dataclass(frozen=True)
class Portrait:
    """One user: what the log has of them, by event type, the most frequent first, and their tags.

    `known_since` and `last_event` are None for users of whom only attributes are known.
    """

    user_id: str
    now: str
    known_since: str | None
    last_event: str | None
    events: Mapping[str, int]
    tags: tuple[Held, ...]
    lacks: tuple[Lacked, ...]

    def as_dict(self) -> dict[str, Any]:
        """The portrait as JSON holds it."""
        lists = {"tags": [one.as_dict() for one in self.tags], "lacks": [one.as_dict() for one in self.lacks]}
        return {**vars(self), "events": dict(self.events), **lists}


def portrait(project: Declared, store: Store, user_id: str, wall: Clock | None = None) -> Portrait:
    """Everything written on one user; of each tag but drafts, the newest instant that was published.

    Args:
        wall: the clock on the wall, which counts where the project's clock is `wall`.

    Raises:
        UsageError: neither the log nor any tag knows the user, or the id is no text.
        RefusedError: nothing was ingested yet.
        DamagedError: a file of the log is not what was written.
    """
    _require_text(user_id)
    log = EventLog.open(store)
    now = present(project, log, wall or WallClock())
    held: list[Held] = []
    lacks: list[Lacked] = []
    seen = history(log, user_id).by_type()
    with reading() as con:
        for tag in shown_kinds(project.spec.tags):
            entry = newest(store, tag)
            row = None if entry is None else _row(con, files_of(store, tag, entry.as_of), user_id)
            if entry is None or row is None:
                lacks.append(_lacked(project, store, tag, entry))
            else:
                change = _change(con, store, tag, entry.as_of, row)
                held.append(_held(project, tag, entry, row, now, change))
        if not seen and not held:
            raise UsageError(_unknown(con, store, log, user_id))
    return Portrait(
        user_id=user_id,
        now=shown(now),
        known_since=shown(min(first for _, _, first, _ in seen)) if seen else None,
        last_event=shown(max(last for _, _, _, last in seen)) if seen else None,
        events={name: count for name, count, _, _ in seen},
        tags=tuple(held),
        lacks=tuple(lacks),
    )


def _require_text(user_id: str) -> None:
    """Nothing, where the id can be written at all; one that was typed in bytes may not."""
    try:
        user_id.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"the id {user_id!a} is no UTF-8; type it as it stands in the data") from error


def _row(con: duckdb.DuckDBPyConnection, files: list[str], user_id: str) -> dict[str, Any] | None:
    if not files:
        return None
    named = ", ".join(literal(file) for file in files)
    instants = ", ".join(f"epoch_us({name}) // 1000000 AS {name}" for name in ("computed_at", "valid_until"))
    query = f"""
        SELECT * REPLACE ({instants}) FROM read_parquet([{named}], hive_partitioning = false) WHERE user_id = ?
    """
    found: list[dict[str, Any]] = con.sql(query, params=[user_id]).to_arrow_table().to_pylist()
    return found[0] if found else None


def _change(
    con: duckdb.DuckDBPyConnection, store: Store, tag: str, as_of: int, row: Mapping[str, Any]
) -> Change | None:
    """How far the score has moved since the instant that its trend goes by."""
    since = None if row["trend"] is None else instant_before(store, tag, as_of)
    before = None if since is None else _row(con, files_of(store, tag, since), row["user_id"])
    if since is None or before is None:
        return None
    groups = groups_of(store.root, tag, row["model_version"])
    return change_between(shown(since), row["trend"], before["reasons"] or (), row["reasons"] or (), groups)


def _held(
    project: Declared, tag: str, entry: Published, row: Mapping[str, Any], now: int, change: Change | None
) -> Held:
    spec = project.spec.tags[tag]
    kept: dict[str, Any] = {name: row.get(name) for name in _KEPT}
    return Held(
        tag=tag,
        kind=row["kind"],
        title=title_of(tag, spec),
        ahead=horizon(spec),
        reasons=tuple(row["reasons"] or ()),
        ranked=entry.rows,
        as_of=shown(entry.as_of),
        computed_at=shown(row["computed_at"]),
        valid_until=shown(row["valid_until"]),
        is_expired=row["valid_until"] <= now,
        change=change,
        because=_because(project, tag, row),
        frozen_tier=row.get("frozen_tier"),
        **kept,
    )


def _because(project: Declared, tag: str, row: Mapping[str, Any]) -> Said | None:
    spec = project.spec.tags[tag]
    is_current = row["definition_hash"] == project.definition_hash(tag)
    return class_in_words(spec, row["value"]) if isinstance(spec, RuleSpec) and is_current else None


def _lacked(project: Declared, store: Store, tag: str, entry: Published | None) -> Lacked:
    spec = project.spec.tags[tag]
    if entry is not None:
        why = why_absent(spec, shown(entry.as_of)[:10])
    elif isinstance(spec, PredictiveSpec) and pointer(store.root, tag) is None:
        why = Said(f"no model yet; limner train {tag}", f"尚无模型：limner train {tag}")
    else:
        why = Said(f"never scored; limner score {tag}", f"尚未打分：limner score {tag}")
    return Lacked(tag, title_of(tag, spec), why)


def _unknown(con: duckdb.DuckDBPyConnection, store: Store, log: EventLog, user_id: str) -> str:
    """That nobody has this id, and which ids are alike: the same but for spaces, case or leading zeros."""
    files = ", ".join(literal(file) for file in store.files("current"))
    users = f"read_parquet([{files}], hive_partitioning = false)" if files else f"({log.events_sql()})"
    bare = "ltrim(lower(trim({})), '0')"
    alike = f"{bare.format('user_id')} = {bare.format('?')}"
    near = con.execute(f"SELECT min(user_id) FROM {users} WHERE {alike}", [user_id]).fetchall()[0][0]
    if near is not None:
        return f'nobody is called "{user_id}"; did you mean {near}?'
    some = con.execute(f"SELECT DISTINCT user_id FROM {users} ORDER BY user_id LIMIT {_EXAMPLES}").fetchall()
    return f'nobody is called "{user_id}"; the ids here look like {", ".join(one for (one,) in some)}'
