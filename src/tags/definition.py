"""What a tag is, and why a user does not have it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..features.spec import CohortSpec, TargetSpec
from ..quantities import Duration
from ..specs import TitleSpec
from .declared import Said
from .spec import FactSpec, PredictiveSpec, RuleSpec, TagSpec

__all__ = ["Part", "PartName", "class_in_words", "definition", "horizon", "why_absent"]

PartName = Literal["who", "when", "outcome", "class", "attribute", "shows", "score"]


@dataclass(frozen=True)
class Part:
    """One part of a definition, such as who is judged."""

    name: PartName
    said: Said

    def as_dict(self) -> dict[str, Any]:
        """The part as JSON holds it."""
        return {"part": self.name, **self.said.as_dict()}


def definition(spec: TagSpec) -> tuple[Part, ...]:
    """The tag's definition, part by part: who, when and what outcome; or classes; or the attribute."""
    if isinstance(spec, FactSpec):
        return (_shown(spec),)
    who = Part("who", _who(spec))
    if isinstance(spec, PredictiveSpec):
        return who, Part("when", _when(spec)), Part("outcome", _outcome(spec.target))
    names = [*spec.classes, *([spec.otherwise] if spec.otherwise else [])]
    told = [(name, class_in_words(spec, name)) for name in names]
    classes = [Part("class", Said(f"{name}: {said.en}", f"{name}：{said.zh}")) for name, said in told]
    return who, *_scores(spec), *classes


def class_in_words(spec: RuleSpec, name: str) -> Said:
    """What a class of a rule means: its words and its condition."""
    words, condition = spec.words.get(name, TitleSpec()), spec.classes.get(name)
    plain = Said(condition, condition) if condition else Said("everybody else", "其余用户")
    if not words.en:
        return plain
    return Said(f"{words.en} ({plain.en})", f"{words.zh or words.en}（{plain.zh}）")


def horizon(spec: TagSpec) -> Said | None:
    """How long the outcome of a prediction may take; None of other tags."""
    return _span(spec.target.horizon) if isinstance(spec, PredictiveSpec) else None


def why_absent(spec: TagSpec, day: str) -> Said:
    """Why a user may lack a tag that was written on others on a day."""
    if isinstance(spec, FactSpec):
        return _untold(spec)
    reasons = [*_missed_trigger(spec), *_missed_cohort(spec)]
    if isinstance(spec, RuleSpec) and not spec.otherwise:
        none = Said("no condition of a class holds", "不满足任何类别的条件")
        if not reasons:
            return Said(f"{none.en} on {day}", f"{day} {none.zh}")
        reasons.append(none)
    if not reasons:
        reasons.append(Said("not seen before", "此前没有任何记录"))
    told = Said(" or ".join(one.en for one in reasons), "，或".join(one.zh for one in reasons))
    return Said(f"not in the cohort on {day}: {told.en}", f"{day} 不在目标人群中：{told.zh}")


def _scores(spec: RuleSpec) -> list[Part]:
    told = []
    for name, score in spec.scores.items():
        good = {"high": ("most", "最高"), "low": ("least", "最低")}[score.best]
        en = f"{name}: 1 to {score.parts} by {score.of}, {score.parts} for the {good[0]}"
        zh = f"{name}：按 {score.of} 评为 1 至 {score.parts}，{good[1]}者为 {score.parts}"
        told.append(Part("score", Said(en, zh)))
    return told


def _shown(spec: FactSpec) -> Part:
    """What a fact shows."""
    if spec.attribute is not None:
        return Part("attribute", Said(f"{spec.attribute}, as the source tells it", f"来源数据中的 {spec.attribute}"))
    if spec.favourite is not None:
        top, one, span = spec.favourite.top, spec.favourite, _before(spec.favourite.within)
        which = Said("the", "") if top == 1 else Said(f"the {top} values of", f"前 {top} 个")
        en = f"{which.en} {one.property} with the most {one.signal}{span.en}"
        return Part("shows", Said(en, f"{span.zh}{one.signal} 最多的{which.zh} {one.property}"))
    for end, told in spec.ends.items():
        zh = {"first": "日志中首次", "last": "最近一次"}[end]
        en = f"{told.show or 'the day'} of the {end} event of {told.signal}" + (" in the log" if end == "first" else "")
        return Part("shows", Said(en, f"{zh} {told.signal} 的{told.show or '日期'}"))
    return Part("shows", Said(f"the feature {spec.feature}", f"特征 {spec.feature}"))


