"""The shapes that screens are made of: titled blocks, labelled lines that fold, and bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = ["Bar", "bars", "counted", "heading", "labelled", "minus", "table", "width_of"]

Bar = tuple[str, int, float, str]
"""A name, a count, a share of the whole from 0 to 1, and the share as it is written."""

_WIDTH, _NARROW = 24, 72


def counted(count: int, word: str) -> str:
    """The count with its word, which takes an s where there is not just one."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def heading(title: str, name: str = "") -> Text:
    """A bold title, with a name beside it."""
    return Text.assemble((title, "bold"), (f"  {name}" if name else "", "dim"))


def labelled(lines: Iterable[tuple[str, RenderableType]], indent: int = 2) -> Padding:
    """Lines with a label each, whose text folds under itself."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(ratio=1, overflow="fold")
    for label, content in lines:
        grid.add_row(Text(label), Text(content) if isinstance(content, str) else content)
    return Padding(grid, (0, 0, 0, indent), expand=False)


def bars(rows: Sequence[Bar], console: Console) -> Table:
    """A bar for each row: name, length, count and share."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="ellipsis", no_wrap=True, max_width=24)
    width = _WIDTH if console.width >= _NARROW else _WIDTH // 2
    grid.add_column(no_wrap=True, width=width)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(no_wrap=True, justify="right")
    full = "#" if console.options.ascii_only else "█"
    for name, count, share, written in rows:
        length = round(width * share) if round(width * share) or not count else 1
        grid.add_row(Text(name), Text(full * length, "cyan"), Text(f"{count:,}"), Text(written))
    return grid


def table(headers: Sequence[str], rows: Iterable[Sequence[str | Text]], right: Sequence[int] = ()) -> Table:
    """A table whose first column gives way where there is no room.

    Args:
        right: columns of numbers, from 0.
    """
    cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    found = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for place, header in enumerate(headers):
        found.add_column(
            Text(header),
            justify="right" if place in right else "left",
            no_wrap=place > 0,
            overflow="fold",
            min_width=max([cell_len(header), *(row[place].cell_len for row in cells)]) if place else None,
        )
    for row in cells:
        found.add_row(*row)
    return found


def width_of(rows: Sequence[Sequence[str | Text]]) -> int:
    """How wide a table of these rows is, its headers among them, where nothing gives way."""
    columns = zip(*rows, strict=True)
    return sum(max(cell_len(str(cell)) for cell in cells) + 2 for cells in columns) - 2


def minus(console: Console) -> str:
    """A minus that is as wide as a plus, where the screen has one."""
    return "-" if console.options.ascii_only else "−"
