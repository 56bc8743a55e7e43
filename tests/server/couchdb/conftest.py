"""Command lines, typed where COUCHDB_URL is what a test says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.app import create_app


@pytest.fixture
def at(settings):
    """at(url, line) runs a command line with this COUCHDB_URL; its exit code and all that it said."""

    def run(url: str, line: str) -> tuple[int, str]:
        result = create_app(replace(settings, couchdb_url=url)).test_cli_runner().invoke(args=line.split())
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run
