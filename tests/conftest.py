"""Fixtures for all tests: an app over a data folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.app import create_app
from server.settings import Settings, read_settings
from sync.store.models import Base

SECRET = "a secret for tests that nobody else has"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_SECRET": SECRET})


@pytest.fixture
def app(settings):
    """An app with empty stores, outside demo mode."""
    app = create_app(settings)
    with app.app_context():
        from server.stores import db

        Base.metadata.create_all(db.engine)
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def pytest_collection_modifyitems(items):
    """What imports `examples` tries many of them: `make test-long` picks these."""
    for item in items:
        if hasattr(item.module, "examples"):
            item.add_marker(pytest.mark.property)
