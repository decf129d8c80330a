# ruff: noqa: E501 - whole sentences, one a line
from pathlib import Path

import numpy as np
import pytest

from limner.models.alarms import Outcomes, alarms_of
from limner.project import load
from tests.project.shop import SHOP, changed, mistakes

VISITS = "visits: {event_type: purchase}"
SPEND = "spend: {event_type: purchase, value: amount}"
LAPSE = "target: {absent: purchase, horizon: 28d}"
ANSWER = "target: {event_type: purchase, same: department, horizon: 7d}"
TRIGGER = "cutoffs: {on: mailed, known: [cost]}"
COHORT = "cohort: {event_type: purchase, within: 28d}"
EVERY = "cutoffs: {every: 28d}"
BY = "department: {signal: spend, aggregate: share, windows: [28d]}"
CLASSES = "classes: {fond: spend_department_toys_share_28d > 0.5, big: spend_sum_28d >= 500 and region = 'NORTH'}"
TABLE = "customers: {read: customers.csv, user_id: customer, columns: {region: category, age: number}}"
NAME = "is not a name; write small letters, digits and underscores, a letter first"

OF_THE_WHOLE = [
    ("store: data/shop", "store: s3://bucket/shop", 'store: "s3://bucket/shop" is not a folder; write one such as data/shop'),
    (
        "project: shop",
        "project: shop\nengine: {spark: {master: cluster}}",
        'engine.spark.master: "cluster" is not the address of a cluster; write it as in spark://host:7077',
    ),
    ("project: shop", "project: shop\nmax_staleness: 0d", "max_staleness: 0d is no length of time; write more than 0d, such as 28d"),
    ("project: shop", "project: shop\nretention: {tags: 0d}", "retention.tags: 0d is no length of time; write more than 0d, such as 28d"),
    ("project: shop", "project: shop\nretention: {manifests: -1d}", "retention.manifests: -1d is no length of time; write more than 0d, such as 28d"),
    ("project: shop", "project: shop\nretention: {readers: -1h}", "retention.readers: -1h is less than no time; write 0d or more, such as 1d"),
    ("project: shop", "project: shop\nretention: {runs: -1}", "retention.runs: -1: input should be greater than or equal to 0"),
    (
        "[too_good]",
        "[too_god]",
        'training.gate.accept_alarms[0]: there is no alarm "too_god" that stops a model; did you mean "too_good"?; '
        "allowed: one_property, only_positives, too_good, undated_attribute",
    ),
]  # fmt: skip
OF_SOURCES = [
    ("read: mailings.csv", 'read: ""', "sources.mailings.read: is empty; write a text"),
    ("customers: {read: customers.csv", "customers: {read: ''", "attributes.customers.read: is empty; write a text"),
    ("  mailings:\n", "  Mailings:\n", f'sources.Mailings: "Mailings" {NAME}'),
    ("event_time: sent_on", "event_time: sent_on\n    timezone: Asia/Shanghia", 'sources.mailings.timezone: "Asia/Shanghia" is not a time zone; did you mean "Asia/Shanghai"?; write an IANA name such as UTC or Asia/Shanghai'),
    ("event_time: sent_on", "event_time: sent_on\n    event_id: [a, b, a]", "sources.mailings.event_id[2]: a stands here twice; keep one of them"),
    ("online: {column: online, type: flag}", "online: {column: online, type: flag, round: true}", "sources.purchases.properties.online.round: a flag has no round; leave it out, or write type: number"),
    ("age: number}}", "age: number, bucket: flag}}", "attributes.customers.columns.bucket: bucket is a column of the store itself; take another name than bucket, source, user_id, valid_from"),
    ("age: number}}", "age: {type: flag, decimals: 1}}}", "attributes.customers.columns.age.decimals: a flag has no decimals; leave it out, or write type: number"),
    (TABLE, TABLE + "\n  more: {read: more.csv, user_id: customer, columns: {age: number}}", "tags.age.attribute: age is a column of attributes.customers and attributes.more; keep it in one of them"),
]  # fmt: skip
OF_FEATURES = [
    ("windows: [7d, 28d]", "windows: [28d, 7d]", "features.windows[1]: 7d stands behind the longer 28d; list short ones first"),
    ("windows: [7d, 28d]", "windows: [7d, 28d, 4w]", "features.windows[2]: 28d stands here twice; keep one of them"),
    ("windows: [7d, 28d]", "windows: [-1d, 7d, 28d]", "features.windows[0]: -1d is no length of time; write more than 0d, such as 28d"),
    ("windows: [7d, 28d]", "windows: [28d]", "features.aggregates.visits[2]: a trend needs two windows, a short and a long one; add one to features.windows"),
    ("windows: [28d]}", "windows: []}", "features.by.department.windows: is empty; list at least one look-back, such as 28d"),
    ("windows: [7d, 28d]", "windows: [7d, 28d]\n  burn_in: 0d", "features.burn_in: 0d is no length of time; write more than 0d, such as 28d"),
    (VISITS, "visits: {event_type: purchas}", 'features.signals.visits.event_type: no source has the event type "purchas"; did you mean "purchase"?; allowed: mailed, purchase'),
    (SPEND, "spend: {event_type: purchase, value: amont}", 'features.signals.spend.value: purchase has no property "amont"; did you mean "amount"?; allowed: amount, department, online'),
    (VISITS, "visits: {event_type: purchase, value: cost}", 'features.signals.visits.value: purchase has no property "cost"; allowed: amount, department, online'),
    (VISITS, "visits: {event_type: purchase, where: cost > 1}", 'features.signals.visits.where: the condition "cost > 1": there is no column cost; known are: amount, department, online'),
    (VISITS, 'visits: {event_type: purchase, where: "amount = \'x\'"}', "features.signals.visits.where: the condition \"amount = 'x'\": amount is a number and is compared with the category x"),
    ("letters: {", "Letters: {", f'features.signals.Letters: "Letters" {NAME}'),
    ("kinds: [distinct]", "kind: [count]", 'features.aggregates.kind: there is no signal "kind"; did you mean "kinds"?; allowed: kinds, letters, spend, visits'),
    ("kinds: [distinct]", "kinds: [distinct, distinct]", "features.aggregates.kinds[1]: distinct stands here twice; keep one of them"),
    ("kinds: [distinct]", "kinds: [max]", "features.aggregates.kinds[0]: max needs a number, and department of kinds is a category; allowed of it: distinct, count, active_days, days_since_last, days_since_first, gap_mean, gap_std, trend, share, sessions, streak, decay, days_to_second, days_to_third"),
    ("[sum, std, last]", "[sum, distinct]", "features.aggregates.spend[1]: distinct needs a category or flag, and amount of spend is a number; allowed of it: last, last_2, last_3, max, mean, min, std, sum, count, active_days, days_since_last, days_since_first, gap_mean, gap_std, trend, share, sessions, streak, decay, days_to_second, days_to_third"),
    ("[count, days_since_last, trend]", "[last]", "features.aggregates.visits[0]: last needs a signal with a value; write value: and a number in features.signals.visits; allowed: amount"),
    ("[region]", "[region, region]", "features.attributes[1]: region stands here twice; keep one of them"),
]  # fmt: skip
OF_OUTCOMES = [
    (COHORT, "cohort: {event_type: sale, within: 28d}", 'tags.lapse.cohort.event_type: no source has the event type "sale"; allowed: mailed, purchase'),
    (COHORT, "cohort: {event_type: purchase, within: 0d}", "tags.lapse.cohort.within: 0d is no length of time; write more than 0d, such as 28d"),
    (COHORT, "cohort: {event_type: purchase, where: amount}", 'tags.lapse.cohort.where: the condition "amount": amount is not true or false by itself; compare it with something'),
    (COHORT, "owner: retention", "tags.lapse.target.absent: an absence needs a cohort: who was there before; write cohort: {event_type: purchase, within: 56d}"),
    (LAPSE, "target: {absent: purchase, event_type: mailed, horizon: 28d}", "tags.lapse.target: needs either event_type or absent, and both are written; keep one"),
    (LAPSE, "target: {horizon: 28d}", "tags.lapse.target: needs either event_type or absent, and neither is written; keep one"),
    (LAPSE, "target: {absent: purchase, horizon: -1d}", "tags.lapse.target.horizon: -1d is no length of time; write more than 0d, such as 28d"),
    (LAPSE, "target: {absent: purchase, horizon: 28d, gap: -1h}", "tags.lapse.target.gap: -1h would look back before the cutoff; write 0d or more"),
    (LAPSE, "target: {absent: purchase, sum: amount, horizon: 28d}", "tags.lapse.target.sum: there is nothing to add up of an event that is absent; write at_least, the amount that the sum must reach"),
    (LAPSE, "target: {event_type: purchase, count: true, sum: amount, horizon: 28d}", "tags.lapse.target.sum: sum does not go with count; keep one"),
    (LAPSE, "target: {event_type: purchase, at_least: 5, horizon: 28d}", "tags.lapse.target.at_least: needs sum, the number property that is added up"),
    (LAPSE, "target: {event_type: purchase, sum: online, at_least: 5, horizon: 28d}", "tags.lapse.target.sum: online is a flag and must be a number; allowed: amount"),
    (LAPSE, "target: {absent: purchase, same: department, horizon: 28d}", "tags.lapse.target.same: same compares with a trigger event; write cutoffs: {on: …}, or leave it out"),
    (LAPSE, "target: {absent: purchase, where: x = 1, horizon: 28d}", 'tags.lapse.target.where: the condition "x = 1": there is no column x; known are: amount, department, online'),
    (EVERY, "cutoffs: {every: 28d, at: 2h}", "tags.lapse.cutoffs.at: at goes only with on, the event that makes the cutoff"),
    (EVERY, "cutoffs: {every: 28d, on: mailed}", "tags.lapse.cutoffs: needs either every (a calendar) or on (a trigger event), and both are written; keep one"),
    (EVERY, "cutoffs: {}", "tags.lapse.cutoffs: needs either every (a calendar) or on (a trigger event), and neither is written; keep one"),
    (EVERY, "cutoffs: {every: 0d}", "tags.lapse.cutoffs.every: 0d is no length of time; write more than 0d, such as 28d"),
    (ANSWER, "target: {event_type: purchase, same: cost, horizon: 7d}", "tags.answer.target.same: cost is a number and must be a category or flag; allowed: department"),
    (TRIGGER, "cutoffs: {on: maild}", 'tags.answer.cutoffs.on: no source has the event type "maild"; did you mean "mailed"?; allowed: mailed, purchase'),
    (TRIGGER, "cutoffs: {on: mailed, at: -1h}", "tags.answer.cutoffs.at: -1h would look back before the cutoff; write 0d or more"),
    (TRIGGER, "cutoffs: {on: mailed, known: [amount]}", 'tags.answer.cutoffs.known[0]: mailed has no property "amount"; allowed: cost, department'),
    (TRIGGER, "cutoffs: {on: mailed, known: [cost, cost]}", "tags.answer.cutoffs.known[1]: cost stands here twice; keep one of them"),
    (TRIGGER, "cutoffs: {on: mailed, where: online}", 'tags.answer.cutoffs.where: the condition "online": there is no column online; known are: cost, department'),
]  # fmt: skip
OF_TAGS = [
    ("  answer:\n", "  Answer:\n", f'tags.Answer: "Answer" {NAME}'),
    ("  class:\n", "  user_id:\n", "tags.user_id: its column user_id is already that of the users; give the tag another name"),
    ("  class:\n", "  lapse_tier:\n", "tags.lapse_tier: its column lapse_tier is already that of lapse; give the tag another name"),
    ("tiers: {high: 10%, low: 90%}", "tiers: {high: 10%, low: 80%}", "tags.lapse.tiers: the tiers add up to 90%; together they must hold everybody, 100%"),
    ("tiers: {high: 10%, low: 90%}", "tiers: {}", "tags.lapse.tiers: the tiers add up to 0%; together they must hold everybody, 100%"),
    ("tiers: {high: 10%, low: 90%}", "tiers: {high: 10%, low: 90%, none: 0%}", "tags.lapse.tiers.none: a band of 0% holds nobody; leave it out"),
    ("tiers: {high: 10%, low: 90%}", "tiers: {very high: 10%, low: 90%}", f'tags.lapse.tiers.very high: "very high" {NAME}'),
    (CLASSES, "classes: {}", "tags.class.classes: is empty; write at least one"),
    (CLASSES, "classes: {Big: spend_sum_28d > 5}", f'tags.class.classes.Big: "Big" {NAME}'),
    ("otherwise: other", "otherwise: all others", f'tags.class.otherwise: "all others" {NAME}'),
    (CLASSES, "classes: {big: region > 5}", 'tags.class.classes.big: the condition "region > 5": region is a category and is compared with the number 5'),
    (CLASSES, "classes: {big: spend_sum_28d > }", 'tags.class.classes.big: the condition "spend_sum_28d >": cannot be read near ">"'),
    ("attribute: age", "attribute: ages", 'tags.age.attribute: there is no attribute "ages"; did you mean "age"?; allowed: age, region'),
    (CLASSES, "classes: {big: a.b.c > 1}", 'tags.class.classes.big: the condition "a.b.c > 1": "a.b.c" is not allowed; allowed are = != < <= > >=, in (…), between, is null, and, or, not, over columns and literals'),
    (CLASSES, "classes: {big: age = 'x' or class = 'big'}", "tags.class: tags cannot rest on themselves: class rests on class"),
    (CLASSES, "classes: {big: m > 3}\n    scores: {m: {of: region}}", "tags.class.scores.m.of: region is a category; a score needs a number"),
    (CLASSES, "classes: {big: region = 'x'}\n    scores: {spend_sum_28d: {of: spend_sum_28d}}", "tags.class.scores.spend_sum_28d: spend_sum_28d is also the name of a feature; rename the score"),
    ("{kind: fact, attribute: age}", "{kind: fact, attribute: age, feature: region}", "tags.age: a fact shows one of attribute, feature, first, last, favourite; here stands attribute and feature"),
    (CLASSES, "classes: {big: spend_sum_28d > 1}\n    words: {bigg: {en: x}}", 'tags.class.words.bigg: there is no class "bigg"; did you mean "big"?; allowed: big, other'),
    ("attribute: age", "attribute: age, instead: class", "tags.age.instead: only a deprecated tag has one instead; write state: deprecated"),
    ("attribute: age", "attribute: age, state: deprecated, instead: age", 'tags.age.instead: there is no other tag "age"; allowed: answer, class, lapse'),
    ("attribute: age", "attribute: age, state: dead", 'tags.age.state: "dead" is not allowed here; allowed: draft, published or deprecated'),
    ("attribute: age", "first: {signal: visit}", 'tags.age.first.signal: there is no signal "visit"; did you mean "visits"?; allowed: kinds, letters, spend, visits'),
    ("attribute: age", "last: {signal: visits, show: cost}", 'tags.age.last.show: purchase has no property "cost"; allowed: amount, department, online'),
    ("attribute: age", "favourite: {signal: spend, property: amount}", "tags.age.favourite.property: amount is a number and must be a category or flag; allowed: department, online"),
    ("attribute: age", "favourite: {signal: spend, property: hour, within: 0d}", "tags.age.favourite.within: 0d is no length of time; write more than 0d, such as 28d"),
]  # fmt: skip
WITH_CONSEQUENCES = [
    ("cost: {column: cost, type: number}", "Cost: {column: cost, type: number}", f'sources.mailings.properties.Cost: "Cost" {NAME}'),
    ("cost: {column: cost", "amount: {column: cost, decimals: 3", "sources.mailings.properties.amount: is a number with 3 decimals here and a number with 2 decimals in sources.purchases; declare both alike, or give one of them another name"),
    ("age: number}}", "Age: number}}", f'attributes.customers.columns.Age: "Age" {NAME}'),
    (BY, "amount: {signal: spend}", "features.by.amount: amount is a number and must be a category; allowed: department"),
    (BY, "campaign: {signal: spend}", 'features.by.campaign: purchase has no property "campaign"; allowed: amount, department, online'),
    (BY, "department: {signal: spent}", 'features.by.department.signal: there is no signal "spent"; did you mean "spend"?; allowed: kinds, letters, spend, visits'),
    (BY, "department: {signal: visits, aggregate: sum}", "features.by.department.aggregate: sum needs a signal with a value; write value: and a number in features.signals.visits; allowed: amount"),
    ("[region]", "[regoin]", 'features.attributes[0]: there is no attribute "regoin"; did you mean "region"?; allowed: age, region'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), [*OF_THE_WHOLE, *OF_SOURCES, *OF_FEATURES, *OF_OUTCOMES, *OF_TAGS])
