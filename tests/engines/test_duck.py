import pytest

from limner.engines.duck import reading


@pytest.mark.parametrize(("second", "tables"), [(7_199.0, 1), (7_200.0, 0)])
def test_what_small_things_are_read_with_is_another_each_hour(
    second: float, tables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limner.engines.duck.monotonic", lambda: 3_600.0)
    with reading() as con:
        con.execute("CREATE OR REPLACE TABLE seen (n INTEGER)")

    monkeypatch.setattr("limner.engines.duck.monotonic", lambda: second)

    with reading() as con:
        assert con.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(tables,)]
