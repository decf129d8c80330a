"""The audiences of a project as people choose among them: what each means, and how many it holds now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ...engines.store import Store
from ...errors import RefusedError
from ..declared import Said
from ..holdout import held_out_sql, share_left_alone
from .condition import compiled, members_text
from .counting import Count
from .declared import Project, title_of
from .members import draws_of
from .population import everybody
from .saved import Saved, saved
from .vocabulary import Vocabulary

__all__ = ["Audience", "audience", "audiences"]


@dataclass(frozen=True)
class Audience:
    """One audience; `count` and `held_out` are None where it cannot be counted, and `problem` says why.

    `where` is its condition, or else `list` the file its users are read from. `holdout` is the share of users that is
    left alone, those whom its tags leave alone among them, and `saved` are the moments at which it was saved.
    """

    name: str
    title: Said
    description: Said
    purpose: str
    owner: str
    where: str | None
    list: str | None
    suppress: tuple[str, ...]
    sink: str | None
    tags: tuple[str, ...]
    holdout: float
    count: Count | None
    held_out: int | None
    saved: tuple[Saved, ...]
    problem: str | None = None

    @property
    def text(self) -> str:
        """The condition of being in it, which everything that counts takes."""
        return members_text(self.name)

    def as_dict(self) -> dict[str, Any]:
        """The audience as JSON holds it."""
        return {
            **asdict(self),
            "title": self.title.as_dict(),
            "description": self.description.as_dict(),
            "count": None if self.count is None else self.count.as_dict(),
            "saved": [one.as_dict() for one in self.saved],
        }


def audiences(project: Project, store: Store, now: int) -> list[Audience]:
    """All audiences in the order of the project file."""
    return [audience(project, store, name, now) for name in project.spec.audiences]


def audience(project: Project, store: Store, name: str, now: int) -> Audience:
    """One audience, counted where it can be.

    Raises:
        SpecError: there is no such audience, or its condition is wrong.
    """
    Vocabulary(project.spec).require_audience(name)
    spec, condition = project.spec.audiences[name], compiled(project, members_text(name))
    draws = draws_of(project, store, condition)
    query = f"SELECT count(*), count(*) FILTER ({held_out_sql(draws)}) FROM everybody WHERE {condition.sql}"
    count, held_out, problem = None, None, None
    try:
        with everybody(project, store, now, [condition]) as population:
            users, held_out = population.rows(query, condition)[0]
            count = Count(users, population.users)
    except RefusedError as error:
        problem = str(error)
    return Audience(
        name=name,
        title=title_of(name, spec),
        description=Said(spec.description.en, spec.description.zh or spec.description.en),
        purpose=spec.purpose,
        owner=spec.owner,
        where=spec.where,
        list=None if spec.users is None else spec.users.read,
        suppress=spec.suppress,
        sink=spec.sink,
        tags=condition.tags,
        holdout=share_left_alone(draws),
        count=count,
        held_out=held_out,
        saved=tuple(saved(store, name)),
        problem=problem,
    )
