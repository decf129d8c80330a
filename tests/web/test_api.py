import pytest
from fastapi.testclient import TestClient

from limner.pipeline.workspace import Workspace
from limner.tags.audience import breakdown, count, preview
from tests.web.shop import WALL

WHERE = "lapse.tier = 'high'"


def test_the_catalogue_is_as_the_command_tells_it(client: TestClient, workspace: Workspace) -> None:
    assert client.get("/api/v1/tags").json() == [entry.as_dict() for entry in workspace.catalogue()]


def test_a_tag_comes_with_what_the_test_showed(client: TestClient) -> None:
    told = client.get("/api/v1/tags/lapse").json()

    assert told["proof"]["test"]["positives"] == 200
    assert sum(told["spread"]["counts"]) == told["rows"]["users"]


def test_a_person_comes_with_course(client: TestClient) -> None:
    told = client.get("/api/v1/people/007").json()

    assert told["user_id"] == "007"
    assert [one["as_of"][:10] for one in told["course"]["trends"]["lapse"]] == ["2024-02-23", "2024-03-01"]


def test_counts_are_those_of_the_use_cases(client: TestClient, workspace: Workspace) -> None:
    project, store, now = workspace.project, workspace.store, WALL.now()

    assert client.post("/api/v1/count", json={"where": WHERE}).json() == count(project, store, WHERE, now).as_dict()
    told = client.post("/api/v1/breakdown", json={"where": WHERE, "by": "shopper"}).json()
    assert told == breakdown(project, store, WHERE, "shopper", now).as_dict()
    told = client.post("/api/v1/preview", json={"where": WHERE, "n": 3}).json()
    assert told == preview(project, store, WHERE, now, 3).as_dict()


def test_an_audience_comes_with_its_numbers(client: TestClient) -> None:
    told = client.get("/api/v1/audiences/save_now").json()

    assert told["count"]["users"] == client.post("/api/v1/count", json={"where": told["where"]}).json()["users"]
    assert [one["tag"] for one in told["expected"]] == ["lapse"]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/api/v1/tags/no", None, 404),
        ("GET", "/api/v1/people/no", None, 404),
        ("GET", "/api/v1/runs/no", None, 404),
        ("GET", "/api/v1/runs?n=0", None, 422),
        ("GET", "/api/v1/no", None, 404),
        ("DELETE", "/api/v1/tags", None, 405),
        ("POST", "/api/v1/count", {"where": "lapse.tier = 'no'"}, 400),
        ("POST", "/api/v1/count", {"where": "select 1"}, 400),
        ("POST", "/api/v1/count", {"where": ""}, 422),
        ("POST", "/api/v1/count", {"when": "x"}, 422),
        ("POST", "/api/v1/breakdown", {"where": WHERE, "by": "no"}, 404),
        ("POST", "/api/v1/preview", {"where": WHERE, "n": 1001}, 422),
    ],
)
def test_failures_have_one_form(client: TestClient, method: str, path: str, sent: object, status: int) -> None:
    answer = client.request(method, path, json=sent)

    assert answer.status_code == status
    assert answer.json()["ok"] is False
    assert answer.json()["status"] == status
    assert answer.json()["error"]


def test_a_form_of_another_site_cannot_ask(client: TestClient) -> None:
    sent = '{"where": "size = \'1\'"}'

    assert client.post("/api/v1/count", content=sent, headers={"Content-Type": "text/plain"}).status_code == 422


def test_everything_that_can_be_asked_is_described(client: TestClient) -> None:
    told = client.get("/api/v1/openapi.json").json()

    assert "/api/v1/count" in told["paths"]
    assert all(one["summary"] for all_ in told["paths"].values() for one in all_.values())
    assert not any(path.startswith("/preferences") for path in told["paths"])
