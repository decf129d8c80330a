"""The database of the registry: MLflow's own, which is wholly there or not at all."""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow import MlflowClient
from sqlalchemy.exc import SADeprecationWarning

from ..errors import DamagedError, LockedError

__all__ = ["client_of"]

_PATIENCE = 5.0
"""Seconds to wait for a database that is locked."""


def client_of(path: Path) -> Any:
    """MLflow's client on the database at a path, made on first use.

    Raises:
        DamagedError: there is a file that is no database.
        LockedError: another program holds it.
    """
    if path.exists():
        _require_sound(path)
    else:
        _found(path)
    return _client(path)


def _found(path: Path) -> None:
    """Make the database aside and put it in its place: MLflow cannot go on with tables that were made in part."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()
    fresh = path.with_name(f".{path.name}.{uuid4().hex}")
    _client(fresh).search_experiments(max_results=1)
    fresh.replace(path)


def _client(path: Path) -> Any:
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # it tells of its tables, unasked
    uri = f"sqlite:///{path}"
    with warnings.catch_warnings():
        # MLflow's tables use a loader that SQLAlchemy 2.1 deprecates; nothing here can change that
        warnings.filterwarnings("ignore", "The ``noload`` loader strategy", SADeprecationWarning)
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _require_sound(path: Path) -> None:
    """Ask the database a trifle first, for MLflow tries for minutes before it says in its own words what is wrong."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise LockedError(f"{path}: another program holds the database; try again when it is done") from error
        mend = "restore it from a backup, or move mlruns/ away and train again; scoring needs it not"
        raise DamagedError(f"{path}: cannot be read: {error}; {mend}") from error
