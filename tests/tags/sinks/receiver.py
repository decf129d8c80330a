import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from limner.tags.sinks.posting import signature

SECRET = "of-the-tests"  # noqa: S105
HANG_UP = 0

Answer = tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """A service that keeps what it is told, takes each key once, and misbehaves as it is told."""

    url: str = ""
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    is_down: bool = False
    takes_before_it_fails: bool = False
    pause: Callable[[], object] = lambda: None
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: Any, body: bytes) -> Answer:
        assert headers["Limner-Signature"] == signature(SECRET.encode(), headers["Limner-Timestamp"], body)
        self.pause()
        answer = (503, {}) if self.is_down else (self.answers.pop(0) if self.answers else (200, {}))
        if answer[0] == 200 or self.takes_before_it_fails:
            with self.one_at_a_time:
                self.keep(headers["Idempotency-Key"], json.loads(body))
        return answer

    def keep(self, key: str, message: dict[str, Any]) -> None:
        self.keys.append(key)
        if self.keys.count(key) > 1:
            return
        self.bodies.append(message)
        if "event" in message:
            self.events.append((message["event"], message["user_id"]))
        held = self.held.setdefault(message["audience"], {})
        for one in message.get("changes", ()):
            if one["change"] in {"left", "forgotten"}:
                held.pop(one["user_id"], None)
            else:
                held[one["user_id"]] = one["columns"]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, headers = receiver.take(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
            if status == HANG_UP:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
