"""How quickly pages come: many users in the store, some clients at once, and the time from asking to the last byte.

The server is a process of its own, as `limner serve` starts it. Each client asks for one page after the other, of all
kinds in turn, people and conditions by chance, so that hardly any condition was asked before.

Example: python -m benchmarks.pages.run --users 10000000 --clients 10
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from .world import make, user

ROOT = Path(__file__).parent.parent
HOW_TO_READ = """\
# How quickly pages come

{users:,} users in the store; {clients} clients for {seconds:.0f} seconds, each of whom reads a page for {think:g} s
before asking for the next. Server and clients share {cores} cores. From asking to the last byte, in milliseconds. Each
kind of page was asked for once before; conditions and people hardly ever were.

{table}

The server was started anew and answered after {ready:.1f} s. The first catalogue took {first:.1f} s, for it counts
everybody, and is kept until something else is published.
"""
KINDS = ("catalogue", "tag", "person", "audiences", "count", "builder", "report", "runs")


def main() -> None:
    """Make the store, serve it, ask, and write the results."""
    asked = _arguments()
    folder = asked.folder / f"{asked.users}"
    make(folder, asked.users)
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "limner", "serve", "--config", str(folder / "configs" / "many.yaml"), "--port", "8799"],
        stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            print((server.stdout.readline() if server.stdout else "").strip(), flush=True)
            ready = time.perf_counter() - started
            first = {kind: _ask(_connection(), kind, asked.users, random.Random(0)) for kind in KINDS}
            print({kind: round(seconds, 2) for kind, seconds in first.items()})
            took = _measured(asked)
        finally:
            server.terminate()
    _write(asked, took, ready, first["catalogue"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument(
        "--think", type=float, default=1.0, help="mean seconds that a client reads before it asks again"
    )
    parser.add_argument("--folder", type=Path, default=ROOT.parent / "data" / "benchmarks" / "pages")
    return parser.parse_args()


def _measured(asked: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of each page by its kind, as all clients had them together."""
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    until = time.perf_counter() + asked.seconds

    def client(number: int) -> None:
        dice, connection = random.Random(number), _connection()
        while time.perf_counter() < until:
            time.sleep(dice.expovariate(1 / asked.think) if asked.think else 0)
            kind = dice.choice(KINDS)
            took[kind].append(_ask(connection, kind, asked.users, dice))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(asked.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _connection() -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", 8799, timeout=120)


def _ask(connection: http.client.HTTPConnection, kind: str, n_users: int, dice: random.Random) -> float:
    method, path, sent = _request(kind, n_users, dice)
    started = time.perf_counter()
    connection.request(method, path, sent, {"Content-Type": "application/json"} if sent else {})
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - started
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return took


def _request(kind: str, n_users: int, dice: random.Random) -> tuple[str, str, str | None]:
    where = f"churn.probability >= {dice.random() / 2:.6f} and shopper = '{dice.choice(('champion', 'loyal'))}'"
    person = f"/people/{user(dice.randrange(n_users))}"
    pages = {"catalogue": "/", "tag": "/tags/churn", "person": person, "audiences": "/audiences", "runs": "/runs"}
    if kind in pages:
        return "GET", pages[kind], None
    if kind == "count":
        return "POST", "/api/v1/count", json.dumps({"where": where})
    return "GET", f"/{'build' if kind == 'builder' else 'report'}?where={quote(where)}", None


def _write(asked: argparse.Namespace, took: dict[str, list[float]], ready: float, first: float) -> None:
    rows = [_row(kind, took[kind]) for kind in KINDS]
    rows.append(_row("all", [one for found in took.values() for one in found]))
    table = "\n".join(["| page | asked | median | p95 | slowest |", "|---|---|---|---|---|", *rows])
    words = {
        "users": asked.users,
        "clients": asked.clients,
        "seconds": asked.seconds,
        "think": asked.think,
        "cores": os.cpu_count(),
    }
    text = HOW_TO_READ.format(**words, table=table, ready=ready, first=first)
    print(text)
    (ROOT / "results" / "pages.md").write_text(text)


def _row(kind: str, seconds: Sequence[float]) -> str:
    cuts = [1000 * float(cut) for cut in np.quantile(seconds, (0.5, 0.95, 1.0))] if seconds else [0.0] * 3
    return f"| {kind} | {len(seconds):,} | {' | '.join(f'{cut:,.0f}' for cut in cuts)} |"


if __name__ == "__main__":
    main()
