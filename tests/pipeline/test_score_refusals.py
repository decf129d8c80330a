import shutil

import pytest

from limner.errors import LockedError, RefusedError, UsageError
from limner.models.linear import LinearScorer, NumberTerm
from limner.tags.facts import Reader
from limner.tags.known import Known
from limner.tags.maker import Part

from .shop import NOW, START, Shop, outcome, outcomes

AMOUNT, SHELF = "amount: {column: amount, type: number}, ", "shelf: {column: shelf, type: category}"
SPEND = "    spend: {event_type: buy, value: amount}\n"
DAIRY = "    dairy: {event_type: buy, where: \"shelf = 'dairy'\"}\n"


def test_a_damaged_bundle_is_refused_and_the_others_are_published(shop: Shop) -> None:
    path = shop.store.root / "bundles" / "lapse" / "1" / "model.json"
    path.write_text(path.read_text().replace("1", "2"))

    result = shop.score()

    assert outcomes(result) == {"lapse": "refused", "redeem": "published", "class": "published", "size": "published"}
    told = outcome(result, "lapse")
    assert (told.exit_code, result.exit_code) == (1, 1)
    assert told.reason is not None
    assert "model.json of lapse/1 is not what was written" in told.reason


def test_a_tag_without_champion_is_refused(shop: Shop) -> None:
    shutil.rmtree(shop.store.root / "bundles" / "lapse")

    told = outcome(shop.score(), "lapse")

    assert told.reason == "lapse has no champion to score with; train it first: limner train lapse"


def test_the_exit_code_is_the_worst(shop: Shop) -> None:
    shutil.rmtree(shop.store.root / "bundles" / "lapse")
    shop.reworded("{campaign: {", "{coupon: {column: coupon, type: category}, campaign: {")
    shop.reworded("known: [campaign]", "known: [campaign, coupon]")

    result = shop.score(["lapse", "redeem", "size"])

    assert [one.exit_code for one in result.outcomes] == [1, 2, 0]
    assert (result.exit_code, result.manifest["exit_code"]) == (2, 2)


@pytest.mark.parametrize(
    ("dropped", "sentence"),
    [
        ((AMOUNT, SPEND, "spend: [sum], "), "the model reads the property amount, which no source of the project"),
        ((SHELF, DAIRY, ", dairy: [count]"), "there is no column shelf"),
        ((", known: [campaign]",), "campaign of the trigger, which tags.redeem.cutoffs.known names no more"),
    ],
)
def test_what_the_model_reads_must_still_be_delivered(shop: Shop, dropped: tuple[str, ...], sentence: str) -> None:
    for text in dropped:
        shop.reworded(text, "")

    told = outcome(shop.score(["redeem"]), "redeem")

    assert told.outcome == "refused"
    assert told.reason is not None
    assert sentence in told.reason


def test_a_stale_source_stops_only_the_tags_that_read_it(shop: Shop) -> None:
    shop.reworded("max_staleness: 3d", "max_staleness: 1d")

    result = shop.score()

    assert outcomes(result) == {"lapse": "published", "redeem": "refused", "class": "published", "size": "published"}
    assert "source mailings ends at 2024-01-30T08:00:00Z, more than 1d" in str(outcome(result, "redeem").reason)


def test_by_the_clock_on_the_wall_an_old_log_is_stale(shop: Shop) -> None:
    shop.reworded("clock: log", "clock: wall")

    result = shop.score()

    assert outcomes(result) == {"lapse": "refused", "redeem": "refused", "class": "refused", "size": "published"}
    assert result.manifest["as_of"] == "2024-02-10T00:00:00Z"


def test_a_changed_definition_warns_and_the_champion_scores(shop: Shop) -> None:
    shop.reworded("within: 7d", "within: 28d")

    told = outcome(shop.score(["lapse"]), "lapse")

    assert told.outcome == "published"
    assert "lapse is defined otherwise than when version 1 was trained" in told.warnings[0]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_model_that_gives_no_finite_score_is_refused(shop: Shop) -> None:
    terms = tuple(NumberTerm(0.0, 1e-300, 1e300) for _ in shop.plan("lapse").features)
    shop.crown("lapse", LinearScorer(0.0, terms), version="9")

    told = outcome(shop.score(["lapse"]), "lapse")

    assert told.outcome == "refused"
    assert "version 9 of lapse gives 10 of 10 rows no finite score" in str(told.reason)


def test_a_fact_whose_column_was_never_ingested_is_refused(shop: Shop) -> None:
    shop.reworded("columns: {size: category", "columns: {city: category, size: category")
    shop.reworded("attribute: size", "attribute: city")

    assert "its column city was never ingested; run: limner ingest" in str(outcome(shop.score(["size"]), "size").reason)


@pytest.mark.parametrize(
    ("as_of", "sentence"),
    [
        (NOW + 1, "lies in the future; it is 2024-01-31T12:00:01Z"),
        (START + 12 * 3600, "nothing is known of anybody yet"),
    ],
)
def test_an_instant_outside_the_log_is_refused(shop: Shop, as_of: int, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        shop.score(as_of=as_of)


def test_a_condition_that_cannot_be_read_refuses_its_tag_alone(shop: Shop) -> None:
    shop.reworded("shelf: {column: shelf", "coupon: {column: coupon, type: category}, shelf: {column: shelf")
    shop.reworded("{event_type: buy, within: 7d}", "{event_type: buy, within: 7d, where: \"coupon = 'a'\"}")

    result = shop.score()

    assert outcomes(result) == {"lapse": "refused", "redeem": "published", "class": "published", "size": "published"}
    assert "there is no column coupon" in str(outcome(result, "lapse").reason)


def test_a_tag_that_one_bucket_refuses_is_refused_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def part(self: Reader, known: Known) -> Part:
        if known.number == 1:
            raise RefusedError("size is odd in bucket 1")
        return read(self, known)

    read = Reader.part
    monkeypatch.setattr(Reader, "part", part)

    result = shop.score()

    assert outcomes(result) == {"lapse": "published", "redeem": "published", "class": "published", "size": "refused"}
    assert outcome(result, "size").reason == "size is odd in bucket 1"
    assert shop.rows("size") == []


def test_an_unknown_tag_is_refused_by_name(shop: Shop) -> None:
    with pytest.raises(UsageError, match="there is no tag sizes; did you mean size\\?; the project has: lapse"):
        shop.score(["size", "sizes"])


def test_another_run_at_work_is_waited_for_by_nobody(shop: Shop) -> None:
    with shop.store.lock(), pytest.raises(LockedError, match="another run"):
        shop.score()


def test_a_rule_over_an_attribute_that_was_never_ingested_is_refused(shop: Shop) -> None:
    shop.reworded("columns: {size", "columns: {city: category, size")
    shop.reworded("  aggregates:", "  attributes: [city]\n  aggregates:")

    result = shop.score(["class", "size"])

    assert outcomes(result) == {"class": "refused", "size": "published"}
    assert "its column city was never ingested" in str(outcome(result, "class").reason)
