from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from limner.pipeline.workspace import Workspace
from limner.web.app import create_app

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

OPERATIONS = [
    "GET /api/v1/tags", "GET /api/v1/tags/{tag}", "GET /api/v1/people/{user_id}", "GET /api/v1/audiences",
    "GET /api/v1/audiences/{name}", "POST /api/v1/count", "POST /api/v1/expect", "POST /api/v1/breakdown",
    "POST /api/v1/preview", "POST /api/v1/export", "POST /api/v1/audiences/{name}/export",
    "POST /api/v1/audiences/{name}/sync", "GET /api/v1/runs", "GET /api/v1/runs/{run_id}",
]  # fmt: skip
PICKY = {label for label in OPERATIONS if label.startswith("POST")} | {"GET /api/v1/runs"}
"""What refuses something: all others take any text."""


@pytest.fixture(scope="module")
def operations(workspace: Workspace) -> Iterator[dict[str, Any]]:
    schemathesis = pytest.importorskip("schemathesis")
    app = create_app(workspace)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers={"Host": "localhost"})
    found = [operation.ok() for operation in schema.get_all_operations()]
    yield {operation.label: operation for operation in found}


def test_every_operation_is_tried(operations: dict[str, Any]) -> None:
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.parametrize(
    ("label", "mode"),
    [*((label, "positive") for label in OPERATIONS), *((label, "negative") for label in OPERATIONS if label in PICKY)],
)
def test_whatever_is_sent_the_api_answers_as_described(operations: dict[str, Any], label: str, mode: str) -> None:
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    strategy = operations[label].as_strategy(generation_mode=GenerationMode(mode))

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=strategy)
    def tried(case: Any) -> None:
        # a text is described as a text, and may still be no condition
        case.call_and_validate(headers={"Host": "localhost"}, excluded_checks=[positive_data_acceptance])

    tried()
