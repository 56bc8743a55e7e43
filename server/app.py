"""The application: `create_app(settings)` puts the rooms of the server together."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from server.errors import answer_errors
from server.revoked import RevokedDevices
from server.settings import Settings, read_settings
from server.sign_in_tries import SignInTries
from server.stores import open_stores
from server.tokens import derive_key
from server.whole_bodies import whole_bodies

ROOMS = (
    "server.sync_api",
    "server.office",
    "server.session_api",
    "server.hand_in_api",
    "server.forms_api",
    "server.openapi",
    "server.health",
    "server.phone",
    "server.tiles",
    "server.commands",
    "server.engine_commands",
    "server.couchdb.commands",
    "server.headers",
)
OFFICE_COOKIES = "office cookies"


def create_app(settings: Settings | None = None) -> Flask:
    """The app over these settings (from the environment when none are given). Each room joins it by its own `register(app)`."""
    settings = settings or read_settings()
    app = Flask("server", static_folder=None)
    app.config.update(
        SECRET_KEY=derive_key(settings.secret, OFFICE_COOKIES),
        SECRET_KEY_FALLBACKS=[derive_key(settings.secret_before, OFFICE_COOKIES)] if settings.secret_before else [],
        MAX_CONTENT_LENGTH=settings.body_bytes_max,
        MAX_FORM_MEMORY_SIZE=settings.body_bytes_max,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not settings.demo,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.office_hours),
    )
    app.extensions["doorstep.settings"] = settings
    app.extensions["doorstep.sign_in_tries"] = SignInTries(settings.data / "sign-in-tries.sqlite", settings.sign_in_tries_per_minute)
    app.extensions["doorstep.revoked_devices"] = RevokedDevices()
    app.logger.setLevel(logging.getLevelName(settings.log_level.upper()))
    app.url_map.strict_slashes = False
    app.wsgi_app = whole_bodies(app.wsgi_app, settings.body_bytes_max)  # type: ignore[method-assign,assignment]
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    open_stores(app, settings)
    answer_errors(app)
    for room in ROOMS:
        spec = importlib.util.find_spec(room)
        if spec is not None and spec.origin is not None:
            importlib.import_module(room).register(app)
    return app
