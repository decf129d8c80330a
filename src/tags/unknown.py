"""What is said of a name that nothing bears."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

__all__ = ["nearest", "unknown"]


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """That there is no such thing, which one may be meant, and which there are.

    >>> unknown("tag", "lasp", ["lapse", "redeem"])
    'there is no tag lasp; did you mean lapse?; the project has: lapse, redeem'
    """
    return f"there is no {what} {name}{nearest(name, known)}; the project has: {', '.join(known) or 'none'}"


def nearest(name: str, known: Collection[str]) -> str:
    """A did-you-mean, or nothing.

    >>> nearest("hihg", ["high", "low"])
    '; did you mean high?'
    """
    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
