"""Signing in and out, how a browser wants its pages, and what machines can ask."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from ...errors import UsageError
from ...project.web_spec import WebSpec
from ..identity import SESSION, Doorkeeper
from ..oidc import Provider
from ..visit import Anybody, Form, Viewer, Visit, is_secure, remembered

__all__ = ["local", "router", "signed_in"]

router = APIRouter()

_BEGUN = "limner_oidc"
_MINUTES = 10
"""For how long a sign-in elsewhere that was begun may take."""
_CHOICES = {"lang": ("limner_lang", {"en", "zh"}), "theme": ("limner_theme", {"auto", "light", "dark"})}


@router.get("/login")
def login_page(visit: Anybody, back: str = "/") -> Response:
    """Where one signs in."""
    if visit.identity is not None:
        return visit.go(local(back))
    return visit.page("login.html", auth=_spec(visit).auth, back=local(back), is_wrong=False)


@router.post("/login")
def login(visit: Anybody, form: Form) -> Response:
    """A session for the holder of a token."""
    session = _doorkeeper(visit).token_session(str(form.get("token", ""))) if _spec(visit).auth == "token" else None
    back = local(str(form.get("back", "/")))
    if session is None:
        return visit.page("login.html", 403, auth=_spec(visit).auth, back=back, is_wrong=True)
    return signed_in(visit, session, back)


@router.get("/oidc/start")
def oidc_start(visit: Anybody, back: str = "/") -> Response:
    """To the provider, where people sign in."""
    provider, doorkeeper = _provider(visit), _doorkeeper(visit)
    address, kept = provider.start()
    response = RedirectResponse(address, 303)
    content = doorkeeper.kept({**kept, "back": local(back)})
    response.set_cookie(
        _BEGUN,
        content,
        max_age=_MINUTES * 60,
        path="/oidc",
        httponly=True,
        secure=is_secure(visit.request),
        samesite="lax",
    )
    return response


@router.get("/oidc/back")
def oidc_back(visit: Anybody) -> Response:
    """Back from the provider, with a name that is proven."""
    provider, doorkeeper = _provider(visit), _doorkeeper(visit)
    kept = doorkeeper.recalled(visit.request.cookies.get(_BEGUN, ""))
    name = provider.name(visit.request.query_params, kept)
    response = signed_in(visit, doorkeeper.named_session(name), str(kept["back"]))
    response.delete_cookie(_BEGUN, path="/oidc")
    return response


@router.post("/logout")
def logout(visit: Anybody, form: Form) -> Response:
    """Forget the session."""
    response = visit.go("/login")
    response.delete_cookie(SESSION, path="/")
    return response


@router.post("/preferences")
def prefer(visit: Anybody, form: Form) -> Response:
    """Keep a language or an appearance, and go back."""
    response = visit.go(local(str(form.get("back", "/"))))
    for name, (cookie, allowed) in _CHOICES.items():
        if str(form.get(name)) in allowed:
            remembered(response, visit.request, cookie, str(form[name]), is_for_scripts=False)
    return response


@router.get("/api")
def api_page(visit: Viewer) -> Response:
    """What machines can ask, as a page of our own."""
    paths = visit.request.app.openapi()["paths"]
    calls = [(method.upper(), path, one["description"]) for path, all_ in paths.items() for method, one in all_.items()]
    return visit.page("api.html", calls=calls)


def signed_in(visit: Visit, session: str, back: str) -> Response:
    """On to where somebody wanted to go, with a session that ends with the browser."""
    response = visit.go(back)
    is_safe = is_secure(visit.request)
    response.set_cookie(SESSION, session, path="/", httponly=True, secure=is_safe, samesite="lax")
    return response


def local(path: str) -> str:
    """The path, where it is one of ours; else the first page.

    >>> local("/tags/churn?x=1"), local("//evil.example"), local("https://evil.example"), local("/\\\\evil")
    ('/tags/churn?x=1', '/', '/', '/')
    """
    is_ours = path.startswith("/") and not path.startswith("//") and not set(path) & set("\\\r\n")
    return path if is_ours else "/"


def _provider(visit: Visit) -> Provider:
    provider: Provider | None = visit.request.app.state.provider
    if provider is None:
        raise UsageError(visit.tongue("Nobody signs in that way here.", "此处不支持该登录方式。"))
    return provider


def _doorkeeper(visit: Visit) -> Doorkeeper:
    found: Doorkeeper = visit.request.app.state.doorkeeper
    return found


def _spec(visit: Visit) -> WebSpec:
    return visit.site.workspace.project.spec.web
