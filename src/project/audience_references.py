"""What audiences say of tags and of each other, and what holdouts may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import SpecError
from ..quantities import Share
from ..tags.audience_spec import AudienceSpec
from ..tags.holdout import HoldoutSpec
from ..tags.spec import holdout_of
from .deliveries import listed
from .document import Path, Problem
from .plausible import blank, repeated, wrong_names
from .spec import ProjectSpec
from .validation import guess

__all__ = ["audience_problems"]


def audience_problems(spec: ProjectSpec) -> Iterator[Problem]:
    """What is wrong with the audiences, one after the other and beside each other, and with the holdouts of tags."""
    for name, tag in spec.tags.items():
        yield from _wrong_holdout(("tags", name, "holdout"), holdout_of(tag))
    yield from wrong_names(("audiences",), spec.audiences)
    for name, audience in spec.audiences.items():
        at: Path = ("audiences", name)
        yield from _wrong_members(at, audience, spec)
        yield from _wrong_holdout((*at, "holdout"), audience.holdout)
        yield from _wrong_suppressions((*at, "suppress"), audience, spec.audiences)
    yield from _circles(spec)


def _wrong_members(at: Path, audience: AudienceSpec, spec: ProjectSpec) -> Iterator[Problem]:
    if (audience.where is None) == (audience.users is None):
        told = "has both where and users; keep one" if audience.users else "holds nobody; write where or users"
        yield Problem(at, told, at_key=True)
    if audience.users is not None:
        yield from blank((*at, "users"), audience.users, ("read", "user_id"))
    if audience.where is not None:
        try:
            _named_in(audience.where, spec)
        except SpecError as error:
            yield Problem((*at, "where"), str(error))


def _wrong_holdout(at: Path, holdout: Share | HoldoutSpec | None) -> Iterator[Problem]:
    if holdout is None:
        return
    share, path = (holdout.share, (*at, "share")) if isinstance(holdout, HoldoutSpec) else (holdout, at)
    if share.value in {0, 1}:
        whom = "leaves nobody alone; leave it out" if share.value == 0 else "leaves everybody alone; write less"
        yield Problem(path, f"a holdout of {share} {whom}")


def _wrong_suppressions(at: Path, audience: AudienceSpec, known: Mapping[str, AudienceSpec]) -> Iterator[Problem]:
    yield from repeated(at, audience.suppress)
    for place, name in enumerate(audience.suppress):
        if name not in known:
            near = guess(name, known)
            yield Problem((*at, place), f'there is no audience "{name}"{near}; allowed: {listed(known)}')


def _circles(spec: ProjectSpec) -> Iterator[Problem]:
    """One problem for each audience that rests on itself; circles that it only leads to are told where they are."""
    rests_on = {name: _rests_on(one, spec) for name, one in spec.audiences.items()}
    for name in spec.audiences:
        circle = _way_back(name, rests_on)
        if circle:
            told = " -> ".join(circle)
            yield Problem(("audiences", name), f"rests on itself: {told}; take it out of one of them", at_key=True)


def _rests_on(audience: AudienceSpec, spec: ProjectSpec) -> list[str]:
    try:
        mentioned = [] if audience.where is None else _named_in(audience.where, spec)
    except SpecError:
        mentioned = []
    return [name for name in (*audience.suppress, *mentioned) if name in spec.audiences]


def _named_in(condition: str, spec: ProjectSpec) -> list[str]:
    """The audiences that a condition names.

    Raises:
        SpecError: it cannot be read, or names what is not there.
    """
    from ..tags.audience.grammar import audiences_in, parsed  # noqa: PLC0415 - what reads them, only where there are any
    from ..tags.audience.vocabulary import Vocabulary  # noqa: PLC0415

    return audiences_in(parsed(condition, Vocabulary(spec)))


def _way_back(start: str, rests_on: Mapping[str, list[str]]) -> list[str]:
    """The shortest way from an audience to itself, or nothing."""
    ways, seen = [[start]], set()
    for way in ways:
        for name in rests_on[way[-1]]:
            if name == start:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
