import pytest

from limner.engines.store import Store
from tests.tags.audience.town import Row, rows_of_users, store_of


@pytest.fixture(scope="session")
def rows() -> dict[str, Row]:
    return rows_of_users(200)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, rows: dict[str, Row]) -> Store:
    return store_of(tmp_path_factory.mktemp("town"), rows)
