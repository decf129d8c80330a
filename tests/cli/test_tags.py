from dataclasses import replace
from typing import Literal

import pytest

from limner.cli.shapes import bars
from limner.cli.tags import render_catalogue
from limner.features.wording import Language
from limner.tags.catalogue import Band
from limner.tags.declared import Said
from tests.cli.samples import LAPSE, SIZE, lines, recording


def test_the_catalogue_at_80_columns() -> None:
    out = recording(80)

    render_catalogue([LAPSE, SIZE], out)

    assert lines(out) == [
        "2 tags, 2,469 users in the log",
        "",
        "Tag             Kind              Users  Grade  State",
        "lapse_28d       prediction  2,301  93 %  B      until 2018-01-15",
        "household_size  fact                            never scored",
        "",
        "Will stay away for 28 days  lapse_28d",
        "  A household that bought lately buys nothing in the next 28 days.",
        "  Who       users with the event purchase in the 56 days before",
        "  Outcome   no event purchase within 28 days",
        "  Quality   Grade B. Better than the best rule (frequency): +5% (+2% to +9%)",
        "            more average precision.",
        "  Model     version 3, gradient-boosted trees, trained on outcomes until",
        "            2017-12-31",
        "  Recipe    enough people: gradient boosting, searched widely",
        "  Covers    2,301 of 2,469 users (93 %) as of 2018-01-01",
        "  Expected  8.3 % on average: the outcome for about 191 of 2,301 users",
        "  Shares    high    ██                          230  10 %",
        "            medium  █████                       460  20 %",
        "            low     █████████████████         1,611  70 %",
        "  Version   definition 000000000000, as of 2018-01-01",
        "  Owner     retention; for marketing",
        "",
        "Household size  household_size",
        "  Attribute  household_size, as the source tells it",
        "  Version    definition 111111111111",
        "  Owner      nobody yet; for marketing",
    ]


def test_the_catalogue_in_chinese_is_chinese() -> None:
    out = recording()

    render_catalogue([LAPSE, SIZE], out, "zh")

    assert lines(out)[2:5] == [
        "标签            类型       用户数  等级  状态",
        "lapse_28d       预测  2,301   93%  B     有效至 2018-01-15",
        "household_size  事实                     尚未打分",
    ]
    assert "  分布    高  ██                          230  10%" in lines(out)
    own = ("lapse_28d", "household_size", "purchase", "retention", "frequency", " B")
    left = "".join(lines(out))
    for word in own:
        left = left.replace(word, "")
    assert [letter for letter in left if letter.isascii() and letter.isalpha()] == []


@pytest.mark.parametrize(("width", "lang"), [(60, "en"), (80, "zh"), (100, "en")])
def test_no_line_is_wider_than_the_screen(width: int, lang: Language) -> None:
    long = replace(LAPSE, tag="a_tag_with_a_name_that_is_longer_than_anybody_would_ever_want_it_to_be")
    out = recording(width)

    render_catalogue([long, SIZE], out, lang)

    assert max(len(line) for line in lines(out)[2:5]) <= width
    assert "2018-01-15" in lines(out)[3]


def test_a_narrow_screen_keeps_the_names_of_the_tags() -> None:
    out = recording(40)

    render_catalogue([LAPSE, SIZE], out, "en")

    assert [line.split()[0] for line in lines(out)[2:5]] == ["Tag", LAPSE.tag, SIZE.tag]
    assert "2018-01-15" in lines(out)[3]


def test_on_a_narrow_screen_bars_give_way_to_numbers() -> None:
    out = recording(54)

    out.print(bars([("a name of 24 characters.", 1_023, 0.44, "44 %")], out))

    assert lines(out) == ["a name of 24 characters.  █████         1,023  44 %"]


def test_an_expired_tag_and_a_note_are_told() -> None:
    out = recording()

    render_catalogue([replace(LAPSE, status="expired", notes=(Said("score again", "请重新打分"),))], out)

    assert "expired 2018-01-15" in lines(out)[3]
    assert "  Note      score again" in lines(out)


def test_brackets_of_a_project_are_no_markup() -> None:
    out = recording()

    render_catalogue([replace(LAPSE, title=Said("[red]gone[/red] [/]", ""))], out)

    assert "[red]gone[/red] [/]  lapse_28d" in lines(out)


def test_a_project_without_tags_has_an_empty_catalogue() -> None:
    out = recording()

    render_catalogue([], out)

    assert lines(out) == ["0 tags, 0 users in the log"]


@pytest.mark.parametrize(
    ("state", "told"), [("draft", "draft, never scored"), ("deprecated", "deprecated, never scored")]
)
def test_a_tag_that_is_not_published_says_so(state: Literal["draft", "deprecated"], told: str) -> None:
    out = recording()

    render_catalogue([replace(SIZE, state=state)], out)

    assert lines(out)[3].endswith(f"{state}, never scored")


def test_frozen_tiers_stand_beside_the_tiers_of_the_run() -> None:
    rows = replace(LAPSE.rows, frozen=(Band("high", 300, 0.13), Band("low", 2_001, 0.87))) if LAPSE.rows else None
    out = recording()

    render_catalogue([replace(LAPSE, rows=rows)], out)

    assert "  Frozen    high 13 %, low 87 %" in lines(out)


def test_no_tag_covers_more_than_everybody() -> None:
    assert replace(LAPSE, users_in_log=10).coverage == 1.0
