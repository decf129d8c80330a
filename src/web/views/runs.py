"""The runs as pages show them: how fresh everything is, and how each run ended, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...tags.catalogue import Entry
from ...timeline import DAY, shown
from ..saying import Tongue
from ..site import Moment
from .catalogue import state_of

__all__ = ["Freshness", "RunRow", "RunView", "freshness_of", "run_row", "run_view"]

_COMMANDS = {
    "ingest": ("Brought in data", "导入数据"),
    "train": ("Trained", "训练"),
    "score": ("Scored", "打分"),
    "restore": ("Brought back an earlier state", "恢复早先状态"),
    "vacuum": ("Cleared old files", "清理旧文件"),
    "sync": ("Sent audiences", "同步人群"),
    "export": ("Took people away", "导出用户"),
    "audience": ("Saved audiences", "保存人群"),
}
_ENDS = {0: ("done", "完成"), 1: ("refused in part", "部分被拒")}
_LEVELS = {0: "good", 1: "fair"}


@dataclass(frozen=True)
class Freshness:
    """How fresh something is: a source or a tag."""

    name: str
    told: str
    is_stale: bool
    link: str


@dataclass(frozen=True)
class RunRow:
    """A run in the list."""

    run_id: str
    what: str
    when: str
    took: str
    outcome: str
    level: str
    told: str


@dataclass(frozen=True)
class RunView:
    """One run: its row, what became of each tag or source, and its manifest as text."""

    row: RunRow
    parts: tuple[tuple[str, str, tuple[str, ...]], ...]
    manifest: str


def freshness_of(moment: Moment, entries: Sequence[Entry], t: Tongue) -> tuple[Freshness, ...]:
    """The sources by when they last delivered, then the tags by until when they hold."""
    log, spec = moment.log(), moment.workspace.project.spec
    found = []
    for source, second in sorted(log.watermarks.items()) if log else ():
        behind = moment.now() - second
        is_stale = behind > spec.max_staleness.seconds
        told = t("delivered until {day}", "数据截至 {day}", day=t.day(shown(second)))
        if is_stale:
            told += t(", {n} days behind", "，落后 {n} 天", n=behind // DAY)
        found.append(Freshness(t.name(source), told, is_stale, ""))
    health = {one.tag: one.points for one in moment.health()}
    for entry in entries:
        state, is_stale = state_of(entry, t)
        points = health.get(entry.tag)
        if points is not None:
            state += t(", health {n} of 100", "，健康度 {n} / 100", n=points)
        found.append(Freshness(t.said(entry.title), state, is_stale, f"/tags/{entry.tag}"))
    return tuple(found)


def run_row(manifest: Mapping[str, Any], t: Tongue) -> RunRow:
    """A run as a line; manifests of other commands than these stand under their own name."""
    command, code = str(manifest.get("command", "")), manifest.get("exit_code", 0)
    started, ended = manifest.get("started", ""), manifest.get("ended", "")
    ends = t(*_ENDS.get(code, ("failed", "失败")))
    return RunRow(
        run_id=manifest["run_id"],
        what=t(*_COMMANDS.get(command, (command, command))),
        when=t.moment(started) if started else "",
        took=t.span(_seconds(started, ended)) if started and ended else "",
        outcome=ends,
        level=_LEVELS.get(code, "weak"),
        told=_told(manifest, t),
    )


def run_view(manifest: Mapping[str, Any], t: Tongue) -> RunView:
    """A run in full."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True)
    return RunView(run_row(manifest, t), tuple(_parts(manifest, t)), text)


def _told(manifest: Mapping[str, Any], t: Tongue) -> str:
    tags, sources = _listed(manifest, "tags"), _listed(manifest, "sources")
    if sources:
        added = sum(one.get("rows_added", 0) for one in sources if not str(one.get("name")).startswith("attributes."))
        return t("{n} new events", "{n} 个新事件", n=t.count(added))
    if tags:
        refused = sum(one.get("exit_code", 0) > 0 for one in tags)
        told = t("{n} tags", "{n} 个标签", n=len(tags)) if len(tags) != 1 else t("1 tag", "1 个标签")
        return told if not refused else told + t(", {n} refused", "，{n} 个被拒", n=refused)
    return ""


def _parts(manifest: Mapping[str, Any], t: Tongue) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for one in _listed(manifest, "sources"):
        told = t(
            "{added} new of {read} rows, {bad} in quarantine",
            "读取 {read} 行，新增 {added}，隔离 {bad}",
            added=t.count(one.get("rows_added", 0)),
            read=t.count(one.get("rows_read", 0)),
            bad=t.count(sum(one.get("quarantined", {}).values())),
        )
        yield str(one.get("name") or one.get("source", "")), told, ()
    for one in _listed(manifest, "sinks"):
        words = {name: t.count(one.get(name, 0)) for name in ("added", "updated", "left")}
        told = t("to {sink}: {outcome}", "至 {sink}：{outcome}", sink=one.get("sink"), outcome=one.get("outcome"))
        told += t(
            "; {added} came, {updated} changed, {left} left", "；新增 {added}，变动 {updated}，离开 {left}", **words
        )
        yield str(one.get("audience", "")), told, tuple(str(one[key]) for key in ("reason",) if one.get(key))
    if "where" in manifest or "audience" in manifest:
        words = {name: t.count(manifest.get(name, 0)) for name in ("users", "held_out")}
        told = t("{users} people in a file, {held_out} left alone", "文件含 {users} 人，{held_out} 人留作对照", **words)
        yield str(manifest.get("where") or manifest["audience"]), told, ()
    for one in _listed(manifest, "tags"):
        rows = one.get("rows")
        told = t.name(str(one.get("outcome", "")))
        if rows is not None:
            told += t(", {n} people", "，{n} 人", n=t.count(rows))
        notes = [one.get("reason"), one.get("sentence"), *(one.get("reasons") or ()), *(one.get("warnings") or ())]
        yield str(one.get("tag", "")), told, tuple(str(note) for note in notes if note)


def _listed(manifest: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = manifest.get(key)
    if isinstance(found, dict):
        return [{"name": name, **one} for name, one in found.items() if isinstance(one, dict)]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _seconds(started: str, ended: str) -> float:
    first, last = (datetime.fromisoformat(one) for one in (started, ended))
    return (last - first).total_seconds()
