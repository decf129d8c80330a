"""From a plan and a bucket to what the kernel is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from .asked import EVERYTHING, Asked, Feed, Tally
from .bucket import Bucket
from .kernel_exact import EXACT_FLOAT
from .kernel_program import ADDITION, COUNTED, FEED, Events, Feeds, Program
from .layout import Layout, bounds, ints, row_of
from .plan import Plan

__all__ = ["events_of", "programmed"]


def events_of(bucket: Bucket) -> Events:
    """The events of the bucket as the kernel reads them."""
    kinds, properties = bucket.membership.codes, bucket.properties
    return Events(bucket.offsets, bucket.seconds, kinds, properties.numbers, properties.codes)


def programmed(bucket: Bucket, plan: Plan) -> tuple[Feeds, Program]:
    """How the bucket's events get to tracks, and what is computed of these, for all features of the history."""
    one = bucket.properties
    key = one.number_names, one.decimals, one.category_names, frozenset(one.lacking.items())
    if key not in plan.programs:
        made = Layout(Asked.by(plan, one.lacking))
        plan.programs[key] = made, made.program(one)
    layout, program = plan.programs[key]
    return _feeds(bucket, layout), program


def _feeds(bucket: Bucket, layout: Layout) -> Feeds:
    tracks = {track.feed: place for place, track in enumerate(layout.tracks) if track.slot == 0}
    tallies: dict[Feed, list[tuple[Tally, int]]] = {feed: [] for feed in tracks}
    for tally, place in layout.tallies.items():
        if tally.track.slot == 0:
            tallies[tally.track.feed].append((tally, place))
    counted = {feed: [place for tally, place in one if _is_plain(tally)] for feed, one in tallies.items()}
    added = {
        feed: [(place, row_of(bucket.properties, tally.value).number) for tally, place in one if not _is_plain(tally)]
        for feed, one in tallies.items()
    }
    led = [feed for feed in tracks if added[feed] or feed in layout.noted]
    takes = [[_holds(held, feed) for held in bucket.membership.streams] for feed in led]
    is_listed = [any(takes[feed][kind] for feed in range(len(led))) for kind in range(len(bucket.membership.streams))]
    takes_all = [
        not _may_lack(layout.asked, feed)
        and all(taken or not listed for taken, listed in zip(one, is_listed, strict=True))
        for feed, one in zip(led, takes, strict=True)
    ]
    slots = [_slots(bucket, layout.asked.plan, feed) for feed in led]
    additions = pairwise(bounds(added[feed] for feed in led).tolist())
    noted = [(tracks[feed], feed in layout.noted) for feed in led]
    records = zip(_ways(bucket, led, slots), takes_all, additions, noted, strict=True)
    return Feeds(
        counted=np.array(list(_counted(bucket, counted)), COUNTED),
        led=np.array([(*way, is_all, *own, *track) for way, is_all, own, track in records], FEED),
        takes=np.array(takes, np.int64).reshape(len(led), len(is_listed)),
        added=np.array([one for feed in led for one in added[feed]], ADDITION),
        is_listed=ints(is_listed),
        slots=ints(slot for one in slots for slot in one),
        n_exact=_n_exact(bucket, {value for one in added.values() for _, value in one} - {-1}),
        n_codes=max((len(bucket.properties.category(name).texts) for name in layout.met), default=0),
    )


def _counted(bucket: Bucket, plain: Mapping[Feed, Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Each kind, with every tally that all of it count in."""
    for kind, held in enumerate(bucket.membership.streams):
        for feed, tallies in plain.items():
            if _holds(held, feed):
                yield from ((kind, tally) for tally in tallies)


def _holds(held: frozenset[str], feed: Feed) -> bool:
    """Whether the feed takes events of a kind, which these streams hold."""
    return feed[0] is EVERYTHING or feed[0] in held


def _n_exact(bucket: Bucket, rows: Iterable[int]) -> int:
    """Over how many events no sum can pass 2**52, if each adds 1 or a value in one of these rows of numbers."""
    known, names = bucket.properties.largest, bucket.properties.number_names
    largest = max([1, *(known.get(names[row], EXACT_FLOAT) for row in rows)])
    return EXACT_FLOAT // 2 // largest


def _may_lack(asked: Asked, feed: Feed) -> bool:
    """Whether an event of the feed's stream may be without what the feed asks of it."""
    stream, part, valid = feed
    if part is None or valid is not None:
        return valid is not None
    lacking = asked.lacking[part]
    return bool(lacking) if stream is EVERYTHING else asked.plan.needs.streams[stream].event_type in lacking


def _is_plain(tally: Tally) -> bool:
    """Whether each event of the stream counts, whatever it holds."""
    return (tally.value, tally.track.part, tally.track.valid) == (None, None, None)


def _ways(bucket: Bucket, feeds: Sequence[Feed], slots: Sequence[Sequence[int]]) -> list[tuple[int, int, int, int]]:
    """How the slot of each feed is found: the first fields of `FEED`."""
    rows = [(row_of(bucket.properties, part), row_of(bucket.properties, valid)) for _, part, valid in feeds]
    return [
        (part.category, slots_at, max(valid.number, valid.category), valid.number >= 0)
        for (part, valid), slots_at in zip(rows, bounds(slots)[:-1].tolist(), strict=True)
    ]


def _slots(bucket: Bucket, plan: Plan, feed: Feed) -> list[int]:
    """The slot of each of the bucket's codes; values without a part of their own share the last."""
    _, part, _ = feed
    if part is None:
        return []
    own = {text: slot for slot, text in enumerate(plan.parts[part])}
    return [own.get(text, len(own)) for text in bucket.properties.category(part).texts]
