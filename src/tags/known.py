"""What is known of the users of one bucket at an instant, read once for all tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from ..events.log import EventLog
from ..features.attributes import Attributes
from ..features.bucket import Bucket, Needs
from ..features.loading import load_bucket
from ..features.sharing import answered

__all__ = ["Known"]


@dataclass(frozen=True)
class Known:
    """One bucket of the log, and its users' attributes, as of an instant in seconds; each is read when first asked for.

    `needs` is what all tags together ask of the log.
    """

    log: EventLog
    number: int
    as_of: int
    needs: Needs
    sources: Attributes

    def events(self, needs: Needs) -> Bucket:
        """The bucket as one tag needs it.

        Raises:
            RefusedError: the log lacks a property, or has it in another type.
        """
        return answered(self._bucket, needs)

    @cached_property
    def attributes(self) -> Mapping[str, pa.Table]:
        """The bucket's attribute tables, by name."""
        return self.sources(self.number)

    @cached_property
    def _bucket(self) -> Bucket:
        return load_bucket(self.log, self.number, self.needs)
