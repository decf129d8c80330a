from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from limner.engines.store import Store
from limner.errors import SpecError
from limner.tags.audience import compiled, count
from limner.tags.audience.condition import members_text
from limner.tags.audience.population import Population, everybody
from limner.tags.audience.vocabulary import Vocabulary
from tests.tags.audience.oracle import CONDITIONS, Told
from tests.tags.audience.town import NOW, TAGS, Row, present, town

SHOP = town(
    good={"where": "rfm in ('champion', 'loyal')"},
    at_risk={"where": "churn.tier = 'high' and audience('good')", "suppress": ["big"]},
    big={"where": "size = '5+'"},
)


Matched = Callable[[Told], list[str]]


def matching(store: Store, text: str) -> list[str]:
    condition = compiled(SHOP, text)
    with everybody(SHOP, store, NOW, [condition]) as population:
        found = population.rows(f"SELECT user_id FROM everybody WHERE {condition.sql} ORDER BY 1", condition)
    return [user for (user,) in found]


@pytest.fixture(scope="module")
def population(store: Store) -> Iterator[Population]:
    vocabulary = Vocabulary(SHOP.spec)
    columns = [column for tag in TAGS for column in vocabulary.parts(tag).values()]
    with everybody(SHOP, store, NOW, [], columns) as found:
        yield found


@pytest.fixture(scope="module")
def matched(rows: dict[str, Row]) -> Matched:
    return lambda told: [user for user, row in rows.items() if told.truth(row) is True]


@given(told=CONDITIONS)
@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_condition_matches_whom_plain_python_finds(told: Told, population: Population, matched: Matched) -> None:
    condition = compiled(SHOP, told.text)

    found = population.rows(f"SELECT user_id FROM everybody WHERE {condition.sql} ORDER BY 1", condition)

    assert [user for (user,) in found] == matched(told)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("churn.probability between 0.2 and 0.5", "churn.probability >= 0.2 and churn.probability <= 0.5"),
        ("churn.tier not in ('high', 'low')", "not (churn.tier = 'high' or churn.tier = 'low')"),
        ("'high' = churn.tier", "churn.tier = 'high'"),
        ("0.5 > churn.probability", "churn.probability < 0.5"),
        ("vip", "vip = true"),
        ("churn is not null", "not churn.tier is null"),
        ("churn.tier <> 'high' -- a remark", "churn.tier != 'high'"),
        ("audience('good')", "rfm in ('champion', 'loyal')"),
        ("audience('at_risk')", "churn.tier = 'high' and audience('good') and not audience('big')"),
    ],
)
def test_two_ways_to_say_the_same(text: str, same: str, store: Store) -> None:
    assert matching(store, text) == matching(store, same) != []


def test_an_audience_is_never_unknown(store: Store, rows: dict[str, Row]) -> None:
    known = {user for user, row in rows.items() if present(row, "rfm") in {"champion", "loyal"}}

    assert matching(store, "not audience('good')") == [user for user in rows if user not in known]
    assert matching(store, "not audience('good')") != matching(store, "not rfm in ('champion', 'loyal')")


@pytest.mark.parametrize("text", ["churn.tier = 'high'", "not churn.tier = 'high'", "churn.score < 9 or vip"])
def test_nobody_matches_by_a_value_that_has_expired(text: str, store: Store) -> None:
    assert count(SHOP, store, text, NOW + 500).users == 0
    assert count(SHOP, store, text, NOW).users > 0
    assert count(SHOP, store, "churn is null", NOW + 500).users == 200


