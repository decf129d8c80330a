"""What people call models and the rules beside them, in English and Chinese."""

from __future__ import annotations

__all__ = ["said_of_form", "said_of_rule"]

_RULE = ("a rule", "规则")
_NAMES = {
    "forest": ("gradient-boosted trees", "梯度提升树"),
    "two_stage": ("gradient-boosted trees in two stages", "两阶段梯度提升树"),
    "linear": ("a regularised regression", "正则化回归"),
    "bgnbd": ("BG/NBD", "BG/NBD"),
}
_RULES = {
    "recency": ("recency", "最近一次"),
    "frequency": ("frequency", "频次"),
    "rfm": ("RFM regression", "RFM 回归"),
    "persistence": ("the same as before", "与此前相同"),
    "bgnbd": ("BG/NBD", "BG/NBD"),
}


def said_of_form(kind: str) -> tuple[str, str]:
    """What a recipe of that kind is called, as `Fitting.kind` tells it.

    >>> said_of_form("forest_linear")
    ('the mean of gradient-boosted trees and a regularised regression', '梯度提升树与正则化回归的平均')
    """
    names = [name for form, name in _NAMES.items() if form in kind]
    if len(names) < 2:
        return names[0] if names else _RULE
    en, zh = zip(*names, strict=True)
    return f"the mean of {', '.join(en[:-1])} and {en[-1]}", f"{'、'.join(zh[:-1])}与{zh[-1]}的平均"


def said_of_rule(rule: str) -> tuple[str, str]:
    """What a system beside the model is called; any other name stays as it is.

    >>> said_of_rule("rfm")
    ('RFM regression', 'RFM 回归')
    """
    return _RULES.get(rule, (rule, rule))
