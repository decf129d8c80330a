from pathlib import Path

import pytest

from .shop import Shop, open_shop


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("opened") / "shop")
    shop.crown_all()
    return shop


@pytest.fixture
def shop(opened: Shop, tmp_path: Path) -> Shop:
    return opened.copied(tmp_path / "shop")
