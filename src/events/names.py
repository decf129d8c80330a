"""Names of stored columns: tables do not tell capital from small letters, and keep some names for themselves."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import SpecError

__all__ = ["refuse_alike"]


def refuse_alike(where: str, names: Iterable[str], reserved: Iterable[str]) -> None:
    """Nothing, where each name can be a column of its own.

    Args:
        where: the key that holds the names, for messages.
        reserved: columns that the table has anyway.

    Raises:
        SpecError: a name is another one but for its capitals, or holds a colon at its start or before `odd`.
    """
    taken = {name.casefold(): name for name in reserved}
    for name in names:
        if (other := taken.get(name.casefold())) is not None:
            raise SpecError(f"{where}: {name} would be the same column as {other}; give it another name")
        if name.startswith(":") or name.endswith(":odd"):
            raise SpecError(f"{where}: {name} is a name that Limner keeps for itself; give it another one")
        taken[name.casefold()] = name
