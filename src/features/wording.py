"""How features are said, in English and Chinese: definitions, units and what a value means.

Signals, properties and values are words of the project; around them stand the sentences of these tables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .grammar import Language, counted_days, singular, span

__all__ = ["Language", "Wording", "around", "digits", "say", "sentence", "unit"]


@dataclass(frozen=True)
class Wording:
    """What must be known of a feature to speak of it.

    `labels` are in English and Chinese; `part` is a property with its value, None for all others.
    """

    role: str
    aggregate: str
    labels: tuple[str, str]
    windows: tuple[int, ...]
    part: tuple[str, str | None] | None
    type: str
    decimals: int
    texts: tuple[str, ...]


_UNITS = {
    "count": "events",
    "distinct": "values",
    "active_days": "days",
    "days_since_last": "days",
    "days_since_first": "days",
    "gap_mean": "days",
    "gap_std": "days",
    "sessions": "sessions",
    "streak": "days",
    "days_to_second": "days",
    "days_to_third": "days",
    "share": "share",
    "trend": "ratio",
    "age_unknown": "flag",
}

_DEFINITIONS: dict[str, tuple[str, str]] = {
    "count": ("number of {events} in the {window} before", "此前{window}的{signal}次数"),
    "sum": ("total {signal} in the {window} before", "此前{window}的{signal}总额"),
    "mean": ("mean {signal} in the {window} before", "此前{window}的{signal}平均值"),
    "min": ("lowest {signal} in the {window} before", "此前{window}的{signal}最小值"),
    "max": ("highest {signal} in the {window} before", "此前{window}的{signal}最大值"),
    "std": ("standard deviation of {signal} in the {window} before", "此前{window}的{signal}标准差"),
    "last": ("latest {signal} in the {window} before", "此前{window}内最近一次的{signal}"),
    "distinct": ("number of different {events} in the {window} before", "此前{window}内不同{signal}的数量"),
    "active_days": ("days with {event} in the {window} before", "此前{window}内有{signal}的天数"),
    "days_since_last": ("days since the last {event}", "距最近一次{signal}的天数"),
    "days_since_first": ("days since the first {event}", "距首次{signal}的天数"),
    "gap_mean": (
        "mean days between one {event} and the next in the {window} before",
        "此前{window}内{signal}的平均间隔天数",
    ),
    "gap_std": (
        "standard deviation of the days between one {event} and the next in the {window} before",
        "此前{window}内{signal}间隔天数的标准差",
    ),
    "share": ("share of {signal} among all events in the {window} before", "此前{window}内{signal}占全部事件的比例"),
    "part_share": ("share of {part} in {whole} in the {window} before", "此前{window}内{part}占{whole}的比例"),
    "trend": (
        "rate of {signal} in the {window} before, relative to the {longer} before",
        "此前{window}的{signal}速率与此前{longer}的速率之比",
    ),
    "age_unknown": (
        "whether the first {event} lies so near the start of the log that there may be earlier ones",
        "首次{signal}是否过于接近日志起点、因而可能另有更早的记录",
    ),
    "sessions": ("number of sessions with {events} in the {window} before", "此前{window}内有{signal}的会话数"),
    "streak": ("days in a row with {event}, up to the day before", "截至前一天连续有{signal}的天数"),
    "decay": ("{signal} so far, each halved every {window}", "迄今的{signal}，每{window}减半"),
    "last_2": ("latest {signal} but one in the {window} before", "此前{window}内倒数第二次的{signal}"),
    "last_3": ("latest {signal} but two in the {window} before", "此前{window}内倒数第三次的{signal}"),
    "days_to_second": ("days from the first {event} to the second", "首次{signal}到第二次的天数"),
    "days_to_third": ("days from the first {event} to the third", "首次{signal}到第三次的天数"),
    "attribute": ("{signal}", "{signal}"),
    "trigger": ("{signal} of the event that made the cutoff", "触发事件的{signal}"),
}

_SAYINGS: dict[str, tuple[str, str]] = {
    "count": ("{times} in the last {window}", "最近{window}{signal}{n}次"),
    "sum": ("{signal} of {amount} in the last {window}", "最近{window}{signal}合计{amount}"),
    "mean": ("{signal} of {amount} on average in the last {window}", "最近{window}{signal}平均{amount}"),
    "min": ("lowest {signal} in the last {window}: {amount}", "最近{window}{signal}最低{amount}"),
    "max": ("highest {signal} in the last {window}: {amount}", "最近{window}{signal}最高{amount}"),
    "std": ("{signal} in the last {window} varies by {amount}", "最近{window}{signal}波动{amount}"),
    "last": ("latest {signal} in the last {window}: {amount}", "最近{window}内最近一次{signal}为{amount}"),
    "distinct": ("{n} different {counted} in the last {window}", "最近{window}有{n}种不同的{signal}"),
    "active_days": ("{event} on {days} in the last {window}", "最近{window}有{n}天发生{signal}"),
    "days_since_last": ("no {event} for {days}", "已{days}没有{signal}"),
    "days_since_first": ("first {event} {days} ago", "首次{signal}在{days}前"),
    "gap_mean": ("a {event} every {days} in the last {window}", "最近{window}平均每{days}一次{signal}"),
    "gap_std": (
        "the time between {events} in the last {window} varies by {days}",
        "最近{window}{signal}间隔波动{days}",
    ),
    "share": ("{signal}: {percent} of all events in the last {window}", "最近{window}{signal}占全部事件的{percent}"),
    "part_share": ("{part}: {percent} of {whole} in the last {window}", "最近{window}{part}占{whole}的{percent}"),
    "trend": (
        "{signal} in the last {window} at {ratio} times the rate of the last {longer}",
        "最近{window}{signal}的速率为最近{longer}的{ratio}倍",
    ),
    "sessions": ("{n} sessions with {events} in the last {window}", "最近{window}有{n}次会话含{signal}"),
    "streak": ("{event} on {days} in a row", "连续{n}天有{signal}"),
    "decay": ("{signal} of {amount}, halved every {window}", "{signal}{amount}（每{window}减半）"),
    "last_2": ("latest {signal} but one in the last {window}: {amount}", "最近{window}内倒数第二次{signal}为{amount}"),
    "last_3": ("latest {signal} but two in the last {window}: {amount}", "最近{window}内倒数第三次{signal}为{amount}"),
    "days_to_second": ("second {event} {days} after the first", "第二次{signal}在首次之后{days}"),
    "days_to_third": ("third {event} {days} after the first", "第三次{signal}在首次之后{days}"),
    "attribute": ("{signal}: {value}", "{signal}：{value}"),
    "trigger": ("{signal} of this event: {value}", "本次事件的{signal}：{value}"),
}

_SPECIAL: dict[str, tuple[str, str]] = {
    "count zero": ("no {events} in the last {window}", "最近{window}没有{signal}"),
    "sum zero": ("no {signal} in the last {window}", "最近{window}没有{signal}"),
    "active_days zero": ("no {event} in the last {window}", "最近{window}没有{signal}"),
    "distinct zero": ("no {events} in the last {window}", "最近{window}没有{signal}"),
    "trend zero": ("no {signal} in the last {window}, but before", "最近{window}没有{signal}，此前有"),
    "share zero": ("no {events} in the last {window}", "最近{window}没有{signal}"),
    "part_share zero": ("no {part} in {whole} in the last {window}", "最近{window}的{whole}中没有{part}"),
    "sessions zero": ("no {events} in the last {window}", "最近{window}没有{signal}"),
    "streak zero": ("no {event} today or yesterday", "今天和昨天都没有{signal}"),
    "decay zero": ("no {signal} ever", "从未有{signal}"),
    "last_2 missing": ("fewer than two {signal} values in the last {window}", "最近{window}{signal}不足两笔"),
    "last_3 missing": ("fewer than three {signal} values in the last {window}", "最近{window}{signal}不足三笔"),
    "days_to_second missing": ("no second {event} yet", "还没有第二次{signal}"),
    "days_to_third missing": ("no third {event} yet", "还没有第三次{signal}"),
    "days_since_last recent": ("{event} less than a day ago", "不到1天前有{signal}"),
    "days_since_first recent": ("first {event} less than a day ago", "首次{signal}在不到1天前"),
    "days_since_last missing": ("no {event} ever", "从未有{signal}"),
    "days_since_first missing": ("first {event} unknown", "首次{signal}时间未知"),
    "gap_mean missing": ("fewer than two {events} in the last {window}", "最近{window}{signal}不足两次"),
    "gap_std missing": ("fewer than three {events} in the last {window}", "最近{window}{signal}不足三次"),
    "std missing": ("fewer than two {signal} values in the last {window}", "最近{window}{signal}不足两笔"),
    "share missing": ("no events at all in the last {window}", "最近{window}没有任何事件"),
    "part_share missing": ("no {whole} in the last {window}", "最近{window}没有{whole}"),
    "trend missing": ("no {signal} in the last {longer}", "最近{longer}没有{signal}"),
    "attribute missing": ("{signal} unknown", "{signal}未知"),
    "trigger missing": ("{signal} of this event unknown", "本次事件的{signal}未知"),
    "age_unknown": ("the first {event} is on record", "首次{signal}有记录"),
    "age_unknown one": ("the first {event} may be older than the log", "首次{signal}可能早于日志"),
    "missing": ("no {signal} in the last {window}", "最近{window}没有{signal}"),
}


def unit(about: Wording) -> str:
    """What one of the feature is: days, events, a share; for amounts, the signal itself."""
    if about.role == "history" and about.aggregate in _UNITS:
        return _UNITS[about.aggregate]
    return {"category": "category", "flag": "flag"}.get(about.type, _name(about, "en"))


_DIGITS = {"gap_mean": 1, "gap_std": 1, "days_to_second": 1, "days_to_third": 1, "trend": 2, "share": 3}
"""Digits that sentences without an amount show; of a share, which is shown in percent, one more."""

_AMOUNT, _HOLE = "{amount}", "\0"


def sentence(about: Wording, language: Language) -> str:
    """The feature's definition; "before" is before the cutoff."""
    return _filled(_DEFINITIONS[_kind(about)], language, _words(about, language))


