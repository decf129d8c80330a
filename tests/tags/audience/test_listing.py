from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.errors import SpecError
from limner.tags.audience import audience, audiences, members
from tests.tags.audience.town import NOW, town

LOYAL = {"where": "rfm = 'loyal'", "holdout": "20%", "suppress": ["vips"], "owner": "us", "title": {"en": "Loyal"}}


def test_an_audience_tells_what_it_is_and_how_many_it_holds(store: Store) -> None:
    shop = town(vips={"where": "vip"}, loyal=LOYAL)

    found = audience(shop, store, "loyal", NOW)

    rows = members(shop, store, "loyal", NOW)
    assert found.count is not None
    assert (found.count.users, found.held_out) == (len(rows), rows["holdout"].to_pylist().count(True))
    assert (found.title.zh, found.owner, found.tags, found.holdout) == ("Loyal", "us", ("rfm", "vip"), 0.2)
    assert found.as_dict()["count"]["everybody"] == 200


def test_an_audience_that_cannot_be_counted_says_why(store: Store, tmp_path: Path) -> None:
    shop = town(tmp_path, listed={"users": {"read": "list.csv", "user_id": "who"}}, vips={"where": "vip"})

    listed, vips = audiences(shop, store, NOW)
    (unscored, _) = audiences(shop, Store(tmp_path / "none"), NOW)

    assert (listed.count, listed.list) == (None, "list.csv")
    assert "there is no file list.csv" in (listed.problem or "")
    assert (vips.problem, vips.where) == (None, "vip")
    assert "nobody was scored yet" in (unscored.problem or "")


def test_an_audience_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(SpecError, match="there is no audience vpis; did you mean vips"):
        audience(town(vips={"where": "vip"}), store, "vpis", NOW)
