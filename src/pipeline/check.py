"""Whether a project is fit for use: its file, its sources, the log and the models, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..engines.store import Store
from ..errors import DamagedError, LimnerError, SourceError
from ..events.files import find_files
from ..events.log import EventLog
from ..features.cutoffs import mature_cutoffs, mature_span
from ..models.champion import champion
from ..project import Project
from ..timeline import DAY, Span, shown
from .questions import predictive_tags, question_of
from .readiness import require_properties

__all__ = ["Finding", "check"]

Level = Literal["ok", "warning", "refused"]


@dataclass(frozen=True)
class Finding:
    """One line: how well a thing is, in a sentence, and how to mend it where it is not."""

    level: Level
    subject: str
    sentence: str
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        return asdict(self)


def check(project: Project, store: Store, now: Callable[[], int]) -> list[Finding]:
    """The findings, in the order in which data flows.

    Args:
        now: gives the present second by the project's clock, once there is a log.
    """
    found = [
        Finding(
            "ok",
            project.path.as_posix(),
            f"{_counted(project.spec.sources, 'source')}, {_counted(project.spec.tags, 'tag')}",
        )
    ]
    found += _files(project)
    try:
        store.verify()
    except DamagedError as error:
        return [*found, Finding("refused", "store", *str(error).rsplit("; ", 1))]
    if store.version("events") is None:
        return [*found, Finding("warning", "log", "nothing was ingested yet", "limner ingest")]
    log = EventLog.open(store)
    found += _log(project, log, now())
    for tag in predictive_tags(project):
        found += [_history(project, log, tag), _model(project, store, tag)]
    return [*found, *_registry(project, store)]


def _files(project: Project) -> Iterator[Finding]:
    declared = {
        **{f"sources.{name}": one.read for name, one in project.spec.sources.items()},
        **{f"attributes.{name}": one.read for name, one in project.spec.attributes.items()},
    }
    for where, read in declared.items():
        try:
            files = find_files(where, read, project.root)
        except SourceError as error:
            yield Finding("refused", where, str(error).removeprefix(f"{where}: "), "bring the file, or change `read`")
        else:
            yield Finding("ok", where, f"{_counted(files, 'file')} at {read}")
    undated = sorted(
        column
        for one in project.spec.attributes.values()
        for column in set(one.columns) & set(project.spec.features.attributes)
        if one.valid_from is None
    )
    if undated:
        told = f"{', '.join(undated)}: nobody can tell since when these held, so they may know the outcome"
        yield Finding("warning", "features.attributes", told, "give the table a valid_from, or leave them out")


def _counted(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _log(project: Project, log: EventLog, now: int) -> Iterator[Finding]:
    held = (log.now() - log.starts_at) / DAY
    yield Finding("ok", "log", f"{log.rows:,} events of {log.users:,} users over {held:.0f} days")
    for source, watermark in sorted(log.watermarks.items()):
        sentence = f"ends at {shown(watermark)}"
        if watermark < now - project.spec.max_staleness.seconds:
            late = f"{sentence}, more than {project.spec.max_staleness} before now ({shown(now)})"
            yield Finding("warning", f"source {source}", late, "ingest newer files; scoring what it feeds is refused")
        else:
            yield Finding("ok", f"source {source}", sentence)


def _history(project: Project, log: EventLog, tag: str) -> Finding:
    question = question_of(project, tag)
    try:
        if question.at_triggers:
            when: Span | list[int] = mature_span(log, question, project.spec.features)
        else:
            when = mature_cutoffs(log, question, project.spec.features)
    except LimnerError as error:
        return Finding("refused", f"tags.{tag}", str(error).removeprefix(f"tags.{tag}: "), "it cannot be trained yet")
    if isinstance(when, Span):
        return Finding(
            "ok", f"tags.{tag}", f"outcomes are known for triggers from {shown(when.start)} to {shown(when.end)}"
        )
    told = f"{len(when)} cutoffs with known outcomes, from {shown(when[0])} to {shown(when[-1])}"
    if len(when) < 3:
        return Finding(
            "warning", f"tags.{tag}", told, "three and more are needed to train, tune and test forward in time"
        )
    return Finding("ok", f"tags.{tag}", told)


def _model(project: Project, store: Store, tag: str) -> Finding:
    subject = f"model {tag}"
    try:
        bundle = champion(store.root, tag)
        require_properties(bundle.plan, project.spec)
    except LimnerError as error:
        no_model = "has no champion" in str(error)
        return Finding("warning" if no_model else "refused", subject, str(error), f"limner train {tag}")
    card = bundle.card
    told = f"version {bundle.version}, grade {card['grade']}, trained on what was known until {card['trained_until']}"
    if card["definition_hash"] != project.definition_hash(tag):
        changed = f"{told}; the tag is defined otherwise now"
        return Finding("warning", subject, changed, f"limner train {tag}")
    return Finding("ok", subject, told)


def _registry(project: Project, store: Store) -> list[Finding]:
    """Where the registry and the store disagree; asked only where there is a registry, for it is slow to open."""
    if not (project.root / "mlruns" / "mlflow.db").exists():
        exported = sorted(path.parent.name for path in store.root.glob("bundles/*/champion.json"))
        if not exported:
            return []
        told = f"mlruns/mlflow.db is missing, so nobody knows the versions before those of {', '.join(exported)}"
        return [Finding("warning", "registry", told, "restore it to promote and roll back; scoring needs it not")]
    from ..models.registry import Registry  # noqa: PLC0415 - mlflow takes seconds to import

    try:
        differences = Registry.open(project.root, project.spec.project).differences(store.root)
    except LimnerError as error:
        return [Finding("warning", "registry", *str(error).split("; ", 1))]
    if not differences:
        return [Finding("ok", "registry", "every champion is the bundle that the store points at")]
    return [Finding("warning", "registry", one, "limner promote TAG") for one in differences]
