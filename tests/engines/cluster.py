import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
LIGHT = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss2m"
SETTINGS: dict[str, str | int | float | bool] = {
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.defaultJavaOptions": LIGHT,
    "spark.driver.host": LOOPBACK,
    "spark.driver.memory": "512m",
    "spark.executor.defaultJavaOptions": LIGHT,
    "spark.executor.memory": "512m",
    "spark.cores.max": 2,
    "spark.scheduler.minRegisteredResourcesRatio": 1.0,
}
DAEMON = {"SPARK_LOCAL_IP": LOOPBACK, "SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": LIGHT}


@dataclass
class Cluster:
    """One master and two workers of one core each; a machine is a group of processes, and dies as one."""

    folder: Path
    port: int
    machines: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def master(self) -> str:
        return f"spark://{LOOPBACK}:{self.port}"

    def start(self, kind: str, *arguments: str) -> None:
        import pyspark

        home = Path(pyspark.__file__).parent
        typed = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{kind}", "--host", LOOPBACK, *arguments]
        with (self.folder / f"{len(self.machines)}.log").open("wb") as log:
            self.machines.append(
                subprocess.Popen(
                    [str(part) for part in typed],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **DAEMON, "SPARK_HOME": str(home), "SPARK_LOCAL_DIRS": str(self.folder)},
                    start_new_session=True,
                )
            )

    def start_worker(self) -> None:
        work = self.folder / f"work-{len(self.machines)}"
        self.start(
            "worker.Worker",
            "--webui-port",
            "0",
            "--cores",
            "1",
            "--memory",
            "512m",
            "--work-dir",
            str(work),
            self.master,
        )

    def kill(self, machine: int) -> None:
        os.killpg(self.machines[machine].pid, signal.SIGKILL)
        self.machines[machine].wait()

    def await_master(self) -> None:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, self.port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError((self.folder / "0.log").read_text())


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")
    cluster = Cluster(folder, _free_port())
    try:
        cluster.start("master.Master", "--port", str(cluster.port), "--webui-port", "0")
        cluster.await_master()
        cluster.start_worker()
        cluster.start_worker()
        yield cluster
    finally:
        for machine, process in enumerate(cluster.machines):
            if process.poll() is None:
                cluster.kill(machine)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
