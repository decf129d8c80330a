"""Counts for a process that is asked again and again: what was compared once is remembered as bits."""

from __future__ import annotations

from collections import OrderedDict
from functools import reduce
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...engines.store import Store
from .condition import Condition, compiled, compiled_tree, in_list
from .counting import Count
from .declared import Project
from .grammar import Connected, InAudience, Node, Not, parsed
from .lists import contents
from .population import PLACE, everybody, users_of, view_of
from .vocabulary import Vocabulary

__all__ = ["LiveCounts"]

_CONNECTED = {"AND": pc.and_kleene, "OR": pc.or_kleene}


class LiveCounts:
    """The counts that `count` gives, faster the more of a condition was asked before; threads may share it.

    Each comparison is asked of the table once and kept as two bits a user, true and known, in the order of users; a
    condition is put together of these by three-valued logic. A table never changes once it is published, so what is
    kept of one stays right; of ten million users, a comparison takes 2.5 MB.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[Any, ...], pa.BooleanArray] = OrderedDict()
        self._lock = Lock()

    def count(self, project: Project, store: Store, text: str, now: int) -> Count:
        """How many users match a condition over tags.

        Raises:
            SpecError: the condition is wrong.
            RefusedError: nobody was scored yet.
        """
        compiled(project, text)
        asking = _Asking(self, project, store, now)
        matching = asking.truth(parsed(text, asking.vocabulary))
        return Count(pc.sum(matching).as_py() or 0, users_of(store))

    def answer(self, key: tuple[Any, ...], ask: Any) -> pa.BooleanArray:
        """What is kept under a key, or else what is asked, which is kept from now on."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = ask()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found


class _Asking:
    """One condition that is asked of one table at one moment."""

    def __init__(self, counts: LiveCounts, project: Project, store: Store, now: int) -> None:
        self._counts, self._project, self._store, self._now = counts, project, store, now
        self.vocabulary = Vocabulary(project.spec)

    def truth(self, node: Node) -> pa.BooleanArray:
        """True, false or null for each user, in the order of the table."""
        if isinstance(node, Connected):
            return reduce(_CONNECTED[node.connective], map(self.truth, node.parts))
        if isinstance(node, Not):
            return pc.invert(self.truth(node.inner))
        if isinstance(node, InAudience):
            return self._membership(node.name)
        return self._asked(compiled_tree(self._project, node))

    def _membership(self, name: str) -> pa.BooleanArray:
        spec = self._project.spec.audiences[name]
        if spec.users is not None:
            own = self._asked(in_list(name), *contents(self._project, name))
        else:
            own = pc.fill_null(self.truth(parsed(spec.where or "", self.vocabulary)), False)
        return reduce(pc.and_not, map(self._membership, spec.suppress), own)

    def _asked(self, condition: Condition, *more: str) -> pa.BooleanArray:
        view = view_of(self._project, self._store, condition.columns, self._now)
        key = (view, condition.sql, tuple(condition.parameters.values()), *more)
        return self._counts.answer(key, lambda: self._ask(condition))

    def _ask(self, condition: Condition) -> pa.BooleanArray:
        with everybody(self._project, self._store, self._now, [condition]) as population:
            found = population.table(f"SELECT {PLACE} AS place, {condition.sql} AS matches FROM everybody", condition)
        return _in_order(found["matches"].combine_chunks(), found["place"].to_numpy())


def _in_order(matches: pa.BooleanArray, places: npt.NDArray[np.int64]) -> pa.BooleanArray:
    """Matches in the order of users; a database that joins for a long list gives them in any."""
    if (places == np.arange(len(places))).all():
        return matches
    return matches.take(pa.array(np.argsort(places)))
