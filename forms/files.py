"""Reads the files that a form names beside itself: lists of choices as CSV, XML or GeoJSON.

    read_items("cities.csv", b"name,label\nxn,\xe5\x92\xb8\xe5\xae\x81\n")  →  ({"name": "xn", "label": "咸宁"},)

Items are what `instance('cities')/root/item` means: each one {child: text}. Everything here comes from outside: what is wrong is an UnreadableFile
with a key of the findings in forms/words. Reading goes by what ODK's engine does on the phone (CSV: the header names the children; GeoJSON: `geometry`,
`id` and the properties), so that both see the same list.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from forms.xlsform import parse_xml

FORM_FILES_MAX = 20
FORM_FILE_BYTES_MAX = 5_000_000
FILE_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
ITEMS_MAX = 100_000
ITEM_COLUMNS_MAX = 100
CELL_CHARACTERS_MAX = 10_000

# extension → media type: what a phone is told, and what may be published
MEDIA_TYPES = {
    "csv": "text/csv", "xml": "application/xml", "geojson": "application/geo+json",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "webm": "video/webm", "3gp": "video/3gpp",
}  # fmt: skip

Items = tuple[dict[str, str], ...]


class UnreadableFile(Exception):
    """Why a file cannot be taken: a key of the findings in forms/words, and what to put in."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(f"{key}: {detail}")
        self.key, self.detail = key, detail


def extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def media_type(name: str) -> str:
    return MEDIA_TYPES.get(extension(name), "application/octet-stream")


def check_file(name: str, content: bytes) -> None:
    """Raises UnreadableFile where a file may not be published with a form, whatever it holds."""
    if not FILE_NAME.fullmatch(name) or name.startswith(("_", ".")) or extension(name) not in MEDIA_TYPES:
        raise UnreadableFile("file_name", name)
    if len(content) > FORM_FILE_BYTES_MAX:
        raise UnreadableFile("file_size", f"{name}: {len(content)}")


