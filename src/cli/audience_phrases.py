"""The words of the screens about audiences, in English and Chinese."""

from __future__ import annotations

from ..features.wording import Language

__all__ = ["told"]

_PHRASES: dict[str, tuple[str, str]] = {
    "audiences": ("{n} audiences", "{n} 个人群"),
    "one audience": ("1 audience", "1 个人群"),
    "none": ("The project file declares no audience yet.", "项目文件中尚未声明人群。"),
    "audience": ("Audience", "人群"),
    "users": ("Users", "用户数"),
    "share": ("Share", "占比"),
    "of all": ("Of all", "总体占比"),
    "index": ("Index", "TGI"),
    "held out": ("Held out", "保留对照"),
    "last saved": ("Saved", "保存于"),
    "who": ("Who", "条件"),
    "list": ("users listed in {file}", "{file} 中列出的用户"),
    "without": ("Without", "排除"),
    "holds": ("Holds", "规模"),
    "holds is": ("{users} of {of} users ({share})", "{of} 名用户中的 {users} 名（{share}）"),
    "left alone": ("Left alone", "保留对照"),
    "left alone is": ("{users} users ({share}), to measure lift", "{users} 名（{share}），用于衡量提升"),
    "expected": ("Expected", "预计结果"),
    "outcome": ("Outcome", "结果"),
    "tagged": ("Tagged", "有标签"),
    "number": ("Number", "预计人数"),
    "from to": ("95 % interval", "95% 区间"),
    "chance": ("Chance", "可能性"),
    "of everybody": ("Of all", "总体"),
    "saved": ("Saved", "历史"),
    "moment": ("{day}: {users} users, {added} came, {left} left", "{day}：{users} 名用户，新增 {added}，离开 {left}"),
    "first moment": ("{day}: {users} users", "{day}：{users} 名用户"),
    "sink": ("Sent to", "发送至"),
    "problem": ("Problem", "问题"),
    "matching": ("{users} of {of} users match ({share})", "{of} 名用户中有 {users} 名符合（{share}）"),
    "nobody matches": ("Nobody matches.", "没有符合的用户。"),
    "first users": (
        "The first {n}, by {tag}: the highest rank comes first",
        "前 {n} 名，按 {tag} 排名从高到低",
    ),
    "some users": ("The first {n}, by id", "前 {n} 名，按编号排序"),
    "user": ("User", "用户"),
    "beside": (
        "{users} users, by {title}, beside {of} in all",
        "{users} 名用户，按 {title} 划分，与全部 {of} 名对比",
    ),
    "lacking": ("without it", "无此标签"),
    "index is": (
        "Index: 100 times the share here by the share of all; above 100 it is more frequent here.",
        "TGI：人群占比除以总体占比再乘以 100；高于 100 表示在该人群中更常见。",
    ),
    "in common": ("Users in common, and their part of the row's audience", "共同用户数及其占该行人群的比例"),
    "outcome saved": ("saved", "已保存"),
    "outcome unchanged": ("unchanged", "未变化"),
    "outcome refused": ("refused", "被拒绝"),
    "came": ("Came", "新增"),
    "left": ("Left", "离开"),
    "result": ("Result", "结果"),
    "saved n": ("Audiences as of {day}", "截至 {day} 的人群"),
}


def told(key: str, lang: Language, **words: object) -> str:
    """The phrase with its words filled in."""
    return _PHRASES[key][lang == "zh"].format(**words)
