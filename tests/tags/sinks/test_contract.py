"""What every sink promises, whatever it is: the same tests for all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.tags.sinks.forgetting import forget
from tests.tags.sinks.places import (
    STAMP,
    CsvPlace,
    DeltaPlace,
    Members,
    ParquetPlace,
    Place,
    PostgresPlace,
    WebhookPlace,
    exposures,
    sent,
    synced,
)

FILES: dict[str, Callable[[Path], Place]] = {"csv": CsvPlace, "parquet": ParquetPlace, "delta": DeltaPlace}
KINDS = ["csv", "parquet", "delta", "webhook", pytest.param("postgres", marks=pytest.mark.postgres)]
FIRST: Members = {"ann": ("high", 0.5), "bob": ("low", 0.25), "cid": ("low", 1.5), "eve": None, "flo": ("low", 2.0)}
LATER: Members = {"ann": ("low", 0.5), "cid": ("low", 1.5), "dan": ("high", 3.0), "eve": None, "flo": ("low", 4.0)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "webhook":
        yield WebhookPlace(request.getfixturevalue("receiver"))
    elif request.param == "postgres":
        found = PostgresPlace(request.getfixturevalue("postgres"), "audience_of_a_test")
        yield found
        found.ask("DROP TABLE IF EXISTS audience_of_a_test")
    else:
        yield FILES[request.param](tmp_path)


def test_the_first_sync_brings_everybody_who_is_not_held_out(store: Store, place: Place) -> None:
    told = synced(store, place.sink, FIRST)

    assert (told.outcome, told.added, told.updated, told.left, told.holds, told.held_out) == (
        "delivered",
        4,
        0,
        0,
        4,
        1,
    )
    assert place.held() == sent(FIRST)


def test_a_later_sync_brings_what_changed(store: Store, place: Place) -> None:
    synced(store, place.sink, FIRST)

    told = synced(store, place.sink, LATER)

    assert (told.added, told.updated, told.left, told.holds, told.held_out) == (1, 2, 1, 4, 1)
    assert place.held() == sent(LATER)


def test_nothing_new_is_nothing_to_do(store: Store, place: Place) -> None:
    synced(store, place.sink, FIRST)
    number = Store(store.root).number

    told = synced(store, place.sink, FIRST)

    assert (told.outcome, told.added, told.holds, told.held_out) == ("unchanged", 0, 4, 1)
    assert Store(store.root).number == number


def test_everything_again_changes_nothing(store: Store, place: Place) -> None:
    synced(store, place.sink, FIRST)

    told = synced(store, place.sink, FIRST, again=True)

    assert (told.outcome, told.added, told.updated) == ("delivered", 0, 4)
    assert place.held() == sent(FIRST)
    assert len(exposures(store)) == 5


@pytest.mark.parametrize("then", [FIRST, LATER, {}], ids=["the same", "others", "nobody"])
def test_a_destination_that_died_is_gone_on_with(store: Store, place: Place, then: Members) -> None:
    with place.broken():
        told = synced(store, place.sink, FIRST)
    assert (told.outcome, told.exit_code) == ("refused", 1)
    assert (told.reason or "").startswith(("sinks.crm", "/"))

    assert synced(store, place.sink, then).outcome == "delivered"

    assert place.held() == sent(then)


@pytest.mark.parametrize("then", [FIRST, LATER, {}], ids=["as before", "the same", "nobody"])
def test_a_destination_that_died_over_changes_is_gone_on_with(store: Store, place: Place, then: Members) -> None:
    synced(store, place.sink, FIRST)
    with place.broken():
        assert synced(store, place.sink, LATER).outcome == "refused"

    assert synced(store, place.sink, then).outcome == "delivered"

    assert place.held() == sent(then)


def test_an_audience_may_be_empty_and_become_so(store: Store, place: Place) -> None:
    assert synced(store, place.sink, {}).outcome == "delivered"
    assert place.held() == {}
    synced(store, place.sink, FIRST)

    assert synced(store, place.sink, {}).left == 4

    assert place.held() == {}


def test_users_and_values_may_be_any_text(store: Store, place: Place) -> None:
    texts = ["李雷", 'quo"te', "com,ma; semi", "new\nline", "tab\tcr\rback\\slash", "'", "=1+1", "😀 é", "NULL", "\\N"]
    members: Members = {**{text: (text, 1.0) for text in texts}, "x" * 2_000: ("y" * 20_000, -0.0)}

    synced(store, place.sink, members)

    assert {user.removeprefix("'"): score for user, (_, score) in place.held().items()} == {
        user.removeprefix("'"): score for user, (_, score) in sent(members).items()
    }


def test_what_is_unknown_stays_so(store: Store, place: Place) -> None:
    synced(store, place.sink, {"ann": (None, 1.0), "bob": ("", 2.0)})

    assert place.held()["ann"] == (None, 1.0)


def test_whoever_is_held_out_from_now_on_is_taken_out(store: Store, place: Place) -> None:
    synced(store, place.sink, FIRST)

    told = synced(store, place.sink, {**FIRST, "ann": None, "eve": ("low", 1.0)})

    assert (told.added, told.left, told.held_out) == (1, 1, 1)
    assert sorted(place.held()) == ["bob", "cid", "eve", "flo"]


def test_a_forgotten_user_is_gone_everywhere(store: Store, place: Place) -> None:
    synced(store, place.sink, FIRST)

    (told,) = forget(store, {"crm": place.sink}, "bob", STAMP)

    assert (told.sink, told.reason) == ("crm", None)
    assert sorted(place.held()) == ["ann", "cid", "flo"]
    assert forget(store, {"crm": place.sink}, "bob", STAMP) == []
    assert synced(store, place.sink, {user: one for user, one in FIRST.items() if user != "bob"}).outcome == "unchanged"


def test_a_destination_that_dies_over_forgetting_is_told_again(store: Store, place: Place) -> None:
    synced(store, place.sink, FIRST)
    if isinstance(place, WebhookPlace):
        place.receiver.is_down = True
        (told,) = forget(store, {"crm": place.sink}, "bob", STAMP)
        place.receiver.is_down = False
    else:
        with place.broken():
            (told,) = forget(store, {"crm": place.sink}, "bob", STAMP)
    assert told.exit_code == 1

    (told,) = forget(store, {"crm": place.sink}, "bob", STAMP)

    assert told.exit_code == 0
    assert "bob" not in place.held()
