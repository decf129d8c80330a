"""What every request passes: a host that is ours, not too often, and an answer that browsers trust with little."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .identity import Doorkeeper
from .limits import RateLimit

__all__ = ["HEADERS", "LOCAL", "Guard"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""On every answer, unless it has one of its own."""

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this machine, the only ones that are answered to where nobody signs in: no other site can pose as it."""

_KEEP_NOTHING = "no-store"
_LARGEST = 1_000_000
"""Bytes that a request may send; the longest condition, however it is written, has a tenth of them."""


class Guard:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper, limit: RateLimit, hosts: frozenset[str] | None) -> None:
        self._app = app
        self._doorkeeper = doorkeeper
        self._limit = limit
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), HEADERS)
            await send(message)

        await self._checked(scope)(scope, _measured(receive), guarded)

    def _checked(self, scope: Scope) -> ASGIApp:
        asked = HTTPConnection(scope)
        if self._hosts is not None and asked.headers.get("host", "").rpartition(":")[0] not in self._hosts:
            host = asked.headers.get("host", "")
            if host not in self._hosts:
                return PlainTextResponse("This address is not one of these pages.", 400)
        if scope["path"].startswith("/static/"):
            return self._app
        wait = self._limit.wait(self._client(asked))
        if wait:
            told = f"Too many requests; try again in {math.ceil(wait)} s."
            return PlainTextResponse(told, 429, {"Retry-After": str(math.ceil(wait))})
        return self._app

    def _client(self, asked: HTTPConnection) -> str:
        """Who is counted as one: whom the proxy names, or an address."""
        return self._doorkeeper.told_by_proxy(asked) or (asked.client.host if asked.client else "")


def _measured(receive: Receive) -> Receive:
    """What is received, up to the largest that may be sent, whatever its length was said to be."""
    left = _LARGEST

    async def measured() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return measured


def _add(headers: MutableHeaders, wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", _KEEP_NOTHING)
