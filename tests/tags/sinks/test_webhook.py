import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.errors import RefusedError, SinkError
from limner.tags.sinks.posting import Pace, Poster
from tests.tags.sinks.places import poster, synced, webhook
from tests.tags.sinks.receiver import HANG_UP, SECRET, Receiver

FIVE = dict.fromkeys(("ann", "bob", "cid", "dan", "eve"), ("low", 1.0))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_batches_say_what_changed(store: Store, receiver: Receiver) -> None:
    synced(store, webhook(receiver), {"ann": ("low", 1.0), "bob": (None, float("nan"))})
    synced(store, webhook(receiver), {"bob": ("high", 2.0)})

    along = {"churn_tier": None, "churn_score": None}
    assert receiver.bodies[0]["changes"][1] == {"change": "added", "user_id": "bob", "columns": along}
    assert receiver.bodies[1] == {
        "audience": "save_now",
        "changes": [
            {"change": "left", "user_id": "ann"},
            {"change": "updated", "user_id": "bob", "columns": {"churn_tier": "high", "churn_score": 2.0}},
        ],
    }


@pytest.mark.parametrize("status", [408, 429, 500, 503, HANG_UP])
def test_what_may_pass_is_tried_again_with_the_same_key(receiver: Receiver, status: int) -> None:
    waits: list[float] = []
    receiver.answers = [(status, {}), (status, {})]
    receiver.takes_before_it_fails = True

    poster(receiver, attempts=3, waits=waits).post(b'{"audience":"a"}', "k")

    assert receiver.keys == ["k", "k", "k"]
    assert len(receiver.bodies) == 1
    assert waits[0] == 0 < waits[1] <= 1.5


@pytest.mark.parametrize("status", [302, 400, 401, 404, 422])
def test_what_will_not_pass_is_not_tried_again(receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Location": "/elsewhere"})]

    with pytest.raises(RefusedError, match=f"sinks.crm: the service answered {status};"):
        poster(receiver).post(b"{}", "k")

    assert receiver.answers == []


def test_waiting_is_as_long_as_the_service_asks(receiver: Receiver) -> None:
    waits: list[float] = []
    receiver.answers = [(429, {"Retry-After": "7"}), (503, {"Retry-After": "soon"})]

    poster(receiver, waits=waits).post(b'{"audience":"a"}', "k")

    assert waits[0] == 7
    assert waits[1] <= 1.5


def test_a_service_that_asks_for_an_hour_is_left_to_the_next_sync(receiver: Receiver) -> None:
    receiver.answers = [(429, {"Retry-After": "3600"})]

    with pytest.raises(SinkError, match="asks to wait 3,600 seconds; the next sync goes on"):
        poster(receiver).post(b"{}", "k")


def test_a_service_that_answers_slowly_is_asked_again(receiver: Receiver) -> None:
    is_asked_again = threading.Event()
    pauses: list[Callable[[], object]] = [is_asked_again.set, partial(is_asked_again.wait, 5.0)]
    receiver.pause = lambda: pauses.pop()() if pauses else None
    hasty = Poster(receiver.url, SECRET, "sinks.crm", 20, Pace(sleep=lambda _: None, timeout=0.2))

    hasty.post(b'{"audience":"a"}', "k")

    assert is_asked_again.is_set()
    assert len(receiver.bodies) == 1


def test_errors_tell_neither_the_address_nor_the_secret() -> None:
    nowhere = Poster("http://127.0.0.1:1/hook-9f2c", SECRET, "sinks.crm", 2, Pace(sleep=lambda _: None))

    with pytest.raises(SinkError) as refused:
        nowhere.post(b"{}", "k")

    assert str(refused.value) == (
        "sinks.crm: the service cannot be reached, or hung up, tried 2 times; the next sync goes on"
    )
    assert refused.value.__cause__ is None


def test_a_batch_that_was_confirmed_is_not_sent_again(store: Store, receiver: Receiver) -> None:
    receiver.answers = [(200, {}), (200, {}), *[(500, {})] * 3]
    told = synced(store, webhook(receiver), FIVE)
    assert (told.outcome, told.added, told.holds) == ("refused", 4, 4)

    told = synced(store, webhook(receiver), FIVE)

    assert (told.outcome, told.added, told.holds) == ("delivered", 1, 5)
    assert [[one["user_id"] for one in body["changes"]] for body in receiver.bodies] == [
        ["ann", "bob"],
        ["cid", "dan"],
        ["eve"],
    ]


def test_a_batch_whose_answer_was_lost_is_sent_again_with_its_key(store: Store, receiver: Receiver) -> None:
    receiver.answers = [(200, {}), *[(HANG_UP, {})] * 3]
    receiver.takes_before_it_fails = True
    synced(store, webhook(receiver), FIVE)

    synced(store, webhook(receiver), FIVE)

    assert receiver.keys == [receiver.keys[0], *[receiver.keys[1]] * 4, receiver.keys[-1]]
    assert len(receiver.bodies) == 3


def test_whoever_left_and_came_back_is_not_taken_for_a_repetition(store: Store, receiver: Receiver) -> None:
    for members in ({"ann": ("low", 1.0)}, {}, {"ann": ("low", 1.0)}):
        synced(store, webhook(receiver), members)

    assert len(set(receiver.keys)) == 3
    assert sorted(receiver.held["save_now"]) == ["ann"]


def test_whose_batch_was_lost_and_who_left_is_taken_out(store: Store, receiver: Receiver) -> None:
    receiver.answers = [(HANG_UP, {})] * 3
    receiver.takes_before_it_fails = True
    synced(store, webhook(receiver), FIVE)
    assert sorted(receiver.held["save_now"]) == ["ann", "bob"]

    synced(store, webhook(receiver), {"bob": ("low", 1.0), "eve": ("low", 1.0)})

    assert sorted(receiver.held["save_now"]) == ["bob", "eve"]


def test_a_connection_that_is_dropped_before_the_end_is_tried_again(receiver: Receiver) -> None:
    receiver.answers = [(HANG_UP, {})]

    poster(receiver).post(b'{"audience":"a"}', "k")

    assert receiver.keys == ["k"]
