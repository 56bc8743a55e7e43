#!/bin/sh
# Sees to it that the browser tests find a Chromium: the one named in CHROMIUM, one on the path, or the distribution's package.
set -eu
if [ -n "${CHROMIUM:-}" ]; then
    [ -x "$CHROMIUM" ] && exit 0
    echo "CHROMIUM names $CHROMIUM, which is no program that can be started." >&2
    exit 1
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && { [ -z "$as_root" ] || $as_root true 2>/dev/null; }; then
    echo "Installing Chromium for the browser tests …"
    if { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1; then exit 0; fi
fi
echo "The browser tests need Chromium. Install it (Debian: apt-get install chromium) or name one: make test CHROMIUM=/path/to/chromium" >&2
exit 1
