import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

import pytest
from fastapi.testclient import TestClient

from limner.errors import UsageError
from limner.web.app import create_app
from tests.web.shop import client_of, open_shop

joserfc = pytest.importorskip("joserfc", reason="the extra `auth` is not installed")

ADDRESS = "http://localhost"


class Provider(BaseHTTPRequestHandler):
    """A provider that believes everybody; `claims` change what it says of them."""

    key: ClassVar[Any] = None
    claims: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[dict[str, list[str]]] = {}

    def do_GET(self) -> None:
        issuer = self._issuer()
        if self.path.startswith("/.well-known"):
            ends = {"authorization_endpoint": "login", "token_endpoint": "token", "jwks_uri": "keys"}
            self._send({"issuer": issuer, **{name: f"{issuer}/{end}" for name, end in ends.items()}})
        else:
            self._send({"keys": [self.key.as_dict(private=False)]})

    def do_POST(self) -> None:
        from joserfc import jwt

        Provider.asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        claims = {"iss": self._issuer(), "aud": "limner", "exp": int(time.time()) + 60, **self.claims}
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        self._send({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def log_message(self, *_: object) -> None:
        pass

    def _issuer(self) -> str:
        return f"http://{self.headers['Host']}"

    def _send(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def answering() -> Iterator[str]:
    from joserfc.jwk import RSAKey

    Provider.key = RSAKey.generate_key(2048, {"kid": "k"})
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def spec_of(issuer: str) -> str:
    oidc = f"{{issuer: '{issuer}', address: '{ADDRESS}', client_id: limner, client_secret: '${{LIMNER_TEST_SECRET}}'}}"
    return f"{{auth: oidc, oidc: {oidc}, roles: {{ann@shop.example: marketer}}, role: null}}"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("LIMNER_TEST_SECRET", "hush")
    with answering() as issuer:
        yield client_of(open_shop(tmp_path, spec_of(issuer), is_scored=False))


def begun(client: TestClient) -> dict[str, str]:
    """What the browser is sent to the provider with."""
    answer = client.get("/oidc/start?back=/runs", follow_redirects=False)
    return {name: found[0] for name, found in parse_qs(urlparse(answer.headers["Location"]).query).items()}


def back(client: TestClient, state: str, **claims: object) -> Any:
    Provider.claims = {"email": "ann@shop.example", **claims}
    return client.get("/oidc/back", params={"code": "c", "state": state}, follow_redirects=False)


def test_who_signs_in_at_the_provider_is_known_here(client: TestClient) -> None:
    sent = begun(client)

    answer = back(client, sent["state"], nonce=sent["nonce"])

    assert (answer.status_code, answer.headers["Location"]) == (303, "/runs")
    assert "ann@shop.example" in client.get("/runs").text
    assert sent["code_challenge_method"] == "S256"
    assert Provider.asked["code_verifier"][0]


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "http://evil.example"},
        {"exp": 1},
        {"email": ""},
        {"email_verified": False},
    ],
    ids=str,
)
def test_what_is_not_proven_signs_nobody_in(client: TestClient, claims: dict[str, object]) -> None:
    sent = begun(client)

    answer = back(client, sent["state"], **{"nonce": sent["nonce"], **claims})

    assert answer.status_code == 409
    assert client.get("/", follow_redirects=False).status_code == 303


def test_what_was_not_begun_here_signs_nobody_in(client: TestClient) -> None:
    assert back(client, "made up").status_code == 409


def test_a_stranger_with_a_name_may_nothing(client: TestClient) -> None:
    sent = begun(client)
    back(client, sent["state"], nonce=sent["nonce"], email="bob@other.example")

    assert client.get("/", follow_redirects=False).status_code == 303


def test_a_missing_secret_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LIMNER_TEST_SECRET is not set"):
        create_app(open_shop(tmp_path, spec_of("http://127.0.0.1:1"), is_scored=False))
