from pathlib import Path

import pytest

from limner.errors import SpecError, UsageError
from limner.project import find_config, load
from limner.quantities import Band, Duration
from tests.project.shop import SHOP, changed

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def written(folder: Path, text: str = SHOP, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_the_configs_that_come_with_limner_are_right(path: Path) -> None:
    assert load(path).root == ROOT


def test_the_reference_is_not_taken_for_a_project() -> None:
    assert find_config(ROOT).name == "demo.yaml"


def test_quantities_are_read_as_what_they_are(tmp_path: Path) -> None:
    tag = load(written(tmp_path)).spec.tags["lapse"]

    assert tag.kind == "predictive"
    assert tag.target.horizon == Duration(28 * 86_400)
    assert tag.tiers == {"high": Band.parse("10%"), "low": Band.parse("0.9")}


def test_a_file_in_configs_belongs_to_the_folder_around_it(tmp_path: Path) -> None:
    project = load(written(tmp_path, name="configs/shop.yaml"))

    assert project.root == tmp_path
    assert project.store_path == tmp_path / "data" / "shop"


def test_any_other_file_belongs_to_its_own_folder(tmp_path: Path) -> None:
    project = load(written(tmp_path, name="elsewhere/shop.yaml"))

    assert project.root == tmp_path / "elsewhere"
    assert project.text == SHOP


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none.yaml", "there is no such file; name a project file with --config"),
        (".", "is a folder; name a project file"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        load(tmp_path / name)


def test_a_config_is_found_only_where_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no project file in .*configs; name one with --config"):
        find_config(tmp_path)
    one = written(tmp_path, name="configs/a.yaml")
    assert find_config(tmp_path) == one
    written(tmp_path, name="configs/b.yml")
    with pytest.raises(UsageError, match=r"several project files: configs/a\.yaml, configs/b\.yml; name one"):
        find_config(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "tag", "is_same"),
    [
        ("tiers: {high: 10%, low: 90%}", "tiers: {high: 10%, low: 90%}\n    owner: retention", "lapse", True),
        ("tiers: {high: 10%, low: 90%}", "tiers: {high: 20%, low: 80%}", "lapse", False),
        ("tiers: {high: 10%, low: 90%}", "tiers: {high: 20%, low: 80%}", "answer", True),
        ("windows: [7d, 28d]", "windows: [1w, 4w]", "lapse", True),
        ("windows: [7d, 28d]", "windows: [7d, 14d, 28d]", "lapse", False),
        ("windows: [7d, 28d]", "windows: [7d, 14d, 28d]", "age", True),
    ],
)
def test_a_definition_is_what_decides_the_values(tmp_path: Path, old: str, new: str, tag: str, is_same: bool) -> None:
    before = load(written(tmp_path, name="before.yaml")).definition_hash(tag)
    after = load(written(tmp_path, changed((old, new)), "after.yaml")).definition_hash(tag)

    assert (before == after) is is_same
