from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.errors import RefusedError, SpecError
from limner.quantities import Share
from limner.tags.holdout import Draw
from limner.tags.published import Published, current_columns, files_of, has_columns_of, newest, published, read_current
from limner.tags.rows import Kind
from limner.tags.writing import already_published, run_key
from tests.tags.batches import fact_batch, prediction_batch, shown_in

TAGS: dict[str, Kind] = {"size": "fact", "churn": "predictive"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def values(store: Store, column: str = "size") -> dict[str, object]:
    current = read_current(store)
    return dict(zip(current["user_id"].to_pylist(), current[column].to_pylist(), strict=True))


def history(store: Store, tag: str, as_of: int) -> list[str]:
    tables = [pq.read_table(file, partitioning=None) for file in files_of(store, tag, as_of)]
    return pa.concat_tables(tables)["value"].to_pylist() if tables else []


def test_current_is_one_row_per_user_sorted(store: Store) -> None:
    shown_in(store, [fact_batch("size", 100, {"b": "2", "c": "3"}), prediction_batch("churn", 100, ["c", "a"])], TAGS)

    current = read_current(store)

    assert current["user_id"].to_pylist() == ["a", "b", "c"]
    assert current["size"].to_pylist() == [None, "2", "3"]
    assert current["churn_tier"].to_pylist() == ["low", None, "low"]
    assert current.column_names == ["user_id", *current_columns(TAGS)]


def test_a_tag_that_was_never_written_is_null(store: Store) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1"})], TAGS)

    current = read_current(store)

    assert current["churn_probability"].to_pylist() == [None]
    assert current.schema.field("churn_probability").type == pa.float64()


def test_what_is_published_is_remembered(store: Store) -> None:
    batch = fact_batch("size", 100, {"a": "1", "b": "2"})

    (entry,) = shown_in(store, [batch], TAGS)

    changes = {"since": None, "added": 2, "updated": 0, "left": 0}
    assert published(store, "size") == [entry] == [Published(100, "k1", "r1", 2, entry.tags_hash, changes)]
    assert already_published(store, "size", 100, "k1") == entry
    assert already_published(store, "size", 100, "k2") is None
    assert already_published(store, "size", 101, "k1") is None


def test_another_key_replaces_its_instant(store: Store) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1", "b": "2"})], TAGS)

    shown_in(store, [fact_batch("size", 100, {"a": "9"}, key="k2")], TAGS)

    assert values(store) == {"a": "9"}
    assert history(store, "size", 100) == ["9"]
    assert [one.key for one in published(store, "size")] == ["k2"]


def test_an_older_instant_changes_only_the_history(store: Store) -> None:
    shown_in(store, [fact_batch("size", 200, {"a": "new"})], TAGS)

    shown_in(store, [fact_batch("size", 100, {"a": "old", "b": "old"})], TAGS)

    assert values(store) == {"a": "new"}
    assert [history(store, "size", as_of) for as_of in (100, 200)] == [["old", "old"], ["new"]]
    assert [one.as_of for one in published(store, "size")] == [100, 200]


def test_a_newer_instant_leaves_the_others_history_and_tags(store: Store) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1"}), prediction_batch("churn", 100, ["a"])], TAGS)

    shown_in(store, [fact_batch("size", 200, {"b": "2"})], TAGS)

    assert values(store) == {"a": None, "b": "2"}
    assert values(store, "churn_tier") == {"a": "low", "b": None}
    assert history(store, "size", 100) == ["1"]


def test_two_instants_of_a_tag_at_once(store: Store) -> None:
    shown_in(store, [fact_batch("size", 200, {"a": "2"}), fact_batch("size", 100, {"a": "1"})], TAGS)

    assert values(store) == {"a": "2"}
    assert [one.as_of for one in published(store, "size")] == [100, 200]


def test_nobody_tagged_is_published_as_nobody(store: Store) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1"})], TAGS)

    shown_in(store, [fact_batch("size", 200, {}), prediction_batch("churn", 200, [])], TAGS)

    assert values(store) == {}
    found = newest(store, "size")
    assert found is not None
    assert (found.as_of, found.rows) == (200, 0)


def test_a_run_killed_before_it_shows_leaves_the_old_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1"})], TAGS)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "publish", _killed)
        with pytest.raises(KeyboardInterrupt):
            shown_in(
                store, [fact_batch("size", 100, {"a": "9"}, key="k2"), prediction_batch("churn", 100, ["b"])], TAGS
            )

    assert (values(store), history(store, "size", 100)) == ({"a": "1"}, ["1"])
    store.recover()

    assert (values(store), history(store, "size", 100)) == ({"a": "1"}, ["1"])
    shown_in(store, [prediction_batch("churn", 100, ["b"])], TAGS)
    assert values(store) == {"a": "1", "b": None}
    assert store.table("tags").version() == store.version("tags")


def test_a_first_run_killed_before_it_shows_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "publish", _killed)
        with pytest.raises(KeyboardInterrupt):
            shown_in(store, [fact_batch("size", 100, {"a": "1"})], TAGS)

    store.recover()

    with pytest.raises(RefusedError, match="nobody was scored yet; run: limner score"):
        read_current(store)
    assert (published(store, "size"), newest(store, "size")) == ([], None)


