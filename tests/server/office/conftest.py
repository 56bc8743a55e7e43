"""An office over the seeded store, and browsers to look at it with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from server.app import create_app
from server.office import counted
from server.settings import read_settings
from server.stores import db, stores
from sync.store import upgrade
from tests.server.office.seeded import PASSWORD, Browser, seed


@pytest.fixture(scope="session")
def seeded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the seeded store, made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("office") / "data"
    settings = read_settings({"DOORSTEP_DATA": str(folder), "DOORSTEP_DEMO": "1"})
    upgrade(settings.database_url)
    app = create_app(settings)
    with app.app_context():
        seed(stores().session)
        db.engine.dispose()
    return folder


@pytest.fixture
def app(seeded_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr(counted, "LIVE_SECONDS_MAX", 60)  # these few rows are counted at once, however busy the machine is
    folder = tmp_path / "data"
    shutil.copytree(seeded_folder, folder)
    app = create_app(read_settings({"DOORSTEP_DATA": str(folder), "DOORSTEP_DEMO": "1"}))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(app: Flask) -> Callable[[str | None], Browser]:
    """browser("admin") is a browser in which admin has signed in; browser(None) one in which nobody has."""

    def open_browser(username: str | None = "admin", language: str = "zh") -> Browser:
        browser = Browser(app.test_client(), language)
        if username:
            answer = browser.post("/sign-in", username=username, password=PASSWORD, page="/sign-in")
            assert answer.status_code == 302, answer.text
        return browser

    return open_browser
