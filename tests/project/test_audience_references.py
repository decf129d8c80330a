# ruff: noqa: E501 - whole sentences, one a line
from pathlib import Path

import pytest

from limner.project import load
from tests.project.shop import SHOP, mistakes, refusal

AUDIENCES = """\
audiences:
  listed: {users: {read: s.csv, user_id: who}}
  at_risk: {where: "lapse.tier = 'high'", holdout: {share: 10%, salt: old}, suppress: [listed], sink: crm}
  others: {where: "not audience('at_risk') and age > 30", holdout: 5%}
sinks: {crm: {kind: csv, path: out.csv}}
"""
TWO = "has both where and users; keep one"

WRONG = [
    ("lapse.tier = 'high'", "lapse.tier = 'hgih'", "audiences.at_risk.where: the condition \"lapse.tier = 'hgih'\": lapse.tier is never 'hgih'; did you mean high?; it is one of: high, low"),
    ("age > 30", "age > '30'", "audiences.others.where: the condition \"not audience('at_risk') and age > '30'\": age is a number and is compared with '30'; write 30"),
    ("audience('at_risk')", "audience('at_rsik')", "audiences.others.where: the condition \"not audience('at_rsik') and age > 30\": there is no audience at_rsik; did you mean at_risk?; the project has: listed, at_risk, others"),
    ("users: {read: s.csv, user_id: who}", "title: {en: A}", "audiences.listed: holds nobody; write where or users"),
    ("users: {", 'where: "age > 1", users: {', f"audiences.listed: {TWO}"),
    ("user_id: who", 'user_id: ""', "audiences.listed.users.user_id: is empty; write a text"),
    ("[listed]", "[listed, lised]", 'audiences.at_risk.suppress[1]: there is no audience "lised"; did you mean "listed"?; allowed: at_risk, listed, others'),
    ("[listed]", "[listed, listed]", "audiences.at_risk.suppress[1]: listed stands here twice; keep one of them"),
    ("[listed]", "[at_risk]", "audiences.at_risk: rests on itself: at_risk -> at_risk; take it out of one of them"),
    ("holdout: 5%", "holdout: 150%", 'audiences.others.holdout: "150%" is not a share; write a percentage such as 5% or a number from 0 to 1'),
    ("holdout: 5%", "holdout: 0%", "audiences.others.holdout: a holdout of 0% leaves nobody alone; leave it out"),
    ("share: 10%", "share: 100%", "audiences.at_risk.holdout.share: a holdout of 100% leaves everybody alone; write less"),
    ("salt: old", 'slat: old', 'audiences.at_risk.holdout.slat: unknown key "slat"; did you mean "salt"?; allowed: salt, share'),
    ("salt: old", 'salt: "a:b"', 'audiences.at_risk.holdout.salt: "a:b" is not a salt; write letters, digits and . _ - without blanks'),
    ("  others:", "  Others:", 'audiences.Others: "Others" is not a name; write small letters, digits and underscores, a letter first'),
]  # fmt: skip


def test_audiences_that_fit_are_read(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP + AUDIENCES)

    found = load(tmp_path / "shop.yaml").spec.audiences

    assert list(found) == ["listed", "at_risk", "others"]
    assert (found["at_risk"].sink, found["at_risk"].suppress) == ("crm", ("listed",))
    assert str(found["others"].holdout) == "5%"


@pytest.mark.parametrize(("old", "new", "told"), WRONG)
def test_what_an_audience_says_wrong_is_said(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert AUDIENCES.count(old) == 1

    assert mistakes(tmp_path, SHOP + AUDIENCES.replace(old, new)) == [told]


def test_a_circle_is_told_where_each_of_it_stands(tmp_path: Path) -> None:
    text = AUDIENCES.replace("[listed]", "[others]")

    assert mistakes(tmp_path, SHOP + text) == [
        "audiences.at_risk: rests on itself: at_risk -> others -> at_risk; take it out of one of them",
        "audiences.others: rests on itself: others -> at_risk -> others; take it out of one of them",
    ]


def test_a_mistake_in_a_condition_has_a_caret(tmp_path: Path) -> None:
    told = refusal(tmp_path, SHOP + AUDIENCES.replace("age > 30", "ago > 30")).splitlines()

    assert told[1].startswith("shop.yaml:58:19 audiences.others.where: ")
    assert told[3].index("^") == told[2].index('"not audience')


def test_a_holdout_of_a_tag_changes_nothing_of_what_it_says(tmp_path: Path) -> None:
    hashes = []
    for more in ("", "    holdout: 5%\n"):
        path = tmp_path / "shop.yaml"
        path.write_text(SHOP.replace("    cutoffs: {every: 28d}\n", "    cutoffs: {every: 28d}\n" + more))
        hashes.append(load(path).definition_hash("lapse"))

    assert hashes[0] == hashes[1]


def test_a_holdout_of_a_tag_is_checked(tmp_path: Path) -> None:
    text = SHOP.replace("    cutoffs: {every: 28d}\n", "    cutoffs: {every: 28d}\n    holdout: {share: 0}\n")

    assert mistakes(tmp_path, text) == ["tags.lapse.holdout.share: a holdout of 0% leaves nobody alone; leave it out"]
