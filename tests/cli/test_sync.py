import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limner import cli
from limner.engines.store import Store
from limner.pipeline.workspace import Workspace
from limner.tags.sinks.outbox import read_outbox
from limner.tags.sinks.records import read_audit
from tests.cli.test_audience import EVER, KINDS, PROJECT
from tests.tags.batches import prediction_batch, shown_in
from tests.tags.sinks.receiver import SECRET, Receiver, receiving

BATCHES = "    batch: 1\n"
WITH_LETTERS = """
  hook:
    kind: webhook
    url: ${HOOK_URL}
    secret: ${HOOK_SECRET}
    attempts: 1
"""

Typed = Callable[..., tuple[int, list[str]]]
"""Runs an audience command that is typed: its exit code, and what it printed, line by line."""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = PROJECT.replace("    sink: crm\n", "    sink: crm\n    on_enter: hook\n") + WITH_LETTERS.lstrip("\n")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "shop.yaml").write_text(text)
    (tmp_path / "asked.csv").write_text("who\nu0\n")
    users = [f"u{place}" for place in range(10)]
    tiers = ["high" if place < 6 else "low" for place in range(10)]
    batch = prediction_batch("lapse", 100, users, tier=tiers, valid_until=[EVER] * 10)
    shown_in(Store(tmp_path / "store"), [batch], KINDS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as found:
        monkeypatch.setenv("HOOK_URL", found.url)
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        yield found


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    def run(*words: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(sys, "argv", ["limner", "audience", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        told = capsys.readouterr()
        said = [*told.out.splitlines(), *(line for line in told.err.splitlines() if line.startswith("limner: "))]
        return int(left.value.code or 0), [" ".join(line.split()) for line in said if line.strip()]

    return run


def test_a_sync_tells_what_was_sent_where(receiver: Receiver, typed: Typed, shop: Path) -> None:
    code, told = typed("sync")

    with (shop / "out/at_risk.csv").open() as file:
        users = [row["user_id"] for row in csv.DictReader(file)]
    assert code == 0
    assert told[0] == "Audience Sink Outcome Added Updated Left Holds Held out"
    assert told[1] == f"at_risk crm delivered {len(users)} 0 0 {len(users)} {5 - len(users)}"
    assert told[-1] == f"letters {len(users)} letters confirmed by hook"
    assert [user for _, user in receiver.events] == users


def test_who_is_left_alone_stays_so_under_another_name(receiver: Receiver, typed: Typed, shop: Path) -> None:
    typed("sync")

    assert Store(shop / "store").facts("holdouts")["at_risk"]["salt"] == "audience.at_risk"


def test_a_workspace_tells_how_audiences_stand_and_who_sent_them(receiver: Receiver, typed: Typed, shop: Path) -> None:
    typed("sync")

    workspace = Workspace.open(shop / "configs" / "shop.yaml")
    found = [(one["audience"], one["sink"], one["destination"], one["is_complete"]) for one in workspace.deliveries()]
    acts = workspace.audit().select(["action", "audience"]).to_pylist()
    assert found == [("at_risk", "crm", "out/at_risk.csv", True), ("at_risk", "outbox", None, True)]
    assert acts == [{"action": action, "audience": "at_risk"} for action in ("sync", "letters")]


def test_no_secret_is_kept(receiver: Receiver, typed: Typed, shop: Path) -> None:
    receiver.answers = [(422, {})]

    _, told = typed("sync", "--json")

    store = Store(shop / "store")
    kept = [path.read_text() for path in (shop / "store").rglob("*.json")]
    everything = " ".join([*told, *kept, str(read_audit(store).to_pylist()), str(read_outbox(store))])
    assert "sinks.hook" in everything
    assert not any(secret in everything for secret in (SECRET, receiver.url))


def test_a_service_that_is_down_is_a_sentence_and_exit_code_1(receiver: Receiver, typed: Typed) -> None:
    receiver.is_down = True

    code, told = typed("sync")

    assert code == 1
    assert "the service answered 503, tried once; the next sync goes on" in " ".join(told)
    assert SECRET not in " ".join(told)


def test_a_secret_that_is_lacking_is_a_sentence_and_exit_code_2(typed: Typed) -> None:
    code, told = typed("sync", "at_risk")

    assert code == 2
    assert "sinks.hook.url: the environment has no HOOK_URL; set it where limner runs" in " ".join(told)


def test_the_manifest_is_printed_for_machines(receiver: Receiver, typed: Typed) -> None:
    code, told = typed("sync", "--again", "--json")

    manifest = json.loads(" ".join(told))
    assert code == manifest["exit_code"] == 0
    assert [(one["sink"], one["outcome"]) for one in manifest["sinks"]] == [
        ("crm", "delivered"),
        ("outbox", "delivered"),
    ]


def test_dead_letters_are_shown_and_sent_once_more(receiver: Receiver, typed: Typed) -> None:
    receiver.answers = [(422, {})]
    typed("sync")

    _, told = typed("outbox")
    _, again = typed("outbox", "--retry")

    assert told[0] == "0 letters waiting, 1 dead"
    assert " at_risk enter hook " in told[2]
    assert told[-2:] == [
        "why sinks.hook: the service answered 422; it would not take it again either",
        "then limner audience outbox --retry",
    ]
    assert again == ["1 dead letter waits for the next limner audience sync.", "1 letter waiting, 0 dead"]


def test_a_narrow_screen_keeps_the_names_of_audiences(
    receiver: Receiver, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")

    _, printed = typed("sync")

    assert any(line.split() == ["Audience", "Sink", "Outcome", "Added", "Left", "Holds"] for line in printed)
    assert not any("…" in line for line in printed)


def test_an_export_tells_how_many_users_the_file_holds(typed: Typed, shop: Path) -> None:
    code, told = typed("export", "at_risk", "--to", "risk.csv", "--column", "lapse.tier")

    head, *rows = (shop / "risk.csv").read_text().splitlines()
    assert (code, head) == (0, '"user_id","lapse_tier"')
    assert told[0].startswith(f"risk.csv: {len(rows)} users")
    assert 0 < len(rows) < 6


def test_an_audience_that_nobody_can_know_is_sent_nowhere(typed: Typed, shop: Path) -> None:
    code, told = typed("export", "northern", "--to", "north.csv")

    assert code == 1
    assert "northern asks for region, which was never scored, so nobody knows who is in it" in " ".join(told)
    assert not (shop / "north.csv").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["sync", "nothern"], 2, "there is no audience nothern; did you mean northern?"),
        (["sync", "asked"], 2, "audiences.asked: goes nowhere; give it a `sink`, and declare that under sinks"),
        (["export", "asked", "--to", "a.xlsx"], 2, "a.xlsx: is neither a .csv nor a .parquet file; name one that is"),
        (
            ["export", "asked", "--to", "a.csv", "--column", "lapse"],
            2,
            "lapse is a prediction, which has several parts;",
        ),
    ],
)
def test_a_mistake_is_a_sentence(typed: Typed, words: list[str], code: int, sentence: str) -> None:
    found, told = typed(*words)

    assert found == code
    assert told[-1].startswith(f"limner: {sentence}")


@pytest.mark.faults
def test_a_sync_that_is_killed_is_gone_on_with(receiver: Receiver, typed: Typed, shop: Path) -> None:
    config = shop / "configs" / "shop.yaml"
    config.write_text(
        config.read_text().replace("sink: crm", "sink: hook").replace("    on_enter: hook\n", "") + BATCHES
    )
    command = [sys.executable, "-m", "limner", "audience", "sync"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        pauses = [lambda: None, killed.kill]
        receiver.pause = lambda: pauses.pop(0)() if pauses else None
        killed.wait(timeout=60)

    assert typed("sync")[0] == 0

    assert killed.returncode == -signal.SIGKILL
    users = [one["user_id"] for body in receiver.bodies for one in body["changes"]]
    assert users == sorted(set(users)) == sorted(receiver.held["at_risk"])
    assert len(receiver.keys) == len(users) + 1
