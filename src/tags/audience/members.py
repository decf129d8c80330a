"""Who is in an audience, and who of them is left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ...engines.duck import quoted
from ...engines.store import Store
from ...errors import RefusedError
from ..holdout import Draw, draws, held_out_sql
from ..published import newest
from ..spec import draws_of_tag
from .condition import Condition, compiled, members_text
from .declared import Project
from .population import everybody
from .salts import salt_of
from .vocabulary import Column, Vocabulary

__all__ = ["draws_of", "matching", "members"]

_LONG_AGO = 0
"""A second at which nothing had expired."""


def members(project: Project, store: Store, name: str, now: int) -> pa.Table:
    """The users of an audience, suppressed ones left out: `user_id` and whether each is in the `holdout`, by user.

    A user is left alone who is in the holdout of the audience, of another that its condition asks to be in, or of a tag
    that it asks for.

    Args:
        now: the present second by the project's clock.

    Raises:
        SpecError: there is no such audience, or its condition is wrong.
        RefusedError: nobody was scored yet, or a list of users cannot be read; or a tag that the condition asks for was
            never scored, or is out of date for everybody, so that nobody knows who is in the audience.
    """
    text = members_text(name)
    _require_usable(project, store, name, compiled(project, text).tags, now)
    return matching(project, store, text, now)


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


def _require_usable(project: Project, store: Store, name: str, tags: Sequence[str], now: int) -> None:
    """Refuse to act on tags that say nothing: an audience that would empty for want of a score is not empty."""
    vocabulary = Vocabulary(project.spec)
    present = _counted(project, store, [vocabulary.presence(tag) for tag in tags], now)
    for tag, users in zip(tags, present, strict=True):
        told = f"{name} asks for {tag}, which "
        if newest(store, tag) is None:
            raise RefusedError(f"{told}was never scored, so nobody knows who is in it; run: limner score {tag}")
        if not users and any(_counted(project, store, [vocabulary.presence(tag)], _LONG_AGO)):
            raise RefusedError(
                f"{told}has expired for everybody, so nobody knows who is in it; run: limner score {tag}"
            )


def _counted(project: Project, store: Store, columns: Sequence[Column], at: int) -> Sequence[int]:
    """How many users have a value in each column that may be used at a second."""
    if not columns:
        return ()
    counts = ", ".join(f"count({quoted(column.name)})" for column in columns)
    with everybody(project, store, at, [], columns) as population:
        return population.rows(f"SELECT {counts} FROM everybody")[0]
