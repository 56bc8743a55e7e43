"""Photos, drawings, signatures, sounds, videos, files and codes: given on the phone without a network, and byte for byte the same at the centre."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from tests.end_to_end import fake_devices
from tests.end_to_end.media_walking import arrived, bytes_at_centre, go_on, ink, kept, on_the_phone, open_form, save, sign, turn_to
from tests.end_to_end.walking import Office, Phone

pytestmark = pytest.mark.browser
PASS = "咸宁-通行-0311-7"


@pytest.fixture
def start_phone(shared_server, shared_phone):
    def start(arguments: Sequence[str] = ()):
        phone = shared_phone(arguments=arguments)
        phone.before = set(shared_server.documents("worker-w0001", "submission:"))
        return shared_server, phone

    return start


@pytest.fixture
def start_phone_set_otherwise(shared_server_set_otherwise, open_profile):
    """Where photos keep their place, and files are 100 kB at most."""

    def start():
        server = shared_server_set_otherwise
        phone = Phone(open_profile("phone"), server.url).sign_in("surveyor1")
        phone.before = set(server.documents("worker-w0001", "submission:"))
        return server, phone

    return start


def jpeg(page, width: int, height: int) -> bytes:
    """A photo as a camera writes it: left half red, right half blue."""
    made = page.evaluate(
        """async ([width, height]) => {
            const canvas = Object.assign(document.createElement('canvas'), { width, height });
            const pen = canvas.getContext('2d');
            pen.fillStyle = '#d01010';
            pen.fillRect(0, 0, width / 2, height);
            pen.fillStyle = '#1010d0';
            pen.fillRect(width / 2, 0, width / 2, height);
            const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.9));
            return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
        }""",
        [width, height],
    )
    return base64.b64decode(made)


def as_a_camera_writes_it(photo: bytes) -> bytes:
    """The photo with EXIF: the phone was held upright (turn it by 90°), at 29°50'24" north, 114°19'12" east."""

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack(">HHI", tag, kind, count) + value.ljust(4, b"\0")

    gps, values = 8 + 2 + 2 * 12 + 4, 8 + 2 + 2 * 12 + 4 + 2 + 4 * 12 + 4
    tiff = b"MM\0*" + struct.pack(">IH", 8, 2) + entry(0x0112, 3, 1, struct.pack(">H", 6)) + entry(0x8825, 4, 1, struct.pack(">I", gps)) + bytes(4)
    tiff += struct.pack(">H", 4) + entry(1, 2, 2, b"N\0") + entry(2, 5, 3, struct.pack(">I", values)) + entry(3, 2, 2, b"E\0")
    tiff += entry(4, 5, 3, struct.pack(">I", values + 24)) + bytes(4) + struct.pack(">12I", 29, 1, 50, 1, 2400, 100, 114, 1, 19, 1, 1200, 100)
    body = b"Exif\0\0" + tiff
    return photo[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + photo[2:]


def looks(page, photo: bytes) -> dict:
    """How large a picture is, and its colour at the middle of the top and of the bottom."""
    return page.evaluate(
        """async (text) => {
            const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
            const picture = await createImageBitmap(new Blob([bytes]));
            const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
            const pen = canvas.getContext('2d');
            pen.drawImage(picture, 0, 0);
            const at = (y) => {
                const [red, , blue] = pen.getImageData(picture.width / 2, y, 1, 1).data;
                return red > 128 ? 'red' : blue > 128 ? 'blue' : 'other';
            };
            return { size: [picture.width, picture.height], top: at(5), bottom: at(picture.height - 5) };
        }""",
        base64.b64encode(photo).decode(),
    )


def give(phone, question: str, name: str, content: bytes, kind: str, button: int = 0) -> None:
    phone.question(question).locator("input[type=file]").nth(button).set_input_files({"name": name, "mimeType": kind, "buffer": content})


def film(page) -> bytes:
    """A second of what the fake camera sees, recorded."""
    made = page.evaluate(
        """async () => {
            const stream = await navigator.mediaDevices.getUserMedia({ video: true });
            const recorder = new MediaRecorder(stream, { mimeType: 'video/webm' });
            const chunks = [];
            recorder.ondataavailable = ({ data }) => chunks.push(data);
            const ended = new Promise((resolve) => (recorder.onstop = resolve));
            recorder.start(200);
            await new Promise((resolve) => setTimeout(resolve, 1200));
            recorder.stop();
            await ended;
            stream.getTracks().forEach((track) => track.stop());
            let text = '';
            for (const byte of new Uint8Array(await new Blob(chunks).arrayBuffer())) text += String.fromCharCode(byte);
            return btoa(text);
        }"""
    )
    return base64.b64decode(made)


def test_every_kind_of_file_and_code_is_at_the_centre_as_it_was_given(start_phone, open_profile, tmp_path, eventually):
    server, phone = start_phone([*fake_devices.camera(tmp_path / "camera.y4m", PASS), *fake_devices.microphone(tmp_path / "tone.wav")])
    tour = film(phone.page)
    phone.lose_network()
    open_form(phone, "照片")

    upright = as_a_camera_writes_it(jpeg(phone.page, 2400, 1200))
    give(phone, "门口照片", "IMG_0001.JPG", upright, "image/jpeg", button=1)
    phone.question("门口照片").locator(".photo img").wait_for()
    assert phone.question("封条照片").locator("input[type=file]").count() == 1, "`new` is the camera alone"
    assert phone.question("封条照片").locator("input[type=file]").get_attribute("capture") == "environment"
    give(phone, "封条照片", "IMG_0002.JPG", jpeg(phone.page, 400, 300), "image/jpeg")
    phone.question("封条照片").get_by_role("button", name=phone.word("form.draw.annotate")).click()
    phone.page.wait_for_timeout(300)
    sign(phone, "封条照片", 1)
    sign(phone, "草图", 1)
    sign(phone, "本人签名", 3)
    kept(phone)
    phone.look("media-pictures")

    turn_to(phone, "录音与文件")
    phone.question("口述录音").get_by_role("button", name=phone.word("form.audio.record"), exact=True).click()
    level = phone.question("口述录音").get_by_role("meter", name=phone.word("form.audio.level"))
    eventually(lambda: level.evaluate("(meter) => meter.value") > 0.3, 10, "the level shows that the tone is heard")
    phone.page.wait_for_timeout(1500)
    phone.question("口述录音").get_by_role("button", name=phone.word("form.audio.stop").split(" ")[0]).click()
    sound = phone.question("口述录音").locator("audio")
    eventually(lambda: sound.evaluate("(player) => player.readyState > 0 && player.error === null"), 10, "what was recorded can be played")
    give(phone, "现场视频", "VID_0001.webm", tour, "video/webm", button=1)
    phone.question("现场视频").locator("video").wait_for()
    give(phone, "证明材料", "五月 名单.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 400, "application/pdf")
    phone.question("证明材料").get_by_text("五月 名单.pdf").wait_for()
    phone.look("media-files")

    turn_to(phone, "条码")
    phone.question("通行证").get_by_role("button", name=phone.word("form.barcode.scan"), exact=True).click()
    expect(phone.question("通行证").locator(".question__box")).to_have_value(PASS, timeout=20_000)
    expect(phone.question("通行证").locator(".scanner")).to_be_hidden()
    phone.look("media-codes")

    lying = on_the_phone(phone)
    save(phone)
    phone.find_network()
    submission = arrived(server, phone.before, eventually)

    answers = submission["answers"]
    assert answers["codes"] == {"pass": PASS}
    given = {**answers["pictures"], **answers["files"]}
    assert set(given) == {"door", "seal", "sketch", "signature", "statement", "tour", "paper"}
    assert len(set(given.values())) == 7
    at_centre = {name: bytes_at_centre(server, submission, file, eventually) for name, file in given.items()}
    assert {name: note["hashed"] for name, note in lying.items()} == {note["name"].rsplit("-", 1)[0]: note["sha256"] for note in submission["media"]}
    assert at_centre["tour"] == tour
    assert at_centre["paper"] == b"%PDF-1.7\n" + bytes(range(256)) * 400
    door = looks(phone.page, at_centre["door"])
    assert door == {"size": [400, 800], "top": "red", "bottom": "blue"}, "turned upright, and 800 pixels as the question says"
    assert b"Exif" not in at_centre["door"], "where it was taken stays on the phone"
    assert at_centre["signature"].startswith(b"\x89PNG")
    assert {note["name"].rsplit("-", 1)[0]: note["type"] for note in submission["media"]} == {
        "door": "image/jpeg", "seal": "image/jpeg", "sketch": "image/png", "signature": "image/png", "statement": "audio/webm", "tour": "video/webm",
        "paper": "application/pdf",
    }  # fmt: skip
    assert [note["original"] for note in submission["media"] if "original" in note] == ["五月 名单.pdf"]

    # The office sees and hears them beside the answers.
    office = Office(open_profile("office", 1440, 900), server.url).sign_in("admin")
    office.page.goto(f"{server.url}/submissions/{submission['_id']}")
    picture = office.page.get_by_role("img", name="门口照片")
    picture.scroll_into_view_if_needed()
    eventually(lambda: picture.evaluate("(image) => image.complete && image.naturalWidth") == 400, 10, "the photo is shown")
    can_play = """(player) => new Promise((done) => {
        player.oncanplay = () => done(true);
        player.onerror = () => done(false);
        player.preload = 'auto';
        player.load();
    })"""
    assert office.page.locator("audio[aria-label=口述录音]").evaluate(can_play)
    assert office.page.locator("video[aria-label=现场视频]").evaluate(can_play)
    with office.page.expect_download() as downloaded:
        office.page.get_by_role("link", name="五月 名单.pdf").click()
    assert downloaded.value.path().read_bytes() == at_centre["paper"]
    office.look("office-media")


def test_a_deployment_may_keep_where_photos_were_taken(start_phone_set_otherwise, eventually):
    server, phone = start_phone_set_otherwise()
    open_form(phone, "照片")
    give(phone, "门口照片", "IMG_0001.JPG", as_a_camera_writes_it(jpeg(phone.page, 300, 200)), "image/jpeg", button=1)
    kept(phone)
    save(phone)
    submission = arrived(server, phone.before, eventually)
    photo = bytes_at_centre(server, submission, submission["answers"]["pictures"]["door"], eventually)
    assert looks(phone.page, photo)["size"] == [200, 300]
    # 29°50'24" and 114°19'12" as fractions of 10,000ths of a second
    assert struct.pack(">6I", 29, 1, 50, 1, 240_000, 10_000) in photo
    assert struct.pack(">6I", 114, 1, 19, 1, 120_000, 10_000) in photo


def test_what_is_no_picture_or_too_large_is_refused_in_a_sentence_and_what_was_there_stays(start_phone_set_otherwise):
    _, phone = start_phone_set_otherwise()
    phone.lose_network()
    open_form(phone, "照片")
    give(phone, "门口照片", "a.jpg", jpeg(phone.page, 300, 200), "image/jpeg", button=1)
    phone.question("门口照片").locator(".photo img").wait_for()
    (before,) = on_the_phone(phone).values()
    for content in (b"not a picture", jpeg(phone.page, 300, 200)[:300]):
        give(phone, "门口照片", "broken.jpg", content, "image/jpeg", button=1)
        expect(phone.question("门口照片").get_by_role("alert")).to_have_text(phone.word("form.media.not_an_image"))
    give(phone, "门口照片", "empty.jpg", b"", "image/jpeg", button=1)
    expect(phone.question("门口照片").get_by_role("alert")).to_have_text(phone.word("form.media.empty"))
    assert list(on_the_phone(phone).values()) == [before]

    turn_to(phone, "录音与文件")
    expect(phone.question("证明材料")).to_contain_text(phone.filled("form.media.limit", most=0.1))
    give(phone, "证明材料", "long.txt", b"x" * 150_000, "text/plain")
    expect(phone.question("证明材料").get_by_role("alert")).to_have_text(phone.filled("form.media.too_large", megabytes=0.2, most=0.1))
    give(phone, "证明材料", "table.xlsx", b"PK", "application/vnd.ms-excel")
    expect(phone.question("证明材料").get_by_role("alert")).to_have_text(phone.filled("form.media.wrong_type", types=".pdf, .txt"))
    give(phone, "口述录音", "song.txt", b"la la la", "text/plain")
    expect(phone.question("口述录音").get_by_role("alert")).to_have_text(phone.word("form.media.not_a_sound"))
    give(phone, "现场视频", "film.txt", b"la la la", "text/plain", button=1)
    expect(phone.question("现场视频").get_by_role("alert")).to_have_text(phone.word("form.media.not_a_film"))


def still(phone, look):
    """What is seen once it has not changed for two seconds."""
    seen, before = look(), None
    while seen != before:
        phone.page.wait_for_timeout(2_000)
        seen, before = look(), seen
    return seen


def test_a_signature_is_there_again_after_the_app_was_closed_and_can_be_undone_and_cleared(start_phone, eventually):
    _, phone = start_phone()
    phone.lose_network()
    open_form(phone, "照片")

    def picture() -> str:
        """Its digest, as it lies on the phone's disk."""
        return next((each["sha256"] for each in on_the_phone(phone).values()), "")

    sign(phone, "本人签名", 1)
    one, first = ink(phone, "本人签名"), eventually(picture, 20, "the first stroke is on the disk")
    sign(phone, "本人签名", 2)
    two = ink(phone, "本人签名")
    assert two > one > 1000
    eventually(lambda: picture() != first, 20, "the other strokes are")
    second = still(phone, picture)  # each stroke is a picture of its own; the last one is meant
    phone.question("本人签名").get_by_role("button", name=phone.word("form.draw.undo")).click()
    kept(phone)
    before = ink(phone, "本人签名")
    assert one <= before < two
    eventually(lambda: picture() not in (second, ""), 20, "and that one was taken back")

    go_on(phone)
    turn_to(phone, "照片")
    expect(phone.question("本人签名").get_by_role("img", name=phone.word("form.draw.canvas_signed"))).to_be_visible()
    phone.page.wait_for_timeout(300)
    assert ink(phone, "本人签名") == before
    sign(phone, "本人签名", 1)
    phone.question("本人签名").get_by_role("button", name=phone.word("form.draw.clear")).click()
    expect(phone.question("本人签名").get_by_role("img", name=phone.word("form.draw.sign_here"))).to_be_visible()
    assert ink(phone, "本人签名") == 0
    phone.page.wait_for_timeout(300)
    assert on_the_phone(phone) == {}, "no file stays behind that nobody names"
    phone.question("本人签名").get_by_role("button", name=phone.word("form.draw.undo")).click()
    expect(phone.question("本人签名").get_by_role("img", name=phone.word("form.draw.canvas_signed"))).to_be_visible()
    assert ink(phone, "本人签名") >= before


def test_without_a_camera_or_a_microphone_one_is_told_what_to_do_and_types_or_chooses(start_phone, eventually):
    server, phone = start_phone()
    phone.lose_network()
    open_form(phone, "条码")
    phone.question("通行证").get_by_role("button", name=phone.word("form.barcode.scan"), exact=True).click()
    says = phone.question("通行证").get_by_role("alert")
    expect(says).to_be_visible()
    assert says.inner_text() in (phone.word("form.barcode.denied"), phone.word("form.barcode.none"))
    phone.type("通行证", "TX-17")
    turn_to(phone, "录音与文件")
    phone.question("口述录音").get_by_role("button", name=phone.word("form.audio.record"), exact=True).click()
    says = phone.question("口述录音").locator(".notice")
    expect(says).to_be_visible()
    assert says.inner_text() in (phone.word("form.audio.denied"), phone.word("form.audio.none"))
    kept(phone)
    save(phone)
    phone.find_network()
    assert arrived(server, phone.before, eventually)["answers"] == {"codes": {"pass": "TX-17"}}
