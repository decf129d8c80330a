"""From a plan and a bucket to what the kernel is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .asked import EVERYTHING, Asked, Feed, Tally
from .bucket import Bucket
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
    slots = {feed: _slots(bucket, layout.asked.plan, feed) for feed in tracks}
    ways = dict(zip(tracks, _ways(bucket, slots), strict=True))
    kinds = [
        [feed for feed in tracks if feed[0] is EVERYTHING or feed[0] in held] for held in bucket.membership.streams
    ]
    tallied = [[(ways[feed], *one) for feed in feeds for one in tallies[feed]] for feeds in kinds]
    added = [
        [
            (*way, place, row_of(bucket.properties, tally.value).number)
            for way, tally, place in one
            if not _is_plain(tally)
        ]
        for one in tallied
    ]
    noted = [[(*ways[feed], tracks[feed]) for feed in feeds if feed in layout.noted] for feeds in kinds]
    return Feeds(
        counted=np.array(
            [(kind, place) for kind, one in enumerate(tallied) for _, tally, place in one if _is_plain(tally)], COUNTED
        ),
        add_of=bounds(added),
        added=np.array([addition for one in added for addition in one], ADDITION),
        note_of=bounds(noted),
        noted=np.array([feed for feeds in noted for feed in feeds], FEED),
        is_listed=ints(bool(one or feeds) for one, feeds in zip(added, noted, strict=True)),
        slots=ints(slot for one in slots.values() for slot in one),
        summed=ints(sorted({addition[-1] for one in added for addition in one} - {-1})),
        n_codes=max((len(bucket.properties.category(name).texts) for name in layout.met), default=0),
    )


def _is_plain(tally: Tally) -> bool:
    """Whether each event of the stream counts, whatever it holds."""
    return (tally.value, tally.track.part, tally.track.valid) == (None, None, None)


def _ways(bucket: Bucket, slots: Mapping[Feed, Sequence[int]]) -> list[tuple[int, int, int, int]]:
    """How the slot of each feed is found: the first fields of `ADDITION` and `FEED`."""
    rows = [(row_of(bucket.properties, part), row_of(bucket.properties, valid)) for _, part, valid in slots]
    return [
        (part.category, slots_at, max(valid.number, valid.category), valid.number >= 0)
        for (part, valid), slots_at in zip(rows, bounds(slots.values())[:-1].tolist(), strict=True)
    ]


def _slots(bucket: Bucket, plan: Plan, feed: Feed) -> list[int]:
    """The slot of each of the bucket's codes; values without a part of their own share the last."""
    _, part, _ = feed
    if part is None:
        return []
    own = {text: slot for slot, text in enumerate(plan.parts[part])}
    return [own.get(text, len(own)) for text in bucket.properties.category(part).texts]
