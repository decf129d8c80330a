"""The application: pages, API, what guards them, and what is shown when something fails."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from .. import __version__
from ..pipeline.access import Access
from ..pipeline.workspace import Workspace
from . import api
from .failures import add_failures
from .guard import LOCAL, Guard
from .identity import Doorkeeper
from .limits import RateLimit
from .oidc import Provider
from .pages import audiences, people, runs, session, tags
from .rendering import STATIC
from .site import Site

__all__ = ["create_app"]

_KEPT = "public, max-age=31536000, immutable"


def create_app(workspace: Workspace) -> FastAPI:
    """The pages and the API of a project, to be run by any ASGI server."""
    spec = workspace.project.spec
    app = FastAPI(
        title=f"Limner: {spec.project}",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    doorkeeper = Doorkeeper(spec.web, Access(workspace.project.store_path))
    app.state.site = Site(workspace)
    app.state.doorkeeper = doorkeeper
    app.state.provider = Provider(spec.web.oidc) if spec.web.auth == "oidc" and spec.web.oidc else None
    for pages in (tags, audiences, people, runs, session):
        app.include_router(pages.router, include_in_schema=False)
    app.include_router(api.router)
    app.mount("/static", _Static(directory=STATIC))
    add_failures(app)
    hosts = LOCAL if spec.web.auth == "none" else None
    app.add_middleware(Guard, doorkeeper=doorkeeper, limit=RateLimit(spec.web.requests_per_minute), hosts=hosts)
    return app


class _Static(StaticFiles):
    """Files whose address changes with their content, so that browsers may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = _KEPT
        return response
