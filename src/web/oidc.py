"""Signing in with a provider of OpenID Connect: there, back with a code, and a name that is proven.

The extra `auth` is needed. What must be remembered between the two requests is in a signed cookie, so that the server
keeps nothing; the code is worth nothing to whoever did not begin (PKCE), and the name nowhere else (nonce, audience).

Source: OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import requests

from ..errors import RefusedError, UsageError
from ..project.web_spec import OidcSpec

__all__ = ["Provider"]

_SECONDS = 10
_ALGORITHMS = ["RS256", "ES256", "PS256"]


class Provider:
    """The provider that the project file names."""

    def __init__(self, spec: OidcSpec) -> None:
        try:
            import authlib  # noqa: F401, PLC0415 - an extra, needed only where people sign in with it
        except ImportError:
            raise UsageError("web.auth: oidc needs the extra `auth`; run: pip install 'limner[auth]'") from None
        self._spec = spec
        variable = spec.client_secret[2:-1]
        if not os.environ.get(variable):
            raise UsageError(f"web.oidc.client_secret: the variable {variable} is not set in the environment; set it")
        self._secret = os.environ[variable]

    def start(self) -> tuple[str, dict[str, str]]:
        """Where to send somebody to sign in, and what to remember until they are back.

        Raises:
            RefusedError: the provider does not answer.
        """
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        address, _ = self._session().create_authorization_url(
            self._metadata["authorization_endpoint"],
            state=kept["state"],
            nonce=kept["nonce"],
            code_verifier=kept["verifier"],
        )
        return str(address), kept

    def name(self, asked: Mapping[str, str], kept: Mapping[str, Any]) -> str:
        """Who has come back, proven by the provider's signature.

        Args:
            asked: what the provider sent along.
            kept: what was remembered.

        Raises:
            RefusedError: nobody signed in, or what came back does not belong to what was begun here.
        """
        code, state = asked.get("code", ""), asked.get("state", "")
        if not code or not secrets.compare_digest(state.encode(), str(kept.get("state", "")).encode()) or not state:
            raise RefusedError("nobody signed in, or it took too long; try again")
        try:
            token = self._session().fetch_token(
                self._metadata["token_endpoint"], code=code, code_verifier=kept["verifier"], timeout=_SECONDS
            )
            claims = self._claims(token["id_token"], kept["nonce"])
        except Exception as error:
            raise RefusedError(f"the sign-in could not be proven ({type(error).__name__}); try again") from error
        name = claims.get(self._spec.claim)
        if not isinstance(name, str) or not name:
            raise RefusedError(f"the provider tells no {self._spec.claim}; change web.oidc.claim in the project file")
        if self._spec.claim == "email" and claims.get("email_verified") is False:
            raise RefusedError("the provider has not verified your address; have it verified there")
        return name

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415 - an extra

        return OAuth2Session(
            self._spec.client_id,
            self._secret,
            scope="openid email profile",
            redirect_uri=f"{self._spec.address.rstrip('/')}/oidc/back",
            code_challenge_method="S256",
        )

    def _claims(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        from joserfc import jwt  # noqa: PLC0415 - comes with authlib
        from joserfc.jwk import KeySet  # noqa: PLC0415

        keys = KeySet.import_key_set(_fetched(self._metadata["jwks_uri"]))  # type: ignore[arg-type]
        claims: dict[str, Any] = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
        needed = {"iss": self._metadata["issuer"], "aud": self._spec.client_id, "nonce": nonce}
        told = {name: {"essential": True, "value": value} for name, value in needed.items()}
        jwt.JWTClaimsRegistry(**told, exp={"essential": True}).validate(claims)  # type: ignore[arg-type]
        return claims

    @cached_property
    def _metadata(self) -> Mapping[str, Any]:
        found = _fetched(f"{self._spec.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer", "").rstrip("/") != self._spec.issuer.rstrip("/"):
            raise RefusedError(f"{self._spec.issuer} calls itself {found.get('issuer')}; mend web.oidc.issuer")
        return found


def _fetched(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=_SECONDS)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise RefusedError(
            f"{address} does not answer as it should ({type(error).__name__}); try again later"
        ) from error
    return found
