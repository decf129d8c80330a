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

    A user is left alone who is in the holdout of the audience, of another that its condition asks to be in, or of a tag
    that it asks for.

    Args:
        now: the present second by the project's clock.

    Raises:
        SpecError: there is no such audience, or its condition is wrong.
        RefusedError: nobody was scored yet, or a list of users cannot be read.
    """
    return matching(project, store, members_text(name), now)


def matching(project: Project, store: Store, text: str, now: int) -> pa.Table:
    """The users who match a condition over tags, as `members` gives those of an audience.

    Raises:
        SpecError: the condition is wrong.
        RefusedError: nobody was scored yet, or a list of users cannot be read.
    """
    condition = compiled(project, text)
    left_alone = held_out_sql(draws_of(project, store, condition))
    query = f"SELECT user_id, {left_alone} AS holdout FROM everybody WHERE {condition.sql} ORDER BY user_id"
    with everybody(project, store, now, [condition]) as population:
        return population.table(query, condition)


def draws_of(project: Project, store: Store, condition: Condition) -> list[Draw]:
    """The lotteries that leave users alone: of audiences that a condition asks to be in, and of tags that it names."""
    shares = {name: project.spec.audiences[name].holdout for name in condition.within}
    of_audiences = [draws(share, salt_of(project, store, name)) for name, share in shares.items()]
    of_tags = [draws_of_tag(tag, project.spec.tags[tag]) for tag in condition.tags]
    return [draw for found in (*of_audiences, *of_tags) for draw in found]
