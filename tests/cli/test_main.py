import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from limner import __version__, cli
from limner.cli import app, champions
from limner.cli.output import print_json
from limner.errors import LockedError, QuarantineError

PROJECT = """
version: 1
project: shop
store: store
sources:
  sales: {read: sales.csv, event_type: buy, user_id: who, event_time: when}
features:
  windows: [28d]
  signals: {buys: {event_type: buy}}
  aggregates: {buys: [count]}
tags:
  regular: {kind: rule, classes: {often: buys_count_28d >= 2}, otherwise: rarely}
"""
SALES = "who,when\n007,2017-01-01T00:00:00\n007,2017-01-09T00:00:00\n8,2017-01-10T00:00:00\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "shop.yaml").write_text(PROJECT)
    (tmp_path / "sales.csv").write_text(SALES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*typed: str) -> int:
    sys.argv = ["limner", *typed]
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert isinstance(left.value.code, int)
    return left.value.code


@pytest.fixture(autouse=True)
def _argv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [])


@pytest.mark.parametrize(
    ("typed", "exit_code", "sentence"),
    [
        (["tags", "--colour"], 2, "limner: No such option: --colour"),
        (["paint"], 2, "limner: No such command 'paint'."),
        (["show"], 2, "limner: Missing argument 'USER'."),
        (["--json"], 2, "limner: Missing command."),
        (["tags", "--lang", "fr"], 2, 'limner: --lang: there are no words in "fr"; write en or zh'),
        (["tags", "-c", "no.yaml"], 2, "limner: no.yaml: there is no such file; name a project file with --config"),
        (["show", "7"], 1, "limner: store: there is no event log yet; run `limner ingest` first"),
    ],
)
def test_a_mistake_is_a_sentence_and_an_exit_code(
    shop: Path, capsys: pytest.CaptureFixture[str], typed: list[str], exit_code: int, sentence: str
) -> None:
    assert run(*typed) == exit_code

    assert capsys.readouterr().err.strip().startswith(sentence)


def test_a_machine_reads_its_mistake_on_stdout(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--json", "show", "7")

    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "error": "store: there is no event log yet; run `limner ingest` first",
        "kind": "RefusedError",
        "exit_code": 1,
    }


def test_wrong_usage_has_the_kind_that_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "paint") == 2

    assert json.loads(capsys.readouterr().out)["kind"] == "UsageError"


def test_the_bare_command_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2

    told = capsys.readouterr()
    assert told.out.startswith("Usage: limner [OPTIONS] COMMAND")
    assert told.err == ""


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (None, "lapse: version 2 is now the champion"),
        (1, "lapse: version 2 is now the champion, before it was 1"),
        (2, "lapse: version 2 is the champion as before; its bundle was exported again"),
    ],
)
def test_a_promotion_says_what_it_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], before: int | None, sentence: str
) -> None:
    change = {"tag": "lapse", "version": 2, "before": before}
    monkeypatch.setattr(champions, "open_project", lambda _: SimpleNamespace(promote=lambda tag, version: change))

    assert run("promote", "lapse") == 0
    assert capsys.readouterr().out == f"{sentence}\n"


@pytest.mark.parametrize(
    "typed", [["--json", "tags"], ["tags", "--json"], ["--json", "-c", "configs/shop.yaml", "tags"]]
)
def test_options_may_stand_before_the_command(shop: Path, capsys: pytest.CaptureFixture[str], typed: list[str]) -> None:
    assert run(*typed) == 0

    assert [entry["tag"] for entry in json.loads(capsys.readouterr().out)] == ["regular"]


def test_an_option_behind_the_command_wins(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", "no.yaml", "tags", "--config", "configs/shop.yaml") == 0


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0

    assert capsys.readouterr().out == f"limner {__version__}\n"


def test_results_go_to_stdout_and_progress_to_stderr(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ingest", "--json") == 0

    told = capsys.readouterr()
    assert json.loads(told.out)["rows"] == 3
    assert told.err


def test_the_check_finds_a_file_of_the_store_that_is_gone(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("ingest")
    capsys.readouterr()
    next((shop / "store" / "events").glob("*/*.parquet")).unlink()

    assert run("check", "--json") == 1

    findings = json.loads(capsys.readouterr().out)
    (told,) = [one for one in findings if one["subject"] == "store"]
    assert told["sentence"].endswith(".parquet: is missing")


def test_a_nearly_right_user_is_suggested(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("ingest")

    assert run("show", "7") == 2
    assert 'limner: nobody is called "7"; did you mean 007?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "exit_code", "sentence"),
    [
        (LockedError("another run is at work"), 4, "limner: another run is at work\n"),
        (QuarantineError("too many"), 1, "limner: too many\n"),
        (OSError(28, "No space left on device", "a/b"), 1, "limner: a/b: the system refused: No space left on device;"),
        (ZeroDivisionError("by zero"), 3, "limner: something broke inside Limner: ZeroDivisionError: by zero\n"),
        (KeyboardInterrupt(), 130, "limner: stopped; what was not published is rolled back by the next run\n"),
    ],
)
def test_what_breaks_off_a_command_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    exit_code: int,
    sentence: str,
) -> None:
    def breaks(config: Path | None) -> None:
        raise error

    monkeypatch.setattr(app, "_open", breaks)

    assert run("tags") == exit_code
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.parametrize("option", [["--json"], []], ids=["json", "screen"])
def test_a_reader_that_goes_away_hears_no_complaint(shop: Path, option: list[str]) -> None:
    typed = [sys.executable, "-m", "limner", "tags", *option]
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(typed, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, "")


def test_a_screen_without_chinese_shows_question_marks(shop: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    typed = [sys.executable, "-m", "limner", "tags", "--lang", "zh"]

    done = subprocess.run(typed, capture_output=True, text=True, env=env, check=False)

    assert done.returncode == 0, done.stderr
    assert "regular" in done.stdout
    assert "?" in done.stdout


def test_numbers_that_json_lacks_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("nan"), 1.5], "b": (float("inf"),)})

    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": [None]}
