from pathlib import Path

import numpy as np
import pytest

from limner.errors import UsageError
from limner.features.dataset import Dataset
from limner.models.ladder import evidence_of
from limner.pipeline.vectors import dataset_of
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from tests.pipeline.village import about, open_village


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_village(tmp_path_factory.mktemp("village") / "rich", users=60)


def learned(workspace: Workspace, tag: str) -> Dataset:
    return dataset_of(workspace.project, workspace.store, tag, Silent())


@pytest.mark.parametrize("tag", ["lapse", "redeem"])
def test_rows_users_and_labels_are_counted_as_training_counts_them(village: Workspace, tag: str) -> None:
    dataset = learned(village, tag)
    evidence, positives = evidence_of(dataset.users, dataset.labels), int(dataset.labels.sum())

    told = about(village.check([tag]), tag)

    users, rows = len(set(dataset.users)), len(dataset)
    assert told["users"].sentence == f"{users} of 60 users can be learned from, in {rows:,} rows"
    assert told["outcome"].sentence == (
        f"{positives:,} rows with it ({positives / rows:.1%}), of {evidence.positive_users} users; "
        f"{rows - positives:,} rows without it, of {evidence.negative_users} users"
    )


def test_cutoffs_stand_against_the_history_and_the_horizon(village: Workspace) -> None:
    cutoffs = np.unique(learned(village, "lapse").cutoffs)

    told = about(village.check(["lapse"]), "lapse")["history"]

    wanted = f"199 days of log, 28d wanted before a cutoff and 14d after it: {len(cutoffs)} cutoffs from 2024-0"
    assert (told.level, told.sentence.startswith(wanted)) == ("ok", True)


def test_the_recipe_is_told_with_what_the_next_one_takes(village: Workspace) -> None:
    told = about(village.check(["lapse"]), "lapse")["recipe"]

    assert told.level == "ok"
    assert told.sentence.startswith("few people: a regularised logistic regression (")
    assert told.sentence.endswith("from 100 on shallow trees, strongly regularised)")


def test_only_named_tags_are_looked_at(village: Workspace) -> None:
    assert {one.tag for one in village.check(["class", "size"])} == {"", "class", "size"}
    with pytest.raises(UsageError, match="there is no tag nobody; the project has: lapse, redeem, class, size"):
        village.check(["nobody"])


def test_rules_and_facts_tell_what_applies_to_them(village: Workspace) -> None:
    found = village.check()

    assert about(found, "class")["users"].sentence == "60 of 60 users would be classified now"
    assert about(found, "class")["sources"].sentence == "purchases until 2024-07-18"
    assert about(found, "size")["users"].sentence == "known of 4 users by people; the log has 60 users"


def test_a_feature_that_was_never_ingested_is_refused(tmp_path: Path) -> None:
    workspace = open_village(tmp_path / "wish", users=4, days=60)
    config = tmp_path / "wish" / "configs" / "village.yaml"
    config.write_text(config.read_text().replace("{size: category}", "{size: category, age: category}"))
    config.write_text(config.read_text().replace("attributes: [size]", "attributes: [size, age]"))

    found = about(Workspace.open(config, workspace.wall).check(["size"]), "")["features"]

    assert about(workspace.check(["size"]), "")["features"].sentence.startswith("6 of 2 signals and 1 attribute")
    assert (found.level, "age was never ingested" in found.sentence) == ("refused", True)


def test_few_users_get_rules_and_are_told_so(tmp_path: Path) -> None:
    found = about(open_village(tmp_path / "few", users=12).check(["lapse"]), "lapse")

    assert found["recipe"].level == "warning"
    assert found["recipe"].sentence.startswith("too few people to learn from: rules only (")
    assert found["periods"].sentence.endswith("so the grade will be unproven")


def test_a_log_too_short_is_refused_with_what_it_takes(tmp_path: Path) -> None:
    found = about(open_village(tmp_path / "short", days=35).check(["lapse"]), "lapse")

    assert found["history"].level == "refused"
    assert found["history"].mend == "ingest more, or shorten burn_in or the horizon"
    assert (found["model"].mend, "recipe" in found) == ("", False)


def test_an_outcome_that_always_comes_is_refused(tmp_path: Path) -> None:
    workspace = open_village(tmp_path / "same")
    config = tmp_path / "same" / "configs" / "village.yaml"
    config.write_text(config.read_text().replace("absent: buy, horizon: 14d", "event_type: mail, horizon: 28d"))

    found = about(Workspace.open(config, workspace.wall).check(["lapse"]), "lapse")

    assert (found["outcome"].level, found["outcome"].sentence) == ("refused", "every row has the outcome")
    assert "recipe" not in found


def test_a_source_that_ended_early_is_stale(tmp_path: Path) -> None:
    found = about(open_village(tmp_path / "stale", mails_until=150).check(["redeem"]), "redeem")

    assert found["sources"].level == "warning"
    assert found["sources"].sentence == "mailings until 2024-05-29, purchases until 2024-07-18; stale: mailings"


def test_three_silent_weeks_are_told_with_the_outcomes_that_rest_on_them(tmp_path: Path) -> None:
    found = open_village(tmp_path / "hole", silent=range(100, 121)).check(["lapse"])

    (log,) = [one for one in found if one.subject == "source purchases"]
    told = about(found, "lapse")["sources"]
    assert log.sentence.endswith("without any event from 2024-04-10 to 2024-04-30 (21 days)")
    assert told.level == "warning"
    assert "purchases lacks 21 days" in told.sentence
    assert told.sentence.endswith("of the outcomes were looked for then")
