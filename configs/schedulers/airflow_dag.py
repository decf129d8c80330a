"""New files into the log, then tags on everybody, every night: a DAG for Airflow 3.

Put it into the folder of DAGs, and change the folder and the hour. Exit code 4 means that another run is at work,
so the task is tried again; 1, 2 and 3 mend nothing by being tried again, so the task fails at once and Airflow alerts.
"""

import logging
import subprocess
from datetime import datetime, timedelta

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.sdk import dag, task

PROJECT = "/srv/shop"
ANOTHER_RUN = 4


def limner(*typed: str) -> str:
    """The run's manifest, as JSON; the progress goes to the task's log."""
    done = subprocess.run(["limner", *typed, "--json"], cwd=PROJECT, capture_output=True, text=True, check=False)
    logging.getLogger(__name__).info("%s", done.stderr)
    if done.returncode == ANOTHER_RUN:
        raise AirflowException("another run is at work; this one is tried again")
    if done.returncode:
        raise AirflowFailException(f"limner {' '.join(typed)} ended with {done.returncode}; its log says why")
    return done.stdout


@dag(
    schedule="15 3 * * *",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 6, "retry_delay": timedelta(minutes=10)},
)
def limner_score() -> None:
    """Ingest, then score."""

    @task
    def ingest() -> str:
        return limner("ingest")

    @task
    def score() -> str:
        return limner("score")

    ingest() >> score()


limner_score()
