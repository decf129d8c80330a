import pytest

from limner.tags.change import Change, change_between

WHEN = "2018-01-01T00:00:00Z"
GROUPS = {"buys_7d": "buys", "buys_84d": "buys", "mails": "mails"}

Reason = dict[str, object]


def reason(feature: str, contribution: float, en: str = "") -> Reason:
    return {"feature": feature, "contribution": contribution, "en": en or feature, "zh": en or feature}


def told(by: float, then: list[Reason], now: list[Reason]) -> str | None:
    said = change_between(WHEN, by, then, now, GROUPS).said
    return None if said is None else said.en


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [(0.5, 0.9, "more"), (-0.9, -0.5, "less"), (0.5, 0.4, None)],
)
def test_a_reason_that_was_told_twice_moved_by_the_difference(then: float, now: float, expected: str | None) -> None:
    found = told(0.3, [reason("mails", then)], [reason("mails", now)])

    assert found == (None if expected is None else f"“mails” counts for {expected} than then")


def test_a_group_says_what_it_says_now_and_what_it_said_then() -> None:
    found = told(1.0, [reason("buys_84d", -1.0, "bought 9 times")], [reason("buys_7d", -0.1, "bought once")])

    assert found == "“bought once” instead of “bought 9 times”"


def test_of_several_the_one_that_moved_furthest_the_same_way_is_told() -> None:
    then = [reason("a", 0.5), reason("b", 0.5), reason("c", 2.0)]
    now = [reason("a", 0.6), reason("b", 0.9), reason("c", 0.1)]

    assert told(0.5, then, now) == "“b” counts for more than then"
    assert told(-0.5, then, now) == "“c” counts for less than then"


def test_a_new_reason_counts_only_for_what_it_surely_moved() -> None:
    then = [reason("a", 1.0), reason("b", 0.5)]

    assert told(0.5, then, [reason("a", 1.2), reason("c", 0.8)]) == "“c” is new among the strongest reasons"
    assert told(0.5, then, [reason("a", 1.2), reason("c", 0.6)]) == "“a” counts for more than then"


def test_a_reason_that_is_gone_moved_the_other_way() -> None:
    then = [reason("a", -2.0), reason("b", 0.5)]

    assert told(0.5, then, [reason("b", 0.5)]) == "“a” is no longer among the strongest reasons"


@pytest.mark.parametrize(
    ("then", "now"), [([], []), ([], [reason("a", 3.0)]), ([reason("a", 1.0)], [reason("b", 0.9)])]
)
def test_what_the_reasons_do_not_show_is_not_claimed(then: list[Reason], now: list[Reason]) -> None:
    assert change_between(WHEN, 0.5, then, now, GROUPS) == Change(WHEN, 0.5, None)


def test_a_change_is_plain_json() -> None:
    found = change_between(WHEN, 0.5, [reason("a", 1.0)], [reason("a", 2.0)], {})

    assert found.as_dict() == {
        "since": WHEN,
        "by": 0.5,
        "said": {"en": "“a” counts for more than then", "zh": "“a”的影响比当时更大"},
    }
