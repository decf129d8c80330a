import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from limner import cli
from limner.cli.keeping import print_restoring, print_vacuum
from limner.pipeline.restore import RestoredTag, RestoreResult
from limner.pipeline.vacuum import Removed, VacuumResult
from tests.cli.samples import lines, recording
from tests.cli.test_main import PROJECT, SALES

BACK = RestoreResult(
    True,
    "20240101T020000Z-score-1b1472",
    "20240102T020000Z-score-d062ab",
    (
        RestoredTag("lapse", "restored", "2024-01-01T00:00:00Z", 1_234, "20240101T020000Z-score-1b1472"),
        RestoredTag("redeem", "removed"),
    ),
    {},
)
SWEPT = VacuumResult(
    False,
    {"lapse": ("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z"), "size": ("2023-01-01T00:00:00Z",)},
    (Removed("current", 1_200, 2_500_000_000), Removed("runs", 1, 400)),
    ("20240102T020000Z-score-d062ab", "20240101T020000Z-score-1b1472"),
)


def test_a_restoration_says_how_each_tag_stands_and_how_to_undo_it() -> None:
    out = recording()

    print_restoring(BACK, out)

    assert lines(out) == [
        "Tags are as they stood after 20240101T020000Z-score-1b1472",
        "Tag     Outcome   Users  As of",
        "lapse   restored  1,234  2024-01-01",
        "redeem  removed",
        "",
        "to undo  limner score --restore 20240102T020000Z-score-d062ab",
        "note     the log and the models are as they were; the next limner score writes what these say now",
    ]


def test_a_restoration_of_what_stands_says_so() -> None:
    out = recording()

    print_restoring(replace(BACK, is_changed=False, tags=(replace(BACK.tags[0], outcome="unchanged"),)), out)

    assert lines(out) == [
        "Nothing to do: tags stand as they did after 20240101T020000Z-score-1b1472",
        "Tag    Outcome    Users  As of",
        "lapse  unchanged  1,234  2024-01-01",
    ]


def test_a_vacuum_says_what_went_what_expired_and_what_is_restorable() -> None:
    out = recording()

    print_vacuum(SWEPT, out)

    assert lines(out) == [
        "1,201 files of 2.5 GB removed",
        "Where    Files       Size",
        "current  1,200     2.5 GB",
        "runs         1  400 bytes",
        "",
        "expired     lapse: 2 as of 2023-01-01 to 2023-01-02",
        "expired     size: 1 as of 2023-01-01",
        "restorable  2 runs, back to 20240101T020000Z-score-1b1472",
    ]


@pytest.mark.parametrize(
    ("change", "first", "last"),
    [
        ({"is_dry_run": True}, "1,201 files of 2.5 GB would be removed", "restorable  2 runs"),
        ({"removed": (Removed("tags", 1, 1_500),)}, "1 file of 1.5 kB removed", "restorable  2 runs"),
        ({"removed": (), "restorable": ()}, "There is nothing to remove", "restorable  no run"),
    ],
)
def test_a_vacuum_may_say_less(change: dict[str, object], first: str, last: str) -> None:
    out = recording()

    print_vacuum(replace(SWEPT, **change), out)  # type: ignore[arg-type]

    assert lines(out)[0] == first
    assert lines(out)[-1].startswith(last)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "shop.yaml").write_text(PROJECT)
    (tmp_path / "sales.csv").write_text(SALES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [])
    return tmp_path


def run(*typed: str) -> int:
    sys.argv = ["limner", *typed]
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(str(left.value.code))


@pytest.mark.parametrize(
    ("typed", "exit_code", "sentence"),
    [
        (["score", "--restore", "x", "regular"], 2, "--restore: brings back all tags as they stood after a run; leave"),
        (["score", "--restore", "x", "--as-of", "2017-01-01"], 2, "--restore: brings back all tags as they stood"),
        (["score", "--restore", "x"], 2, '--restore: no run is called "x"; there is none to restore before: limner'),
        (["score", "--restore", ""], 2, '--restore: no run is called ""; there is none to restore before: limner'),
        (["files"], 2, "store: no table current is published; there is: none yet"),
        (["vacuum", "now"], 2, "Got unexpected extra argument(s) (now)"),
    ],
)
def test_a_mistake_is_a_sentence(
    shop: Path, capsys: pytest.CaptureFixture[str], typed: list[str], exit_code: int, sentence: str
) -> None:
    assert run(*typed) == exit_code

    assert sentence in capsys.readouterr().err


def test_machines_are_told_what_was_restored_removed_and_published(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "configs" / "shop.yaml").write_text(PROJECT + "clock: log\n")
    assert [run("ingest"), run("score"), run("files")] == [0, 0, 0]
    (path,) = (shop / "store" / "current").glob("*.parquet")
    assert capsys.readouterr().out.splitlines()[-1] == str(path)
    (run_id,) = [one.stem for one in (shop / "store" / "runs").glob("*-score-*")]

    told = []
    for typed in (["score", "--restore", run_id], ["vacuum", "--dry-run"], ["vacuum"], ["files"]):
        assert run(*typed, "--json") == 0
        told.append(json.loads(capsys.readouterr().out))

    assert (told[0]["command"], told[0]["restored"], told[0]["tags"][0]["outcome"]) == ("restore", run_id, "unchanged")
    assert (told[1]["dry_run"], told[1]["files"], told[1]["bytes"]) == (True, 0, 0)
    assert not told[2]["dry_run"]
    assert run_id in told[2]["restorable"]
    assert told[3] == {"table": "current", "files": [str(path)]}
