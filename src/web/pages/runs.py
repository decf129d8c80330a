"""The runs, and how fresh everything is."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...errors import UsageError
from ...pipeline.manifest import read_manifests
from ..views.hints import hint_for
from ..views.runs import freshness_of, run_row, run_view
from ..visit import Viewer

__all__ = ["router"]

router = APIRouter()

_NEWEST = 60


@router.get("/runs")
def runs_page(visit: Viewer) -> Response:
    """The newest runs, and what is stale."""
    moment = visit.moment
    entries = moment.catalogue()
    manifests = list(read_manifests(moment.store.root).values())
    newest = sorted(manifests, key=lambda one: str(one.get("started", "")), reverse=True)[:_NEWEST]
    return visit.page(
        "runs.html",
        runs=[run_row(one, visit.tongue) for one in newest],
        total=len(manifests),
        freshness=freshness_of(moment, entries, visit.tongue),
        hint=hint_for(moment, entries, visit.tongue),
    )


@router.get("/runs/{run_id}")
def run_page(visit: Viewer, run_id: str) -> Response:
    """One run."""
    manifest = read_manifests(visit.moment.store.root).get(run_id)
    if manifest is None:
        raise UsageError(visit.tongue('There is no run called "{run}".', "没有名为“{run}”的运行。", run=run_id))
    return visit.page("run.html", run=run_view(manifest, visit.tongue))
