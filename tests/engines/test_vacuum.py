import os
import time
from pathlib import Path

import pytest

from limner.engines.vacuum import half_written, remove, size_of, unreferred

STAGED = [f"part-{digit * 32}.parquet" for digit in "abc"]
LONG_AGO = time.time() - 86_400


def put(path: Path, size: int = 10, written: float = LONG_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (written, written))
    return path


def test_staged_files_are_found_by_table_but_for_the_kept_ones(tmp_path: Path) -> None:
    lost, deep, kept = (put(tmp_path / name) for name in (f"a/{STAGED[0]}", f"b/x=1/y=2/{STAGED[1]}", f"a/{STAGED[2]}"))

    assert unreferred(tmp_path, {kept}) == {"a": [lost], "b": [deep]}


@pytest.mark.parametrize(
    "name",
    [
        "a/mine.parquet",
        "a/part-1.parquet",
        f"a/{STAGED[0]}.crc",
        f"a/_delta_log/00000000000000000099.checkpoint.{STAGED[0]}",
        f".staging/{STAGED[0]}",
        STAGED[0],
    ],
)
def test_what_limner_did_not_stage_for_a_table_is_let_alone(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)

    assert unreferred(tmp_path, set()) == {}


@pytest.mark.parametrize(
    ("name", "age", "found"),
    [
        (f".published.{'0' * 32}", 7_200, True),
        (f"runs/.r1.json.{'0' * 32}", 7_200, True),
        (f"runs/.r1.json.{'0' * 32}", 60, False),
        ("runs/r1.json", 7_200, False),
        (".lock", 7_200, False),
    ],
)
def test_small_files_that_were_never_finished_are_found(tmp_path: Path, name: str, age: float, found: bool) -> None:
    path = put(tmp_path / name, written=time.time() - age)

    assert half_written(tmp_path) == [path] * found


def test_files_and_bytes_are_counted_once_and_in_folders_too(tmp_path: Path) -> None:
    inner = put(tmp_path / "a" / "x" / "one", 3)
    put(tmp_path / "a" / "two", 4)

    assert size_of([tmp_path / "a", inner]) == (2, 7)
    assert size_of([]) == (0, 0)


def test_folders_that_are_empty_then_go_as_well(tmp_path: Path) -> None:
    one, other = put(tmp_path / "a" / "x" / "one"), put(tmp_path / "a" / "other")
    folder = put(tmp_path / "b" / "y" / "z").parent

    remove(tmp_path, [one, folder, tmp_path / "gone already"])

    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", other]
