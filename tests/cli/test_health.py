from limner.cli.health import render_health
from limner.tags.declared import Said
from limner.tags.health import Health, HealthPart
from tests.cli.samples import lines, recording

LAPSE = Health(
    tag="lapse",
    title=Said("Will stay away", "即将流失"),
    points=62,
    parts=(
        HealthPart("coverage", 100, 0.9, Said("90 % of all users have it", "90% 的用户拥有该标签")),
        HealthPart("stability", None, None, Said("it was written once", "只打过一次分")),
        HealthPart("use", 0, 0.0, Said("no rule mentions it", "没有规则使用它")),
    ),
    proposal=Said("retire it", "请下线"),
)
NEW = Health("new", Said("new", "new"), None)


def test_every_tag_has_a_line_and_every_part_a_sentence() -> None:
    out = recording()

    render_health([LAPSE, NEW], out)

    assert lines(out) == [
        "Tag    Health  Coverage  Freshness  Stability  Use  Gain",
        "lapse      62       100          ·          ·    0     ·",
        "new         ·         ·          ·          ·    ·     ·",
        "",
        "Will stay away  lapse",
        "  Coverage   100  90 % of all users have it",
        "  Stability    ·  it was written once",
        "  Use          0  no rule mentions it",
        "  Proposal   retire it",
        "",
        "new",
        "  Health  never scored",
        "",
        "Health is the mean of its parts, each from 0 to 100; · where there is nothing to judge.",
    ]


def test_in_chinese_it_is_chinese() -> None:
    out = recording()

    render_health([LAPSE], out, "zh")

    assert "  覆盖  100  90% 的用户拥有该标签" in lines(out)
    assert lines(out)[0].split() == ["标签", "健康度", "覆盖", "新鲜", "稳定", "使用", "增益"]


def test_a_long_name_folds_where_there_is_no_room() -> None:
    out = recording(60)

    render_health([Health("a_tag_that_everybody_likes", Said("it", "它"), 90)], out)

    assert "".join(line.split()[0] for line in lines(out)[1:4]) == "a_tag_that_everybody_likes"
