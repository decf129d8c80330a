from pathlib import Path

import pyarrow as pa
import pytest

from limner.engines.store import Store
from limner.tags import parts as module
from limner.tags.maker import Part, rows_of
from limner.tags.parts import Parts, staging

USERS: tuple[list[str], ...] = ([], ["b", "d", "g"], ["a"], ["c", "e", "f", "h"])


def part(users: list[str]) -> Part:
    reasons = [[{"feature": user, "contribution": 1.0, "en": f"of {user}"}] * (ord(user) % 3) for user in users]
    return Part(
        rows_of(
            {
                "user_id": users,
                "score": [float(ord(user)) for user in users],
                "reasons": reasons,
                "valid_until": [9] * len(users),
            }
        )
    )


def made(folder: Path) -> Parts:
    with Parts(folder / "tag.arrow") as made:
        for users in USERS:
            made.add(part(users))
    return made


@pytest.mark.parametrize("at_once", [1, 2, 3, 8, 100])
def test_parts_come_back_by_user_whatever_is_taken_at_once(
    tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", at_once)
    parts = made(tmp_path)
    letters = pa.array([f"<{user}>" for users in USERS for user in users])

    pieces = list(parts.in_order({"letter": letters}))

    rows = pa.concat_tables(pieces)
    assert [len(piece) for piece in pieces[:-1]] == [min(at_once, 8)] * (len(pieces) - 1)
    assert rows["user_id"].to_pylist() == list("abcdefgh")
    assert rows.drop_columns(["letter"]).equals(part(list("abcdefgh")).rows)
    assert rows["letter"].to_pylist() == [f"<{user}>" for user in "abcdefgh"]


def test_what_must_be_seen_of_all_is_in_the_order_of_the_parts(tmp_path: Path) -> None:
    parts = made(tmp_path)

    assert parts.users.to_pylist() == [user for users in USERS for user in users]
    assert parts.numbers("score").to_pylist() == [float(ord(user)) for user in parts.users.to_pylist()]


def test_no_rows_come_back_as_none(tmp_path: Path) -> None:
    with Parts(tmp_path / "tag.arrow") as parts:
        parts.add(part([]))

    assert list(parts.in_order({})) == []
    assert parts.users.to_pylist() == []


@pytest.mark.parametrize("of_others", [[], ["ingestion"]])
def test_what_is_in_the_making_is_gone_afterwards(tmp_path: Path, of_others: list[str]) -> None:
    for name in ("tags", *of_others):
        (tmp_path / ".staging" / name).mkdir(parents=True)
        (tmp_path / ".staging" / name / "left behind").touch()

    with staging(Store(tmp_path)) as folder:
        assert list(folder.iterdir()) == []
        (folder / "part").touch()

    assert [one.name for one in tmp_path.glob(".staging/*")] == of_others
    assert (tmp_path / ".staging").exists() == bool(of_others)
