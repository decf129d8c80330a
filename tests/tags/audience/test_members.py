from pathlib import Path

import pyarrow as pa
import pytest

from limner.engines.store import Store
from limner.errors import RefusedError, SourceError, SpecError, UsageError
from limner.features.spec import TargetSpec
from limner.quantities import Duration
from limner.tags.audience import count, members, overlap, preview
from limner.tags.audience.declared import Project
from limner.tags.spec import PredictiveSpec
from limner.timeline import DAY
from tests.tags.audience.town import NOW, TAGS, Row, present, town

LIST = {"users": {"read": "list.csv", "user_id": "who"}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("lists")
    (root / "list.csv").write_text("who,why\nu001,asked\nu002,asked\nu001,again\nstranger,asked\n")
    loyal = {"where": "rfm in ('champion', 'loyal')"}
    return town(root, listed=LIST, loyal=loyal, wanted={**loyal, "suppress": ["listed"], "holdout": "20%"})


def test_members_are_sorted_users_without_the_suppressed(shop: Project, store: Store, rows: dict[str, Row]) -> None:
    found = members(shop, store, "wanted", NOW)

    known = [user for user, row in rows.items() if present(row, "rfm") in {"champion", "loyal"}]
    assert found.schema == pa.schema([("user_id", pa.string()), ("holdout", pa.bool_())])
    assert found["user_id"].to_pylist() == [user for user in known if user not in {"u001", "u002"}]
    assert 0 < found["holdout"].to_pylist().count(True) < len(found) / 2


def test_a_list_holds_whoever_of_it_has_a_tag(shop: Project, store: Store) -> None:
    found = members(shop, store, "listed", NOW)

    assert found["user_id"].to_pylist() == ["u001", "u002"]
    assert found["holdout"].to_pylist() == [False, False]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("who\n", None),
        ('who\nu001\n""\n', "row 3: who is empty"),
        ("user\nu001\n", "has no column who"),
        (None, "there is no file list.csv"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(
    content: str | None, told: str | None, tmp_path: Path, store: Store
) -> None:
    if content is not None:
        (tmp_path / "list.csv").write_text(content)
    shop = town(tmp_path, listed=LIST)

    if told is None:
        assert len(members(shop, store, "listed", NOW)) == 0
    else:
        with pytest.raises(SourceError, match=f"audiences.listed.users: .*{told}"):
            members(shop, store, "listed", NOW)


def test_a_count_knows_its_share(shop: Project, store: Store) -> None:
    found = count(shop, store, "audience('wanted')", NOW)

    assert found.as_dict() == {"users": found.users, "everybody": 200, "share": found.users / 200}
    assert found.users == len(members(shop, store, "wanted", NOW))


def test_audiences_beside_each_other(shop: Project, store: Store) -> None:
    texts = {"loyal": "audience('loyal')", "wanted": "audience('wanted')", "high": "churn.tier = 'high'"}

    found = overlap(shop, store, texts, NOW)

    def both(a: str, b: str) -> int:
        return count(shop, store, f"({texts[a]}) and ({texts[b]})", NOW).users

    assert found.users == tuple(tuple(both(a, b) for b in texts) for a in texts)
    assert found.as_dict()["audiences"] == ["loyal", "wanted", "high"]


@pytest.mark.parametrize("n", [0, 1, 13])
def test_an_overlap_takes_a_few_audiences(n: int, shop: Project, store: Store) -> None:
    with pytest.raises(UsageError, match=f"2 to 12 different audiences, not of {n}"):
        overlap(shop, store, {str(place): "vip" for place in range(n)}, NOW)


def test_a_preview_shows_the_best_of_the_first_prediction(shop: Project, store: Store, rows: dict[str, Row]) -> None:
    found = preview(shop, store, "rfm = 'loyal' and buy.score > -9 and churn.score > -9", NOW, 5)

    best = [row[found.columns.index("buy_percentile")] for row in found.rows]
    assert found.ordered_by == "buy"
    assert found.columns[:3] == ("user_id", "rfm", "buy_tier")
    assert best == sorted(best, reverse=True)
    assert {present(rows[row[0]], "rfm") for row in found.rows} == {"loyal"}


def test_a_preview_without_a_prediction_goes_by_user(shop: Project, store: Store) -> None:
    found = preview(shop, store, "size = '2'", NOW, 3)

    assert found.ordered_by is None
    assert [one["user_id"] for one in found.as_dict()["users"]] == sorted(row[0] for row in found.rows)


def test_of_an_amount_a_preview_shows_tier_and_amount(store: Store) -> None:
    target = TargetSpec(event_type="buy", sum="amount", horizon=Duration(DAY))
    shop = town(tags={**TAGS, "spend": PredictiveSpec(kind="predictive", target=target)})

    found = preview(shop, store, "spend is null and vip", NOW, 1)

    assert found.columns == ("user_id", "spend_tier", "spend_expected", "vip", "spend_percentile")


def test_nobody_is_counted_before_anybody_was_scored(shop: Project, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="nobody was scored yet; run: limner score"):
        count(shop, Store(tmp_path), "vip", NOW)


def test_an_unknown_audience_has_no_members(shop: Project, store: Store) -> None:
    with pytest.raises(SpecError, match="there is no audience wnated; did you mean wanted"):
        members(shop, store, "wnated", NOW)


@pytest.mark.parametrize(
    ("text", "now", "told"),
    [
        ("rfm = 'loyal'", NOW + 501, "asks for rfm, which has expired for everybody, so nobody knows who is in it"),
        ("rfm is null", NOW + 501, "asks for rfm, which has expired for everybody"),
        ("later = 'high'", NOW, "asks for later, which was never scored, so nobody knows who is in it"),
        ("audience('inner')", NOW + 501, "asks for churn, which has expired for everybody"),
    ],
)
def test_nobody_is_acted_on_by_a_tag_that_says_nothing(store: Store, text: str, now: int, told: str) -> None:
    shop = town(inner={"where": "churn.tier = 'high'"}, sent={"where": text})

    with pytest.raises(RefusedError, match=f"sent {told}"):
        members(shop, store, "sent", now)
