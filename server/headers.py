"""Security headers on every answer."""

from __future__ import annotations

from flask import Flask, Response, request

from server.phone import PHONE_PATH

# The tightest under which the form engine runs; without wasm-unsafe-eval its loading hangs for ever.
PHONE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A form that is tried out: the office shows it in a frame of a phone's size. Nothing is saved there, and no other site may frame it.
TRY_POLICY = PHONE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
# data: for the small pictures inside the office's style sheet.
OFFICE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()",
}
HTTPS_SECONDS = 365 * 24 * 3600


def register(app: Flask) -> None:
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """A view that sets one of these itself (a sandbox on an attachment) keeps its own."""
    response.headers.setdefault("Content-Security-Policy", _policy(request.path))
    for name, value in EVERYWHERE.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={HTTPS_SECONDS}")
    return response


def _policy(path: str) -> str:
    if path.startswith(f"{PHONE_PATH}/try/"):
        return TRY_POLICY
    return PHONE_POLICY if path.startswith(f"{PHONE_PATH}/") else OFFICE_POLICY
