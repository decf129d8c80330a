"""Audiences as screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..features.wording import Language
from ..tags.audience import Audience, Breakdown, Count, Expected, Overlap, Power, Preview, Slice
from ..tags.audience.outcomes import MEANING
from .audience_phrases import told
from .phrases import chance, day, name_of, percent, phrase
from .shapes import heading, labelled, table

if TYPE_CHECKING:
    from ..pipeline.audiences import AudienceOutcome, SaveResult

__all__ = [
    "render_audience", "render_audiences", "render_breakdown", "render_count", "render_overlap", "render_power",
    "render_preview", "render_saving",
]  # fmt: skip

_NARROW = 72
_BAR = 20
_SHOWN = 5
_MORE, _LESS = 120, 80
"""Indices from which on a value is much more, or much less, frequent than among everybody."""
_STYLES = {"saved": "green", "unchanged": "dim", "refused": "red"}


def render_audiences(audiences: Sequence[Audience], console: Console, lang: Language = "en") -> None:
    """Print a table of all audiences, then whom each holds."""
    if not audiences:
        console.print(told("none", lang))
        return
    console.print(Text(told("audiences" if len(audiences) > 1 else "one audience", lang, n=len(audiences)), "bold"))
    console.print()
    headers = [told(key, lang) for key in ("audience", "users", "held out", "last saved")]
    rows = [_row(one, lang) for one in audiences]
    if console.width < _NARROW:
        headers, rows = headers[:2], [row[:2] for row in rows]
    console.print(table(headers, rows, right=(1, 2)))
    for one in audiences:
        console.print()
        _print_head(one, console, lang)
        console.print(labelled(_lines(one, lang)))


def render_audience(
    audience: Audience, outcomes: Sequence[Expected], power: Power | None, console: Console, lang: Language = "en"
) -> None:
    """Print one audience: whom it holds, what to expect of them, what lift would be seen, and when it was saved."""
    _print_head(audience, console, lang)
    seen = [] if power is None else [("", power.sentence[lang == "zh"])]
    lines = [*_lines(audience, lang), *_counted(audience, lang), *seen, *_moments(audience, lang)]
    console.print(labelled(lines))
    _print_outcomes(outcomes, console, lang)


def render_count(count: Count, outcomes: Sequence[Expected], console: Console, lang: Language = "en") -> None:
    """Print how many users match, and what to expect of them."""
    console.print(heading(told("matching", lang, **_of_all(count, lang))))
    _print_outcomes(outcomes, console, lang)


def render_preview(preview: Preview, console: Console, lang: Language = "en") -> None:
    """Print some users, with what was asked of them."""
    if not preview.rows:
        console.print(told("nobody matches", lang))
        return
    key = "some users" if preview.ordered_by is None else "first users"
    console.print(heading(told(key, lang, n=len(preview.rows), tag=preview.ordered_by)))
    headers = [told("user", lang), *preview.columns[1:]]
    rows = [
        [_cell(name, value, lang) for name, value in zip(preview.columns, row, strict=True)] for row in preview.rows
    ]
    n = _fitting([headers, *rows], console.width)
    numbers = [place for place, value in enumerate(preview.rows[0][:n]) if isinstance(value, float)]
    console.print(table(headers[:n], [row[:n] for row in rows], right=numbers))


def render_breakdown(breakdown: Breakdown, console: Console, lang: Language = "en") -> None:
    """Print each tier, class or value with its share here and among everybody, and how the two compare."""
    title = breakdown.title[lang == "zh"]
    counts = {"users": f"{breakdown.users:,}", "of": f"{breakdown.everybody:,}"}
    console.print(heading(told("beside", lang, title=title, **counts)))
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    grid.add_column("", no_wrap=True, overflow="ellipsis", max_width=24)
    width = 0 if console.width < _NARROW else _BAR
    grid.add_column("", no_wrap=True, width=width)
    for key in ("users", "share", "of all", "index"):
        grid.add_column(Text(told(key, lang)), no_wrap=True, justify="right")
    bar = ("#" if console.options.ascii_only else "█") * width
    named = [(one, _called(one, breakdown, lang)) for one in breakdown.slices]
    named += [] if breakdown.others is None else [(breakdown.others, phrase("rest", lang))]
    for one, name in named:
        grid.add_row(*_slice(one, name, bar, lang))
    console.print(grid)
    console.print()
    console.print(Text(told("index is", lang), "dim"))


def render_overlap(overlap: Overlap, console: Console, lang: Language = "en") -> None:
    """Print how many users each two audiences have in common."""
    console.print(heading(told("in common", lang)))
    headers = ["", *(str(place + 1) for place in range(len(overlap.audiences)))]
    rows = [_overlap_row(overlap, place, lang) for place in range(len(overlap.audiences))]
    console.print(table(headers, rows, right=range(1, len(headers))))


def render_power(power: Power, console: Console, lang: Language = "en") -> None:
    """Print the smallest lift that would be seen."""
    console.print(Text(power.sentence[lang == "zh"]))


def render_saving(result: SaveResult, console: Console, lang: Language = "en") -> None:
    """Print what became of each audience, and why where it was refused."""
    console.print(heading(told("saved n", lang, day=day(result.manifest["as_of"]))))
    headers = [told(key, lang) for key in ("audience", "result", "users", "held out", "came", "left")]
    console.print(table(headers, [_saving(one, lang) for one in result.outcomes], right=(2, 3, 4, 5)))
    refused = [(one.audience, one.reason or "") for one in result.outcomes if one.outcome == "refused"]
    if refused:
        console.print()
        console.print(labelled(refused))


def _row(one: Audience, lang: Language) -> list[str | Text]:
    saved = day(f"{_shown(one.saved[-1])}") if one.saved else ""
    if one.count is None:
        return [one.name, Text("?", "red"), "", saved]
    users = f"{one.count.users:,} {percent(one.count.share, lang, 1):>7}"
    return [one.name, users, f"{one.held_out:,}" if one.holdout else "", saved]


def _print_head(one: Audience, console: Console, lang: Language) -> None:
    title, description = (said[lang == "zh"] for said in (one.title, one.description))
    console.print(heading(title, one.name if title != one.name else ""))
    if description:
        console.print(labelled([("", description)], indent=0))


def _lines(one: Audience, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    yield told("who", lang), one.where or told("list", lang, file=one.list)
    if one.suppress:
        yield told("without", lang), ("、" if lang == "zh" else ", ").join(one.suppress)
    if one.sink:
        yield told("sink", lang), one.sink
    owner, purpose = one.owner or phrase("nobody", lang), name_of(one.purpose, lang)
    yield phrase("owner", lang), phrase("owner is", lang, owner=owner, purpose=purpose)
    if one.problem:
        yield told("problem", lang), Text(one.problem, "red")


def _counted(one: Audience, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    if one.count is not None:
        yield told("holds", lang), told("holds is", lang, **_of_all(one.count, lang))
        if one.holdout and one.held_out is not None:
            share = percent(one.held_out / one.count.users if one.count.users else 0.0, lang, 1)
            yield told("left alone", lang), told("left alone is", lang, users=f"{one.held_out:,}", share=share)


def _moments(one: Audience, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    for saved in one.saved[: -_SHOWN - 1 : -1]:
        key = "first moment" if saved.since is None else "moment"
        counts = {"users": f"{saved.users:,}", "added": f"{saved.added:,}", "left": f"{saved.left:,}"}
        yield told("saved", lang), told(key, lang, day=day(_shown(saved)), **counts)


def _print_outcomes(outcomes: Sequence[Expected], console: Console, lang: Language) -> None:
    known = [one for one in outcomes if one.users]
    if not known:
        return
    console.print()
    console.print(heading(told("expected", lang)))
    keys = ("outcome", "tagged", "number", "from to", "chance", "of everybody")
    places = (0, 2, 3) if console.width < _NARROW else range(len(keys))
    rows = [_outcome(one, lang) for one in known]
    headers = [told(keys[place], lang) for place in places]
    console.print(table(headers, [[row[place] for place in places] for row in rows], right=range(1, len(headers))))
    console.print()
    console.print(Padding(Text(MEANING[lang == "zh"], "dim"), 0))


def _outcome(one: Expected, lang: Language) -> list[str | Text]:
    return [
        one.title[lang == "zh"],
        f"{one.users:,}",
        Text(f"{one.outcomes:,.0f}", "bold cyan"),
        f"{one.low:,.0f} – {one.high:,.0f}",
        chance(one.mean or 0.0, lang),
        chance(one.mean_of_all or 0.0, lang),
    ]


def _fitting(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many columns of cells a screen has room for, two blanks between them; at least two."""
    widths = [max(map(cell_len, cells)) + 2 for cells in zip(*rows, strict=True)]
    return max(2, sum(total - 2 <= width for total in accumulate(widths)))


