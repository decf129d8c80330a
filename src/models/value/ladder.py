"""How ambitious a model of amounts may be, given how many people it can learn from."""

from __future__ import annotations

from dataclasses import replace

from ..ladder import Evidence, Recipe, recipe_for

__all__ = ["has_two_stages", "recipe_of"]

_SHALLOW = ("enough people: shallow trees, for amounts have long tails", "人数充足：浅层树，因金额分布长尾")
_LINEAR = ("few people: a regularised regression on a logarithm", "人数较少：正则化对数线性回归")


def recipe_of(evidence: Evidence) -> Recipe:
    """How ambitious a model of amounts may be: as one of chances, but by how many people have an amount.

    >>> recipe_of(Evidence(positive_users=40, negative_users=0)).sentence
    'few people: a regularised regression on a logarithm'
    """
    recipe = recipe_for(Evidence(evidence.positive_users, evidence.positive_users))
    if recipe.form == "linear":
        return replace(recipe, sentence=_LINEAR[0], sentence_zh=_LINEAR[1])
    if recipe.space == "wide":
        return replace(recipe, space="shallow", sentence=_SHALLOW[0], sentence_zh=_SHALLOW[1])
    return recipe


def has_two_stages(evidence: Evidence) -> bool:
    """Whether enough people have an amount, and enough have none, for trees that tell who has any.

    >>> has_two_stages(Evidence(positive_users=5_000, negative_users=20))
    False
    """
    return recipe_for(evidence).form == "forest"
