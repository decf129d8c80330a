from dataclasses import replace

import pytest

from limner.cli.show import render_portrait
from limner.tags.change import Change
from limner.tags.declared import Said
from tests.cli.samples import HELD, PORTRAIT, lines, recording


def test_a_portrait_in_english() -> None:
    out = recording()

    render_portrait(PORTRAIT, out)

    assert lines(out) == [
        "User 2375",
        "In the log since 2017-01-03, last seen on 2017-10-31. 1,204 events: purchase (1,200),",
        "campaign_mailed (4).",
        "",
        "Will stay away for 28 days  lapse_28d",
        "  62 % chance, top 3 % of 2,301 users, tier high",
        "    +  no purchase for 62 days",
        "    −  2 mailings in the last 28 days",
        "  as of 2018-01-01, valid until 2018-01-15, model version 3",
        "",
        "Not tagged",
        "  Household size  household_size of this user is not known",
        "",
        "+ raises the chance or the amount, − lowers it; the strongest reason comes first.",
    ]


def test_a_portrait_in_chinese() -> None:
    out = recording()

    render_portrait(PORTRAIT, out, "zh")

    assert lines(out)[4:10] == [
        "28天内不再购买  lapse_28d",
        "  可能性 62%，在 2,301 名用户中位列前 3%，分层：高",
        "    +  已62天没有purchases",
        "    −  最近28天mailings2次",
        "  截至 2018-01-01，有效至 2018-01-15，模型版本 3",
        "",
    ]


def test_what_must_not_be_used_says_so() -> None:
    old = replace(HELD, is_expired=True, backfilled=True, eligible=False, why_not="no consent")
    out = recording(120)

    render_portrait(replace(PORTRAIT, tags=(old,)), out)

    assert lines(out)[7] == (
        "  as of 2018-01-01, expired on 2018-01-15: do not use it, model version 3, filled in afterwards, "
        "not to be used: no"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change("2017-12-25T00:00:00Z", 0.4, Said("“a” is new", "“a”是新的")), "higher than on 2017-12-25: “a” is new"),
        (Change("2017-12-25T00:00:00Z", -0.4, None), "lower than on 2017-12-25"),
        (Change("2017-12-25T00:00:00Z", 0.0, None), "as on 2017-12-25"),
    ],
)
def test_a_score_that_moved_says_why(change: Change, told: str) -> None:
    out = recording()

    render_portrait(replace(PORTRAIT, tags=(replace(HELD, change=change),)), out)

    assert lines(out)[8] == f"  {told}"


def test_a_class_is_a_word_and_a_fact_is_itself() -> None:
    rule = replace(HELD, kind="rule", value="big_spender", probability=None, reasons=())
    fact = replace(rule, kind="fact", value="50_74K")
    out = recording()

    render_portrait(replace(PORTRAIT, tags=(rule, fact), lacks=()), out)

    assert "  big spender" in lines(out)
    assert "  50_74K" in lines(out)
    assert "raises" not in lines(out)[-1]


def test_a_user_without_events_has_a_portrait() -> None:
    out = recording()

    render_portrait(replace(PORTRAIT, known_since=None, last_event=None, events={}), out)

    assert lines(out)[1] == "The log has no event of this user."


def test_a_class_says_why() -> None:
    rule = replace(HELD, kind="rule", value="sure_thing", probability=None, because=Said("Will buy anyway", "会购买"))
    out = recording()

    render_portrait(replace(PORTRAIT, tags=(rule,)), out, "zh")

    assert [line.strip() for line in lines(out)[5:7]] == ["无需推动", "会购买"]


@pytest.mark.parametrize(
    ("frozen", "told"),
    [("medium", ", tier high, medium at the training"), ("high", ", tier high"), (None, ", tier high")],
)
def test_a_frozen_tier_is_told_where_it_is_another(frozen: str | None, told: str) -> None:
    out = recording()

    render_portrait(replace(PORTRAIT, tags=(replace(HELD, frozen_tier=frozen),)), out)

    assert lines(out)[5].endswith(told)