def troubles(files: Mapping[str, bytes], named: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """(level, key, detail) of whatever is wrong with these files beside what is in them; `named` are those that the form asks for."""
    if len(files) > FORM_FILES_MAX:
        yield "error", "file_count", str(len(files))
    for name, content in sorted(files.items()):
        try:
            check_file(name, content)
        except UnreadableFile as error:
            yield "error", error.key, error.detail
        if name not in named:
            yield "warning", "file_unused", name


def read_items(name: str, content: bytes) -> Items:
    if len(content) > FORM_FILE_BYTES_MAX:
        raise UnreadableFile("file_size", f"{name}: {len(content)}")
    read = {"csv": _csv, "xml": _xml, "geojson": _geojson}.get(extension(name))
    if read is None:
        raise UnreadableFile("file_kind", name)
    items = read(name, content)
    if len(items) > ITEMS_MAX:
        raise UnreadableFile("file_long", f"{name}: {len(items)}")
    if not items:
        raise UnreadableFile("file_empty", name)
    for number, item in enumerate(items, start=1):
        for column, text in item.items():
            if len(text) > CELL_CHARACTERS_MAX:
                raise UnreadableFile("file_cell", f"{name}: {column}, {number}")
            if not text.isprintable() and _NOT_TEXT.search(text):
                raise UnreadableFile("file_characters", f"{name}: {column}, {number}")
    return items


_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_QUOTED = re.compile(r'"[^"]*"')
_LINE_END = re.compile(r"\r\n|\r|\n")
_ELEMENT_NAME = re.compile(r"[^\W\d][\w.-]*")


def _columns(name: str, columns: list[str]) -> None:
    if len(columns) > ITEM_COLUMNS_MAX:
        raise UnreadableFile("file_wide", f"{name}: {len(columns)}")
    for column in columns:
        # A column becomes an element, so that an expression can name it.
        if not _ELEMENT_NAME.fullmatch(column):
            raise UnreadableFile("file_header", f"{name}: {column[:100]!r}")
    if len(set(columns)) < len(columns):
        raise UnreadableFile("file_header_twice", f"{name}: {next(column for column in columns if columns.count(column) > 1)}")


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("file_encoding", name) from error


def _csv(name: str, content: bytes) -> Items:
    text = _text(name, content).rstrip("\r\n")
    if len(set(_LINE_END.findall(_QUOTED.sub("", text)))) > 1:
        raise UnreadableFile("file_line_ends", name)  # the phone goes by one of them, and would keep the others in the cells
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    items: list[dict[str, str]] = []
    try:
        header = next(rows, [])
        while header and header[-1] == "":
            header.pop()
        _columns(name, header)
        for row in rows:
            if len(items) > ITEMS_MAX:
                break
            if any(row[len(header) :]):
                raise UnreadableFile("file_row", f"{name}: {rows.line_num}")
            items.append(dict(zip(header, row + [""] * (len(header) - len(row)), strict=False)))
    except csv.Error as error:
        raise UnreadableFile("file_broken", f"{name}: {rows.line_num}: {error}") from error
    return tuple(items)


def _xml(name: str, content: bytes) -> Items:
    try:
        root = parse_xml(content)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableFile("file_broken", f"{name}: {error}") from error
    found = [child for child in root if isinstance(child.tag, str)]
    if etree.QName(root).localname != "root" or any(etree.QName(child).localname != "item" for child in found):
        raise UnreadableFile("file_root", name)
    items: list[dict[str, str]] = []
    for number, element in enumerate(found, start=1):
        item: dict[str, str] = {}
        for child in element:
            child_name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if len(child) or child_name in item:
                raise UnreadableFile("file_item", f"{name}: {number}")
            item[child_name] = child.text or ""
        if len(item) > ITEM_COLUMNS_MAX:
            raise UnreadableFile("file_wide", f"{name}: {len(item)}")
        items.append(item)
    return tuple(items)


def _geojson(name: str, content: bytes) -> Items:
    try:
        collection = json.loads(_text(name, content))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile("file_broken", f"{name}: {error}") from error
    features = collection.get("features") if isinstance(collection, dict) and collection.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise UnreadableFile("file_features", name)
    return tuple(_feature(name, number, feature) for number, feature in enumerate(features, start=1))


def _feature(name: str, number: int, feature: Any) -> dict[str, str]:
    properties = feature.get("properties") if isinstance(feature, dict) and feature.get("type") == "Feature" else ""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(properties, dict | None) or not isinstance(geometry, dict):
        raise UnreadableFile("file_feature", f"{name}: {number}")
    properties = dict(properties or {})
    _columns(name, list(properties))
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            points = [coordinates]
        case "LineString":
            points = coordinates if isinstance(coordinates, list) else [None]
        case "Polygon":
            rings = coordinates if isinstance(coordinates, list) else [None]
            points = rings[0] if len(rings) == 1 and isinstance(rings[0], list) else [None]
        case _:
            points = [None]
    item = {"geometry": "; ".join(_position(name, number, point) for point in points)}
    inside = properties.pop("id", None)
    id = feature.get("id", inside)
    if id is not None:
        properties = {"id": id, **properties}
    try:
        return item | {key: _scalar(value) for key, value in properties.items()}
    except TypeError as error:
        raise UnreadableFile("file_feature", f"{name}: {number}") from error


def _position(name: str, number: int, point: Any) -> str:
    if not (isinstance(point, list) and len(point) == 2 and all(type(part) in (int, float) and math.isfinite(part) for part in point)):
        raise UnreadableFile("file_geometry", f"{name}: {number}")
    longitude, latitude = point
    return f"{_scalar(latitude)} {_scalar(longitude)} 0 0"


def _scalar(value: Any) -> str:
    """As JavaScript writes it, which is what the phone's engine does. Raises TypeError for lists and objects."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, int | float):
        raise TypeError
    number = float(value)
    if number == 0:
        return "0"
    if 1e-6 <= abs(number) < 1e21:
        return format(Decimal(repr(number)), "f").removesuffix(".0")
    return re.sub(r"e([-+])0", r"e\1", repr(number))
