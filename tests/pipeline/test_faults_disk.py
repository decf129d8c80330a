import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.courses import Course, events_of, tags_of, typed
from tests.pipeline.nursery import Ended, Nursery
from tests.pipeline.shop import Shop

pytestmark = pytest.mark.faults

KB = 1024


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def sealed(scoring: Course, tmp_path: Path) -> Iterator[Shop]:
    """A shop that was scored, on a disk that may not be written to."""
    shop = scoring.shop.copied(tmp_path / "shop")
    mount("--bind", str(shop.folder), str(shop.folder))
    mount("-o", "remount,ro,bind", str(shop.folder))
    yield shop
    subprocess.run(["umount", "--lazy", str(shop.folder)], check=True)


def filled(folder: Path, free: int) -> Path:
    """A file that leaves so many bytes of the disk to others."""
    filler = folder / "filler"
    filler.write_bytes(bytes(max(shutil.disk_usage(folder).free - free, 0)))
    return filler


def is_refused(ended: Ended) -> bool:
    """Whether a full disk was said to be one, in a line."""
    return ended.exit_code == 1 and "No space left on device" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("free", [0, 24 * KB, 48 * KB, 64 * KB, 80 * KB])
def test_a_scoring_on_a_full_disk_shows_all_or_nothing(
    nursery: Nursery, scoring: Course, disk: Path, free: int
) -> None:
    shop = scoring.shop.copied(disk / "shop")
    filler = filled(disk, free)

    ended = typed(nursery, shop, "score")
    assert is_refused(ended) or (free and ended.exit_code == 0), ended.stderr
    assert tags_of(shop) in (scoring.before, scoring.after)

    filler.unlink()
    assert shop.score().exit_code == 0
    assert tags_of(shop) == scoring.after


@pytest.mark.parametrize("free", [0, 12 * KB])
def test_an_ingestion_on_a_full_disk_shows_all_or_nothing(
    nursery: Nursery, arriving: Course, disk: Path, free: int
) -> None:
    shop = arriving.shop.copied(disk / "shop")
    filler = filled(disk, free)

    ended = typed(nursery, shop, "ingest")
    assert is_refused(ended) or (free and ended.exit_code == 0), ended.stderr
    assert events_of(shop) in (arriving.before, arriving.after)

    filler.unlink()
    shop.ingest()
    assert events_of(shop) == arriving.after


@pytest.mark.parametrize("command", ["score", "ingest"])
def test_a_store_that_may_not_be_written_to_refuses_in_a_sentence(nursery: Nursery, sealed: Shop, command: str) -> None:
    ended = typed(nursery, sealed, command)

    assert ended.exit_code == 1
    assert "Read-only file system; mend that and run the command again" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", [["tags"], ["show", "u1"]])
def test_a_store_that_may_not_be_written_to_is_read(nursery: Nursery, sealed: Shop, command: list[str]) -> None:
    ended = typed(nursery, sealed, *command, "--json")

    assert ended.exit_code == 0, ended.stderr
    assert ended.told
