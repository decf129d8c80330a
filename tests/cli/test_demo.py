import json
from pathlib import Path

import pytest
from rich.console import Console

from limner.cli.demo import run_demo
from limner.progress import Silent
from tests.conftest import small_demo

pytestmark = pytest.mark.demo


def test_the_demo_tells_what_it_made_to_people_and_to_machines(tmp_path: Path) -> None:
    console = Console(record=True, width=100)

    done = run_demo(small_demo(tmp_path), Silent())
    for part in done.ending():
        console.print(part)

    told = console.export_text()
    assert "households became 10 tags, as of 2018-01-01." in told
    assert all(title in told for title in ("Will stay away", "Will redeem a coupon", "Will buy yogurt", "limner show"))
    assert len([line for line in told.splitlines() if line.strip()]) <= 13
    assert {tag["outcome"] for tag in json.loads(json.dumps(done.as_dict()))["score"]["tags"]} == {"published"}
