"""Audiences: those of the project, the builder, and the report of a segment beside everybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from ...errors import LimnerError, SpecError, UsageError
from ...quantities import Share
from ...tags.audience import members_text
from ...tags.audience.declared import title_of
from ...tags.audience.vocabulary import nearest
from ...tags.declared import title_of as title_of_tag
from ...tags.holdout import HoldoutSpec
from ..asking import Asking
from ..choosing import address_of, condition_of, facets_of
from ..saying import Tongue
from ..site import Moment
from ..views.audience import Beside, beside, people, result, traits
from ..views.hints import hint_for
from ..visit import Marketer, Viewer, Visit

__all__ = ["router"]

router = APIRouter()

_FIRST = 12
_HOLDOUTS = ("0", "5", "10", "20", "30")
_LONGEST = 10_000


@dataclass(frozen=True)
class _Listed:
    """A declared audience in the list; `users` is empty where it cannot be counted, and `why` tells why."""

    name: str
    title: str
    description: str
    users: str
    share: str
    owner: str
    holdout: str
    sink: str
    why: str


@router.get("/audiences")
def audiences_page(visit: Viewer) -> Response:
    """The audiences that the project declares."""
    moment, t = visit.moment, visit.tongue
    entries = moment.catalogue()
    declared = moment.workspace.project.spec.audiences
    return visit.page(
        "audiences.html",
        audiences=[_listed(moment, name, t) for name in declared],
        hint=hint_for(moment, entries, t),
    )


@router.get("/audiences/{name}")
def audience_page(visit: Viewer, name: str) -> Response:
    """One audience of the project, as it stands now."""
    moment, t = visit.moment, visit.tongue
    spec = moment.workspace.project.spec.audiences.get(name)
    if spec is None:
        known = moment.workspace.project.spec.audiences
        told = t(
            'There is no audience called "{name}"{near}.',
            "没有名为“{name}”的人群{near}。",
            name=name,
            near=nearest(name, known),
        )
        raise UsageError(told)
    asked = Asking.of(moment, members_text(name))
    share = _holdout_of(spec.holdout)
    return visit.page(
        "audience.html",
        audience=_listed(moment, name, t),
        where=spec.where or "",
        suppressed=spec.suppress,
        report=address_of("/report", where=members_text(name), title=t.said(title_of(name, spec))),
        build=address_of("/build", where=spec.where or ""),
        **_answer(visit, asked, share),
    )


@router.get("/build")
def build_page(visit: Marketer) -> Response:
    """The builder: what is ticked or written becomes a condition, and its numbers stand beside it."""
    moment, t, asked = visit.moment, visit.tongue, visit.request.query_params
    spec = moment.workspace.project.spec
    entries = moment.catalogue()
    written = asked.get("where", "")[:_LONGEST].strip()
    text = written or condition_of(asked, dict(spec.tags))
    held = asked.get("holdout", "0")
    answer: dict[str, Any] = {"result": None}
    wrong = ""
    if text:
        try:
            answer = _answer(visit, Asking.of(moment, text), int(held) / 100 if held in _HOLDOUTS else 0.0)
        except SpecError as error:
            wrong = str(error)
    return visit.page(
        "build.html",
        200 if not wrong else 400,
        facets=facets_of(entries, asked, t),
        audiences=[
            (name, t.said(title_of(name, one)), name in asked.getlist("but")) for name, one in spec.audiences.items()
        ],
        join="or" if asked.get("join") == "or" else "and",
        is_written=bool(written) or asked.get("mode") == "text",
        text=text,
        quoted=json.dumps(text, ensure_ascii=False),
        wrong=wrong,
        holdout=held if held in _HOLDOUTS else "0",
        holdouts=_HOLDOUTS,
        report=address_of("/report", where=text),
        as_text=address_of("/build", where=text, mode="text"),
        hint=hint_for(moment, entries, t),
        **answer,
    )


@router.get("/report")
def report_page(visit: Viewer) -> Response:
    """A segment beside everybody, on one page that prints."""
    moment, t, asked = visit.moment, visit.tongue, visit.request.query_params
    text = asked.get("where", "")[:_LONGEST].strip()
    if not text:
        raise UsageError(t("A report needs an audience; build one first.", "报告需要人群，请先圈选。"))
    found = Asking.of(moment, text)
    entries = [entry for entry in moment.catalogue() if entry.rows is not None]
    breakdowns = [found.breakdown(entry.tag) for entry in entries]
    log = moment.log()
    return visit.page(
        "report.html",
        title_of_report=asked.get("title", "")[:200] or t("An audience", "人群"),
        text=text,
        result=result(found.count, found.expected, None, t),
        traits=traits([one for one in breakdowns if one.tag not in found.condition.tags], t),
        sections=[beside(one, t, is_fact=entry.kind == "fact") for one, entry in zip(breakdowns, entries, strict=True)],
        as_of=t.day(entries[0].rows.as_of) if entries and entries[0].rows else "",
        known=t.count(log.users) if log else "",
    )


def _answer(visit: Visit, asked: Asking, held_out: float) -> dict[str, Any]:
    """What a page shows of a condition: its numbers, one breakdown, and, to those who may see people, the first."""
    moment, t = visit.moment, visit.tongue
    tags = moment.workspace.project.spec.tags
    by = visit.request.query_params.get("by", "")
    by = by if by in tags else _most_telling(moment, asked)
    preview = asked.preview(_FIRST) if visit.may("marketer") else None
    names = {tag: t.said(title_of_tag(tag, spec)) for tag, spec in tags.items()}
    return {
        "result": result(asked.count, asked.expected, asked.power(held_out), t),
        "beside": _beside(moment, asked, by, t) if by else None,
        "by": by,
        "tags": names,
        "people": people(preview, names, t) if preview else None,
        "mentions": tuple(names[tag] for tag in asked.condition.tags),
    }


def _most_telling(moment: Moment, asked: Asking) -> str:
    """The tag that most people have, of those that the condition does not ask for where there are any."""
    written = {entry.tag: entry.coverage or 0.0 for entry in moment.catalogue() if entry.rows is not None}
    others = [tag for tag in written if tag not in asked.condition.tags]
    return max(others or written, key=lambda tag: written[tag], default="")


def _beside(moment: Moment, asked: Asking, by: str, t: Tongue) -> Beside:
    return beside(asked.breakdown(by), t, is_fact=moment.workspace.project.spec.tags[by].kind == "fact")


def _listed(moment: Moment, name: str, t: Tongue) -> _Listed:
    spec = moment.workspace.project.spec.audiences[name]
    users = share = why = ""
    try:
        count = Asking.of(moment, members_text(name)).count
        users, share = t.count(count.users), t.of_hundred(count.share)
    except LimnerError as error:
        why = str(error)
    held = _holdout_of(spec.holdout)
    return _Listed(
        name=name,
        title=t.said(title_of(name, spec)),
        description=spec.description.zh or spec.description.en if t.is_chinese else spec.description.en,
        users=users,
        share=share,
        owner=spec.owner,
        holdout=t.of_hundred(held) if held else "",
        sink=spec.sink or "",
        why=why,
    )


def _holdout_of(spec: Share | HoldoutSpec | None) -> float:
    if spec is None:
        return 0.0
    return float(spec if isinstance(spec, Share) else spec.share)
