import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pyarrow as pa
import pytest

from limner.engines.engine import Engine
from limner.engines.local import LocalEngine
from limner.engines.spark import SparkEngine
from limner.engines.store import Store
from limner.errors import EvidenceError, RefusedError
from limner.events.columns import Columns
from limner.events.ingest import Sources, ingest
from limner.events.log import EventLog
from limner.features.dataset import Dataset, build_dataset
from limner.pipeline.attributes import attributes_of
from limner.pipeline.questions import question_of
from limner.pipeline.vectors import cohort_vectors
from limner.pipeline.workspace import Workspace
from limner.progress import Silent
from limner.timeline import WallClock
from tests.conftest import small_demo
from tests.engines.cluster import SETTINGS, Cluster, running
from tests.pipeline.reading import expected, found_by, laid_out
from tests.pipeline.shop import NOW, Shop, open_shop

T = TypeVar("T")

ARRAYS = ("user_text", "offsets", "seconds", "micros", "types", "numbers", "codes")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def spark(cluster: Cluster) -> Iterator[SparkEngine]:
    with closing(SparkEngine(cluster.master, SETTINGS)) as engine:
        yield engine


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    config = small_demo(tmp_path_factory.mktemp("spark")).project.path
    config.write_text(config.read_text().replace("{buckets: 2}", "{buckets: 4}"))
    workspace = Workspace.open(config)
    workspace.ingest()
    return workspace


def dataset(demo: Workspace, engine: Engine) -> Dataset:
    log, attributes = EventLog.open(demo.store), attributes_of(demo.project.spec, demo.store)
    return build_dataset(
        log, question_of(demo.project, "yogurt_28d"), demo.project.spec.features, attributes, engine=engine
    )


@pytest.mark.spark
def test_a_session_made_for_the_buckets_ends_with_the_engine(cluster: Cluster) -> None:
    from pyspark.sql import SparkSession

    on_interrupt = signal.getsignal(signal.SIGINT)
    with closing(SparkEngine(cluster.master, SETTINGS)) as engine:
        assert list(engine.each_bucket(2, str)) == ["0", "1"]
        assert SparkSession.getActiveSession() is not None

    assert SparkSession.getActiveSession() is None
    assert signal.getsignal(signal.SIGINT) is on_interrupt


@pytest.mark.spark
def test_a_session_that_cannot_start_is_told_in_a_sentence(cluster: Cluster) -> None:
    engine = SparkEngine(cluster.master, {**SETTINGS, "spark.scheduler.mode": "odd"})

    with pytest.raises(RefusedError, match=r"could not start a session: .*'odd'.*; mend the cluster or its settings"):
        list(engine.each_bucket(1, str))


@pytest.mark.spark
def test_results_come_in_bucket_order(spark: SparkEngine) -> None:
    assert list(spark.each_bucket(7, lambda bucket: {"bucket": bucket})) == [{"bucket": one} for one in range(7)]


@pytest.mark.spark
def test_no_buckets_give_nothing(spark: SparkEngine) -> None:
    assert list(spark.each_bucket(0, lambda bucket: bucket)) == []


@pytest.mark.spark
def test_a_result_of_many_pieces_comes_back_whole(spark: SparkEngine) -> None:
    (found,) = spark.each_bucket(1, lambda bucket: bytes(range(256)) * 150_000)

    assert found == bytes(range(256)) * 150_000


@pytest.mark.spark
def test_a_refusal_comes_back_as_it_was(spark: SparkEngine) -> None:
    def refuse(bucket: int) -> int:
        raise EvidenceError(f"bucket {bucket} has too little data")

    with pytest.raises(EvidenceError, match=r"^bucket 0 has too little data$"):
        list(spark.each_bucket(2, refuse))


