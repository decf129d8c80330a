"""One person: found by id, and everything that is written on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from ...engines.duck import read_parquet, reading
from ...tags.course import course
from ...tags.portrait import portrait
from ...tags.spec import PredictiveSpec
from ..site import Moment
from ..views.hints import hint_for
from ..views.portrait import portrait_view
from ..visit import Marketer

__all__ = ["router"]

router = APIRouter()

_EXAMPLES = 3


@router.get("/people")
def find_page(visit: Marketer, id: Annotated[str, Query(max_length=1_000)] = "") -> Response:
    """Where a person is looked for."""
    if id.strip():
        return visit.go(f"/people/{quote(id.strip(), safe='')}")
    moment = visit.moment
    hint = hint_for(moment, moment.catalogue(), visit.tongue)
    return visit.page("find.html", hint=hint, examples=moment.once("examples", lambda: _examples(moment)))


@router.get("/people/{user_id:path}")
def person_page(visit: Marketer, user_id: str) -> Response:
    """The portrait of one person."""
    moment, workspace = visit.moment, visit.moment.workspace
    tags = {
        name: list(one.tiers) for name, one in workspace.project.spec.tags.items() if isinstance(one, PredictiveSpec)
    }
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(course, moment.store, user_id, list(tags))
        found = portrait(workspace.project, moment.store, user_id, workspace.wall)
        view = portrait_view(found, done.result(), tags, visit.tongue)
    return visit.page("portrait.html", person=view)


def _examples(moment: Moment) -> list[str]:
    """A few ids, to show what they look like."""
    files = moment.store.files("current")
    if not files:
        return []
    with reading() as con:
        found = con.sql(f"SELECT user_id FROM {read_parquet(files)} LIMIT {_EXAMPLES}").fetchall()
    return [user for (user,) in found]
