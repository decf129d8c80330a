import json
import pickle
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from limner.engines.local import LocalEngine
from limner.events.log import EventLog
from limner.features.bucket import Bucket, Needs
from limner.features.loading import load_bucket
from limner.features.sharing import together
from limner.models.calibration import Calibration
from limner.models.champion import export, point_to
from limner.models.season import YEAR
from limner.pipeline.attributes import attributes_of
from limner.pipeline.tagging import Tagging
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from limner.tags import known
from limner.tags.known import Known
from limner.tags.maker import Maker
from limner.tags.moment import Moment
from limner.tags.published import read_current
from limner.timeline import DAY, instant, shown

from .shop import MAILS, NOW, START, WALL, Shop, buys, by_all, by_count, open_shop, outcome, outcomes


def at(moment: datetime) -> int:
    return instant(moment.isoformat())


def by_user(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["user_id"]: row for row in rows}


def opened_tagging(shop: Shop) -> Tagging:
    log, attributes = EventLog.open(shop.store), attributes_of(shop.project.spec, shop.store)
    return Tagging(shop.project, shop.store, Moment(log, NOW, attributes, LocalEngine(), Silent()))


def shop_known(tagging: Tagging, maker: Maker) -> Known:
    moment = tagging.moment
    return Known(moment.log, 0, moment.as_of, together([maker.needs]), moment.attributes)


def bought(user: str, since: int, before: int) -> int:
    return sum(who == user and since <= when < before for who, when, *_ in buys())


def test_every_tag_is_published(shop: Shop) -> None:
    result = shop.score()

    assert outcomes(result) == dict.fromkeys(("lapse", "redeem", "class", "size"), "published")
    assert result.exit_code == 0
    assert {tag: len(shop.rows(tag)) for tag in outcomes(result)} == {"lapse": 10, "redeem": 3, "class": 6, "size": 2}
    assert [one.rows for one in result.outcomes] == [10, 3, 6, 2]


def test_a_prediction_says_what_the_model_says(shop: Shop) -> None:
    shop.score(["lapse"])

    rows = by_user(shop.rows("lapse"))
    assert {user: row["score"] for user, row in rows.items()} == {
        f"u{k}": bought(f"u{k}", NOW - 7 * DAY, NOW) for k in range(10)
    }
    for row in rows.values():
        assert row["probability"] == pytest.approx(1 / (1 + np.exp(-(0.5 * row["score"] - 1))))


def test_ranks_make_percentiles_and_tiers(shop: Shop) -> None:
    shop.score(["lapse"])

    rows = sorted(shop.rows("lapse"), key=lambda row: -row["percentile"])
    assert [row["percentile"] for row in rows] == [100.0 - 10 * place for place in range(10)]
    assert [row["tier"] for row in rows] == ["high"] * 2 + ["low"] * 8
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_beside_the_tier_stands_the_one_that_the_training_would_have_given(shop: Shop) -> None:
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2", spread=[0.0, 1.0, 2.0])
    shop.score(["lapse"])

    rows = shop.rows("lapse")
    assert {row["score"]: row["frozen_tier"] for row in rows} == {
        row["score"]: "high" if row["score"] >= 1.6 else "low" for row in rows
    }
    assert read_current(shop.store)["lapse_frozen_tier"].null_count == 0


def test_a_row_says_until_when_it_holds_and_who_made_it(shop: Shop) -> None:
    result = shop.score()

    row = shop.rows("lapse")[0]
    assert at(row["valid_until"]) == NOW + 14 * DAY
    assert (row["model_version"], row["run_id"]) == ("1", result.manifest["run_id"])
    assert row["definition_hash"] == shop.project.definition_hash("lapse")
    assert at(shop.rows("size")[0]["valid_until"]) == NOW + 7 * DAY


