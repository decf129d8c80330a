"""What every authored part of the project file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Spec", "TitleSpec"]


class Spec(BaseModel):
    """A frozen part of the project file; keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class TitleSpec(Spec):
    """A name for people, in English and Chinese."""

    en: str = ""
    """in English"""
    zh: str = ""
    """in Chinese"""
