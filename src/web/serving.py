"""Serving: an address that is safe to listen on, and a server that stops when it is told."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread

import uvicorn

from ..errors import LimnerError, UsageError
from ..pipeline.workspace import Workspace
from .app import create_app
from .site import Site

__all__ = ["serve"]

_KEPT_OPEN = 60
"""Seconds for which a connection waits for its next request."""


def serve(workspace: Workspace, host: str, port: int, say: Callable[[str], None], *, is_opened: bool = False) -> None:
    """Nothing, once somebody has stopped the server.

    Args:
        port: 0 for any that is free.
        say: is told the address, when it answers.
        is_opened: whether a browser is opened on it.

    Raises:
        UsageError: others could reach the address and nobody would have to sign in, or it cannot be listened on.
    """
    auth = workspace.project.spec.web.auth
    if auth == "none" and not _is_this_machine(host):
        raise UsageError(
            f"--host {host}: others could reach these pages, and nobody would have to sign in; "
            "set auth: token, proxy or oidc under web: in the project file, or leave --host out"
        )
    listening = _listening(host, port)
    server = _Server(workspace, listening, say, is_opened)
    with suppress(KeyboardInterrupt):  # once everybody was answered, the server passes it on
        server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says where it listens as soon as it answers."""

    def __init__(
        self, workspace: Workspace, listening: socket.socket, say: Callable[[str], None], is_opened: bool
    ) -> None:
        app = create_app(workspace)
        quiet = {"log_level": "warning", "access_log": False, "server_header": False}
        super().__init__(uvicorn.Config(app, proxy_headers=False, timeout_keep_alive=_KEPT_OPEN, **quiet))  # type: ignore[arg-type]
        self._app = app
        self._listening = listening
        self._say = say
        self._is_opened = is_opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer, say where, and read ahead what the first page shows."""
        await super().startup(sockets)
        host, port = self._listening.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        self._say(address)
        Thread(target=_read_ahead, args=(self._app.state.site,), daemon=True).start()
        if self._is_opened:
            Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _read_ahead(site: Site) -> None:
    """Have the catalogue ready; what is wrong with the store is told to whoever asks for a page."""
    with suppress(LimnerError):
        site.moment().catalogue()


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # only of a socket that is told to be TCP does asyncio know that small answers must not wait for each other
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise UsageError(
            f"--host {host} --port {port}: cannot be listened on: {error.strerror}; choose another"
        ) from None
    return found
