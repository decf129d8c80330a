"""The commands: each calls the workspace and prints what came back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .audience import audience
from .champions import promote, rollback
from .options import Config, Json, Lang
from .options import open_project as _open
from .output import console, print_json, watching
from .serve import serve, token

__all__ = ["app"]

app = typer.Typer(
    epilog="Exit codes: 0 done, 1 refused for a stated reason, 2 wrong usage or configuration, "
    "3 something broke, 4 another run is at work (try later).",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(audience, name="audience")

Version = Annotated[bool, typer.Option("--version", help="Print the version.")]
Tags = Annotated[list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags; all of them when left out.")]


@app.callback(invoke_without_command=True)
def everywhere(ctx: typer.Context, config: Config = None, as_json: Json = False, version: Version = False) -> None:
    """Behaviour logs in, calibrated and explained tags about every user out.

    Options that stand before a command hold for it as if they stood behind it.

    Example: limner --json tags
    """
    if version:
        from .. import __version__

        print(f"limner {__version__}")  # noqa: T201
        raise typer.Exit
    if ctx.invoked_subcommand is None and not (config or as_json):
        print(ctx.get_help())  # noqa: T201
        raise typer.Exit(2)
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")
    ctx.default_map = {str(ctx.invoked_subcommand): {"config": config, "as_json": as_json}}


@app.command()
def init(
    template: Annotated[
        str | None, typer.Option("--template", help="The template to write; left out, the templates are listed.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The file to write; configs/TEMPLATE.yaml when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a project file to begin with, from a template of the usual tags.

    Example: limner init --template commerce --config configs/shop.yaml
    """
    from ..project.templates import templates, write_template
    from .init import print_started, print_templates

    if template is None:
        known = templates().values()
        told = [{"name": one.name, "summary": one.summary} for one in known]
        print_json({"templates": told}) if as_json else print_templates(known, console())
        return
    path = config or Path("configs", f"{template}.yaml")
    write_template(template, path)
    print_json({"template": template, "path": path.as_posix()}) if as_json else print_started(path, console())


@app.command()
def check(
    tags: Tags = None,
    leaks: Annotated[
        bool,
        typer.Option("--leaks", help="Instead prove that no feature sees the future or has changed since training."),
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Tell whether the project file, the log, what each tag rests on, and the models are fit for use.

    Example: limner check lapse_28d --leaks
    """
    from .findings import SOUND, USABLE, print_findings

    workspace = _open(config)
    with watching() as progress:
        findings = workspace.leaks(tags or None, progress) if leaks else workspace.check(tags or None, progress)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        print_findings(findings, console(), SOUND if leaks else USABLE)
    raise typer.Exit(1 if any(finding.level == "refused" for finding in findings) else 0)


@app.command()
def ingest(config: Config = None, as_json: Json = False) -> None:
    """Bring new files of all sources into the event log.

    Files that were ingested before, under whatever name, are skipped; rows that cannot be read as
    declared go to quarantine, each with its reason.

    Example: limner ingest --config configs/shop.yaml
    """
    from .report import print_ingest

    with watching() as progress:
        result = _open(config).ingest(progress)
    print_json(result.manifest) if as_json else print_ingest(result, console())


@app.command()
def train(tags: Tags = None, config: Config = None, as_json: Json = False) -> None:
    """Train predictive tags, judge them forward in time and let them through the gate.

    Example: limner train lapse_28d
    """
    from .report import print_training

    with watching() as progress:
        result = _open(config).train(tags or None, progress)
    print_json(result.manifest) if as_json else print_training(result, console())
    raise typer.Exit(result.exit_code)


@app.command()
def score(
    tags: Tags = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The cutoff, such as 2017-12-04; now when left out.")
    ] = None,
    restore: Annotated[
        str | None,
        typer.Option(
            "--restore", metavar="RUN", help="Instead bring all tags back to as they stood right after this run."
        ),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write tags on every user, as of an instant; or bring back those of an earlier run.

    Example: limner score --as-of 2017-12-04
    """
    from .report import print_scoring

    if restore is not None:
        _restore(restore, tags or as_of, config, as_json)
        return
    with watching() as progress:
        result = _open(config).score(tags or None, as_of, progress)
    print_json(result.manifest) if as_json else print_scoring(result, console())
    raise typer.Exit(result.exit_code)


@app.command()
def vacuum(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be removed, and how much room that would make.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Remove from the store what nothing refers to and what the project keeps no longer.

    What is published stays, and so does what can be restored or was published until lately.

    Example: limner vacuum --dry-run
    """
    from .keeping import print_vacuum

    result = _open(config).vacuum(dry_run=dry_run)
    print_json(result.as_dict()) if as_json else print_vacuum(result, console())


app.command()(promote)
app.command()(rollback)


@app.command()
def tags(
    tags: Tags = None,
    health: Annotated[
        bool, typer.Option("--health", help="Instead tell how each tag is, and which of them nobody uses.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """List the tags: what they mean, whom they cover, how good and how fresh they are.

    Example: limner tags lapse_28d --lang zh
    """
    from .health import render_health
    from .phrases import language
    from .tags import render_catalogue

    spoken = language(lang)
    if health:
        found = _open(config).health(tags or None)
        print_json([one.as_dict() for one in found]) if as_json else render_health(found, console(), spoken)
        return
    entries = _open(config).catalogue(tags or None)
    print_json([entry.as_dict() for entry in entries]) if as_json else render_catalogue(entries, console(), spoken)


@app.command()
def show(
    user: Annotated[str, typer.Argument(metavar="USER", help="The user's id, as in the sources.")],
    config: Config = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Show the portrait of one user: all tags, with reasons in words.

    Example: limner show 2375 --lang zh
    """
    from .phrases import language
    from .show import render_portrait

    spoken = language(lang)
    portrait = _open(config).portrait(user)
    print_json(portrait.as_dict()) if as_json else render_portrait(portrait, console(), spoken)


@app.command()
def files(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help="A table of the store, such as tags; current when left out.", show_default=False
        ),
    ] = "current",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List the Parquet files of a table as it is published, for other engines to read.

    Example: limner files tags
    """
    paths = _open(config).files(table)
    if as_json:
        print_json({"table": table, "files": paths})
        return
    for path in paths:
        print(path)  # noqa: T201 - a path is never folded


@app.command()
def demo(config: Config = None, as_json: Json = False) -> None:
    """Run everything on a year of real purchases: ingest, train, score, and where to look.

    Example: limner demo
    """
    from .demo import run_demo

    with watching() as progress:
        done = run_demo(_open(config), progress)
    if as_json:
        print_json(done.as_dict())
        return
    for part in done.ending():
        console().print(part)


app.command()(serve)
app.command()(token)


def _restore(run: str, more: object, config: Path | None, as_json: bool) -> None:
    from ..errors import UsageError
    from .keeping import print_restoring

    if more:
        raise UsageError("--restore: brings back all tags as they stood after a run; leave out TAG and --as-of")
    result = _open(config).restore(run)
    print_json(result.manifest) if as_json else print_restoring(result, console())
