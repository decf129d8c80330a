"""The catalogue: every tag of a project, what it means, whom it covers, how good and how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import duckdb
import pyarrow.parquet as pq

from ..engines.duck import literal, reading
from ..engines.store import Store
from ..errors import DamagedError
from ..models.bundle import Bundle
from ..models.champion import champion, pointer
from ..timeline import MICROS, Clock, WallClock, shown
from .declared import Declared, Said, open_log, present, title_of
from .definition import Part, definition
from .published import files_of, newest
from .rows import Kind
from .spec import PredictiveSpec, RuleSpec, State, TagSpec, kind_of

__all__ = ["Band", "Entry", "Model", "Rows", "Status", "catalogue"]

Status = Literal["published", "expired", "never scored", "no model yet"]

_TOP = 10


@dataclass(frozen=True)
class Band:
    """A tier, a class or a value: how many users have it, and which part of the tagged they are."""

    name: str
    users: int
    share: float


@dataclass(frozen=True)
class Model:
    """The champion of a predictive tag, by its card; `sentence` says how good it is against its best rule.

    `recipe` says how ambitious it could be, given how many people there were to learn from; an old card does not tell.
    """

    version: str
    form: str
    published: str
    grade: str
    sentence: Said
    base_rate: float
    trained_until: str
    metrics: Mapping[str, float]
    recipe: Said | None = None

    def as_dict(self) -> dict[str, Any]:
        """The model as JSON holds it."""
        recipe = None if self.recipe is None else self.recipe.as_dict()
        return {**asdict(self), "sentence": self.sentence.as_dict(), "recipe": recipe}


@dataclass(frozen=True)
class Rows:
    """The newest published rows of a tag, counted. Instants are as Limner writes them, in UTC.

    `valid_until` is that of the row that lasts longest, `expired` counts rows that must not be used any more,
    `mean_probability` and `expected` outcomes are of predictions alone; those of amounts have `mean_expected` and their
    sum. Of facts, `bands` are the most frequent. `frozen` are the bands by frozen tiers, where there are any.
    """

    users: int
    expired: int
    bands: tuple[Band, ...]
    mean_probability: float | None
    expected: float | None
    model_version: str | None
    as_of: str
    computed_at: str | None
    valid_until: str | None
    mean_expected: float | None = None
    frozen: tuple[Band, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The rows as JSON holds them."""
        bands = {name: [asdict(one) for one in getattr(self, name)] for name in ("bands", "frozen")}
        return {**asdict(self), **bands}


@dataclass(frozen=True)
class Entry:
    """One tag of the catalogue; `model` and `rows` are None as long as there are none.

    `state` is how far the tag has come, `status` how its rows are. Of a deprecated tag, `instead` is the one to use.
    `definition_hash` is that of the project file; rows of another definition have another.
    """

    tag: str
    kind: Kind
    title: Said
    description: Said
    definition: tuple[Part, ...]
    purpose: str
    owner: str
    status: Status
    users_in_log: int
    state: State = "published"
    instead: str | None = None
    definition_hash: str = ""
    model: Model | None = None
    rows: Rows | None = None
    notes: tuple[Said, ...] = ()

    @property
    def grade(self) -> str | None:
        """How much better than the best rule the champion is: A, B, C, rule or unproven."""
        return self.model.grade if self.model else None

    @property
    def trained_until(self) -> str:
        """Until when the champion knows outcomes; empty before there is one."""
        return self.model.trained_until if self.model else ""

    @property
    def coverage(self) -> float | None:
        """The share of the log's users who have the tag, 1 where people outside the log have it too; None before."""
        return min(1.0, self.rows.users / self.users_in_log) if self.rows and self.users_in_log else None

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON holds it."""
        parts = {"definition": [part.as_dict() for part in self.definition], "notes": [n.as_dict() for n in self.notes]}
        model = None if self.model is None else self.model.as_dict()
        rows = None if self.rows is None else self.rows.as_dict()
        said = {"title": self.title.as_dict(), "description": self.description.as_dict()}
        found = {"coverage": self.coverage, "grade": self.grade, "is_expired": self.status == "expired"}
        return {**vars(self), **said, **parts, **found, "model": model, "rows": rows}


def catalogue(
    project: Declared, store: Store, wall: Clock | None = None, tags: Sequence[str] | None = None
) -> list[Entry]:
    """The tags in the order of the project file.

    Args:
        wall: the clock on the wall, which counts where the project's clock is `wall`.
        tags: those that are told of; all of them when None.
    """
    log = open_log(store)
    now = present(project, log, wall or WallClock())
    users = 0 if log is None else log.users
    chosen = project.spec.tags if tags is None else tags
    return [_entry(project, store, tag, now, users) for tag in chosen]


def _entry(project: Declared, store: Store, tag: str, now: int, users: int) -> Entry:
    spec, definition_hash = project.spec.tags[tag], project.definition_hash(tag)
    model, notes = _model(store, tag, spec, definition_hash)
    rows = _rows(store, tag, spec, now)
    if rows and model and rows.model_version not in {None, model.version}:
        notes.append(
            Said(
                f"the rows are of version {rows.model_version}; score again: limner score {tag}",
                f"现有结果来自版本 {rows.model_version}，请重新打分：limner score {tag}",
            )
        )
    return Entry(
        tag=tag,
        kind=kind_of(spec),
        title=title_of(tag, spec),
        description=Said(spec.description.en, spec.description.zh or spec.description.en),
        definition=definition(spec),
        purpose=spec.purpose,
        owner=spec.owner,
        status=_status(spec, rows, is_trained=model is not None or bool(notes)),
        users_in_log=users,
        state=spec.state,
        instead=spec.instead,
        definition_hash=definition_hash,
        model=model,
        rows=rows,
        notes=(*notes, *_of_state(spec)),
    )


def _of_state(spec: TagSpec) -> list[Said]:
    if spec.state == "draft":
        return [Said("a draft: written, and shown to nobody but here", "草稿：已计算，但只在此处可见")]
    if spec.state == "published":
        return []
    return [
        Said(f"deprecated; use {spec.instead} instead", f"已弃用，请改用 {spec.instead}")
        if spec.instead
        else Said("deprecated; nothing takes its place", "已弃用，没有替代标签")
    ]


def _status(spec: TagSpec, rows: Rows | None, *, is_trained: bool) -> Status:
    if rows is not None:
        return "expired" if rows.users and rows.expired == rows.users else "published"

    return "never scored" if is_trained or not isinstance(spec, PredictiveSpec) else "no model yet"


def _model(store: Store, tag: str, spec: TagSpec, definition_hash: str) -> tuple[Model | None, list[Said]]:
    """The champion's card, and what is odd about it; a damaged one is told of and not shown."""
    if not isinstance(spec, PredictiveSpec):
        return None, []
    try:
        if pointer(store.root, tag) is None:
            return None, []
        bundle = champion(store.root, tag)
    except DamagedError as error:
        return None, [Said(str(error), f"模型文件已损坏：{error}")]
    notes = []
    if bundle.card["definition_hash"] != definition_hash:
        notes.append(
            Said(
                f"the definition changed after version {bundle.version} was trained; limner train {tag}",
                f"定义在版本 {bundle.version} 训练之后有改动，请重新训练：limner train {tag}",
            )
        )
    return _of_card(bundle), notes


