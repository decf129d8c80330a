"""Answers for a process that is asked again and again: what was read of the table once is remembered, as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, reduce
from hashlib import sha256
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...engines.store import Store
from ...keeping import Keeping
from .breakdown import Breakdown, columns_of, divided
from .condition import Condition, compiled, compiled_tree, in_list
from .counting import Count
from .declared import Project
from .grammar import Compared, Connected, InAudience, Node, Not, parsed
from .lists import contents
from .live_columns import Names, Numbers, matches_of, names_of, numbers_of, places_of
from .outcomes import Expected, Sums, expectation, predictions_of
from .population import users_of, view_of
from .vocabulary import Column, Vocabulary

__all__ = ["LiveAnswers"]

T = TypeVar("T", Names, Numbers)

_AROUND = 1_024
"""Bytes that anything kept takes beside its values, its key included."""
_CONNECTED = {"AND": pc.and_kleene, "OR": pc.or_kleene}
_COMPARED = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


class LiveAnswers:
    """The answers of `count`, `expected` and `breakdowns`, faster the more was asked before; threads may share it.

    A table never changes once it is published, so what was read of it stays right. Numbers are kept as they are, names
    as codes, and each other comparison as two bits a user, true and known, all in the order of users; a condition is
    put together of these by three-valued logic. Of ten million users, a prediction's chances take 80 MB, its tiers
    10 MB and a comparison 2.5 MB.

    Args:
        most: bytes that are kept; what was used longest ago is forgotten first.
    """

    def __init__(self, most: int = 1 << 30) -> None:
        self._keeping = Keeping(most, lambda kept: kept.nbytes + _AROUND)

    def count(self, project: Project, store: Store, text: str, now: int) -> Count:
        """How many users match a condition over tags.

        Raises:
            SpecError: the condition is wrong.
            RefusedError: nobody was scored yet.
        """
        asking = _Asking(self._keeping, project, store, compiled(project, text), now)
        return Count(pc.sum(asking.matching).as_py() or 0, users_of(store))

    def expected(self, project: Project, store: Store, text: str, now: int) -> list[Expected]:
        """What may be expected of the users who match a condition over tags, for each prediction but drafts.

        Raises:
            SpecError: the condition is wrong.
            RefusedError: nobody was scored yet.
        """
        asking = _Asking(self._keeping, project, store, compiled(project, text), now)
        return [asking.expected(column) for column in predictions_of(project)]

    def breakdowns(self, project: Project, store: Store, text: str, tags: Sequence[str], now: int) -> list[Breakdown]:
        """The users who match a condition over tags, by each of several tags, beside everybody.

        Raises:
            SpecError: the condition is wrong.
            UsageError: there is no such tag, or it is a draft.
            RefusedError: nobody was scored yet.
        """
        asking = _Asking(self._keeping, project, store, compiled(project, text), now)
        return [asking.divided(by, column) for by, column in columns_of(project, tags).items()]


class _Asking:
    """One condition that is asked of one table at one moment."""

    def __init__(self, keeping: Keeping, project: Project, store: Store, condition: Condition, now: int) -> None:
        self._keeping, self._project, self._store, self._now = keeping, project, store, now
        self._condition, self._vocabulary = condition, Vocabulary(project.spec)

    @cached_property
    def matching(self) -> pa.BooleanArray:
        """True, false or null for each user, in the order of the table."""
        return self._kept(self._condition, lambda: self._truth(self._condition.tree), "whole")

    @cached_property
    def places(self) -> npt.NDArray[np.int64]:
        """Where those stand who match."""
        return places_of(self.matching)

    def expected(self, column: Column) -> Expected:
        """What to expect of a prediction, by the column of its probabilities."""
        numbers = self._numbers(column)
        chances = numbers.values.take(pa.array(self.places)).drop_null().to_numpy()
        sums = Sums(len(chances), float(chances.sum()), float((chances * (1 - chances)).sum()), numbers.mean)
        return expectation(self._project, column.tag, sums, lambda: chances)

    def divided(self, by: str, column: Column) -> Breakdown:
        """Those who match by a tag."""
        return divided(self._project, by, column, self._names(column).counts(self.places))

    def _truth(self, node: Node) -> pa.BooleanArray:
        if isinstance(node, Connected):
            return reduce(_CONNECTED[node.connective], map(self._truth, node.parts))
        if isinstance(node, Not):
            return pc.invert(self._truth(node.inner))
        if isinstance(node, InAudience):
            return self._membership(node.name)
        if isinstance(node, Compared) and node.column.type == "number" and not node.column.is_written:
            numbers = self._numbers(node.column)
            if numbers.are_ordered:
                return _COMPARED[node.symbol](numbers.values, float(node.value))
        return self._asked(compiled_tree(self._project, node))

    def _membership(self, name: str) -> pa.BooleanArray:
        spec = self._project.spec.audiences[name]
        if spec.users is not None:
            own = self._asked(in_list(name))
        else:
            own = pc.fill_null(self._truth(parsed(spec.where or "", self._vocabulary)), False)
        return reduce(pc.and_not, map(self._membership, spec.suppress), own)

    def _asked(self, condition: Condition) -> pa.BooleanArray:
        return self._kept(condition, lambda: matches_of(self._project, self._store, condition, self._now), "part")

    def _numbers(self, column: Column) -> Numbers:
        return self._of(column, lambda: numbers_of(self._project, self._store, column, self._now))

    def _names(self, column: Column) -> Names:
        return self._of(column, lambda: names_of(self._project, self._store, column, self._now))

    def _of(self, column: Column, read: Callable[[], T]) -> T:
        return self._keeping.get(_key(view_of(self._project, self._store, [column], self._now)), read)

    def _kept(self, condition: Condition, ask: Callable[[], pa.BooleanArray], role: str) -> pa.BooleanArray:
        """What a condition came to; a whole one waits for its parts, even where it has but one, so each has its own."""
        view = view_of(self._project, self._store, condition.columns, self._now)
        listed = (tuple(contents(self._project, name)) for name in condition.lists)
        return self._keeping.get(_key(role, view, condition.sql, *condition.parameters.values(), *listed), ask)


def _key(*parts: object) -> bytes:
    """What stands for the parts and is short, for conditions may be long."""
    return sha256(repr(parts).encode()).digest()
