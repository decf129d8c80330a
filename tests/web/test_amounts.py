from typing import Any

import pytest
from fastapi.testclient import TestClient

from limner.features.wording import Language
from limner.web.charts import amounts_curve
from limner.web.saying import Tongue
from limner.web.site import Moment
from limner.web.views.amounts import amounts_of
from limner.web.views.proof import drivers_of
from tests.web.shop import PROOF


def tenth(expected: float, came: float, rows: int = 100) -> dict[str, Any]:
    return {"rows": rows, "expected": expected, "came": {"value": came, "low": came - 10, "high": came + 10}}


AMOUNTS: dict[str, Any] = {
    "test": {**PROOF["test"], "rows": 300},
    "tenths": [tenth(0.0, 5.0), tenth(100.0, 95.0), tenth(1500.0, 2000.0)],
    "drivers": PROOF["drivers"],
}


@pytest.fixture
def of_amounts(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The shop, if what its model tells were amounts."""
    card = Moment.card
    changed = {"learned": "amount", "proof": AMOUNTS}
    monkeypatch.setattr(Moment, "card", lambda moment, tag: {**card(moment, tag), **changed} if tag == "lapse" else {})
    return client


def test_whether_what_was_expected_came_is_told_of_groups() -> None:
    found = amounts_of(AMOUNTS, Tongue("en"))

    assert found.period == "20 Jan 2024"
    assert found.ranked == "Those of whom most was expected brought 2,000 each; everybody, 700."
    assert found.sentence.startswith("Of 3 groups, 2 brought what was expected")
    assert found.curve.dots[-1].told == "We said 1,500; it came to 2,000 (100 people)"


def test_a_dot_stands_where_its_amounts_are() -> None:
    found = amounts_curve([(50.0, 100.0, 80.0, 200.0, ""), (-5.0, -9.0, -20.0, 3.0, "")], 210.0)

    first, below = found.dots
    assert (first.x, first.y, first.low, first.high) == (50.0, 110.0, 130.0, 10.0)
    assert (below.x, below.y, below.low, below.high) == (0.0, 210.0, 210.0, 207.0)
    assert found.ticks == ((0.0, "0"), (50.0, "50"), (100.0, "100"), (150.0, "150"), (200.0, "200"))


@pytest.mark.parametrize("came", [0.0, -100.0])
def test_where_nothing_came_there_are_axes_all_the_same(came: float) -> None:
    assert len(amounts_curve([(0.0, came, came, came, "")], 100.0).ticks) > 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_amounts_shows_them_and_speaks_of_no_chances(of_amounts: TestClient, lang: Language) -> None:
    text = of_amounts.get("/tags/lapse", headers={"Accept-Language": lang}).text

    assert amounts_of(AMOUNTS, Tongue(lang)).sentence in text
    assert next(drivers_of(AMOUNTS, Tongue(lang), is_amount=True)).direction in text
    assert {"en": "When we say 30 of 100", "zh": "每百人30人"}[lang] not in text
    assert text.count('<circle class="dot"') == 3


def test_the_catalogue_tells_amounts_without_a_proof_of_chances(of_amounts: TestClient) -> None:
    assert of_amounts.get("/").status_code == 200
