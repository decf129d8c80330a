from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import pytest

from limner.engines.store import Store
from limner.errors import SpecError, UsageError
from limner.features.spec import TargetSpec
from limner.quantities import Duration, Share
from limner.tags.audience import breakdown, expected, outcomes, power_of
from limner.tags.audience.outcomes import interval
from limner.tags.rows import Kind
from limner.tags.spec import PredictiveSpec
from limner.timeline import DAY
from tests.tags.audience.town import NOW, TAGS, TIERS, Row, present, town
from tests.tags.batches import fact_batch, shown_in

SHOP = town()
LOYAL = "rfm in ('champion', 'loyal')"


def loyal(rows: dict[str, Row]) -> list[Row]:
    return [row for row in rows.values() if present(row, "rfm") in {"champion", "loyal"}]


def test_outcomes_are_the_sum_of_chances(store: Store, rows: dict[str, Row]) -> None:
    churn, buy = expected(SHOP, store, LOYAL, NOW)

    chances = [found for row in loyal(rows) if (found := present(row, "churn", "probability")) is not None]
    everybody = [found for row in rows.values() if (found := present(row, "churn", "probability")) is not None]
    assert (churn.tag, buy.tag, churn.users) == ("churn", "buy", len(chances))
    assert churn.outcomes == pytest.approx(sum(chances))
    assert (churn.low, churn.high) == interval(chances)
    assert churn.mean == pytest.approx(np.mean(chances))
    assert churn.mean_of_all == pytest.approx(np.mean(everybody))


def test_the_normal_spread_of_many_is_the_exact_one_of_few(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = expected(SHOP, store, "churn is not null", NOW)[0]
    monkeypatch.setattr(outcomes, "_FEW", 0)

    normal = expected(SHOP, store, "churn is not null", NOW)[0]

    assert (normal.low, normal.high) == pytest.approx((exact.low, exact.high), abs=1)


def test_a_draft_is_neither_expected_nor_told_apart(store: Store) -> None:
    shop = town(tags={**TAGS, "churn": TAGS["churn"].model_copy(update={"state": "draft"})})

    assert [one.tag for one in expected(shop, store, LOYAL, NOW)] == ["buy"]
    with pytest.raises(UsageError, match="churn is a draft, which no audience sees"):
        breakdown(shop, store, LOYAL, "churn", NOW)
    with pytest.raises(UsageError, match="there is no prediction churn"):
        power_of(shop, store, LOYAL, NOW, "churn", Share.parse("10%"))


def test_a_remark_at_the_end_of_a_condition_hides_nothing(store: Store) -> None:
    shop = town(tried={"where": "rfm is not null", "holdout": "50%"})
    text = "audience('tried')"

    assert power_of(shop, store, f"{text} -- all of them", NOW, "churn") == power_of(shop, store, text, NOW, "churn")


def test_nothing_is_expected_of_nobody(store: Store) -> None:
    churn, _ = expected(SHOP, store, "churn.tier = 'high' and churn.tier = 'low'", NOW)

    assert (churn.users, churn.outcomes, churn.low, churn.high, churn.mean) == (0, 0, 0, 0, None)
    assert churn.as_dict()["title"] == {"en": "churn", "zh": "churn"}


@pytest.mark.parametrize("chances", [[], [0.0, 1.0], [0.1, 0.5, 0.9, 0.3], [0.02] * 8, [0.97] * 9])
def test_the_interval_leaves_the_right_tails(chances: list[float]) -> None:
    low, high = interval(chances)

    known: dict[int, float] = {}
    for ends in product((0, 1), repeat=len(chances)):
        weight = prod(p if end else 1 - p for p, end in zip(chances, ends, strict=True))
        known[sum(ends)] = known.get(sum(ends), 0) + weight
    assert sum(weight for n, weight in known.items() if n < low) < 0.025
    assert sum(weight for n, weight in known.items() if n <= low) >= 0.025
    assert sum(weight for n, weight in known.items() if n > high) <= 0.025 + 1e-12


def test_a_breakdown_by_tiers_sets_the_audience_beside_everybody(store: Store, rows: dict[str, Row]) -> None:
    found = breakdown(SHOP, store, LOYAL, "churn", NOW)

    inside = [present(row, "churn", "tier") for row in loyal(rows)]
    everybody = [present(row, "churn", "tier") for row in rows.values()]
    assert [(one.name, one.users, one.everybody) for one in found.slices] == [
        (tier, inside.count(tier), everybody.count(tier)) for tier in (*TIERS, None)
    ]
    high = found.slices[0]
    assert high.share == pytest.approx(inside.count("high") / len(inside))
    assert high.index == pytest.approx(100 * high.share / (everybody.count("high") / len(everybody)))
    assert sum(one.share for one in found.slices) == pytest.approx(1)


def test_a_tier_that_nobody_has_is_shown_all_the_same(store: Store) -> None:
    found = breakdown(SHOP, store, "churn.tier = 'high'", "churn", NOW)

    assert [(one.name, one.users) for one in found.slices[1:]] == [("medium", 0), ("low", 0), (None, 0)]
    assert found.slices[1].index == 0


def test_a_breakdown_of_nobody_has_no_index(store: Store) -> None:
    found = breakdown(SHOP, store, "vip and not vip", "size", NOW)

    assert {one.index for one in found.slices} == {None}
    assert found.as_dict()["slices"][0]["share"] == 0


def test_of_many_values_the_rest_is_counted_together(tmp_path: Path) -> None:
    kinds: dict[str, Kind] = {"size": "fact"}
    store = Store(tmp_path)
    values = {f"u{place:02}": f"value {place if place > 2 else 0:02}" for place in range(30)}
    shown_in(store, [fact_batch("size", 100, values)], kinds)

    found = breakdown(town(tags={"size": TAGS["size"]}), store, "size is not null", "size", 500)

    assert [one.name for one in found.slices[:2]] == ["value 00", "value 03"]
    assert found.others is not None
    assert (len(found.slices), found.others.users) == (20, 30 - 3 - 19)


def test_a_breakdown_by_no_tag_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="there is no tag chrun; did you mean churn"):
        breakdown(SHOP, store, LOYAL, "chrun", NOW)


def test_a_draft_is_in_no_breakdown_and_breaks_no_count(store: Store) -> None:
    drafts = {name: TAGS[name].model_copy(update={"state": "draft"}) for name in ("buy", "size")}
    project = town(tags={**TAGS, **drafts})

    assert [one.tag for one in expected(project, store, "churn is not null", NOW)] == ["churn"]
    with pytest.raises(UsageError, match="size is a draft, which no audience sees; write state: published"):
        breakdown(project, store, LOYAL, "size", NOW)
    with pytest.raises(SpecError, match="size is a draft"):
        expected(project, store, "size = 'a'", NOW)


def test_the_lift_of_an_amount_is_not_told(store: Store) -> None:
    target = TargetSpec(event_type="buy", sum="amount", horizon=Duration(DAY))
    project = town(tags={**TAGS, "spend": PredictiveSpec(kind="predictive", target=target)})

    with pytest.raises(UsageError, match="spend foretells an amount"):
        power_of(project, store, LOYAL, NOW, "spend")