def _untold(spec: FactSpec) -> Said:
    """Why a fact may be told of others and not of a user."""
    if spec.favourite is not None:
        span = _before(spec.favourite.within)
        told = spec.favourite.signal
        return Said(f"no {told} with a known {spec.favourite.property}{span.en}", f"{span.zh}没有 {told}")
    for end in spec.ends.values():
        return Said(f"no event of {end.signal} before", f"此前没有 {end.signal}")
    name = spec.attribute or spec.feature
    return Said(f"{name} of this user is not known", f"该用户的 {name} 未知")


def _who(spec: PredictiveSpec | RuleSpec) -> Said:
    cohort = spec.cohort
    if cohort is not None:
        event, span = _event(cohort.event_type, cohort.where), _before(cohort.within)
        return Said(f"users with the event {event.en}{span.en}", f"{span.zh}有 {event.zh} 事件的用户")
    if isinstance(spec, PredictiveSpec) and spec.cutoffs.on is not None:
        event = _event(spec.cutoffs.on, spec.cutoffs.where)
        return Said(f"users with the event {event.en}", f"有 {event.zh} 事件的用户")
    return Said("everybody seen before", "此前出现过的所有用户")


def _when(spec: PredictiveSpec) -> Said:
    cutoffs = spec.cutoffs
    if cutoffs.on is None:
        every = _span(cutoffs.every or Duration(28 * 86_400))
        return Said(f"trained on cutoffs every {every.en}", f"训练时每{every.zh}取一个截止时刻")
    event = _event(cutoffs.on, cutoffs.where)
    if not cutoffs.at.seconds:
        return Said(f"at each event {event.en}", f"每次 {event.zh} 发生时")
    side = ("after", "后") if cutoffs.at.seconds > 0 else ("before", "前")
    span = _span(Duration(abs(cutoffs.at.seconds)))
    return Said(f"{span.en} {side[0]} each event {event.en}", f"每次 {event.zh} 发生{side[1]}{span.zh}")


def _outcome(target: TargetSpec) -> Said:
    event, horizon = _event(target.event, target.where), _span(target.horizon)
    en, zh = f"the event {event.en}", f"发生 {event.zh} 事件"
    if target.absent:
        en, zh = f"no event {event.en}", f"没有 {event.zh} 事件"
    elif target.count:
        en, zh = f"how often {event.en} happens", f"{event.zh} 事件发生的次数"
    elif target.sum and target.at_least is None:
        en, zh = f"what {target.sum} of {event.en} adds up to", f"{event.zh} 的 {target.sum} 合计"
    elif target.sum:
        en = f"{target.sum} of {event.en} adds up to {target.at_least:g} or more"
        zh = f"{event.zh} 的 {target.sum} 合计不少于 {target.at_least:g}"
    if target.same:
        en, zh = f"{en} with the same {target.same}", f"{target.same} 相同且{zh}"
    en, zh = f"{en} within {horizon.en}", f"{horizon.zh}内{zh}"
    if not target.gap.seconds:
        return Said(en, zh)
    gap = _span(target.gap)
    return Said(f"{en}, counted from {gap.en} after the cutoff", f"自截止时刻{gap.zh}后起，{zh}")


def _missed_trigger(spec: PredictiveSpec | RuleSpec) -> list[Said]:
    if isinstance(spec, RuleSpec) or spec.cutoffs.on is None:
        return []
    event, span = _event(spec.cutoffs.on, spec.cutoffs.where), _before(spec.valid_for)
    return [Said(f"no event {event.en}{span.en}", f"{span.zh}没有 {event.zh} 事件")]


def _missed_cohort(spec: PredictiveSpec | RuleSpec) -> list[Said]:
    cohort: CohortSpec | None = spec.cohort
    if cohort is None:
        return []
    event, span = _event(cohort.event_type, cohort.where), _before(cohort.within)
    return [Said(f"no event {event.en}{span.en}", f"{span.zh}没有 {event.zh} 事件")]


def _event(name: str, where: str | None) -> Said:
    return Said(f"{name} where {where}", f"{name}（{where}）") if where else Said(name, name)


def _before(within: Duration | None) -> Said:
    if within is None:
        return Said(" at any time before", "此前")
    span = _span(within)
    return Said(f" in the {span.en} before", f"此前{span.zh}内")


def _span(duration: Duration) -> Said:
    """A duration in its largest whole unit.

    >>> _span(Duration(86_400)).en, _span(Duration(2_419_200)).zh
    ('1 day', '28天')
    """
    names = ((86_400, "day", "天"), (3_600, "hour", "小时"), (60, "minute", "分钟"), (1, "second", "秒"))
    size, en, zh = next(one for one in names if duration.seconds % one[0] == 0)
    n = duration.seconds // size
    return Said(f"{n:,} {en}{'' if n == 1 else 's'}", f"{n:,}{zh}")
