"""Rules: the first class whose condition over features, scores and other tags holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engines.duck import reading
from ..errors import SpecError
from ..features.bucket import Needs, Stream
from ..features.cohort import cohort_rows
from ..features.digest import digest
from ..features.expressions import Column, condition
from ..features.plan import Feature, Plan
from ..features.question import COHORT
from .facts import OTHER
from .known import Known
from .maker import Part, reach_of, rows_of
from .quantiles import part_scores
from .resting import columns_of, names_of_rule
from .rule_spec import ScoreSpec
from .spec import RuleSpec, TagSpec

__all__ = ["Classifier", "classes_of", "plan_of_rule"]

_GATHERED = "feature "
"""Before the name of a feature that is gathered; no column of the table `tags` begins so."""
_PLACE = " place"
"""A column name that no feature can have."""


@dataclass(frozen=True)
class Classifier:
    """What puts the users of a rule's cohort into classes; the plan is of `plan_of_rule`, `tags` what it rests on.

    A rule that compares users with each other, or rests on other tags, waits: bucket by bucket it gathers features,
    and finds the classes once everybody's are there.
    """

    spec: RuleSpec
    plan: Plan
    tags: tuple[str, ...] = ()

    @property
    def needs(self) -> Needs:
        """What the rule asks of the log."""
        cohort = self.spec.cohort
        streams = {} if cohort is None else {COHORT: Stream(cohort.event_type, cohort.where)}
        return Needs(streams) | self.plan.needs

    @property
    def reach(self) -> int | None:
        """How far back it looks at single events."""
        return reach_of(self.plan, self.spec.cohort)

    @property
    def waits(self) -> bool:
        """Whether the classes of one bucket depend on more than that bucket."""
        return bool(self.tags or self.spec.scores)

    def part(self, known: Known) -> Part:
        """The classes of the bucket's users, where who is in none is left out; of a rule that waits, their features.

        Raises:
            SpecError: a condition names no feature.
        """
        bucket = known.events(self.needs)
        rows = cohort_rows(bucket, self.spec.cohort, [known.as_of])
        X = known.vectors(bucket, self.plan, rows)
        users, until = bucket.users[rows.user], known.as_of + self.spec.valid_for.seconds
        told = self._gathered(users, X, until) if self.waits else self._classified(users, X, until)
        return Part(told, snapshot=digest(users, rows.cutoff, X))

    def classes(self, gathered: pa.Table, below: Mapping[str, pa.Table]) -> pa.Array:
        """The class of everybody gathered, in their order; null where there is none.

        Args:
            gathered: the rows of all parts.
            below: the rows of each tag that it rests on.
        """
        users = gathered["user_id"].combine_chunks()
        columns = {feature.name: gathered[f"{_GATHERED}{feature.name}"] for feature in self.plan.features}
        scores = {name: _score(columns[one.of], one) for name, one in self.spec.scores.items()}
        told = {name: column for tag in self.tags for name, column in _of_tag(tag, users, below[tag]).items()}
        types = _types(self.plan.features) | {name: Column() for name in scores}
        types = {name: Column(_type_of(column)) for name, column in told.items()} | types
        return pa.array(_classes(self.spec, types, {**told, **columns, **scores}, len(users)), pa.string())

    def _classified(self, users: npt.NDArray[np.object_], X: npt.NDArray[np.float32], until: int) -> pa.Table:
        found = classes_of(self.spec, self.plan.features, X)
        has_class = np.array([name is not None for name in found], np.bool_)
        until_all = np.full(np.count_nonzero(has_class), until)
        return rows_of({"user_id": users[has_class], "value": found[has_class], "valid_until": until_all})

    def _gathered(self, users: npt.NDArray[np.object_], X: npt.NDArray[np.float32], until: int) -> pa.Table:
        rows = rows_of({"user_id": users, "valid_until": np.full(len(users), until)})
        for feature, values in zip(self.plan.features, X.T, strict=True):
            rows = rows.append_column(f"{_GATHERED}{feature.name}", _column(feature, values))
        return rows


def plan_of_rule(spec: RuleSpec, plan: Plan, tags: Mapping[str, TagSpec] | None = None) -> Plan:
    """The plan, restricted to the features that the rule's conditions and scores mention.

    Args:
        tags: all tags that a condition may mention.

    Raises:
        SpecError: a condition cannot be read, or names no feature, score or tag; or a score is of no feature.
    """
    types = _types(plan.features)
    for name, score in spec.scores.items():
        if score.of not in types or types[score.of].type != "number":
            raise SpecError(f"the score {name} is of {score.of}, which is no feature of this log that is a number")
    known = {**columns_of(tags or {}), **types, **dict.fromkeys(spec.scores, Column())}
    for text in spec.classes.values():
        condition(text, known)
    named = names_of_rule(spec)
    return replace(plan, features=tuple(feature for feature in plan.features if feature.name in named))


def classes_of(spec: RuleSpec, features: Sequence[Feature], X: npt.NDArray[np.float32]) -> npt.NDArray[np.object_]:
    """The class of each row, `(n_rows,)`, or None; conditions are asked in their order, and missing is false.

    Categories are compared as texts; one outside their vocabulary is `other`.

    Args:
        X: `(n_rows, n_features)`, NaN where missing.

    Raises:
        SpecError: a condition cannot be read, or names no feature.
    """
    columns = {feature.name: _column(feature, values) for feature, values in zip(features, X.T, strict=True)}
    return _classes(spec, _types(features), columns, len(X))


def _classes(
    spec: RuleSpec, types: Mapping[str, Column], columns: Mapping[str, Any], n_rows: int
) -> npt.NDArray[np.object_]:
    cases = [f"WHEN {condition(text, types)} THEN {place}" for place, text in enumerate(spec.classes.values())]
    places = _evaluate(f"CASE {' '.join(cases)} ELSE {len(cases)} END", columns, n_rows)
    names = np.array([*spec.classes, spec.otherwise], object)
    found: npt.NDArray[np.object_] = names[places]
    return found


def _score(values: pa.ChunkedArray, score: ScoreSpec) -> pa.Array:
    return pa.array(part_scores(values.to_numpy(), score), pa.float32(), from_pandas=True)


def _of_tag(tag: str, users: pa.Array, rows: pa.Table) -> dict[str, pa.Array]:
    """The columns of a tag that conditions may ask for, for these users; null where a user does not have it."""
    places = pc.index_in(users, rows["user_id"].combine_chunks())
    columns: dict[str, pa.Array] = {}
    for name in rows.column_names:
        if name != "user_id":
            found = rows[name].combine_chunks()
            found = found.cast(pa.float32()) if pa.types.is_floating(found.type) else found
            columns[f"{tag}.{name}"] = found.take(places)
    return columns | ({tag: columns[f"{tag}.value"]} if f"{tag}.value" in columns else {})


def _type_of(column: pa.Array) -> str:
    return "number" if pa.types.is_floating(column.type) else "category"


def _types(features: Sequence[Feature]) -> dict[str, Column]:
    return {feature.name: Column("category" if feature.is_category else "number") for feature in features}


def _column(feature: Feature, values: npt.NDArray[np.float32]) -> Any:
    if not feature.is_category:
        return pa.array(values, pa.float32(), from_pandas=True)
    codes = pa.array(values, from_pandas=True).cast(pa.int32())
    return pa.array([OTHER, *feature.texts], pa.string()).take(codes)


def _evaluate(expression: str, columns: Mapping[str, Any], n_rows: int) -> npt.NDArray[np.int64]:
    """The value of an expression that was written here, for each row in order."""
    table = pa.table({**columns, _PLACE: pa.array(np.arange(n_rows), pa.int64())})
    with reading() as con:
        con.register("vectors", table)
        found = con.sql(f'SELECT {expression} AS class FROM vectors ORDER BY "{_PLACE}"').fetchnumpy()["class"]
    places: npt.NDArray[np.int64] = np.asarray(found, np.int64)
    return places
