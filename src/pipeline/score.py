"""The use case `score`: tags on every user as of an instant, published together or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ..engines.engine import Engine
from ..engines.files import canonical_json
from ..engines.store import Store
from ..errors import LimnerError, RefusedError
from ..events.log import EventLog
from ..models.bundle import Bundle
from ..progress import Progress
from ..project import Project
from ..tags.moment import Moment
from ..tags.published import Published, has_columns_of
from ..tags.resting import with_those_below
from ..tags.rows import Kind, Stamp
from ..tags.spec import TagSpec, draws_of_tag, kind_of, shown_kinds
from ..tags.writing import Written, already_published, publish, run_key
from ..timeline import Clock, instant, shown
from .attributes import attributes_of
from .compiling import tell_of_compiling
from .engine import engine_of
from .making import Made, Order, make
from .manifest import new_run_id, write_manifest
from .present import now_of
from .questions import tags_of
from .readiness import chosen_instant
from .restorable import standing
from .tagging import Tagging

__all__ = ["ScoreResult", "TagOutcome", "score"]


@dataclass(frozen=True)
class TagOutcome:
    """What became of one tag: published, unchanged because the same was published before, or refused.

    `key` names what its rows are made of, `snapshot_hash` is that of the vectors they rest on, `tags_hash` the sha256
    of what they say, `published_by` the run that wrote them; `changes` counts what changed since the instant before.
    """

    tag: str
    kind: Kind
    outcome: Literal["published", "unchanged", "refused"]
    definition_hash: str
    model_version: str | None = None
    rows: int | None = None
    key: str | None = None
    snapshot_hash: str | None = None
    tags_hash: str | None = None
    published_by: str | None = None
    changes: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    exit_code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        return {**asdict(self), "warnings": list(self.warnings)}

    def of(self, entry: Published) -> TagOutcome:
        """The outcome with what is remembered of the rows."""
        return replace(
            self,
            rows=entry.rows,
            key=entry.key,
            snapshot_hash=entry.snapshot_hash,
            tags_hash=entry.tags_hash,
            published_by=entry.run_id,
            changes=entry.changes,
        )

    def refused(self, error: LimnerError) -> TagOutcome:
        """The outcome of a tag that may not be published, and why."""
        return replace(self, outcome="refused", reason=str(error), exit_code=error.exit_code)


@dataclass(frozen=True)
class ScoreResult:
    """What became of each tag, and the manifest that is kept of the run; `exit_code` is the worst of all."""

    outcomes: tuple[TagOutcome, ...]
    manifest: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """0 when every tag is published or unchanged."""
        return max((outcome.exit_code for outcome in self.outcomes), default=0)


def score(
    project: Project,
    store: Store,
    *,
    tags: Sequence[str] | None,
    as_of: int | None,
    clock: Clock,
    progress: Progress,
) -> ScoreResult:
    """What became of each tag; they pass or are refused one by one, and all that pass appear together.

    Args:
        tags: their names; all of the project when None.
        as_of: the instant in seconds; now by the project's clock when None.
        clock: the clock on the wall.

    Raises:
        UsageError: a name is not a tag.
        RefusedError: there is no log, or the instant lies outside it.
        LockedError: another run is at work.
    """
    chosen = with_those_below(tags_of(project, tags), project.below)
    with store.lock(), engine_of(project.spec.engine, os.cpu_count() or 1) as engine:
        store.recover()
        moment = _moment(project, store, as_of, clock=clock, engine=engine, progress=progress)
        run = _begin(project, store, chosen, moment, clock)
        attempts = run.attempts(chosen)
        made = make(moment, store, [attempt.order for attempt in attempts if attempt.order is not None])
        outcomes = run.publish(attempts, made)
        manifest = run.manifest(outcomes, clock.now())
        write_manifest(store.root, manifest)
    return ScoreResult(outcomes, manifest)


@dataclass(frozen=True)
class _Attempt:
    """A tag's outcome, if nothing happens to it, and what is to be made where there is something to publish."""

    outcome: TagOutcome
    order: Order | None = None

    def ended(self, made: Mapping[str, Made]) -> TagOutcome:
        """The outcome, once everything is made."""
        found = made.get(self.outcome.tag)
        if isinstance(found, LimnerError):
            return self.outcome.refused(found)
        return self.outcome if found is None else self.outcome.of(found.entry)


