"""The commands around the pages: serving them, and tokens for those who see them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from .options import Config, Json, open_project
from .output import console, print_json
from .shapes import table

if TYPE_CHECKING:
    from ..pipeline.access import Access
    from ..project.web_spec import Role

__all__ = ["serve", "token"]


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any that is free.")] = 8765,
    opened: Annotated[bool, typer.Option("--open", help="Open a browser on it.")] = False,
    config: Config = None,
) -> None:
    """Serve the pages and the API of the project, until Ctrl-C.

    Anybody on this machine may see them. For others the project file says who may, under `web`.

    Example: limner serve --port 8000 --open
    """
    serving = import_module("..web.serving", __package__)  # by its name: the two faces do not know each other

    def say(address: str) -> None:
        console().print(f"Limner is at {address}  (stop it with Ctrl-C)")

    serving.serve(open_project(config), host, port, say, is_opened=opened)


def token(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Who holds it; all holders are listed when left out.")
    ] = None,
    role: Annotated[str, typer.Option("--role", help="What they may do: viewer, marketer or admin.")] = "viewer",
    revoke: Annotated[bool, typer.Option("--revoke", help="Instead take the name's token away.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Hand out a token for the pages and the API, take one away, or list who holds one.

    A token is shown once and kept nowhere; handing out another takes the first away.

    Example: limner token ann --role marketer
    """
    from ..pipeline.access import Access

    workspace = open_project(config)
    access = Access(workspace.project.store_path)
    if name is None:
        _list(access, as_json)
    elif revoke:
        access.revoke(name)
        print_json({"name": name, "revoked": True}) if as_json else console().print(f"{name} holds no token any more")
    else:
        _hand_out(name, access.add(name, _role(role), workspace.wall), role, as_json)


def _list(access: Access, as_json: bool) -> None:
    held = access.tokens().values()
    if as_json:
        print_json([{"name": one.name, "role": one.role, "created": one.created} for one in held])
    elif held:
        console().print(table(["Name", "Role", "Since"], [[one.name, one.role, one.created[:10]] for one in held]))
    else:
        console().print("Nobody holds a token; hand one out: limner token NAME --role viewer")


def _hand_out(name: str, handed: str, role: str, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "role": role, "token": handed})
        return
    console().print(f"The token of {name}, {role}; it is shown this once:")
    print(handed)  # noqa: T201 - a token is never folded


def _role(role: str) -> Role:
    from ..errors import UsageError
    from ..project.web_spec import Role

    for known in get_args(Role):
        if role == known:
            found: Role = known
            return found
    raise UsageError(f'--role: there is no role "{role}"; write {", ".join(get_args(Role))}')
