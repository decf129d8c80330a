import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from limner.errors import UsageError
from limner.pipeline.access import Access
from limner.pipeline.workspace import Workspace
from limner.project.web_spec import Role
from limner.web.guard import HEADERS
from limner.web.serving import serve
from limner.web.site import Kept
from tests.web.shop import WALL, client_of, open_shop

ROLES: tuple[Role, ...] = ("viewer", "marketer", "admin")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_shop(tmp_path_factory.mktemp("guarded"), "{auth: token}")


@pytest.fixture(scope="module")
def tokens(guarded: Workspace) -> dict[str, str]:
    access = Access(guarded.project.store_path)
    return {role: access.add(f"a {role}", role, WALL) for role in ROLES}


def csrf_of(client: TestClient, page: str = "/login") -> str:
    return str(re.findall('name="csrf" value="([^"]+)"', client.get(page).text)[0])


@pytest.mark.parametrize(
    "page", ["/", "/nowhere", "/people/nobody", "/api/v1/tags", "/api/v1/nowhere", "/static/limner.css"]
)
def test_every_answer_is_trusted_with_little(client: TestClient, page: str) -> None:
    answer = client.get(page)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_an_answer_to_a_fault_of_our_own_is_in_words(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.web.pages.runs.read_manifests", lambda _: 1 / 0)

    answer = client_of(workspace).get("/runs")

    assert answer.status_code == 500
    assert "Something broke inside Limner" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_model_card_may_have_its_style_and_runs_nothing(workspace: Workspace) -> None:
    cards = workspace.project.store_path / "cards"
    cards.mkdir(exist_ok=True)
    (cards / "lapse.html").write_text("<style>p {}</style>")

    answer = client_of(workspace).get("/tags/lapse/card")

    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; style-src 'unsafe-inline'")


@pytest.mark.parametrize("csrf", [None, "", "0" * 64])
def test_a_form_of_another_site_is_refused(workspace: Workspace, csrf: str | None) -> None:
    client = client_of(workspace)
    client.get("/")

    answer = client.post("/preferences", data={"theme": "dark", **({} if csrf is None else {"csrf": csrf})})

    assert answer.status_code == 403


def test_the_form_of_another_visitor_is_refused(workspace: Workspace) -> None:
    csrf = csrf_of(client_of(workspace), "/")
    client = client_of(workspace)
    client.get("/")

    assert client.post("/preferences", data={"theme": "dark", "csrf": csrf}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_no_other_site_can_pose_as_this_machine(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:80"])
def test_this_machine_is_answered_by_its_names(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("page", ["/", "/runs", "/build"])
def test_who_is_not_known_is_asked_to_sign_in(guarded: Workspace, page: str) -> None:
    answer = client_of(guarded).get(page, follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?back={page}")


@pytest.mark.parametrize("token", ["", "limner_no", "limner_" + "x" * 43])
def test_who_has_no_token_gets_no_json(guarded: Workspace, token: str) -> None:
    answer = client_of(guarded).get("/api/v1/tags", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.json()["ok"] is False


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/api/v1/tags", ROLES),
        ("/api/v1/audiences/save_now", ROLES),
        ("/api/v1/people/007", ROLES[1:]),
        ("/people/007", ROLES[1:]),
        ("/build", ROLES[1:]),
    ],
)
def test_roles_may_what_they_may(guarded: Workspace, tokens: dict[str, str], path: str, may: tuple[str, ...]) -> None:
    client = client_of(guarded)
    found = {role: client.get(path, headers={"Authorization": f"Bearer {tokens[role]}"}).status_code for role in ROLES}

    assert found == {role: 200 if role in may else 403 for role in ROLES}


def test_a_viewer_sees_how_many_and_not_who(guarded: Workspace, tokens: dict[str, str]) -> None:
    seen = {}
    for role in ("viewer", "marketer"):
        client = client_of(guarded, Authorization=f"Bearer {tokens[role]}")
        seen[role] = 'href="/people/' in client.get("/audiences/save_now?people=1").text

    assert seen == {"viewer": False, "marketer": True}


def test_one_signs_in_with_a_token_and_out_again(guarded: Workspace, tokens: dict[str, str]) -> None:
    client = client_of(guarded)
    sent = {"csrf": csrf_of(client), "token": tokens["viewer"], "back": "/runs"}

    answer = client.post("/login", data=sent)

    assert (answer.status_code, answer.url.path) == (200, "/runs")
    assert "a viewer" in answer.text
    client.post("/logout", data={"csrf": csrf_of(client, "/")})
    assert client.get("/runs", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(("proto", "is_secure"), [("https", True), ("http", False)])
def test_a_session_stays_on_tls_where_a_proxy_ends_it(
    guarded: Workspace, tokens: dict[str, str], proto: str, is_secure: bool
) -> None:
    client = client_of(guarded, **{"X-Forwarded-Proto": proto})
    client.get("/login")
    client.cookies.set("limner_visitor", "v")
    csrf = client.app.state.doorkeeper.csrf("v", None)  # type: ignore[attr-defined]

    answer = client.post("/login", data={"csrf": csrf, "token": tokens["viewer"]}, follow_redirects=False)

    assert ("Secure" in answer.headers["Set-Cookie"]) is is_secure


def test_a_wrong_token_signs_nobody_in(guarded: Workspace) -> None:
    client = client_of(guarded)

    answer = client.post("/login", data={"csrf": csrf_of(client), "token": "limner_no"})

    assert answer.status_code == 403
    assert "limner_session" not in client.cookies


def test_signing_in_leads_to_no_other_site(guarded: Workspace, tokens: dict[str, str]) -> None:
    client = client_of(guarded)
    sent = {"csrf": csrf_of(client), "token": tokens["viewer"], "back": "//evil.example"}

    assert client.post("/login", data=sent, follow_redirects=False).headers["Location"] == "/"


def test_a_session_ends_when_its_token_is_taken_away(guarded: Workspace) -> None:
    access, client = Access(guarded.project.store_path), client_of(guarded)
    client.post("/login", data={"csrf": csrf_of(client), "token": access.add("bob", "viewer", WALL)})
    assert client.get("/", follow_redirects=False).status_code == 200

    access.revoke("bob")

    assert client.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("session", ["", "x", "e30=.bad", "e30=." + "0" * 64, "é.é"])
def test_a_session_that_was_not_signed_here_is_none(guarded: Workspace, session: str) -> None:
    answer = client_of(guarded).get(
        "/", headers={"Cookie": f"limner_session={session}".encode()}, follow_redirects=False
    )

    assert answer.status_code == 303


def test_a_token_is_kept_as_a_hash_that_others_cannot_read(tmp_path: Path) -> None:
    access = Access(tmp_path)
    token = access.add("ann", "admin", WALL)
    kept = tmp_path / "access" / "tokens.json"

    assert token not in kept.read_text()
    assert (kept.stat().st_mode & 0o077, kept.parent.stat().st_mode & 0o077) == (0, 0)
    held = access.holder(token)
    assert held is not None
    assert (held.name, held.role) == ("ann", "admin")


def test_another_token_takes_the_first_away(tmp_path: Path) -> None:
    access = Access(tmp_path)
    first, second = (access.add("ann", "viewer", WALL) for _ in range(2))

    assert access.holder(first) is None
    assert access.holder(second) is not None


def test_only_a_holder_can_lose_a_token(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='"ann" has no token'):
        Access(tmp_path).revoke("ann")


@pytest.mark.parametrize(
    ("address", "names", "status"),
    [
        ("10.0.0.5", ["ann"], 200),
        ("10.0.0.6", ["ann"], 303),
        ("10.0.0.5", [""], 303),
        ("10.0.0.5", ["stranger"], 303),
        ("10.0.0.5", ["ann", "stranger"], 303),
    ],
)
def test_only_the_proxy_is_believed(tmp_path: Path, address: str, names: list[str], status: int) -> None:
    web = "{auth: proxy, proxy: {addresses: [10.0.0.5]}, roles: {ann: admin}, role: null}"
    client = client_of(open_shop(tmp_path, web, is_scored=False))
    client._transport.client = (address, 1)

    headers = [("X-Forwarded-User", name) for name in names]
    assert client.get("/", headers=headers, follow_redirects=False).status_code == status


def test_what_could_not_be_made_leaves_nothing_behind() -> None:
    kept = Kept()

    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 / 0)

    assert kept.get("key", lambda: 1) == kept.get("key", lambda: 2) == 1
    assert kept._making == {}


def test_who_comes_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    client = client_of(open_shop(tmp_path, "{requests_per_minute: 3}", is_scored=False))

    answers = [client.get("/runs") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 20
    assert "default-src 'self'" in answers[-1].headers["Content-Security-Policy"]


def test_the_secret_of_a_form_is_worth_nothing_to_others(guarded: Workspace, tokens: dict[str, str]) -> None:
    client = client_of(guarded)
    stranger = csrf_of(client)
    client.post("/login", data={"csrf": stranger, "token": tokens["marketer"]})

    answers = [client.post("/preferences", data={"csrf": csrf}) for csrf in (stranger, csrf_of(client, "/"))]

    assert [answer.status_code for answer in answers] == [403, 200]


@pytest.mark.parametrize("path", ["/api/v1/count", "/login"])
def test_what_is_too_long_is_not_read(workspace: Workspace, path: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = client_of(workspace).post(path, content=iter([b"x" * 600_000] * 2), headers=headers)

    assert (answer.status_code, "What was sent is too long" in answer.text) == (413, True)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.5", "::", "shop.example"])
def test_others_are_not_served_unless_they_sign_in(workspace: Workspace, host: str) -> None:
    with pytest.raises(UsageError, match="nobody would have to sign in"):
        serve(workspace, host, 0, lambda _: None)
