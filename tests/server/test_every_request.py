"""Whatever is asked of the API, it answers as it promised, and never fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from wordsight import Library
from wordsight.models.packaged import ModelSet
from wordsight.server.app import create_app
from wordsight.server.fetching import Fetcher
from wordsight.server.settings import Settings

LOCAL = {"Host": "127.0.0.1"}
CHECKS = [
    not_a_server_error,
    response_schema_conformance,
    content_type_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def api(
    sample_library: Path, models: ModelSet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[schemathesis.BaseSchema]:
    folder = shutil.copytree(sample_library, tmp_path_factory.mktemp("asked") / "library")
    with Library(folder, models) as library:
        allowing = Settings(places=True, fetcher=Fetcher(seconds=0.1))
        app = create_app(library, allowing)
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=LOCAL)


def test_every_request_is_answered(api: schemathesis.BaseSchema) -> None:
    """Without the plugin for pytest: an operation of a schema that a fixture makes is no test."""
    asked = 0
    for operation in (found.ok() for found in api.get_all_operations()):

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=LOCAL, checks=CHECKS)

        ask()
        asked += 1
    assert asked >= 15
