"""How much better than the best rule a model is, in a letter and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .bootstrap import Gain

__all__ = ["Grade", "Letter", "grade"]

Letter = Literal["A", "B", "C", "rule", "unproven"]

_TENTH = 0.10

_EN: dict[Letter, str] = {
    "A": "Clearly better than the best rule ({rule}): {range} {what}.",
    "B": "Better than the best rule ({rule}): {range} {what}.",
    "C": "Probably better than the best rule ({rule}), but luck is not ruled out: {range} {what}.",
    "rule": "No better than the best rule ({rule}): {range} {what}. {used}",
    "unproven": "Not proven: {positives} outcomes in the test are too few to tell it from the best rule ({rule}).",
}
_ZH: dict[Letter, str] = {
    "A": "明显优于最佳规则（{rule}）：{what} {range}。",
    "B": "优于最佳规则（{rule}）：{what} {range}。",
    "C": "很可能优于最佳规则（{rule}），但不能排除偶然：{what} {range}。",
    "rule": "不优于最佳规则（{rule}）：{what} {range}。{used}",
    "unproven": "尚未证实：测试期仅有 {positives} 个结果，不足以与最佳规则（{rule}）区分。",
}
_WHAT = ("more average precision", "平均精度相对提升")
_RULES = {
    "recency": ("recency", "最近一次"),
    "frequency": ("frequency", "频次"),
    "rfm": ("RFM regression", "RFM 回归"),
    "persistence": ("the same as before", "与此前相同"),
}


@dataclass(frozen=True)
class Grade:
    """The letter, and what it means for people in English and Chinese."""

    letter: Letter
    en: str
    zh: str


def grade(
    gain: Gain, positives: int, *, is_proven: bool, used: str | None = None, what: tuple[str, str] = _WHAT
) -> Grade:
    """A if the gain is surely at least a tenth, B if surely above 0, C if likely above 0, else `rule`.

    Args:
        gain: over the best rule, with its 95 % interval.
        positives: outcomes in the test.
        is_proven: whether the test is large enough to tell; if not, the grade is `unproven`.
        what: what the gain is of, in English and Chinese.
        used: the rule that is used where the model does not win, chosen before the test; the best one when left out.
    """
    letter = _letter(gain) if is_proven else "unproven"
    value, low, high = (_signed(one) for one in gain.interval)
    en, zh = _RULES.get(gain.rule, (gain.rule, gain.rule))
    used_en, used_zh = _used(gain.rule, used or gain.rule)
    return Grade(
        letter,
        _EN[letter].format(
            rule=en, range=f"{value} ({low} to {high})", used=used_en, positives=positives, what=what[0]
        ),
        _ZH[letter].format(
            rule=zh, range=f"{value}（{low} 至 {high}）", used=used_zh, positives=positives, what=what[1]
        ),
    )


def _used(best: str, rule: str) -> tuple[str, str]:
    """What the sentence says of the rule that is used, in English and Chinese."""
    if rule == best:
        return "The rule is used.", "改用该规则。"
    en, zh = _RULES.get(rule, (rule, rule))
    return f"The rule that was best before the test, {en}, is used.", f"改用测试前最佳的规则：{zh}。"


def _signed(share: float) -> str:
    """The share in percent with its sign, and none where it rounds to nothing."""
    text = f"{share:+.0%}"
    return "0%" if text in {"+0%", "-0%"} else text


def _letter(gain: Gain) -> Letter:
    value, low, _ = gain.interval
    if low >= _TENTH:
        return "A"
    if low > 0:
        return "B"
    return "C" if value > 0 else "rule"
