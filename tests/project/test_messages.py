# ruff: noqa: E501 - whole sentences, one a line
from pathlib import Path

import pytest

from tests.project.shop import changed, mistakes, refusal

WINDOW = """\
shop.yaml: 1 mistake
shop.yaml:25:17 features.windows[1]: "28dd" is not a duration; write a number and s, m, h, d or w, such as 7d
   25 |   windows: [7d, 28dd]
      |                 ^"""

KEY = """\
shop.yaml: 1 mistake
shop.yaml:43:5 tags.lapse.tagret: unknown key "tagret"; did you mean "target"?; allowed: cohort, cutoffs, description, \
holdout, instead, kind, owner, purpose, state, target, tiers, title, valid_for
   43 |     tagret: {absent: purchase, horizon: 28d}
      |     ^"""

EVENT = """\
shop.yaml: 1 mistake
shop.yaml:27:26 features.signals.visits.event_type: no source has the event type "purchas"; did you mean "purchase"?; \
allowed: mailed, purchase
   27 |     visits: {event_type: purchas}
      |                          ^"""

CHINESE = """\
shop.yaml: 1 mistake
shop.yaml:54:37 tags.age.attribute: there is no attribute "aged"; did you mean "age"?; allowed: age, region
   54 |   age: {title: {zh: 年龄}, attribute: aged, kind: fact}
      |                                       ^"""

MISSING = """\
shop.yaml: 2 mistakes
shop.yaml:43:5 tags.lapse.target.horizon: the key "horizon" is missing
   43 |     target: {absent: purchase}
      |     ^
shop.yaml:54:8 tags.age: a fact shows one of attribute, feature, first, last, favourite; here stands none of them
   54 |   age: {kind: fact, attribute: }
      |        ^"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("windows: [7d, 28d]", "windows: [7d, 28dd]")], WINDOW),
        ([("    target: {absent", "    tagret: {absent")], KEY),
        ([("visits: {event_type: purchase}", "visits: {event_type: purchas}")], EVENT),
        ([("{kind: fact, attribute: age}", "{title: {zh: 年龄}, attribute: aged, kind: fact}")], CHINESE),
        ([("{absent: purchase, horizon: 28d}", "{absent: purchase}"), ("attribute: age", "attribute: ")], MISSING),
    ],
    ids=["duration", "key", "event", "chinese", "missing"],
)
def test_a_mistake_is_shown_where_it_stands(tmp_path: Path, changes: list[tuple[str, str]], expected: str) -> None:
    assert refusal(tmp_path, changed(*changes)) == expected


EIGHT = [
    ("clock: wall", "clock: sun", 'clock: "sun" is not allowed here; allowed: wall or log'),
    ("bought_at", "[bought_at]", "sources.purchases.event_time: ['bought_at'] is not a text"),
    ("type: flag", "type: bool", 'sources.purchases.properties.online.type: "bool" is not allowed here; '
     "allowed: number, category or flag"),
    ("28d]\n", "28dd]\n", 'features.windows[1]: "28dd" is not a duration; write a number and s, m, h, d or w, such as 7d'),
    ("[sum, std, last]", "[sum, median]", 'features.aggregates.spend[1]: "median" is not allowed here; allowed: count, '
     "sum, mean, min, max, std, last, distinct, active_days, days_since_last, days_since_first, gap_mean, gap_std, "
     "trend, share, sessions, streak, decay, last_2, last_3, days_to_second or days_to_third"),
    ("training: {", "training: {trials: 0, ", "training.trials: 0: input should be greater than or equal to 1"),
    ("high: 10%", "high: 110%", 'tags.lapse.tiers.high: "110%" is not a share; write a percentage such as 5% or a '
     "number from 0 to 1"),
    ("kind: fact", "kind: facts", 'tags.age: "facts" is not a kind of tag; allowed: predictive, rule, fact'),
]  # fmt: skip


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = changed(("project: shop", "project: shop\nclock: wall"))
    for old, new, _ in EIGHT:
        assert text.count(old) == 1
        text = text.replace(old, new)

    assert mistakes(tmp_path, text) == [expected for _, _, expected in EIGHT]


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ("project: shop", "projekt: shop", "project"),
        ("    read: mailings.csv", "    raed: mailings.csv", "read"),
        ("accept_alarms:", "accept_alarm:", "accept_alarms"),
        ("cutoffs: {every:", "cutoffs: {evry:", "every"),
        ("event_type: mailed\n", "event_type: {colum: kind}\n", "column"),
    ],
)
def test_a_misspelt_key_is_one_mistake_with_the_nearest_that_is_allowed(
    tmp_path: Path, old: str, new: str, near: str
) -> None:
    (found,) = mistakes(tmp_path, changed((old, new)))

    assert f'; did you mean "{near}"?; allowed: ' in found


def test_a_key_that_resembles_nothing_is_told_what_is_allowed(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, changed(("training: {", "training: {colour: red, ")))

    assert (
        found
        == 'training.colour: unknown key "colour"; allowed: bootstraps, folds, gate, minutes, monotone, seed, segments, selection, threads, trials'
    )


def test_two_keys_alike_are_two_mistakes(tmp_path: Path) -> None:
    found = mistakes(tmp_path, changed(("training: {", "training: {seeed: 1, sseed: 2, ")))

    assert [line.split(":")[0] for line in found] == ["training.seeed", "training.sseed"]


@pytest.mark.parametrize("key", ["trials", "folds", "seed"])
def test_a_flag_is_no_number(tmp_path: Path, key: str) -> None:
    assert mistakes(tmp_path, changed(("training: {", f"training: {{{key}: true, "))) == [
        f"training.{key}: true is not a number"
    ]


@pytest.mark.parametrize("amount", [".nan", "nan", ".inf", "1e999"])
def test_amounts_are_finite(tmp_path: Path, amount: str) -> None:
    text = changed(
        ("{absent: purchase, horizon: 28d}", f"{{event_type: purchase, sum: amount, at_least: {amount}, horizon: 7d}}")
    )

    (found,) = mistakes(tmp_path, text)

    assert found == f'tags.lapse.target.at_least: "{amount}" is not a number'


def test_a_long_line_is_shown_around_the_spot(tmp_path: Path) -> None:
    before, after = (", ".join(f"{letter}{number}: flag" for number in range(100)) for letter in "ab")
    text = changed(("region: category", f"region: category, {before}, z: colour, {after}"))

    _, _, line, caret = refusal(tmp_path, text).splitlines()

    assert len(line) < 180
    assert line[caret.index("^") :].startswith("colour")
