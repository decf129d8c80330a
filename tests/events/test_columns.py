import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from limner.events.columns import MISSING, Columns, sweep
from limner.events.layout import laid_out
from limner.events.log import EventLog
from limner.events.segments import FOLDER, Segment
from tests.features.logs import happened, log_of, second

ROWS = [
    happened(3, "v", amount=1.5, kind="tea", gift=True),
    happened(1, "u", "visit"),
    happened(2, "u", known=5, amount=-2.0, kind="茶"),
    happened(4, "u", amount=0.25, gift=False),
]


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return log_of(tmp_path, ROWS)


def of_user(log: EventLog, user: str) -> tuple[Columns, slice]:
    for bucket in range(log.buckets):
        columns = Columns.of(log, bucket)
        if user in columns.users():
            place = int(np.flatnonzero(columns.users() == user)[0])
            return columns, slice(*columns.array("offsets")[place : place + 2])
    raise LookupError(user)


def test_events_stand_by_user_and_by_when_they_were_known(log: EventLog) -> None:
    columns, mine = of_user(log, "u")

    assert columns.array("seconds")[mine].tolist() == [second(1), second(4), second(5)]
    assert columns.array("micros")[mine].tolist() == [second(day) * 1_000_000 for day in (1, 4, 2)]
    assert [columns.names.types[code] for code in columns.array("types")[mine]] == ["visit", "buy", "buy"]


def test_properties_are_whole_numbers_and_codes(log: EventLog) -> None:
    columns, mine = of_user(log, "u")
    kinds, gifts = (columns.names.categories.index(name) for name in ("kind", "is_gift"))

    assert columns.array("numbers")[0, mine].tolist() == [MISSING, 25, -200]
    assert [columns.names.texts[kinds][code] for code in columns.array("codes")[kinds, mine][2:]] == ["茶"]
    assert columns.array("codes")[gifts, mine].tolist() == [-1, 0, -1]
    assert columns.names.lacking["amount"] == {"visit"}


def test_how_large_a_number_is_at_most_is_told_whatever_its_sign(tmp_path: Path) -> None:
    rows = [
        happened(1, "u", amount=amount, kind=kind) for amount, kind in ((1.5, "tea"), (-2.5, "mate"), (None, "rye"))
    ]
    log = log_of(tmp_path, rows)

    assert max(Columns.of(log, bucket).names.largest["amount"] for bucket in range(log.buckets)) == 250


def test_what_is_laid_out_is_read_from_the_files_it_was_made_from(log: EventLog) -> None:
    (first,) = Columns.of(log, 0).segments
    shutil.rmtree(log.store.root / "columns")

    (again,) = Columns.of(log, 0).segments

    assert again.folder == first.folder
    assert again.array("seconds").tolist() == first.array("seconds").tolist()


def test_a_layout_of_which_a_part_is_left_is_made_anew(log: EventLog) -> None:
    segment = Columns.of(log, 0).segments[0]
    seconds, path = segment.array("seconds").tolist(), segment.folder / "arrays.npy"
    path.write_bytes(path.read_bytes()[:-1])

    assert Columns.of(log, 0).array("seconds").tolist() == seconds


def test_a_layout_is_whole_where_the_system_writes_a_little_at_a_time(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = Columns.of(log, 0).segments
    saved = (first.folder / "arrays.npy").read_bytes()
    shutil.rmtree(log.store.root / "columns")

    def a_little(file: int, pieces: Sequence[memoryview]) -> int:
        return os.write(file, b"".join(pieces)[:100])

    monkeypatch.setattr("os.writev", a_little)
    (again,) = Columns.of(log, 0).segments

    assert (again.folder / "arrays.npy").read_bytes() == saved


@pytest.mark.parametrize("name", ["offsets", "seconds", "types", "numbers", "codes"])
def test_each_array_lies_as_the_compiler_takes_it(log: EventLog, name: str) -> None:
    flags = Columns.of(log, 0).array(name).flags

    assert (flags.aligned, flags.c_contiguous, flags.writeable) == (True, True, True)


def test_a_system_without_large_pages_reads_all_the_same(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Columns.of(log, 0).array("seconds").tolist()

    monkeypatch.delattr("mmap.MADV_HUGEPAGE", raising=False)

    assert Columns.of(log, 0).array("seconds").tolist() == before


def test_a_store_that_cannot_be_written_is_read_all_the_same(log: EventLog) -> None:
    before = Columns.of(log, 0).array("seconds").tolist()
    shutil.rmtree(log.store.root / "columns")
    (log.store.root / "columns").write_text("in the way")

    columns = Columns.of(log, 0)

    assert columns.array("seconds").tolist() == before
    assert columns.holds("event_type = 'buy'").tolist() == [True] * len(before)


def test_what_another_lays_out_just_then_stays(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    (path, *_) = log.files(0)
    shutil.rmtree(log.store.root / FOLDER)
    others: list[Segment] = []

    def too_early(folder: Path) -> None:
        monkeypatch.undo()
        others.append(Segment.of(log.store.root, path))
        monkeypatch.setattr("limner.events.segments.laid_out", while_the_other_reads)

    def while_the_other_reads(path: Path) -> Any:
        others[0].array("types")
        return laid_out(path)

    monkeypatch.setattr("limner.events.segments._whole", too_early)

    assert Segment.of(log.store.root, path).array("types").tolist() == others[0].array("types").tolist()


def test_what_is_no_longer_published_is_swept_away(log: EventLog) -> None:
    old = log.store.root / "columns" / "bucket=0" / "part-of-old.3"
    old.mkdir()
    kept = Columns.of(log, 0).segments[0].folder

    sweep(log)

    assert not old.exists()
    assert kept.exists()


def test_an_array_that_follows_is_made_once(log: EventLog) -> None:
    Columns.of(log, 0).segments[0].kept("ones", lambda: np.ones(3))

    def fail() -> np.ndarray:
        raise AssertionError("made again")

    assert Columns.of(log, 0).segments[0].kept("ones", fail).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("left", [0, 60, 130])
def test_an_array_of_which_a_part_is_left_is_made_anew(log: EventLog, left: int) -> None:
    segment = Columns.of(log, 0).segments[0]
    segment.kept("ones", lambda: np.ones(3))
    for path in segment.folder.glob("made-*"):
        path.write_bytes(path.read_bytes()[:left])

    assert Columns.of(log, 0).segments[0].kept("ones", lambda: np.ones(3)).tolist() == [1.0, 1.0, 1.0]


def test_a_bucket_of_nobody_is_empty(tmp_path: Path) -> None:
    log = log_of(tmp_path, [happened(1, "u")])

    sizes = sorted(len(Columns.of(log, bucket).users()) for bucket in range(log.buckets))

    assert sizes == [0, 1]


def test_a_file_in_another_order_is_laid_out_all_the_same(log: EventLog, tmp_path: Path) -> None:
    (path,) = log.files(0)
    shuffled = tmp_path / "shuffled.parquet"
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.take(list(range(len(table)))[::-1]), shuffled)

    arrays, _ = laid_out(shuffled)

    right = Columns.of(log, 0)
    assert {name: arrays[name].tolist() for name in ("seconds", "micros")} == {
        name: right.array(name).tolist() for name in ("seconds", "micros")
    }