@pytest.mark.spark
def test_a_fault_is_told_in_a_sentence(spark: SparkEngine) -> None:
    with pytest.raises(
        RefusedError, match=r"could not compute bucket 1: ZeroDivisionError: .*; mend the cluster or its"
    ):
        list(spark.each_bucket(2, lambda bucket: 1 // (bucket - 1)))


@pytest.mark.spark
def test_the_log_that_spark_sorts_is_the_log(demo: Workspace, spark: SparkEngine, tmp_path: Path) -> None:
    spec, log = demo.project.spec, EventLog.open(demo.store)
    sources = Sources(spec.sources, spec.attributes, spec.ingest, demo.project.root)

    ingest(Store(tmp_path / "store"), sources, WallClock(), "run", Silent(), spark)

    found = EventLog.open(Store(tmp_path / "store"))
    assert found.facts == log.facts
    for bucket in range(log.buckets):
        theirs, ours = Columns.of(found, bucket), Columns.of(log, bucket)
        assert theirs.names == ours.names
        assert [theirs.array(name).tobytes() for name in ARRAYS] == [ours.array(name).tobytes() for name in ARRAYS]


@pytest.mark.spark
def test_a_dataset_is_the_same_to_the_bit(spark: SparkEngine, demo: Workspace) -> None:
    assert dataset(demo, spark).fingerprint == dataset(demo, LocalEngine()).fingerprint


@pytest.mark.spark
def test_tags_are_the_same_to_the_bit(cluster: Cluster, spark: SparkEngine, tmp_path: Path) -> None:
    here, there = open_shop(tmp_path / "here"), open_shop(tmp_path / "there")
    there.reworded("clock: log", f"clock: log\nengine: {{spark: {{master: '{cluster.master}'}}}}")

    assert hashes(there) == hashes(here)
    assert vectors(there).equals(vectors(here))
    assert list(spark.each_bucket(1, str)) == ["0"], "a session that others use must go on"


def hashes(shop: Shop) -> dict[str, str | None]:
    shop.crown_all()
    return {one.tag: one.tags_hash for one in shop.score().outcomes}


def vectors(shop: Shop) -> pa.Table:
    return cohort_vectors(shop.project, shop.store, "redeem", NOW)


@pytest.mark.spark
def test_the_command_line_scores_on_spark_and_is_quiet_about_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop")
    engine = {"spark": {"master": "local[1]", "settings": SETTINGS}}
    shop.reworded("clock: log", f"clock: log\nengine: {json.dumps(engine)}")
    typed = [sys.executable, "-m", "limner", "score", "size", "class", "--config", str(shop.folder / "shop.yaml")]

    ran = subprocess.run(typed, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert [line for line in ran.stderr.splitlines() if "spark" in line.lower() or "WARN " in line] == []


@pytest.mark.spark
def test_spark_reads_as_the_page_on_reading_shows(
    spark: SparkEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(tmp_path / "shop")
    shop.crown_all()
    store = laid_out(shop, tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    assert list(spark.each_bucket(1, str)) == ["0"], "the session of the page is the one that is active"

    assert found_by("Spark", tmp_path / "there") == expected(store)


@dataclass(frozen=True)
class Waiting:
    """An engine whose every bucket, once begun, leaves a mark and waits until it may go on."""

    engine: Engine
    marks: Path

    def each_bucket(self, n_buckets: int, work: Callable[[int], T]) -> Iterator[T]:
        marks, name = self.marks, uuid4

        def waiting(bucket: int) -> Any:
            (marks / f"{bucket}-{name()}").touch()
            while not (marks / "go").exists():
                time.sleep(0.05)
            return work(bucket)

        return self.engine.each_bucket(n_buckets, waiting)

    def begun(self, bucket: Any = "*") -> int:
        return len(list(self.marks.glob(f"{bucket}-*")))


@pytest.mark.spark
def test_a_machine_that_dies_changes_no_bit(
    cluster: Cluster, spark: SparkEngine, demo: Workspace, tmp_path: Path
) -> None:
    engine = Waiting(spark, tmp_path)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(dataset, demo, engine)
        try:
            until(lambda: engine.begun() == 2)
            cluster.kill(1)
            cluster.start_worker()
            until(lambda: engine.begun() == 3)
        finally:
            (tmp_path / "go").touch()

        assert found.result().fingerprint == dataset(demo, LocalEngine()).fingerprint
    assert sum(engine.begun(bucket) for bucket in range(4)) == 2 * 4 + 1


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise TimeoutError


def test_pyspark_that_is_missing_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(
        RefusedError, match=r"^engine.spark: pyspark is not installed; run: pip install 'limner.spark.'"
    ):
        list(SparkEngine("local").each_bucket(1, str))
