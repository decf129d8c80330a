"""The commands about audiences: each asks the workspace and prints what came back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Config, Json, Lang, open_project
from .output import console, print_json
from .sync import sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..pipeline.workspace import Workspace
    from ..tags.audience import Audience, Expected, Power

__all__ = ["audience"]

audience = typer.Typer(no_args_is_help=False, rich_markup_mode=None)
audience.add_typer(sending)

Name = Annotated[str, typer.Argument(metavar="AUDIENCE", help="The audience.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[AUDIENCE]...", help="Audiences; all of them when left out.")
]
Where = Annotated[
    str, typer.Argument(metavar="WHERE", help="An audience, or a condition over tags: \"churn.tier = 'high'\".")
]

_WORD = re.compile(r"\s*[A-Za-z0-9_-]+\s*")


@audience.callback(invoke_without_command=True)
def everywhere(ctx: typer.Context, config: Config = None, as_json: Json = False) -> None:
    """Count, show and keep audiences: users who are meant together, by a condition over tags.

    Example: limner audience count "churn_56d.tier = 'high' and not audience('suppressed')"
    """
    if ctx.invoked_subcommand is None and as_json:
        ctx.fail("Missing command.")
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())  # noqa: T201
        raise typer.Exit(2)
    ctx.default_map = {str(ctx.invoked_subcommand): {"config": config, "as_json": as_json}}


@audience.command(name="list")
def list_(config: Config = None, as_json: Json = False, lang: Lang = "en") -> None:
    """List the audiences: whom each holds, how many they are, and how many of them are left alone.

    Example: limner audience list
    """
    from .audience_screens import render_audiences
    from .phrases import language

    spoken = language(lang)
    found = open_project(config).audiences()
    print_json([one.as_dict() for one in found]) if as_json else render_audiences(found, console(), spoken)


@audience.command()
def show(name: Name, config: Config = None, as_json: Json = False, lang: Lang = "en") -> None:
    """Show one audience: whom it holds, what to expect of them, and when it was saved.

    Example: limner audience show save_now --lang zh
    """
    from .audience_screens import render_audience
    from .phrases import language

    spoken = language(lang)
    workspace = open_project(config)
    found = workspace.audience(name)
    outcomes = [] if found.count is None else workspace.expected(found.text)
    seen = _power(workspace, found, outcomes)
    if as_json:
        more = {"expected": [one.as_dict() for one in outcomes], "power": None if seen is None else seen.as_dict()}
        print_json({**found.as_dict(), **more})
    else:
        render_audience(found, outcomes, seen, console(), spoken)


@audience.command()
def count(where: Where, config: Config = None, as_json: Json = False, lang: Lang = "en") -> None:
    """Count the users who match, and tell what to expect of them.

    Example: limner audience count "churn_56d.tier = 'high' and rfm_class = 'champion'"
    """
    from .audience_screens import render_count
    from .phrases import language

    spoken = language(lang)
    workspace = open_project(config)
    text = _text(workspace, where)
    found, outcomes = workspace.count(text), workspace.expected(text)
    if as_json:
        print_json({**found.as_dict(), "expected": [one.as_dict() for one in outcomes]})
    else:
        render_count(found, outcomes, console(), spoken)


@audience.command()
def preview(
    where: Where,
    users: Annotated[int, typer.Option("--users", help="How many users.", min=1, max=1_000)] = 10,
    config: Config = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Show some of the users who match, those first whom the first prediction ranks highest.

    Example: limner audience preview save_now --users 5
    """
    from .audience_screens import render_preview
    from .phrases import language

    spoken = language(lang)
    workspace = open_project(config)
    found = workspace.preview(_text(workspace, where), users)
    print_json(found.as_dict()) if as_json else render_preview(found, console(), spoken)


@audience.command()
def breakdown(
    where: Where,
    by: Annotated[str, typer.Option("--by", metavar="TAG", help="The tag whose tiers, classes or values are told.")],
    config: Config = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Set the users who match beside everybody, by a tag: an index above 100 is more than among everybody.

    Example: limner audience breakdown save_now --by household_size
    """
    from .audience_screens import render_breakdown
    from .phrases import language

    spoken = language(lang)
    workspace = open_project(config)
    found = workspace.breakdown(_text(workspace, where), by)
    print_json(found.as_dict()) if as_json else render_breakdown(found, console(), spoken)


@audience.command()
def overlap(
    wheres: Annotated[list[str], typer.Argument(metavar="WHERE WHERE...", help="Two or more audiences or conditions.")],
    config: Config = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Tell how many users audiences have in common.

    Example: limner audience overlap save_now yogurt_fans
    """
    from .audience_screens import render_overlap
    from .phrases import language

    spoken = language(lang)
    workspace = open_project(config)
    found = workspace.overlap({where: _text(workspace, where) for where in wheres})
    print_json(found.as_dict()) if as_json else render_overlap(found, console(), spoken)


@audience.command()
def power(
    where: Where,
    tag: Annotated[
        str | None, typer.Option("--tag", help="The prediction whose outcome is to be moved; the first when left out.")
    ] = None,
    holdout: Annotated[
        str | None, typer.Option("--holdout", help="The share held out, such as 10%; the audience's when left out.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Tell the smallest lift that would be seen, given who is left alone.

    Example: limner audience power save_now --holdout 20%
    """
    from .audience_screens import render_power
    from .phrases import language

    spoken = language(lang)
    workspace = open_project(config)
    found = workspace.power(_text(workspace, where), tag, holdout)
    print_json(found.as_dict()) if as_json else render_power(found, console(), spoken)


@audience.command()
def save(names: Names = None, config: Config = None, as_json: Json = False, lang: Lang = "en") -> None:
    """Keep who is in the audiences now, beside when they were saved before.

    Example: limner audience save save_now
    """
    from .audience_screens import render_saving
    from .phrases import language

    spoken = language(lang)
    result = open_project(config).save_audiences(names or None)
    print_json(result.manifest) if as_json else render_saving(result, console(), spoken)
    raise typer.Exit(result.exit_code)


def _power(workspace: Workspace, found: Audience, outcomes: Sequence[Expected]) -> Power | None:
    """What lift would be seen; None where nobody is held out, or nothing is expected of what the audience mentions."""
    mentioned = [one for tag in found.tags for one in outcomes if one.tag == tag]
    has_any = bool(found.holdout and mentioned and mentioned[0].users)
    return workspace.power(found.text) if has_any else None


def _text(workspace: Workspace, where: str) -> str:
    """The condition that was typed, where a name stands for being in the audience of that name."""
    from ..errors import UsageError
    from ..tags.audience import members_text
    from ..tags.unknown import unknown

    spec = workspace.project.spec
    if where in spec.audiences:
        return members_text(where)
    if _WORD.fullmatch(where) and where not in spec.tags:
        raise UsageError(unknown("audience", where, spec.audiences))
    return where