def say(about: Wording, value: float, language: Language) -> str:
    """What the value means, as a reason would put it; NaN is missing."""
    kind = _kind(about)
    special = _SPECIAL.get(f"{kind} {_state(about, value)}" if _state(about, value) else kind)
    if special is None:
        special = _SPECIAL["missing"] if math.isnan(value) else _SAYINGS[kind]
    return _filled(special, language, {**_words(about, language), **_numbers(about, value, language)})


def digits(about: Wording) -> int:
    """How many digits after the point a sentence shows of a value at most, so that finer differences change no word."""
    if about.role != "history":
        return about.decimals if about.type == "number" else 0
    return _DIGITS.get(about.aggregate, 0) if around(about, "en") is None else about.decimals


def around(about: Wording, language: Language) -> tuple[str, str] | None:
    """What `say` puts before and after an amount above zero; None where its sentence holds no amount.

    >>> spend = Wording("history", "sum", ("spend", "消费"), (604_800,), None, "number", 2, ())
    >>> around(spend, "en"), say(spend, 1234.5, "en")
    (('spend of ', ' in the last 7 days'), 'spend of 1,234.50 in the last 7 days')
    """
    texts = _SAYINGS.get(_kind(about))
    if texts is None or _AMOUNT not in texts[0]:
        return None
    before, after = _filled(texts, language, {**_words(about, language), "amount": _HOLE}).split(_HOLE)
    return before, after


