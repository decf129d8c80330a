import json
from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.tags.catalogue import Entry, catalogue
from limner.tags.definition import definition
from limner.tags.spec import TagSpec
from limner.timeline import DAY, FixedClock, shown
from tests.tags.shop import (
    AS_OF,
    CLASS,
    LAPSE,
    NOW,
    REDEEM,
    SIZE,
    START,
    Shop,
    Spec,
    copied,
    promote,
    write,
    write_lapse,
)


@pytest.fixture
def store(unscored: Store, tmp_path: Path) -> Store:
    return copied(unscored, tmp_path)


def entry(store: Store, tag: str, now: int = NOW.now()) -> Entry:
    return next(one for one in catalogue(Shop(), store, FixedClock(now)) if one.tag == tag)


def test_before_anything_was_ingested_all_tags_are_listed(tmp_path: Path) -> None:
    found = catalogue(Shop(Spec(clock="log")), Store(tmp_path), NOW)

    states = {one.tag: one.status for one in found}
    assert states == {
        "lapse": "no model yet",
        "redeem": "no model yet",
        "class": "never scored",
        "size": "never scored",
    }
    assert {one.users_in_log for one in found} == {0}


def test_a_trained_tag_that_was_never_scored_says_so(store: Store) -> None:
    promote(store)

    found = entry(store, "lapse")

    assert (found.status, found.grade, found.trained_until) == ("never scored", "B", "2017-03-20T00:00:00Z")
    assert found.rows is None
    assert found.as_dict()["model"]["recipe"] == {"en": "few people", "zh": "人数较少"}


def test_a_published_tag_is_counted(store: Store) -> None:
    promote(store)
    write_lapse(store)

    found = entry(store, "lapse")

    assert found.rows is not None
    assert [(band.name, band.users) for band in found.rows.bands] == [("high", 1), ("medium", 0), ("low", 2)]
    assert (found.rows.users, found.users_in_log, found.coverage) == (3, 4, 0.75)
    assert (found.rows.mean_probability, found.rows.expected) == (0.5, 1.5)
    assert (found.rows.as_of, found.rows.valid_until) == (shown(AS_OF), shown(AS_OF + 14 * DAY))
    assert (found.status, found.notes) == ("published", ())


@pytest.mark.parametrize(("day", "status"), [(103, "published"), (104, "expired")])
def test_a_tag_expires_by_the_clock(store: Store, day: int, status: str) -> None:
    write_lapse(store)

    assert entry(store, "lapse", START + day * DAY).status == status


def test_the_clock_of_a_replay_is_the_logs(store: Store) -> None:
    write_lapse(store, as_of=START + 60 * DAY)

    found = {one.tag: one.status for one in catalogue(Shop(Spec(clock="log")), store, FixedClock(START + 61 * DAY))}

    assert found["lapse"] == "expired"  # the log ends on day 80


def test_only_the_newest_instant_counts(store: Store) -> None:
    write(store, "class", user_id=["1"], value=["big"])
    write(store, "class", AS_OF - DAY, user_id=["1", "2"], value=["small", "small"])

    found = entry(store, "class")

    assert found.rows is not None
    assert {band.name: band.users for band in found.rows.bands} == {"big": 1, "small": 0, "none": 0}


def test_of_a_fact_the_ten_most_frequent_values_are_shown(store: Store) -> None:
    values = [f"v{n:02}" for n in range(12) for _ in range(12 - n)]
    write(store, "size", user_id=[f"u{n:02}" for n in range(len(values))], value=values)

    found = entry(store, "size")

    assert found.rows is not None
    assert [(band.name, band.users) for band in found.rows.bands] == [(f"v{n:02}", 12 - n) for n in range(10)]


def test_what_is_odd_about_a_model_is_noted(store: Store) -> None:
    write_lapse(store)
    promote(store, version="2", definition="another")

    notes = [note.en for note in entry(store, "lapse").notes]

    assert notes == [
        "the definition changed after version 2 was trained; limner train lapse",
        "the rows are of version 1; score again: limner score lapse",
    ]


