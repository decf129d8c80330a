"""What lift would be seen in an audience, given whom it holds, how many are held out, and what is expected of them."""

from __future__ import annotations

from ...engines.store import Store
from ...errors import RefusedError, UsageError
from ...quantities import Share
from ..holdout import Draw, held_out_sql
from ..spec import PredictiveSpec, shown_kinds
from ..unknown import unknown
from .condition import compiled
from .declared import Project
from .members import draws_of
from .outcomes import expected
from .population import everybody
from .power import Direction, Power, power

__all__ = ["direction_of", "power_of"]


def power_of(
    project: Project, store: Store, text: str, now: int, tag: str | None = None, share: Share | None = None
) -> Power:
    """The smallest lift of a prediction's outcome that would be seen among the users who match a condition.

    Only those count who have the prediction. Of an outcome that is an absence, the lift is a fall.

    Args:
        tag: the prediction; the one that the condition mentions first when left out.
        share: the share that is held out; those whom the audience and its tags leave alone when left out.

    Raises:
        SpecError: the condition is wrong.
        UsageError: there is no such prediction, or nobody is held out.
        RefusedError: nobody was scored yet, or nobody who matches has the prediction.
    """
    chosen = _prediction(project, text, tag)
    draws = _draws(project, store, text) if share is None else []
    found = next(one for one in expected(project, store, text, now) if one.tag == chosen)
    if found.mean is None:
        raise RefusedError(f"nobody who matches has {chosen}, so nothing is expected of them; name another with --tag")
    if share is None:
        held_out = _held_out(project, store, f"({text}\n) and {chosen} is not null", now, draws)
    else:
        held_out = round(found.users * float(share))
    return power(found.users, held_out, found.mean, direction_of(project, chosen))


def direction_of(project: Project, tag: str) -> Direction:
    """Where a lift of a prediction's outcome goes: down, where that is an absence."""
    spec = project.spec.tags[tag]
    return "fall" if isinstance(spec, PredictiveSpec) and spec.target.absent is not None else "rise"


def _prediction(project: Project, text: str, tag: str | None) -> str:
    kinds = shown_kinds(project.spec.tags)
    known = [name for name, kind in kinds.items() if kind == "predictive"]
    listed = ", ".join(known) or "none"
    if tag is not None and kinds.get(tag) == "value":
        raise UsageError(f"{tag} foretells an amount, and a lift is told of chances alone; the project has: {listed}")
    if tag is not None and tag not in known:
        raise UsageError(unknown("prediction", tag, known))
    mentioned = [name for name in compiled(project, text).tags if name in known]
    if tag is None and not mentioned:
        raise UsageError(f"the condition mentions no prediction; name one with --tag; the project has: {listed}")
    return tag or mentioned[0]


def _draws(project: Project, store: Store, text: str) -> list[Draw]:
    draws = draws_of(project, store, compiled(project, text))
    if not draws:
        raise UsageError("nobody is held out of it; name a share with --holdout, such as 10%")
    return draws


def _held_out(project: Project, store: Store, text: str, now: int, draws: list[Draw]) -> int:
    condition = compiled(project, text)
    query = f"SELECT count(*) FROM everybody WHERE {condition.sql} AND {held_out_sql(draws)}"
    with everybody(project, store, now, [condition]) as population:
        return int(population.rows(query, condition)[0][0])
