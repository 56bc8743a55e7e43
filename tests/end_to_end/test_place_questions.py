"""Positions, lines and shapes: found, walked and placed on the phone without a network; at the centre they are what they were on the phone."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.end_to_end.media_walking import arrived, go_on, kept, open_form, save, turn_to
from tests.end_to_end.walking import Phone

pytestmark = pytest.mark.browser
# 0.0001° is 11.1 m to the north, and 9.66 m to the east at this latitude.
START = (29.84, 114.32)
STEP = 0.0001


@pytest.fixture
def start_phone(shared_server, shared_phone):
    def start(permissions=("geolocation",)):
        phone = shared_phone(permissions=permissions)
        phone.before = set(shared_server.documents("worker-w0001", "submission:"))
        phone.lose_network()
        open_form(phone, "位置")
        return shared_server, phone

    return start


def stand(phone: Phone, north: float = 0, east: float = 0, accuracy: float = 5) -> None:
    """The phone is there now: so many steps from the start."""
    phone.context.set_geolocation({"latitude": START[0] + north * STEP, "longitude": START[1] + east * STEP, "accuracy": accuracy})


def tap_map(card: Locator, x: float, y: float) -> None:
    """By parts of its width and height."""
    drawing = card.locator(".map__drawing")
    box = drawing.bounding_box()
    assert box
    drawing.click(position={"x": x * box["width"], "y": y * box["height"]})


def green() -> bytes:
    """A map picture of a meadow."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = (b"\0" + b"\x90\xc8\x90" * 256) * 256
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def count_points(card: Locator, number: int) -> None:
    expect(card.locator(".kept-thing")).to_contain_text(f"{number} 个点")


def test_places_found_walked_and_placed_are_at_the_centre_as_they_were(start_phone, eventually):
    server, phone = start_phone()

    # A position gets better until it is as good as the question wants: 10 m.
    here = phone.question("现在位置")
    stand(phone, accuracy=80)
    here.get_by_role("button", name=phone.word("form.position.find")).click()
    expect(here.get_by_role("button", name=phone.filled("form.position.stop", metres=80))).to_be_visible()
    expect(here).to_contain_text(phone.filled("form.position.wanted", metres=10))
    phone.look("place-searching")
    stand(phone, accuracy=30)
    expect(here.get_by_role("button", name=phone.filled("form.position.stop", metres=30))).to_be_visible()
    stand(phone, east=1, accuracy=7.5)
    expect(here.get_by_role("button", name=phone.word("form.position.again"))).to_be_visible()
    expect(here).to_contain_text(phone.filled("form.position.accuracy", metres=8))

    # A well is placed on the map; there are no pictures here, so it is a grid of metres.
    well = phone.question("水井")
    expect(well).to_contain_text(re.compile("网格每格"))
    tap_map(well, 0.5, 0.5)
    expect(well).to_contain_text(phone.word("form.position.placed"))

    # A path: two points by walking, one where one stands, one too many undone.
    path = phone.question("巡查路线")
    stand(phone, accuracy=5)
    path.get_by_role("button", name=phone.word("form.trace.walk")).click()
    count_points(path, 1)
    stand(phone, north=0.1)  # 1 m is no walk
    phone.page.wait_for_timeout(2_300)
    stand(phone, north=2, accuracy=60)
    expect(path).to_contain_text(phone.filled("form.trace.waiting", metres=60))
    count_points(path, 1)
    stand(phone, north=2)
    count_points(path, 2)
    phone.look("place-walking")
    path.get_by_role("button", name=phone.word("form.trace.stop")).click()
    stand(phone, north=2, east=3)
    path.get_by_role("button", name=phone.word("form.trace.here")).click()
    count_points(path, 3)
    expect(path).to_contain_text("长 51 米")  # 22.3 m to the north, 29 m to the east
    tap_map(path, 0.3, 0.3)
    count_points(path, 4)
    path.get_by_role("button", name=phone.word("form.trace.undo")).click()
    count_points(path, 3)

    # A shape, corner by corner on the map and where one stands: closed by itself.
    plot = phone.question("消杀范围")
    for north, east in ((0, 0), (3, 0), (3, 3)):
        stand(phone, north=north, east=east)
        plot.get_by_role("button", name=phone.word("form.trace.here")).click()
        expect(plot.locator(".map__point")).to_have_count(1 + [(0, 0), (3, 0), (3, 3)].index((north, east)))
        if north and not east:
            expect(plot.get_by_role("alert")).to_have_text(phone.word("form.typed.too_few_points"))
    expect(plot.get_by_role("alert")).to_have_count(0)
    expect(plot).to_contain_text(re.compile(r"面积 48\d 平方米"))  # half of 33.4 m by 29 m
    plot.get_by_role("button", name=phone.word("form.trace.clear")).click()
    expect(plot.locator(".map__point")).to_have_count(0)
    plot.get_by_role("button", name=phone.word("form.undo")).click()
    expect(plot.locator(".map__point")).to_have_count(3)
    phone.look("place-shape")
    kept(phone)

    # All of it is there again after the app was closed.
    go_on(phone)
    turn_to(phone, "位置")
    expect(phone.question("消杀范围").locator(".map__point")).to_have_count(3)
    count_points(phone.question("巡查路线"), 3)
    phone.question("消杀范围").get_by_role("button", name=phone.word("form.map.place")).click()
    expect(phone.question("消杀范围").locator(".map__point")).to_have_count(4)
    phone.question("消杀范围").get_by_role("button", name=phone.word("form.trace.undo")).click()

    save(phone)
    phone.find_network()
    places = arrived(server, phone.before, eventually)["answers"]["places"]
    assert places["here"] == {"latitude": 29.84, "longitude": 114.3201, "altitude": 0, "accuracy": 7.5}
    assert (places["well"]["altitude"], places["well"]["accuracy"]) == (0, 0)
    assert abs(places["well"]["latitude"] - 29.84) < 0.001
    assert abs(places["well"]["longitude"] - 114.3201) < 0.001
    assert [(point["latitude"], point["longitude"], point["accuracy"]) for point in places["path"]] == [
        (29.84, 114.32, 5), (29.8402, 114.32, 5), (29.8402, 114.3203, 5),
    ]  # fmt: skip
    assert [(point["latitude"], point["longitude"]) for point in places["plot"]] == [(29.84, 114.32), (29.8403, 114.32), (29.8403, 114.3203), (29.84, 114.32)]


