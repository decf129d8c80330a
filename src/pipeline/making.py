"""From the log to rows that await their publication: one pass over the buckets for all tags, then one over each tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..engines.local import LocalEngine
from ..engines.store import Store
from ..errors import LimnerError, RefusedError
from ..features.digest import shown_digest
from ..progress import tracked
from ..tags.maker import Maker, Part
from ..tags.moment import Moment
from ..tags.parts import Parts, staging
from ..tags.predictions import Predictor, ranked
from ..tags.published import files_of
from ..tags.resting import ASKED_FOR
from ..tags.rows import SCHEMA, Stamp, tag_rows
from ..tags.rules import Classifier
from ..tags.trend import scores_before, trend
from ..tags.writing import Batch, Written, write

__all__ = ["Made", "Order", "make"]

_WRITERS = 2
"""Tags that are written at a time."""
_BELOW = ("user_id", *ASKED_FOR)

Made = Written | LimnerError
"""What was written of a tag, or why it is refused."""


@dataclass(frozen=True)
class Order:
    """A tag that is to be made: by whom, under which key, on which other tags, and what all its rows have in common."""

    stamp: Stamp
    key: str
    maker: Maker
    below: tuple[str, ...] = ()


def make(moment: Moment, store: Store, orders: Sequence[Order]) -> dict[str, Made]:
    """What was written of each tag, or why it is refused; the tags pass or fail one by one, each behind those below."""
    if not orders:
        return {}
    made: dict[str, Made] = {}
    with staging(store) as folder:
        parts = _parts(moment, orders, folder)
        done = (one for wave in _waves(orders) for one in _all_written(store, wave, parts, made))
        for tag, one in tracked(done, "Write the tags", len(orders), moment.progress):
            made[tag] = one
    return made


def _waves(orders: Sequence[Order]) -> Iterator[list[Order]]:
    """The tags that wait for no other, then those that wait for no other any more, and so on."""
    waiting = list(orders)
    while waiting:
        names = {order.stamp.tag for order in waiting}
        yield [order for order in waiting if not names & set(order.below)]
        waiting = [order for order in waiting if names & set(order.below)]


def _all_written(
    store: Store, orders: Sequence[Order], parts: Mapping[str, Parts | LimnerError], made: Mapping[str, Made]
) -> Iterator[tuple[str, Made]]:
    """Each tag of a wave, some at a time."""
    tags = [order.stamp.tag for order in orders]
    done = LocalEngine(_WRITERS).each_bucket(
        len(orders), lambda place: _written(store, orders[place], parts[tags[place]], made)
    )
    return zip(tags, done, strict=True)


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


def _written(store: Store, order: Order, parts: Parts | LimnerError, made: Mapping[str, Made]) -> Made:
    if isinstance(parts, LimnerError):
        return parts
    stamp = order.stamp
    try:
        rows = _rows(stamp, parts, _known_of_all(store, order, parts, made))
        snapshot = shown_digest(parts.snapshots) if parts.snapshots else None
        return write(store, Batch(stamp.tag, stamp.kind, stamp.as_of, order.key, stamp.run_id, rows, snapshot))
    except LimnerError as error:
        return error


def _rows(stamp: Stamp, parts: Parts, more: Mapping[str, pa.Array]) -> Iterator[pa.Table]:
    for known in parts.in_order(more):
        yield tag_rows(stamp, known.filter(known["value"].is_valid()) if "value" in more else known)


def _known_of_all(store: Store, order: Order, parts: Parts, made: Mapping[str, Made]) -> dict[str, pa.Array]:
    """What is known only when everybody is: ranks of a prediction, classes of a rule that waited."""
    maker = order.maker
    if isinstance(maker, Classifier) and maker.waits:
        below = {tag: _rows_below(store, order, tag, made) for tag in order.below}
        return {"value": maker.classes(parts.read(), below)}
    return _ranks(store, order.stamp, maker, parts) if isinstance(maker, Predictor) else {}


def _rows_below(store: Store, order: Order, tag: str, made: Mapping[str, Made]) -> pa.Table:
    """The rows of a tag at the same instant, which this run wrote or an earlier one published."""
    found = made.get(tag)
    if isinstance(found, LimnerError):
        raise RefusedError(f"{order.stamp.tag} rests on {tag}, which is refused")
    files = files_of(store, tag, order.stamp.as_of) if found is None else [str(found.rows.path)]
    tables = [_columns_of(file) for file in files]
    nobody = pa.schema([SCHEMA.field(name) for name in _BELOW]).empty_table()
    return pa.concat_tables([nobody, *tables], promote_options="default")


def _columns_of(file: str) -> pa.Table:
    """What rules may ask for of a file, which may be of an older Limner that wrote fewer columns."""
    written = pq.read_schema(file).names
    return pq.read_table(file, columns=[name for name in _BELOW if name in written], partitioning=None)


def _ranks(store: Store, stamp: Stamp, maker: Predictor, parts: Parts) -> dict[str, pa.Array]:
    """The place of a prediction among all, and how far its score has moved."""
    found = ranked(maker.bundle, parts.ranked, maker.tiers)
    before = scores_before(store, stamp.tag, stamp.as_of, maker.bundle.version)
    return found if before is None else {**found, "trend": trend(parts.users, parts.numbers("score"), before)}
