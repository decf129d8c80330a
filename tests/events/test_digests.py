import json
import os
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pytest

from limner.events.digests import DIGESTS, Digests
from limner.timeline import FixedClock, WallClock
from tests.events.shop import Shop

LATER = FixedClock(WallClock().now() + 3_600)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("who,at\n")
    return path


@pytest.fixture
def kept(tmp_path: Path, file: Path) -> Path:
    """A place where another digest than the file's is kept for it, which shows who reads the file."""
    path = tmp_path / DIGESTS
    digests = Digests(path, LATER)
    digests.of(file)
    digests.keep()
    path.write_text(path.read_text().replace(digest_of(file), "remembered"))
    return path


def digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_a_file_that_stood_still_is_not_read_again(file: Path, kept: Path) -> None:
    assert Digests(kept, LATER).of(file) == "remembered"
    assert Digests(None).of(file) == digest_of(file)


@pytest.mark.parametrize("change", ["longer", "as long", "touched", "replaced"])
def test_a_file_that_changed_is_read_again(change: str, file: Path, kept: Path, tmp_path: Path) -> None:
    if change == "touched":
        os.utime(file)
    elif change == "replaced":
        (tmp_path / "other").write_text("WHO,AT\n")
        os.utime(tmp_path / "other", ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
        (tmp_path / "other").replace(file)
    else:
        file.write_text("WHO,AT\n" if change == "as long" else "who,at,why\n")

    assert Digests(kept, LATER).of(file) == digest_of(file)


def test_what_changed_just_now_is_not_trusted(file: Path, tmp_path: Path) -> None:
    digests = Digests(tmp_path / DIGESTS, FixedClock(int(file.stat().st_ctime) + 1))
    digests.of(file)
    digests.keep()

    assert not (tmp_path / DIGESTS).exists()


def test_what_changed_just_before_a_long_reading_is_not_trusted(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [int(file.stat().st_ctime) + 1]

    def slowly(content: Any, name: str) -> object:
        seconds.append(seconds[-1] + 60)
        return file_digest(content, name)

    monkeypatch.setattr(WallClock, "now", lambda _: seconds[-1])
    monkeypatch.setattr("limner.events.digests.file_digest", slowly)
    digests = Digests(tmp_path / DIGESTS)
    digests.of(file)
    digests.keep()

    assert not (tmp_path / DIGESTS).exists()


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"a": 1}', '{"a": []}'])
def test_digests_that_cannot_be_read_are_made_anew(text: str, file: Path, kept: Path) -> None:
    kept.write_text(text)

    assert Digests(kept, LATER).of(file) == digest_of(file)


def test_files_that_are_gone_are_forgotten(file: Path, kept: Path) -> None:
    digests = Digests(kept, LATER)
    other = file.with_name("b.csv")
    other.write_text("who,at\n")
    digests.of(other)
    digests.keep()

    assert list(json.loads(kept.read_text())) == [str(other)]


def test_ingestion_reads_a_file_whose_content_is_known_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.events.shop.NOW", LATER.now())
    shop = Shop(tmp_path)
    path = shop.write("events.csv", "who,at\n1,2019-03-01\n")
    shop.ingest()
    kept = shop.store.root / DIGESTS

    assert list(json.loads(kept.read_text())) == [str(path)]
    assert shop.ingest().sources[0].files_skipped == 1
    kept.write_text(kept.read_text().replace(digest_of(path), "remembered"))
    assert shop.ingest().sources[0].files_read == 1
    path.write_text("who,at\n2,2019-03-02\n")
    assert shop.ingest().sources[0].rows_added == 1
