"""Map pictures out of an operator's folder: served to everybody, described to phones, and nothing beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import SettingsError, read_settings
from server.tiles import tiles_for_phones

PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def tiles(tmp_path) -> Path:
    for name in ("12/3349/1693.png", "13/6698/3386.png"):
        file = tmp_path / "tiles" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(PICTURE)
    (tmp_path / "tiles" / "README.txt").write_text("from the county's survey office")
    return tmp_path / "tiles"


@pytest.fixture
def client(tiles, tmp_path):
    from server.app import create_app

    app = create_app(read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_SECRET": "s" * 40, "DOORSTEP_TILES": str(tiles)}))
    with app.test_client() as client:
        yield client


def test_a_picture_of_the_folder_is_served_and_may_be_kept(client):
    answer = client.get("/tiles/12/3349/1693.png")
    assert (answer.status_code, answer.data, answer.content_type) == (200, PICTURE, "image/png")
    assert "max-age=2592000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["12/3349/9.png", "12/3349/1693.txt", "README.txt", "12/3349/..%2f..%2fREADME.txt", "99/1/1.png", "-1/0/0.png"])
def test_nothing_else_is(client, path):
    assert client.get(f"/tiles/{path}").status_code == 404


def test_phones_are_told_where_they_are_and_how_near_they_go(tiles, tmp_path):
    assert tiles_for_phones(tiles) == {
        "url": "/tiles/{z}/{x}/{y}.png",
        "zoom_min": 12,
        "zoom_max": 13,
        "centre": {"latitude": 29.726222, "longitude": 114.389648},
    }
    assert tiles_for_phones(None) is None
    (tmp_path / "empty").mkdir()
    assert tiles_for_phones(tmp_path / "empty") is None


def test_a_folder_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(SettingsError, match="DOORSTEP_TILES"):
        read_settings({"DOORSTEP_SECRET": "s" * 40, "DOORSTEP_TILES": str(tmp_path / "nowhere")})
