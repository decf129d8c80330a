"""The catalogue, the page of a tag, and the card of its model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from ...errors import UsageError
from ...tags.catalogue import Entry
from ...tags.health import Health
from ...tags.published import published
from ...tags.spec import PredictiveSpec, kind_of
from ...tags.spread import Spread, spread
from ..site import Moment
from ..views.catalogue import found_among, row_of
from ..views.hints import hint_for
from ..views.proof import proven
from ..views.tag import tag_view
from ..visit import Viewer, Visit

__all__ = ["entry_of", "health_of", "router", "spread_of"]

router = APIRouter()

_CARD_POLICY = (
    "default-src 'self'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; form-action 'none'"
)
"""A card is one page with its style inside, and runs nothing."""


@router.get("/")
def catalogue_page(visit: Viewer, q: Annotated[str, Query(max_length=200)] = "", kind: str = "") -> Response:
    """The catalogue, or the tags of it that were asked for."""
    entries, moment = visit.moment.catalogue(), visit.moment
    rows = [row_of(one, proven(moment.card(one.tag), "chance"), visit.tongue) for one in found_among(entries, q, kind)]
    kinds = list(dict.fromkeys(entry.kind for entry in entries))
    return visit.page(
        "catalogue.html",
        rows=rows,
        total=len(entries),
        users=max((entry.users_in_log for entry in entries), default=0),
        q=q,
        kind=kind,
        kinds=kinds,
        hint=hint_for(moment, entries, visit.tongue),
    )


@router.get("/tags/{tag}")
def tag_page(visit: Viewer, tag: str) -> Response:
    """Everything about one tag."""
    entry, moment = entry_of(visit, tag), visit.moment
    view = tag_view(
        entry,
        moment.card(tag),
        spread_of(moment, tag),
        health_of(moment, tag),
        published(moment.store, tag),
        visit.tongue,
    )
    has_card = (moment.store.root / "cards" / f"{tag}.html").is_file()
    hint = None if entry.rows else hint_for(moment, [entry], visit.tongue)
    return visit.page("tag.html", tag=view, has_card=has_card, hint=hint)


@router.get("/tags/{tag}/card")
def card_page(visit: Viewer, tag: str) -> Response:
    """The newest card of the tag's model, for analysts."""
    path = visit.moment.store.root / "cards" / f"{entry_of(visit, tag).tag}.html"
    if not path.is_file():
        told = visit.tongue("{tag} has no model card yet.", "{tag} 尚无模型卡。", tag=tag)
        raise UsageError(told)
    return HTMLResponse(path.read_text("utf-8"), headers={"Content-Security-Policy": _CARD_POLICY})


def entry_of(visit: Visit, tag: str) -> Entry:
    """The tag's entry of the catalogue.

    Raises:
        UsageError: the project has no such tag.
    """
    for entry in visit.moment.catalogue():
        if entry.tag == tag:
            return entry
    raise UsageError(visit.tongue('There is no tag called "{tag}".', "没有名为“{tag}”的标签。", tag=tag))


def spread_of(moment: Moment, tag: str) -> Spread | None:
    """How the chances of a prediction are spread now; None of other tags."""
    spec = moment.workspace.project.spec.tags[tag]
    tiers = list(spec.tiers) if isinstance(spec, PredictiveSpec) and kind_of(spec) == "predictive" else []
    now = moment.now() // 300
    return moment.once(("spread", tag, now), lambda: spread(moment.store, tag, tiers, now * 300)) if tiers else None


def health_of(moment: Moment, tag: str) -> Health | None:
    """How healthy the tag is."""
    return next((one for one in moment.health() if one.tag == tag), None)
