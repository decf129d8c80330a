"""One reading of the log for many: what several computations ask of it, asked at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .bucket import Bucket, Needs
from .plan import stream_key

__all__ = ["answered", "together"]


def together(asked: Iterable[Needs]) -> Needs:
    """All that is asked for; streams are named after what they hold, so that equal ones are read once."""
    everything = Needs()
    for needs in asked:
        streams = {stream_key(stream): stream for stream in needs.streams.values()}
        everything |= replace(needs, streams=streams)
    return everything


def answered(bucket: Bucket, needs: Needs) -> Bucket:
    """The bucket as one of those who asked together would have loaded it, with the streams named as it names them."""
    names = {name: stream_key(stream) for name, stream in needs.streams.items()}
    streams = tuple(frozenset(name for name, key in names.items() if key in held) for held in bucket.membership.streams)
    return replace(bucket, membership=replace(bucket.membership, streams=streams))
