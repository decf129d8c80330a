"""A small town: users with tags of every kind, some lacking, some expired, as rows and as a store."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from limner.engines.store import Store
from limner.events.spec import AttributesSpec
from limner.features.spec import TargetSpec
from limner.quantities import Duration, Share
from limner.tags.audience_spec import AudienceSpec
from limner.tags.maker import rows_of
from limner.tags.rows import Kind, Stamp, tag_rows
from limner.tags.spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec, kind_of
from limner.tags.writing import Batch
from limner.timeline import DAY
from tests.tags.batches import shown_in

NOW = 100_000
TIERS = ("high", "medium", "low")
CLASSES = ("champion", "loyal", "none")

TAGS: dict[str, TagSpec] = {
    "churn": PredictiveSpec(
        kind="predictive",
        target=TargetSpec(absent="buy", horizon=Duration(DAY)),
        tiers={"high": Share.parse("20%"), "medium": Share.parse("30%"), "low": Share.parse("50%")},
    ),
    "buy": PredictiveSpec(kind="predictive", target=TargetSpec(event_type="buy", horizon=Duration(DAY))),
    "rfm": RuleSpec(kind="rule", classes={"champion": "a > 1", "loyal": "a > 0"}, otherwise="none"),
    "size": FactSpec(kind="fact", attribute="size"),
    "credit": FactSpec(kind="fact", attribute="credit"),
    "vip": FactSpec(kind="fact", attribute="vip"),
    "later": FactSpec(kind="fact", attribute="size"),
}
"""The tag `later` is in the project, and nobody was scored with it yet."""

ATTRIBUTES = {
    "people": AttributesSpec(read="p.csv", user_id="u", columns={"size": "category", "credit": "number", "vip": "flag"})
}


@dataclass(frozen=True)
class Spec:
    audiences: Mapping[str, AudienceSpec] = field(default_factory=dict)
    tags: Mapping[str, TagSpec] = field(default_factory=lambda: TAGS)
    attributes: Mapping[str, AttributesSpec] = field(default_factory=lambda: ATTRIBUTES)
    clock: Literal["wall", "log"] = "wall"


@dataclass(frozen=True)
class Town:
    spec: Spec = field(default_factory=Spec)
    root: Path = Path()

    def definition_hash(self, tag: str) -> str:
        return f"definition of {tag}"


def town(root: Path = Path(), tags: Mapping[str, TagSpec] = TAGS, **audiences: Mapping[str, Any]) -> Town:
    found = {name: AudienceSpec.model_validate(dict(one)) for name, one in audiences.items()}
    return Town(Spec(found, tags), root)


Row = dict[str, Any]


def rows_of_users(n: int, seed: int = 1) -> dict[str, Row]:
    """What is written on each user, as the table of current tags has it."""
    dice = random.Random(seed)
    return {f"u{place:03}": _row(dice) for place in range(n)}


def store_of(folder: Path, rows: Mapping[str, Row]) -> Store:
    store, kinds = Store(folder), {tag: kind_of(spec) for tag, spec in TAGS.items() if tag != "later"}
    batches = [
        _batch(tag, kind, {user: row for user, row in rows.items() if tag in row}) for tag, kind in kinds.items()
    ]
    shown_in(store, batches, kinds)
    return store


def present(row: Row, tag: str, part: str = "value") -> Any:
    """What a condition finds of a user; None where there is nothing, or nothing any more."""
    told = row.get(tag)
    return told[part] if told is not None and told["valid_until"] > NOW else None


def _row(dice: random.Random) -> Row:
    row: Row = {}
    for tag in ("churn", "buy"):
        if dice.random() < 0.8:
            chance = dice.choice([0.1, 0.25, 0.5, dice.random()])
            row[tag] = {
                "score": chance * 4 - 2,
                "probability": chance,
                "percentile": round(100 * chance, 3),
                "tier": dice.choice(TIERS),
            }
    for tag, values in (
        ("rfm", CLASSES),
        ("size", ("1", "2", "5+")),
        ("credit", ("0.00", "-12.50", "100.00", "99.99")),
        ("vip", ("true", "false")),
    ):
        if dice.random() < 0.8:
            row[tag] = {"value": dice.choice(values)}
    for told in row.values():
        told["valid_until"] = NOW + dice.choice([-1, 0, 1, 500])
    return row


def _batch(tag: str, kind: Kind, rows: Mapping[str, Row]) -> Batch:
    names = ("score", "probability", "percentile", "tier") if kind == "predictive" else ("value",)
    columns = {name: [row[tag][name] for row in rows.values()] for name in (*names, "valid_until")}
    stamp = Stamp(tag, kind, 100, 100, "r1", "d" * 64, "1" if kind == "predictive" else None)
    return Batch(tag, kind, 100, "k1", "r1", [tag_rows(stamp, rows_of({"user_id": list(rows), **columns}))])
