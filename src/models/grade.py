"""How much better than the best rule a model is, in a letter and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from .bootstrap import Gain, Interval
from .choice import Choice
from .forms import said_of_rule

__all__ = ["DEVIANCE", "PRECISION", "Grade", "Letter", "What", "grade"]

Letter = Literal["A", "B", "C", "rule", "unproven"]

_TENTH = 0.10

_Sentence = Letter | Literal["disputed", "outweighed"]

_EN: dict[_Sentence, str] = {
    "A": "Clearly better than the best rule ({rule}): {range} {what}.",
    "B": "Better than the best rule ({rule}): {range} {what}.",
    "C": "Probably better than the best rule ({rule}), but luck is not ruled out: {range} {what}.",
    "rule": "No better than the best rule ({rule}): {range} {what}. {used}",
    "unproven": "Not proven: {positives} outcomes in the test are too few to tell it from the best rule ({rule}).",
    "disputed": "Not proven: {range} {what} than the best rule ({rule}) on the test, yet {together} {more} than "
    "{chosen} over the forward folds and the test together. The model is used.",
    "outweighed": "Not better in the long run: {range} {what} than the best rule ({rule}) on the test, but {together} "
    "{more} than {chosen} over the forward folds and the test together. {used}",
}
_ZH: dict[_Sentence, str] = {
    "A": "明显优于最佳规则（{rule}）：{what} {range}。",
    "B": "优于最佳规则（{rule}）：{what} {range}。",
    "C": "很可能优于最佳规则（{rule}），但不能排除偶然：{what} {range}。",
    "rule": "不优于最佳规则（{rule}）：{what} {range}。{used}",
    "unproven": "尚未证实：测试期仅有 {positives} 个结果，不足以与最佳规则（{rule}）区分。",
    "disputed": "尚未证实：测试期较最佳规则（{rule}）{what} {range}，"
    "但前向各折与测试期合计较{chosen}{more} {together}，故使用模型。",
    "outweighed": "长期并不更优：测试期较最佳规则（{rule}）{what} {range}，"
    "但前向各折与测试期合计较{chosen}{more} {together}。{used}",
}


class What(NamedTuple):
    """What a gain is of, and whether it is more or less of it, in English and Chinese."""

    names: tuple[str, str]
    more: tuple[str, str]


PRECISION = What(("more average precision", "平均精度相对提升"), ("more", "提升"))
DEVIANCE = What(("less deviance", "偏差相对减少"), ("less", "减少"))


@dataclass(frozen=True)
class Grade:
    """The letter, and what it means for people in English and Chinese."""

    letter: Letter
    en: str
    zh: str


def grade(gain: Gain, positives: int, choice: Choice, what: What = PRECISION) -> Grade:
    """A if the gain is surely at least a tenth, B if surely above 0, C if likely above 0, else `rule`.

    Args:
        gain: over the best rule of the test, with its 95 % interval.
        positives: outcomes in the test; where these are too few to tell, the grade is `unproven`.
        choice: which of model and rule is published. A model that is published although the test does not favour it is
            `unproven`, one that is not published is no better than the `rule`.
        what: what the gain is of.
    """
    letter: Letter = _letter(gain) if choice.is_proven else "unproven"
    sentence: _Sentence = letter
    if choice.is_proven and choice.is_model is (letter == "rule"):
        letter, sentence = ("unproven", "disputed") if choice.is_model else ("rule", "outweighed")
    texts = []
    for at, (sentences, told) in enumerate(zip((_EN, _ZH), _used(gain.rule, choice.rule), strict=True)):
        named = {"rule": said_of_rule(gain.rule)[at], "chosen": said_of_rule(choice.rule)[at], "used": told}
        ranges = {
            "range": _range(gain.interval, at),
            "together": _range(choice.together, at),
            "what": what.names[at],
            "more": what.more[at],
        }
        texts.append(sentences[sentence].format(positives=positives, **named, **ranges))
    return Grade(letter, *texts)


def _range(interval: Interval, language: int) -> str:
    value, low, high = (_signed(one) for one in interval)
    return (f"{value} ({low} to {high})", f"{value}（{low} 至 {high}）")[language]


def _used(best: str, rule: str) -> tuple[str, str]:
    """What the sentence says of the rule that is used, in English and Chinese."""
    if rule == best:
        return "The rule is used.", "改用该规则。"
    en, zh = said_of_rule(rule)
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
