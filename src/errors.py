"""Everything Limner raises on purpose, in one tree.

    LimnerError                      exit code
    ├── SpecError (ValueError)           2      the project file says something impossible
    ├── UsageError (ValueError)          2      a command was asked for something that does not exist
    ├── RefusedError (RuntimeError)      1      possible, but not safe: refused for a stated reason
    │   ├── SourceError (ValueError)     1      a file to ingest is missing, unreadable or has other columns
    │   ├── QuarantineError              1      more bad rows than the project allows
    │   ├── ImmatureError                1      an outcome is asked for before it can be known
    │   ├── EvidenceError                1      too little data to do what was asked
    │   ├── GateError                    1      a model did not pass, or there is none to use
    │   ├── StaleError                   1      the log is older than the project allows
    │   ├── SinkError (ConnectionError)  1      a destination did not take what was sent
    │   └── DamagedError                 1      a stored file is not what was written
    └── LockedError (BlockingIOError)    4      another run is at work on this store

A message says where, what was found, what is allowed and how to mend it. Anything else that
escapes is a fault of Limner itself: exit code 3.
"""

from __future__ import annotations

__all__ = [
    "DamagedError",
    "EvidenceError",
    "GateError",
    "ImmatureError",
    "LimnerError",
    "LockedError",
    "QuarantineError",
    "RefusedError",
    "SinkError",
    "SourceError",
    "SpecError",
    "StaleError",
    "UsageError",
]


class LimnerError(Exception):
    """Anything Limner refuses or cannot do, in a sentence meant for its user."""

    exit_code = 3


class SpecError(LimnerError, ValueError):
    """The project file says something impossible; the message lists every mistake."""

    exit_code = 2


class UsageError(LimnerError, ValueError):
    """A command was asked for something that does not exist."""

    exit_code = 2


class RefusedError(LimnerError, RuntimeError):
    """What was asked is possible but not safe."""

    exit_code = 1


class SourceError(RefusedError, ValueError):
    """A file to ingest is missing, unreadable or lacks a column."""


class QuarantineError(RefusedError):
    """More rows are bad than the project allows, so nothing was changed."""


class ImmatureError(RefusedError):
    """An outcome is asked for before it can be known."""


class EvidenceError(RefusedError):
    """There is too little data to do what was asked."""


class GateError(RefusedError):
    """A model did not pass the gate, or there is none to use."""


class StaleError(RefusedError):
    """The log ends longer ago than the project allows."""


class SinkError(RefusedError, ConnectionError):
    """A destination did not take what was sent; the next sync goes on there."""


class DamagedError(RefusedError):
    """A stored file is not what was written."""


class LockedError(LimnerError, BlockingIOError):
    """Another run is at work on this store."""

    exit_code = 4
