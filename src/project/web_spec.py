"""What the project file says of the pages: who may see them, and how they know who asks."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ..specs import Spec, TitleSpec

__all__ = ["OidcSpec", "ProxySpec", "Role", "WebSpec"]

Role = Literal["viewer", "marketer", "admin"]
"""Viewers see tags and numbers, marketers also people and audiences, admins everything."""


class ProxySpec(Spec):
    """A proxy that has found out who asks, and says so in a header."""

    addresses: list[str] = Field(min_length=1)
    """where it calls from: addresses or networks, such as 10.0.0.0/24; nobody else is believed"""
    header: str = Field(default="X-Forwarded-User", pattern=r"^[A-Za-z][A-Za-z0-9-]*$")
    """the header that holds the name"""

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, addresses: list[str]) -> list[str]:
        for address in addresses:
            try:
                ip_network(address)
            except ValueError:
                told = "is not an address or a network; write such as 10.0.0.5 or 10.0.0.0/24"
                raise ValueError(f'"{address}" {told}') from None
        return addresses


class OidcSpec(Spec):
    """A provider of OpenID Connect, such as the company's sign-in."""

    issuer: str = Field(pattern=r"^https?://")
    """its address, below which .well-known/openid-configuration lies"""
    address: str = Field(pattern=r"^https?://")
    """the address of these pages, as browsers see it"""
    client_id: str
    """as what these pages are known there"""
    client_secret: str = Field(pattern=r"^\$\{[A-Z_][A-Z0-9_]*\}$")
    """where the secret stands: a variable of the environment, such as ${LIMNER_OIDC_SECRET}"""
    claim: str = "email"
    """what of the token is the name"""


class WebSpec(Spec):
    """The pages and the API of `limner serve`."""

    title: TitleSpec = TitleSpec()
    """what stands at the top of every page; the project's name when left out"""
    auth: Literal["none", "token", "proxy", "oidc"] = "none"
    """how it is found out who asks; with none, only this machine may"""
    roles: dict[str, Role] = Field(default_factory=dict)
    """what people may do, by the name that the proxy or the provider gives; tokens have roles of their own"""
    role: Role | None = "viewer"
    """what those may do who are not named; nothing when null"""
    proxy: ProxySpec | None = None
    """the proxy that is believed"""
    oidc: OidcSpec | None = None
    """the provider that people sign in with"""
    requests_per_minute: int = Field(default=600, ge=1)
    """how many each client may send, in the long run"""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> WebSpec:
        if self.auth in {"proxy", "oidc"} and getattr(self, self.auth) is None:
            raise ValueError(f"auth: {self.auth} needs the key {self.auth} beside it")
        return self
