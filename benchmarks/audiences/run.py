"""Counting audiences over a made-up table of current tags: engine time, whole answers, and DuckDB asked by hand.

Example: python -m benchmarks.audiences.run --users 10000000
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from limner.engines.duck import connect, read_parquet
from limner.engines.store import Store
from limner.tags.audience import LiveAnswers, breakdown, compiled, count, expected
from limner.tags.audience.population import everybody

from .world import NOW, Project, store_of

RESULTS = Path(__file__).parent.parent / "results"
UNTIL = f"make_timestamp({NOW}000000)"

CONDITIONS = {
    "one tier": (
        "churn_56d.tier = 'high'",
        f"churn_56d_tier = 'high' AND churn_56d_valid_until > {UNTIL}",
    ),
    "tier, class, not another audience": (
        "churn_56d.tier = 'high' and rfm_class in ('champion', 'loyal') and not audience('suppressed')",
        f"churn_56d_tier = 'high' AND churn_56d_valid_until > {UNTIL} AND rfm_class IN ('champion', 'loyal') "
        f"AND rfm_class_valid_until > {UNTIL} "
        f"AND NOT coalesce(household_size = '5+' AND household_size_valid_until > {UNTIL}, false)",
    ),
    "any of three tiers": (
        "churn_56d.tier = 'high' or purchase_28d.tier = 'high' or upgrade_90d.tier = 'high'",
        " OR ".join(
            f"({tag}_tier = 'high' AND {tag}_valid_until > {UNTIL})"
            for tag in ("churn_56d", "purchase_28d", "upgrade_90d")
        ),
    ),
    "chance and rank": (
        "churn_56d.probability >= 0.3 and purchase_28d.percentile > 90",
        f"churn_56d_probability >= 0.3 AND churn_56d_valid_until > {UNTIL} "
        f"AND purchase_28d_percentile > 90 AND purchase_28d_valid_until > {UNTIL}",
    ),
}
"""Each as Limner is asked and as one would ask DuckDB."""

HOW_TO_READ = """\
# Counting audiences over {users:,} users

A made-up table `current` of three predictions, a rule and a fact, of which a tenth of the users lacks each: {size} MB
in one Parquet file. Milliseconds, the best and the median of {repeats} runs, with {threads} threads, on a machine that
others used. **Engine** is the query alone, **processor** its time summed over threads, **answer** all of `count`:
opening the table, reading the condition, setting up a locked database, and counting. **Live** is that answer in a
process that was asked each comparison before, as the page is where audiences are built. **By hand** is the same
question in SQL over the same file, without a check or a lock; the last column is which part of that the engine takes,
since Limner reads no instants where nothing has expired. Compare ratios and best runs: with others at work on the same
two cores, half of the processor time is what a quiet machine takes.

{table}

Whole answers to more than a count, for the second condition: {more}.
"""

Row = dict[str, Any]


def measured(store: Store, name: str, repeats: int) -> Row:
    """One condition: engine and processor time, the whole answer, and by hand; all must count the same users."""
    project, (text, by_hand) = Project(), CONDITIONS[name]
    condition = compiled(project, text)
    query = f"SELECT count(*) FROM everybody WHERE {condition.sql}"
    live = LiveAnswers()
    hand = f"SELECT count(*) FROM {read_parquet(store.files('current'))} WHERE {by_hand}"
    with everybody(project, store, NOW, [condition]) as population, connect() as con:
        works = {
            "engine": lambda: population.rows(query, condition)[0][0],
            "by hand": lambda: con.sql(hand).fetchall()[0][0],
            "live": lambda: live.count(project, Store(store.root), text, NOW).users,
            "answer": lambda: count(project, Store(store.root), text, NOW).users,
        }
        timed = turns(works, repeats)
    return {"condition": name, **timed, "ratio": round(timed["engine"][0] / timed["by hand"][0], 2)}


def turns(works: dict[str, Callable[[], int]], repeats: int) -> Row:
    """Best and median of each work, in turns, and the processor time of the first; `users` is what they count."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    processor, users = [], set()
    for _ in range(repeats):
        for name, work in works.items():
            begun, spent = time.perf_counter(), time.process_time()
            users.add(work())
            seconds[name].append(time.perf_counter() - begun)
            processor += [time.process_time() - spent] if name == next(iter(works)) else []
    if len(users) != 1:
        raise ValueError(f"the ways to count differ: {users}")
    told = {name: [_ms(min(found)), _ms(statistics.median(found))] for name, found in seconds.items()}
    return {"users": users.pop(), "processor": _ms(min(processor)), **told}


def more(store: Store) -> str:
    """How long the other answers take."""
    project, text, live = Project(), CONDITIONS["tier, class, not another audience"][0], LiveAnswers()
    works: dict[str, Callable[[], object]] = {
        "expected outcomes of three predictions": lambda: expected(project, store, text, NOW),
        "these live": lambda: live.expected(project, store, text, NOW),
        "breakdown by a rule": lambda: breakdown(project, store, text, "rfm_class", NOW),
        "this live": lambda: live.breakdowns(project, store, text, ["rfm_class"], NOW),
    }
    told = []
    for name, work in works.items():
        found = []
        for _ in range(3):
            begun = time.perf_counter()
            work()
            found.append(time.perf_counter() - begun)
        told.append(f"{name} {_ms(min(found))} ms")
    return ", ".join(told)


def table(rows: list[Row]) -> str:
    """The rows as people read them."""
    lines = [
        "| condition | users | engine | processor | answer | live | by hand | of by hand |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        told = (f"{row[name][0]} / {row[name][1]}" for name in ("answer", "live", "by hand"))
        engine = f"**{row['engine'][0]}** / {row['engine'][1]}"
        shown = [row["condition"], f"{row['users']:,}", engine, str(row["processor"]), *told, f"{row['ratio']:.2f}"]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks/audiences"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    store = store_of(asked.folder, asked.users, mixed=False)
    rows = [measured(store, name, asked.repeats) for name in CONDITIONS]
    with connect() as con:
        (threads,) = con.sql("SELECT current_setting('threads')").fetchall()[0]
    size = sum(Path(file).stat().st_size for file in store.files("current")) // 10**6
    told = {"users": asked.users, "size": size, "repeats": asked.repeats, "threads": threads}
    text = HOW_TO_READ.format(**told, table=table(rows), more=more(store))
    (asked.results / "audiences.md").write_text(text)
    (asked.results / "audiences.json").write_text(json.dumps({**told, "rows": rows}, indent=1) + "\n")
    print(text)


def _ms(seconds: float) -> int:
    return round(1_000 * seconds)


if __name__ == "__main__":
    main()