def test_reasons_add_up_to_the_score(shop: Shop) -> None:
    scorer = by_all(shop.plan("lapse"))
    shop.crown("lapse", scorer, version="2")

    shop.score(["lapse"])

    whole = [row for row in shop.rows("lapse") if len(row["reasons"]) == 3]
    assert whole
    for row in whole:
        told = sum(reason["contribution"] for reason in row["reasons"])
        assert told + scorer.intercept == pytest.approx(row["score"], abs=1e-9)
        assert all(reason["en"] and reason["zh"] for reason in row["reasons"])


def test_a_rule_has_one_reason_that_adds_up_exactly(shop: Shop) -> None:
    shop.score(["lapse"])

    for row in shop.rows("lapse"):
        assert [one["feature"] for one in row["reasons"]] == ["buys_count_7d"] * (row["score"] != 1.0)
        assert sum(one["contribution"] for one in row["reasons"]) + 1.0 == row["score"]
        assert all(one["value"] == row["score"] for one in row["reasons"])


def test_triggers_are_scored_at_their_own_cutoffs_and_the_latest_is_published(shop: Shop) -> None:
    shop.score(["redeem"])

    rows = by_user(shop.rows("redeem"))
    latest = {user: START + MAILS[user][-1] * DAY + 8 * 3600 for user in ("u1", "u2", "u4")}
    assert {user: at(row["valid_until"]) for user, row in rows.items()} == {
        user: cutoff + 11 * DAY for user, cutoff in latest.items()
    }
    assert {user: row["score"] for user, row in rows.items()} == {
        user: bought(user, cutoff - 7 * DAY, cutoff) for user, cutoff in latest.items()
    }


def test_triggers_are_ranked_within_their_batch(shop: Shop) -> None:
    shop.score(["redeem"])

    scored = {row["percentile"] for row in shop.rows("redeem")}
    assert scored in ({100.0, 50.0, 25.0}, {75.0, 50.0, 25.0})


@pytest.mark.parametrize(("second", "found"), [(-1, []), (0, ["u3"]), (11 * DAY - 1, ["u3"]), (11 * DAY, [])])
def test_a_trigger_is_scored_from_its_second_until_it_expires(shop: Shop, second: int, found: list[str]) -> None:
    mailed = START + 10 * DAY + 8 * 3600

    shop.score(["redeem"], as_of=mailed + second)

    assert [row["user_id"] for row in shop.rows("redeem", mailed + second) if row["user_id"] == "u3"] == found


def test_the_first_class_and_the_known_attribute_are_told(shop: Shop) -> None:
    shop.score(["class", "size"])

    counts = {f"u{k}": bought(f"u{k}", NOW - 28 * DAY, NOW) for k in range(10)}
    assert {row["user_id"]: row["value"] for row in shop.rows("class")} == {
        user: "many" if count >= 10 else "few" for user, count in counts.items() if count >= 5
    }
    assert {row["user_id"]: row["value"] for row in shop.rows("size")} == {"u0": "1", "u9": "4"}


@pytest.mark.parametrize(("back", "expected"), [(DAY - 1, False), (DAY, False), (DAY + 1, True)])
def test_rows_from_before_the_end_of_training_say_so(shop: Shop, back: int, expected: bool) -> None:
    shop.score(["lapse", "class"], as_of=NOW - back)

    assert {row["backfilled"] for row in shop.rows("lapse", NOW - back)} == {expected}
    assert {row["backfilled"] for row in shop.rows("class", NOW - back)} == {False}


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    first = shop.score()
    before = (shop.store.root / "published").read_bytes()

    again = shop.score()

    assert outcomes(again) == dict.fromkeys(("lapse", "redeem", "class", "size"), "unchanged")
    assert (shop.store.root / "published").read_bytes() == before
    assert [replace(one, outcome="published") for one in again.outcomes] == list(first.outcomes)


def test_what_decides_a_tag_makes_it_anew(shop: Shop) -> None:
    shop.score()
    shop.reworded("buys_count_28d >= 5", "buys_count_28d >= 4")
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2")

    again = shop.score()

    assert outcomes(again) == {"lapse": "published", "redeem": "unchanged", "class": "published", "size": "unchanged"}
    assert {row["model_version"] for row in shop.rows("lapse")} == {"2"}
    assert len(shop.rows("class")) == 7


