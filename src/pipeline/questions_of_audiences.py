"""What can be asked of a project's audiences, as part of its workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..quantities import Share
from .at_work import AtWork

if TYPE_CHECKING:
    import pyarrow as pa

    from ..tags.audience import Audience, Breakdown, Count, Expected, Overlap, Power, Preview
    from .audiences import SaveResult

__all__ = ["QuestionsOfAudiences"]


class QuestionsOfAudiences(AtWork):
    """Answers about audiences and about conditions over tags, as they stand now."""

    def audiences(self) -> list[Audience]:
        """All audiences of the project: what they mean, how many they hold now, and when they were saved."""
        from ..tags.audience import audiences

        return audiences(self.project, self.store, self.now())

    def audience(self, name: str) -> Audience:
        """One audience of the project.

        Raises:
            SpecError: there is no such audience.
        """
        from ..tags.audience import audience

        return audience(self.project, self.store, name, self.now())

    def members(self, name: str) -> pa.Table:
        """Who is in an audience now: `user_id`, and whether the user is in the `holdout`; sorted by user_id.

        Raises:
            SpecError: there is no such audience.
            RefusedError: nobody was scored yet, or a list of users cannot be read.
        """
        from ..tags.audience import members

        return members(self.project, self.store, name, self.now())

    def save_audiences(self, names: Sequence[str] | None = None) -> SaveResult:
        """Keep who is in audiences now, all of them unless named, beside when they were saved before.

        Raises:
            UsageError: a name is not an audience.
            LockedError: another run is at work.
        """
        from .audiences import save
        from .monitoring import monitored

        def work() -> SaveResult:
            return save(self.project, self.store, names, self.now, self.wall)

        return monitored("audience", self.project, self.wall, work)

    def count(self, where: str) -> Count:
        """How many users match a condition over tags now, such as `churn.tier = 'high'` or `audience('save_now')`.

        Raises:
            SpecError: the condition is wrong.
            RefusedError: nobody was scored yet.
        """
        from ..tags.audience import count

        return count(self.project, self.store, where, self.now())

    def expected(self, where: str) -> list[Expected]:
        """What may be expected of the users who match a condition, for each prediction of the project."""
        from ..tags.audience import expected

        return expected(self.project, self.store, where, self.now())

    def breakdown(self, where: str, by: str) -> Breakdown:
        """The users who match a condition, by the tiers, classes or values of a tag, beside everybody.

        Raises:
            UsageError: there is no such tag.
        """
        from ..tags.audience import breakdown

        return breakdown(self.project, self.store, where, by, self.now())

    def overlap(self, wheres: Mapping[str, str]) -> Overlap:
        """How many users match each of several conditions, by what they are called, and each two of them."""
        from ..tags.audience import overlap

        return overlap(self.project, self.store, wheres, self.now())

    def power(self, where: str, tag: str | None = None, holdout: str | None = None) -> Power:
        """The smallest lift that would be seen among the users who match a condition.

        Args:
            tag: the prediction whose outcome it is of; the one that is mentioned first when left out.
            holdout: the share that is held out, such as `10%`; what the audience holds out when left out.

        Raises:
            UsageError: there is no such prediction, the share is none, or nobody is held out.
            RefusedError: nobody was scored yet, or nobody who matches has the prediction.
        """
        from ..tags.audience import power_of

        share = None if holdout is None else _share(holdout)
        return power_of(self.project, self.store, where, self.now(), tag, share)

    def preview(self, where: str, n: int = 20) -> Preview:
        """The first users who match a condition, the best of the prediction first that it mentions first."""
        from ..tags.audience import preview

        return preview(self.project, self.store, where, self.now(), n)


def _share(text: str) -> Share:
    try:
        return Share.parse(text)
    except ValueError as error:
        raise UsageError(f"--holdout: {error}") from error
