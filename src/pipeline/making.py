"""From the log to rows that await their publication: one pass over the buckets for all tags, then one over each tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..engines.local import LocalEngine
from ..engines.store import Store
from ..errors import LimnerError
from ..features.digest import shown_digest
from ..progress import tracked
from ..tags.maker import Maker, Part
from ..tags.moment import Moment
from ..tags.parts import Parts, staging
from ..tags.predictions import Predictor, ranked
from ..tags.rows import Stamp, tag_rows
from ..tags.trend import scores_before, trend
from ..tags.writing import Batch, Written, write

__all__ = ["Order", "make"]

_WRITERS = 2
"""Tags that are written at a time."""


@dataclass(frozen=True)
class Order:
    """A tag that is to be made: by whom, under which key, and what all its rows have in common."""

    stamp: Stamp
    key: str
    maker: Maker


def make(moment: Moment, store: Store, orders: Sequence[Order]) -> dict[str, Written | LimnerError]:
    """What was written of each tag, or why it is refused; the tags pass or fail one by one."""
    if not orders:
        return {}
    with staging(store) as folder:
        parts = _parts(moment, orders, folder)
        done = LocalEngine(_WRITERS).each_bucket(
            len(orders), lambda place: _written(store, orders[place], parts[orders[place].stamp.tag])
        )
        written = tracked(done, "Write the tags", len(orders), moment.progress)
        return {order.stamp.tag: one for order, one in zip(orders, written, strict=True)}


def _parts(moment: Moment, orders: Sequence[Order], folder: Path) -> dict[str, Parts | LimnerError]:
    """The parts of each tag on disk; a tag is refused once any of its buckets is."""
    makers = {order.stamp.tag: order.maker for order in orders}
    refused: dict[str, LimnerError] = {}
    with ExitStack() as opened:
        parts = {tag: opened.enter_context(Parts(folder / f"{tag}.arrow")) for tag in makers}
        for made in moment.made(makers):
            for tag, part in made.items():
                if isinstance(part, Part):
                    parts[tag].add(part)
                else:
                    refused.setdefault(tag, part)
    return {**parts, **refused}


def _written(store: Store, order: Order, parts: Parts | LimnerError) -> Written | LimnerError:
    if isinstance(parts, LimnerError):
        return parts
    stamp = order.stamp
    try:
        rows = _rows(stamp, parts, _ranks(store, order, parts))
        snapshot = shown_digest(parts.snapshots) if parts.snapshots else None
        return write(store, Batch(stamp.tag, stamp.kind, stamp.as_of, order.key, stamp.run_id, rows, snapshot))
    except LimnerError as error:
        return error


def _rows(stamp: Stamp, parts: Parts, more: Mapping[str, pa.Array]) -> Iterator[pa.Table]:
    return (tag_rows(stamp, known) for known in parts.in_order(more))


def _ranks(store: Store, order: Order, parts: Parts) -> dict[str, pa.Array]:
    """What is known of a prediction only when all are: its place among them, and how far its score has moved."""
    maker, stamp = order.maker, order.stamp
    if not isinstance(maker, Predictor):
        return {}
    found = ranked(maker.bundle, parts.ranked, maker.tiers)
    before = scores_before(store, stamp.tag, stamp.as_of, maker.bundle.version)
    return found if before is None else {**found, "trend": trend(parts.users, parts.numbers("score"), before)}