def test_a_tag_that_was_never_scored_is_lacking(store: Store) -> None:
    assert count(SHOP, store, "later is null", NOW).users == 200
    assert count(SHOP, store, "not later = '1'", NOW).users == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not one condition"),
        ("churn.tier = 'high'; drop table everybody", "is not one condition"),
        ("churn.tier = ", "cannot be read"),
        ("chrun.tier = 'high'", "there is no tag chrun; did you mean churn?"),
        ('rfm = "loyal"', "\"loyal\" is no tag; a text stands in single quotes: 'loyal'"),
        ("rfm = ‘loyal’", "‘loyal’ is no tag; a text stands in single quotes: 'loyal'"),
        ("rfm = loyal", "loyal is no tag; a text stands in single quotes: 'loyal'"),
        ("rfm = 'loyal", "cannot be read to its end; is a quote not closed?"),
        ("churn.teir = 'high'", "churn has no teir; did you mean tier?; it has: score, probability, percentile, tier"),
        ("churn.tier = 'hihg'", "churn.tier is never 'hihg'; did you mean high?; it is one of: high, medium, low"),
        ("rfm in ('loyal', 'champoin')", "rfm is never 'champoin'; did you mean champion?"),
        ("churn = 'high'", "churn is a prediction, of which one part is compared; write churn.tier"),
        ("rfm.tier = 'high'", "rfm is a rule and has no tier; write rfm alone"),
        ("churn.tier", "churn.tier is not true or false by itself"),
        ("churn.tier > 'high'", "churn.tier is a text, which has no order"),
        ("size = 2", "size is a text and is compared with 2; write '2'"),
        ("credit > '100'", "credit is a number and is compared with '100'; write 100"),
        ("vip = 'true'", "vip is true or false and is compared with 'true'"),
        ("churn.probability >= 30", "churn.probability lies between 0 and 1 and is compared with 30"),
        ("churn.percentile between 90 and 101", "churn.percentile lies between 0 and 100"),
        ("credit < 1e30", "1e30 is no number that a tag can have"),
        ("credit < 0.0000000001", "is no number that a tag can have"),
        ("churn.score > buy.score", "one side must be a literal"),
        ("1 = 1", "two literals are compared; one side must be a tag"),
        ("audience('godo')", "there is no audience godo; did you mean good?"),
        ("audience(good)", "is not allowed"),
        ("audience('good', 'big')", "is not allowed"),
        ("user_id = 'u001'", "there is no tag user_id"),
        ("everybody.user_id = 'u001'", "there is no tag everybody"),
        ("a.b.c = 1", '"a.b.c" is not allowed'),
        ("true", "is not allowed"),
        ("churn.tier like 'h%'", "is not allowed"),
        ("upper(rfm) = 'LOYAL'", "is not allowed"),
        ("churn.tier in (select 'high')", "is not allowed"),
        ("exists (select 1)", "is not allowed"),
        ("churn.tier in ()", "is not allowed"),
        ("churn.tier is true", "is not allowed"),
        ("credit + 1 > 2", "is not allowed"),
        ("credit::text = '1'", "is not allowed"),
        ("credit > $1", "is not allowed"),
        ("case when vip then true else false end", "is not allowed"),
        ("credit between symmetric 5 and 1", "is not allowed"),
        ("read_csv('/etc/passwd') is null", "is not allowed"),
        ("(" * 3_000 + "vip" + ")" * 3_000, "is nested too deeply"),
        ("not " * 2_000 + "vip", "is nested too deeply"),
        ("not " * 60 + "vip", "is nested too deeply; at most 40 levels"),
        ("vip or " * 2_000 + "vip", "has 14,003 characters; at most 10,000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        compiled(SHOP, text)

    assert told in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("value", ["o'clock", "'; drop table everybody; --", '"', "$p0", "%s", "\\", "x\n--"])
def test_literals_are_bound_and_never_part_of_the_query(value: str, store: Store) -> None:
    escaped = value.replace("'", "''")
    condition = compiled(SHOP, f"size = '{escaped}'")

    assert condition.parameters == {"p0": value}
    assert condition.sql == '("size" = $p0)'
    assert count(SHOP, store, condition.text, NOW).users == 0


def test_the_database_that_answers_reaches_no_other_file(store: Store) -> None:
    with everybody(SHOP, store, NOW, []) as population:
        for query in ("SELECT * FROM read_text('/etc/hostname')", "SET enable_external_access = true", "ATTACH 'x.db'"):
            with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
                population.con.execute(query)


@pytest.mark.parametrize(
    ("audiences", "circle"),
    [
        ({"a": {"where": "audience('a')"}}, "a -> a"),
        ({"a": {"where": "vip and not audience('b')"}, "b": {"where": "vip", "suppress": ["a"]}}, "a -> b -> a"),
    ],
)
def test_audiences_that_rest_on_themselves_are_refused(audiences: dict[str, Any], circle: str) -> None:
    with pytest.raises(SpecError, match=f"leads in a circle: {circle}"):
        compiled(town(**audiences), members_text("a"))


def test_audiences_that_double_each_other_end_in_a_sentence() -> None:
    doubled: dict[str, Any] = {
        f"a{n}": {"where": f"audience('a{n - 1}') or not audience('a{n - 1}')"} for n in range(1, 40)
    }

    with pytest.raises(SpecError, match="more than 2,000 comparisons"):
        compiled(town(a0={"where": "vip"}, **doubled), members_text("a39"))


def test_a_condition_tells_what_it_reads() -> None:
    condition = compiled(SHOP, "buy.tier = 'high' and audience('at_risk') and buy.score > 0")

    assert condition.tags == ("buy", "churn", "rfm", "size")
    assert [column.name for column in condition.columns] == ["buy_tier", "churn_tier", "rfm", "size", "buy_score"]
