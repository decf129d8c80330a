"""Where an ingestion works before anything is published, and finds again what it had done when it was killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from ..engines.files import replace_file, replace_json

__all__ = ["Workplace", "workplace"]

T = TypeVar("T")


@dataclass(frozen=True)
class Workplace:
    """A folder for one piece of work; `began` is the second at which it was first begun."""

    folder: Path
    began: int
    is_resumed: bool

    def once(self, name: str, type_: type[T], make: Callable[[], T]) -> T:
        """What was made under this name, now or before the work was cut short; `type_` is a dataclass."""
        adapter, path = _adapter(type_), self.folder / f"{name}.json"  # type: ignore[arg-type] # a type can be hashed
        if path.exists():
            found: T = adapter.validate_json(path.read_bytes())
            return found
        made = make()
        replace_file(path, adapter.dump_json(made))
        return made


@contextmanager
def workplace(folder: Path, key: str, now: int) -> Iterator[Workplace]:
    """The place of the work named by `key`, below `folder`; what other work left there is removed.

    It goes when the work is done or fails for a reason, which would be the same again; a process that is killed or
    interrupted leaves it to the next.
    """
    place = folder / key[:24]
    for other in folder.glob("*"):
        if other != place:
            shutil.rmtree(other)
    begun = place / "begun.json"
    is_resumed = begun.exists()
    if not is_resumed:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        replace_json(begun, {"now": now})
    try:
        yield Workplace(place, int(json.loads(begun.read_text())["now"]), is_resumed)
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _adapter(type_: type) -> TypeAdapter[Any]:
    return TypeAdapter(type_)
