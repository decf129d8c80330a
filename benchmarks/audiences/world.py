"""A made-up table of current tags: three predictions, a rule and a fact on as many users as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from limner.engines.delta import NewFile
from limner.engines.store import Store
from limner.features.spec import TargetSpec
from limner.quantities import Duration, Share
from limner.tags.audience_spec import AudienceSpec
from limner.tags.current import writer
from limner.tags.published import current_columns
from limner.tags.rows import SCHEMA
from limner.tags.spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec
from limner.timeline import DAY

NOW = 1_700_000_000
PREDICTIONS = ("churn_56d", "purchase_28d", "upgrade_90d")
CLASSES = ("champion", "loyal", "occasional", "sleeping")
SIZES = ("1", "2", "3", "4", "5+")
_AT_ONCE = 65_536
"""Rows that are written at a time, as scoring does."""

_TIERS = {"high": Share.parse("10%"), "medium": Share.parse("30%"), "low": Share.parse("60%")}
TAGS: dict[str, TagSpec] = {
    **{
        tag: PredictiveSpec(
            kind="predictive", target=TargetSpec(event_type="buy", horizon=Duration(28 * DAY)), tiers=_TIERS
        )
        for tag in PREDICTIONS
    },
    "rfm_class": RuleSpec(kind="rule", classes=dict.fromkeys(CLASSES[:-1], "a > 0"), otherwise=CLASSES[-1]),
    "household_size": FactSpec(kind="fact", attribute="household_size"),
}


@dataclass(frozen=True)
class Spec:
    """What a project file would say."""

    tags: dict[str, TagSpec] = field(default_factory=lambda: TAGS)
    audiences: dict[str, AudienceSpec] = field(
        default_factory=lambda: {"suppressed": AudienceSpec(where="household_size = '5+'")}
    )
    attributes: dict[str, Any] = field(default_factory=dict)
    clock: str = "wall"


@dataclass(frozen=True)
class Project:
    """A project, as far as audiences go."""

    spec: Any = field(default_factory=Spec)
    root: Path = Path()

    def definition_hash(self, tag: str) -> str:
        """Nothing that anybody looks at."""
        return tag


def store_of(folder: Path, n_users: int, *, mixed: bool) -> Store:
    """The store with the table, made unless it is there; `mixed` lets a hundredth of the values have expired."""
    store = Store(folder / f"{n_users}{'-mixed' if mixed else ''}")
    if store.version("current") is None:
        columns = [column for _, _, column in current_columns({tag: spec.kind for tag, spec in TAGS.items()}).values()]
        schema = pa.schema([SCHEMA.field("user_id"), *columns])
        path = store.stage("current", {})
        with writer(path, schema) as file:
            for rows in _pieces(n_users, schema, mixed):
                file.write_table(rows)
        store.publish({"current": store.commit("current", schema, (), [NewFile(path, {}, n_users)], None)}, {})
    return store


def _pieces(n_users: int, schema: pa.Schema, mixed: bool) -> Iterator[pa.Table]:
    dice = np.random.default_rng(1)
    for start in range(0, n_users, _AT_ONCE):
        n = min(_AT_ONCE, n_users - start)
        columns: dict[str, Any] = {"user_id": [f"u{number:08}" for number in range(start, start + n)]}
        lacks = {tag: dice.random(n) < 0.1 for tag in TAGS}
        for name, (tag, _, _) in current_columns({tag: spec.kind for tag, spec in TAGS.items()}).items():
            columns[name] = _column(name, lacks[tag], dice, mixed)
        yield pa.table([pa.array(columns[name], schema.field(name).type) for name in schema.names], schema=schema)


def _column(name: str, lacks: npt.NDArray[np.bool_], dice: np.random.Generator, mixed: bool) -> Any:
    """A column of random values, but for users who lack the tag."""
    n = len(lacks)
    if name.endswith("_valid_until"):
        until = np.full(n, NOW + 7 * DAY)
        if mixed:
            until[dice.random(n) < 0.01] = NOW - DAY
        return pa.array(until * 1_000_000, pa.int64(), mask=lacks).cast(pa.timestamp("us"))
    if name.endswith("_tier"):
        return pa.array(dice.choice(list(_TIERS), n, p=[0.1, 0.3, 0.6]).astype(object), mask=lacks)
    if name in TAGS:
        return pa.array(dice.choice(CLASSES if name == "rfm_class" else SIZES, n).astype(object), mask=lacks)
    return pa.array(dice.random(n) * (100 if name.endswith("_percentile") else 1), mask=lacks)
