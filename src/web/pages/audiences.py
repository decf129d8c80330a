"""Audiences: those of the project, the builder, and the report of a segment beside everybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from ...errors import SpecError, UsageError
from ...pipeline.download import Download, download
from ...pipeline.download import Form as FileForm
from ...tags.audience import Audience, Breakdown, Count
from ...tags.audience.declared import title_of
from ...tags.declared import title_of as title_of_tag
from ...tags.spec import shown_kinds
from ...tags.unknown import nearest
from ..asking import Asking
from ..choosing import address_of, condition_of, facets_of
from ..saying import Tongue
from ..site import Moment
from ..views.audience import Beside, beside, people, result, row_of, sent_of, traits
from ..views.hints import hint_for
from ..visit import Form, Marketer, Viewer, Visit

__all__ = ["attached", "audience_of", "form_of", "router"]

router = APIRouter()

_FIRST = 12
_HOLDOUTS = ("0", "5", "10", "20", "30")
_LONGEST = 10_000


@router.get("/audiences")
def audiences_page(visit: Viewer) -> Response:
    """The audiences that the project declares."""
    moment, t = visit.moment, visit.tongue
    return visit.page(
        "audiences.html",
        audiences=[row_of(one, t) for one in moment.audiences()],
        hint=hint_for(moment, moment.catalogue(), t),
    )


@router.get("/audiences/{name}")
def audience_page(visit: Viewer, name: str) -> Response:
    """One audience of the project, as it stands now."""
    found, t = audience_of(visit, name), visit.tongue
    answer: dict[str, Any] = {"result": None}
    if found.count:
        held_out = (found.held_out or 0) / max(found.count.users, 1)
        answer = _answer(visit, Asking.of(visit.moment, found.text), held_out)
    return visit.page(
        "audience.html",
        audience=row_of(found, t),
        where=found.where or "",
        suppressed=found.suppress,
        sent=[
            sent_of(one, t) for one in visit.moment.deliveries() if one["audience"] == found.name and one["destination"]
        ],
        report=address_of("/report", where=found.text, title=t.said(found.title)),
        build=address_of("/build", where=found.where or ""),
        **answer,
    )


@router.post("/audiences/{name}/export")
def export_audience(visit: Marketer, form: Form, name: str) -> Response:
    """The people of an audience as a file, but for those who are left alone."""
    found = audience_of(visit, name)
    return attached(download(visit.moment.workspace, found.text, visit.who, found.name, form_of(form.get("form"))))


@router.post("/audiences/{name}/sync")
def sync_audience(visit: Marketer, form: Form, name: str) -> Response:
    """Send what changed in an audience to where it goes, and tell what became of it."""
    result = visit.moment.workspace.sync([audience_of(visit, name).name], who=visit.who)
    return visit.go(f"/runs/{result.manifest['run_id']}")


@router.post("/build/export")
def export_built(visit: Marketer, form: Form) -> Response:
    """The people whom a condition holds for as a file, but for those who are left alone."""
    text = str(form.get("where", ""))[:_LONGEST].strip()
    return attached(download(visit.moment.workspace, text, visit.who, form=form_of(form.get("form"))))


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
        facets=facets_of(moment.usable(), asked, t),
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
    entries = moment.usable()
    breakdowns = found.breakdowns([entry.tag for entry in entries])
    return visit.page(
        "report.html",
        title_of_report=asked.get("title", "")[:200] or t("An audience", "人群"),
        text=text,
        result=result(_counted(found, breakdowns), found.expected, None, t),
        traits=traits([one for one in breakdowns if one.tag not in found.condition.tags], t),
        sections=[beside(one, t, is_fact=entry.kind == "fact") for one, entry in zip(breakdowns, entries, strict=True)],
        as_of=t.day(entries[0].rows.as_of) if entries and entries[0].rows else "",
    )


def _counted(asked: Asking, breakdowns: Sequence[Breakdown]) -> Count:
    """How many a breakdown has counted already; where there is none, they are counted."""
    return next((Count(one.users, one.everybody) for one in breakdowns), None) or asked.count


def _answer(visit: Visit, asked: Asking, held_out: float) -> dict[str, Any]:
    """What a page shows of a condition: how many there are, and what more was asked for.

    `more` is what to expect of them and how they differ; people are shown only to who may see them and asks for them.
    """
    moment, t, query = visit.moment, visit.tongue, visit.request.query_params
    is_detailed = "more" in query or "people" in query
    tags = moment.workspace.project.spec.tags
    names = {tag: t.said(title_of_tag(tag, tags[tag])) for tag in shown_kinds(tags)}
    by = query.get("by", "") if query.get("by", "") in names else _most_telling(moment, asked)
    outcomes = asked.expected if is_detailed else []
    return {
        "result": result(asked.count, outcomes, asked.power(held_out) if is_detailed else None, t),
        "is_detailed": is_detailed,
        "more": _asking_too(visit, "more"),
        "show_people": _asking_too(visit, "people"),
        "beside": _beside(moment, asked, by, t) if by and is_detailed else None,
        "by": by,
        "tags": names,
        "people": people(asked.preview(_FIRST), names, t) if "people" in query and visit.may("marketer") else None,
    }


def _asking_too(visit: Visit, name: str) -> str:
    """The present address, with something more asked for."""
    return visit.request.url.include_query_params(**{name: "1"}).query


def _most_telling(moment: Moment, asked: Asking) -> str:
    """The tag that most people have, of those that the condition does not ask for where there are any."""
    written = {entry.tag: entry.coverage or 0.0 for entry in moment.usable()}
    others = [tag for tag in written if tag not in asked.condition.tags]
    return max(others or written, key=lambda tag: written[tag], default="")


def _beside(moment: Moment, asked: Asking, by: str, t: Tongue) -> Beside:
    return beside(asked.breakdown(by), t, is_fact=moment.workspace.project.spec.tags[by].kind == "fact")


def audience_of(visit: Visit, name: str) -> Audience:
    """A declared audience.

    Raises:
        UsageError: the project has no such audience.
    """
    for found in visit.moment.audiences():
        if found.name == name:
            return found
    near = nearest(name, visit.moment.workspace.project.spec.audiences)
    told = visit.tongue(
        "There is no audience called “{name}”{near}.", "没有名为“{name}”的人群{near}。", name=name, near=near
    )
    raise UsageError(told)


def attached(file: Download) -> Response:
    """The file, for a browser to keep."""
    return Response(
        file.content,
        media_type="text/csv; charset=utf-8" if file.name.endswith(".csv") else "application/vnd.apache.parquet",
        headers={"Content-Disposition": f'attachment; filename="{file.name}"', "X-Users": str(file.users)},
    )


def form_of(asked: object) -> FileForm:
    """The form of file that is asked for; CSV unless it is Parquet."""
    return "parquet" if asked == "parquet" else "csv"
