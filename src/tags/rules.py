"""Rules: the first class whose condition over features holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlglot
from sqlglot import exp

from ..engines.duck import reading
from ..features.bucket import Needs, Stream
from ..features.cohort import cohort_rows
from ..features.digest import digest
from ..features.expressions import Column, condition
from ..features.plan import Feature, Plan
from ..features.question import COHORT
from .facts import OTHER
from .known import Known
from .maker import Part, reach_of, rows_of
from .spec import RuleSpec

__all__ = ["Classifier", "classes_of", "plan_of_rule"]

_PLACE = " place"
"""A column name that no feature can have."""


@dataclass(frozen=True)
class Classifier:
    """What puts the users of a rule's cohort into classes; the plan is of `plan_of_rule`."""

    spec: RuleSpec
    plan: Plan

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

    def part(self, known: Known) -> Part:
        """The classes of the bucket's users; who is in none is left out.

        Raises:
            SpecError: a condition names no feature.
        """
        bucket = known.events(self.needs)
        rows = cohort_rows(bucket, self.spec.cohort, [known.as_of])
        X = known.vectors(bucket, self.plan, rows)
        found = classes_of(self.spec, self.plan.features, X)
        has_class = np.array([name is not None for name in found], np.bool_)
        until = np.full(np.count_nonzero(has_class), known.as_of + self.spec.valid_for.seconds)
        users = bucket.users[rows.user[has_class]]
        told = rows_of({"user_id": users, "value": found[has_class], "valid_until": until})
        return Part(told, snapshot=digest(bucket.users[rows.user], rows.cutoff, X))


def plan_of_rule(spec: RuleSpec, plan: Plan) -> Plan:
    """The plan, restricted to the features that the rule's conditions mention.

    Raises:
        SpecError: a condition cannot be read, or names no feature.
    """
    types = _types(plan.features)
    mentioned: set[str] = set()
    for text in spec.classes.values():
        condition(text, types)
        mentioned |= {column.name for column in sqlglot.parse_one(text, dialect="duckdb").find_all(exp.Column)}
    return replace(plan, features=tuple(feature for feature in plan.features if feature.name in mentioned))


def classes_of(spec: RuleSpec, features: Sequence[Feature], X: npt.NDArray[np.float32]) -> npt.NDArray[np.object_]:
    """The class of each row, `(n_rows,)`, or None; conditions are asked in their order, and missing is false.

    Categories are compared as texts; one outside their vocabulary is `other`.

    Args:
        X: `(n_rows, n_features)`, NaN where missing.

    Raises:
        SpecError: a condition cannot be read, or names no feature.
    """
    types = _types(features)
    cases = [f"WHEN {condition(text, types)} THEN {place}" for place, text in enumerate(spec.classes.values())]
    columns = {feature.name: _column(feature, values) for feature, values in zip(features, X.T, strict=True)}
    places = _evaluate(f"CASE {' '.join(cases)} ELSE {len(cases)} END", columns, len(X))
    names = np.array([*spec.classes, spec.otherwise], object)
    found: npt.NDArray[np.object_] = names[places]
    return found


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
