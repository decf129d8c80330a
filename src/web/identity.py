"""Who asks: by token, by a session after signing in, by a proxy that is believed, or anybody on this machine."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any

from starlette.requests import HTTPConnection

from ..pipeline.access import Access, Token
from ..project.web_spec import Role, WebSpec

__all__ = ["SESSION", "Doorkeeper", "Identity"]

SESSION = "limner_session"
"""The cookie that a signed-in browser carries."""

_HOURS = 12
_ORDER: tuple[Role, ...] = ("viewer", "marketer", "admin")


@dataclass(frozen=True)
class Identity:
    """Somebody known by name, and what they may do."""

    name: str
    role: Role

    def may(self, needed: Role) -> bool:
        """Whether the role is enough for what needs another.

        >>> Identity("ann", "marketer").may("viewer"), Identity("ann", "marketer").may("admin")
        (True, False)
        """
        return _ORDER.index(self.role) >= _ORDER.index(needed)


class Doorkeeper:
    """Tells who asks, by what the project file says."""

    def __init__(self, spec: WebSpec, access: Access) -> None:
        self._spec = spec
        self._access = access
        self._secret = access.secret()
        self._networks = [ip_network(one) for one in (spec.proxy.addresses if spec.proxy else [])]

    def identify(self, asked: HTTPConnection) -> Identity | None:
        """Who asks; None when nobody is known to."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return _of(self._access.holder(token.strip()))
        if self._spec.auth == "none":
            return Identity("local", "admin")
        if self._spec.auth == "proxy":
            return self._named(self.told_by_proxy(asked))
        return self._of_session(asked.cookies.get(SESSION, ""))

    def told_by_proxy(self, asked: HTTPConnection) -> str | None:
        """The name that the proxy gives; None from anybody else, and of several, one of which may be the visitor's."""
        if self._spec.proxy is None or asked.client is None:
            return None
        try:
            address = ip_address(asked.client.host)
        except ValueError:
            return None
        is_proxy = any(address in network for network in self._networks)
        names = asked.headers.getlist(self._spec.proxy.header)
        return names[0] or None if is_proxy and len(names) == 1 else None

    def token_session(self, token: str) -> str | None:
        """A session for the holder of a token; None when it is nobody's."""
        held = self._access.holder(token.strip())
        return None if held is None else self._session({"name": held.name, "token": held.hash[:16]})

    def named_session(self, name: str) -> str:
        """A session for somebody whom the provider has named."""
        return self._session({"name": name})

    def csrf(self, visitor: str, identity: Identity | None) -> str:
        """What a form of this visitor must carry, which no other site can know, nor anybody else who has visited."""
        who = json.dumps([visitor, identity.name if identity else None])
        return hmac.new(self._secret, f"csrf {who}".encode(), sha256).hexdigest()

    def kept(self, told: Mapping[str, Any]) -> str:
        """What must be remembered while somebody signs in elsewhere, signed for a cookie."""
        return self._session(told)

    def recalled(self, kept: str) -> Mapping[str, Any]:
        """What was remembered; empty when it was not signed here, or too long ago."""
        return self._read(kept)

    def _session(self, told: Mapping[str, Any]) -> str:
        text = json.dumps({**told, "until": int(time.time()) + _HOURS * 3600})
        payload = urlsafe_b64encode(text.encode()).decode()
        return f"{payload}.{self._signature(payload)}"

    def _of_session(self, session: str) -> Identity | None:
        told = self._read(session)
        if "name" not in told:
            return None
        if self._spec.auth == "oidc":
            return None if "token" in told else self._named(told["name"])
        held = self._access.tokens().get(told["name"])
        return _of(held if held is not None and held.hash[:16] == told.get("token") else None)

    def _read(self, signed: str) -> Mapping[str, Any]:
        payload, _, signature = signed.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(payload).encode()):
            return {}
        told: dict[str, Any] = json.loads(urlsafe_b64decode(payload))
        return told if told["until"] > time.time() else {}

    def _named(self, name: str | None) -> Identity | None:
        role = None if name is None else self._spec.roles.get(name, self._spec.role)
        return None if name is None or role is None else Identity(name, role)

    def _signature(self, payload: str) -> str:
        return hmac.new(self._secret, f"session {payload}".encode(), sha256).hexdigest()


def _of(token: Token | None) -> Identity | None:
    return None if token is None else Identity(token.name, token.role)
