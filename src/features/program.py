"""From a plan and a bucket to what the kernel is told."""

from __future__ import annotations

import numpy as np

from .asked import EVERYTHING, Asked, Feed, Tally
from .bucket import Bucket
from .kernel_program import FEED, SUM, Events, Feeds, Program
from .layout import Layout, bounds, ints, row_of
from .plan import Plan

__all__ = ["events_of", "programmed"]


def events_of(bucket: Bucket) -> Events:
    """The events of the bucket as the kernel reads them."""
    kinds, properties = bucket.membership.codes, bucket.properties
    return Events(bucket.offsets, bucket.seconds, kinds, properties.numbers, properties.codes)


def programmed(bucket: Bucket, plan: Plan) -> tuple[Feeds, Program]:
    """How the bucket's events get to tracks, and what is computed of these, for all features of the history."""
    layout = Layout(Asked.by(plan, bucket.properties.lacking))
    return _feeds(bucket, layout), layout.program(bucket.properties)


def _feeds(bucket: Bucket, layout: Layout) -> Feeds:
    first = {track.feed: place for place, track in reversed(list(enumerate(layout.tracks)))}
    listed = [
        [feed for feed in first if feed[0] is EVERYTHING or feed[0] in held] for held in bucket.membership.streams
    ]
    feeds = [feed for kind in listed for feed in kind]
    sums = [_sums(bucket, layout, feed) for feed in feeds]
    slots = [_slots(bucket, layout.asked.plan, feed) for feed in feeds]
    each = np.zeros(len(feeds), FEED)
    each["part"] = [row_of(bucket.properties, part).category for _, part, _ in feeds]
    each["slots_at"] = bounds(slots)[:-1]
    each["number"] = [row_of(bucket.properties, valid).number for _, _, valid in feeds]
    each["category"] = [row_of(bucket.properties, valid).category for _, _, valid in feeds]
    each["track"] = [first[feed] for feed in feeds]
    each["count"] = [layout.tallies.get(Tally(layout.tracks[first[feed]], None), -1) for feed in feeds]
    each["first_sum"], each["end_sum"] = bounds(sums)[:-1], bounds(sums)[1:]
    each["is_noted"] = [feed in layout.noted for feed in feeds]
    return Feeds(
        of_kind=bounds(listed),
        each=each,
        slots=ints(slot for one in slots for slot in one),
        sums=np.array([each for one in sums for each in one], SUM),
        summed=ints(sorted({number for one in sums for _, number in one})),
    )


def _sums(bucket: Bucket, layout: Layout, feed: Feed) -> list[tuple[int, int]]:
    """The tally of the first slot, and the row of its numbers, for each value that is summed."""
    return [
        (place, row_of(bucket.properties, tally.value).number)
        for tally, place in layout.tallies.items()
        if tally.track.slot == 0 and tally.value is not None and tally.track.feed == feed
    ]


def _slots(bucket: Bucket, plan: Plan, feed: Feed) -> list[int]:
    """The slot of each of the bucket's codes; values without a part of their own share the last."""
    _, part, _ = feed
    if part is None:
        return []
    own = {text: slot for slot, text in enumerate(plan.parts[part])}
    return [own.get(text, len(own)) for text in bucket.properties.category(part).texts]
