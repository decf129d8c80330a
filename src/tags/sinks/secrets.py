"""Secrets: they stand in the environment, never in the project file, and never in what is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ...errors import UsageError

__all__ = ["has_password", "is_reference", "revealed", "wrong_url"]

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD = re.compile(r"://[^/?#@]*:[^/?#]*@|\b(?:ssl)?password\s*=", re.IGNORECASE)


def is_reference(text: str) -> bool:
    """Whether the text names a variable of the environment and nothing else.

    >>> is_reference("${CRM_DSN}"), is_reference("hunter2")
    (True, False)
    """
    return _REFERENCE.fullmatch(text) is not None


def has_password(text: str) -> bool:
    """Whether an address or a connection text carries a password.

    >>> [has_password(one) for one in ("postgresql://me:x@db/crm", "host=db password=x", "postgresql://me@db/crm")]
    [True, True, False]
    """
    return _PASSWORD.search(text) is not None


def revealed(text: str, environ: Mapping[str, str], where: str) -> str:
    """The text, or what the environment has under the name that it refers to.

    Args:
        where: the place in the project file, for the message.

    Raises:
        UsageError: the environment lacks it.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return text
    value = environ.get(found[1], "")
    if not value:
        raise UsageError(f"{where}: the environment has no {found[1]}; set it where limner runs")
    return value


def wrong_url(url: str) -> str | None:
    """What is wrong with the address of a service, or None; it is not repeated, for it may be a secret itself.

    >>> wrong_url("https://crm.example/hook"), wrong_url("http://localhost:8080/hook")
    (None, None)
    >>> wrong_url("http://crm.example/hook")
    'would send users in the clear; write https://, or http:// to this machine itself'
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"}:
        return "is not an address; write such as https://crm.example/hook"
    if parts.username or parts.password:
        return "carries a name or a password; leave them out, batches are signed with the secret"
    is_here = host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host)
    if parts.scheme == "http" and not is_here:
        return "would send users in the clear; write https://, or http:// to this machine itself"
    return None
