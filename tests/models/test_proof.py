import json

import numpy as np
import pytest

from limner.models.proof import _pull
from tests.models.test_train import of_world


def test_the_bundle_holds_what_the_test_showed() -> None:
    found = of_world()
    proof = found.bundle.card["proof"]

    assert proof["test"]["positives"] == found.judgement.test.positives == proof["reached"][-1]
    lift = proof["reached"][10] / found.judgement.test.positives / 0.1
    assert lift == pytest.approx(found.bundle.card["metrics"]["lift_10"], rel=1e-3)
    assert len(proof["reached"]) == 101
    assert sum(one["rows"] for one in proof["reliability"]) == found.judgement.test.rows


def test_drivers_are_told_the_strongest_first_and_in_words() -> None:
    drivers = of_world().bundle.card["proof"]["drivers"]
    shares = [one["share"] for one in drivers]

    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-9
    assert all(one["en"] and one["zh"] for one in drivers)


def test_proof_is_json_without_odd_numbers() -> None:
    assert json.loads(json.dumps(of_world().bundle.card["proof"], allow_nan=False))


@pytest.mark.parametrize(
    ("values", "contributions", "pull"),
    [
        ([1.0, 2.0, 3.0, np.nan], [0.1, 0.2, 0.3, -5.0], "raises"),
        ([1.0, 2.0, 3.0], [0.3, 0.2, 0.1], "lowers"),
        ([1.0, 2.0, 3.0], [0.1, 0.9, 0.1], "mixed"),
        ([1.0, 1.0], [0.1, 0.2], "mixed"),
        ([np.nan], [0.1], "mixed"),
    ],
)
def test_which_way_a_driver_pulls(values: list[float], contributions: list[float], pull: str) -> None:
    assert _pull(np.array(values), np.array(contributions)) == pull
