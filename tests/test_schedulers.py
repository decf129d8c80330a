import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest
import typer.main
import yaml

from limner.cli.app import app

ROOT = Path(__file__).parent.parent
SCHEDULERS = ROOT / "configs" / "schedulers"
CRONTAB, SERVICE, TIMER = (SCHEDULERS / f"limner{name}" for name in (".crontab", "-score.service", "-score.timer"))
ALERT, CRONJOB, DAG = (
    SCHEDULERS / name for name in ("limner-failed@.service", "kubernetes-cronjob.yaml", "airflow_dag.py")
)


class _Task:
    """What stands in for a task of Airflow: it can be called, and remembers what follows it."""

    def __init__(self, work: Callable[[], str], tasks: list["_Task"]) -> None:
        self.work, self.tasks = work, tasks

    def __call__(self) -> Self:
        self.tasks.append(self)
        return self

    def __rshift__(self, other: "_Task") -> "_Task":
        return other


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """The sections of a unit, and what each key is set to; some are set more than once."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            section.setdefault(key, []).append(value)
    return sections


def cron_lines() -> list[tuple[str, str]]:
    """The five fields and the command of each line that is neither a remark nor a setting."""
    lines = [line for line in CRONTAB.read_text().splitlines() if re.match(r"[0-9*]", line)]
    return [(" ".join(line.split(maxsplit=5)[:5]), line.split(maxsplit=5)[5]) for line in lines]


def cronjob() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load(CRONJOB.read_text())["spec"]["jobTemplate"]["spec"]
    return job


def containers() -> list[dict[str, Any]]:
    pod = cronjob()["template"]["spec"]
    return [*pod["initContainers"], *pod["containers"]]


def typed() -> Iterator[list[str]]:
    """Every command of Limner that a scheduler would type."""
    for _, command in cron_lines():
        yield from (found.split() for found in re.findall(r"limner ((?:[a-z]+)(?: --[a-z-]+)*)", command))
    yield from (line.split()[1:] for line in unit(SERVICE)["Service"]["ExecStart"])
    yield from (one["command"][1:] for one in containers())


def test_every_scheduler_ingests_before_it_scores() -> None:
    found = list(typed())

    assert [one[0] for one in found] == [*["ingest", "score"] * 2, "train", *["ingest", "score"] * 2]


@pytest.mark.parametrize("arguments", list(typed()), ids=" ".join)
def test_the_commands_are_the_command_lines_own(arguments: list[str]) -> None:
    command = typer.main.get_command(app).commands[arguments[0]]  # type: ignore[attr-defined]

    context = command.make_context(arguments[0], arguments[1:])

    assert context.params["as_json"] == ("--json" in arguments)


def test_the_crontab_has_five_fields_and_a_second_try() -> None:
    fields = [fields for fields, _ in cron_lines()]

    assert all(re.fullmatch(r"[0-9]+ [0-9]+ \* \* ([0-7]|\*)", one) for one in fields)
    assert cron_lines()[0][1] == cron_lines()[1][1]
    assert not any("%" in command for _, command in cron_lines())


@pytest.mark.parametrize(("exit_code", "is_told"), [(0, False), (1, True), (2, True), (3, True), (4, False)])
@pytest.mark.parametrize("line", range(3))
def test_cron_mails_what_somebody_must_see(tmp_path: Path, line: int, exit_code: int, is_told: bool) -> None:
    (tmp_path / "limner").write_text(f"#!/bin/sh\necho the sentence >&2\nexit {exit_code}\n")
    (tmp_path / "limner").chmod(0o755)
    command = cron_lines()[line][1].replace("/srv/shop", str(tmp_path))

    done = subprocess.run(
        ["sh", "-c", f"PATH={tmp_path}:$PATH; {command}"], capture_output=True, text=True, check=False
    )

    assert (bool(done.stdout), done.stderr) == (is_told, "")
    assert "the sentence" in (tmp_path / "limner.log").read_text()


def test_the_units_say_what_and_when() -> None:
    service, timer = unit(SERVICE), unit(TIMER)

    assert service["Service"]["Type"] == ["oneshot"]
    assert service["Service"]["RestartPreventExitStatus"] == ["1 2 3"]
    assert service["Service"]["Restart"] == ["on-failure"]
    assert service["Unit"]["OnFailure"] == [ALERT.name.replace("@", "@%n")]
    assert timer["Timer"]["Persistent"] == ["true"]
    assert timer["Install"]["WantedBy"] == ["timers.target"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for path in (SERVICE, TIMER, ALERT):
        (tmp_path / path.name).write_text(path.read_text().replace("/srv/shop/.venv/bin/limner", "/bin/true"))

    units = [str(tmp_path / path.name) for path in (SERVICE, TIMER)]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_cronjob_tries_again_only_what_may_work_later() -> None:
    spec = yaml.safe_load(CRONJOB.read_text())["spec"]
    (rule,) = cronjob()["podFailurePolicy"]["rules"]

    assert spec["concurrencyPolicy"] == "Forbid"
    assert rule == {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1, 2, 3]}}
    assert cronjob()["backoffLimit"] > 0
    assert cronjob()["template"]["spec"]["restartPolicy"] == "Never"
    assert {one["image"] for one in containers()} == {"limner:0.1.0"}


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The DAG's tasks and settings, built by Airflow's stand-in."""
    built: list[_Task] = []
    settings: dict[str, Any] = {}

    def dag(**given: Any) -> Callable[[Any], Any]:
        settings.update(given)
        return lambda function: function

    exceptions, sdk = ModuleType("airflow.exceptions"), ModuleType("airflow.sdk")
    for name in ("AirflowException", "AirflowFailException"):
        setattr(exceptions, name, type(name, (Exception,), {}))
    vars(sdk).update(dag=dag, task=lambda work: _Task(work, built))
    for module in (ModuleType("airflow"), exceptions, sdk):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    runpy.run_path(str(DAG))
    return {"settings": settings, **{one.work.__name__: one.work for one in built}}


def test_the_dag_types_the_commands(tasks: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        ran.append(command)
        return SimpleNamespace(returncode=0, stdout="{}", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    told = [tasks[name]() for name in tasks if name != "settings"]

    assert told == ["{}", "{}"]
    assert ran == [["limner", "ingest", "--json"], ["limner", "score", "--json"]]
    assert tasks["settings"]["default_args"]["retries"] > 0
    assert tasks["settings"]["max_active_runs"] == 1


@pytest.mark.parametrize(
    ("exit_code", "raised"),
    [(1, "AirflowFailException"), (2, "AirflowFailException"), (3, "AirflowFailException"), (4, "AirflowException")],
)
def test_the_dag_tries_again_only_what_may_work_later(
    tasks: dict[str, Any], monkeypatch: pytest.MonkeyPatch, exit_code: int, raised: str
) -> None:
    ended = SimpleNamespace(returncode=exit_code, stdout="", stderr="limner: a sentence")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ended)

    with pytest.raises(Exception, match=r"another run|ended with") as failed:
        tasks["score"]()

    assert type(failed.value).__name__ == raised


def test_the_house_has_no_scheduler_that_is_not_tested() -> None:
    assert sorted(SCHEDULERS.iterdir()) == sorted([CRONTAB, SERVICE, TIMER, ALERT, CRONJOB, DAG])
