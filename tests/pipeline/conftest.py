from collections.abc import Iterator
from pathlib import Path

import pytest

from .courses import Course, arriving_course, scoring_course
from .nursery import Nursery
from .shop import Shop, open_shop

READY = ("cli.app", "cli.report", "cli.progress", "cli.tags", "cli.show", "pipeline.ingest", "pipeline.score")
"""What the nursery has imported: all that the commands need but training, whose libraries make each fork dear."""


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery"), *READY) as started:
        yield started


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("opened") / "shop")
    shop.crown_all()
    return shop


@pytest.fixture
def shop(opened: Shop, tmp_path: Path) -> Shop:
    return opened.copied(tmp_path / "shop")


@pytest.fixture(scope="session")
def scoring(nursery: Nursery, opened: Shop, tmp_path_factory: pytest.TempPathFactory) -> Course:
    return scoring_course(nursery, opened.copied(tmp_path_factory.mktemp("scoring") / "shop"))


@pytest.fixture(scope="session")
def arriving(nursery: Nursery, opened: Shop, tmp_path_factory: pytest.TempPathFactory) -> Course:
    return arriving_course(nursery, opened.copied(tmp_path_factory.mktemp("arriving") / "shop"))
