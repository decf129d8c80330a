import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.features import kernel_cache
from limner.models.forest import ForestScorer, parse_forest_scorer
from limner.models.forest_columns import columns_of
from limner.models.forest_splits import rounded_down, splits_of

from .boosters import Matrix, Shape, odd_vectors, text

COMPILES = re.compile(r"kernel_cache import .*(compiled|inlined|lean)")
CUTS = (0, 1, 2, 257, 512, 513, 4700, 9000)
DOUBLES = st.floats(allow_nan=False) | st.sampled_from([1e-46, -1e-46, 1e300, 0.1])


def test_rows_do_not_disturb_each_other() -> None:
    X = many_rows()

    margins = [scorer().margin(X[start:end]) for start, end in pairwise(CUTS)]
    parts = [scorer().contributions(X[start:end]) for start, end in pairwise(CUTS)]

    np.testing.assert_array_equal(np.concatenate(margins), scorer().margin(X))
    np.testing.assert_array_equal(np.concatenate(parts), scorer().contributions(X))


def test_threads_make_the_same_bits() -> None:
    X = many_rows()
    fresh = parse_forest_scorer(scorer().text)

    with ThreadPoolExecutor(4) as threads:
        margins = list(threads.map(fresh.margin, np.array_split(X, 16)))
        parts = list(threads.map(fresh.contributions, np.array_split(X, 16)))

    np.testing.assert_array_equal(np.concatenate(margins), scorer().margin(X))
    np.testing.assert_array_equal(np.concatenate(parts), scorer().contributions(X))


@pytest.mark.parametrize(("leaves", "bits"), [(32, np.uint32), (33, np.uint64), (64, np.uint64), (65, None)])
def test_a_vector_has_a_bit_for_each_leaf_or_trees_are_walked(leaves: int, bits: type[np.uint64] | None) -> None:
    trees = parse_forest_scorer(text(Shape(rows=600, leaves=leaves, rounds=1))).trees

    splits = splits_of(trees, columns_of(trees)[1])

    assert len(trees[0].value) == leaves
    assert (splits.kept.dtype if splits else None) == bits


@given(DOUBLES, st.floats(width=32))
def test_a_threshold_rounded_down_changes_no_comparison(threshold: float, value: float) -> None:
    below = float(rounded_down(np.array([threshold]))[0])

    assert below <= threshold
    assert (value <= below) == (value <= threshold)


@pytest.mark.parametrize("value", [np.nextafter(np.float32(0.1), np.float32(1)), np.float32(0.1), np.float32(0.099)])
def test_the_neighbours_of_a_threshold_stay_on_their_side(value: np.float32) -> None:
    below = rounded_down(np.array([0.1]))[0]

    assert (value <= below) == (float(value) <= 0.1)


def test_compiled_code_is_renewed_when_any_file_that_compiles_changes() -> None:
    package = Path(kernel_cache.__file__).parents[1]

    compiling = {path for path in package.rglob("*.py") if COMPILES.search(path.read_text())}

    assert len(compiling) > 6
    assert compiling - set(kernel_cache._sources(package)) == set()
    assert package / "models" / "forest_tables.py" in kernel_cache._sources(package)


def test_scoring_imports_no_library_that_trains(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text(text(Shape(rounds=4, leaves=5)))
    script = (
        "import sys, numpy, pathlib; from limner.models.scorer import parse_scorer\n"
        "scorer = parse_scorer('forest', pathlib.Path('model.txt').read_text())\n"
        "scorer.margin(numpy.zeros((1, 6), 'f4')), scorer.contributions(numpy.zeros((1, 6), 'f4'))\n"
        "print([name for name in ('lightgbm', 'mlflow', 'shap', 'sklearn', 'pandas') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


@cache
def scorer() -> ForestScorer:
    return parse_forest_scorer(text(Shape(seed=3, rows=800, leaves=31)))


@cache
def many_rows() -> Matrix:
    X: npt.NDArray[np.float32] = odd_vectors(Shape(seed=4, rows=9000))
    return X
