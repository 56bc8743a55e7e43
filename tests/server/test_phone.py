"""The phone app's files: the right lifetime, the right policy, and a clear page when it is not built."""

import gzip
import re

import pytest

from server import phone
from server.headers import OFFICE_POLICY, PHONE_POLICY

built = pytest.mark.skipif(not (phone.BUILD / "index.html").is_file(), reason="the phone app is not built: make build")


@pytest.fixture
def index(client):
    return client.get("/app/")


@built
def test_the_page_is_asked_for_anew_and_its_files_never_again(client, index):
    assert (index.status_code, index.headers["Cache-Control"]) == (200, "no-cache")
    scripts = re.findall(r'"(/app/assets/[^"]+\.js)"', index.get_data(as_text=True))
    assert scripts
    for script in scripts:
        answer = client.get(script)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.content_type.startswith("text/javascript")
    assert client.get("/app/sw.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/app/manifest.webmanifest").content_type == "application/manifest+json"


@built
def test_every_screens_address_opens_the_app_and_a_missing_file_does_not(client, index):
    assert client.get("/app/doors/household:abc").data == index.data
    assert client.get("/app/assets/gone-12345678.js").status_code == 404
    assert client.get("/app").headers["Location"].endswith("/app/")
    assert client.get("/app/../settings.py").status_code == 404
    assert client.get("/app/%2e%2e/index.html").status_code == 404


@built
def test_a_file_that_did_not_change_is_not_sent_again_and_a_large_one_is_compressed(client, index):
    script = re.findall(r'"(/app/assets/[^"]+\.js)"', index.get_data(as_text=True))[0]
    plain = client.get(script)
    packed = client.get(script, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert client.get("/app/", headers={"If-None-Match": index.headers["ETag"]}).status_code == 304


def test_the_policies_are_the_tightest_that_work(client):
    assert client.get("/app/").headers["Content-Security-Policy"] == PHONE_POLICY
    assert PHONE_POLICY == (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    for path in ("/", "/api/", "/nowhere", "/healthz"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"] == OFFICE_POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in OFFICE_POLICY


def test_cookies_are_for_this_site_and_no_script(app, settings):
    assert app.config["SESSION_COOKIE_HTTPONLY"] is True
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert app.config["SESSION_COOKIE_SECURE"] is (not settings.demo)
