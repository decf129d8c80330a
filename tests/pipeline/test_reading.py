from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.errors import UsageError
from limner.pipeline.workspace import Workspace

from .reading import FIRST, blocks, expected, found_by, laid_out
from .shop import WALL, Shop


@pytest.fixture(scope="module")
def read(opened: Shop, tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("reading")
    return laid_out(opened.copied(folder / "shop"), folder / "there")


@pytest.fixture
def there(read: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the shop, which is the current one."""
    folder = read.root.parent.parent
    monkeypatch.chdir(folder)
    return folder


def test_the_page_shows_each_engine_once() -> None:
    assert list(blocks()) == [FIRST, "DuckDB", "pandas", "polars", "Spark"]


@pytest.mark.parametrize("engine", ["DuckDB", "pandas", "polars"])
def test_what_the_page_shows_finds_what_is_published(read: Store, there: Path, engine: str) -> None:
    if engine == "polars":
        pytest.importorskip("polars", reason="polars is not installed (extra `rivals`)")

    found = found_by(engine, there)

    assert found == expected(read)
    assert {table: len(rows) for table, rows in found.items()} == {
        "current": 10, "tags": 28, "events": 101, "high": 2,
    }  # fmt: skip


def test_limner_gives_the_tables_and_files_that_the_page_resolves(read: Store, there: Path) -> None:
    workspace = Workspace.open(Path("configs") / "shop.yaml", WALL)

    table = workspace.table("tags")

    assert table.version() == read.version("tags")
    assert workspace.files("tags") == sorted(table.file_uris()) == read.files("tags")


def test_a_table_that_is_not_published_is_answered_with_those_that_are(there: Path) -> None:
    workspace = Workspace.open(Path("configs") / "shop.yaml", WALL)

    for ask in (workspace.table, workspace.files):
        with pytest.raises(
            UsageError, match="no table tag is published; there is: attributes_people, changes, current, events"
        ):
            ask("tag")
