import pytest

from limner.engines.store import Store
from limner.tags.course import course
from limner.tags.spread import BINS, spread
from limner.timeline import DAY
from tests.tags.shop import AS_OF, NOW, copied, write_lapse


@pytest.fixture(scope="module")
def store(unscored: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = copied(unscored, tmp_path_factory.mktemp("scored"))
    for as_of in (AS_OF - 7 * DAY, AS_OF):
        write_lapse(store, as_of)
    return store


def test_a_trend_has_a_point_for_each_instant(store: Store) -> None:
    points = course(store, "007", ["lapse"]).trends["lapse"]

    assert [(one.as_of[:10], one.probability, one.tier) for one in points] == [
        ("2017-03-25", 0.5, "low"),
        ("2017-04-01", 0.5, "low"),
    ]


def test_who_has_no_score_has_no_trend(store: Store) -> None:
    assert course(store, "2", ["lapse", "redeem"]).trends == {}


def test_events_are_counted_by_week_and_the_latest_days_come_first(store: Store) -> None:
    found = course(store, "1", [])

    assert {event: sum(weeks) for event, weeks in found.weeks.items()} == {"buy": 1, "mail": 1}
    assert found.weeks["mail"][-1] == 1
    assert [(one.day, one.event, one.times) for one in found.recent] == [
        ("2017-03-22", "mail", 1),
        ("2017-01-02", "buy", 1),
    ]


def test_chances_are_spread_over_bins_and_tiers(store: Store) -> None:
    found = spread(store, "lapse", ["high", "medium", "low"], NOW.now())

    assert found is not None
    assert (found.users, len(found.counts)) == (3, BINS)
    assert [(one.name, one.users, one.mean) for one in found.tiers] == [("high", 1, 0.75), ("low", 2, 0.375)]


def test_what_has_expired_is_not_spread(store: Store) -> None:
    found = spread(store, "lapse", ["high"], AS_OF + 15 * DAY)

    assert found is not None
    assert (found.users, found.tiers) == (0, ())


def test_before_anybody_was_scored_nothing_is_spread(unscored: Store) -> None:
    assert spread(unscored, "lapse", ["high"], NOW.now()) is None
