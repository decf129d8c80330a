"""Who is in an audience, and who of them is left alone."""

from __future__ import annotations

import pyarrow as pa

from ...engines.store import Store
from ..holdout import Draw, draws, held_out_sql
from ..spec import draws_of_tag
from .condition import Condition, compiled, members_text
from .declared import Project
from .population import everybody
from .salts import salt_of

__all__ = ["draws_of", "matching", "members"]


def members(project: Project, store: Store, name: str, now: int) -> pa.Table:
    """The users of an audience, suppressed ones left out: `user_id` and whether each is in the `holdout`, by user.

    A user is left alone who is in the holdout of the audience, or in that of a tag that its condition asks for.

    Args:
        now: the present second by the project's clock.

    Raises:
        SpecError: there is no such audience, or its condition is wrong.
        RefusedError: nobody was scored yet, or a list of users cannot be read.
    """
    condition = compiled(project, members_text(name))
    return _matching(project, store, condition, draws_of(project, store, name, condition.tags), now)


def matching(project: Project, store: Store, text: str, now: int) -> pa.Table:
    """The users who match a condition over tags, as `members` gives those of an audience.

    Raises:
        SpecError: the condition is wrong.
        RefusedError: nobody was scored yet, or a list of users cannot be read.
    """
    condition = compiled(project, text)
    return _matching(project, store, condition, draws_of(project, store, None, condition.tags), now)


def draws_of(project: Project, store: Store, name: str | None, tags: tuple[str, ...]) -> list[Draw]:
    """The lotteries that leave users of an audience alone: its own, and those of the tags that it asks for.

    Args:
        name: the audience; None for a condition that is not saved, which has no lottery of its own.
    """
    own = [] if name is None else draws(project.spec.audiences[name].holdout, salt_of(project, store, name))
    return [*own, *(one for tag in tags for one in draws_of_tag(tag, project.spec.tags[tag]))]


def _matching(project: Project, store: Store, condition: Condition, draws: list[Draw], now: int) -> pa.Table:
    query = f"SELECT user_id, {held_out_sql(draws)} AS holdout FROM everybody WHERE {condition.sql} ORDER BY user_id"
    with everybody(project, store, now, [condition]) as population:
        return population.table(query, condition)