def _slice(one: Slice, name: str, bar: str, lang: Language) -> list[Text]:
    index = Text("") if one.index is None else Text(f"{one.index:,.0f}", _index_style(one.index))
    length = max(round(len(bar) * one.share), 1 if one.users else 0)
    shares = [Text(percent(share, lang, 1)) for share in (one.share, one.share_of_all)]
    return [Text(name), Text(bar[:length], "cyan"), Text(f"{one.users:,}"), *shares, index]


def _index_style(index: float) -> str:
    return "bold green" if index >= _MORE else "magenta" if index <= _LESS else ""


def _called(one: Slice, breakdown: Breakdown, lang: Language) -> str:
    """A tier or class as people read it; a fact stands as it is."""
    if one.name is None:
        return told("lacking", lang)
    return one.name if breakdown.kind == "fact" else name_of(one.name, lang)


def _overlap_row(overlap: Overlap, place: int, lang: Language) -> list[str | Text]:
    whole, row = overlap.users[place][place], overlap.users[place]
    cells: list[str | Text] = [f"{place + 1} {overlap.audiences[place]}"]
    for other, users in enumerate(row):
        share = percent(users / whole if whole else 0.0, lang)
        cells.append(Text(f"{users:,}", "bold") if other == place else Text(f"{users:,} {share:>5}"))
    return cells


def _saving(one: AudienceOutcome, lang: Language) -> list[str | Text]:
    result = Text(told(f"outcome {one.outcome}", lang), _STYLES[one.outcome])
    if one.saved is None:
        return [one.audience, result, "", "", "", ""]
    counts = (one.saved.users, one.saved.held_out, one.saved.added, one.saved.left)
    return [one.audience, result, *(f"{count:,}" for count in counts)]


def _cell(name: str, value: Any, lang: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return chance(value, lang) if name.endswith("_probability") else f"{value:.1f}"
    return name_of(value, lang) if name.endswith("_tier") else str(value)


def _of_all(count: Count, lang: Language) -> dict[str, str]:
    return {"users": f"{count.users:,}", "of": f"{count.everybody:,}", "share": percent(count.share, lang, 1)}


def _shown(saved: Any) -> str:
    return str(saved.as_dict()["as_of"])
