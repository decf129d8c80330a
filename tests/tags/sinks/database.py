import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    return found[-1].parent


def as_postgres(*command: str | Path) -> None:
    """Run a command as the system's user postgres, for the server refuses to be run by root."""
    words = [str(word) for word in command]
    asked = ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words
    subprocess.run(asked, check=True, capture_output=True, cwd="/")


@contextmanager
def running() -> Iterator[str]:
    """The dsn of a PostgreSQL of our own, on a socket in a folder of its own."""
    bin_ = programs()
    folder = Path(tempfile.mkdtemp(prefix="limner-postgres-"))
    try:
        if os.geteuid() == 0:
            found = pwd.getpwnam("postgres")
            os.chown(folder, found.pw_uid, found.pw_gid)
        data = folder / "data"
        as_postgres(bin_ / "initdb", "-D", data, "-A", "trust", "-U", "limner", "-N")
        options = f"-c listen_addresses='' -k {folder} -F -c max_connections=10"
        as_postgres(bin_ / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
        try:
            yield f"postgresql://limner@/postgres?host={folder}"
        finally:
            as_postgres(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