def test_a_tag_that_left_the_project_leaves_current_and_stays_in_history(store: Store) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1"}), prediction_batch("churn", 100, ["b"])], TAGS)

    shown_in(store, [], {"size": "fact"})

    assert read_current(store).column_names == ["user_id", "size", "size_valid_until"]
    assert values(store) == {"a": "1"}
    assert len(published(store, "churn")) == len(files_of(store, "churn", 100)) == 1


def test_current_tells_whether_it_has_the_columns_of_the_project(store: Store) -> None:
    assert has_columns_of(store, TAGS)
    shown_in(store, [fact_batch("size", 100, {"a": "1"})], TAGS)

    assert has_columns_of(store, TAGS)
    assert not has_columns_of(store, {"size": "fact"})
    assert not has_columns_of(store, {"size": "fact", "churn": "fact"})


@pytest.mark.parametrize("kind", ["predictive", "rule"])
def test_a_tag_that_became_another_kind_is_null_until_it_is_written_again(store: Store, kind: Kind) -> None:
    shown_in(store, [fact_batch("size", 100, {"a": "1"})], TAGS)

    shown_in(store, [prediction_batch("churn", 100, ["b"])], {**TAGS, "size": kind})

    assert values(store, "size_valid_until") == {"b": None}


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        (
            {"churn": "predictive", "churn_tier": "fact"},
            "tags.churn_tier: its column churn_tier is already that of churn",
        ),
        ({"user_id": "rule"}, "tags.user_id: its column user_id is already that of the users"),
        ({"size": "fact", "Size": "rule"}, "tags.Size: its column Size is already that of size"),
    ],
)
def test_two_tags_with_one_column_are_refused_and_nothing_changes(
    store: Store, tags: dict[str, Kind], sentence: str
) -> None:
    with pytest.raises(SpecError, match=sentence):
        shown_in(store, [fact_batch("size", 100, {"a": "1"})], tags)

    assert store.version("tags") is None


def test_values_with_quotes_and_foreign_letters_come_back(store: Store) -> None:
    told = {'o\'neil "x"': "三口之家", "": "", "张三": "null"}

    shown_in(store, [fact_batch("size", 100, told)], TAGS)

    assert values(store) == told


@pytest.mark.parametrize("changed", [(2, "v", "d", "b"), (1, "w", "d", "b"), (1, "v", "e", "b"), (1, "v", "d", None)])
def test_a_run_key_depends_on_all_that_decides_the_rows(changed: tuple[int, str, str, str | None]) -> None:
    assert run_key(1, "v", "d", "b") == run_key(1, "v", "d", "b")
    assert run_key(*changed) != run_key(1, "v", "d", "b")


def test_a_run_key_depends_on_who_is_left_alone() -> None:
    shares = [(), (Draw("a", Share.parse("5%")),), (Draw("a", Share.parse("6%")),), (Draw("b", Share.parse("5%")),)]

    assert len({run_key(1, "v", "d", "b", draws) for draws in shares}) == 4
    assert run_key(1, "v", "d", "b", ()) == run_key(1, "v", "d", "b")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
