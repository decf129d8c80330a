"""The portrait of one user as a screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from ..features.wording import Language
from ..tags.change import Change
from ..tags.portrait import Held, Portrait
from .phrases import amount, chance, day, name_of, phrase, rank
from .shapes import heading, labelled, minus

__all__ = ["render_portrait"]


def render_portrait(portrait: Portrait, console: Console, lang: Language = "en") -> None:
    """Print who the user is, then each tag with its chance, rank, tier and reasons, then what the user lacks."""
    console.print(heading(phrase("user", lang, user=portrait.user_id)))
    console.print(Text(_seen(portrait, lang)))
    for held in portrait.tags:
        title = held.title[lang == "zh"]
        console.print()
        console.print(heading(title, held.tag if title != held.tag else ""))
        console.print(labelled([("", _verdict(held, lang))], indent=0))
        if held.because is not None:
            console.print(labelled([("", held.because[lang == "zh"])]))
        if held.reasons:
            console.print(labelled(_reasons(held, console, lang), indent=4))
        if held.change is not None:
            console.print(labelled([("", _change(held.change, lang))], indent=0))
        console.print(labelled([("", _freshness(held, lang))], indent=0))
    if portrait.lacks:
        console.print()
        console.print(heading(phrase("absent", lang)))
        console.print(labelled((one.title[lang == "zh"], one.why[lang == "zh"]) for one in portrait.lacks))
    if any(held.reasons for held in portrait.tags):
        console.print()
        console.print(Text(phrase("legend", lang, minus=minus(console)), "dim"))


def _seen(portrait: Portrait, lang: Language) -> str:
    if portrait.known_since is None or portrait.last_event is None:
        return phrase("unseen", lang)
    events = ("、" if lang == "zh" else ", ").join(f"{name} ({count:,})" for name, count in portrait.events.items())
    first, last = portrait.known_since[:10], portrait.last_event[:10]
    return phrase("seen", lang, first=first, last=last, count=f"{sum(portrait.events.values()):,}", events=events)


def _verdict(held: Held, lang: Language) -> Text:
    if held.probability is None and held.expected is None:
        value = held.value or ""
        return Text(value if held.kind == "fact" else name_of(value, lang), "bold cyan")
    told = Text(_foreseen(held, lang), "bold cyan")
    if held.percentile is not None:
        told.append(_comma(lang) + rank(held.percentile, held.ranked, lang), "not bold default")
    if held.tier:
        told.append(_comma(lang) + phrase("tier", lang, tier=name_of(held.tier, lang)), "not bold default")
    if held.frozen_tier and held.frozen_tier != held.tier:
        told.append(
            _comma(lang) + phrase("frozen tier", lang, tier=name_of(held.frozen_tier, lang)), "not bold default"
        )
    return told


def _foreseen(held: Held, lang: Language) -> str:
    if held.probability is not None:
        return phrase("chance", lang, chance=chance(held.probability, lang))
    amounts = {"mean": held.expected, "low": held.low, "high": held.high}
    told = {name: amount(one or 0.0) for name, one in amounts.items()}
    return phrase("amount", lang, ahead=held.ahead[lang == "zh"] if held.ahead else "", **told)


def _reasons(held: Held, console: Console, lang: Language) -> Iterator[tuple[str, RenderableType]]:
    for reason in held.reasons:
        raises = reason["contribution"] > 0
        yield "+" if raises else minus(console), Text(str(reason[lang]), "cyan" if raises else "magenta")


def _change(change: Change, lang: Language) -> Text:
    if not change.by:
        return Text(phrase("unmoved", lang, since=day(change.since)), "dim")
    told = phrase("higher" if change.by > 0 else "lower", lang, since=day(change.since))
    why = "" if change.said is None else (": ", "：")[lang == "zh"] + change.said[lang == "zh"]
    return Text(told + why, "cyan" if change.by > 0 else "magenta")


def _freshness(held: Held, lang: Language) -> Text:
    key = "stale" if held.is_expired else "fresh"
    told = [phrase(key, lang, as_of=day(held.as_of), until=day(held.valid_until))]
    if held.model_version:
        told.append(phrase("version", lang, version=held.model_version))
    if held.backfilled:
        told.append(phrase("backfilled", lang))
    if not held.eligible:
        told.append(phrase("forbidden", lang, why=held.why_not or "?"))
    return Text(_comma(lang).join(told), "red" if held.is_expired or not held.eligible else "dim")


def _comma(lang: Language) -> str:
    return "，" if lang == "zh" else ", "
