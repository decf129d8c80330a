import time

import pytest

from limner.engines.duck import connect, literal, quoted
from limner.engines.local import LocalEngine


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_bucket_order(threads: int) -> None:
    def slow_start(bucket: int) -> int:
        time.sleep(0.02 if bucket == 0 else 0)
        return bucket

    assert list(LocalEngine(threads).each_bucket(7, slow_start)) == list(range(7))


def test_an_error_in_a_bucket_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        list(LocalEngine(threads=2).each_bucket(3, lambda bucket: 1 // (bucket - 1)))


@pytest.mark.parametrize("text", ["plain", "it's", 'say "no"', "a;--b", "统计"])
def test_names_and_texts_survive_sql(text: str) -> None:
    con = connect()

    row = con.sql(f"SELECT {literal(text)} AS {quoted(text)}")

    assert row.columns == [text]
    assert row.fetchall() == [(text,)]


def test_duckdb_thinks_in_utc() -> None:
    assert connect(threads=1, memory_limit="1GB").sql("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
