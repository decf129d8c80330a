import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from limner.engines.delta import NewFile
from limner.engines.store import Store
from limner.errors import DamagedError, LockedError, UsageError

SCHEMA = pa.schema([("user_id", pa.string()), ("bucket", pa.string())])


def written(store: Store, bucket: str, users: Sequence[str]) -> NewFile:
    path = store.stage("events", {"bucket": bucket})
    pq.write_table(pa.table({"user_id": list(users)}), path)
    return NewFile(path, {"bucket": bucket}, len(users))


def users(store: Store) -> list[str]:
    return sorted(store.table("events").to_pyarrow_table().column("user_id").to_pylist())


def publish(store: Store, files: list[NewFile], removing: str = "") -> None:
    version = store.commit("events", SCHEMA, ["bucket"], files, lambda partition: partition["bucket"] == removing)
    store.publish({"events": version}, {"log": {"rows": len(files)}})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    publish(store, [written(store, "0", "a"), written(store, "1", "bc")])
    return store


def test_a_store_never_written_has_no_files(tmp_path: Path) -> None:
    store = Store(tmp_path)

    assert store.version("events") is None
    assert store.files("events") == []
    assert store.facts("log") == {}


def test_published_rows_and_facts_are_read_back(store: Store) -> None:
    assert users(store) == ["a", "b", "c"]
    assert store.facts("log") == {"rows": 2}


def test_files_are_chosen_by_partition(store: Store) -> None:
    (path,) = store.files("events", bucket="1")

    assert "bucket=1" in path
    assert pq.ParquetFile(path).read().column("user_id").to_pylist() == ["b", "c"]


def test_a_commit_replaces_only_what_it_removes(store: Store) -> None:
    publish(store, [written(store, "1", "d")], removing="1")

    assert users(store) == ["a", "d"]


def test_a_commit_may_bring_new_columns(store: Store) -> None:
    wider = pa.schema([*SCHEMA, ("amount", pa.int64())])

    version = store.commit("events", wider, ["bucket"], [], lambda _: False)
    store.publish({"events": version}, {})

    assert store.table("events").to_pyarrow_table().column("amount").null_count == 3


def test_a_commit_that_removes_all_may_bring_other_columns(store: Store) -> None:
    other = pa.schema([("user_id", pa.int64()), ("bucket", pa.string())])
    path = store.stage("events", {"bucket": "0"})
    pq.write_table(pa.table({"user_id": [7]}), path)

    version = store.commit("events", other, ["bucket"], [NewFile(path, {"bucket": "0"}, 1)], remove=None)
    store.publish({"events": version}, {})

    assert store.table("events").to_pyarrow_table().column("user_id").to_pylist() == [7]
    assert store.files("events") == [str(path)]


@pytest.mark.parametrize("name", ["my store", "数据", "a#b", "a&b", "it's"])
def test_a_store_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / name)

    publish(store, [written(store, "0", "a")])

    assert [pq.ParquetFile(path).read().num_rows for path in store.files("events")] == [1]


@pytest.mark.parametrize("name", ["[1]", "100%20", "a|b", "a^b", "a\\b"])
def test_a_folder_that_delta_cannot_bear_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / name)

    with pytest.raises(UsageError, match="a store cannot lie in a folder with"):
        publish(store, [written(store, "0", "a")])


def test_recovery_names_a_published_table_that_is_damaged(store: Store) -> None:
    for path in (store.root / "events" / "_delta_log").iterdir():
        path.write_text("{")

    with pytest.raises(DamagedError, match="events: cannot be read as a Delta table"):
        store.recover()


def test_what_was_never_published_is_invisible_and_rolled_back(store: Store) -> None:
    store.commit("events", SCHEMA, ["bucket"], [written(store, "0", "z")], lambda _: True)
    later = Store(store.root)
    before = users(later)

    later.recover()

    assert before == users(later) == users(Store(store.root)) == ["a", "b", "c"]


