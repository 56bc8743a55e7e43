"""Serves the phone app at /app/ from its build, so that a phone asks for nothing twice and always sees a new version."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, redirect, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from server.errors import NotFound

PHONE_PATH = "/app"
BUILD = Path(__file__).parent / "pwa" / "dist"
HASHED = "assets/"  # Vite puts the content's hash into these names: such a file never changes
HASHED_SECONDS = 365 * 24 * 3600
COMPRESSED = frozenset({".js", ".css", ".html", ".json", ".svg", ".webmanifest", ".wasm"})
COMPRESSED_BYTES_MIN = 1_000
COMPRESSED_FILES_MAX = 100

blueprint = Blueprint("phone", __name__, url_prefix=PHONE_PATH)

NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Doorstep</title>
<h1>手机应用尚未构建</h1><p>请在服务器上运行 <code>make build</code>，然后刷新本页。</p>
<p lang="en">The phone app is not built. Run <code>make build</code> on the server, then reload this page.</p></html>
"""


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("")
def without_slash() -> AnyResponse:
    """The service worker's scope is /app/, with the slash."""
    return redirect(f"{PHONE_PATH}/", 308)


@blueprint.get("/try/<token>")
def tried(token: str) -> Response:
    """A form that is tried out: the app's own page, whatever the token is; the office may show it in a frame (server/headers.py)."""
    return file()


@blueprint.get("/", strict_slashes=True)
@blueprint.get("/<path:path>")
def file(path: str = "index.html") -> Response:
    """A file of the build; any other address without a dot is a screen of the app, which index.html opens."""
    if not (BUILD / "index.html").is_file():
        return Response(NOT_BUILT, 503, {"Cache-Control": "no-store", "Retry-After": "10"}, content_type="text/html; charset=utf-8")
    if not (BUILD / path).is_file():
        if "." in path.rpartition("/")[2]:
            raise NotFound("There is no such file in the phone app.")
        path = "index.html"
    response = send_from_directory(BUILD, path, max_age=HASHED_SECONDS if path.startswith(HASHED) else None)
    response.headers["Cache-Control"] = f"public, max-age={HASHED_SECONDS}, immutable" if path.startswith(HASHED) else "no-cache"
    if path.endswith(".webmanifest"):
        response.content_type = "application/manifest+json"
    return _compress(response, BUILD / path)


def _compress(response: Response, path: Path) -> Response:
    if path.suffix not in COMPRESSED:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or "gzip" not in request.accept_encodings or "Range" in request.headers:
        return response
    status = path.stat()
    if status.st_size < COMPRESSED_BYTES_MIN:
        return response
    response.direct_passthrough = False
    response.set_data(_gzipped(path, status.st_mtime_ns))
    response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=COMPRESSED_FILES_MAX)
def _gzipped(path: Path, _changed_at: int) -> bytes:
    """The last few files, compressed once per process."""
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)
