"""People and households for the tests of linkage, as records are published."""

from sync.linkage import profile

HOME = {"place": "c031", "building": "1", "unit": "2", "room": "311"}
NEXT_DOOR = {**HOME, "room": "312"}
ELSEWHERE = {"place": "c007", "building": "9", "unit": "1", "room": "101"}


def person(name, at=HOME, id="person:1", form="", **values):
    """`form`: the submission that wrote it all."""
    fields = {field: {"value": value, **({"submission": f"submission:{form}"} if form else {})} for field, value in {"name": name, **values}.items()}
    return profile("person", id, fields, at)


def household(building, unit, room, id="household:1", members=(), place="c031", **values):
    fields = {field: {"value": value} for field, value in {"building": building, "unit": unit, "room": room, **values}.items()}
    return profile("household", id, fields, {"place": place, "members": members})
