"""Areas, distances and fences over positions written as text: `29.84 114.32 31 6.5;29.85 114.33`.

The formulas are the engine's on the phone: a sphere of 6,378,100 m, results in metres and square metres rounded to two places.
"""

from __future__ import annotations

import math
from itertools import pairwise

from forms.conversions import LEXICAL_NUMBER

EARTH_METERS = 6_378_100
Point = tuple[float, float]


def _point(text: str) -> Point | None:
    parts = text.split()
    if not 2 <= len(parts) <= 4:
        return None
    if not (LEXICAL_NUMBER.fullmatch(parts[0]) and LEXICAL_NUMBER.fullmatch(parts[1])):
        return None
    latitude, longitude = float(parts[0]), float(parts[1])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _trace(texts: list[str]) -> list[Point] | None:
    """One text is a whole trace or shape; several are one position each."""
    if len(texts) == 1:
        texts = texts[0].strip().rstrip("; \t\r\n").split(";")
    points = [point for text in texts if (point := _point(text)) is not None]
    return points if len(points) == len(texts) >= 2 else None


def area(texts: list[str]) -> float:
    """Of no shape at all it is 0, as on the phone."""
    points = _trace(texts) or []
    if len(points) < 3:
        return 0.0
    total = 0.0
    for (latitude, longitude), (next_latitude, next_longitude) in zip(points, [*points[1:], points[0]], strict=True):
        slopes = 2 + math.sin(math.radians(next_latitude)) + math.sin(math.radians(latitude))
        total += math.radians(next_longitude - longitude) * slopes
    return _two_places(abs(total * EARTH_METERS * EARTH_METERS / 2))


def distance(texts: list[str]) -> float:
    """Of no trace it is blank."""
    points = _trace(texts)
    if points is None:
        return math.nan
    total = 0.0
    for start, end in pairwise(points):
        total += _apart(start, end)
    return total if total != total else _two_places(total)


def _apart(start: Point, end: Point) -> float:
    first, second = math.radians(start[0]), math.radians(end[0])
    turned = math.radians(start[1] - end[1])
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(turned)
    # A position beside itself may have a cosine a hair above one: then the engine on the phone says nothing, and so do we.
    return math.acos(cosine) * EARTH_METERS if -1 <= cosine <= 1 else math.nan


def geofence(point: str, shape: str) -> bool:
    """Whether a position lies in a closed shape."""
    at, corners = _point(point), _trace([shape]) if shape else None
    if at is None or corners is None or corners[0] != corners[-1]:
        return False
    inside = False
    for (latitude, longitude), (next_latitude, next_longitude) in pairwise(corners):
        if (next_latitude > at[0]) != (latitude > at[0]) and at[1] < (longitude - next_longitude) * (at[0] - next_latitude) / (
            latitude - next_latitude
        ) + next_longitude:
            inside = not inside
    return inside


def _two_places(value: float) -> float:
    return math.floor(value * 100 + 0.5) / 100
