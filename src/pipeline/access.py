"""Who may use the pages and the API: tokens, kept as hashes in the store, each with a name and a role."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from ..engines.files import replace_json
from ..engines.lock import locked
from ..errors import DamagedError, UsageError
from ..project.web_spec import Role
from ..timeline import Clock, shown

__all__ = ["Access", "Token"]

_PREFIX = "limner_"
_BYTES = 32


@dataclass(frozen=True)
class Token:
    """A token that was handed out: to whom, for what, and since when. The token itself is kept nowhere."""

    name: str
    role: Role
    hash: str
    created: str


@dataclass(frozen=True)
class Access:
    """The tokens of a store, in its folder `access`, which only the owner of the files can read."""

    root: Path

    def tokens(self) -> dict[str, Token]:
        """All tokens by the names of their owners, in order.

        Raises:
            DamagedError: the file cannot be read.
        """
        try:
            written: Mapping[str, Mapping[str, str]] = json.loads(self._file.read_text())
            return {name: Token(name=name, **one) for name, one in sorted(written.items())}  # type: ignore[arg-type]
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError, OSError) as error:
            told = f"cannot be read ({type(error).__name__}); remove it and hand out new tokens: limner token NAME"
            raise DamagedError(f"{self._file}: {told}") from error

    def add(self, name: str, role: Role, clock: Clock) -> str:
        """A new token for a name; one that the name had before is worth nothing from now on.

        Raises:
            UsageError: the name is blank, or has letters that cannot be shown.
        """
        if not name.strip() or not name.isprintable():
            raise UsageError(f"a token is handed out to a name, and {name!r} is none; write such as limner token ann")
        token = _PREFIX + secrets.token_urlsafe(_BYTES)
        with self._changing() as tokens:
            tokens[name] = Token(name, role, _hashed(token), shown(clock.now()))
        return token

    def revoke(self, name: str) -> None:
        """Take a name's token away.

        Raises:
            UsageError: the name has none.
        """
        with self._changing() as tokens:
            if name not in tokens:
                known = ", ".join(tokens) or "nobody"
                raise UsageError(f'"{name}" has no token; one is held by: {known}')
            del tokens[name]

    def holder(self, token: str) -> Token | None:
        """Whose token it is; None when nobody's. Takes as long whether it is known or not."""
        asked = _hashed(token)
        found = [one for one in self.tokens().values() if secrets.compare_digest(one.hash, asked)]
        return found[0] if found else None

    def secret(self) -> bytes:
        """What sessions are signed with; made when first asked for."""
        path = self.root / "access" / "secret"
        if not path.exists():
            self._private_folder()
            with locked(path.with_name(".lock")):
                if not path.exists():
                    replace_json(path, secrets.token_hex(_BYTES))
                    path.chmod(0o600)
        return bytes.fromhex(json.loads(path.read_text()))

    @property
    def _file(self) -> Path:
        return self.root / "access" / "tokens.json"

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Token]]:
        """The tokens, to be changed by nobody else meanwhile."""
        self._private_folder()
        with locked(self.root / "access" / ".lock"):
            tokens = self.tokens()
            yield tokens
            self._write(tokens)

    def _private_folder(self) -> None:
        folder = self.root / "access"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def _write(self, tokens: Mapping[str, Token]) -> None:
        kept = {name: {key: text for key, text in asdict(one).items() if key != "name"} for name, one in tokens.items()}
        replace_json(self._file, kept)
        self._file.chmod(0o600)


def _hashed(token: str) -> str:
    """A token is random enough that one round of SHA-256 keeps it secret."""
    return sha256(token.encode()).hexdigest()
