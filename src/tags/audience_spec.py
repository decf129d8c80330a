"""What the project file says of audiences."""

from __future__ import annotations

from ..quantities import Share
from ..specs import Spec, TitleSpec
from .holdout import HoldoutSpec

__all__ = ["AudienceSpec", "UsersSpec"]


class UsersSpec(Spec):
    """A list of users in a file."""

    read: str
    """a file or a glob: parquet, csv or jsonl, relative to the project"""
    user_id: str
    """column that names the user"""


class AudienceSpec(Spec):
    """Users who are meant together: all for whom a condition over tags holds, or who stand in a list."""

    where: str | None = None
    """condition over tags, such as churn_56d.tier = 'high' and not audience('suppressed')"""
    users: UsersSpec | None = None
    """instead of a condition, a list of users"""
    holdout: Share | HoldoutSpec | None = None
    """part of the audience that is left alone, to measure lift against; nobody when left out"""
    suppress: tuple[str, ...] = ()
    """audiences whose users are never in this one"""
    title: TitleSpec = TitleSpec()
    """what marketers call it; the audience's own name when left out"""
    description: TitleSpec = TitleSpec()
    """whom it holds and what for, in a sentence"""
    purpose: str = "marketing"
    """what it may be used for"""
    owner: str = ""
    """who answers for it"""
    sink: str | None = None
    """where its users are sent"""
    on_enter: str | None = None
    """the webhook that is told of each user who enters"""
    on_leave: str | None = None
    """the webhook that is told of each user who leaves"""
