from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Barrier, Event, Thread

import pytest

from limner.keeping import Keeping


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    keeping, made = Keeping(most=6, size=len), list[str]()

    def make(name: str) -> str:
        made.append(name)
        return name * 2

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        assert keeping.get(name, partial(make, name)) == name * 2

    assert made == ["a", "b", "c", "d", "b"]


def test_what_is_larger_than_all_is_given_and_not_kept() -> None:
    keeping = Keeping(most=2, size=len)

    assert [keeping.get("k", lambda: "long"), keeping.get("k", lambda: "s")] == ["long", "s"]


def test_what_is_larger_than_all_puts_nothing_out() -> None:
    keeping = Keeping(most=2, size=len)
    keeping.get("small", lambda: "s")
    keeping.get("large", lambda: "long")

    assert keeping.get("small", lambda: "made again") == "s"


def test_of_many_who_ask_at_once_one_makes_it() -> None:
    keeping, together, made = Keeping(most=9), Barrier(5), list[int]()

    def ask() -> None:
        together.wait()
        keeping.get("k", lambda: made.append(1))

    threads = [Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [1]


def test_what_fails_is_tried_again() -> None:
    keeping = Keeping(most=9)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        keeping.get("k", fail)

    assert keeping.get("k", lambda: 7) == 7


def test_after_a_failure_too_one_makes_it_while_the_others_wait() -> None:
    keeping, is_failing, fails, is_making, ends = Keeping(most=9), Event(), Event(), Event(), Event()
    made: list[str] = []

    def fail() -> None:
        is_failing.set()
        fails.wait(5)
        raise ValueError("no")

    def make() -> None:
        is_making.set()
        ends.wait(5)
        made.append("by who waited")

    def ask(answer: Callable[[], None]) -> None:
        with suppress(ValueError):
            keeping.get("k", answer)

    threads = [Thread(target=ask, args=(one,)) for one in (fail, make, lambda: made.append("by who came later"))]
    for thread, waited, release in zip(threads, (is_failing, is_making, ends), (Event(), fails, ends), strict=True):
        thread.start()
        thread.join(0.05)
        release.set()
        waited.wait(5)
    for thread in threads:
        thread.join()

    assert made == ["by who waited"]
