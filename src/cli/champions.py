"""Which version of a tag's model scores: `limner promote` and `limner rollback`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .options import Config, Json, open_project
from .output import console, print_json

__all__ = ["promote", "rollback"]

Tag = Annotated[str, typer.Argument(metavar="TAG", help="The tag.")]


def promote(
    tag: Tag,
    version: Annotated[
        int | None, typer.Option("--version", help="The model version; the challenger when left out.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a trained version the champion of its tag and export its bundle.

    Example: limner promote lapse_28d --version 3
    """
    _say_champion(tag, open_project(config).promote(tag, version), as_json)


def rollback(tag: Tag, config: Config = None, as_json: Json = False) -> None:
    """Make the version that was champion before the champion again.

    Example: limner rollback lapse_28d
    """
    _say_champion(tag, open_project(config).rollback(tag), as_json)


def _say_champion(tag: str, change: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(change)
    else:
        version, before = change["version"], change["before"]
        told = "is now the champion" if before is None else f"is now the champion, before it was {before}"
        told = "is the champion as before; its bundle was exported again" if version == before else told
        console().print(f"{tag}: version {version} {told}")
