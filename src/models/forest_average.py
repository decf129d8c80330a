"""Forests of LightGBM's text made into others: the average of several, and one that answers higher or lower."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .forest_text import divided

__all__ = ["averaged", "raised"]

_MARGINS = ("leaf_value=", "internal_value=")


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
    return _together(texts[0], [_changed(block, lambda value: value / len(texts)) for block in blocks])


def raised(text: str, by: float) -> str:
    """LightGBM's text of a forest whose margins are all that much higher: the leaves of its first tree are.

    Raises:
        DamagedError: the text is not one of LightGBM's.
    """
    first, *others = divided(text)[1]
    return _together(text, [_changed(first, lambda value: value + by), *others])


def _together(text: str, blocks: Sequence[str]) -> str:
    """The text of a forest of these trees, with the head of another."""
    trees = ["\n".join([f"Tree={number}", *block.split("\n")[1:]]) for number, block in enumerate(blocks)]
    sizes = " ".join(str(len(tree.encode())) for tree in trees)
    head = text[: text.index("\nTree=0\n")]
    told = [f"tree_sizes={sizes}" if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return "\n".join(told) + "\n" + "".join(trees) + "end of trees\n\npandas_categorical:null\n"


def _changed(block: str, change: Callable[[float], float]) -> str:
    return "\n".join(_line(line, change) for line in block.split("\n"))


def _line(line: str, change: Callable[[float], float]) -> str:
    """A line of a tree, its margins changed where it tells any."""
    key = next((key for key in _MARGINS if line.startswith(key)), None)
    if key is None:
        return line
    return key + " ".join(repr(change(float(value))) for value in line.removeprefix(key).split())
