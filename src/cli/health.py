"""The health of the tags as a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ..features.wording import Language
from ..tags.health import Health, PartName
from .phrases import phrase
from .shapes import heading, labelled, table

__all__ = ["render_health"]

_PARTS: tuple[PartName, ...] = ("coverage", "freshness", "stability", "use", "contribution")
_GOOD, _FAIR = 75, 50


def render_health(tags: Sequence[Health], console: Console, lang: Language = "en") -> None:
    """Print a table of all tags with their parts, then each with what its points follow from."""
    headers = [phrase(key, lang) for key in ("tag", "health", *(f"health {name}" for name in _PARTS))]
    console.print(table(headers, [_row(one, lang) for one in tags], right=range(1, len(headers))))
    for one in tags:
        title = one.title[lang == "zh"]
        console.print()
        console.print(heading(title, one.tag if title != one.tag else ""))
        console.print(labelled(_lines(one, lang)))
    console.print()
    console.print(Text(phrase("health legend", lang), "dim"))


def _row(health: Health, lang: Language) -> list[str | Text]:
    points = {part.name: part.points for part in health.parts}
    told = [_points(points.get(name)) for name in _PARTS]
    return [health.tag, _points(health.points, bold=True), *told]


def _judged(points: Text, sentence: str) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", min_width=3)
    grid.add_column(overflow="fold")
    grid.add_row(points, sentence)
    return grid


def _points(points: int | None, *, bold: bool = False) -> Text:
    if points is None:
        return Text("·", "dim")
    style = "green" if points >= _GOOD else "yellow" if points >= _FAIR else "red"
    return Text(str(points), f"bold {style}" if bold else style)


def _lines(health: Health, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    if health.points is None:
        yield phrase("health", lang), phrase("never scored", lang)
    for part in health.parts:
        yield phrase(f"health {part.name}", lang), _judged(_points(part.points), part.said[lang == "zh"])
    if health.proposal is not None:
        yield phrase("proposal", lang), Text(health.proposal[lang == "zh"], "yellow")
