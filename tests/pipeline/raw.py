"""Made-up files for any project file: what its sources and attributes declare, on a hundred days of thirty users."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from limner.events.spec import AttributeSpec, AttributesSpec, SourceSpec
from limner.project import Project
from limner.timeline import DAY, FixedClock

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 100
CLOCK = FixedClock(int(START.timestamp()) + DAYS * DAY)
USERS = [f"u{number}" for number in range(30)]
WORDS = ("software", "retail", "other")


def write_raw(project: Project, seed: int = 7) -> None:
    luck = random.Random(seed)
    for source in project.spec.sources.values():
        _write(project.root / source.read, _events(project, source, luck))
    for table in project.spec.attributes.values():
        _write(project.root / table.read, [_facts(user, table, luck) for user in USERS])


def _events(project: Project, source: SourceSpec, luck: random.Random) -> Iterator[dict[str, Any]]:
    """Everybody does something on every (k + 1)th day, the last of them only long ago; or once, where ids say so."""
    signals = {signal.event_type for signal in project.spec.features.signals.values()}
    named = {one.event_type for one in project.spec.sources.values() if isinstance(one.event_type, str)}
    types = [source.event_type] if isinstance(source.event_type, str) else sorted(signals - named)
    for place, user in enumerate(USERS):
        often = range(place % 10, DAYS if place < 25 else 40, place % 7 + 1)
        for day in [DAYS - 1 - 3 * place] if source.event_id == (source.user_id,) else often:
            moment = START + timedelta(days=day, seconds=luck.randrange(80_000))
            row = {source.user_id: user, source.event_time: moment.strftime("%Y-%m-%dT%H:%M:%S")}
            if not isinstance(source.event_type, str):
                row[source.event_type.column] = luck.choice(types)
            row |= {column: f"{user}-{day}" for column in source.event_id or () if column != source.user_id}
            yield row | {one.column: _value(one.type, luck) for one in source.properties.values()}


def _facts(user: str, table: AttributesSpec, luck: random.Random) -> dict[str, Any]:
    types = {name: one.type if isinstance(one, AttributeSpec) else one for name, one in table.columns.items()}
    dated = {table.valid_from: START.date().isoformat()} if table.valid_from else {}
    return {table.user_id: user, **dated, **{name: _value(type_, luck) for name, type_ in types.items()}}


def _value(type_: str, luck: random.Random) -> Any:
    return luck.randrange(1, 500) if type_ == "number" else luck.choice(WORDS)


def _write(path: Path, rows: Iterator[Mapping[str, Any]] | list[dict[str, Any]]) -> None:
    told = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, told[0])
        writer.writeheader()
        writer.writerows(told)
