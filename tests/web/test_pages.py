import re
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from limner.pipeline.workspace import Workspace
from limner.tags.audience import Expected, count, expected
from limner.tags.declared import Said
from limner.web.asking import Asking
from limner.web.site import Site
from tests.web.shop import PATH, SCRIPT, USERS, WALL, client_of, open_shop, row_of

PAGES = [
    "/", "/?q=lapse&kind=predictive", "/tags/lapse", "/tags/shopper", "/tags/size", "/people", "/people/007",
    f"/people/{quote(SCRIPT, safe='')}", "/audiences", "/audiences/save_now", "/audiences/save_now?people=1",
    "/build", "/build?mode=text",
    "/build?tag.lapse=high&tag.shopper=champion&holdout=10",
    "/build?tag.lapse=high&holdout=10&people=1", "/report?where=lapse.tier+%3D+'high'", "/runs", "/api",
]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_in_both_languages(client: TestClient, page: str, lang: str) -> None:
    answer = client.get(page, headers={"Accept-Language": lang})

    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    assert SCRIPT not in answer.text
    assert "<b>once</b>" not in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_pages_carry_no_style_and_no_script_of_their_own(client: TestClient, page: str) -> None:
    text = client.get(page).text

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert re.findall(r"<script(?![^>]*src=\"/static/)", text) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []


def test_the_numbers_of_a_tag_are_those_of_the_catalogue(client: TestClient, workspace: Workspace) -> None:
    (entry,) = [one for one in workspace.catalogue() if one.tag == "lapse"]
    text = client.get("/tags/lapse").text

    assert entry.rows is not None
    assert entry.rows.expected is not None
    assert f"{entry.rows.users} <small>of {entry.users_in_log}</small>" in text
    assert f"about {entry.rows.expected:.0f} " in text
    for band in entry.rows.bands:
        assert f'<td class="n">{band.users}</td>' in text


def test_what_came_of_each_tier_is_told_of_a_hundred(client: TestClient) -> None:
    text = client.get("/tags/lapse").text

    assert re.findall(r"<b>(\d+ of 100)</b>", text) == ["60 of 100", "30 of 100", "8 of 100"]
    assert "everybody: 20 of 100" in text
    assert "Of the tenth ranked highest, 60 of 100 did; of everybody, 20 of 100." in client.get("/").text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("tag.lapse=high", "lapse.tier = 'high'"),
        ("tag.lapse=high&tag.lapse=medium&tag.size=1", "lapse.tier in ('high', 'medium') and size = '1'"),
        ("tag.lapse=high&tag.size=1&join=or", "lapse.tier = 'high' or size = '1'"),
        ("tag.shopper=champion&not.shopper=1", "shopper != 'champion'"),
        ("least.lapse=50", "lapse.probability >= 0.5"),
        (
            "tag.lapse=high&tag.size=1&join=or&but=save_now",
            "(lapse.tier = 'high' or size = '1') and not audience('save_now')",
        ),
        ("but=save_now", "not audience('save_now')"),
    ],
)
def test_what_is_ticked_is_counted_as_it_would_be_written(
    client: TestClient, workspace: Workspace, query: str, text: str
) -> None:
    page = client.get(f"/build?{query}").text

    assert escape(f'where: "{text}"').replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert f"<b>{count(workspace.project, workspace.store, text, WALL.now()).users}</b>" in page


def test_the_count_is_what_the_rows_say(client: TestClient) -> None:
    rows = [row_of(place) for place in range(len(USERS))]
    wanted = [row for row in rows if row["tier"] == "high" and row["shopper"] == "champion"]

    assert f"<b>{len(wanted)}</b> people" in client.get("/build?tag.lapse=high&tag.shopper=champion").text


@pytest.mark.parametrize("text", ["shopper = 'champion'", "lapse.tier = 'high' or size = '1'", "size = 'none such'"])
def test_a_report_counts_as_the_builder_does(client: TestClient, workspace: Workspace, text: str) -> None:
    found = count(workspace.project, workspace.store, text, WALL.now())

    page = client.get("/report", params={"where": text}).text

    assert f"<b>{found.users}</b>" in page
    assert f"of {found.everybody} ·" in page


