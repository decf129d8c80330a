import json
from pathlib import Path

import pytest

from limner.engines.store import Store
from limner.errors import RefusedError, UsageError
from limner.specs import TitleSpec
from limner.tags.declared import Said
from limner.tags.portrait import Portrait, portrait
from limner.timeline import DAY, FixedClock, shown
from tests.tags.shop import AS_OF, CLASS, NOW, REASON, START, Shop, Spec, copied, promote, write, write_lapse


@pytest.fixture(scope="module")
def scored(unscored: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = copied(unscored, tmp_path_factory.mktemp("scored"))
    promote(store)
    write_lapse(store)
    write(store, "class", user_id=["007", "1", "2", "3"], value=["big", "small", "none", "none"])
    return store


@pytest.fixture
def store(scored: Store, tmp_path: Path) -> Store:
    return copied(scored, tmp_path)


def of(store: Store, user_id: str, day: int = 91) -> Portrait:
    return portrait(Shop(), store, user_id, FixedClock(START + day * DAY))


def test_the_log_tells_since_when_and_how_often(store: Store) -> None:
    found = of(store, "1")

    assert (found.known_since, found.last_event) == (shown(START + DAY), shown(START + 80 * DAY))
    assert found.events == {"buy": 1, "mail": 1}


def test_a_prediction_comes_with_its_reasons(store: Store) -> None:
    lapse, size = of(store, "007").tags

    assert (lapse.tag, lapse.probability, lapse.tier, lapse.ranked) == ("lapse", 0.5, "low", 3)
    assert [dict(reason) for reason in lapse.reasons] == [REASON]
    assert (lapse.as_of, lapse.valid_until, lapse.is_expired) == (shown(AS_OF), shown(AS_OF + 14 * DAY), False)
    assert (size.tag, size.value, size.probability, size.reasons) == ("class", "big", None, ())


@pytest.mark.parametrize(("day", "is_expired"), [(103, False), (104, True)])
def test_a_tag_expires_by_the_clock(store: Store, day: int, is_expired: bool) -> None:
    assert of(store, "007", day).tags[0].is_expired is is_expired


def test_the_newest_instant_counts_even_where_an_older_one_was_written_later(store: Store) -> None:
    write(store, "class", AS_OF - DAY, user_id=["007"], value=["small"])

    assert of(store, "007").tags[1].value == "big"


def test_a_tag_that_is_lacking_says_why(store: Store) -> None:
    write(store, "size", user_id=["1"], value=["3"])

    lacks = {one.tag: one.why.en for one in of(store, "2").lacks}

    assert lacks == {
        "lapse": "not in the cohort on 2017-04-01: no event buy in the 56 days before",
        "redeem": "no model yet; limner train redeem",
        "size": "household_size of this user is not known",
    }


def test_a_tag_that_was_never_scored_says_so(store: Store) -> None:
    assert {one.tag: one.why.zh for one in of(store, "1").lacks}["size"] == "尚未打分：limner score size"


def test_a_user_of_whom_only_facts_are_known_has_a_portrait(store: Store) -> None:
    write(store, "size", user_id=["silent"], value=["3"])

    found = of(store, "silent")

    assert (found.known_since, found.events, [tag.value for tag in found.tags]) == (None, {}, ["3"])


@pytest.mark.parametrize("typed", ["7", " 007", "0007 "])
def test_an_id_that_is_nearly_right_is_suggested(store: Store, typed: str) -> None:
    with pytest.raises(UsageError, match="did you mean 007"):
        of(store, typed)


def test_an_id_that_is_no_text_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="is no UTF-8; type it as it stands in the data"):
        of(store, "\udcff")


def test_an_id_that_is_wrong_is_answered_with_examples(store: Store) -> None:
    with pytest.raises(UsageError, match='nobody is called "x\'; --"; the ids here look like 007, 1, 2'):
        of(store, "x'; --")


def test_before_anything_was_ingested_there_is_no_portrait(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="limner ingest"):
        portrait(Shop(), Store(tmp_path), "1", NOW)


def test_a_portrait_is_json(store: Store) -> None:
    told = json.loads(json.dumps(of(store, "007").as_dict(), allow_nan=False))

    assert told["tags"][0]["reasons"] == [REASON]
    assert told["tags"][0]["title"] == {"en": "Will stay away", "zh": "不再购买"}
    assert told["lacks"][0]["why"]["en"] == "no model yet; limner train redeem"


def test_a_score_that_moved_says_by_how_much_and_why(store: Store) -> None:
    before = {**REASON, "contribution": 0.2, "en": "no purchase for 55 days"}
    for as_of, score, reason, trend in ((AS_OF - 7 * DAY, 1.0, before, None), (AS_OF, 1.7, REASON, 0.7)):
        write(store, "lapse", as_of, user_id=["1"], probability=[0.5], score=[score], trend=[trend], reasons=[[reason]])

    (lapse,) = [one for one in of(store, "1").tags if one.tag == "lapse"]

    assert lapse.change is not None
    assert (lapse.change.since, lapse.change.by) == (shown(AS_OF - 7 * DAY), 0.7)
    assert lapse.as_dict()["change"]["said"]["en"] == "“no purchase for 62 days” instead of “no purchase for 55 days”"


def test_a_score_without_a_trend_has_no_change(store: Store) -> None:
    assert of(store, "007").tags[0].change is None


def test_a_class_says_what_it_means_as_long_as_its_definition_stands(store: Store) -> None:
    words = {"big": TitleSpec(en="Spends much", zh="高消费")}
    spec = CLASS.model_copy(update={"words": words})

    def because(definition: str) -> Said | None:
        shop = Shop(Spec(tags={"class": spec}), definition)
        return portrait(shop, store, "007", NOW).tags[0].because

    assert because("definition") == ("Spends much (spend_sum_84d >= 100)", "高消费（spend_sum_84d >= 100）")
    assert because("another definition") is None


@pytest.mark.parametrize(("user", "told"), [("1", "spend_sum_84d > 0"), ("2", "everybody else")])
def test_a_class_without_words_says_its_condition(store: Store, user: str, told: str) -> None:
    shop = Shop(Spec(tags={"class": CLASS}), "definition")

    (held,) = portrait(shop, store, user, NOW).tags

    assert held.because is not None
    assert held.because.en == told
    assert held.as_dict()["because"]["en"] == told
