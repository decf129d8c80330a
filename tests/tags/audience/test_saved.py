import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from limner.engines.store import Store
from limner.errors import SourceError
from limner.quantities import Share
from limner.tags.audience import matching
from limner.tags.audience.declared import Project
from limner.tags.audience.salts import salt_of
from limner.tags.audience.saved import AUDIENCES, Draft, draft, publish, saved, saved_members
from tests.tags.audience.town import NOW, TAGS, Row, present, town

WHERE = "rfm = 'loyal'"


@pytest.fixture
def own(store: Store, tmp_path: Path) -> Store:
    return Store(shutil.copytree(store.root, tmp_path / "store"))


def keep(project: Project, store: Store, name: str = "loyal", now: int = NOW) -> Draft:
    found = draft(project, store, name, now, f"run at {now}")
    publish(project, store, [found])
    return found


def loyal(where: str = WHERE, **more: object) -> Project:
    return town(loyal={"where": where, "holdout": "20%", **more})


def test_what_is_saved_can_be_read(own: Store) -> None:
    kept = keep(loyal(), own)

    (found,) = saved(own, "loyal")
    assert found == kept.saved
    assert saved_members(own, "loyal", NOW).equals(kept.rows)
    assert (found.users, found.added, found.left, found.since) == (len(kept.rows), len(kept.rows), 0, None)
    assert found.definition == {"loyal": {"where": WHERE}}
    assert found.salts == ("audience.loyal",)
    assert own.table("audiences").schema().to_arrow().names == AUDIENCES.names


def test_who_came_and_who_left_is_counted(own: Store, rows: dict[str, Row]) -> None:
    keep(loyal("rfm in ('loyal', 'champion')"), own)

    later = draft(loyal("rfm in ('none', 'champion')"), own, "loyal", NOW + 1, "later").saved

    def users(now: int, *classes: str) -> set[str]:
        told = {user: row["rfm"] for user, row in rows.items() if "rfm" in row}
        return {user for user, one in told.items() if one["valid_until"] > now and one["value"] in classes}

    before, after = users(NOW, "loyal", "champion"), users(NOW + 1, "none", "champion")
    assert (later.since, later.added, later.left) == (NOW, len(after - before), len(before - after))


def test_the_same_moment_is_replaced_and_the_very_same_is_known(own: Store) -> None:
    keep(loyal("rfm = 'none'"), own)
    keep(loyal(), own)

    assert [one.definition["loyal"] for one in saved(own, "loyal")] == [{"where": WHERE}]
    assert draft(loyal(), own, "loyal", NOW, "again").is_known
    assert not draft(loyal(), own, "loyal", NOW + 1, "later").is_known
    assert not draft(loyal("rfm = 'none'"), own, "loyal", NOW, "other").is_known


def test_saving_leaves_what_was_published_beside_it(own: Store) -> None:
    tags, current = own.facts("tags"), own.version("current")

    keep(loyal(), own)
    keep(town(loyal={"where": WHERE}, vips={"where": "vip"}), own, "vips")

    assert (own.facts("tags"), own.version("current")) == (tags, current)
    assert [len(saved(own, name)) for name in ("loyal", "vips")] == [1, 1]
    (file,) = own.files("audiences", audience="vips")
    assert pq.read_schema(file).names == ["user_id", "holdout"]


def test_the_definition_names_what_an_audience_rests_on(own: Store, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("who\nu001\n")
    listed = {"users": {"read": "list.csv", "user_id": "who"}}
    shop = town(tmp_path, listed=listed, a={"where": "vip"}, b={"where": "audience('a')", "suppress": ["listed"]})

    one = draft(shop, own, "b", NOW, "r").saved
    (tmp_path / "list.csv").unlink()

    assert list(one.definition) == ["b", "a", "listed"]
    with pytest.raises(SourceError):
        draft(shop, own, "b", NOW, "r")


def held(project: Project, store: Store, name: str) -> set[str]:
    rows = draft(project, store, name, NOW, "r").rows.to_pylist()
    return {row["user_id"] for row in rows if row["holdout"]}


def test_a_holdout_outlives_another_name(own: Store) -> None:
    keep(loyal(), own)
    renamed = town(faithful={"where": WHERE, "holdout": "20%"})

    before = held(loyal(), own, "loyal")
    keep(renamed, own, "faithful")

    assert held(renamed, own, "faithful") == before != set()
    assert salt_of(renamed, own, "faithful") == "audience.loyal"
    both = town(faithful={"where": WHERE, "holdout": "20%"}, loyal={"where": "vip", "holdout": "20%"})
    assert salt_of(both, own, "loyal").startswith("audience.loyal.")
    assert salt_of(both, own, "faithful") == "audience.loyal"


def test_a_holdout_outlives_another_condition_and_grows_with_its_share(store: Store, rows: dict[str, Row]) -> None:
    small = held(loyal("rfm is not null"), store, "loyal")
    large = held(town(loyal={"where": "rfm is not null", "holdout": "50%"}), store, "loyal")
    of_some = held(loyal("rfm = 'loyal'"), store, "loyal")

    assert small < large
    assert of_some == {user for user in small if present(rows[user], "rfm") == "loyal"}


def test_a_salt_that_is_written_counts(store: Store) -> None:
    other = town(x={"where": WHERE, "holdout": {"share": "20%", "salt": "audience.loyal"}})

    assert held(other, store, "x") == held(loyal(), store, "loyal")


def test_the_holdout_of_an_audience_counts_where_the_audience_is_asked_for(store: Store) -> None:
    shop = town(
        tried={"where": "rfm is not null", "holdout": "30%"},
        among={"where": "audience('tried') and vip"},
        beside={"where": "not audience('tried') or rfm is not null"},
        without={"where": "rfm is not null", "suppress": ["tried"]},
    )

    left_alone, among = held(shop, store, "tried"), matching(shop, store, "audience('tried')", NOW).to_pylist()
    assert {row["user_id"] for row in among if row["holdout"]} == left_alone
    assert set() != held(shop, store, "among") < left_alone
    assert held(shop, store, "beside") == held(shop, store, "without") == set()


def test_the_holdout_of_a_tag_counts_where_the_tag_is_asked_for(store: Store) -> None:
    tags = {**TAGS, "churn": TAGS["churn"].model_copy(update={"holdout": Share.parse("30%")})}
    shop = town(tags=tags, risky={"where": "churn is not null"}, all={"where": "vip or not vip"})

    assert draft(shop, store, "risky", NOW, "r").saved.salts == ("tag.churn",)
    assert 0.15 < len(held(shop, store, "risky")) / draft(shop, store, "risky", NOW, "r").saved.users < 0.45
    assert held(shop, store, "all") == set()
