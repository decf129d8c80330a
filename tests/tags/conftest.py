import pytest

from limner.engines.store import Store
from tests.tags.shop import ingested


@pytest.fixture(scope="session")
def unscored(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A shop of whom nobody has a tag yet."""
    return ingested(tmp_path_factory.mktemp("unscored"))