def test_one_mistake_is_one_sentence(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert mistakes(tmp_path, changed((old, new))) == [expected]


@pytest.mark.parametrize(("old", "new", "expected"), WITH_CONSEQUENCES)
def test_what_follows_from_a_mistake_is_told_behind_it(tmp_path: Path, old: str, new: str, expected: str) -> None:
    first, *others = mistakes(tmp_path, changed((old, new)))

    assert first == expected
    assert others


def test_a_feature_that_a_fact_shows_must_exist(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, changed(("attribute: age", "feature: spend_sum_29d")))

    assert found.startswith('tags.age.feature: there is no feature "spend_sum_29d"; did you mean "spend_sum_28d"?')


def test_a_column_that_a_tag_does_not_have_is_refused(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, changed((CLASSES, "classes: {big: lapse.teir = 'high'}")))

    assert "there is no column lapse.teir; did you mean lapse.tier?" in found


def test_rules_may_go_in_no_circle(tmp_path: Path) -> None:
    other = "age: {kind: rule, classes: {x: class = 'big'}}"
    text = changed((CLASSES, "classes: {big: age = 'x'}"), ("age: {kind: fact, attribute: age}", other))

    (found,) = mistakes(tmp_path, text)

    assert found in {
        "tags.class: tags cannot rest on themselves: class rests on age rests on class",
        "tags.age: tags cannot rest on themselves: age rests on class rests on age",
    }


def test_what_is_not_wrong_is_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)

    assert sorted(load(path).spec.tags) == ["age", "answer", "class", "lapse"]


