from dataclasses import replace

from limner.features.bucket import Stream
from limner.features.history import history_in, with_history
from limner.features.plan import Feature, Part, Plan, Signal
from limner.timeline import DAY

VISITS = Stream("visit", "kind = 'b'")
YEAR = (365 * DAY,)


def feature(name: str, source: str, aggregate: str, windows: tuple[int, ...] = YEAR) -> Feature:
    return Feature(name, "history", source, aggregate, "visits", windows)


def baseline(persistence: str = "count") -> Plan:
    columns = (
        feature("recency_visit", "target", "days_since_last", ()),
        feature("frequency_visit", "target", "active_days"),
        feature("persistence_visit", "amount", persistence, (28 * DAY,)),
    )
    return Plan(columns, {"target": Signal(VISITS), "amount": Signal(VISITS)}, 0)


def plan(*features: Feature) -> Plan:
    signals = {"visits": Signal(VISITS), "all": Signal(Stream("visit")), "spent": Signal(VISITS, "amount", "number", 2)}
    return Plan(features, signals, 0)


def test_a_plan_gets_the_columns_that_it_lacks() -> None:
    known = plan(
        feature("visits_count_365d", "visits", "count"),
        feature("visits_days_since_last", "visits", "days_since_last", ()),
    )

    found = with_history(known, baseline())

    assert found.names[:2] == known.names
    assert found.names[2:] == ("visits_active_days_365d", "visits_gap_mean_365d")
    assert found.signals == known.signals
    assert {found.features[2].label, found.features[3].label} == {"visits"}


def test_the_history_is_found_by_what_it_is_and_not_by_its_name() -> None:
    found = with_history(plan(feature("how often", "visits", "count")), baseline())

    assert history_in(found, baseline()) == {
        "recency": "visits_days_since_last",
        "frequency": "visits_active_days_365d",
        "events": "how often",
        "gap": "visits_gap_mean_365d",
    }


def test_columns_of_other_events_windows_or_parts_are_not_it() -> None:
    of_part = replace(feature("part", "visits", "count"), part=Part("shop", "north"))
    others = [
        feature("all", "all", "count"),
        feature("spent", "spent", "count"),
        feature("short", "visits", "count", (28 * DAY,)),
        of_part,
    ]

    assert history_in(plan(*others), baseline()) == {}


def test_events_without_a_signal_get_one_beside_those_of_that_name() -> None:
    taken = Plan((), {"visit": Signal(Stream("visit"))}, 0)

    found = with_history(taken, baseline())

    assert found.signals == {"visit": Signal(Stream("visit")), "visit_": Signal(VISITS)}
    assert {one.source for one in found.features} == {"visit_"}


def test_what_is_no_count_has_no_history() -> None:
    complete = with_history(plan(), baseline())

    assert with_history(plan(), baseline("sum")) == plan()
    assert history_in(complete, baseline("sum")) == {}
