"""One request: who asks, in which language, of which state of the store; and the page that answers it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..errors import LimnerError
from ..project.web_spec import Role
from .identity import Doorkeeper, Identity
from .rendering import render
from .saying import ROLES, Tongue, language_of
from .site import Moment, Site

__all__ = [
    "Anybody",
    "ForbiddenError",
    "Form",
    "Machine",
    "Marketer",
    "UnknownError",
    "Viewer",
    "Visit",
    "arrived",
    "remembered",
    "tongue_of",
]

_VISITOR, _LANG, _THEME = "limner_visitor", "limner_lang", "limner_theme"
_THEMES = ("auto", "light", "dark")
_YEAR = 365 * 86_400


class UnknownError(LimnerError):
    """Nobody is known to ask, and somebody must be."""


class ForbiddenError(LimnerError):
    """Who asks may not do this, or no form of ours was sent."""


@dataclass(frozen=True)
class Visit:
    """A request, seen from the pages. `visitor` names a browser as long as it keeps its cookie."""

    request: Request
    site: Site
    moment: Moment
    identity: Identity | None
    tongue: Tongue
    theme: str
    visitor: str
    csrf: str

    def page(self, template: str, status: int = 200, **view: Any) -> Response:
        """The page of a template."""
        response = HTMLResponse(self.html(template, **view), status)
        remembered(response, self.request, _VISITOR, self.visitor, is_for_scripts=False)
        return response

    def html(self, template: str, **view: Any) -> str:
        """The text of a template, with what every page shows around it."""
        return render(template, visit=self, t=self.tongue, title=self._title(), **view)

    def go(self, path: str) -> Response:
        """On to another page, after something was posted."""
        return RedirectResponse(path, 303)

    def may(self, role: Role) -> bool:
        """Whether who asks may do what needs a role."""
        return self.identity is not None and self.identity.may(role)

    @property
    def here(self) -> str:
        """The present address, to come back to."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def who(self) -> str:
        """The name under which what is done here is noted."""
        return self.identity.name if self.identity else ""

    @property
    def can_leave(self) -> bool:
        """Whether who asks has signed in here and can sign out."""
        return self.identity is not None and self.site.workspace.project.spec.web.auth in {"token", "oidc"}

    def require(self, role: Role) -> None:
        """Nothing, when who asks has the role.

        Raises:
            UnknownError: nobody is known to ask.
            ForbiddenError: the role is not enough.
        """
        if self.identity is None:
            raise UnknownError(self.tongue("Sign in to see this page.", "请先登录。"))
        if not self.identity.may(role):
            told = {"name": self.identity.name, "needed": self.tongue.said(ROLES[role])}
            raise ForbiddenError(
                self.tongue(
                    "{name} may not see this; it takes the role {needed}. Ask whoever runs Limner for it.",
                    "{name} 无权查看此页，需要“{needed}”权限。请联系 Limner 的管理人员。",
                    **told,
                )
            )

    def _title(self) -> str:
        spec = self.site.workspace.project.spec
        named = spec.web.title.zh or spec.web.title.en if self.tongue.is_chinese else spec.web.title.en
        return named or spec.project.replace("_", " ").capitalize()


def arrived(request: Request) -> Visit:
    """The visit that a request is, whoever asks."""
    site: Site = request.app.state.site
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    visitor, identity = request.cookies.get(_VISITOR) or secrets.token_urlsafe(16), doorkeeper.identify(request)
    theme = request.cookies.get(_THEME, "auto")
    return Visit(
        request=request,
        site=site,
        moment=site.moment(),
        identity=identity,
        tongue=tongue_of(request),
        theme=theme if theme in _THEMES else "auto",
        visitor=visitor,
        csrf=doorkeeper.csrf(visitor, identity),
    )


def tongue_of(request: Request) -> Tongue:
    """The language in which who asks is answered."""
    return Tongue(language_of(request.cookies.get(_LANG), request.headers.get("accept-language", "")))


def is_secure(request: Request) -> bool:
    """Whether a browser reaches these pages over TLS, which a proxy in front may end."""
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto", "")}


def _with(role: Role) -> Callable[[Request], Visit]:
    def visit(request: Request) -> Visit:
        found = arrived(request)
        found.require(role)
        return found

    return visit


def _machine(request: Request) -> Visit:
    """A marketer's visit that changes something without a form, so not by the session of a browser alone."""
    found = _with("marketer")(request)
    if found.can_leave and "authorization" not in request.headers:
        raise UnknownError("Send Authorization: Bearer TOKEN; a session of a browser is not enough here.")
    return found


async def _posted(request: Request) -> FormData:
    """What a form of ours sent.

    Raises:
        ForbiddenError: it does not carry what only our pages know.
    """
    form = await request.form()
    visitor = request.cookies.get(_VISITOR, "")
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    sent = str(form.get("csrf", ""))
    expected = doorkeeper.csrf(visitor, doorkeeper.identify(request))
    if not visitor or not hmac.compare_digest(sent.encode(), expected.encode()):
        english = "This form did not come from these pages, or is too old; go back, reload and send it again."
        raise ForbiddenError(tongue_of(request)(english, "此表单并非来自本站或已失效；请返回、刷新后重新提交。"))
    return form


def remembered(response: Response, request: Request, name: str, value: str, *, is_for_scripts: bool) -> None:
    """Let the browser keep a cookie, which is sent here only."""
    response.set_cookie(
        name,
        value,
        max_age=_YEAR,
        path="/",
        httponly=not is_for_scripts,
        secure=is_secure(request),
        samesite="lax",
    )


Anybody = Annotated[Visit, Depends(arrived)]
Viewer = Annotated[Visit, Depends(_with("viewer"))]
Marketer = Annotated[Visit, Depends(_with("marketer"))]
Machine = Annotated[Visit, Depends(_machine)]
Form = Annotated[FormData, Depends(_posted)]