def test_recovery_removes_a_table_that_was_never_published(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit("events", SCHEMA, ["bucket"], [written(store, "0", "z")], lambda _: False)

    store.recover()

    assert not (tmp_path / "events").exists()


def test_recovery_of_a_sound_store_changes_nothing(store: Store) -> None:
    version = store.version("events")

    store.recover()

    assert store.version("events") == version


def test_a_second_run_is_turned_away(store: Store) -> None:
    with store.lock(), pytest.raises(LockedError, match="another run"), Store(store.root).lock():
        pass


def test_the_lock_is_free_after_an_error(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock():
        raise ZeroDivisionError

    with store.lock():
        pass


def test_a_damaged_pointer_is_named(store: Store) -> None:
    (store.root / "published").write_text("{")

    with pytest.raises(DamagedError, match="published"):
        Store(store.root).version("events")


def test_a_missing_table_is_named(store: Store) -> None:
    store.publish({"tags": 3}, {})

    with pytest.raises(DamagedError, match="tags"):
        store.files("tags")


def test_a_store_whose_pointer_is_lost_is_refused_and_nothing_is_removed(store: Store) -> None:
    (store.root / "runs").mkdir()
    (store.root / "runs" / "1-ingest.json").write_text("{}")
    (store.root / "published").unlink()

    with pytest.raises(DamagedError, match="published: is missing, so nobody knows"):
        Store(store.root).recover()

    assert (store.root / "events").exists()


def test_a_published_table_that_is_gone_is_not_taken_for_unpublished(store: Store) -> None:
    shutil.rmtree(store.root / "events" / "_delta_log")

    with pytest.raises(DamagedError, match="events: cannot be read as a Delta table"):
        store.recover()

    assert list((store.root / "events").glob("*/*.parquet"))


def test_a_store_is_seen_as_it_stood(store: Store) -> None:
    publish(store, [written(store, "1", "d")], removing="1")

    assert (store.number, list(store.states()), store.tables) == (2, [1, 2], ["events"])
    assert [users(store.past(number)) for number in (1, 2)] == [["a", "b", "c"], ["a", "d"]]
    assert [store.past(number).facts("log") for number in (1, 2)] == [{"rows": 2}, {"rows": 1}]
    assert store.past(2).referred("events") == [Path(path) for path in store.files("events")]


def test_a_store_without_numbers_is_read_and_counted_from_one(store: Store) -> None:
    shutil.rmtree(store.root / "states")
    pointer = store.root / "published"
    pointer.write_text(
        json.dumps({key: one for key, one in json.loads(pointer.read_text()).items() if key != "number"})
    )
    old = Store(store.root)
    assert (old.number, users(old)) == (0, ["a", "b", "c"])

    publish(old, [written(old, "0", "z")])

    assert (old.number, list(old.states())) == (1, [1])


def test_a_state_that_is_not_kept_is_named(store: Store) -> None:
    with pytest.raises(DamagedError, match=r"states/7\.json: is not what Limner wrote \(FileNotFoundError\)"):
        store.past(7)


def test_what_is_brought_back_is_published_anew_and_can_be_undone(store: Store) -> None:
    wider = pa.schema([*SCHEMA, ("amount", pa.int64())])
    store.publish({"events": store.commit("events", wider, ["bucket"], [], lambda _: True)}, {"log": {"rows": 0}})

    store.bring_back(store.past(1), ["events"], ["log"])
    assert (users(store), store.facts("log"), store.number) == (["a", "b", "c"], {"rows": 2}, 3)
    assert [field.name for field in store.table("events").schema().fields] == SCHEMA.names

    store.bring_back(store.past(2), ["events"], ["log"])
    assert (users(store), store.facts("log")) == ([], {"rows": 0})
    store.recover()
    assert store.number == 4


def test_what_has_lost_a_file_is_not_brought_back(store: Store) -> None:
    lost = Path(store.files("events", bucket="1")[0])
    publish(store, [], removing="1")
    lost.unlink()

    with pytest.raises(DamagedError, match=f"{lost.name}: is missing"):
        store.bring_back(store.past(1), ["events"], ["log"])

    assert (users(store), store.number) == (["a"], 2)


def test_versions_older_than_a_month_can_be_read_after_a_checkpoint_of_delta(store: Store) -> None:
    store.commit("events", SCHEMA, ["bucket"], [], remove=None)
    DeltaTable(store.root / "events").create_checkpoint()
    for path in (store.root / "events" / "_delta_log").iterdir():
        os.utime(path, (time.time() - 90 * 86_400,) * 2)

    store.commit("events", SCHEMA, ["bucket"], [written(store, "0", "z")], lambda _: True)

    assert users(Store(store.root)) == ["a", "b", "c"]


@pytest.mark.parametrize("content", [None, "{"], ids=["lost", "damaged"])
def test_a_pointer_that_is_lost_is_mended_by_the_newest_state(store: Store, content: str | None) -> None:
    publish(store, [written(store, "0", "z")])
    (store.root / "runs").mkdir()
    (store.root / "runs" / "1-ingest.json").write_text("{}")
    pointer = store.root / "published"
    pointer.unlink() if content is None else pointer.write_text(content)
    with pytest.raises(DamagedError, match=r"published: is .*; copy the newest file of states/ there, restore it from"):
        users(Store(store.root))

    shutil.copy(store.root / "states" / "2.json", pointer)

    assert users(Store(store.root)) == ["a", "b", "c", "z"]


@pytest.mark.parametrize(("content", "told"), [(None, "is missing"), (b"PAR1", "holds 4 bytes, not ")])
def test_a_file_that_is_not_there_in_full_is_named(store: Store, content: bytes | None, told: str) -> None:
    path = Path(store.files("events", bucket="1")[0])
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(DamagedError, match=f"{path.name}: {told}"):
        store.files("events", bucket="1")
    with pytest.raises(DamagedError, match=path.name):
        store.verify()
    assert store.files("events", bucket="0")


def test_a_file_where_the_store_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    store = Store(tmp_path / "store")

    with pytest.raises(UsageError, match="store: is a file, and a store is a folder"):
        store.version("events")
    with pytest.raises(UsageError, match="is a file"), store.lock():
        pass


def test_a_table_of_many_commits_is_opened_from_a_checkpoint_and_forgets_none(store: Store) -> None:
    for number in range(40):
        publish(store, [written(store, "2", f"{number:02}"[1])], removing="2")

    commits = store.root / "events" / "_delta_log"
    assert (commits / "_last_checkpoint").exists()
    assert users(store) == ["9", "a", "b", "c"]
    assert users(store.past(4)) == ["2", "a", "b", "c"]
