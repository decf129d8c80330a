"""How numbers, instants and names stand on a page, in English and Chinese."""

from __future__ import annotations

import math
from datetime import date
from typing import get_args

from ..features.wording import Language
from ..project.web_spec import Role
from ..tags.declared import Said

__all__ = ["GRADES", "ROLES", "Tongue", "language_of"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = {
    "very_high": "很高",
    "high": "高",
    "medium": "中",
    "low": "低",
    "very_low": "很低",
    "marketing": "营销",
    "predictive": "预测",
    "value": "数额",
    "rule": "规则",
    "fact": "事实",
}
"""Names that many projects use; all others are the project's own and stand as they are."""

GRADES = {
    "A": (Said("Strong", "很强"), Said("Clearly better than any simple rule.", "明显优于任何简单规则。")),
    "B": (Said("Good", "良好"), Said("Better than any simple rule.", "优于任何简单规则。")),
    "C": (
        Said("Fair", "尚可"),
        Said("Probably better than a simple rule, though luck is not ruled out.", "很可能优于简单规则，但不排除偶然。"),
    ),
    "rule": (
        Said("Simple rule", "简单规则"),
        Said("A simple rule did just as well, so the simple rule is used.", "简单规则效果相当，因此采用简单规则。"),
    ),
    "unproven": (
        Said("Not proven yet", "尚未证实"),
        Said("Too few outcomes so far to judge it.", "目前结果太少，无法评判。"),
    ),
}
"""The quality of a prediction in a word and in a sentence, by its grade."""

ROLES: dict[Role, Said] = {
    "viewer": Said("viewer", "查看者"),
    "marketer": Said("marketer", "营销人员"),
    "admin": Said("admin", "管理员"),
}


class Tongue:
    """A language, and how one speaks in it."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang
        self.is_chinese = lang == "zh"

    def __call__(self, en: str, zh: str, **words: object) -> str:
        """The text in this language, its words filled in."""
        text = zh if self.is_chinese else en
        return text.format(**words) if words else text

    def said(self, said: tuple[str, str]) -> str:
        """What is said in both languages, in this one."""
        return said[self.is_chinese]

    def count(self, n: float) -> str:
        """A number of things.

        >>> Tongue("en").count(2469)
        '2,469'
        """
        return f"{n:,.0f}"

    def of_hundred(self, share: float) -> str:
        """A share as people count: so many of a hundred, or of a thousand where it is rare.

        >>> [Tongue("en").of_hundred(one) for one in (0.312, 0.0043, 0.0, 0.00001, 0.9999)]
        ['31 of 100', '4 of 1,000', '0 of 100', 'fewer than 1 of 1,000', 'more than 99 of 100']
        >>> Tongue("zh").of_hundred(0.312)
        '每 100 人中 31 人'
        """
        if 0 < share < 0.0005:
            return self("fewer than 1 of 1,000", "每 1,000 人中不足 1 人")
        if 0.995 <= share < 1:
            return self("more than 99 of 100", "每 100 人中超过 99 人")
        whole = 1000 if 0 < share < 0.0095 else 100
        return self("{n} of {whole}", "每 {whole} 人中 {n} 人", n=round(share * whole), whole=f"{whole:,}")

    def percent(self, share: float, digits: int = 0) -> str:
        """A part of a whole in percent, as the language writes it.

        >>> Tongue("en").percent(0.123), Tongue("zh").percent(0.123, 1)
        ('12 %', '12.3%')
        """
        written = f"{100 * share:.{digits}f}"
        return f"{written}%" if self.is_chinese else f"{written} %"

    def times(self, ratio: float) -> str:
        """How many times as much.

        >>> Tongue("en").times(3.47)
        '3.5 ×'
        """
        return f"{ratio:.1f} ×"

    def rank(self, percentile: float, n: int) -> str:
        """Where a percentile, of which 100 is the best, stands among n.

        >>> Tongue("en").rank(97.5, 1000), Tongue("zh").rank(3.0, 1000)
        ('top 3 % of 1,000', '1,000 人中后 3%')
        """
        top = 100.0 - percentile + 100.0 / max(n, 1)
        is_top = top <= 50
        whole = min(max(math.ceil(round(top if is_top else percentile, 6)), 1), 100) / 100
        words = {"share": self.percent(whole), "n": f"{n:,}"}
        if is_top:
            return self("top {share} of {n}", "{n} 人中前 {share}", **words)
        return self("bottom {share} of {n}", "{n} 人中后 {share}", **words)

    def day(self, instant: str) -> str:
        """The day of an instant.

        >>> Tongue("en").day("2018-01-01T04:01:21Z"), Tongue("zh").day("2018-01-01")
        ('1 Jan 2018', '2018年1月1日')
        """
        found = date.fromisoformat(instant[:10])
        if self.is_chinese:
            return f"{found.year}年{found.month}月{found.day}日"
        return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"

    def moment(self, instant: str) -> str:
        """The day and the time of an instant, in UTC.

        >>> Tongue("en").moment("2018-01-01T04:01:21Z")
        '1 Jan 2018, 04:01'
        """
        return self("{day}, {time}", "{day} {time}", day=self.day(instant), time=instant[11:16])

    def span(self, seconds: float) -> str:
        """How long something took.

        >>> [Tongue("en").span(one) for one in (0.4, 72, 7300)]
        ['under a second', '72 seconds', '2 hours']
        """
        if seconds < 1:
            return self("under a second", "不到 1 秒")
        sizes = ((3600, "hours", "小时", 2), (60, "minutes", "分钟", 2), (1, "seconds", "秒", 0))
        size, en, zh, _ = next(one for one in sizes if seconds >= one[0] * max(one[3], 1))
        n = round(seconds / size)
        return self("{n} {unit}", "{n} {unit}", n=n, unit=self(en.removesuffix("s") if n == 1 else en, zh))

    def name(self, name: str) -> str:
        """A tier, class, purpose or event as people read it.

        >>> Tongue("en").name("very_high"), Tongue("zh").name("very_high")
        ('very high', '很高')
        """
        plain = name.replace("_", " ")
        return _NAMES.get(name, plain) if self.is_chinese else plain


def language_of(chosen: str | None, accepted: str) -> Language:
    """The language to speak: the one that was chosen, else the first that a browser accepts, else English.

    >>> language_of(None, "fr;q=0.9, zh-CN;q=0.8, en;q=0.3"), language_of("en", "zh"), language_of("xx", "")
    ('zh', 'en', 'en')
    """
    known: tuple[Language, ...] = get_args(Language)
    wanted = [one for one in known if one == chosen]
    asked = sorted((_quality(part) for part in accepted.split(",")), key=lambda one: -one[1])
    wanted += [one for name, quality in asked if quality > 0 for one in known if name.startswith(one)]
    return wanted[0] if wanted else "en"


def _quality(part: str) -> tuple[str, float]:
    name, _, rest = part.strip().lower().partition(";q=")
    try:
        return name, float(rest) if rest else 1.0
    except ValueError:
        return name, 0.0
