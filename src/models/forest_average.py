"""The average of several forests as one: all their trees, whose leaves answer that much less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .forest_text import divided

__all__ = ["averaged"]

_SCALED = ("leaf_value=", "internal_value=")


def averaged(texts: Sequence[str]) -> str:
    """LightGBM's text of a forest whose margins are the mean of the margins of those given.

    All have learned the same columns and one objective, so the head of the first is that of all but for its sizes.

    Raises:
        DamagedError: a text is not one of LightGBM's.

    Source: Caruana, Niculescu-Mizil, Crew, Ksikes (2004), Ensemble selection from libraries of models (averages).
    """
    if len(texts) == 1:
        return texts[0]
    blocks = [block for text in texts for block in divided(text)[1]]
    trees = ["\n".join(_lines(block, number, len(texts))) for number, block in enumerate(blocks)]
    sizes = " ".join(str(len(tree.encode())) for tree in trees)
    head = texts[0][: texts[0].index("\nTree=0\n")]
    told = [f"tree_sizes={sizes}" if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return "\n".join(told) + "\n" + "".join(trees) + "end of trees\n\npandas_categorical:null\n"


def _lines(block: str, number: int, n_forests: int) -> Iterator[str]:
    yield f"Tree={number}"
    for line in block.split("\n")[1:]:
        key = next((key for key in _SCALED if line.startswith(key)), None)
        yield line if key is None else key + _divided_by(n_forests, line.removeprefix(key))


def _divided_by(n_forests: int, values: str) -> str:
    return " ".join(repr(float(value) / n_forests) for value in values.split())
