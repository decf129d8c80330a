from pathlib import Path

import duckdb
import pytest

from limner.errors import QuarantineError, RefusedError
from limner.pipeline.workspace import Workspace
from limner.timeline import DAY, FixedClock

from .courses import tags_of, typed
from .nursery import Nursery
from .shop import NOW, START, WALL, Shop, by_count, open_shop, outcome, outcomes

ALL_PUBLISHED = {"lapse": "published", "redeem": "published", "class": "published", "size": "published"}
EVENTS_OF_THE_WHALE = 2_000_000


def by_the_wall(shop: Shop, second: int) -> Workspace:
    shop.reworded("clock: log", "clock: wall")
    return Workspace(shop.project, FixedClock(second))


def test_without_users_nothing_is_scored_and_it_is_said_why(tmp_path: Path, shop: Shop) -> None:
    shop.store.root.rename(tmp_path / "away")
    with pytest.raises(RefusedError, match="there is no event log yet; run `limner ingest` first"):
        shop.score()


def test_a_cohort_of_nobody_is_published_as_nobody(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop", [("u1", START + DAY, 1.0, "dairy")])
    shop.crown("lapse", by_count(shop.plan("lapse")))
    shop.reworded("max_staleness: 3d", "max_staleness: 40d")

    told = outcome(shop.score(["lapse"]), "lapse")

    assert (told.outcome, told.rows) == ("published", 0)
    assert tags_of(shop)[1] == []


def test_a_single_user_has_every_tag(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop", [("u1", START + day * DAY + 43_200, 1.0, "dairy") for day in range(31)])
    shop.crown_all()

    assert outcomes(shop.score()) == ALL_PUBLISHED
    (row,) = shop.rows("lapse")
    assert (row["user_id"], row["percentile"]) == ("u1", 100.0)


def test_a_clock_before_the_log_is_told_that_nothing_is_known_yet(shop: Shop) -> None:
    with pytest.raises(RefusedError, match="nothing is known of anybody yet; the log starts at 2024-01-01"):
        by_the_wall(shop, START - DAY).score()


def test_a_clock_that_is_behind_reads_nothing_of_the_future(shop: Shop, tmp_path: Path) -> None:
    moment = START + 20 * DAY
    control = shop.copied(tmp_path / "control")
    control.score(as_of=moment)

    behind = by_the_wall(shop, moment)
    behind.score()

    assert tags_of(shop)[0]["redeem"] == tags_of(control)[0]["redeem"]
    assert tags_of(shop)[1] == tags_of(control)[1]


def test_a_clock_that_is_behind_asks_for_no_later_instant(shop: Shop) -> None:
    with pytest.raises(RefusedError, match="lies in the future; it is 2024-01-21T00:00:00Z by the project's clock"):
        by_the_wall(shop, START + 20 * DAY).score(as_of="2024-01-25")


def test_a_clock_that_is_behind_ingests_no_event_of_the_future(tmp_path: Path, opened: Shop) -> None:
    shop = opened.copied(tmp_path / "shop")
    shop.store.root.rename(tmp_path / "away")

    with pytest.raises(QuarantineError, match="nothing was changed"):
        Workspace(shop.project, FixedClock(START + 5 * DAY)).ingest()


def test_a_changed_plan_warns_and_the_stored_one_scores(shop: Shop, tmp_path: Path) -> None:
    control = shop.copied(tmp_path / "control")
    control.score(["lapse"])
    shop.reworded("windows: [7d, 28d]", "windows: [7d, 14d, 28d]")
    shop.reworded("buys: [count]", "buys: [count, active_days]")

    told = outcome(shop.score(["lapse"]), "lapse")

    assert told.outcome == "published"
    assert "is defined otherwise than when version 1 was trained" in told.warnings[0]
    scores = [[row["score"] for row in one.rows("lapse")] for one in (shop, control)]
    assert scores[0] == scores[1]


@pytest.mark.faults
def test_a_user_of_two_million_events_takes_seconds(nursery: Nursery, opened: Shop, tmp_path: Path) -> None:
    shop = opened.copied(tmp_path / "shop")
    shop.reworded("buys.parquet", "buys*.parquet")
    duckdb.sql(f"""
        COPY (SELECT 'whale' AS who, make_timestamp({START * 1_000_000} + i * 1_300_000) AS when, 1.0 AS amount,
                     'dairy' AS shelf
              FROM range({EVENTS_OF_THE_WHALE}) AS events(i)) TO '{shop.folder}/buys_whale.parquet' (FORMAT parquet)
    """)
    window = sum(NOW - 7 * DAY <= START + i * 1.3 < NOW for i in range(EVENTS_OF_THE_WHALE))

    ended = [typed(nursery, shop, command) for command in ("ingest", "score")]

    assert [one.exit_code for one in ended] == [0, 0], [one.stderr for one in ended]
    assert max(one.peak_mb for one in ended) < 2_000
    assert max(one.busy_seconds for one in ended) < 60
    vectors = Workspace(shop.project, WALL).features("lapse").to_pylist()
    assert next(row["buys_count_7d"] for row in vectors if row["user_id"] == "whale") == window
