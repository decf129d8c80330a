from typing import Any

import pytest

from limner.errors import SourceError
from tests.events.shop import AMOUNT, Shop, csv_of

LINE = "ann,2019-05-01,1"
COLUMNS: dict[str, list[Any]] = {"who": ["ann"], "at": ["2019-05-01"], "amount": [1]}


UNREADABLE: list[tuple[str, Any, str, str]] = [
    ("event\udcff.csv", csv_of([LINE]), "*.csv", r"the name of /.*/event\?.csv is not UTF-8; give it another"),
    ("events.csv", csv_of([LINE]) + LINE + "\r\n", "*.csv", "events.csv cannot be read as csv: its lines end in more"),
    (
        "events.csv",
        csv_of([LINE]),
        "event.csv",
        r"sources.shop: there is no file event.csv in .*; did you mean events.csv\?",
    ),
    (
        "events.csv",
        csv_of([LINE]),
        "gone/*.csv",
        r"there is no file gone/\*.csv in .*; the folder gone/ does not exist",
    ),
    ("data/events.csv", csv_of([LINE]), "data", r"there is no file data in .*; it is a folder: write data/\*.parquet"),
    ("events.xlsx", "x", "events.*", r"events.xlsx is no kind of file that is read; allowed: .parquet, .pq, .csv"),
    ("events", "x", "events", r"events is no kind of file that is read"),
    ("events.csv", "", "*.csv", r"events.csv is empty: it has no bytes at all"),
    ("events.parquet", b"PAR1 and no more", "*.parquet", r"sources.shop: events.parquet cannot be read as parquet: "),
    (
        "events.csv",
        csv_of([LINE], "who,when,amount"),
        "*.csv",
        r"events.csv has no column at; it has: who, when, amount",
    ),
    ("events.csv", csv_of([LINE], "who,At,amount"), "*.csv", r"events.csv has no column at; .* did you mean At\?"),
    ("events.csv", csv_of([LINE], "x,y,z"), "*.csv", r"has no column who; .*\n.* has no column at; "),
    ("events.csv", csv_of([LINE], "who,at,at"), "*.csv", r"events.csv has the column at twice"),
    (
        "events.csv",
        "\n" + csv_of([LINE]),
        "*.csv",
        r"events.csv cannot be read as csv: its first line names no columns",
    ),
    (
        "events.csv",
        "who;at\xe9;x\n".encode("latin-1"),
        "*.csv",
        r"events.csv cannot be read as csv: its header is not UTF-8",
    ),
    (
        "events.csv",
        csv_of([LINE]).encode("utf-16"),
        "*.csv",
        r"events.csv cannot be read as csv: its header is not UTF-8",
    ),
    ("events.jsonl", '{"who": 1}\n', "*.jsonl", r"events.jsonl has no column at; it has: who"),
    ("events.jsonl", "\n\n", "*.jsonl", r"events.jsonl has no column who; it has: none"),
    (
        "events.parquet",
        {**COLUMNS, "at": [1556704800]},
        "*.parquet",
        r"has BIGINT in the column at; allowed for a time: ",
    ),
    (
        "events.parquet",
        {**COLUMNS, "who": [{"id": 1}]},
        "*.parquet",
        r"has STRUCT\(id BIGINT\) in the column who; allowed: texts",
    ),
    ("events.parquet", {**COLUMNS, "who": [[1]]}, "*.parquet", r"has BIGINT\[\] in the column who; allowed: texts"),
    ("events.parquet", {**COLUMNS, "who": [b"x"]}, "*.parquet", r"has BLOB in the column who; allowed: texts"),
]


@pytest.mark.parametrize(("name", "content", "read", "told"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_in_a_sentence(
    shop: Shop, name: str, content: Any, read: str, told: str
) -> None:
    shop.write(name, content)

    with pytest.raises(SourceError, match=told):
        shop.ingest(read)

    assert shop.published == b""


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_parquet_file_is_named(shop: Shop, part: float) -> None:
    path = shop.write("events.parquet", {name: values * 500 for name, values in COLUMNS.items()})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])

    with pytest.raises(SourceError, match=r"sources.shop: events.parquet cannot be read as parquet: "):
        shop.ingest()


def test_a_parquet_file_damaged_in_the_middle_is_named(shop: Shop) -> None:
    path = shop.write("events.parquet", {**COLUMNS, "who": ["ann"]})
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)

    with pytest.raises(SourceError, match=r"sources.shop: events.parquet cannot be read as parquet: "):
        shop.ingest(properties=AMOUNT)


def test_one_damaged_file_stops_the_others(shop: Shop) -> None:
    shop.write("events.1.csv", csv_of([LINE]))
    shop.write("events.2.parquet", b"PAR1")

    with pytest.raises(SourceError, match=r"events\.2\.parquet"):
        shop.ingest()

    assert shop.published == b""


