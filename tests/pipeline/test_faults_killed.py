import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from limner.models.champion import champion
from tests.pipeline.courses import Course, events_of, tags_of, typed
from tests.pipeline.nursery import Ended, Nursery
from tests.pipeline.shop import NOW, Shop, open_shop

pytestmark = pytest.mark.faults

SIGKILL = -9


@pytest.mark.parametrize("seed", range(4))
def test_a_scoring_that_is_killed_at_any_moment_shows_all_or_nothing(
    nursery: Nursery, scoring: Course, tmp_path: Path, seed: int
) -> None:
    fractions, number, kills = random.Random(seed), 0, 0
    while number < 10 or (kills < 4 and number < 40):
        shop = scoring.shop.copied(tmp_path / str(number))
        moment = fractions.uniform(0.1, 1.0) * scoring.seconds

        kills += typed(nursery, shop, "score", killed_after=moment).exit_code == SIGKILL
        shop.store.verify()
        assert tags_of(shop) in (scoring.before, scoring.after), f"killed after {moment:.3f} s"

        assert shop.score().exit_code == 0
        assert tags_of(shop) == scoring.after, f"killed after {moment:.3f} s"
        number += 1
    assert kills >= 4


def test_an_ingestion_that_is_killed_at_any_moment_shows_all_or_nothing(
    nursery: Nursery, arriving: Course, tmp_path: Path
) -> None:
    fractions, number, kills = random.Random(4), 0, 0
    while number < 5 or (kills < 2 and number < 20):
        shop = arriving.shop.copied(tmp_path / str(number))
        moment = fractions.uniform(0.1, 1.0) * arriving.seconds

        kills += typed(nursery, shop, "ingest", killed_after=moment).exit_code == SIGKILL
        shop.store.verify()
        assert events_of(shop) in (arriving.before, arriving.after), f"killed after {moment:.3f} s"

        assert typed(nursery, shop, "ingest").exit_code == 0
        assert events_of(shop) == arriving.after, f"killed after {moment:.3f} s"
        number += 1
    assert kills >= 2


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose tag can be learned in seconds."""
    shop = open_shop(tmp_path_factory.mktemp("learner") / "shop")
    for old, new in (
        ("windows: [7d, 28d]", "windows: [7d]"),
        ("buys_count_28d >= 10, few: buys_count_28d >= 5", "buys_count_7d >= 3"),
        ("horizon: 7d}\n    tiers", "horizon: 3d}\n    cutoffs: {every: 3d}\n    tiers"),
    ):
        shop.reworded(old, new)
    return shop


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("school"), "cli.app", "cli.progress", "pipeline.train") as started:
        yield started


def model_of(shop: Shop) -> tuple[str, str]:
    found = champion(shop.store.root, "lapse")
    return found.scorer.to_text(), found.calibration.to_json()


def measures_of(trained: Ended) -> Any:
    """How good the model is, whatever stood as its champion before it."""
    return {name: one for name, one in trained.told["tags"][0]["evaluation"].items() if name != "gate"}


def test_a_training_that_is_killed_again_and_again_ends_with_the_same_model(
    school: Nursery, learner: Shop, tmp_path: Path
) -> None:
    shop = learner.copied(tmp_path / "killed")
    control = typed(school, learner, "train", "lapse", "--json")
    assert control.exit_code == 0, control.stderr

    for fraction in (0.6, 0.9):
        typed(school, shop, "train", "lapse", killed_after=fraction * control.seconds)
        shop.store.verify()
    again = typed(school, shop, "train", "lapse", "--json")

    assert measures_of(again) == measures_of(control)
    assert model_of(shop) == model_of(learner)
    assert shop.score(["lapse"], NOW).exit_code == 0
