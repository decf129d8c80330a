"""The demo: a year of real purchases brought in, learned from and scored, and ten lines about what came out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from ..errors import GateError
from ..pipeline.demo_data import write_demo_data

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..pipeline.ingest import IngestRun
    from ..pipeline.score import ScoreResult
    from ..pipeline.train import TagTraining, TrainResult
    from ..pipeline.workspace import Workspace
    from ..progress import Progress
    from ..project import Project

__all__ = ["Demo", "run_demo"]

_RULES = {"recency": "recency", "frequency": "frequency", "rfm": "RFM", "persistence": "as before"}


@dataclass(frozen=True)
class Demo:
    """What the demo made."""

    workspace: Workspace
    ingested: IngestRun
    trained: TrainResult
    scored: ScoreResult

    def as_dict(self) -> dict[str, Any]:
        """The manifest of each step."""
        manifests = (self.ingested.manifest, self.trained.manifest, self.scored.manifest)
        return {manifest["command"]: dict(manifest) for manifest in manifests}

    def ending(self) -> Iterator[RenderableType]:
        """Lines to print: what was made, how good each tag is against its rule, what to type next."""
        return _ending(self.workspace, self.ingested, self.trained, self.scored)


def run_demo(workspace: Workspace, progress: Progress) -> Demo:
    """Everything from raw files to tags, on a year of real purchases.

    Raises:
        SourceError: the package with the data is not installed.
        GateError: a tag was not trained or not written, which would be a fault of the demo.
    """
    write_demo_data(workspace.project.root / "data" / "raw", progress)
    ingested = workspace.ingest(progress)
    trained = workspace.train(None, progress)
    scored = workspace.score(None, None, progress)
    _refuse_half(trained, scored)
    return Demo(workspace, ingested, trained, scored)


def _refuse_half(trained: TrainResult, scored: ScoreResult) -> None:
    failed = [f"{one.tag}: {one.sentence}" for one in trained.outcomes if one.outcome == "refused"]
    failed += [f"{one.tag}: {one.reason}" for one in scored.outcomes if one.outcome == "refused"]
    if failed:
        raise GateError("the demo stopped half-way:\n" + "\n".join(failed))


def _ending(
    workspace: Workspace, ingested: IngestRun, trained: TrainResult, scored: ScoreResult
) -> Iterator[RenderableType]:
    as_of, limner = str(scored.manifest["as_of"])[:10], _typed()
    yield (
        f"\n[bold]{ingested.rows:,} events of {ingested.users:,} households became {len(scored.outcomes)} tags, "
        f"as of {as_of}.[/bold]\n"
        "Predictions are judged on the newest weeks, which they had not seen. Of the tenth ranked highest,\n"
        "this share then did it; where an amount is foretold, they brought this share of all:\n"
    )
    yield _against_rules(workspace.project, trained)
    yield "\nA and B are better than any simple rule, C probably; rule: the simple rule did as well and is used.\n"
    yield f"  One household, with reasons   [bold]{limner} show {_somebody(workspace, trained.outcomes[0].tag)}[/bold]"
    yield f"  The catalogue of tags         [bold]{limner} tags[/bold]"
    yield f"  Audiences of households       [bold]{limner} audience list[/bold]"
    yield f"  The cards of the models       [bold]{workspace.project.spec.store}/cards/*.html[/bold]"


def _typed() -> str:
    """The command as it was typed, so that it can be typed again."""
    typed = Path(sys.argv[0])
    return typed.as_posix() if typed.name == "limner" and not typed.is_absolute() else "limner"


def _somebody(workspace: Workspace, tag: str) -> str:
    """A household worth looking at: the one that the tag ranks highest."""
    ranked = workspace.tags().sort_by([(f"{tag}_percentile", "descending")])
    return str(ranked["user_id"][0].as_py())


def _against_rules(project: Project, trained: TrainResult) -> Table:
    table = Table(box=None, padding=(0, 2), show_edge=False, header_style="dim")
    for title in ("tag", "grade", "published", "best rule", "by chance"):
        table.add_column(title, justify="left" if title in {"tag", "grade"} else "right", no_wrap=True)
    for one in trained.outcomes:
        table.add_row(project.spec.tags[one.tag].title.en, f"[bold]{one.grade}[/bold]", *_shares(one))
    return table


def _shares(one: TagTraining) -> tuple[str, str, str]:
    """What the tenth ranked highest brought, by what is published, by the best rule, by chance: how many of them had
    the outcome, or which part of all amounts they hold.
    """
    evaluation: Mapping[str, Any] = one.evaluation or {}
    published, rule = evaluation["published"], evaluation["gain"]["rule"]
    test, is_amount = evaluation["test"], "totals" in evaluation
    rate = test["positives"] / test["rows"]

    def share(system: str) -> str:
        measures = evaluation["measures"][system]
        return f"{measures['share_10']['value'] if is_amount else rate * measures['lift_10']['value']:.0%}"

    by_chance = "10% of all" if is_amount else f"{rate:.0%}"
    return share(published), f"{share(rule)} by {_RULES[rule]}", by_chance
