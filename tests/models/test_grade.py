import re

import pytest

from limner.models.bootstrap import Gain, Interval
from limner.models.choice import Choice
from limner.models.grade import DEVIANCE, Grade, grade

BEHIND, AHEAD = Interval(-0.1, -0.2, 0.1), Interval(0.1, 0.01, 0.2)


def chosen(rule: str, together: Interval, test: Interval = BEHIND) -> Choice:
    return Choice(rule, together, test, together, is_proven=True)


def graded(interval: Interval, rule: str = "recency") -> Grade:
    return grade(Gain(rule, interval), 500, chosen(rule, interval, interval))


@pytest.mark.parametrize(
    ("interval", "letter"),
    [
        (Interval(0.30, 0.10, 0.5), "A"),
        (Interval(0.30, 0.099, 0.5), "B"),
        (Interval(0.05, 0.001, 0.1), "B"),
        (Interval(0.05, 0.0, 0.1), "C"),
        (Interval(0.05, -0.2, 0.1), "C"),
        (Interval(0.0, -0.2, 0.1), "rule"),
        (Interval(-0.1, -0.2, 0.0), "rule"),
        (Interval(float("nan"), float("nan"), float("nan")), "rule"),
    ],
)
def test_letters(interval: Interval, letter: str) -> None:
    unproven = Choice("recency", interval, interval, interval, is_proven=False)

    assert graded(interval).letter == letter
    assert grade(Gain("recency", interval), 99, unproven).letter == "unproven"


def test_sentences_name_the_rule_and_the_range() -> None:
    found = graded(Interval(0.23, 0.118, 0.36))

    assert found.en == "Clearly better than the best rule (recency): +23% (+12% to +36%) more average precision."
    assert found.zh == "明显优于最佳规则（最近一次）：平均精度相对提升 +23%（+12% 至 +36%）。"


def test_an_unproven_model_says_how_few_outcomes_there_were() -> None:
    gain = Interval(0.5, 0.2, 0.9)

    found = grade(Gain("recency", gain), 41, Choice("recency", gain, gain, gain, is_proven=False))

    assert "41 outcomes" in found.en
    assert "41 个结果" in found.zh


@pytest.mark.parametrize(
    ("rule", "en", "zh"),
    [
        ("recency", "The rule is used.", "改用该规则。"),
        ("rfm", "before the test, RFM regression, is used.", "最佳的规则：RFM 回归。"),
    ],
)
def test_the_sentence_names_the_rule_that_is_used(rule: str, en: str, zh: str) -> None:
    found = grade(Gain("recency", BEHIND), 500, chosen(rule, BEHIND))

    assert found.en.endswith(en)
    assert found.zh.endswith(zh)


@pytest.mark.parametrize(
    ("test", "together", "letter", "sentence"),
    [
        (AHEAD, AHEAD, "B", "Better than the best rule"),
        (BEHIND, AHEAD, "unproven", r"RFM regression\) on the test, yet \+10% .* than recency over"),
        (AHEAD, BEHIND, "rule", r"on the test, but -10% \(-20% to \+10%\) more than recency over .* recency, is used"),
    ],
)
def test_the_letter_agrees_with_what_is_published(
    test: Interval, together: Interval, letter: str, sentence: str
) -> None:
    found = grade(Gain("rfm", test), 500, chosen("recency", together, test))

    assert found.letter == letter
    assert re.search(sentence, found.en)
    assert "{" not in found.zh


def test_what_rounds_to_nothing_has_no_sign() -> None:
    found = graded(Interval(-0.001, -0.04, 0.004), "rfm")

    assert "(RFM regression): 0% (-4% to 0%) more" in found.en


def test_amounts_are_told_by_the_deviance_that_is_saved() -> None:
    found = grade(Gain("bgnbd", BEHIND), 500, chosen("rfm", AHEAD), DEVIANCE)

    assert "less deviance than the best rule (BG/NBD) on the test, yet +10% (+1% to +20%) less than RFM" in found.en
    assert "偏差相对减少" in found.zh
