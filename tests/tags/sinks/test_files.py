from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.errors import SinkError, UsageError
from limner.tags.sinks.files import CsvSink, is_csv, waiting, write_csv, write_parquet
from tests.tags.sinks.places import synced


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@cmd", "'@cmd"),
        ("\tx", "'\tx"),
        ("'=1", "''=1"),
        ("＝1", "'＝1"),
        ("-12", "-12"),
        ("+3.50", "+3.50"),
        ("a=b", "a=b"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
    ],
)
def test_no_text_is_a_formula(tmp_path: Path, text: str, cell: str) -> None:
    write_csv(tmp_path / "a.csv", pa.table({"user_id": [text]}))

    assert lines(tmp_path / "a.csv")[1] == f'"{cell}"'


def test_numbers_stay_numbers_and_what_is_unknown_stays_empty(tmp_path: Path) -> None:
    rows = pa.table({"score": [-1.5, None], "n": [-3, 4], "tier": [None, ""], "is_new": [True, None]})

    write_csv(tmp_path / "a.csv", rows)

    assert lines(tmp_path / "a.csv") == ['"score","n","tier","is_new"', "-1.5,-3,,true", ',4,"",']


@pytest.mark.parametrize(("bom", "start"), [(True, b"\xef\xbb\xbf"), (False, b"")])
def test_a_byte_order_mark_comes_first_where_it_is_asked_for(tmp_path: Path, bom: bool, start: bytes) -> None:
    synced(Store(tmp_path / "store"), CsvSink(tmp_path / "a.csv", bom=bom), {"李雷": ("高", 1.0)})

    assert (tmp_path / "a.csv").read_bytes().startswith(start + b'"user_id"')


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, write: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(SinkError, match=r"a: cannot be written: No space left on device"):
        write(path, pa.table({"user_id": ["ann"]}))  # type: ignore[operator]

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")

    with pytest.raises(SinkError, match=r"out/a\.csv: cannot be written: "):
        write_csv(tmp_path / "out" / "a.csv", pa.table({"user_id": ["ann"]}))


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    rows = pa.table({"user_id": ["=1"], "score": [0.5], "until": pa.array([1], pa.timestamp("us"))})

    write_parquet(tmp_path / "a.parquet", rows)

    assert pq.read_table(tmp_path / "a.parquet") == rows


def test_another_ending_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a\.xlsx: is neither a \.csv nor a \.parquet file"):
        is_csv(Path("a.xlsx"))


def test_what_fails_while_a_file_waits_is_not_told_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("as it was")

    with pytest.raises(OSError, match="the store is full"), waiting(path, pa.table({"user_id": ["ann"]})):
        raise OSError("the store is full")

    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"a.csv": "as it was"}
