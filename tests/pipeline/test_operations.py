import re
from pathlib import Path

import pytest
import yaml

from limner.pipeline.monitoring import GAUGES

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
NAMES = {gauge.name for gauge in GAUGES}


def alerts() -> list[dict[str, str]]:
    (written,) = re.findall(r"```yaml\n(.*?)```", OPERATIONS, re.DOTALL)
    rules: list[dict[str, str]] = yaml.safe_load(written)["groups"][0]["rules"]
    return rules


@pytest.mark.parametrize("gauge", GAUGES, ids=lambda gauge: gauge.name)
def test_each_metric_is_documented_and_ends_in_its_unit(gauge: object) -> None:
    name = str(getattr(gauge, "name", ""))

    assert f"`{name}`" in OPERATIONS
    assert name.endswith(("_seconds", "_rows", "_users", "_events", "_exit_code"))


def test_documented_metrics_exist() -> None:
    assert set(re.findall(r"limner_[a-z_]+", OPERATIONS)) == NAMES


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_alerts_ask_for_metrics_that_there_are(alert: dict[str, str]) -> None:
    asked = set(re.findall(r"limner_[a-z_]+", alert["expr"]))

    assert asked
    assert asked <= NAMES


@pytest.mark.parametrize("exit_code", ["0", "1", "2", "3", "4", "130"])
def test_each_exit_code_is_documented(exit_code: str) -> None:
    assert re.search(rf"^\| {exit_code} \| ", OPERATIONS, re.MULTILINE)
