"""What is known of the users of one bucket at an instant, read once for all tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..events.log import EventLog
from ..features.attributes import Attributes
from ..features.bucket import Bucket, Needs
from ..features.loading import load_bucket
from ..features.plan import Plan
from ..features.remembering import remembered
from ..features.rows import Rows
from ..features.sharing import answered
from ..features.vectors import vectors

__all__ = ["Known"]


@dataclass(frozen=True)
class Known:
    """One bucket of the log, and its users' attributes, as of an instant in seconds; each is read when first asked for.

    `needs` is what all tags together ask of the log; events known before the second `since` are not read, where it is
    told, for what is remembered of users says the rest.
    """

    log: EventLog
    number: int
    as_of: int
    needs: Needs
    sources: Attributes
    since: int | None = None

    def events(self, needs: Needs) -> Bucket:
        """The bucket as one tag needs it.

        Raises:
            RefusedError: the log lacks a property, or has it in another type.
        """
        return answered(self._bucket, needs)

    def vectors(self, bucket: Bucket, plan: Plan, rows: Rows) -> npt.NDArray[np.float32]:
        """The plan's features of rows at the instant, `(n_rows, n_features)`.

        Raises:
            RefusedError: the log is no longer as when the plan was made.
        """
        start = None if self.since is None else remembered(self.log, self.number, plan, self.since)
        return vectors(bucket, plan, rows, self.attributes, start=start)

    @cached_property
    def attributes(self) -> Mapping[str, pa.Table]:
        """The bucket's attribute tables, by name."""
        return self.sources(self.number)

    @cached_property
    def _bucket(self) -> Bucket:
        return load_bucket(self.log, self.number, self.needs, self.since)