def test_threads_and_buckets_change_no_row(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {one.tag: one.tags_hash for one in shop.score().outcomes}
    monkeypatch.setattr(
        "tests.pipeline.shop.CONFIG", (shop.folder / "shop.yaml").read_text().replace("buckets: 2", "buckets: 9")
    )
    other = open_shop(tmp_path / "other")
    other.crown_all()

    assert {one.tag: one.tags_hash for one in other.score().outcomes} == hashes


def test_nobody_in_the_cohort_is_published_as_nobody(shop: Shop) -> None:
    shop.reworded("{event_type: buy, within: 7d}", "{event_type: buy, where: 'amount > 1000'}")

    result = shop.score(["lapse", "size"])

    assert (outcome(result, "lapse").outcome, outcome(result, "lapse").rows) == ("published", 0)
    assert read_current(shop.store)["lapse_tier"].null_count == 2


def test_current_follows_the_tags_of_the_project(shop: Shop) -> None:
    shop.score()
    shop.reworded("  size: {kind: fact, attribute: size, valid_for: 7d}\n", "")

    result = shop.score()

    assert set(outcomes(result).values()) == {"unchanged"}
    assert [name for name in read_current(shop.store).column_names if name.startswith("size")] == []


def test_a_backfill_leaves_current_as_it_is(shop: Shop) -> None:
    shop.score()
    before = read_current(shop.store)

    shop.score(as_of=NOW - 5 * DAY)

    assert read_current(shop.store).equals(before)
    assert len(shop.rows("class", NOW - 5 * DAY)) > 0


def test_the_manifest_is_kept(shop: Shop) -> None:
    result = shop.score(["size"])

    written = json.loads((shop.store.root / "runs" / f"{result.manifest['run_id']}.json").read_text())
    assert written == result.manifest
    assert (written["command"], written["as_of"]) == ("score", shown(NOW))
    assert set(written["versions"]) == {"events", "attributes_people"}


def test_runs_of_one_second_with_other_tags_have_manifests_of_their_own(shop: Shop) -> None:
    runs = [shop.score([tag]).manifest["run_id"] for tag in ("size", "class")]

    assert len(set(runs)) == 2


def test_a_workspace_sees_at_once_what_it_scored(shop: Shop) -> None:
    workspace = Workspace.open(shop.folder / "shop.yaml", WALL)
    workspace.score(["size"])
    assert workspace.tags().num_rows == 2

    workspace.score()

    assert workspace.tags().num_rows == 10


def test_a_rule_over_attributes_follows_them(shop: Shop) -> None:
    shop.reworded("  aggregates:", "  attributes: [size]\n  aggregates:")
    shop.reworded("many: buys_count_28d >= 10", "many: size = '4'")

    shop.score(["class"])

    assert [row["user_id"] for row in shop.rows("class") if row["value"] == "many"] == ["u9"]


def test_a_cohort_that_nobody_meets_leaves_a_rule_without_rows(shop: Shop) -> None:
    shop.reworded("{kind: rule, ", "{kind: rule, cohort: {event_type: mail, where: campaign = 'zz'}, ")

    told = outcome(shop.score(["class"]), "class")

    assert (told.outcome, told.rows) == ("published", 0)


def test_a_bucket_is_read_once_for_all_tags(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(log: EventLog, number: int, needs: Needs, since: int | None) -> Bucket:
        read.append(number)
        return load_bucket(log, number, needs, since)

    monkeypatch.setattr(known, "load_bucket", counted)

    shop.score()

    assert sorted(read) == [0, 1]


def test_nothing_is_left_of_the_making(shop: Shop) -> None:
    shop.score()

    assert not (shop.store.root / ".staging").exists()


def test_a_second_run_tells_what_changed(shop: Shop) -> None:
    before = NOW - 7 * DAY
    shop.score(["lapse", "class"], as_of=before)

    result = shop.score(["lapse", "class"])

    old, new = ({row["user_id"]: row["value"] for row in shop.rows("class", at)} for at in (before, NOW))
    told = outcome(result, "class").changes
    assert told == json.loads(json.dumps(result.manifest))["tags"][1]["changes"]
    assert told is not None
    assert told["since"] == shown(before)
    assert told["added"] == len(new.keys() - old.keys())
    assert told["left"] == len(old.keys() - new.keys())
    assert told["updated"] == sum(new[user] != old[user] for user in new.keys() & old.keys())
    assert sum(told["entered"].values()) == told["added"] + told["updated"] > 0


def test_a_trend_is_how_far_the_score_moved_in_a_week(shop: Shop) -> None:
    before = NOW - 7 * DAY
    shop.score(["lapse"], as_of=before)

    shop.score(["lapse"])

    earlier = by_user(shop.rows("lapse", before))
    moved = {
        row["user_id"]: row["score"] - earlier[row["user_id"]]["score"] if row["user_id"] in earlier else None
        for row in shop.rows("lapse")
    }
    assert {user: row["trend"] for user, row in by_user(shop.rows("lapse")).items()} == moved
    assert {None} < set(moved.values())
    assert {row["trend"] for row in shop.rows("lapse", before)} == {None}


def test_scores_of_two_versions_have_no_trend(shop: Shop) -> None:
    shop.score(["lapse"], as_of=NOW - 7 * DAY)
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2")

    shop.score(["lapse"])

    assert {row["trend"] for row in shop.rows("lapse")} == {None}


@pytest.mark.parametrize("tag", ["lapse", "class", "size"])
def test_what_makes_a_tag_can_be_sent_to_other_machines(shop: Shop, tag: str) -> None:
    tagging = opened_tagging(shop)
    maker = tagging.maker(tag, tagging.model(tag))

    sent = pickle.loads(pickle.dumps(maker))  # noqa: S301 - it was pickled here

    here, there = (one.part(shop_known(tagging, one)) for one in (maker, sent))
    assert here.rows.equals(there.rows)
    assert here.rows.num_rows > 0


def test_a_draft_is_written_and_shown_to_nobody(shop: Shop) -> None:
    shop.score()
    shop.reworded("kind: fact, attribute: size", "kind: fact, state: draft, attribute: size")

    result = shop.score()

    assert outcome(result, "size").outcome == "unchanged"
    assert len(shop.rows("size")) == 2
    assert not {"size", "size_valid_until"} & set(read_current(shop.store).column_names)
    portrait = Workspace(shop.project, WALL).portrait("u0")
    assert "size" not in {one.tag for one in portrait.tags} | {one.tag for one in portrait.lacks}


def test_a_deprecated_tag_is_shown_and_names_the_one_to_use(shop: Shop) -> None:
    before = shop.project.definition_hash("size")
    shop.reworded("kind: fact, attribute: size", "kind: fact, state: deprecated, instead: class, attribute: size")

    result = shop.score(["size"])

    assert outcome(result, "size").warnings == ("size is deprecated; use class instead",)
    assert "size" in read_current(shop.store).column_names
    assert shop.project.definition_hash("size") == before


def test_chances_are_of_the_season_that_they_are_given_in(shop: Shop) -> None:
    bundle = shop.crown("lapse", by_count(shop.plan("lapse")))
    assert isinstance(bundle.calibration, Calibration)
    seasonal = replace(bundle, version="2", calibration=replace(bundle.calibration, season=((NOW - YEAR, 2.0),)))
    export(shop.store.root, seasonal)
    point_to(shop.store.root, seasonal)

    shop.score(["lapse"])

    for row in shop.rows("lapse"):
        assert row["probability"] == pytest.approx(1 / (1 + np.exp(-(0.5 * (row["score"] + 2.0) - 1))))
