"""The use case `health`: how each tag is, and which of them nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.store import Store
from ..errors import DamagedError, SpecError
from ..features.expressions import names_in
from ..models.champion import champion, pointer
from ..project import Project
from ..tags.catalogue import Entry, catalogue
from ..tags.declared import Said, open_log, present
from ..tags.health import Health, Moved, Use, health_of
from ..tags.published import files_of, published
from ..tags.sinks.standing import routes
from ..tags.spec import FactSpec, PredictiveSpec
from ..tags.stability import psi_of_counts, psi_of_scores
from ..timeline import Clock, shown

__all__ = ["health"]

_MANY = 50
"""Values of a fact beyond which it is no distribution that could be compared."""


def health(project: Project, store: Store, wall: Clock, tags: Sequence[str]) -> list[Health]:
    """How the tags are, in the order of the project file."""
    now = present(project, open_log(store), wall)
    return [_health(project, store, entry, now) for entry in catalogue(project, store, wall, tags)]


def _health(project: Project, store: Store, entry: Entry, now: int) -> Health:
    valid_for = project.spec.tags[entry.tag].valid_for.seconds
    return health_of(entry, valid_for, now, _moved(project, store, entry.tag), _uses(project, store, entry.tag))


def _uses(project: Project, store: Store, tag: str) -> list[Use]:
    """The rules and audiences whose conditions mention the tag."""
    rules = [Use("rule", other) for other, below in project.below.items() if tag in below]
    sent = {route.audience for route in routes(store)}
    found = [name for name, one in project.spec.audiences.items() if one.where and tag in _tags_in(one.where)]
    return rules + [Use("audience", name, is_sent=name in sent) for name in found]


def _tags_in(condition: str) -> set[str]:
    try:
        return {name.partition(".")[0] for name in names_in(condition)}
    except SpecError:
        return set()


def _moved(project: Project, store: Store, tag: str) -> Moved:
    """How far the newest rows of a tag are from those before, or, of a first prediction, from the training."""
    entries = published(store, tag)
    spec = project.spec.tags[tag]
    if not entries:
        return Moved(None, Said("it was never written", "尚未打分"))
    before = entries[-2].as_of if len(entries) > 1 else None
    if isinstance(spec, PredictiveSpec):
        return _scores_moved(store, tag, entries[-1].as_of, before)
    if before is None:
        return Moved(None, Said("it was written once, so nothing can be compared yet", "只打过一次分，暂无可比"))
    then, now = (_counts(store, tag, as_of) for as_of in (before, entries[-1].as_of))
    if isinstance(spec, FactSpec) and len({*then, *now}) > _MANY:
        return Moved(None, Said("its values are too many to be compared", "取值过多，无法比较"))
    return _compared(psi_of_counts(then, now), _day(before))


def _scores_moved(store: Store, tag: str, as_of: int, before: int | None) -> Moved:
    scores, version = _scores(store, tag, as_of)
    if before is not None:
        then, version_then = _scores(store, tag, before)
        if version == version_then:
            return _compared(psi_of_scores(then, scores), _day(before))
    spread = _spread(store, tag, version)
    if spread is None:
        return Moved(None, Said("this version of the model scored for the first time", "该模型版本首次打分，暂无可比"))
    return _compared(psi_of_scores(spread, scores), Said("the training", "训练时"))


def _compared(psi: float | None, since: Said) -> Moved:
    return (
        Moved(None, Said("nobody has it, or had it before", "无人拥有，或此前无人拥有"))
        if psi is None
        else Moved(psi, since)
    )


def _scores(store: Store, tag: str, as_of: int) -> tuple[npt.NDArray[np.float64], str | None]:
    """The scores of an instant, and the version of the model that gave them."""
    rows = _rows(store, tag, as_of, ["score", "model_version"])
    versions = rows["model_version"].unique().to_pylist()
    return rows["score"].to_numpy(), versions[0] if versions else None


def _spread(store: Store, tag: str, version: str | None) -> npt.NDArray[np.float64] | None:
    """The scores at the training of the champion, if it is that version and tells them."""
    try:
        bundle = champion(store.root, tag) if pointer(store.root, tag) else None
    except DamagedError:
        return None
    if bundle is None or bundle.version != version or "spread" not in bundle.card:
        return None
    return np.array(bundle.card["spread"], np.float64)


def _counts(store: Store, tag: str, as_of: int) -> dict[str, int]:
    values = _rows(store, tag, as_of, ["value"])["value"].drop_null()
    return {one["values"]: one["counts"] for one in values.value_counts().to_pylist()}


def _rows(store: Store, tag: str, as_of: int, columns: list[str]) -> pa.Table:
    types = {"score": pa.float64()}
    nobody = pa.schema([(name, types.get(name, pa.string())) for name in columns]).empty_table()
    tables = [pq.read_table(file, columns=columns, partitioning=None) for file in files_of(store, tag, as_of)]
    return pa.concat_tables([nobody, *(one.cast(nobody.schema) for one in tables)])


def _day(as_of: int) -> Said:
    return Said(shown(as_of)[:10], f" {shown(as_of)[:10]} ")
