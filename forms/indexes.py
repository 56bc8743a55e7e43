"""The items of a list by one of their children, made once for each form: `[province = ${p}]` is then a look into a table and no walk through 5,000."""

from __future__ import annotations

from forms.conversions import LEXICAL_NUMBER

Items = tuple[dict[str, str], ...]


def index_by_text(items: Items, key: str) -> dict[str, list[dict[str, str]]]:
    """Items without that child are nowhere in it: they compare with nothing."""
    index: dict[str, list[dict[str, str]]] = {}
    for item in items:
        if key in item:
            index.setdefault(item[key], []).append(item)
    return index


def index_by_number(items: Items, key: str) -> dict[float, list[dict[str, str]]]:
    """For a key compared with a number; it has nothing but numbers (see `is_of_numbers`)."""
    index: dict[float, list[dict[str, str]]] = {}
    for item in items:
        if item.get(key):
            index.setdefault(float(item[key]), []).append(item)
    return index


def is_of_numbers(items: Items, key: str) -> bool:
    return all(not item.get(key) or LEXICAL_NUMBER.fullmatch(item[key]) for item in items)
