"""Durations, shares and bands: how `28d`, `5%`, `200` and `rest` are written, read and shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["Band", "Duration", "Share"]

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"([+-]?)([0-9]{1,9})([smhdw])")
_SHARE = re.compile(r"[0-9]+(\.[0-9]+)?(e-[0-9]{1,3})?%?", re.ASCII)
_LONGEST = 36_525 * 86_400
"""A century: longer ones are slips, and would run out of the calendar."""
_DURATION_HELP = "write a number and s, m, h, d or w, such as 7d"
_REST = "rest"
_BAND_HELP = "write a percentage such as 5%, a number of users such as 200, or rest"
_SHARE_HELP = "write a percentage such as 5% or a number from 0 to 1"


class _Written:
    """A value that the project file writes as text."""

    @classmethod
    def parse(cls, text: object) -> Self:
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415 - the bottom layer stays light

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value),
            serialization=core_schema.to_string_ser_schema(),
        )


@dataclass(frozen=True, order=True)
class Duration(_Written):
    """A span of whole seconds that remembers nothing of how it was written.

    >>> Duration.parse("4w")
    Duration(seconds=2419200)
    >>> str(Duration.parse("4w"))
    '28d'
    """

    seconds: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """The duration written as a number and a unit: s, m, h, d or w, with an optional sign.

        Raises:
            ValueError: the text is not a duration, or one of more than a century.
        """
        found = _DURATION.fullmatch(str(text).strip())
        if not found:
            raise ValueError(f'"{text}" is not a duration; {_DURATION_HELP}')
        sign, number, unit = found.groups()
        seconds = int(sign + number) * _SECONDS[unit]
        if abs(seconds) > _LONGEST:
            raise ValueError(f'"{text}" is more than a century; {_DURATION_HELP}')
        return cls(seconds)

    def __str__(self) -> str:
        for unit in "dhm":
            if self.seconds % _SECONDS[unit] == 0:
                return f"{self.seconds // _SECONDS[unit]}{unit}"
        return f"{self.seconds}s"

    @property
    def days(self) -> float:
        """The span in days of 86,400 seconds."""
        return self.seconds / 86_400

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_DURATION.pattern}$", "description": _DURATION_HELP}


@dataclass(frozen=True, order=True)
class Share(_Written):
    """A part of a whole, from 0 to 1, kept as the decimal that was written.

    >>> float(Share.parse("5%"))
    0.05
    """

    value: Decimal

    @classmethod
    def parse(cls, text: object) -> Self:
        """The share written as a percentage or as a number from 0 to 1.

        Raises:
            ValueError: the text is neither, or lies outside 0 to 1.
        """
        written = str(text).strip()
        is_number = _SHARE.fullmatch(written) is not None
        value = Decimal(written.removesuffix("%")) / (100 if written.endswith("%") else 1) if is_number else Decimal(-1)
        if not 0 <= value <= 1:
            raise ValueError(f'"{text}" is not a share; {_SHARE_HELP}')
        return cls(value)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return f"{(self.value * 100).normalize():f}%"

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        percentage = {"type": "string", "pattern": r"^\d+(\.\d+)?%$"}
        number = {"type": "number", "minimum": 0, "maximum": 1}
        return {"anyOf": [percentage, number], "description": _SHARE_HELP}


@dataclass(frozen=True)
class Band(_Written):
    """How many of some that are ranked: a share of them, a count, or the rest when both are None.

    >>> [str(Band.parse(one)) for one in ("10%", 0.1, 200, "rest")]
    ['10%', '10%', '200', 'rest']
    """

    share: Share | None = None
    count: int | None = None

    @classmethod
    def parse(cls, text: object) -> Self:
        """The band written as a share, as a whole number from 1 on, or as `rest`.

        Raises:
            ValueError: the text is none of them.
        """
        written = str(text).strip()
        if written == _REST:
            return cls()
        if written.isdecimal() and written.isascii() and int(written) >= 1:
            return cls(count=int(written))
        if not _SHARE.fullmatch(written):
            raise ValueError(f'"{text}" is not a tier; {_BAND_HELP}')
        return cls(share=Share.parse(text))

    @property
    def is_rest(self) -> bool:
        """Whether it is what the other bands leave."""
        return self.share is None and self.count is None

    def __str__(self) -> str:
        if self.share is not None:
            return str(self.share)
        return _REST if self.count is None else str(self.count)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        of_share: list[dict[str, Any]] = Share.__get_pydantic_json_schema__(schema, handler)["anyOf"]
        count, rest = {"type": "integer", "minimum": 1}, {"const": _REST}
        return {"anyOf": [*of_share, count, rest], "description": _BAND_HELP}
