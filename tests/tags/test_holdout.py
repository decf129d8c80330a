from hashlib import md5
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from limner.quantities import Share
from limner.tags.holdout import Draw, HoldoutSpec, draws, held_out, share_left_alone

USERS = [f"user {number}" for number in range(20_000)] + ["", "张三", "o'clock"]


def drawn(salt: str, share: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = held_out(pa.array(USERS), [Draw(salt, Share.parse(share))])
    return np.array(found.to_pylist(), np.bool_)


@pytest.mark.parametrize("share", ["0%", "0.1%", "10%", "33.3%", "100%"])
def test_a_draw_is_the_hash_it_is_said_to_be(share: str) -> None:
    hashes = [md5(f"holdout:a:{user}".encode(), usedforsecurity=False).hexdigest() for user in USERS]
    numbers = [int(one[:13], 16) / 16**13 for one in hashes]

    assert drawn("a", share).tolist() == [number < float(Share.parse(share)) for number in numbers]


@pytest.mark.parametrize("salt", ["a", "b", "audience.save_now", "tag.churn"])
def test_a_draw_leaves_the_share_alone_that_was_asked_for(salt: str) -> None:
    spread = (0.1 * 0.9 / len(USERS)) ** 0.5

    assert abs(drawn(salt, "10%").mean() - 0.1) < 4 * spread


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("tag.churn", "audience.churn"), ("x", "x.2")])
def test_draws_of_other_salts_know_nothing_of_each_other(one: str, other: str) -> None:
    a, b = drawn(one, "30%"), drawn(other, "30%")

    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / len(USERS) ** 0.5


def test_a_larger_share_only_adds_users() -> None:
    grown = [drawn("a", share) for share in ("1%", "5%", "5%", "20%", "90%")]

    assert all((small <= large).all() for small, large in pairwise(grown))
    assert (grown[1] == grown[2]).all()
    assert grown[0].sum() < grown[1].sum() < grown[3].sum()


def test_several_draws_leave_alone_whom_any_does() -> None:
    both = [Draw("a", Share.parse("10%")), Draw("b", Share.parse("20%"))]

    found = np.array(held_out(pa.array(USERS), both).to_pylist())

    assert (found == (drawn("a", "10%") | drawn("b", "20%"))).all()
    assert share_left_alone(both) == pytest.approx(0.28)
    assert share_left_alone([*both, Draw("a", Share.parse("5%"))]) == pytest.approx(0.28)


def test_no_draw_leaves_anybody_alone() -> None:
    assert held_out(pa.array(["a"]), []).to_pylist() == [False]
    assert share_left_alone([]) == 0


def test_a_salt_that_is_written_counts() -> None:
    share = Share.parse("5%")

    assert draws(None, "own") == []
    assert draws(share, "own") == [Draw("own", share)]
    assert draws(HoldoutSpec(share=share), "own") == [Draw("own", share)]
    assert draws(HoldoutSpec(share=share, salt="old"), "own") == [Draw("old", share)]
