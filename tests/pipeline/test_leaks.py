from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limner.errors import UsageError
from limner.features import vectors as features
from limner.features.attributes import attribute_column
from limner.features.bucket import Bucket
from limner.features.plan import Plan
from limner.features.rows import Rows
from limner.features.snapshot import read_snapshot
from limner.features.vectors import vectors
from limner.pipeline import foresight, skew
from limner.pipeline.workspace import Workspace
from tests.pipeline.village import about, buys, keep_training, open_village, write_buys

TAGS = ["lapse", "redeem"]
Peek = Callable[[Bucket, int, int], float]


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = open_village(tmp_path_factory.mktemp("village") / "honest", users=12, days=120)
    for tag in TAGS:
        keep_training(workspace, tag)
    return workspace


def peeking(peek: Peek) -> Callable[..., npt.NDArray[np.float32]]:
    """A kernel whose first feature also knows what it may not."""

    def found(bucket: Bucket, plan: Plan, rows: Rows, attributes: Any) -> npt.NDArray[np.float32]:
        honest = vectors(bucket, plan, rows, attributes)
        secret = [peek(bucket, user, cutoff) for user, cutoff in zip(rows.user, rows.cutoff, strict=True)]
        honest[:, 0] += np.array(secret, np.float32)
        return honest

    return found


def ahead(bucket: Bucket, user: int, cutoff: int) -> npt.NDArray[np.intp]:
    inside = np.arange(bucket.offsets[user], bucket.offsets[user + 1])
    return inside[bucket.seconds[inside] >= cutoff]


def at_the_cutoff(bucket: Bucket, user: int, cutoff: int) -> float:
    return float(np.count_nonzero(bucket.seconds[ahead(bucket, user, cutoff)] == cutoff))


def values_ahead(bucket: Bucket, user: int, cutoff: int) -> float:
    return float((bucket.properties.number("amount").values[ahead(bucket, user, cutoff)] > 700).any())


def known_too_early(bucket: Bucket, user: int, cutoff: int) -> float:
    return float(np.count_nonzero(bucket.micros[ahead(bucket, user, cutoff)] < cutoff * 1_000_000))


@pytest.mark.parametrize("tag", TAGS)
def test_honest_features_keep_every_bit_in_the_future_and_since_training(village: Workspace, tag: str) -> None:
    told = about(village.leaks([tag]), tag)

    assert [one.level for one in told.values()] == ["ok", "ok", "ok"]
    assert told["future"].sentence.endswith("their future removed, changed, added to: 6 features keep every bit")
    assert told["training"].sentence.endswith("computed again: all have the features they were trained on")


@pytest.mark.parametrize(
    ("tag", "peek", "how"),
    [
        ("lapse", lambda *where: float(len(ahead(*where)) > 0), "removed"),
        ("lapse", values_ahead, "changed"),
        ("lapse", known_too_early, "changed"),
        ("lapse", at_the_cutoff, "added to"),
        ("redeem", at_the_cutoff, "removed"),
    ],
)
def test_a_kernel_that_peeks_is_caught(
    tag: str, peek: Peek, how: str, village: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "vectors", peeking(peek))

    told = about(village.leaks([tag]), tag)

    assert told["future"].level == "refused"
    assert f"change when their future is {how}: buys_count_7d (" in told["future"].sentence
    assert told["training"].level == "ok"