def test_a_damaged_model_is_told_of(store: Store) -> None:
    promote(store)
    card = store.root / "bundles" / "lapse" / "1" / "card.json"
    card.write_text(card.read_text().replace('"B"', '"A"'))

    found = entry(store, "lapse")

    assert (found.grade, found.status) == (None, "never scored")
    assert "card.json of lapse/1 is not what was written" in found.notes[0].en


def test_an_entry_is_json(store: Store) -> None:
    promote(store)
    write_lapse(store)

    told = json.loads(json.dumps(entry(store, "lapse").as_dict(), allow_nan=False))

    assert told["title"] == {"en": "Will stay away", "zh": "不再购买"}
    assert told["definition"][0]["part"] == "who"
    assert told["rows"]["bands"][0] == {"name": "high", "users": 1, "share": 1 / 3}
    assert (told["grade"], told["model"]["sentence"]["zh"], told["is_expired"]) == ("B", "更好。", False)


@pytest.mark.parametrize(
    ("spec", "en", "zh"),
    [
        (
            LAPSE,
            [
                "users with the event buy in the 56 days before",
                "trained on cutoffs every 28 days",
                "no event buy within 28 days",
            ],
            ["此前56天内有 buy 事件的用户", "训练时每28天取一个截止时刻", "28天内没有 buy 事件"],
        ),
        (
            REDEEM,
            [
                "users with the event mail",
                "1 hour after each event mail",
                "the event buy with the same campaign within 30 days, counted from 1 day after the cutoff",
            ],
            ["有 mail 事件的用户", "每次 mail 发生后1小时", "自截止时刻1天后起，30天内campaign 相同且发生 buy 事件"],
        ),
        (
            CLASS,
            ["everybody seen before", "big: spend_sum_84d >= 100", "small: spend_sum_84d > 0", "none: everybody else"],
            ["此前出现过的所有用户", "big：spend_sum_84d >= 100", "small：spend_sum_84d > 0", "none：其余用户"],
        ),
        (SIZE, ["household_size, as the source tells it"], ["来源数据中的 household_size"]),
    ],
)
def test_a_definition_is_words(spec: object, en: list[str], zh: list[str]) -> None:
    parts = definition(spec)  # type: ignore[arg-type]

    assert [part.said.en for part in parts] == en
    assert [part.said.zh for part in parts] == zh


def test_how_far_a_tag_has_come_is_told(store: Store) -> None:
    tags: dict[str, TagSpec] = {
        "lapse": LAPSE.model_copy(update={"state": "draft"}),
        "size": SIZE.model_copy(update={"state": "deprecated", "instead": "class"}),
        "class": CLASS.model_copy(update={"state": "deprecated"}),
    }

    found = {one.tag: one for one in catalogue(Shop(Spec(tags=tags)), store, NOW)}

    assert {tag: one.notes[-1].en for tag, one in found.items()} == {
        "lapse": "a draft: written, and shown to nobody but here",
        "size": "deprecated; use class instead",
        "class": "deprecated; nothing takes its place",
    }
    assert found["size"].as_dict()["instead"] == "class"
    assert found["lapse"].status == "no model yet"


def test_tags_can_be_named(store: Store) -> None:
    assert [one.tag for one in catalogue(Shop(), store, NOW, ["size"])] == ["size"]


def test_frozen_tiers_are_counted_beside_the_tiers(store: Store) -> None:
    write(store, "lapse", user_id=["1", "2"], tier=["high", "low"], frozen_tier=["low", "low"])

    found = entry(store, "lapse").rows

    assert found is not None
    assert {band.name: band.users for band in found.frozen} == {"high": 0, "medium": 0, "low": 2}
    assert found.as_dict()["frozen"][2] == {"name": "low", "users": 2, "share": 1.0}
