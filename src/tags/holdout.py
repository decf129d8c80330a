"""Who is left alone to measure lift: drawn by a salted hash of the user, the same in every run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod

import pyarrow as pa
from pydantic import field_validator

from ..engines.duck import connect, literal, quoted
from ..quantities import Share
from ..specs import Spec

__all__ = ["Draw", "HoldoutSpec", "draws", "held_out", "held_out_sql", "share_left_alone", "written_salt"]

_SALT = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_DIGITS = 13
"""Hexadecimal digits of the hash that are read: 52 bits, a number that every reader holds exactly."""


class HoldoutSpec(Spec):
    """A random part of the users that is left alone, and the salt it is drawn with."""

    share: Share
    """the part that is left alone, such as 10%"""
    salt: str | None = None
    """word that the draw rests on; the one that was used first when left out"""

    @field_validator("salt")
    @classmethod
    def _is_a_word(cls, salt: str | None) -> str | None:
        if salt is not None and not _SALT.fullmatch(salt):
            raise ValueError(f'"{salt}" is not a salt; write letters, digits and . _ - without blanks')
        return salt


@dataclass(frozen=True)
class Draw:
    """One lottery: its salt, and the share of all users whom it leaves alone.

    The users of a smaller share are among those of a larger one with the same salt.
    """

    salt: str
    share: Share


def draws(spec: Share | HoldoutSpec | None, salt: str) -> list[Draw]:
    """The lottery that the project file asks for, or none.

    Args:
        salt: the one that counts where the file gives none.
    """
    if spec is None:
        return []
    return [Draw(salt, spec) if isinstance(spec, Share) else Draw(spec.salt or salt, spec.share)]


def share_left_alone(draws: Sequence[Draw]) -> float:
    """The share of all users whom at least one of the draws leaves alone.

    >>> share_left_alone([Draw("a", Share.parse("10%")), Draw("b", Share.parse("50%"))])
    0.55
    """
    largest: dict[str, Decimal] = {}
    for one in draws:
        largest[one.salt] = max(one.share.value, largest.get(one.salt, Decimal(0)))
    return float(1 - prod((1 - share for share in largest.values()), start=Decimal(1)))


def held_out_sql(draws: Sequence[Draw], user: str = "user_id") -> str:
    """SQL that tells whether a user, in the column of that name, is left alone by any of the draws.

    Of md5("holdout:SALT:USER") the first 13 hexadecimal digits are read as a number, which is below
    `share * 16**13` for just that share of all users.
    """
    told = [
        f"('0x' || left(md5({literal(f'holdout:{one.salt}:')} || {quoted(user)}), {_DIGITS}))::BIGINT < {_bound(one)}"
        for one in draws
    ]
    return f"({' OR '.join(told)})" if told else "false"


def held_out(users: pa.Array | pa.ChunkedArray, draws: Sequence[Draw]) -> pa.ChunkedArray:
    """Whether each user is left alone by any of the draws, `(n_users,)`."""
    with connect(threads=1) as con:
        con.register("drawn", pa.table({"user_id": users}))
        return con.sql(f"SELECT {held_out_sql(draws)} AS holdout FROM drawn").to_arrow_table()["holdout"]


def written_salt(spec: Share | HoldoutSpec | None) -> str | None:
    """The salt that stands in the project file, or None."""
    return spec.salt if isinstance(spec, HoldoutSpec) else None


def _bound(draw: Draw) -> int:
    return int(draw.share.value * 16**_DIGITS)
