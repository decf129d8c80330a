"""Signed messages to a service, sent again with patience until it confirms them."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util import Retry

from ...errors import RefusedError, SinkError

__all__ = ["Pace", "Poster", "signature"]

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same message may be taken later."""
_PATIENCE_SECONDS = 60.0
"""How long a service may ask to be left alone; longer, and the next sync goes on."""


@dataclass(frozen=True)
class Pace:
    """The clock by which messages are signed, how waiting is done, and how long an answer may take, in seconds."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    timeout: float = 30.0


class Poster:
    """What sends to one service; `where` is its place in the project file, `attempts` how often a message is sent."""

    def __init__(self, url: str, secret: str, where: str, attempts: int, pace: Pace) -> None:
        self.where = where
        self.attempts = attempts
        self._url = url
        self._secret = secret.encode()
        self._pace = pace
        self._session = requests.Session()
        self._retry = Retry(attempts - 1, backoff_factor=0.5, backoff_jitter=0.5, backoff_max=_PATIENCE_SECONDS)

    def post(self, body: bytes, key: str) -> None:
        """Nothing, once the service confirmed the message; the key tells it one that it has had before.

        Raises:
            SinkError: it did not, however often it was asked.
            RefusedError: it will not take the message, however often it is asked.
        """
        retry = self._retry
        while True:
            trouble, wished = self._once(body, key)
            if trouble is None:
                return
            try:
                retry = retry.increment("POST", "/")
            except MaxRetryError:
                times = "once" if self.attempts == 1 else f"{self.attempts} times"
                raise SinkError(f"{self.where}: the service {trouble}, tried {times}; the next sync goes on") from None
            wait = retry.get_backoff_time() if wished is None else wished
            if wait > _PATIENCE_SECONDS:
                raise SinkError(f"{self.where}: the service asks to wait {wait:,.0f} seconds; the next sync goes on")
            self._pace.sleep(wait)

    def _once(self, body: bytes, key: str) -> tuple[str | None, float | None]:
        """What went wrong so that it may be tried again, and how many seconds the service asks to wait."""
        try:
            response = self._session.post(
                self._url, body, headers=self._headers(body, key), timeout=self._pace.timeout, allow_redirects=False
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise RefusedError(f"{self.where}.url: is not an address that can be reached") from None
        except requests.RequestException as error:
            return _words(error), None
        if response.ok and response.status_code < 300:
            return None, None
        if response.status_code not in _AGAIN:
            hint = "give the address that it names" if response.is_redirect else "it would not take it again either"
            raise RefusedError(f"{self.where}: the service answered {response.status_code}; {hint}")
        return f"answered {response.status_code}", self._wished(response.headers.get("Retry-After"))

    def _headers(self, body: bytes, key: str) -> dict[str, str]:
        moment = str(int(self._pace.now()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "limner",
            "Idempotency-Key": key,
            "Limner-Timestamp": moment,
            "Limner-Signature": signature(self._secret, moment, body),
        }

    def _wished(self, header: str | None) -> float | None:
        try:
            return None if header is None else self._retry.parse_retry_after(header)
        except InvalidHeader:
            return None


def signature(secret: bytes, moment: str, body: bytes) -> str:
    """What the header Limner-Signature says: HMAC-SHA256 over the timestamp, a point and the body.

    >>> signature(b"key", "0", b"{}")[:16]
    'sha256=7314351dd'
    """
    return "sha256=" + hmac.new(secret, f"{moment}.".encode() + body, "sha256").hexdigest()


def _words(error: requests.RequestException) -> str:
    """What happened; the library's own text tells the address, which may be a secret."""
    if isinstance(error, requests.Timeout):
        return "did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "shows a certificate that is not accepted"
    return "cannot be reached, or hung up"
