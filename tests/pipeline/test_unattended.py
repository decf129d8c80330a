import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from limner import cli
from limner.engines.store import Store
from limner.pipeline.monitoring import metrics_path
from tests.pipeline.exposition import parsed, value
from tests.pipeline.shop import Shop

Typed = Callable[..., int]


@pytest.fixture
def limner(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """The exit code of a command that is typed in the shop."""

    def typed(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["limner", *arguments, "--config", str(shop.folder / "shop.yaml")])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert isinstance(left.value.code, int)
        return left.value.code

    return typed


def broken(store: Store) -> None:
    raise ZeroDivisionError("a bug")


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["score"], 0),
        (["ingest"], 0),
        (["score", "--as-of", "2030-01-01"], 1),
        (["score", "nothing"], 2),
    ],
)
def test_the_exit_code_says_how_it_ended_and_monitors_hear_the_same(
    limner: Typed, shop: Shop, arguments: list[str], exit_code: int
) -> None:
    assert limner(*arguments) == exit_code

    told = parsed(metrics_path(shop.store.root))
    assert value(told, "limner_run_exit_code", project="shop", command=arguments[0]) == exit_code


@pytest.mark.parametrize("command", ["ingest", "score"])
def test_what_breaks_is_3(limner: Typed, shop: Shop, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(Store, "recover", broken)

    assert limner(command) == 3

    told = parsed(metrics_path(shop.store.root))
    assert value(told, "limner_run_exit_code", project="shop", command=command) == 3


@pytest.mark.parametrize("command", [["ingest"], ["score"], ["promote", "lapse"], ["rollback", "lapse"]])
def test_a_store_at_work_is_4_and_stays_as_it_is(
    limner: Typed, shop: Shop, capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    before = (shop.store.root / "published").read_bytes()
    with shop.store.lock():
        assert limner(*command) == 4

    assert "is at work on this store; try again when it is done" in capfd.readouterr().err
    assert (shop.store.root / "published").read_bytes() == before


def test_a_project_file_that_is_wrong_is_2(limner: Typed, shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    shop.reworded("clock: log", "clock: sun")

    assert limner("score", "--json") == 2

    assert json.loads(capfd.readouterr().out)["kind"] == "SpecError"


@pytest.mark.parametrize(("command", "exit_code"), [("ingest", 0), ("score", 0), ("train", 1)])
def test_machines_read_the_manifest_and_nothing_else_on_stdout(
    limner: Typed, shop: Shop, capfd: pytest.CaptureFixture[str], command: str, exit_code: int
) -> None:
    assert limner(command, "--json") == exit_code

    out, err = capfd.readouterr()
    told = json.loads(out)
    assert told == json.loads((shop.store.root / "runs" / f"{told['run_id']}.json").read_text())
    assert (told["command"], told["project"], told["exit_code"]) == (command, "shop", exit_code)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("held", "arguments", "exit_code"),
    [(True, ["score"], 4), (False, ["score", "nothing"], 2), (False, ["score", "--as-of", "soon"], 2)],
)
def test_machines_read_why_nothing_was_done_and_nothing_else(
    limner: Typed, shop: Shop, capfd: pytest.CaptureFixture[str], held: bool, arguments: list[str], exit_code: int
) -> None:
    lock: AbstractContextManager[None] = shop.store.lock() if held else nullcontext()
    with lock:
        assert limner(*arguments, "--json") == exit_code

    told = json.loads(capfd.readouterr().out)
    assert (told["ok"], told["exit_code"]) == (False, exit_code)