def test_a_fact_of_the_future_is_caught(village: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def timeless(feature: Any, source: Any, table: Any, bucket: Bucket, rows: Rows) -> npt.NDArray[np.float32]:
        return attribute_column(feature, source, table, bucket, replace(rows, cutoff=rows.cutoff + 10**9))

    monkeypatch.setattr(features, "attribute_column", timeless)

    told = about(village.leaks(["lapse"]), "lapse")

    assert "change when their future is removed: size (" in told["future"].sentence
    assert told["training"].level == "refused"


def test_a_cohort_of_the_future_is_caught(village: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def whoever_comes_back(bucket: Bucket, cohort: Any, user: Any, cutoff: Any) -> npt.NDArray[np.bool_]:
        return np.array([len(ahead(bucket, *where)) > 0 for where in zip(user, cutoff, strict=True)], np.bool_)

    monkeypatch.setattr(foresight, "in_cohort", whoever_comes_back)

    told = about(village.leaks(["lapse"]), "lapse")

    assert "change when their future is removed: membership of the cohort (" in told["future"].sentence


def test_undated_facts_are_told_as_a_risk(tmp_path: Path) -> None:
    open_village(tmp_path / "undated", users=4, days=60)
    config = tmp_path / "undated" / "configs" / "village.yaml"
    config.write_text(config.read_text().replace("valid_from: since, timezone: UTC, ", ""))

    told = about(Workspace.open(config).leaks(["lapse"]), "lapse")["attributes"]

    assert (told.level, told.sentence) == (
        "warning",
        "size: undated, so they may know the outcome, and no test can tell",
    )


@pytest.mark.parametrize("tag", TAGS)
def test_late_events_are_told_as_rewritten_history(tag: str, tmp_path: Path) -> None:
    workspace = open_village(tmp_path / "late", users=12, days=120)
    keep_training(workspace, tag)
    write_buys(tmp_path / "late" / "buys_late.parquet", [(user, day + 1) for user, day in buys(6, 118)])
    workspace.ingest()

    told = about(workspace.leaks([tag]), tag)

    assert (told["future"].level, told["training"].level) == ("ok", "refused")
    assert " have other features now: buys_" in told["training"].sentence
    assert told["training"].mend.endswith(f"if the log is right as it is: limner train {tag}")


def test_events_after_all_cutoffs_rewrite_nothing(tmp_path: Path) -> None:
    workspace = open_village(tmp_path / "newer", users=12, days=120)
    keep_training(workspace, "lapse")
    write_buys(tmp_path / "newer" / "buys_newer.parquet", [(f"u{k}", 125) for k in range(12)])
    workspace.ingest()

    assert about(workspace.leaks(["lapse"]), "lapse")["training"].level == "ok"


def test_facts_that_were_filled_in_later_are_told(tmp_path: Path) -> None:
    workspace = open_village(tmp_path / "filled", users=12, days=120)
    keep_training(workspace, "lapse")
    table = pq.read_table(tmp_path / "filled" / "people.parquet")
    pq.write_table(table.set_column(1, "size", pa.array(["1", "9"] * 4)), tmp_path / "filled" / "people.parquet")
    workspace.ingest()

    told = about(workspace.leaks(["lapse"]), "lapse")["training"]

    assert " have other features now: size (" in told.sentence
    assert "buys" not in told.sentence


@pytest.mark.parametrize("tag", TAGS)
def test_rows_that_the_log_has_no_more_are_counted(
    tag: str, village: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = read_snapshot(village.store, tag)
    moved = replace(kept, users=np.array([f"{user}?" for user in kept.users], object))
    monkeypatch.setattr(skew, "read_snapshot", lambda store, tag: moved)

    told = about(village.leaks([tag]), tag)["training"]

    assert told.level == "refused"
    assert told.sentence == f"of {len(kept)} rows of the newest training, {len(kept)} have lost their user or trigger"


def test_a_tag_that_is_judged_at_other_cutoffs_now_cannot_be_compared(tmp_path: Path) -> None:
    workspace = open_village(tmp_path / "moved", users=8, days=100)
    keep_training(workspace, "redeem")
    config = tmp_path / "moved" / "configs" / "village.yaml"
    config.write_text(config.read_text().replace("cutoffs: {on: mail}", "cutoffs: {every: 7d}"))

    told = about(Workspace.open(config).leaks(["redeem"]), "redeem")["training"]

    assert (told.level, told.mend) == ("refused", "train it again: limner train redeem")


def test_without_a_training_or_a_mature_cutoff_there_is_nothing_to_compare(tmp_path: Path) -> None:
    told = about(open_village(tmp_path / "young", users=4, days=30).leaks(["lapse"]), "lapse")

    assert [told[subject].level for subject in ("future", "training")] == ["warning", "warning"]
    assert told["training"].mend == "limner train lapse"


def test_rules_have_no_training_to_leak_into(village: Workspace) -> None:
    with pytest.raises(UsageError, match="class is not a predictive tag"):
        village.leaks(["class"])
