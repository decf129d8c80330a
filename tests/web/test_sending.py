import csv
import io
from html import escape
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from limner.pipeline.access import Access
from limner.pipeline.workspace import Workspace
from limner.tags.sinks.records import read_audit
from tests.web.shop import SCRIPT, WALL, client_of, open_shop
from tests.web.test_access import csrf_of

WHERE = "lapse.tier in ('high', 'medium') and shopper = 'champion'"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_shop(tmp_path_factory.mktemp("sending"))


def posted(client: TestClient, path: str, **sent: str) -> tuple[int, str]:
    client.get("/")
    answer = client.post(path, data={"csrf": csrf_of(client, "/"), **sent}, follow_redirects=False)
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_a_file_holds_whom_the_page_counts(shop: Workspace) -> None:
    client = client_of(shop)
    _, text = posted(client, "/build/export", where=WHERE)
    rows = list(csv.DictReader(io.StringIO(text)))

    assert len(rows) == shop.count(WHERE).users
    assert {row["lapse_tier"] for row in rows} == {"high", "medium"}
    assert {row["shopper"] for row in rows} == {"champion"}


def test_who_is_left_alone_is_not_in_the_file(shop: Workspace) -> None:
    members = shop.members("save_now").to_pylist()
    _, text = posted(client_of(shop), "/audiences/save_now/export")

    found = {row["user_id"] for row in csv.DictReader(io.StringIO(text))}
    assert found == {one["user_id"] for one in members if not one["holdout"]}


def test_each_export_leaves_a_line_of_who_did_what(shop: Workspace) -> None:
    before = len(read_audit(shop.store))
    posted(client_of(shop), "/build/export", where=f"{WHERE} and size = '1'")

    lines = read_audit(shop.store).to_pylist()
    assert len(lines) == before + 1
    assert (lines[-1]["action"], lines[-1]["who"]) == ("export", "local")
    page = client_of(shop).get(f"/runs/{lines[-1]['run_id']}").text
    assert escape(f"{WHERE} and size = '1'").replace("&#x27;", "&#39;") in page


@pytest.mark.parametrize("path", ["/build/export", "/audiences/save_now/export", "/audiences/save_now/sync"])
def test_nothing_leaves_by_the_form_of_another_site(shop: Workspace, path: str) -> None:
    client, before = client_of(shop), len(read_audit(shop.store))
    client.get("/")

    assert client.post(path, data={"where": WHERE}).status_code == 403
    assert len(read_audit(shop.store)) == before


def test_an_audience_that_goes_nowhere_says_so(shop: Workspace) -> None:
    status, text = posted(client_of(shop), "/audiences/save_now/sync")

    assert status == 404
    assert "save_now" in text


def test_what_is_sent_is_told_on_the_pages(shop: Workspace) -> None:
    client, members = client_of(shop), shop.members("mailed")

    status, run = posted(client, "/audiences/mailed/sync")

    assert (status, run[:6]) == (303, "/runs/")
    assert f"to letters: delivered; {len(members)} came, 0 changed, 0 left" in client.get(run).text
    assert f"letters holds {len(members)} people" in client.get("/audiences/mailed").text
    lines = (shop.project.root / "out" / "mailed.csv").read_text().splitlines()
    assert len(lines) == 1 + len(members)


def test_machines_take_files_too(shop: Workspace, tmp_path: Path) -> None:
    answer = client_of(shop).post("/api/v1/export", json={"where": WHERE, "form": "parquet"})
    (tmp_path / "found.parquet").write_bytes(answer.content)

    assert len(pq.read_table(tmp_path / "found.parquet")) == int(answer.headers["X-Users"]) == shop.count(WHERE).users


def test_a_session_is_not_enough_for_machines(tmp_path: Path) -> None:
    workspace = open_shop(tmp_path, "{auth: token}", is_scored=False)
    client, token = client_of(workspace), Access(workspace.project.store_path).add("ann", "marketer", WALL)
    client.post("/login", data={"csrf": csrf_of(client), "token": token})

    assert client.get("/build").status_code == 200
    assert client.post("/api/v1/export", json={"where": WHERE}).status_code == 401


def test_viewers_take_nothing_away(tmp_path: Path) -> None:
    workspace = open_shop(tmp_path, "{auth: token}", is_scored=False)
    token = Access(workspace.project.store_path).add("ann", "viewer", WALL)

    answer = client_of(workspace, Authorization=f"Bearer {token}").post("/api/v1/export", json={"where": WHERE})

    assert answer.status_code == 403


def test_no_name_of_a_person_breaks_the_file(shop: Workspace) -> None:
    _, text = posted(client_of(shop), "/build/export", where="lapse.probability > 0")

    assert SCRIPT in {row["user_id"] for row in csv.DictReader(io.StringIO(text))}
