from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from limner.engines.store import Store
from limner.errors import RefusedError, StaleError
from limner.events.log import EventLog, LogFacts
from limner.features.bucket import Stream
from limner.features.plan import AttributeSource, Feature, Plan, Signal
from limner.pipeline.present import now_of
from limner.pipeline.readiness import chosen_instant, require_attributes, require_fresh, require_properties
from limner.project.spec import ProjectSpec
from limner.quantities import Duration
from limner.timeline import DAY, FixedClock

from .shop import Shop

LOG_END = 100 * DAY
FACTS = LogFacts(
    buckets=1,
    starts_at=10 * DAY,
    watermarks={"shop": LOG_END, "mails": LOG_END - DAY},
    event_types={"shop": ("buy", "visit"), "mails": ("mail",)},
    ranks={},
    properties={},
    rows=1,
    users=1,
)
POINTS = AttributeSource("people", "points", "number", 2, is_dated=False)


def log(store: Store | None = None) -> EventLog:
    return EventLog(store or Store.__new__(Store), 0, FACTS)


def spend(where: str | None = None) -> Plan:
    feature = Feature("spend_sum_7d", "history", "spend", "sum", "spend", (7 * DAY,), decimals=2)
    return Plan((feature,), {"spend": Signal(Stream("buy", where), "amount", "number", 2)}, known_since=0)


def points(source: AttributeSource = POINTS) -> Plan:
    feature = Feature("points", "attribute", "points", "last", "points", type=source.type, decimals=source.decimals)
    return Plan((feature,), {}, known_since=0, attributes={"points": source})


def spec(properties: Mapping[str, Any]) -> ProjectSpec:
    source = {"read": "x.csv", "event_type": "buy", "user_id": "who", "event_time": "when", "properties": properties}
    features = {"windows": ["7d"], "signals": {"buys": {"event_type": "buy"}}, "aggregates": {}}
    return ProjectSpec.model_validate(
        {"version": 1, "project": "p", "store": "s", "sources": {"shop": source}, "features": features}
    )


@pytest.mark.parametrize(("clock", "expected"), [("log", LOG_END + 1), ("wall", 7)])
def test_now_is_by_the_projects_clock(clock: str, expected: int) -> None:
    told = spec({}).model_copy(update={"clock": clock})

    assert now_of(told, log(), FixedClock(7)) == expected


@pytest.mark.parametrize(("as_of", "expected"), [(None, LOG_END), (LOG_END, LOG_END), (10 * DAY + 1, 10 * DAY + 1)])
def test_an_instant_within_the_log_is_taken(as_of: int | None, expected: int) -> None:
    assert chosen_instant(as_of, LOG_END, log()) == expected


@pytest.mark.parametrize(
    ("as_of", "now", "sentence"),
    [
        (LOG_END + 1, LOG_END, "--as-of 1970-04-11T00:00:01Z lies in the future; it is 1970-04-11T00:00:00Z"),
        (10 * DAY, LOG_END, "nothing is known of anybody yet; the log starts at 1970-01-11T00:00:00Z"),
        (-1, LOG_END, "nothing is known of anybody yet"),
        (None, 10 * DAY, "nothing is known of anybody yet"),
    ],
)
def test_an_instant_outside_it_is_refused(as_of: int | None, now: int, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        chosen_instant(as_of, now, log())


@pytest.mark.parametrize(
    ("read", "as_of"),
    [
        ({"buy"}, LOG_END + 3 * DAY),
        ({"mail"}, LOG_END + 2 * DAY),
        ({"buy", "mail"}, LOG_END - 50 * DAY),
        ({"never seen"}, LOG_END + 90 * DAY),
        (set(), LOG_END + 90 * DAY),
    ],
)
def test_a_source_that_reaches_close_enough_is_fresh(read: set[str], as_of: int) -> None:
    require_fresh(log(), read, as_of, Duration(3 * DAY))


@pytest.mark.parametrize(
    ("read", "as_of", "source"),
    [({"buy"}, LOG_END + 3 * DAY + 1, "shop"), ({"mail", "buy"}, LOG_END + 2 * DAY + 1, "mails")],
)
def test_a_source_a_second_too_far_behind_is_stale(read: set[str], as_of: int, source: str) -> None:
    with pytest.raises(StaleError, match=f"source {source} ends at .* more than 3d .max_staleness. before"):
        require_fresh(log(), read, as_of, Duration(3 * DAY))


def test_properties_that_are_delivered_pass() -> None:
    number, category = {"column": "a", "type": "number"}, {"column": "s", "type": "category"}

    require_properties(spend("shelf = 'dairy'"), spec({"amount": number, "shelf": category}))


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({}, "the property amount, which no source of the project delivers any more"),
        ({"amount": "flag"}, "reads the property amount as a number, but the project declares it a flag"),
        ({"amount": "number"}, "chooses events by what .* declares no more: .* there is no column shelf"),
        ({"amount": "number", "shelf": "number"}, "shelf is a number and is compared with the category dairy"),
    ],
)
def test_properties_that_are_gone_or_became_something_else_are_refused(
    properties: dict[str, str], sentence: str
) -> None:
    declared = {name: {"column": name, "type": type_} for name, type_ in properties.items()}

    with pytest.raises(RefusedError, match=sentence):
        require_properties(spend("shelf = 'dairy'"), spec(declared))


@pytest.mark.parametrize(
    ("declared", "passes"), [("category", True), ("flag", False), ("number", False), (None, False)]
)
def test_a_property_of_the_trigger_must_be_what_it_was(declared: str | None, passes: bool) -> None:
    feature = Feature("trigger_campaign", "trigger", "campaign", "last", "campaign", type="category", texts=("a",))
    told = spec({} if declared is None else {"campaign": {"column": "c", "type": declared}})

    with nullcontext() if passes else pytest.raises(RefusedError, match="the model reads the property campaign"):
        require_properties(Plan((feature,), {}, known_since=0), told)


def test_attributes_that_are_there_pass(opened: Shop) -> None:
    require_attributes(points(), opened.project.spec, opened.store)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (replace(POINTS, table="houses"), "points of the table houses, which the project declares no more"),
        (replace(POINTS, column="rank"), "the attribute rank of the table people, which the project declares no more"),
        (replace(POINTS, decimals=0), "as a number with 0 decimals, but the project declares it as a number with 2"),
        (replace(POINTS, type="flag", decimals=0), "as a flag, but the project declares it as a number with 2"),
    ],
)
def test_attributes_that_are_gone_or_became_something_else_are_refused(
    opened: Shop, source: AttributeSource, sentence: str
) -> None:
    with pytest.raises(RefusedError, match=sentence):
        require_attributes(points(source), opened.project.spec, opened.store)


def test_attributes_that_were_never_ingested_are_refused(shop: Shop) -> None:
    shop.reworded("points: number", "points: number, rank: category")
    source = replace(POINTS, column="rank", type="category", decimals=0)

    with pytest.raises(RefusedError, match="its column rank was never ingested; run: limner ingest"):
        require_attributes(points(source), shop.project.spec, shop.store)