def test_a_position_worse_than_the_form_warns_of_says_so_and_is_kept(start_phone):
    _, phone = start_phone()
    here = phone.question("现在位置")
    stand(phone, accuracy=70)
    here.get_by_role("button", name=phone.word("form.position.find")).click()
    here.get_by_role("button", name=phone.filled("form.position.stop", metres=70)).click()
    expect(here.locator(".notice")).to_have_text(phone.filled("form.position.poor", metres=70, wanted=50))


def test_without_permission_one_is_told_how_to_give_it_and_may_leave_the_question(start_phone, eventually):
    server, phone = start_phone(permissions=())
    buttons = {"现在位置": "form.position.find", "水井": "form.position.find", "巡查路线": "form.trace.walk", "消杀范围": "form.trace.here"}
    for question, button in buttons.items():
        phone.question(question).get_by_role("button", name=phone.word(button)).click()
        says = phone.question(question).locator(".notice--warn")
        expect(says).to_contain_text(phone.word("form.position.denied"))
        expect(says).to_contain_text(phone.word("form.position.denied_how"))
    expect(phone.question("消杀范围")).to_contain_text(phone.word("form.map.unknown"))
    phone.look("place-denied")
    save(phone)
    phone.find_network()
    assert arrived(server, phone.before, eventually)["answers"] == {}


def test_where_the_operator_has_map_pictures_they_lie_under_the_points_also_without_a_network(shared_server_set_otherwise, open_profile):
    folder = Path(shared_server_set_otherwise.settings["DOORSTEP_TILES"])
    for x in range(214316, 214319):  # around the start
        (folder / "18" / str(x)).mkdir(parents=True, exist_ok=True)
        for y in range(108287, 108291):
            (folder / "18" / str(x) / f"{y}.png").write_bytes(green())
    phone = Phone(open_profile("phone"), shared_server_set_otherwise.url).sign_in("surveyor1")
    open_form(phone, "位置")
    stand(phone, accuracy=5)
    here = phone.question("现在位置")
    here.get_by_role("button", name=phone.word("form.position.find")).click()
    picture = here.locator(".map image").first
    expect(picture).to_have_attribute("href", re.compile(r"^/tiles/18/\d+/\d+\.png$"))
    expect(here.locator(".map__grid")).to_have_count(0)
    phone.page.wait_for_function("caches.open('tiles').then((kept) => kept.keys()).then((all) => all.length > 0)")
    phone.look("place-tiles")
    phone.lose_network()
    go_on(phone)
    turn_to(phone, "位置")
    loaded = "(image) => fetch(image.getAttribute('href')).then((answer) => answer.status, () => 0)"
    found = phone.question("现在位置").locator(".map image").evaluate_all(f"(images) => Promise.all(images.map({loaded}))")
    assert 200 in found
