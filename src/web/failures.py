"""What is shown when something cannot be: a page in words, or for machines the same as JSON; never a traceback."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from ..errors import LimnerError, LockedError, RefusedError, SpecError, UsageError
from ..exits import is_of_the_system, told_by_the_system
from .guard import HEADERS
from .visit import ForbiddenError, UnknownError, arrived, tongue_of

__all__ = ["add_failures"]

_STATUS: tuple[tuple[type[LimnerError], int], ...] = (
    (UnknownError, 401),
    (ForbiddenError, 403),
    (SpecError, 400),
    (UsageError, 404),
    (LockedError, 503),
    (RefusedError, 409),
)


def add_failures(app: FastAPI) -> None:
    """Let every failure end in words."""
    app.add_exception_handler(LimnerError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _broken)


def _ours(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if status == 401 and not _is_api(request):
        back = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/login?back={quote(back)}", 303)
    return _told(request, status, str(error), type(error).__name__)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    t = tongue_of(request)
    told = {
        404: t("There is no such page.", "没有这个页面。"),
        405: t("This page cannot be asked that way.", "不支持这种访问方式。"),
        413: t("What was sent is too long.", "提交的内容过长。"),
    }
    sentence = told.get(status) or str(getattr(error, "detail", ""))
    response = _told(request, status, sentence, "HTTPException")
    for name, value in (getattr(error, "headers", None) or {}).items():
        response.headers[name] = value
    return response


def _malformed(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    told = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found)
    return _told(request, 422, told, "UsageError")


def _broken(request: Request, error: Exception) -> Response:
    """A fault of our own; what it was stands in the log of the server."""
    t = tongue_of(request)
    english = "Something broke inside Limner. Whoever runs it finds the reason in its log."
    sentence = t(english, "Limner 内部出错，管理人员可在日志中查看原因。")
    if is_of_the_system(error):
        why = told_by_the_system(error)
        sentence = t("The system refused: {why}.", "系统拒绝：{why}。", why=why)
    response = _told(request, 500, sentence, "Error")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _told(request: Request, status: int, sentence: str, kind: str) -> Response:
    if _is_api(request):
        return JSONResponse({"ok": False, "error": sentence, "kind": kind, "status": status}, status)
    try:
        return arrived(request).page("error.html", status, code=status, sentence=sentence)
    except LimnerError as error:
        return PlainTextResponse(f"{sentence}\n{error}", status)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")
