"""What sends a project's audiences somewhere, as part of its workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..progress import Progress, Silent
from .at_work import AtWork

if TYPE_CHECKING:
    import pyarrow as pa

    from ..tags.sinks.forgetting import Forgotten
    from ..tags.sinks.outbox import Letter
    from .export import ExportResult
    from .outbound import Outbound
    from .sync import SyncResult

__all__ = ["SendingOfAudiences"]


class SendingOfAudiences(AtWork):
    """Audiences to their sinks and to files; `who` asks for it, the user of the system when left out."""

    def sync(
        self,
        names: Sequence[str] | None = None,
        *,
        again: bool = False,
        who: str | None = None,
        progress: Progress | None = None,
    ) -> SyncResult:
        """Send what changed in audiences, all that go anywhere unless named, and carry letters.

        Args:
            again: whether everything is sent, and not only what changed since the last time.

        Raises:
            UsageError: a name is not an audience, or one that goes nowhere.
            LockedError: another run is at work.
        """
        from .monitoring import monitored
        from .outbound import Asked, who_asks
        from .sync import sync

        def work() -> SyncResult:
            asked = Asked(names, self.now(), who or who_asks(), again)
            return sync(self.project, self.store, self._outbound(), asked, self.wall, progress or Silent())

        return monitored("sync", self.project, self.wall, work)

    def export(
        self, name: str, path: Path, columns: Sequence[str] = (), *, who: str | None = None, to: str | None = None
    ) -> ExportResult:
        """Write an audience, but for who is held out, to a CSV or Parquet file.

        Args:
            columns: what goes along with the user, such as churn_56d.tier.
            to: where it goes in the end, for the audit, where that is not the file: such as a download.

        Raises:
            UsageError: there is no such audience, or the file is of another kind.
            SpecError: no tag has such a column.
            SinkError: the file cannot be written.
        """
        from .export import Order, export
        from .outbound import who_asks

        order = Order(name, path, columns, self.now(), who or who_asks(), to)
        return export(self.project, self.store, self._outbound(), order, self.wall)

    def deliveries(self) -> list[dict[str, Any]]:
        """How each audience stands at each sink since its last sync: whom that holds, where it is, and as of when."""
        from ..tags.sinks.standing import opened, routes

        store = self.store
        facts = {route: opened(store, route).fact for route in routes(store)}
        told = ("destination", "holds", "held_out", "as_of", "at", "run_id", "is_complete")
        return [{**route._asdict(), **{key: fact.get(key) for key in told}} for route, fact in facts.items() if fact]

    def audit(self) -> pa.Table:
        """The lines of the audit, the oldest first: who let how many users out of the store, and where to."""
        from ..tags.sinks.records import read_audit

        return read_audit(self.store)

    def letters(self) -> list[Letter]:
        """The letters that wait in the outbox or are dead, in the order in which they were written."""
        from ..tags.sinks.outbox import read_outbox

        return read_outbox(self.store)

    def revive_letters(self) -> int:
        """How many dead letters the next sync sends once more.

        Raises:
            LockedError: another run is at work.
        """
        from ..tags.sinks.outbox import revive

        store = self.store
        with store.lock():
            store.recover()
            return revive(store)

    def forget_at_sinks(self, user_id: str, who: str | None = None) -> list[Forgotten]:
        """Take a user out of every destination that ever had them; what is told of each says where that failed.

        Raises:
            LockedError: another run is at work.
        """
        from .forgetting import forget_at_sinks
        from .outbound import Asked, who_asks

        asked = Asked(None, self.now(), who or who_asks())
        return forget_at_sinks(self.project, self.store, self._outbound(), asked, self.wall, user_id)

    def _outbound(self) -> Outbound:
        from ..tags.audience import members
        from .outbound import Outbound

        return Outbound(self.project.spec.audiences, lambda name: members(self.project, self.store, name, self.now()))