@pytest.mark.parametrize("content", ["who,at,amount\n", "who,at,amount"])
def test_a_file_with_a_header_only_brings_nothing(shop: Shop, content: str) -> None:
    shop.write("events.csv", content)

    result = shop.ingest().sources[0]

    assert (result.files_read, result.rows_read, result.watermark) == (1, 0, None)
    assert shop.ingest().sources[0].files_skipped == 1


TEXTS = {
    "semicolons and bare commas": csv_of([LINE.replace(",", ";") + ";x"], "who;at;amount;a, b, c, d, e"),
    "old Macintosh lines": csv_of([LINE]).replace("\n", "\r"),
    "byte order mark": "\ufeff" + csv_of([LINE]),
    "Windows lines": csv_of([LINE]).replace("\n", "\r\n"),
    "no last newline": csv_of([LINE]).rstrip(),
    "semicolons": csv_of([LINE.replace(",", ";")], "who;at;amount"),
    "semicolons and quoted commas": csv_of([LINE.replace(",", ";") + ";x"], 'who;at;amount;"a, b, c, d"'),
    "bars": csv_of([LINE.replace(",", "|")], "who|at|amount"),
    "tabs": csv_of([LINE.replace(",", "\t")], "who\tat\tamount"),
    "blanks in the header": csv_of([LINE], "who, at , amount"),
    "quotes everywhere": csv_of(['"ann","2019-05-01","1"'], '"who","at","amount"'),
    "a newline in the header": csv_of([LINE + ",x"], 'who,at,amount,"more\nof it"'),
    "columns of no interest named twice": csv_of([LINE + ",x,y,z"], "who,at,amount,x,x,X"),
    "a column without a name": csv_of([LINE + ",x"], "who,at,amount,"),
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_csv_is_read_as_the_world_writes_it(shop: Shop, content: str) -> None:
    shop.write("events.csv", content)

    (row,) = shop.read(properties=AMOUNT)

    assert (row["user_id"], row["amount"], row[":reason"]) == ("ann", 100, None)


@pytest.mark.parametrize(
    "name", ["it's.csv", "a b.csv", "[1].csv", "数据.csv", 'say "no".csv', "a=b/c.csv", "100%.CSV", "*.csv"]
)
def test_a_file_may_have_any_name(shop: Shop, name: str) -> None:
    shop.write(name, csv_of([LINE, ",,"]))

    shop.ingest(name)

    assert shop.events("user_id") == ["ann"]
    assert shop.quarantine("file") == [name]


NAMES = [
    "event time", 'say "no"', "it's", "Größe", "统计", ":row", "reason", "event_time", "user_id", "file_row_number",
    "starts_local", "event_id", "source", "filename", "is_new", "a.b", "a/b~c", "c0", "line", "number", ":kind",
]  # fmt: skip


def written_as(kind: str, row: dict[str, str]) -> Any:
    if kind == "parquet":
        return {name: [value] for name, value in row.items()}
    header = ",".join('"' + name.replace('"', '""') + '"' for name in row)
    return [row] if kind == "jsonl" else csv_of([",".join(row.values())], header)


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_columns_may_have_any_name(shop: Shop, kind: str) -> None:
    row = {name: f"v{place}" for place, name in enumerate(NAMES)} | {"user_id": "ann", "event_time": "2019-05-01"}
    shop.write(f"events.{kind}", written_as(kind, row))
    kept = {f"p{place}": {"column": name, "type": "category"} for place, name in enumerate(NAMES)}

    shop.ingest(event_time="event_time", user_id="user_id", event_id=["event_id", ":row"], properties=kept)

    assert shop.events("user_id", *kept) == [("ann", *row.values())]


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_columns_that_differ_in_capitals_only_stay_apart(shop: Shop, kind: str) -> None:
    row = {"who": "ann", "Who": "bob", "at": "2019-05-01", "AT": "never"}
    shop.write(f"events.{kind}", written_as(kind, row))

    (row,) = shop.read(properties={"other": {"column": "Who", "type": "category"}})

    assert not row[":reason"]
    assert (row["user_id"], row["other"]) == ("ann", "bob")


def test_one_glob_may_mix_formats(shop: Shop) -> None:
    shop.write("events.1.csv", csv_of([LINE]))
    shop.write("events.2.parquet", {"amount": [2], "at": ["2019-05-02"], "who": ["bob"]})
    shop.write("events.3.jsonl", [{"at": "2019-05-03", "who": "zoe", "amount": 3}, {"at": "2019-05-03", "who": "dan"}])

    shop.ingest(properties=AMOUNT)

    assert shop.events("user_id", "amount") == [("ann", 100), ("bob", 200), ("dan", None), ("zoe", 300)]
