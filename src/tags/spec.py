"""What the project file says of each kind of tag."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ..features.spec import CohortSpec, CutoffsSpec, TargetSpec
from ..quantities import Duration, Share
from ..specs import Spec, TitleSpec
from .rows import Kind

__all__ = ["FactSpec", "PredictiveSpec", "RuleSpec", "TagSpec", "kind_of"]


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
    tiers: dict[str, Share] = Field(
        default={"high": Share.parse("10%"), "medium": Share.parse("30%"), "low": Share.parse("60%")}
    )
    """named bands of rank, best first, that add up to 100%"""

    @field_validator("tiers")
    @classmethod
    def _is_everybody(cls, tiers: dict[str, Share]) -> dict[str, Share]:
        total = sum((share.value for share in tiers.values()), Decimal(0))
        if total != 1:
            raise ValueError(f"the tiers add up to {Share(total)}; together they must hold everybody, 100%")
        return tiers


class RuleSpec(_Described):
    """A class that follows from conditions over features; the first that holds is taken."""

    kind: Literal["rule"]
    classes: dict[str, str] = Field(min_length=1)
    """conditions over features, by the class they make, such as champion: spend_sum_84d >= 500"""
    otherwise: str | None = None
    """class of users for whom no condition holds; none when left out"""
    cohort: CohortSpec | None = None
    """who gets the tag; everybody seen before the cutoff when left out"""


class FactSpec(_Described):
    """An attribute, as it is."""

    kind: Literal["fact"]
    attribute: str
    """the attribute that is shown"""


TagSpec = Annotated[PredictiveSpec | RuleSpec | FactSpec, Field(discriminator="kind")]


def kind_of(spec: TagSpec) -> Kind:
    """What the rows of the tag are: of predictions, those of an amount are another kind than those of a chance."""
    return "value" if isinstance(spec, PredictiveSpec) and spec.target.is_amount else spec.kind
