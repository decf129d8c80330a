"""How every kind of tag is made: bucket by bucket, each by itself, whatever the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..features.bucket import Needs
from ..features.carried import reach
from ..features.plan import Plan
from ..features.spec import CohortSpec
from .known import Known
from .rows import SCHEMA, instants

__all__ = ["Maker", "Part", "Ranked", "reach_of", "rows_of"]


class Ranked(NamedTuple):
    """Whose ranks are still to be found: every row that was scored, `(n_rows,)`, and not only those that are written.

    `is_written` marks the latest row of each user; `infinite` counts rows without a finite score or chance.
    """

    users: pa.Array
    scores: npt.NDArray[np.float64]
    is_written: npt.NDArray[np.bool_]
    infinite: int


@dataclass(frozen=True)
class Part:
    """What a tag writes on the users of one bucket: a row each, sorted by user, with what is known of it so far.

    `snapshot` is the digest of the vectors that it was made from; None where there were none.
    """

    rows: pa.Table
    ranked: Ranked | None = None
    snapshot: int | None = None


class Maker(Protocol):
    """What makes one tag; it may be sent to other machines, so it is picklable."""

    @property
    def needs(self) -> Needs:
        """What it asks of the log."""
        ...

    @property
    def reach(self) -> int | None:
        """How many seconds before the instant it looks at single events; None where there is no end to it."""
        ...

    def part(self, known: Known) -> Part:
        """The tag on the users of one bucket.

        Raises:
            LimnerError: the tag cannot be made of what is known.
        """
        ...


def reach_of(plan: Plan, cohort: CohortSpec | None) -> int | None:
    """How many seconds before the instant a plan's windows and the cohort's begin; None for a cohort of all times."""
    if cohort is None or cohort.within is None:
        return None
    return max(reach(plan), cohort.within.seconds)


def rows_of(columns: Mapping[str, Any]) -> pa.Table:
    """The columns as a table, in the types that the rows of tags have.

    Args:
        columns: `user_id` and `valid_until` (n_rows,), the latter in seconds, and whatever else the tag knows.
    """
    typed = {**columns, "valid_until": instants(columns["valid_until"])}
    schema = pa.schema([SCHEMA.field(name) for name in typed])
    return pa.table([_typed(column, field.type) for column, field in zip(typed.values(), schema, strict=True)], schema)


def _typed(column: Any, type_: pa.DataType) -> Any:
    return column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column, type_, from_pandas=True)
