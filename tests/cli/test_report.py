from limner.cli.report import print_ingest, print_scoring, print_training
from limner.events.result import IngestResult, SourceResult
from limner.pipeline.score import ScoreResult, TagOutcome
from limner.pipeline.train import TagTraining, TrainResult
from tests.cli.samples import lines, recording


def test_an_ingestion_tells_of_every_source_and_bad_row() -> None:
    shop = SourceResult("shop", 2, 1, 1_000, 990, 3, {"user_id: is empty": 7}, ambiguous_times=2, watermark=86_400)
    out = recording(80)

    print_ingest(IngestResult((shop,), 990, 1, ("a note",)), out)

    assert lines(out) == [
        "Source  Files  Skipped   Read  Added  Twins  Bad  Until",
        "shop        2        1  1,000    990      3    7  1970-01-02",
        "",
        "shop  7 × user_id: is empty",
        "shop  2 times that happened twice; the later was taken",
        "",
        "a note",
        "The log holds 990 events of 1 user.",
    ]


def test_a_training_tells_quality_gate_and_card() -> None:
    good = TagTraining(
        "churn", "promoted", "Clearly better.", ("gain above 0", "no alarm"), "A", "a forest", "3", "card.html"
    )
    bad = TagTraining("lapse", "refused", "lapse: too little data", exit_code=1)
    out = recording()

    print_training(TrainResult("run", (good, bad)), out)

    assert lines(out) == [
        "churn  promoted, version 3, grade A",
        "  quality  Clearly better.",
        "  gate     gain above 0",
        "           no alarm",
        "  recipe   a forest",
        "  card     card.html",
        "",
        "lapse  refused",
        "  why  lapse: too little data",
        "",
        "Next: limner score",
    ]


def test_a_scoring_tells_outcomes_warnings_and_refusals() -> None:
    moved = {"since": "2017-12-25T00:00:00Z", "added": 1_003, "updated": 20, "left": 0}
    done = TagOutcome("size", "fact", "published", "d", rows=1_200, warnings=("defined otherwise",), changes=moved)
    first = TagOutcome("class", "rule", "unchanged", "d", rows=7, changes={**moved, "since": None, "added": 7})
    bad = TagOutcome("churn", "predictive", "refused", "d", reason="churn has no champion", exit_code=1)
    out = recording()

    print_scoring(ScoreResult((done, first, bad), {"as_of": "2018-01-01T00:00:00Z"}), out)

    assert lines(out) == [
        "Scored as of 2018-01-01",
        "Tag    Kind        Outcome    Users  Version",
        "size   fact        published  1,200",
        "class  rule        unchanged      7",
        "churn  predictive  refused",
        "",
        "size   1,003 added, 20 updated, 0 left since 2017-12-25",
        "size   defined otherwise",
        "class  7 added, for the first time",
        "churn  churn has no champion",
    ]
