"""The use case `audience save`: who is in each audience now, kept beside when it was saved before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..engines.files import canonical_json
from ..engines.store import Store
from ..errors import LimnerError
from ..project import Project
from ..tags.audience.saved import Draft, Saved, draft, publish
from ..timeline import Clock, shown
from .manifest import new_run_id, write_manifest
from .outbound import require

__all__ = ["AudienceOutcome", "SaveResult", "save"]


@dataclass(frozen=True)
class AudienceOutcome:
    """What became of one audience: saved, unchanged because the very same was saved at this instant, or refused."""

    audience: str
    outcome: Literal["saved", "unchanged", "refused"]
    saved: Saved | None = None
    reason: str | None = None
    exit_code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        return {**vars(self), "saved": None if self.saved is None else self.saved.as_dict()}


@dataclass(frozen=True)
class SaveResult:
    """What became of each audience, and the manifest that is kept of the run; `exit_code` is the worst of all."""

    outcomes: tuple[AudienceOutcome, ...]
    manifest: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """0 when every audience is saved or unchanged."""
        return max((outcome.exit_code for outcome in self.outcomes), default=0)


def save(
    project: Project, store: Store, names: Sequence[str] | None, now: Callable[[], int], clock: Clock
) -> SaveResult:
    """What became of each audience; they pass or are refused one by one, and all that pass appear together.

    Args:
        names: the audiences; all of the project when None.
        now: gives the present second by the project's clock, once there is a log.
        clock: the clock on the wall.

    Raises:
        UsageError: a name is not an audience.
        LockedError: another run is at work.
    """
    chosen, started = _chosen(project, names), clock.now()
    with store.lock():
        store.recover()
        as_of = now()
        run_id = new_run_id("audience", clock, canonical_json([project.spec.project, chosen, as_of, store.number]))
        drafts = {name: _draft(project, store, name, as_of, run_id) for name in chosen}
        fresh = [one for one in drafts.values() if isinstance(one, Draft) and not one.is_known]
        if fresh:
            publish(project, store, fresh)
        outcomes = tuple(_outcome(name, one) for name, one in drafts.items())
        manifest = {
            "run_id": run_id,
            "command": "audience",
            "project": project.spec.project,
            "started": shown(started),
            "ended": shown(clock.now()),
            "as_of": shown(as_of),
            "exit_code": max((one.exit_code for one in outcomes), default=0),
            "audiences": [one.as_dict() for one in outcomes],
        }
        write_manifest(store.root, manifest)
    return SaveResult(outcomes, manifest)


def _chosen(project: Project, names: Sequence[str] | None) -> list[str]:
    known = project.spec.audiences
    for name in names or ():
        require(known, name)
    return list(known if names is None else dict.fromkeys(names))


def _draft(project: Project, store: Store, name: str, as_of: int, run_id: str) -> Draft | LimnerError:
    try:
        return draft(project, store, name, as_of, run_id)
    except LimnerError as error:
        return error


def _outcome(name: str, found: Draft | LimnerError) -> AudienceOutcome:
    if isinstance(found, LimnerError):
        return AudienceOutcome(name, "refused", reason=str(found), exit_code=found.exit_code)
    return AudienceOutcome(name, "unchanged" if found.is_known else "saved", found.saved)
