from limner.cli.findings import SOUND, print_findings
from limner.pipeline.finding import Finding
from tests.cli.samples import lines, recording

LOG = Finding("ok", "log", "3,000 events of 20 users over 90 days")
MODEL = Finding("warning", "model", "none yet", "limner train churn", tag="churn")
OUTCOME = Finding("refused", "outcome", "no row has the outcome", "check the target's event", tag="lapse")


def test_findings_stand_tag_by_tag_with_how_to_mend_them() -> None:
    out = recording()

    print_findings([LOG, MODEL, OUTCOME], out)

    assert lines(out) == [
        "project  usable",
        "  OK       log  3,000 events of 20 users over 90 days",
        "",
        "churn  usable, 1 warning",
        "  warning  model    none yet",
        "           to mend  limner train churn",
        "",
        "lapse  not usable as it is",
        "  refused  outcome  no row has the outcome",
        "           to mend  check the target's event",
        "",
        "1 refused, 1 warning, 1 OK",
    ]


def test_leaks_have_a_verdict_of_their_own() -> None:
    out = recording()

    print_findings([MODEL, OUTCOME], out, SOUND)

    assert [line for line in lines(out) if line.startswith(("churn", "lapse"))] == [
        "churn  nothing leaks, 1 warning",
        "lapse  not to be trusted",
    ]


def test_a_narrow_screen_folds_sentences_and_keeps_what_they_are_about() -> None:
    out = recording(40)

    print_findings([LOG, MODEL], out)

    assert max(len(line) for line in lines(out)) <= 40
    assert any(line.startswith("  OK       log") for line in lines(out))
