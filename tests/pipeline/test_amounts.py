import io
from pathlib import Path

import pytest
from rich.console import Console

from limner.cli.show import render_portrait
from limner.cli.tags import render_catalogue
from limner.features.wording import Language
from limner.models.value.valuation import Band, Valuation
from limner.pipeline.workspace import Workspace
from limner.tags.catalogue import catalogue
from limner.tags.portrait import portrait
from limner.tags.published import read_current

from .shop import WALL, Shop, by_count, open_shop, outcome
from .village import CONFIG, about, open_village
from .village import WALL as LATER

VALUATION = Valuation("linear", 3.0, 1.5, least=1.0, bands=(Band(-9.0, 0.0, 0.5, 2.5),))
SPEND = "target: {event_type: buy, sum: amount, horizon: 7d}"


@pytest.fixture(scope="module")
def valued(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("valued") / "shop")
    shop.reworded("target: {absent: buy, horizon: 7d}", SPEND)
    shop.crown_all()
    shop.crown("lapse", by_count(shop.plan("lapse")), "2", learned="amount", calibration=VALUATION)
    assert outcome(shop.score(), "lapse").outcome == "published"
    return shop


def screen(shop: Shop, lang: Language, width: int = 200) -> str:
    console = Console(width=width, file=io.StringIO())
    render_portrait(portrait(shop.project, shop.store, "u0", WALL), console, lang)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_rows_tell_amounts_and_no_chance(valued: Shop) -> None:
    rows = {row["user_id"]: row for row in valued.rows("lapse")}
    u0 = rows["u0"]
    assert (u0["kind"], u0["probability"], u0["score"]) == ("value", None, 7.0)
    assert (u0["expected"], u0["low"], u0["median"], u0["high"]) == (22.5, 0.0, 11.25, 56.25)
    assert (u0["percentile"], u0["tier"], u0["reasons"][0]["feature"]) == (100.0, "high", "buys_count_7d")


def test_current_has_the_columns_of_amounts(valued: Shop) -> None:
    names = [name for name in read_current(valued.store).column_names if name.startswith(("lapse_", "redeem_"))]
    ends = ("score", "expected", "low", "median", "high", "percentile", "tier", "frozen_tier", "valid_until")
    assert names[: len(ends)] == [f"lapse_{end}" for end in ends]
    assert names[len(ends) :] == [f"redeem_{end}" for end in ("score", "probability", *ends[-4:])]


def test_the_catalogue_adds_amounts_up(valued: Shop) -> None:
    entry = catalogue(valued.project, valued.store, WALL)[0]
    rows = valued.rows("lapse")
    assert entry.rows is not None
    assert (entry.kind, entry.rows.mean_probability) == ("value", None)
    assert entry.rows.expected == pytest.approx(sum(row["expected"] for row in rows))
    assert entry.rows.mean_expected == pytest.approx(sum(row["expected"] for row in rows) / len(rows))


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "expected 22.50 in the next 7 days, 8 of 10 between 0 and 56.25"),
        ("zh", "未来7天预计 22.50，10 人中有 8 人在 0 至 56.25 之间"),
    ],
)
def test_the_portrait_says_what_is_expected(valued: Shop, lang: Language, told: str) -> None:
    assert told in screen(valued, lang)


def test_the_catalogue_says_what_all_come_to(valued: Shop) -> None:
    written = io.StringIO()
    render_catalogue(catalogue(valued.project, valued.store, WALL), Console(width=120, file=written))
    assert "on average, " in written.getvalue()
    assert "what amount of buy adds up to within 7 days" in written.getvalue()


def test_a_rule_may_ask_for_an_amount(valued: Shop, tmp_path: Path) -> None:
    shop = valued.copied(tmp_path / "shop")
    config = shop.folder / "shop.yaml"
    config.write_text(f"{config.read_text()}  large: {{kind: rule, classes: {{large: lapse.expected > 10}}}}\n")

    shop.score(["large"])

    wanted = {row["user_id"] for row in shop.rows("lapse") if row["expected"] > 10}
    assert {row["user_id"] for row in shop.rows("large")} == wanted != set()


def test_a_tag_that_tells_amounts_now_has_no_rows_of_chances(opened: Shop, tmp_path: Path) -> None:
    shop = opened.copied(tmp_path / "shop")
    shop.score(["lapse"])
    shop.reworded("target: {absent: buy, horizon: 7d}", SPEND)
    shop.score(["size"])
    current = read_current(shop.store)
    assert current["lapse_expected"].null_count == len(current)


def test_the_report_knows_payers_and_their_amounts(tmp_path: Path) -> None:
    open_village(tmp_path / "village", users=40, days=120)
    config = tmp_path / "village" / "configs" / "village.yaml"
    config.write_text(CONFIG.replace("target: {absent: buy, horizon: 14d}", SPEND.replace("7d", "14d")))
    found = about(Workspace.open(config, LATER).check(["lapse"]), "lapse")
    assert "with an amount" in found["outcome"].sentence
    assert "a row in the mean" in found["outcome"].sentence
    assert found["recipe"].sentence.startswith("few people: a regularised regression on a logarithm")
