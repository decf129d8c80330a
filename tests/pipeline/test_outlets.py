from pathlib import Path

import pytest

from limner.pipeline.finding import Finding
from limner.pipeline.outlets import about_outlets
from limner.project import Project, load

CONFIG = """
version: 1
project: shop
store: store
sources: {s: {read: s.csv, event_type: buy, user_id: who, event_time: at}}
attributes: {people: {read: p.csv, user_id: who, columns: {size: category}}}
features: {windows: [28d], signals: {buys: {event_type: buy}}, aggregates: {buys: [count]}}
tags: {size: {kind: fact, attribute: size}}
audiences:
  asked: {users: {read: lists/asked.csv, user_id: who}}
  large: {where: "size = '5+'", sink: files}
sinks:
  files: {kind: csv, path: "out/{audience}.csv"}
  crm: {kind: webhook, url: "${CRM_URL}", secret: "${CRM_SECRET}"}
  mart: {kind: postgres, dsn: "${MART}", table: people}
"""
SECRETS = {"CRM_URL": "https://crm.example/in", "CRM_SECRET": "s" * 40, "MART": "postgresql://mart"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "shop.yaml").write_text(CONFIG)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "asked.csv").write_text("who\nann\nbob\nann\n")
    return load(tmp_path / "shop.yaml")


def told(project: Project, environ: dict[str, str] = SECRETS) -> dict[str, Finding]:
    return {one.subject: one for one in about_outlets(project, environ)}


def test_lists_and_sinks_that_are_fit_are_ok(project: Project) -> None:
    found = told(project)

    assert {name: one.level for name, one in found.items()} == dict.fromkeys(
        ["audiences.asked", "sinks.files", "sinks.crm", "sinks.mart"], "ok"
    )
    assert found["audiences.asked"].sentence == "2 users at lists/asked.csv"


@pytest.mark.parametrize(
    ("text", "sentence", "mend"),
    [
        (None, "there is no file lists/asked.csv", "bring the file"),
        ("name\nann\n", "lists/asked.csv has no column who", "it has: name"),
        ('who\nann\n""\n', "row 3: who is empty", "mend the list"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(text: str | None, sentence: str, mend: str, project: Project) -> None:
    path = project.root / "lists" / "asked.csv"
    path.unlink() if text is None else path.write_text(text)

    found = told(project)["audiences.asked"]

    assert (found.level, sentence in found.sentence, mend in found.mend) == ("refused", True, True), found


@pytest.mark.parametrize(("lacking", "sink"), [("CRM_URL", "crm"), ("CRM_SECRET", "crm"), ("MART", "mart")])
def test_a_secret_that_is_not_set_is_a_warning(lacking: str, sink: str, project: Project) -> None:
    found = told(project, {name: value for name, value in SECRETS.items() if name != lacking})

    assert [name for name, one in found.items() if one.level == "warning"] == [f"sinks.{sink}"]
    assert f"the environment has no {lacking}" in found[f"sinks.{sink}"].sentence
    assert found[f"sinks.{sink}"].mend == "set it where limner runs"
