"""The two large forms that several end-to-end tests fill in, and the list and pictures that go with one of them."""

from __future__ import annotations

from pathlib import Path

FORMS = Path(__file__).parent.parent / "data" / "forms"
MEDIA_AND_PLACE, EVERY_QUESTION = FORMS / "media_and_place.md", FORMS / "every_question.md"
PICTURES = ("cat.png", "cat-large.png", "dog.png", "dog-large.png")
VILLAGES = 5_000
TOWNS = ("温泉", "浮山", "永安", "马桥", "向阳湖")


def publish(server, folder: Path) -> None:
    """Both, before any phone signs in. `folder`: where what is made for it may lie."""
    (folder / "places.csv").write_text(villages())
    server.publish(MEDIA_AND_PLACE)
    server.publish(EVERY_QUESTION, *(word for file in (folder / "places.csv", *(FORMS / each for each in PICTURES)) for word in ("--file", str(file))))


def villages() -> str:
    """The list of 5,000; the last but some is called otherwise."""
    rows = [f"v{number:04},{TOWNS[number % len(TOWNS)]}{number}组,t{number % len(TOWNS)}" for number in range(VILLAGES)]
    rows[4321] = "v4321,重庆路社区,t1"
    return "\n".join(["code,name,town", *rows, ""])
