"""Templates, and where their style sheet and script lie."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

__all__ = ["STATIC", "asset", "render"]

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
"""The folder of what is sent as it is: a style sheet, a script, a sign."""


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_HERE / "templates")
    return jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(template: str, **view: Any) -> str:
    """The template with the view filled in; whatever stands in the view is escaped."""
    return _environment().get_template(template).render(**view, asset=asset)


@cache
def asset(name: str) -> str:
    """The address of a static file, which changes with its content, so that browsers may keep it.

    >>> asset("limner.css").partition("?")[0]
    '/static/limner.css'
    """
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"
