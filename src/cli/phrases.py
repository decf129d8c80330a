"""The words of the screens, in English and Chinese, and how numbers and instants stand among them."""

from __future__ import annotations

import math
from typing import get_args

from ..errors import UsageError
from ..features.wording import Language

__all__ = ["amount", "chance", "day", "language", "name_of", "percent", "phrase", "rank"]

_PHRASES: dict[str, tuple[str, str]] = {
    "tag": ("Tag", "标签"),
    "kind": ("Kind", "类型"),
    "users": ("Users", "用户数"),
    "grade": ("Grade", "等级"),
    "state": ("State", "状态"),
    "predictive": ("prediction", "预测"),
    "value": ("amount", "金额或次数"),
    "rule": ("rule", "规则"),
    "fact": ("fact", "事实"),
    "shows": ("Shows", "内容"),
    "no model yet": ("no model yet", "尚无模型"),
    "never scored": ("never scored", "尚未打分"),
    "until": ("until {day}", "有效至 {day}"),
    "expired": ("expired {day}", "已于 {day} 过期"),
    "no rows": ("on nobody", "无人拥有"),
    "draft": ("draft", "草稿"),
    "deprecated": ("deprecated", "已弃用"),
    "definition": ("Version", "版本"),
    "hash": ("definition {hash}", "定义 {hash}"),
    "as of": (", as of {day}", "，截至 {day}"),
    "health": ("Health", "健康度"),
    "health coverage": ("Coverage", "覆盖"),
    "health freshness": ("Freshness", "新鲜"),
    "health stability": ("Stability", "稳定"),
    "health use": ("Use", "使用"),
    "health contribution": ("Gain", "增益"),
    "health legend": (
        "Health is the mean of its parts, each from 0 to 100; · where there is nothing to judge.",
        "健康度为各项（0 至 100）的平均；· 表示该项不适用。",
    ),
    "proposal": ("Proposal", "建议"),
    "catalogue": ("{tags}, {users} users in the log", "{tags} 个标签，日志中共 {users} 名用户"),
    "who": ("Who", "人群"),
    "when": ("When", "时刻"),
    "outcome": ("Outcome", "结果"),
    "class": ("Classes", "类别"),
    "attribute": ("Attribute", "属性"),
    "score": ("Scores", "评分"),
    "quality": ("Quality", "质量"),
    "quality is": ("Grade {grade}. {sentence}", "等级 {grade}。{sentence}"),
    "model": ("Model", "模型"),
    "model is": (
        "version {version}, {form}, trained on outcomes until {day}",
        "版本 {version}，{form}，训练所用结果截至 {day}",
    ),
    "recipe": ("Recipe", "配方"),
    "expected": ("Expected", "预计"),
    "expected is": (
        "{chance} on average: the outcome for about {expected} of {users} users",
        "平均 {chance}：{users} 名用户中约 {expected} 名会出现该结果",
    ),
    "amounts are": ("{mean} on average, {total} from {users} users", "平均 {mean}：{users} 名用户合计 {total}"),
    "coverage": ("Covers", "覆盖"),
    "coverage is": ("{users} of {of} users ({share}) as of {day}", "截至 {day}，{of} 名用户中的 {users} 名（{share}）"),
    "bands": ("Shares", "分布"),
    "rest": ("all others", "其余"),
    "owner": ("Owner", "负责人"),
    "owner is": ("{owner}; for {purpose}", "{owner}；用途：{purpose}"),
    "nobody": ("nobody yet", "尚未指定"),
    "note": ("Note", "注意"),
    "user": ("User {user}", "用户 {user}"),
    "seen": (
        "In the log since {first}, last seen on {last}. {count} events: {events}.",
        "自 {first} 起有记录，最近一次为 {last}。共 {count} 个事件：{events}。",
    ),
    "unseen": ("The log has no event of this user.", "日志中没有该用户的事件。"),
    "chance": ("{chance} chance", "可能性 {chance}"),
    "amount": (
        "expected {mean} in the next {ahead}, 8 of 10 between {low} and {high}",
        "未来{ahead}预计 {mean}，10 人中有 8 人在 {low} 至 {high} 之间",
    ),
    "top": ("top {share} of {n} users", "在 {n} 名用户中位列前 {share}"),
    "bottom": ("bottom {share} of {n} users", "在 {n} 名用户中位列后 {share}"),
    "tier": ("tier {tier}", "分层：{tier}"),
    "frozen tier": ("{tier} at the training", "按训练时分布：{tier}"),
    "frozen": ("Frozen", "冻结"),
    "fresh": ("as of {as_of}, valid until {until}", "截至 {as_of}，有效至 {until}"),
    "stale": ("as of {as_of}, expired on {until}: do not use it", "截至 {as_of}，已于 {until} 过期：请勿使用"),
    "version": ("model version {version}", "模型版本 {version}"),
    "backfilled": ("filled in afterwards", "事后补算"),
    "forbidden": ("not to be used: {why}", "不可使用：{why}"),
    "absent": ("Not tagged", "没有的标签"),
    "legend": (
        "+ raises the chance or the amount, {minus} lowers it; the strongest reason comes first.",
        "+ 提高可能性或数额，{minus} 降低；影响最大的原因排在最前。",
    ),
    "higher": ("higher than on {since}", "比 {since} 上升"),
    "lower": ("lower than on {since}", "比 {since} 下降"),
    "unmoved": ("as on {since}", "与 {since} 相同"),
    "under": ("under {share}", "低于 {share}"),
    "over": ("over {share}", "高于 {share}"),
}

