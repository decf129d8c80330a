import numpy as np
import pytest

from tests.models.tables import table


def test_of_all_rows_no_copy_is_made() -> None:
    whole = table(100)

    assert whole.at(np.arange(100)) is whole


@pytest.mark.parametrize("rows", [np.arange(99), np.arange(100)[::-1], np.append(np.arange(99), 0), np.arange(0)])
def test_other_rows_come_as_asked(rows: np.ndarray) -> None:
    whole = table(100)
    found = whole.at(rows)

    np.testing.assert_array_equal(found.vectors, whole.vectors[rows])
    np.testing.assert_array_equal(found.labels, whole.labels[rows])
