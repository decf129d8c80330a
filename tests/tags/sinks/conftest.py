from collections.abc import Iterator

import pytest

from tests.tags.sinks.database import running
from tests.tags.sinks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra `postgres`)")
    with running() as dsn:
        yield dsn