_NAMES = {
    "very_high": "很高",
    "high": "高",
    "medium": "中",
    "low": "低",
    "very_low": "很低",
    "rule": "规则",
    "unproven": "未证实",
    "marketing": "营销",
    "champion": "重要价值",
    "loyal": "忠诚",
    "big_spender": "高消费",
    "promising": "有潜力",
    "at_risk": "有流失风险",
    "regular": "一般",
    "occasional": "偶尔购买",
    "new": "新客",
    "new_or_back": "新客或回归",
    "won_back": "回归",
    "active": "活跃",
    "sleeping": "沉睡",
    "lost": "流失",
    "abandoned": "已放弃",
    "sure_thing": "无需推动",
    "lost_cause": "难以推动",
}
"""Names that many projects use; all others are the project's own and stand as they are."""


def language(lang: str) -> Language:
    """The language that `--lang` asks for.

    Raises:
        UsageError: there are no words in it.
    """
    for known in get_args(Language):
        if lang == known:
            found: Language = known
            return found
    raise UsageError(f'--lang: there are no words in "{lang}"; write {" or ".join(get_args(Language))}')


def phrase(key: str, lang: Language, **words: object) -> str:
    """The phrase with its words filled in."""
    return _PHRASES[key][lang == "zh"].format(**words)


def name_of(name: str, lang: Language) -> str:
    """A tier, grade or purpose as people read it.

    >>> name_of("very_high", "en"), name_of("very_high", "zh"), name_of("gold_card", "zh")
    ('very high', '很高', 'gold card')
    """
    return _NAMES.get(name, name.replace("_", " ")) if lang == "zh" else name.replace("_", " ")


def percent(share: float, lang: Language, digits: int = 0) -> str:
    """The share in percent, as the language writes it.

    >>> percent(0.123, "en"), percent(0.123, "zh", 1)
    ('12 %', '12.3%')
    """
    written = f"{100 * share:.{digits}f}"
    return f"{written}%" if lang == "zh" else f"{written} %"


def chance(probability: float, lang: Language) -> str:
    """A chance as one says it: whole percents, one digit more below a tenth, and never "0 %" or "100 %".

    >>> [chance(one, "en") for one in (0.62, 0.0432, 0.0002, 0.9999)]
    ['62 %', '4.3 %', 'under 0.1 %', 'over 99 %']
    """
    if probability < 0.001:
        return phrase("under", lang, share=percent(0.001, lang, 1))
    if probability > 0.99:
        return phrase("over", lang, share=percent(0.99, lang))
    return percent(probability, lang, 1 if probability < 0.0995 else 0)


def amount(value: float, *, whole: bool = False) -> str:
    """An amount as one says it: in full from a thousand on, else with its cents where it has any.

    >>> [amount(one) for one in (84.2, 0.0, 210.0, 1234.5, -0.001)], amount(84.2, whole=True)
    (['84.20', '0', '210', '1,234', '0'], '84')
    """
    rounded = round(value, 2) + 0.0
    return f"{rounded:,.0f}" if whole or abs(rounded) >= 1000 or rounded == int(rounded) else f"{rounded:,.2f}"


def rank(percentile: float, n: int, lang: Language) -> str:
    """Where a percentile, of which 100 is the best, stands among n.

    >>> rank(97.5, 1000, "en"), rank(100.0, 4, "en"), rank(3.0, 1000, "zh")
    ('top 3 % of 1,000 users', 'top 25 % of 4 users', '在 1,000 名用户中位列后 3%')
    """
    top = 100.0 - percentile + 100.0 / max(n, 1)
    side, share = ("top", top) if top <= 50 else ("bottom", percentile)
    whole = min(max(math.ceil(round(share, 6)), 1), 100)
    return phrase(side, lang, share=percent(whole / 100, lang), n=f"{n:,}")


def day(instant: str) -> str:
    """An instant as people read it: the day, and the time where it is not midnight.

    >>> day("2018-01-01T00:00:00Z"), day("2018-01-01T04:01:21Z")
    ('2018-01-01', '2018-01-01 04:01')
    """
    return instant[:10] if instant[11:16] == "00:00" else f"{instant[:10]} {instant[11:16]}"
