"""The forms of words that sentences about features need."""

from __future__ import annotations

from typing import Literal

__all__ = ["Language", "counted_days", "singular", "span"]

Language = Literal["en", "zh"]


def counted_days(days: float, language: Language) -> str:
    """So many days, as people say it.

    >>> counted_days(1.0, "en"), counted_days(2.25, "en"), counted_days(9, "zh")
    ('1 day', '2.2 days', '9天')
    """
    written = f"{days:,.1f}".removesuffix(".0")
    if language == "zh":
        return f"{written}天"
    return f"{written} day" if written == "1" else f"{written} days"


def singular(name: str) -> str:
    """The word without its plural.

    >>> [singular(word) for word in ("purchases", "visits to branches", "deliveries", "access", "spend")]
    ['purchase', 'visits to branch', 'delivery', 'access', 'spend']
    """
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("ches", "shes", "xes", "sses")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is", "news")) else name


def span(seconds: int, language: Language) -> str:
    """A window in its largest whole unit.

    >>> span(2_419_200, "en"), span(3_600, "en"), span(3_600, "zh")
    ('28 days', '1 hour', '1小时')
    """
    if not seconds:
        return ""
    names = ((86_400, "day", "天"), (3_600, "hour", "小时"), (60, "minute", "分钟"), (1, "second", "秒"))
    size, en, zh = next(one for one in names if seconds % one[0] == 0)
    n = seconds // size
    return f"{n}{zh}" if language == "zh" else f"{n} {en}{'' if n == 1 else 's'}"