def test_event_types_in_a_column_may_be_any(tmp_path: Path) -> None:
    text = changed(
        ("event_type: mailed\n", "event_type: {column: kind}\n"), (VISITS, "visits: {event_type: opened, value: cost}")
    )

    assert mistakes(tmp_path, text.replace("value: cost", "value: amount")) == [
        'features.signals.visits.value: opened has no property "amount"; allowed: cost, department'
    ]
    (tmp_path / "shop.yaml").write_text(text)
    assert load(tmp_path / "shop.yaml").spec.features.signals["visits"].event_type == "opened"


@pytest.mark.parametrize(
    "name", ["spend_department_toys_share_28d", "spend_department_other_share_28d", "spend_department_a_share_28d_2"]
)
def test_features_of_values_are_known_by_the_ends_of_their_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "shop.yaml").write_text(changed(("spend_department_toys_share_28d", name)))

    assert load(tmp_path / "shop.yaml")


@pytest.mark.parametrize(
    "name", ["spend_department_share_28d", "spend_department_toys_share_7d", "spend_department_toys_sum_28d"]
)
def test_other_names_are_not_features_of_values(tmp_path: Path, name: str) -> None:
    (found,) = mistakes(tmp_path, changed(("spend_department_toys_share_28d", name)))

    assert f'tags.class.classes.fond: the condition "{name} > 0.5": there is no column {name};' in found


