"""Serves the map pictures that an operator has put into a folder, at /tiles/<z>/<x>/<y>.png, so that phones see a map under positions.

No secret and no person is in them, and a picture cannot send a token: they are for everybody who reaches the server.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, send_from_directory

from server.errors import NotFound
from server.stores import stores

TILES_PATH = "/tiles"
KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
KEPT_SECONDS = 30 * 24 * 3600
ZOOM_MAX = 24
NAME = re.compile(r"\d{1,2}/\d{1,8}/\d{1,8}(\.[a-z]{3,4})", re.ASCII)

blueprint = Blueprint("tiles", __name__, url_prefix=TILES_PATH)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/<path:name>")
def tile(name: str) -> Response:
    folder, named = stores().settings.tiles, NAME.fullmatch(name)
    if folder is None or named is None or named[1] not in KINDS or not (folder / name).is_file():
        raise NotFound("There is no such map picture.")
    response = send_from_directory(folder, name, mimetype=KINDS[named[1]], max_age=KEPT_SECONDS)
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response


def tiles_for_phones(folder: Path | None) -> dict[str, Any] | None:
    """Where phones find them and how near they go: {"url": "/tiles/{z}/{x}/{y}.png", "zoom_min", "zoom_max", "centre"}; None without any."""
    return _described(folder, folder.stat().st_mtime_ns) if folder is not None and folder.is_dir() else None


@lru_cache(maxsize=4)
def _described(folder: Path, _changed_at: int) -> dict[str, Any] | None:
    zooms = sorted(int(each.name) for each in folder.iterdir() if each.name.isascii() and each.name.isdigit() and int(each.name) <= ZOOM_MAX)
    for zoom in zooms:
        pictures = [file for file in (folder / str(zoom)).glob("*/*.*") if file.suffix in KINDS and file.stem.isdigit() and file.parent.name.isdigit()]
        if pictures:
            columns, lines = {int(file.parent.name) for file in pictures}, {int(file.stem) for file in pictures}
            return {
                "url": f"{TILES_PATH}/{{z}}/{{x}}/{{y}}{pictures[0].suffix}",
                "zoom_min": zoom,
                "zoom_max": zooms[-1],
                "centre": _place(zoom, (min(columns) + max(columns) + 1) / 2, (min(lines) + max(lines) + 1) / 2),
            }
    return None


def _place(zoom: int, x: float, y: float) -> dict[str, float]:
    """Where a point of the pictures lies: Web Mercator."""
    many = 2**zoom
    return {"latitude": round(math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / many)))), 6), "longitude": round(x / many * 360 - 180, 6)}
