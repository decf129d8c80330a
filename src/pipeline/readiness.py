"""Whether the log is fit to tag users at an instant, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable

from ..engines.store import Store
from ..errors import RefusedError, SpecError, StaleError
from ..events.attributes import attribute_types
from ..events.log import EventLog, Property
from ..events.spec import PropertySpec
from ..features.expressions import condition
from ..features.plan import AttributeSource, Plan
from ..features.question import TagQuestion
from ..project.spec import ProjectSpec
from ..quantities import Duration
from ..timeline import shown

__all__ = [
    "chosen_instant",
    "require_attributes",
    "require_fresh",
    "require_ingested",
    "require_known",
    "require_properties",
]


def chosen_instant(as_of: int | None, now: int, log: EventLog) -> int:
    """The instant to tag users at, in seconds: now unless one is asked for.

    Raises:
        RefusedError: it lies in the future, or before the log starts.
    """
    chosen = now if as_of is None else as_of
    if chosen > now:
        raise RefusedError(f"--as-of {shown(chosen)} lies in the future; it is {shown(now)} by the project's clock")
    if chosen <= log.starts_at:
        raise RefusedError(
            f"--as-of {shown(chosen)}: nothing is known of anybody yet; the log starts at {shown(log.starts_at)}"
        )
    return chosen


def require_fresh(log: EventLog, event_types: Iterable[str], as_of: int, max_staleness: Duration) -> None:
    """Nothing, when every source that delivers these events reaches close enough to `as_of`, in seconds.

    Events that were never seen make no source stale.

    Raises:
        StaleError: a source ends too long before.
    """
    wanted = set(event_types)
    for source, types in sorted(log.event_types.items()):
        watermark = log.watermarks[source]
        if wanted & set(types) and watermark < as_of - max_staleness.seconds:
            raise StaleError(
                f"source {source} ends at {shown(watermark)}, more than {max_staleness} (max_staleness) before "
                f"{shown(as_of)}; ingest newer files, or score an earlier instant with --as-of"
            )


def require_properties(plan: Plan, spec: ProjectSpec) -> None:
    """Nothing, when the project's sources still deliver every property that the plan reads, in its type.

    The conditions of its signals count as well: without their property they would silently hold no more.

    Raises:
        RefusedError: a property is gone or has become something else.
    """
    declared = {name: one for source in spec.sources.values() for name, one in source.properties.items()}
    read = dict.fromkeys(plan.needs.numbers, "number") | dict.fromkeys(plan.needs.categories, "category or flag")
    read |= {feature.source: feature.type for feature in plan.features if feature.role == "trigger"}
    for name, wanted in sorted(read.items()):
        if name not in declared:
            raise RefusedError(
                f"the model reads the property {name}, which no source of the project delivers any more; "
                "declare it again, or train without it"
            )
        if declared[name].type not in wanted:
            raise RefusedError(
                f"the model reads the property {name} as a {wanted}, but the project declares it a "
                f"{declared[name].type}; declare it as before, or train again"
            )
    for stream in plan.needs.streams.values():
        _require_readable(stream.where, declared)


def require_attributes(plan: Plan, spec: ProjectSpec, store: Store) -> None:
    """Nothing, when the project's tables still have every attribute that the plan reads, in its type.

    Raises:
        RefusedError: an attribute is gone, has become something else, or was never ingested.
    """
    read = sorted({feature.source for feature in plan.features if feature.role == "attribute"})
    for source in (plan.attributes[name] for name in read):
        table = spec.attributes.get(source.table)
        found = None if table is None else attribute_types(table).get(source.column)
        if found is None:
            raise RefusedError(
                f"the model reads the attribute {source.column} of the table {source.table}, which the project "
                "declares no more; declare it again, or train without it"
            )
        if found != Property(source.type, source.decimals):
            raise RefusedError(
                f"the model reads the attribute {source.column} as {_told(source)}, but the project declares it as "
                f"{_told(found)}; declare it as before, or train again"
            )
        require_ingested(store, source.table, source.column)


def require_ingested(store: Store, table: str, column: str) -> None:
    """Nothing, when the stored attribute table has the column.

    Raises:
        RefusedError: the table or its column was never ingested.
    """
    stored = f"attributes_{table}"
    if store.version(stored) is None or column not in {one.name for one in store.table(stored).schema().fields}:
        raise RefusedError(f"attributes.{table}: its column {column} was never ingested; run: limner ingest")


def require_known(plan: Plan, question: TagQuestion) -> None:
    """Nothing, when the tag still names every property of its trigger that the plan reads.

    Raises:
        RefusedError: one is named no more.
    """
    read = {feature.source for feature in plan.features if feature.role == "trigger"}
    gone = sorted(read - set(question.cutoffs.known))
    if gone:
        raise RefusedError(
            f"the model reads {', '.join(gone)} of the trigger, which tags.{question.tag}.cutoffs.known names no more; "
            "name it again, or train again"
        )


def _require_readable(where: str | None, declared: dict[str, PropertySpec]) -> None:
    try:
        condition("true" if where is None else where, declared)
    except SpecError as error:
        raise RefusedError(
            f"the model chooses events by what the project declares no more: {error}; "
            "declare it as before, or train again"
        ) from error


def _told(one: AttributeSource | Property) -> str:
    return f"a number with {one.decimals} decimals" if one.type == "number" else f"a {one.type}"