def _of_card(bundle: Bundle) -> Model:
    card = bundle.card
    return Model(
        version=bundle.version,
        form=card.get("form", bundle.scorer.form),
        published=card.get("published", ""),
        grade=card["grade"],
        sentence=Said(card["sentence"]["en"], card["sentence"]["zh"]),
        base_rate=card["base_rate"],
        trained_until=card["trained_until"],
        metrics=dict(card.get("metrics", {})),
        recipe=Said(**card["ladder"]) if "ladder" in card else None,
    )


def _rows(store: Store, tag: str, spec: TagSpec, now: int) -> Rows | None:
    entry = newest(store, tag)
    files = [] if entry is None else files_of(store, tag, entry.as_of)
    if entry is None or not files:
        return None
    read = f"read_parquet([{', '.join(literal(file) for file in files)}], hive_partitioning = false)"
    name = "tier" if isinstance(spec, PredictiveSpec) else "value"
    is_amount = kind_of(spec) == "value"
    told = "expected" if is_amount else "probability"
    with reading() as con:
        facts = con.sql(f"""
            SELECT count(*), count(*) FILTER (epoch_us(valid_until) <= {now * MICROS}), avg({told}),
                   fsum({told}), max(model_version), CAST(epoch(max(computed_at)) AS BIGINT),
                   CAST(epoch(max(valid_until)) AS BIGINT)
            FROM {read}
        """).fetchall()[0]
        counts = _counted(con, read, name)
        # rows of an older Limner have no frozen tiers
        has_frozen = all("frozen_tier" in pq.read_schema(file).names for file in files)
        frozen = _counted(con, read, "frozen_tier") if has_frozen else {}
    users, expired, mean, expected, version, computed_at, valid_until = facts
    return Rows(
        users=users,
        expired=expired,
        bands=_bands(spec, counts, users),
        mean_probability=None if is_amount else mean,
        mean_expected=mean if is_amount else None,
        expected=expected,
        model_version=version,
        as_of=shown(entry.as_of),
        computed_at=None if computed_at is None else shown(computed_at),
        valid_until=None if valid_until is None else shown(valid_until),
        frozen=_bands(spec, frozen, users) if frozen else (),
    )


def _counted(con: duckdb.DuckDBPyConnection, read: str, name: str) -> dict[str, int]:
    """How many rows have each value of a column."""
    return dict(con.sql(f"SELECT {name}, count(*) FROM {read} WHERE {name} IS NOT NULL GROUP BY 1").fetchall())


def _bands(spec: TagSpec, counts: Mapping[str, int], users: int) -> tuple[Band, ...]:
    """Tiers and classes as they are declared, then whatever else was written; values by how many have them."""
    declared: list[str] = []
    if isinstance(spec, PredictiveSpec):
        declared = list(spec.tiers)
    elif isinstance(spec, RuleSpec):
        declared = list(dict.fromkeys([*spec.classes, *([spec.otherwise] if spec.otherwise else [])]))
    others = sorted(set(counts) - set(declared), key=lambda name: (-counts[name], name))
    names = [*declared, *others] if declared else others[:_TOP]
    return tuple(Band(name, counts.get(name, 0), counts.get(name, 0) / users if users else 0.0) for name in names)
