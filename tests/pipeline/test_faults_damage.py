import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from limner.errors import DamagedError
from limner.tags.published import read_current
from limner.timeline import DAY

from .courses import tags_of
from .shop import NOW, Shop, outcome, outcomes

Damage = Callable[[Path], None]

BUNDLE = ("model.json", "calibration.json", "plan.json", "card.json", "manifest.json")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


def first(shop: Shop, pattern: str) -> Path:
    return min(shop.store.root.glob(pattern))


@pytest.fixture
def scored(shop: Shop) -> Shop:
    shop.score(as_of=NOW - DAY)
    return shop


@pytest.mark.parametrize("damage", [cut, flipped, gone])
@pytest.mark.parametrize("name", BUNDLE)
def test_a_damaged_model_is_refused_by_name_and_the_others_are_published(shop: Shop, name: str, damage: Damage) -> None:
    damage(shop.store.root / "bundles" / "lapse" / "1" / name)

    result = shop.score(["lapse", "size"])

    assert outcomes(result) == {"lapse": "refused", "size": "published"}
    assert outcome(result, "lapse").exit_code == 1
    assert f"{name} of lapse/1" in str(outcome(result, "lapse").reason)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut, "champion.json is not what was written"),
        (flipped, "champion.json is not what was written"),
        (emptied, "champion.json is not what was written"),
        (gone, "lapse has no champion to score with; train it first: limner train lapse"),
    ],
)
def test_a_damaged_pointer_to_the_champion_is_refused(shop: Shop, damage: Damage, sentence: str) -> None:
    damage(shop.store.root / "bundles" / "lapse" / "champion.json")

    told = outcome(shop.score(["lapse"]), "lapse")

    assert told.exit_code == 1
    assert sentence in str(told.reason)


@pytest.mark.parametrize("damage", [cut, emptied, gone])
@pytest.mark.parametrize("table", ["events", "attributes_people", "tags"])
def test_a_file_of_a_table_that_is_not_whole_refuses_the_run_and_changes_nothing(
    scored: Shop, table: str, damage: Damage
) -> None:
    before = read_current(scored.store)
    damage(first(scored, f"{table}/*/*.parquet" if table != "tags" else "tags/*/*/*.parquet"))

    with pytest.raises(DamagedError, match=r"part-.*\.parquet: (holds|is missing).*restore it from a backup"):
        scored.score()

    assert read_current(scored.store).equals(before)


def test_a_flipped_byte_in_the_log_changes_no_tag(scored: Shop, tmp_path: Path) -> None:
    control = scored.copied(tmp_path / "control")
    control.score()
    flipped(first(scored, "events/*/*.parquet"))

    scored.score()

    assert tags_of(scored) == tags_of(control)


def test_a_flipped_byte_in_the_log_is_found_when_it_is_laid_out(shop: Shop) -> None:
    flipped(first(shop, "events/*/*.parquet"))
    shutil.rmtree(shop.store.root / "columns")

    result = shop.score()

    assert outcomes(result) == {"lapse": "refused", "redeem": "refused", "class": "refused", "size": "published"}
    assert "bytes of it changed after it was written; restore it from a backup" in str(outcome(result, "lapse").reason)


@pytest.mark.parametrize("damage", [cut, gone])
@pytest.mark.parametrize("name", ["arrays.npy", "names.json"])
def test_a_damaged_layout_of_the_log_is_made_anew(shop: Shop, name: str, damage: Damage) -> None:
    damage(first(shop, f"columns/bucket=0/*/{name}"))

    assert shop.score().exit_code == 0


@pytest.mark.parametrize("damage", [cut, flipped, emptied])
def test_a_damaged_pointer_to_all_tables_refuses_everything(scored: Shop, damage: Damage) -> None:
    damage(scored.store.root / "published")

    with pytest.raises(DamagedError, match="published: is not what Limner wrote"):
        scored.score()


@pytest.mark.parametrize("table", ["events", "tags"])
def test_a_lost_history_of_a_table_refuses_the_run(scored: Shop, table: str) -> None:
    shutil.rmtree(scored.store.root / table / "_delta_log")

    with pytest.raises(DamagedError, match=f"{table}: cannot be read as a Delta table"):
        scored.score()
