import pytest
from fastapi.testclient import TestClient

from limner.pipeline.workspace import Workspace
from tests.web.shop import client_of, open_shop


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def client(workspace: Workspace) -> TestClient:
    return client_of(workspace)