def test_what_to_expect_is_what_the_use_case_says(client: TestClient, workspace: Workspace) -> None:
    text = "shopper = 'champion'"
    (told,) = expected(workspace.project, workspace.store, text, WALL.now())

    page = client.get("/build", params={"where": text, "more": "1"}).text

    assert f'about {told.outcomes:,.0f}</b> <span class="muted">{told.low:,.0f} to {told.high:,.0f}<' in page


def test_a_wrong_condition_is_told_with_what_is_meant(client: TestClient) -> None:
    answer = client.get("/build", params={"where": "lapse.tier = 'hihg'"})

    assert answer.status_code == 400
    assert "did you mean high?" in answer.text


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("/people/7", "did you mean 007?"),
        ("/tags/no", "no tag"),
        ("/runs/no", "no run"),
        ("/audiences/save", "did you mean save_now?"),
        ("/nowhere", "no such page"),
    ],
)
def test_what_is_not_there_is_a_page_in_words(client: TestClient, page: str, told: str) -> None:
    answer = client.get(page)

    assert answer.status_code == 404
    assert told in answer.text


@pytest.mark.parametrize(
    "path", [f"/people/{quote(PATH, safe='')}", "/static/../app.py", "/static/..%2fapp.py", "/tags/..%2f..%2fx/card"]
)
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert "root:" not in answer.text
    assert "create_app" not in answer.text


def test_a_person_is_shown_with_reasons_and_trend(client: TestClient) -> None:
    text = client.get("/people/007").text

    assert "bought &lt;b&gt;once&lt;/b&gt;" in text
    assert "raises" in text
    assert "lowers" in text
    assert "From 23 Feb 2024" in text


@pytest.mark.parametrize(("is_scored", "command"), [(False, "limner ingest")])
def test_an_empty_project_says_what_to_run(tmp_path: Path, is_scored: bool, command: str) -> None:
    client = client_of(open_shop(tmp_path, is_scored=is_scored))

    for page in ("/", "/audiences", "/build", "/people", "/runs", "/tags/lapse"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert command in answer.text


def test_a_project_without_a_model_says_to_train(tmp_path: Path) -> None:
    workspace = open_shop(tmp_path, is_scored=False)
    workspace.ingest()

    assert "limner score" in client_of(workspace).get("/").text


def test_language_and_appearance_are_kept(workspace: Workspace) -> None:
    client = client_of(workspace)
    csrf = re.findall('name="csrf" value="([^"]+)"', client.get("/").text)[0]

    client.post("/preferences", data={"csrf": csrf, "lang": "zh", "theme": "dark", "back": "/runs"})

    assert '<html lang="zh-CN" data-theme="dark">' in client.get("/").text


def test_a_draft_is_in_the_catalogue_and_asked_for_nowhere(workspace: Workspace) -> None:
    spec = workspace.project.spec
    tags = {**spec.tags, "lapse": spec.tags["lapse"].model_copy(update={"state": "draft"})}
    project = replace(workspace.project, spec=spec.model_copy(update={"tags": tags, "audiences": {}}))
    client = client_of(replace(workspace, project=project))

    pages = [client.get(f"{path}where=shopper = 'champion'") for path in ("/report?", "/build?more=1&by=lapse&")]

    assert [page.status_code for page in pages] == [200, 200]
    assert not any("stay &lt;away&gt;" in page.text for page in pages)
    assert "stay &lt;away&gt;" in client.get("/").text


def test_a_lift_is_seen_among_those_who_have_the_prediction(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Expected("lapse", Said("", ""), users=10, outcomes=3.0, low=1, high=6, mean=0.3, mean_of_all=0.2)
    monkeypatch.setattr(Asking, "expected", [few])

    found = Asking.of(Site(workspace).moment(), "shopper = 'champion'").power(0.5)

    assert found is not None
    assert (found.users, found.held_out, found.direction) == (10, 5, "fall")
