"""How ambitious a model of amounts may be, given how many people it can learn from."""

from __future__ import annotations

from dataclasses import replace

from ..ladder import Evidence, Recipe, recipe_for

__all__ = ["recipe_of"]

_SHALLOW = ("enough people: shallow trees, for amounts have long tails", "人数充足：浅层树，因金额分布长尾")
_LINEAR = ("few people: a regularised regression on a logarithm", "人数较少：正则化对数线性回归")


def recipe_of(evidence: Evidence) -> Recipe:
    """How ambitious a model of amounts may be: as one of chances, by how many people have an amount and how many none.

    >>> recipe_of(Evidence(positive_users=40, negative_users=500)).sentence
    'few people: a regularised regression on a logarithm'
    """
    recipe = recipe_for(evidence)
    if recipe.form == "linear":
        return replace(recipe, sentence=_LINEAR[0], sentence_zh=_LINEAR[1])
    if recipe.space == "wide":
        return replace(recipe, space="shallow", sentence=_SHALLOW[0], sentence_zh=_SHALLOW[1])
    return recipe