@dataclass(frozen=True)
class _Run:
    """What the tags of a run share; `started` is in seconds, `versions` are of the tables that are read."""

    tagging: Tagging
    run_id: str
    started: int
    versions: Mapping[str, int | None]

    def attempts(self, tags: Sequence[str]) -> list[_Attempt]:
        """The tags to be made, or there already, or refused, each behind those that it rests on."""
        found: dict[str, _Attempt] = {}
        for tag in tags:
            found[tag] = self._attempt(tag, [found[other] for other in self.tagging.project.below[tag]])
        return list(found.values())

    def _attempt(self, tag: str, below: Sequence[_Attempt]) -> _Attempt:
        """The tag to be made, or there already, or refused; only what Limner refuses on purpose is caught."""
        definition = self.tagging.project.definition_hash(tag)
        told = TagOutcome(tag, kind_of(self.tagging.spec(tag)), "published", definition)
        try:
            model = self.tagging.model(tag)
            version = None if model is None else model.version
            told = replace(told, model_version=version, warnings=_warnings(told, model, self.tagging.spec(tag)))
            return self._ordered(told, model, below)
        except LimnerError as error:
            return _Attempt(told.refused(error))

    def publish(self, attempts: Sequence[_Attempt], made: Mapping[str, Made]) -> tuple[TagOutcome, ...]:
        """The outcomes, once all that was written is shown; without any, only a project with other tags shows anew."""
        written = [one for one in made.values() if isinstance(one, Written)]
        kinds = shown_kinds(self.tagging.project.spec.tags)
        if written or not has_columns_of(self.tagging.store, kinds):
            publish(self.tagging.store, written, kinds)
        return tuple(attempt.ended(made) for attempt in attempts)

    def manifest(self, outcomes: Sequence[TagOutcome], ended: int) -> dict[str, Any]:
        """The run as it is kept: inputs, times and outcomes."""
        return {
            "run_id": self.run_id,
            "command": "score",
            "project": self.tagging.project.spec.project,
            "started": shown(self.started),
            "ended": shown(ended),
            "as_of": shown(self.tagging.moment.as_of),
            "versions": dict(self.versions),
            "published": standing(self.tagging.store),
            "exit_code": max((one.exit_code for one in outcomes), default=0),
            "tags": [one.as_dict() for one in outcomes],
        }

    def _ordered(self, told: TagOutcome, model: Bundle | None, below: Sequence[_Attempt]) -> _Attempt:
        refused = [one.outcome.tag for one in below if one.outcome.outcome == "refused"]
        if refused:
            raise RefusedError(f"{told.tag} rests on {', '.join(refused)}, which is refused")
        moment = self.tagging.moment
        log_version = canonical_json(self.versions)
        keys = [one.order.key if one.order else one.outcome.key for one in below]
        made_of = canonical_json(keys) if keys else None if model is None else model.hash
        drawn = draws_of_tag(told.tag, self.tagging.spec(told.tag))
        key = run_key(moment.as_of, log_version, told.definition_hash, made_of, drawn)
        earlier = already_published(self.tagging.store, told.tag, moment.as_of, key)
        if earlier is not None:
            return _Attempt(replace(told, outcome="unchanged").of(earlier))
        tags = tuple(one.outcome.tag for one in below)
        return _Attempt(told, Order(self._stamp(told, model), key, self.tagging.maker(told.tag, model), tags))

    def _stamp(self, told: TagOutcome, model: Bundle | None) -> Stamp:
        as_of = self.tagging.moment.as_of
        return Stamp(
            tag=told.tag,
            kind=told.kind,
            as_of=as_of,
            computed_at=self.started,
            run_id=self.run_id,
            definition_hash=told.definition_hash,
            model_version=told.model_version,
            backfilled=model is not None and as_of < instant(model.card["trained_until"]),
            draws=draws_of_tag(told.tag, self.tagging.spec(told.tag)),
        )


def _moment(
    project: Project, store: Store, as_of: int | None, *, clock: Clock, engine: Engine, progress: Progress
) -> Moment:
    log = EventLog.open(store)
    at = chosen_instant(as_of, now_of(project.spec, log, clock), log)
    tell_of_compiling(progress)
    return Moment(log, at, attributes_of(project.spec, store), engine, progress)


def _begin(project: Project, store: Store, chosen: Sequence[str], moment: Moment, clock: Clock) -> _Run:
    names = sorted(project.spec.attributes)
    tables = {f"attributes_{name}": store.version(f"attributes_{name}") for name in names}
    versions = {"events": moment.log.version, **tables}
    run_id = new_run_id("score", clock, canonical_json([project.spec.project, chosen, moment.as_of, versions]))
    return _Run(Tagging(project, store, moment), run_id, clock.now(), versions)


def _warnings(told: TagOutcome, model: Bundle | None, spec: TagSpec) -> tuple[str, ...]:
    warnings = [] if spec.state != "deprecated" else [f"{told.tag} is deprecated{_in_its_place(spec)}"]
    if model is not None and model.card["definition_hash"] != told.definition_hash:
        warnings.append(
            f"{told.tag} is defined otherwise than when version {model.version} was trained; "
            f"it is scored with that version's features until you run: limner train {told.tag}"
        )
    return tuple(warnings)


def _in_its_place(spec: TagSpec) -> str:
    return f"; use {spec.instead} instead" if spec.instead else ""
