"""The commands that send audiences: to their sinks, to a file, and letters to whom they are for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Config, Json, open_project
from .output import console, print_json, watching

__all__ = ["sending"]

sending = typer.Typer(rich_markup_mode=None)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[AUDIENCE]...", help="Audiences; all that go anywhere when left out.")
]


@sending.command()
def sync(
    names: Names = None,
    again: Annotated[
        bool, typer.Option("--again", help="Send everybody, and not only what changed since the last time.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Send what changed in audiences to their sinks, and letters about who entered and left.

    Example: limner audience sync save_now
    """
    from .deliveries import print_sync

    with watching() as progress:
        result = open_project(config).sync(names or None, again=again, progress=progress)
    print_json(result.manifest) if as_json else print_sync(result, console())
    raise typer.Exit(result.exit_code)


@sending.command()
def export(
    name: Annotated[str, typer.Argument(metavar="AUDIENCE", help="The audience.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file, .csv or .parquet.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN", help="What goes along, such as churn.tier; may be given again."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write an audience to a file, but for who is held out; it counts as an exposure, and is in the audit.

    Example: limner audience export save_now --to save_now.csv --column churn_56d.tier
    """
    from .deliveries import print_export

    result = open_project(config).export(name, to, columns or ())
    print_json(result.manifest) if as_json else print_export(result, console())


@sending.command()
def outbox(
    retry: Annotated[bool, typer.Option("--retry", help="Let the next sync send dead letters once more.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show the letters that wait, and those that are dead: who entered or left, and why nobody has confirmed it.

    Example: limner audience outbox
    """
    from .deliveries import print_outbox

    workspace = open_project(config)
    revived = workspace.revive_letters() if retry else None
    letters = workspace.letters()
    if as_json:
        print_json({"revived": revived, "letters": [vars(letter) for letter in letters]})
        return
    if revived is not None:
        told = "1 dead letter waits" if revived == 1 else f"{revived:,} dead letters wait"
        console().print(f"{told} for the next limner audience sync.")
    print_outbox(letters, console())
