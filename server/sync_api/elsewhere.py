"""/sync/ where Apache CouchDB is the sync engine: devices talk to it themselves, through the reverse proxy. What reaches us has lost its way."""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from server.errors import Unavailable

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "COPY"]
REASON = "The sync engine here is Apache CouchDB: the reverse proxy must pass /sync/ to it. docs/operators.md shows how."

blueprint = Blueprint("sync_elsewhere", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.route("/sync", methods=METHODS, defaults={"rest": ""}, strict_slashes=False, merge_slashes=False, provide_automatic_options=False)
@blueprint.route("/sync/<path:rest>", methods=METHODS, strict_slashes=False, merge_slashes=False, provide_automatic_options=False)
def lost(rest: str) -> Response:
    """503, so that a phone waits and tries again until the proxy is put right."""
    raise Unavailable(REASON, headers={"Retry-After": "60"})
