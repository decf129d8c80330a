import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from limner.pipeline.access import Access
from tests.cli.test_main import run
from tests.web.shop import CONFIG


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "argv", [])
    path = tmp_path / "configs" / "shop.yaml"
    path.parent.mkdir()
    path.write_text(CONFIG)
    return path


def test_the_pages_are_served_until_somebody_stops_them(config: Path) -> None:
    typed = [sys.executable, "-m", "limner", "serve", "--config", str(config), "--port", "0"]
    with subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        address = said.split()[3].removeprefix("http://").rstrip("/")
        asked = http.client.HTTPConnection(address, timeout=30)
        asked.request("GET", "/")
        status = asked.getresponse().status
        asked.close()
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=30)

    assert said.startswith("Limner is at http://127.0.0.1:")
    assert (status, server.returncode, errors) == (200, 0, "")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--host", "192.0.2.1"], "nobody would have to sign in"),
        (["--port", "65536"], "less than or equal to 65535"),
    ],
)
def test_what_cannot_be_served_is_said(
    config: Path, capsys: pytest.CaptureFixture[str], typed: list[str], told: str
) -> None:
    assert run("serve", "--config", str(config), *typed) == 2
    assert told in capsys.readouterr().err


def test_a_token_is_handed_out_listed_and_taken_away(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("token", "ann", "--role", "marketer", "--config", str(config)) == 0
    handed = capsys.readouterr().out.splitlines()[-1]
    held = Access(config.parent.parent / "store").holder(handed)
    assert held is not None
    assert (held.name, held.role) == ("ann", "marketer")

    assert run("token", "--config", str(config), "--json") == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["ann"]
    assert run("token", "ann", "--revoke", "--config", str(config)) == 0
    assert Access(config.parent.parent / "store").holder(handed) is None


@pytest.mark.parametrize(
    ("typed", "told"), [(["ann", "--role", "king"], "viewer, marketer, admin"), (["bob", "--revoke"], "has no token")]
)
def test_a_token_that_cannot_be_is_said(
    config: Path, capsys: pytest.CaptureFixture[str], typed: list[str], told: str
) -> None:
    assert run("token", *typed, "--config", str(config)) == 2
    assert told in capsys.readouterr().err
