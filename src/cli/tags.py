"""The catalogue as a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ..features.wording import Language
from ..models.forms import said_of_form
from ..tags.catalogue import Entry, Model, Rows
from .phrases import amount, chance, day, name_of, percent, phrase
from .shapes import Bar, bars, counted, heading, labelled, table

__all__ = ["render_catalogue"]

_NARROW = 72
_STYLES = {"published": "green", "expired": "red", "never scored": "yellow", "no model yet": "yellow"}
_OF_STATES = {"draft": "yellow", "deprecated": "red"}


def render_catalogue(entries: Sequence[Entry], console: Console, lang: Language = "en") -> None:
    """Print the catalogue: a table of all tags, then each with its definition, quality and shares."""
    users = max((entry.users_in_log for entry in entries), default=0)
    console.print(Text(phrase("catalogue", lang, tags=_tags(len(entries), lang), users=f"{users:,}"), "bold"))
    if not entries:
        return
    console.print()
    console.print(_overview(entries, console, lang))
    for entry in entries:
        title, description = (_in(said, lang) for said in (entry.title, entry.description))
        console.print()
        console.print(heading(title, entry.tag if title != entry.tag else ""))
        if description:
            console.print(labelled([("", description)], indent=0))
        console.print(labelled(_lines(entry, console, lang)))


def _tags(count: int, lang: Language) -> str:
    return str(count) if lang == "zh" else counted(count, "tag")


def _overview(entries: Sequence[Entry], console: Console, lang: Language) -> Table:
    """All tags, a line each; what a narrow screen has no room for stands below anyway."""
    headers = [phrase(key, lang) for key in ("tag", "kind", "users", "grade", "state")]
    rows = [_row(entry, lang) for entry in entries]
    if console.width < _NARROW:
        return table([headers[0], headers[-1]], [[row[0], row[-1]] for row in rows])
    return table(headers, rows, right=(2,))


def _row(entry: Entry, lang: Language) -> list[str | Text]:
    users = f"{entry.rows.users:,}" if entry.rows else ""
    share = "" if entry.coverage is None else f"{percent(entry.coverage, lang):>6}"
    grade = name_of(entry.grade, lang) if entry.grade else ""
    return [
        entry.tag,
        phrase(entry.kind, lang),
        f"{users}{share}",
        grade,
        Text(_state(entry, lang), _OF_STATES.get(entry.state) or _STYLES[entry.status]),
    ]


def _state(entry: Entry, lang: Language) -> str:
    """How far the tag has come, where it is not simply published, and until when its rows are good."""
    told = _of_rows_state(entry, lang)
    return told if entry.state == "published" else f"{phrase(entry.state, lang)}, {told}"


def _of_rows_state(entry: Entry, lang: Language) -> str:
    if entry.rows is None:
        return phrase(entry.status, lang)
    if entry.rows.valid_until is None:
        return phrase("no rows", lang)
    return phrase("expired" if entry.status == "expired" else "until", lang, day=day(entry.rows.valid_until))


def _lines(entry: Entry, console: Console, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    for name, parts in groupby(entry.definition, key=lambda part: part.name):
        yield phrase(name, lang), "\n".join(_in(part.said, lang) for part in parts)
    if entry.model is not None:
        yield from _of_model(entry.model, lang)
    if entry.rows is not None:
        yield from _of_rows(entry, entry.rows, console, lang)
    yield phrase("definition", lang), _version(entry, lang)
    owner, purpose = entry.owner or phrase("nobody", lang), name_of(entry.purpose, lang)
    yield phrase("owner", lang), phrase("owner is", lang, owner=owner, purpose=purpose)
    for note in entry.notes:
        yield phrase("note", lang), Text(_in(note, lang), "yellow")


def _version(entry: Entry, lang: Language) -> str:
    told = phrase("hash", lang, hash=entry.definition_hash[:12])
    return told if entry.rows is None else told + phrase("as of", lang, day=day(entry.rows.as_of))


def _of_model(model: Model, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    grade = name_of(model.grade, lang)
    yield phrase("quality", lang), phrase("quality is", lang, grade=grade, sentence=_in(model.sentence, lang))
    form = said_of_form(model.form)[lang == "zh"]
    until = day(model.trained_until)
    yield phrase("model", lang), phrase("model is", lang, version=model.version, form=form, day=until)
    if model.recipe is not None:
        yield phrase("recipe", lang), _in(model.recipe, lang)


def _of_rows(entry: Entry, rows: Rows, console: Console, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    users, of = f"{rows.users:,}", f"{entry.users_in_log:,}"
    share = percent(entry.coverage or 0.0, lang)
    yield phrase("coverage", lang), phrase("coverage is", lang, users=users, of=of, share=share, day=day(rows.as_of))
    if rows.mean_expected is not None and rows.expected is not None:
        amounts = {"mean": amount(rows.mean_expected), "total": amount(rows.expected, whole=True), "users": users}
        yield phrase("expected", lang), phrase("amounts are", lang, **amounts)
    elif rows.mean_probability is not None and rows.expected is not None:
        told = {"chance": chance(rows.mean_probability, lang), "expected": f"{rows.expected:,.0f}", "users": users}
        yield phrase("expected", lang), phrase("expected is", lang, **told)
    if rows.bands:
        yield phrase("bands", lang), bars(list(_bars(entry, rows, lang)), console)
    if rows.frozen:
        shares = [f"{name_of(band.name, lang)} {percent(band.share, lang)}" for band in rows.frozen]
        yield phrase("frozen", lang), ("，" if lang == "zh" else ", ").join(shares)


def _bars(entry: Entry, rows: Rows, lang: Language) -> Iterator[Bar]:
    for band in rows.bands:
        name = band.name if entry.kind == "fact" else name_of(band.name, lang)
        yield name, band.users, band.share, percent(band.share, lang)
    rest = rows.users - sum(band.users for band in rows.bands)
    if rest > 0:
        yield phrase("rest", lang), rest, rest / rows.users, percent(rest / rows.users, lang)


def _in(said: tuple[str, str], lang: Language) -> str:
    return said[lang == "zh"]
