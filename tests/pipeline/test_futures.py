import numpy as np
import pyarrow as pa
import pytest

from limner.features.bucket import Bucket
from limner.features.rows import Rows
from limner.pipeline.futures import Future, futures, known_before
from limner.timeline import MICROS
from tests.features.buckets import USERS, bucket_of
from tests.oracle import DAY, Event

CUTOFFS = {"u": 10 * DAY, "v": 20 * DAY}
BUCKET = bucket_of(
    [Event(user, "buy", day * DAY * MICROS, 100 * day, "ab"[day % 2]) for user in USERS for day in (5, 10, 15, 20, 25)]
)
ROWS = Rows(np.array([0, 1], np.int32), np.array(list(CUTOFFS.values()), np.int64))
FUTURES = {future.how: future for future in futures(BUCKET, ROWS)}


def story(bucket: Bucket, user: int) -> list[tuple[int, int, int, int]]:
    inside = slice(bucket.offsets[user], bucket.offsets[user + 1])
    columns = bucket.seconds, bucket.micros, bucket.properties.numbers[0], bucket.properties.codes[0]
    return list(zip(*(column[inside].tolist() for column in columns), strict=True))


def split(bucket: Bucket, user: int) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    told, cutoff = story(bucket, user), list(CUTOFFS.values())[user]
    return [one for one in told if one[0] < cutoff], [one for one in told if one[0] >= cutoff]


@pytest.mark.parametrize("future", FUTURES.values(), ids=list(FUTURES))
@pytest.mark.parametrize("user", [0, 1])
def test_the_past_stays_as_it_was_and_the_future_does_not(future: Future, user: int) -> None:
    past, ahead = split(BUCKET, user)

    other_past, other_ahead = split(future.bucket, user)

    assert other_past == past
    assert other_ahead != ahead
    assert other_ahead == sorted(other_ahead, key=lambda event: event[0])


@pytest.mark.parametrize("future", FUTURES.values(), ids=list(FUTURES))
def test_users_without_a_row_have_no_events_left(future: Future) -> None:
    assert future.bucket.users.tolist() == list(USERS)
    assert story(future.bucket, 2) == []


def test_how_large_numbers_are_is_not_told_of_those_that_were_changed() -> None:
    assert {how: future.bucket.properties.largest for how, future in FUTURES.items()} == {
        "removed": {"number": 2500}, "changed": {}, "added to": {"number": 2500},
    }  # fmt: skip


def test_something_happens_at_the_cutoff_itself() -> None:
    ahead = split(FUTURES["added to"].bucket, 0)[1]

    assert [one[0] // DAY for one in ahead] == [10, 10, 10, 15, 15, 20, 20, 25, 25]


def test_what_is_changed_happened_before_the_cutoff_and_became_known_after_it() -> None:
    assert all(
        micros < CUTOFFS["u"] * MICROS <= seconds * MICROS
        for seconds, micros, *_ in split(FUTURES["changed"].bucket, 0)[1]
    )


def test_facts_from_the_cutoff_on_are_not_known_and_undated_ones_are() -> None:
    days = [9, 10, 19, 20, None]
    since = pa.array([None if day is None else day * DAY * MICROS for day in days], pa.timestamp("us"))
    table = pa.table({"user_id": ["u", "u", "v", "v", "v"], "valid_from": since, "size": list("abcde")})

    known = known_before({"people": table}, BUCKET, ROWS)["people"]

    assert known["size"].to_pylist() == ["a", "c", "e"]
