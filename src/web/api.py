"""The same as JSON, for machines: `/api/v1`, described by OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from ..errors import UsageError
from ..pipeline.download import Form, download
from ..pipeline.manifest import read_manifests
from ..tags.course import course
from ..tags.portrait import portrait
from ..tags.spec import shown_kinds
from .asking import Asking
from .pages.audiences import attached, audience_of
from .pages.tags import entry_of, spread_of
from .visit import Machine, Marketer, Viewer

__all__ = ["router"]


class Failure(BaseModel):
    """Why there is no answer, in a sentence."""

    ok: bool
    error: str
    kind: str
    status: int


_FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "What was sent is wrong"},
    401: {"model": Failure, "description": "Nobody is known to ask: send Authorization: Bearer TOKEN"},
    403: {"model": Failure, "description": "The role is not enough"},
    404: {"model": Failure, "description": "There is no such thing"},
    409: {"model": Failure, "description": "Refused for a stated reason, such as that nobody was scored yet"},
    413: {"model": Failure, "description": "What was sent is too long"},
    422: {"model": Failure, "description": "What was sent has another form"},
    429: {"description": "Too many requests; Retry-After tells when to come again"},
}

router = APIRouter(prefix="/api/v1", responses=_FAILURES)

_NEWEST = 100
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"text/csv": {}, "application/vnd.apache.parquet": {}}}
}


class Where(BaseModel):
    """A condition over tags."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(min_length=1, max_length=10_000, examples=["churn.tier = 'high' and not audience('suppressed')"])


class Breaking(Where):
    """A condition, and the tag by which its users are divided."""

    by: str = Field(max_length=200)


class Previewing(Where):
    """A condition, and how many of its users are wanted."""

    n: int = Field(default=20, ge=1, le=1_000)


class Sending(BaseModel):
    """Whether everybody is sent, and not only what changed since the last time."""

    model_config = ConfigDict(extra="forbid")

    again: bool = False


class Exporting(BaseModel):
    """The form of the file."""

    model_config = ConfigDict(extra="forbid")

    form: Form = "csv"


class ExportingWhere(Where, Exporting):
    """A condition, and the form of the file."""


@router.get("/tags", summary="All tags")
def tags(visit: Viewer) -> list[dict[str, Any]]:
    """The catalogue: what each tag means, whom it covers, how good and how fresh it is."""
    return [entry.as_dict() for entry in visit.moment.catalogue()]


@router.get("/tags/{tag}", summary="One tag")
def tag(visit: Viewer, tag: str) -> dict[str, Any]:
    """One tag, with what the test showed of it and how its chances are spread now."""
    entry, spread = entry_of(visit, tag), spread_of(visit.moment, tag)
    told = {"proof": visit.moment.card(tag).get("proof"), "spread": None if spread is None else spread.as_dict()}
    return {**entry.as_dict(), **told}


@router.get("/people/{user_id:path}", summary="One person")
def person(visit: Marketer, user_id: str) -> dict[str, Any]:
    """Everything written on one person, with reasons, and what they did lately."""
    workspace, store = visit.moment.workspace, visit.moment.store
    found = portrait(workspace.project, store, user_id, workspace.wall)
    predictions = [tag for tag, kind in shown_kinds(workspace.project.spec.tags).items() if kind == "predictive"]
    return {**found.as_dict(), "course": course(store, user_id, predictions).as_dict()}


@router.get("/audiences", summary="All audiences")
def audiences(visit: Viewer) -> list[dict[str, Any]]:
    """The audiences that the project declares, and how many they hold now."""
    return [found.as_dict() for found in visit.moment.audiences()]


@router.get("/audiences/{name}", summary="One audience")
def audience(visit: Viewer, name: str) -> dict[str, Any]:
    """One audience of the project: its definition, how many there are now, and what to expect of them."""
    found = audience_of(visit, name)
    return {**found.as_dict(), "expected": [one.as_dict() for one in Asking.of(visit.moment, found.text).expected]}


@router.post("/count", summary="Count users")
def count(visit: Viewer, sent: Where) -> dict[str, Any]:
    """How many users match a condition, and which part of everybody they are."""
    return Asking.of(visit.moment, sent.where).count.as_dict()


@router.post("/expect", summary="What to expect")
def expect(visit: Viewer, sent: Where) -> dict[str, Any]:
    """How many match a condition, and for how many of them the outcome of each prediction is expected."""
    return _numbers(Asking.of(visit.moment, sent.where))


@router.post("/breakdown", summary="Divide users by a tag")
def divide(visit: Viewer, sent: Breaking) -> dict[str, Any]:
    """Who matches a condition by a tag, beside everybody."""
    return Asking.of(visit.moment, sent.where).breakdown(sent.by).as_dict()


@router.post("/preview", summary="See some users")
def preview(visit: Marketer, sent: Previewing) -> dict[str, Any]:
    """The first users who match a condition."""
    return Asking.of(visit.moment, sent.where).preview(sent.n).as_dict()


@router.post("/audiences/{name}/sync", summary="Send an audience")
def sync(visit: Machine, name: str, sent: Sending) -> dict[str, Any]:
    """Send what changed in an audience to where it goes; the manifest of the run tells what became of it."""
    found = audience_of(visit, name)
    return dict(visit.moment.workspace.sync([found.name], again=sent.again, who=visit.who).manifest)


@router.post("/audiences/{name}/export", summary="Take an audience away", response_class=Response, responses=_FILE)
def export_audience(visit: Machine, name: str, sent: Exporting) -> Response:
    """The users of an audience as a file, but for those who are left alone."""
    found = audience_of(visit, name)
    return attached(download(visit.moment.workspace, found.text, visit.who, found.name, sent.form))


@router.post("/export", summary="Take users away", response_class=Response, responses=_FILE)
def export(visit: Machine, sent: ExportingWhere) -> Response:
    """The users who match a condition as a file, but for those who are left alone."""
    return attached(download(visit.moment.workspace, sent.where, visit.who, form=sent.form))


@router.get("/runs", summary="The newest runs")
def runs(visit: Viewer, n: Annotated[int, Query(ge=1, le=1_000)] = _NEWEST) -> list[dict[str, Any]]:
    """Manifests of the newest runs, newest first."""
    manifests = read_manifests(visit.moment.store.root).values()
    return sorted(manifests, key=lambda one: str(one.get("started", "")), reverse=True)[:n]


@router.get("/runs/{run_id}", summary="One run")
def run(visit: Viewer, run_id: str) -> dict[str, Any]:
    """The manifest of one run."""
    found = read_manifests(visit.moment.store.root).get(run_id)
    if found is None:
        raise UsageError(f'there is no run called "{run_id}"')
    return found


@router.get("/openapi.json", include_in_schema=False)
def description(visit: Viewer, request: Request) -> JSONResponse:
    """What can be asked here, as OpenAPI."""
    return JSONResponse(request.app.openapi())


def _numbers(asked: Asking) -> dict[str, Any]:
    return {"count": asked.count.as_dict(), "expected": [one.as_dict() for one in asked.expected]}
