"""What the project file says of each kind of tag."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ..features.spec import CohortSpec, CutoffsSpec, TargetSpec
from ..quantities import Band, Duration, Share
from ..specs import Spec, TitleSpec
from .fact_spec import EndSpec, FavouriteSpec
from .holdout import Draw, HoldoutSpec, draws
from .rows import Kind
from .rule_spec import ScoreSpec

__all__ = [
    "FactSpec", "PredictiveSpec", "RuleSpec", "State", "TagSpec",
    "draws_of_tag", "holdout_of", "kind_of", "shown_kinds",
]  # fmt: skip

State = Literal["draft", "published", "deprecated"]
"""How far a tag has come."""
_SHOWN = ("attribute", "feature", "first", "last", "favourite")
"""What a fact can show."""


class _Described(Spec):
    title: TitleSpec = TitleSpec()
    """what marketers call it; the tag's own name when left out"""
    description: TitleSpec = TitleSpec()
    """what it means, in a sentence"""
    purpose: str = "marketing"
    """what it may be used for"""
    owner: str = ""
    """who answers for it"""
    valid_for: Duration = Duration(14 * 86_400)
    """how long a value may be used"""
    state: State = "published"
    """draft: written, and not shown beside the others; published; or deprecated: shown with a warning"""
    instead: str | None = None
    """the tag that takes the place of a deprecated one"""

    @field_validator("valid_for")
    @classmethod
    def _is_some_time(cls, valid_for: Duration) -> Duration:
        if valid_for.seconds <= 0:
            raise ValueError(f"{valid_for} is no time at all, so every value would be born expired; write such as 14d")
        return valid_for


class PredictiveSpec(_Described):
    """A chance that something will happen, or how much of it, learned from the past."""

    kind: Literal["predictive"]
    cohort: CohortSpec | None = None
    """who is at risk; everybody seen before the cutoff when left out"""
    target: TargetSpec
    """the outcome"""
    cutoffs: CutoffsSpec = CutoffsSpec(every=Duration(28 * 86_400))
    """when users are judged"""
    tiers: dict[str, Band] = Field(
        default={"high": Band.parse("10%"), "medium": Band.parse("30%"), "low": Band.parse("60%")}
    )
    """named bands of rank, best first: shares that add up to 100%, or counts and shares beside one that is the rest"""
    holdout: Share | HoldoutSpec | None = None
    """part of the users that is left alone whenever the tag is used, to measure lift; nobody when left out"""

    @field_validator("tiers")
    @classmethod
    def _is_everybody(cls, tiers: dict[str, Band]) -> dict[str, Band]:
        total = sum((band.share.value for band in tiers.values() if band.share), Decimal(0))
        rests = [name for name, band in tiers.items() if band.is_rest]
        if len(rests) > 1:
            raise ValueError(f"{' and '.join(rests)} are both the rest; only one tier can be")
        if not rests and any(band.count for band in tiers.values()):
            raise ValueError("a tier that is a count leaves others; give them one too, such as later: rest")
        if total > 1 or (total < 1 and not rests):
            raise ValueError(f"the tiers add up to {Share(total)}; together they must hold everybody, 100%")
        return tiers


class RuleSpec(_Described):
    """A class that follows from conditions; the first that holds is taken."""

    kind: Literal["rule"]
    classes: dict[str, str] = Field(min_length=1)
    """conditions over features, scores and other tags, by the class they make"""
    scores: dict[str, ScoreSpec] = Field(default_factory=dict)
    """features as scores from 1 to 5 within the cohort, by the name that conditions use"""
    words: dict[str, TitleSpec] = Field(default_factory=dict)
    """what a class means, in a sentence, by its name; its condition when left out"""
    otherwise: str | None = None
    """class of users for whom no condition holds; none when left out"""
    cohort: CohortSpec | None = None
    """who gets the tag; everybody seen before the cutoff when left out"""


class FactSpec(_Described):
    """What is simply known of a user: an attribute, a feature, or what a signal's events tell."""

    kind: Literal["fact"]
    attribute: str | None = None
    """the attribute that is shown, as it stands"""
    feature: str | None = None
    """the feature that is shown, such as spend_sum_84d"""
    first: EndSpec | None = None
    """the first event of a signal: its day, or a property of it"""
    last: EndSpec | None = None
    """the last event of a signal: its day, or a property of it"""
    favourite: FavouriteSpec | None = None
    """the values of a category that most of a signal goes to"""

    @property
    def ends(self) -> dict[Literal["first", "last"], EndSpec]:
        """The end of a signal that is shown, where it is one."""
        ends: dict[Literal["first", "last"], EndSpec | None] = {"first": self.first, "last": self.last}
        return {end: told for end, told in ends.items() if told is not None}

    @model_validator(mode="after")
    def _shows_one_thing(self) -> Self:
        shown = [name for name in _SHOWN if getattr(self, name) is not None]
        if len(shown) != 1:
            found = " and ".join(shown) or "none of them"
            raise ValueError(f"a fact shows one of {', '.join(_SHOWN)}; here stands {found}")
        return self


TagSpec = Annotated[PredictiveSpec | RuleSpec | FactSpec, Field(discriminator="kind")]


def draws_of_tag(tag: str, spec: TagSpec) -> tuple[Draw, ...]:
    """The lottery that leaves some of a tag's users alone, or none; left out, its salt is `tag.NAME`."""
    return tuple(draws(holdout_of(spec), f"tag.{tag}"))


def holdout_of(spec: TagSpec) -> Share | HoldoutSpec | None:
    """The part of its users that a tag leaves alone; only predictions do."""
    return spec.holdout if isinstance(spec, PredictiveSpec) else None


def shown_kinds(tags: Mapping[str, TagSpec]) -> dict[str, Kind]:
    """The kinds of the tags that are shown to users of tags, by name: all but drafts."""
    return {tag: kind_of(spec) for tag, spec in tags.items() if spec.state != "draft"}


def kind_of(spec: TagSpec) -> Kind:
    """What the rows of the tag are: of predictions, those of an amount are another kind than those of a chance."""
    return "value" if isinstance(spec, PredictiveSpec) and spec.target.is_amount else spec.kind
