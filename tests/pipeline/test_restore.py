import json
from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.errors import DamagedError, LockedError, RefusedError, UsageError
from limner.pipeline.restorable import restorable

from .keeping import EARLIER, beside, current, manifest, restored, scored, seen
from .shop import NOW, Shop, by_count


@pytest.fixture(scope="module")
def scored_twice(opened: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, str, str]:
    shop = opened.copied(tmp_path_factory.mktemp("twice") / "shop")
    return shop, scored(shop, 1, ["size", "class"], EARLIER), scored(shop, 2)


@pytest.fixture
def twice(scored_twice: tuple[Shop, str, str], tmp_path: Path) -> tuple[Shop, str, str]:
    """A shop, the run that wrote two tags as of an earlier day, and the run that wrote all as of now."""
    shop, first, second = scored_twice
    return shop.copied(tmp_path / "shop"), first, second


def test_tags_come_back_as_they_stood_and_a_second_restore_undoes_the_first(shop: Shop) -> None:
    first, then = scored(shop, 1, ["size", "class"], EARLIER), seen(shop)
    second, later = scored(shop, 2), seen(shop)

    back = restored(shop, first)
    assert seen(shop) == then != later
    assert (back.restored, back.before) == (first, second)

    again = restored(shop, second, 51)
    assert seen(shop) == later
    assert again.before == back.manifest["run_id"]

    restored(shop, back.manifest["run_id"], 52)
    assert seen(shop) == then


def test_what_became_of_each_tag_is_told_and_kept(twice: tuple[Shop, str, str]) -> None:
    shop, first, second = twice

    back = restored(shop, first)

    assert {one.tag: (one.outcome, one.rows) for one in back.tags} == {
        "class": ("restored", len(shop.rows("class", EARLIER))),
        "size": ("restored", 2),
        "lapse": ("removed", None),
        "redeem": ("removed", None),
    }
    assert manifest(shop, back.manifest["run_id"]) == back.manifest
    assert (back.manifest["command"], back.manifest["restored"], back.manifest["before"]) == ("restore", first, second)
    assert back.manifest["published"] == shop.store.number


def test_tables_beside_the_tags_come_back_with_them(shop: Shop) -> None:
    then = beside(shop, EARLIER)
    first = scored(shop, 1, ["size"], EARLIER)
    later = beside(shop, NOW)
    second = scored(shop, 2, ["size"])

    restored(shop, first)
    assert shop.store.referred("others") == [then]
    restored(shop, second, 51)
    assert shop.store.referred("others") == [then, later]


def test_the_log_and_the_models_stay_as_they_are(twice: tuple[Shop, str, str]) -> None:
    shop, first, _ = twice
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2")
    kept = {path: path.read_bytes() for path in (shop.store.root / "bundles").rglob("*.*") if path.is_file()}
    log = [shop.store.version("events"), shop.store.facts("log"), shop.store.version("attributes_people")]

    restored(shop, first)

    assert {path: path.read_bytes() for path in kept} == kept
    assert [shop.store.version("events"), shop.store.facts("log"), shop.store.version("attributes_people")] == log


def test_the_state_after_the_same_run_again_is_restored_by_either_name(shop: Shop) -> None:
    first, same = scored(shop, 1, ["size"]), scored(shop, 2, ["size"])
    then = seen(shop)
    scored(shop, 3)

    restored(shop, same)

    assert seen(shop) == then
    assert manifest(shop, first)["published"] == manifest(shop, same)["published"]


def test_a_run_that_died_before_its_manifest_is_restored_by_the_run_after_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("limner.pipeline.score.write_manifest", _killed)
        with pytest.raises(KeyboardInterrupt):
            scored(shop, 1, ["size"])
    then = seen(shop)
    again = scored(shop, 2, ["size"])
    scored(shop, 3, ["size"], EARLIER)

    restored(shop, again)

    assert seen(shop) == then


def test_what_stands_already_is_not_published_again(twice: tuple[Shop, str, str]) -> None:
    shop, _, second = twice
    before = (shop.store.root / "published").read_bytes()

    done = restored(shop, second)

    assert not done.is_changed
    assert {one.outcome for one in done.tags} == {"unchanged"}
    assert (shop.store.root / "published").read_bytes() == before
    assert manifest(shop, done.manifest["run_id"])["published"] == shop.store.number


def test_a_run_that_was_undone_is_written_again_by_the_next_score(twice: tuple[Shop, str, str]) -> None:
    shop, first, _ = twice
    later = current(shop)
    restored(shop, first)

    again = shop.score()

    assert {one.outcome for one in again.outcomes} == {"published"}
    assert (
        current(shop)
        .select(["user_id", "lapse_score", "class"])
        .equals(later.select(["user_id", "lapse_score", "class"]))
    )


def test_what_was_restored_is_unchanged_when_it_is_made_of_the_same(twice: tuple[Shop, str, str]) -> None:
    shop, first, _ = twice
    restored(shop, first)

    again = shop.score(["size", "class"], as_of=EARLIER)

    assert {one.outcome for one in again.outcomes} == {"unchanged"}
    assert {one.published_by for one in again.outcomes} == {first}