def _kind(about: Wording) -> str:
    if about.role != "history":
        return about.role
    return "part_share" if about.aggregate == "share" and about.part else about.aggregate


def _state(about: Wording, value: float) -> str:
    """The state in which a value may be said in words of its own; empty when there is none."""
    if math.isnan(value):
        return "missing"
    if about.aggregate == "age_unknown":
        return "one" if value else ""
    if value == 0 and not about.aggregate.startswith("days_since"):
        return "zero"
    return "recent" if about.aggregate.startswith("days_since") and value < 1 else ""


def _filled(texts: tuple[str, str], language: Language, words: dict[str, str]) -> str:
    return texts[language == "zh"].format_map(words)


def _words(about: Wording, language: Language) -> dict[str, str]:
    name = _name(about, language)
    part = _part(about.part, language) if about.part else ""
    around = {"en": f" ({part})", "zh": f"（{part}）"}[language] if part else ""
    longer, window = (*about.windows[::-1], 0, 0)[:2] if len(about.windows) > 1 else (0, *about.windows, 0)[:2]
    return {
        "signal": name + around,
        "events": name + around,
        "event": (singular(name) if language == "en" else name) + around,
        "part": part,
        "whole": name,
        "window": span(window, language),
        "longer": span(longer, language),
    }


def _numbers(about: Wording, value: float, language: Language) -> dict[str, str]:
    if math.isnan(value):
        return {}
    name = _name(about, "en")
    days = int(value) if about.aggregate.startswith("days_since") else value
    return {
        "n": f"{value:,.0f}",
        "times": _times(name, value, _words(about, "en")),
        "counted": singular(name) if value == 1 else name,
        "amount": f"{value:,.{about.decimals}f}",
        "days": counted_days(days, language),
        "percent": f"{100 * value:.0f}%" if abs(value) >= 0.1 else f"{100 * value:.1f}%",
        "ratio": f"{value:.2f}",
        "value": _value(about, value, language),
    }


def _times(name: str, value: float, words: dict[str, str]) -> str:
    """Words in the plural are counted, others happen so many times."""
    if singular(name) != name:
        return f"{value:,.0f} {words['event' if value == 1 else 'events']}"
    return f"{words['signal']} {'once' if value == 1 else f'{value:,.0f} times'}"


def _value(about: Wording, value: float, language: Language) -> str:
    if about.type == "flag":
        return {"en": ("no", "yes"), "zh": ("否", "是")}[language][value != 0]
    if about.type == "category":
        other = {"en": "another value", "zh": "其他"}[language]
        return about.texts[int(value) - 1] if 1 <= value <= len(about.texts) else other
    return f"{value:,.{about.decimals}f}"


def _part(part: tuple[str, str | None], language: Language) -> str:
    name, value = _plain(part[0]), part[1]
    if language == "zh":
        return f"其他{name}" if value is None else f"{name} {value}"
    return f"other {name}" if value is None else f"{name} {value}"


def _name(about: Wording, language: Language) -> str:
    return _plain(about.labels[language == "zh"])


def _plain(name: str) -> str:
    return name.replace("_", " ")
