import pickle

import pytest

from limner.engines.local import LocalEngine
from limner.events.log import EventLog
from limner.features.sharing import together
from limner.pipeline.attributes import attributes_of
from limner.pipeline.tagging import Tagging
from limner.progress import Silent
from limner.tags.known import Known
from limner.tags.moment import Moment
from limner.timeline import DAY

from .shop import NOW, START, Shop, outcomes

FACTS = """
  first_buy: {kind: fact, first: {signal: buys}}
  last_shelf: {kind: fact, last: {signal: buys, show: shelf}}
  last_amount: {kind: fact, last: {signal: spend, show: amount}}
  favourite: {kind: fact, favourite: {property: shelf, signal: spend, top: 2, within: 14d}}
  hour: {kind: fact, favourite: {property: hour, signal: buys}}
  count: {kind: fact, feature: buys_count_28d}
  by_rank: {kind: rule, scores: {f: {of: buys_count_28d}}, classes: {top: f = 5 and hour = '12'}}
"""
TAGS = ["first_buy", "last_shelf", "last_amount", "favourite", "hour", "count"]


@pytest.fixture
def shop(shop: Shop) -> Shop:
    path = shop.folder / "shop.yaml"
    path.write_text(path.read_text() + FACTS)
    return shop


def values(shop: Shop, tag: str, as_of: int = NOW) -> dict[str, str]:
    return {row["user_id"]: row["value"] for row in shop.rows(tag, as_of)}


def test_facts_are_told_of_everybody_who_did_something(shop: Shop) -> None:
    assert outcomes(shop.score(TAGS)) == dict.fromkeys(TAGS, "published")

    assert values(shop, "first_buy") == dict.fromkeys((f"u{k}" for k in range(10)), "2024-01-01")
    assert values(shop, "last_amount") == {f"u{k}": f"{k + 1}.00" for k in range(10)}
    assert values(shop, "last_shelf")["u0"] == "bread"
    assert values(shop, "hour") == dict.fromkeys((f"u{k}" for k in range(10)), "12")
    assert values(shop, "count") == {f"u{k}": str(bought_lately(k)) for k in range(10)}


def bought_lately(k: int) -> int:
    return sum(day > 2 for day in range(0, 31, k + 1))


def test_facts_of_an_earlier_day_know_nothing_of_later_ones(shop: Shop) -> None:
    shop.score(["last_amount", "favourite"], as_of=START + DAY)

    assert values(shop, "favourite", START + DAY) == dict.fromkeys((f"u{k}" for k in range(10)), "bread")


@pytest.mark.parametrize("tag", [*TAGS, "by_rank"])
def test_what_makes_a_fact_can_be_sent_to_other_machines(shop: Shop, tag: str) -> None:
    log, attributes = EventLog.open(shop.store), attributes_of(shop.project.spec, shop.store)
    maker = Tagging(shop.project, shop.store, Moment(log, NOW, attributes, LocalEngine(), Silent())).maker(tag, None)

    sent = pickle.loads(pickle.dumps(maker))  # noqa: S301 - it was pickled here

    here, there = (one.part(Known(log, 0, NOW, together([one.needs]), attributes)) for one in (maker, sent))
    assert here.rows.equals(there.rows)
    assert here.rows.num_rows > 0


def test_a_signal_of_a_stale_source_is_not_told(shop: Shop) -> None:
    shop.reworded("max_staleness: 3d", "max_staleness: 1h")
    shop.reworded("clock: log", "clock: wall")

    result = shop.score(["first_buy", "count"], as_of=NOW + DAY)

    assert set(outcomes(result).values()) == {"refused"}
    assert all("ends at" in (one.reason or "") for one in result.outcomes)