def test_another_model_is_written_again_until_it_is_rolled_back(shop: Shop) -> None:
    first = scored(shop, 1, ["lapse"])
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2", grade="B")
    scored(shop, 2, ["lapse"])
    restored(shop, first)
    assert {row["model_version"] for row in shop.rows("lapse")} == {"1"}

    assert shop.score(["lapse"]).outcomes[0].outcome == "published"

    restored(shop, first, 51)
    shop.crown("lapse", by_count(shop.plan("lapse")), version="1")
    assert shop.score(["lapse"]).outcomes[0].outcome == "unchanged"


def test_columns_of_another_project_come_back_and_follow_the_project_at_the_next_score(shop: Shop) -> None:
    first = scored(shop, 1)
    whole = current(shop)
    shop.reworded("  size: {kind: fact, attribute: size, valid_for: 7d}\n", "")
    scored(shop, 2)
    assert "size" not in current(shop).column_names

    restored(shop, first)
    assert current(shop).equals(whole)
    assert [field.name for field in shop.store.table("current").schema().fields] == whole.column_names

    shop.score()
    assert "size" not in current(shop).column_names


@pytest.mark.parametrize("part", [slice(None), slice(None, 16), slice(-6, None)], ids=["whole", "beginning", "end"])
def test_an_id_may_be_shortened(twice: tuple[Shop, str, str], part: slice) -> None:
    shop, first, _ = twice

    assert restored(shop, first[part]).restored == first


def test_an_id_that_nobody_has_is_answered_with_the_newest_runs(shop: Shop) -> None:
    runs = [scored(shop, minute, ["size"]) for minute in range(7)]

    with pytest.raises(UsageError) as caught:
        restored(shop, "nix")

    newest = ", ".join(reversed(runs[2:]))
    assert str(caught.value) == f'--restore: no run is called "nix"; restorable, the newest first: {newest} and 2 more'


def test_a_shortened_id_means_a_run_that_left_tags(twice: tuple[Shop, str, str]) -> None:
    shop, first, _ = twice
    other = first.replace("score", "vacuum")
    (shop.store.root / "runs" / f"{other}.json").write_text(json.dumps({"run_id": other, "command": "vacuum"}))

    assert restored(shop, first[:16]).restored == first


def test_an_id_that_several_runs_have_is_refused(twice: tuple[Shop, str, str]) -> None:
    shop, first, second = twice

    with pytest.raises(UsageError, match=f'"2024" fits {first}, {second}; write more of the id'):
        restored(shop, "2024")


def test_a_run_that_wrote_no_tags_is_refused(twice: tuple[Shop, str, str]) -> None:
    shop, first, second = twice
    (shop.store.root / "runs" / "x-ingest-1.json").write_text('{"run_id": "x-ingest-1", "command": "ingest"}')

    with pytest.raises(UsageError, match=f"x-ingest-1 left no tags that can be restored; .*: {second}, {first}$"):
        restored(shop, "x-ingest")


def test_a_run_that_is_not_kept_any_more_is_refused(twice: tuple[Shop, str, str]) -> None:
    shop, first, second = twice
    (shop.store.root / "states" / f"{manifest(shop, first)['published']}.json").unlink()

    with pytest.raises(RefusedError, match=f"as they stood after {first} are not kept any more; .*: {second}$"):
        restored(shop, first)


def test_a_store_without_tags_has_nothing_to_restore(shop: Shop) -> None:
    with pytest.raises(UsageError, match="there is none to restore before: limner score"):
        restored(shop, "20240101")

    assert restorable(shop.store) == []


def test_a_manifest_that_is_damaged_is_left_out(twice: tuple[Shop, str, str]) -> None:
    shop, first, second = twice
    (shop.store.root / "runs" / f"{second}.json").write_text("{")

    assert [one.run_id for one in restorable(shop.store)] == [first]
    assert restored(shop, first).before is None


def test_tags_that_have_lost_a_file_are_not_restored(twice: tuple[Shop, str, str]) -> None:
    shop, first, _ = twice
    (lost,) = shop.store.past(manifest(shop, first)["published"]).files("current")
    Path(lost).unlink()
    before = seen(shop)

    with pytest.raises(DamagedError, match="is missing"):
        restored(shop, first)

    assert seen(shop) == before


def test_a_restoration_that_is_killed_shows_nothing_of_it(
    twice: tuple[Shop, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, first, _ = twice
    before = seen(shop)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "publish", _killed)
        with pytest.raises(KeyboardInterrupt):
            restored(shop, first)
    assert seen(shop) == before

    with shop.store.lock():
        shop.store.recover()

    assert seen(shop) == before
    assert restored(shop, first).is_changed


def test_two_runs_at_once_do_not_meet(twice: tuple[Shop, str, str]) -> None:
    shop, first, _ = twice

    with shop.store.lock(), pytest.raises(LockedError):
        restored(shop, first)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
