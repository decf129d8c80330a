from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.tags.sinks.carrying import Carried, carry
from limner.tags.sinks.delivery import Consignment
from limner.tags.sinks.forgetting import forget
from limner.tags.sinks.outbox import On, read_outbox, revive, write_letters
from limner.tags.sinks.pending import Stamp
from limner.tags.sinks.records import read_audit
from limner.tags.sinks.standing import Route
from tests.tags.sinks.places import STAMP, Members, exposures, poster, wanted
from tests.tags.sinks.receiver import Receiver

FIRST: Members = {"ann": ("high", 0.5), "bob": ("low", 0.25), "eve": None}
BOTH = On("hook", "hook")
LATER: Members = {"ann": ("low", 0.5), "cid": ("low", 1.5), "eve": None}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def written(store: Store, members: Members, on: On = BOTH, stamp: Stamp = STAMP) -> tuple[int, int]:
    told = write_letters(Consignment(store, Route("leads", "outbox"), stamp, "outbox", wanted(members)), on)
    return told.added, told.left


def carried(store: Store, receiver: Receiver, attempts: int = 3) -> Carried:
    return carry(store, "hook", poster(receiver, attempts), STAMP)


def test_whoever_enters_and_leaves_is_told_of_once(store: Store, receiver: Receiver) -> None:
    assert written(store, FIRST) == (2, 0)
    assert carried(store, receiver) == Carried("hook", sent=2)
    assert written(store, LATER) == (1, 1)
    assert carried(store, receiver) == Carried("hook", sent=2)
    assert written(store, LATER) == (0, 0)

    assert carried(store, receiver) == Carried("hook")

    assert receiver.events == [("enter", "ann"), ("enter", "bob"), ("leave", "bob"), ("enter", "cid")]
    assert len(set(receiver.keys)) == 4


def test_a_letter_tells_what_goes_along(store: Store, receiver: Receiver) -> None:
    written(store, {"ann": ("high", 0.5)})

    carried(store, receiver)

    assert receiver.bodies == [
        {
            "audience": "leads",
            "event": "enter",
            "user_id": "ann",
            "as_of": "1970-01-01T00:01:40Z",
            "columns": {"churn_tier": "high", "churn_score": 0.5},
        }
    ]


@pytest.mark.parametrize(("on", "events"), [(On("hook", None), ["enter"]), (On(None, "hook"), ["leave"])])
def test_nobody_is_told_of_what_nobody_asked_for(store: Store, on: On, events: list[str]) -> None:
    written(store, {"ann": ("high", 0.5)}, on)

    written(store, {}, on)

    assert [letter.event for letter in read_outbox(store)] == events


def test_whoever_comes_back_is_told_of_again(store: Store, receiver: Receiver) -> None:
    for members in (FIRST, {}, FIRST):
        written(store, members)

    carried(store, receiver)

    assert len(set(receiver.keys)) == len(receiver.events) == 6


def test_letters_and_who_they_are_about_appear_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "publish", killed)
        written(store, FIRST)
    again = Store(store.root)
    again.recover()
    assert read_outbox(again) == []

    assert written(again, FIRST) == (2, 0)

    assert [letter.user_id for letter in read_outbox(again)] == ["ann", "bob"]


def test_a_kill_between_sending_and_marking_sends_again_with_the_key(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    written(store, FIRST)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "publish", killed)
        carried(store, receiver)
    again = Store(store.root)
    again.recover()

    carried(again, receiver)

    assert receiver.keys[:2] == receiver.keys[2:]
    assert receiver.events == [("enter", "ann"), ("enter", "bob")]
    assert exposures(again) == [("ann", False), ("bob", False), ("eve", True)]


def test_a_letter_that_fails_too_often_is_dead_and_kept(store: Store, receiver: Receiver) -> None:
    written(store, {"ann": ("high", 0.5), "bob": ("low", 0.5)})
    for _ in range(2):
        receiver.answers = [(422, {}), (200, {})]
        carried(store, receiver, attempts=2)

    (letter,) = read_outbox(store)

    assert (letter.user_id, letter.failures, letter.is_dead) == ("ann", 2, True)
    assert letter.reason == "sinks.crm: the service answered 422; it would not take it again either"
    assert carried(store, receiver, attempts=2) == Carried("hook", dead=1)


def test_dead_letters_may_be_sent_once_more(store: Store, receiver: Receiver) -> None:
    written(store, {"ann": ("high", 0.5)})
    receiver.answers = [(422, {})]
    carried(store, receiver, attempts=1)

    assert revive(store) == 1

    assert carried(store, receiver, attempts=1) == Carried("hook", sent=1)
    assert revive(store) == 0


def test_no_letter_dies_of_a_service_that_is_down(store: Store, receiver: Receiver) -> None:
    written(store, {f"u{number}": ("low", 1.0) for number in range(6)})
    receiver.answers = [(422, {}), (200, {}), *[(503, {})] * 3]

    told = carried(store, receiver, attempts=1)

    assert (told.sent, told.waiting, told.dead, told.exit_code) == (1, 4, 1, 1)
    assert [(letter.user_id, letter.failures) for letter in read_outbox(store)] == [
        ("u0", 1), ("u2", 0), ("u3", 0), ("u4", 0), ("u5", 0),
    ]  # fmt: skip
    assert len(receiver.keys) == 1


def test_letters_that_are_always_refused_keep_the_others_waiting_for_a_while(store: Store, receiver: Receiver) -> None:
    written(store, {f"u{number}": ("low", 1.0) for number in range(5)})
    for _ in range(2):
        receiver.answers = [(422, {})] * 3
        carried(store, receiver, attempts=2)

    assert carried(store, receiver, attempts=2) == Carried("hook", sent=2, dead=3)
    assert receiver.events == [("enter", "u3"), ("enter", "u4")]


def test_no_letter_overtakes_another_about_the_same_user(store: Store, receiver: Receiver) -> None:
    written(store, FIRST)
    receiver.answers = [(422, {})]
    carried(store, receiver)
    written(store, {**LATER, "ann": None})
    receiver.answers = [(422, {})]
    carried(store, receiver, attempts=4)

    carried(store, receiver, attempts=4)

    assert [event for event, user in receiver.events if user == "ann"] == ["enter", "leave"]


def test_the_audit_counts_letters_and_names_nobody(store: Store, receiver: Receiver) -> None:
    written(store, FIRST)
    written(store, LATER)
    carried(store, receiver)

    (line,) = read_audit(store).to_pylist()

    assert (line["action"], line["audience"], line["added"], line["left"], line["who"]) == (
        "letters",
        "leads",
        3,
        1,
        "ann",
    )
    assert "bob" not in str(line)


def test_a_forgotten_user_has_no_letter(store: Store) -> None:
    written(store, FIRST)

    forget(store, {}, "bob", STAMP)

    assert [letter.user_id for letter in read_outbox(store)] == ["ann"]
    assert written(store, {"ann": ("high", 0.5), "eve": None}) == (0, 0)
