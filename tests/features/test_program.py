from dataclasses import replace

import pytest

from limner.features.program import programmed
from tests.features.buckets import TEXTS, bucket_of, every_feature
from tests.oracle import DAY, Event

EVENTS = [Event("u", "buy", DAY, 5, "a"), Event("u", "visit", DAY, None, None)]


def test_buckets_that_speak_alike_share_a_program() -> None:
    plan, bucket = every_feature(), bucket_of(EVENTS)
    other = replace(bucket, properties=replace(bucket.properties, texts=(TEXTS[::-1],)))

    (feeds, program), (others, same) = programmed(bucket, plan), programmed(other, plan)

    assert same is program
    assert feeds.slots.tolist() != others.slots.tolist()


@pytest.mark.parametrize(
    "change", [{"lacking": {"number": frozenset(), "category": frozenset({"buy"})}}, {"decimals": (3,)}]
)
def test_a_bucket_that_speaks_otherwise_has_a_program_of_its_own(change: dict[str, object]) -> None:
    plan, bucket = every_feature(), bucket_of(EVENTS)
    other = replace(bucket, properties=replace(bucket.properties, **change))  # type: ignore[arg-type]

    (_, program), (_, found) = programmed(bucket, plan), programmed(other, plan)

    assert found.tracks.tolist() != program.tracks.tolist() or found.units.tolist() != program.units.tolist()


@pytest.mark.parametrize(
    ("largest", "n_exact"), [({}, 0), ({"number": 0}, 2**52), ({"number": 10_000_000}, 450_359_962)]
)
def test_how_many_events_add_up_exactly_rests_on_the_largest_value(largest: dict[str, int], n_exact: int) -> None:
    bucket = bucket_of(EVENTS)
    told = replace(bucket, properties=replace(bucket.properties, largest=largest))

    feeds, _ = programmed(told, every_feature())

    assert feeds.n_exact == n_exact


def test_events_of_which_nothing_but_their_number_is_asked_are_only_counted() -> None:
    plan = every_feature()
    visits = replace(plan, features=plan.features[:1])

    feeds, _ = programmed(bucket_of(EVENTS), visits)

    assert (len(feeds.counted), len(feeds.added), len(feeds.led), feeds.is_listed.sum()) == (1, 0, 0, 0)
