"""Whether a project is fit for use: its file, its sources, the log, what each tag rests on, and the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..engines.store import Store
from ..errors import DamagedError, LimnerError, SourceError
from ..events.files import find_files
from ..events.log import EventLog
from ..models.champion import champion, pointer
from ..progress import Progress
from ..project import Project
from ..tags.spec import PredictiveSpec
from ..timeline import DAY
from .engine import engine_of
from .finding import Finding, counted, refused
from .material import Material
from .outlets import about_outlets
from .questions import tags_of
from .readiness import require_properties
from .supply import about_sources, supplies
from .usability import usability

__all__ = ["check"]


def check(
    project: Project, store: Store, now: Callable[[], int], tags: Sequence[str] | None, progress: Progress
) -> list[Finding]:
    """The findings about the project in the order in which data flows, then those about each tag.

    Args:
        now: gives the present second by the project's clock, once there is a log.
        tags: those that are looked at; all of them when None.

    Raises:
        UsageError: a name is not a tag.
    """
    chosen = tags_of(project, tags)
    told = f"{counted(len(project.spec.sources), 'source')}, {counted(len(project.spec.tags), 'tag')}"
    found = [Finding("ok", project.path.as_posix(), told), *_files(project), *about_outlets(project)]
    try:
        store.verify()
    except DamagedError as error:
        return [*found, Finding("refused", "store", *str(error).rsplit("; ", 1))]
    if store.version("events") is None:
        return [*found, Finding("warning", "log", "nothing was ingested yet", "limner ingest")]
    log = EventLog.open(store)
    supplied = supplies(log)
    found += [_log(log), *about_sources(supplied, now(), project.spec.max_staleness), *_registry(project, store)]
    with engine_of(project.spec.engine, project.spec.training.threads) as engine:
        material = Material(project, store, log, supplied, now(), engine, progress)
        return [*found, _features(material), *(finding for tag in chosen for finding in _tag(material, tag))]


def _log(log: EventLog) -> Finding:
    days = (log.now() - log.starts_at) / DAY
    return Finding("ok", "log", f"{log.rows:,} events of {counted(log.users, 'user')} over {days:.0f} days")


def _features(material: Material) -> Finding:
    spec = material.project.spec.features
    try:
        features = len(material.plan.features)
    except LimnerError as error:
        return refused("", "features", error)
    of = f"{counted(len(spec.signals), 'signal')} and {counted(len(spec.attributes), 'attribute')}"
    return Finding("ok", "features", f"{features:,} of {of}, besides what triggers tell")


def _tag(material: Material, tag: str) -> list[Finding]:
    found = usability(material, tag)
    if not isinstance(material.project.spec.tags[tag], PredictiveSpec):
        return found
    can_be_trained = not any(one.level == "refused" for one in found)
    return [*found, _model(material.project, material.store, tag, mend=f"limner train {tag}" if can_be_trained else "")]


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
            yield Finding("ok", where, f"{counted(len(files), 'file')} at {read}")
    undated = sorted(
        column
        for one in project.spec.attributes.values()
        for column in set(one.columns) & set(project.spec.features.attributes)
        if one.valid_from is None
    )
    if undated:
        told = f"{', '.join(undated)}: nobody can tell since when these held, so they may know the outcome"
        yield Finding("warning", "features.attributes", told, "give the table a valid_from, or leave them out")


def _model(project: Project, store: Store, tag: str, mend: str) -> Finding:
    try:
        if pointer(store.root, tag) is None:
            return Finding("warning", "model", "none yet, so nobody can be scored", mend, tag)
        bundle = champion(store.root, tag)
        require_properties(bundle.plan, project.spec)
    except LimnerError as error:
        return Finding("refused", "model", str(error), mend, tag)
    card = bundle.card
    told = f"version {bundle.version}, grade {card['grade']}, trained on what was known until {card['trained_until']}"
    if card["definition_hash"] != project.definition_hash(tag):
        return Finding("warning", "model", f"{told}; the tag is defined otherwise now", mend, tag)
    return Finding("ok", "model", told, "", tag)


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
