"""Charts as plain geometry: what a template draws as inline SVG, in the colours of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Bar", "Columns", "Curve", "Dot", "Line", "Piece", "amounts_curve", "columns", "curve", "pieces", "spark"]


@dataclass(frozen=True)
class Bar:
    """A rectangle, with what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    told: str
    kind: str = ""


@dataclass(frozen=True)
class Columns:
    """Columns side by side over a line of ground."""

    width: float
    height: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Piece:
    """A part of a strip that adds up to the whole; `place` counts from 0."""

    x: float
    width: float
    place: int
    told: str


@dataclass(frozen=True)
class Dot:
    """A point with its interval, from `low` to `high` on the y axis."""

    x: float
    y: float
    low: float
    high: float
    told: str


@dataclass(frozen=True)
class Curve:
    """Points in a square of which both axes go from 0 to `top`; `ticks` are places on either axis with their text."""

    size: float
    dots: tuple[Dot, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Line:
    """A line through points, broken where it must not be drawn through, and its last point."""

    width: float
    height: float
    paths: tuple[str, ...]
    dots: tuple[tuple[float, float, str], ...]


def columns(counts: Sequence[float], told: Sequence[str], width: float, height: float, gap: float = 2) -> Columns:
    """A column for each count; whoever has any is seen."""
    step = width / max(len(counts), 1)
    most = max(counts, default=0) or 1
    bars = []
    for place, (count, text) in enumerate(zip(counts, told, strict=True)):
        tall = max(height * count / most, 1.5) if count else 0.0
        bars.append(Bar(_round(place * step), _round(height - tall), _round(step - gap), _round(tall), text))
    return Columns(width, height, tuple(bars))


def pieces(shares: Sequence[float], told: Sequence[str], width: float) -> tuple[Piece, ...]:
    """The parts of a strip, side by side; what is left over stays empty.

    >>> [(one.x, one.width) for one in pieces([0.25, 0.75], ["a", "b"], 100)]
    [(0.0, 25.0), (25.0, 75.0)]
    """
    found, x = [], 0.0
    for place, (share, text) in enumerate(zip(shares, told, strict=True)):
        found.append(Piece(_round(x), _round(width * share), place, text))
        x += width * share
    return tuple(found)


def curve(dots: Sequence[tuple[float, float, float, float, str]], size: float) -> Curve:
    """Points `(x, y, low, high, told)` of shares from 0 to 1, on axes that end at the next tenth above all of them."""
    greatest = max((max(x, high) for x, _, _, high, _ in dots), default=1.0)
    top = min(1.0, max(0.1, math.ceil(greatest * 10) / 10))
    step = 0.25 if top > 0.6 else 0.1
    return _curve(dots, size, top, [(round(mark, 2), f"{100 * mark:.0f}") for mark in _marks(step, top)])


def amounts_curve(dots: Sequence[tuple[float, float, float, float, str]], size: float) -> Curve:
    """Points `(x, y, low, high, told)` of amounts, on axes from 0 to a little above all; those below stand at 0.

    >>> amounts_curve([(40.0, 43.0, 40.0, 50.0, "")], 100.0).ticks
    ((0.0, '0'), (38.1, '20'), (76.19, '40'))
    """
    greatest = max((max(x, high) for x, _, _, high, _ in dots), default=0.0)
    top = 1.05 * greatest if greatest > 0 else 1.0
    return _curve(dots, size, top, [(mark, f"{mark:,.4g}") for mark in _marks(_step(top), top)])


def _step(top: float) -> float:
    """1, 2 or 5 times a power of ten, of which three to six fit into the top."""
    power: float = 10.0 ** math.floor(math.log10(top / 3))
    return next(power * digit for digit in (5, 2, 1) if power * digit <= top / 2.5)


def _marks(step: float, top: float) -> list[float]:
    return [step * n for n in range(int(top / step + 1e-9) + 1)]


def _curve(
    dots: Sequence[tuple[float, float, float, float, str]], size: float, top: float, ticks: Sequence[tuple[float, str]]
) -> Curve:
    def along(value: float) -> float:
        return size * min(max(value, 0.0), top) / top

    def up(value: float) -> float:
        return _round(size - along(value))

    placed = [Dot(_round(along(x)), up(y), up(low), up(high), told) for x, y, low, high, told in dots]
    return Curve(size, tuple(placed), tuple((_round(along(mark)), text) for mark, text in ticks))


def spark(values: Sequence[tuple[float, str, object]], width: float, height: float) -> Line:
    """A line through `(value from 0 to 1, told, group)` at equal steps, broken between groups."""
    top = max(max((value for value, _, _ in values), default=1.0), 0.05)
    step = width / max(len(values) - 1, 1)
    dots = [
        (_round(step * n), _round(height - height * value / top), told) for n, (value, told, _) in enumerate(values)
    ]
    paths: list[list[str]] = []
    for n, (x, y, _) in enumerate(dots):
        if n and values[n][2] == values[n - 1][2]:
            paths[-1].append(f"L{x} {y}")
        else:
            paths.append([f"M{x} {y}"])
    return Line(width, height, tuple(" ".join(path) for path in paths if len(path) > 1), tuple(dots))


def _round(number: float) -> float:
    return round(number, 2)
