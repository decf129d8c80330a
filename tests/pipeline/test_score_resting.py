from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.engines.delta import NewFile
from limner.pipeline import making
from limner.pipeline.score import ScoreResult
from limner.pipeline.workspace import Workspace
from limner.timeline import DAY, shown

from .shop import NOW, WALL, Shop, by_count, outcome, outcomes

RULES = """
  chase:
    kind: rule
    classes: {hot: "lapse.tier = 'high' and size = '1'", warm: lapse.percentile >= 50}
  above:
    kind: rule
    classes: {both: "chase = 'warm' and class = 'many'"}
    otherwise: rest
  rank:
    kind: rule
    scores: {f: {of: buys_count_28d}, m: {of: spend_sum_28d, best: low, parts: 2}}
    classes: {top: f = 5 and m = 1, low: f = 1}
"""


@pytest.fixture
def shop(shop: Shop) -> Shop:
    path = shop.folder / "shop.yaml"
    path.write_text(path.read_text() + RULES)
    return shop


def values(shop: Shop, tag: str) -> dict[str, str]:
    return {row["user_id"]: row["value"] for row in shop.rows(tag)}


def test_a_rule_sees_what_the_same_run_says_of_other_tags(shop: Shop) -> None:
    shop.score()

    lapse = {row["user_id"]: row for row in shop.rows("lapse")}
    size = values(shop, "size")
    expected = {
        user: "hot" if row["tier"] == "high" and size.get(user) == "1" else "warm"
        for user, row in lapse.items()
        if (row["tier"] == "high" and size.get(user) == "1") or row["percentile"] >= 50
    }
    assert values(shop, "chase") == expected
    assert set(expected.values()) == {"hot", "warm"}


def test_a_rule_on_a_rule_comes_behind_it(shop: Shop) -> None:
    result = shop.score()

    chase, class_ = values(shop, "chase"), values(shop, "class")
    both = {user for user in chase if chase[user] == "warm" and class_.get(user) == "many"}
    assert both
    assert {user for user, value in values(shop, "above").items() if value == "both"} == both
    assert len(values(shop, "above")) == 10
    assert [one.tag for one in result.outcomes][-1] == "above"


def test_scores_compare_users_of_all_buckets(shop: Shop) -> None:
    shop.score(["rank"])

    assert values(shop, "rank") == {"u0": "top", "u1": "top", "u7": "low", "u8": "low", "u9": "low"}


def test_a_tag_brings_what_it_rests_on(shop: Shop) -> None:
    assert outcomes(shop.score(["above"])) == dict.fromkeys(("lapse", "size", "class", "chase", "above"), "published")


def test_the_same_again_is_left_as_it_is(shop: Shop) -> None:
    shop.score()

    assert set(outcomes(shop.score()).values()) == {"unchanged"}


def test_another_model_below_makes_the_rule_anew(shop: Shop) -> None:
    shop.score(["above"])
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2")

    again = outcomes(shop.score(["above"]))

    assert {tag for tag, one in again.items() if one == "published"} == {"lapse", "chase", "above"}
    assert {tag for tag, one in again.items() if one == "unchanged"} == {"size", "class"}


def test_a_new_definition_below_is_a_new_definition(shop: Shop) -> None:
    before = {tag: shop.project.definition_hash(tag) for tag in ("above", "rank")}
    shop.reworded("tiers: {high: 20%, low: 80%}", "tiers: {high: 30%, low: 70%}")

    assert shop.project.definition_hash("above") != before["above"]
    assert shop.project.definition_hash("rank") == before["rank"]


def test_a_rule_on_what_is_refused_is_refused(shop: Shop) -> None:
    (shop.store.root / "bundles" / "lapse" / "champion.json").unlink()

    result: ScoreResult = shop.score()

    found = outcomes(result)
    assert {tag for tag, one in found.items() if one == "refused"} == {"lapse", "chase", "above"}
    assert outcome(result, "above").reason == "above rests on chase, which is refused"
    assert shop.rows("above", NOW) == []


def test_health_knows_who_uses_a_tag_and_how_far_it_moved(shop: Shop) -> None:
    shop.score(as_of=NOW - DAY)
    shop.score()

    found = {one.tag: one for one in Workspace(shop.project, WALL).health()}

    parts = {tag: {part.name: part for part in one.parts} for tag, one in found.items()}
    assert parts["lapse"]["use"].said.en == "used by rule chase"
    assert parts["lapse"]["stability"].figure is not None
    assert shown(NOW - DAY)[:10] in parts["class"]["stability"].said.en
    assert found["redeem"].proposal is not None
    assert found["size"].proposal is None


def test_a_first_prediction_is_compared_with_its_training(shop: Shop) -> None:
    shop.crown("lapse", by_count(shop.plan("lapse")), version="2", spread=[0.0, 1.0, 2.0, 3.0])
    shop.score(["lapse"])

    (found,) = Workspace(shop.project, WALL).health(["lapse"])

    (stability,) = [part for part in found.parts if part.name == "stability"]
    assert "since the training" in stability.said.en


def test_rows_of_an_older_limner_have_fewer_columns(tmp_path: Path) -> None:
    file = tmp_path / "old.parquet"
    pq.write_table(pa.table({"user_id": ["a"], "tier": ["high"]}), file)

    assert making._columns_of(str(file)).column_names == ["user_id", "tier"]


def test_audiences_use_the_tags_of_their_conditions_and_tell_whether_they_were_sent(shop: Shop) -> None:
    path = shop.folder / "shop.yaml"
    path.write_text(path.read_text() + "audiences: {ready: {where: class = 'many'}}\n")
    shop.score(["class"])
    workspace = Workspace(shop.project, WALL)

    before = use_of(workspace, "class")
    shown_to = {"audience": "ready", "sink": "export"}
    file = shop.store.stage("exposures", shown_to)
    pq.write_table(pa.table({"user_id": ["u0"]}), file)
    rows = pa.schema([("audience", pa.string()), ("sink", pa.string()), ("user_id", pa.string())])
    version = shop.store.commit("exposures", rows, ["audience", "sink"], [NewFile(file, shown_to, 1)], None)
    shop.store.publish({"exposures": version}, {})

    assert before == "used by rule above, audience ready"
    assert use_of(workspace, "class") == "used by rule above, audience ready (sent)"


def use_of(workspace: Workspace, tag: str) -> str:
    (health,) = workspace.health([tag])
    return next(part.said.en for part in health.parts if part.name == "use")
