"""The address of CouchDB, whose credentials nobody sees."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit, urlunsplit


class Address:
    """Where CouchDB is. `url` has no credentials; they are in `credentials` only, and in no text that is shown."""

    def __init__(self, url: str) -> None:
        """Raises ValueError for what is no http or https address; its text does not repeat the URL, which may hold a password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("the address of CouchDB cannot be read; a password with signs like / or @ must be percent-encoded") from None
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise ValueError("the address of CouchDB must look like http://name:password@host:5984; signs like / or @ in the password are percent-encoded")
        named = f"[{host}]" if ":" in host else host
        self.url = urlunsplit((parts.scheme, f"{named}:{port}" if port else named, parts.path.rstrip("/"), "", ""))
        self.credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None

    @property
    def with_credentials(self) -> str:
        """For libraries that take them in the URL only. Never shown."""
        if self.credentials is None:
            return self.url
        name, password = (quote(each, safe="") for each in self.credentials)
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{name}:{password}@{rest}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __str__(self) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://***@{rest}" if self.credentials else self.url