def test_every_alarm_that_stops_a_model_can_be_accepted_and_no_other(tmp_path: Path) -> None:
    alarms = alarms_of(0.7, (0.9, 1.1), [], Outcomes(np.array([0, 1], np.int8), np.arange(2), np.full(2, 0.5)))
    names = ", ".join(sorted(alarm.name for alarm in alarms if alarm.is_leak))

    (found,) = mistakes(tmp_path, changed(("too_good", "none")))

    assert found.endswith(f"; allowed: {names}")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("segments: [reigon]", 'training.segments[0]: there is no feature "reigon"; did you mean "region"?'),
        ("monotone: {spendd: rising}", 'training.monotone.spendd: there is no feature "spendd"; did you mean "spend"?'),
    ],
)
def test_training_names_features_that_exist(tmp_path: Path, written: str, sentence: str) -> None:
    (found,) = mistakes(tmp_path, changed(("training: {", f"training: {{{written}, ")))

    assert sentence in found


@pytest.mark.parametrize(
    "text", ["(" * 3000 + "online" + ")" * 3000, " or ".join(["online"] * 3000)], ids=["deep", "long"]
)
def test_conditions_beyond_measure_are_refused(tmp_path: Path, text: str) -> None:
    (found,) = mistakes(tmp_path, changed((VISITS, f"visits: {{event_type: purchase, where: {text}}}")))

    assert found.endswith("where: the condition is too long or too deep; write it with in (…), or in parts")


def test_no_feature_at_all_is_refused(tmp_path: Path) -> None:
    start, end = SHOP.index("  aggregates:"), SHOP.index("training:")
    text = SHOP[:start] + "  aggregates: {}\n" + SHOP[end:].replace(CLASSES, "classes: {all: 'true'}")

    assert mistakes(tmp_path, text) == [
        "features.aggregates: no feature is made; write what is computed of a signal: visits: [count]"
    ]


@pytest.mark.parametrize(
    "text",
    ["(" * 3000 + "spend_sum_28d > 1" + ")" * 3000, " or ".join(["spend_sum_28d > 1"] * 3000)],
    ids=["deep", "long"],
)
def test_conditions_of_classes_beyond_measure_are_refused(tmp_path: Path, text: str) -> None:
    (found,) = mistakes(tmp_path, changed((CLASSES, f"classes: {{big: {text}}}")))

    assert found.startswith("tags.class.classes.big: the condition is too long or too deep")
