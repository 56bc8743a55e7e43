"""The same submissions in any order, with repetitions, cuts and crashes, over the real store and the real engine: byte-equal records."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
PERSON = "person:01JD3Z8Q5V7M2K4X9T6B1N0CFR"


def set_of_submissions(centre):
    """Fifteen documents of three workers and four phones: edits that knew of each other or not, corrections in chains, a clock in 1970,
    one held, one mended, two leaves of one document, a stray. Each with the inbox it goes to."""
    household = "household:aaaaaaaaaaaaaaaaaaaaaaaaaa"
    make = centre.submission

    def knew(*those):
        return {household: {each["device"]: each["clock"] for each in those}}

    a = make("w0001", answers={"phone": "135", "needs": "food", "masks": 1, "building": "1"})
    b = make("w0002", answers={"phone": "136", "masks": 2}, based_on=knew(a))
    c = make("w0003", answers={"phone": "137", "needs": "medicine", "room": "311"}, based_on=knew(a))
    confirmed = make("w0001", answers={"phone": "135", "needs": "food"}, based_on=knew(a), device="d-second")
    early = make("w0002", answers={"phone": "138"}, seconds=-1_770_000_000, device="d-1970")
    first = make("w0003", answers={"needs": "typo", "members": [{"person_id": PERSON, "name": "何伶俐"}]})
    second = make("w0003", answers={"needs": "tpyo", "members": [{"person_id": PERSON, "name": "何玲利"}]}, supersedes=first["_id"])
    third = make("w0003", answers={"needs": "parcel", "members": [{"person_id": PERSON, "name": "何伶利"}]}, supersedes=second["_id"])
    wrong = make("w0001", answers={"members": [{"person_id": PERSON, "name": "何", "temperature": 55}]})
    mended = make("w0001", answers={"members": [{"person_id": PERSON, "name": "何", "temperature": 35}]}, supersedes=wrong["_id"])
    held = make("w0002", form="unheard_of", supersedes=b["_id"])
    anothers = make("w0002", answers={"phone": "stolen"}, supersedes=a["_id"])
    leaves = [{**make("w0002", number=900, answers={"needs": needs}), "_rev": f"1-{digit * 32}"} for needs, digit in (("one leaf", "a"), ("other leaf", "b"))]
    stray = {"_id": "holiday", "worker": "w0001"}
    return [a, b, c, confirmed, early, first, second, third, wrong, mended, held, anothers, *leaves, stray]


def deliver(centre, document):
    centre.replicate(document, document.get("_rev", "1-" + "c" * 32))


@pytest.fixture(scope="module")
def founded(tmp_path_factory, open_centre):
    """A founded centre's folder, to be copied; and what the set makes of it when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("founded")
    centre = open_centre(folder).found()
    centre.close()
    calm = tmp_path_factory.mktemp("calm") / "copy"
    shutil.copytree(folder, calm)
    centre = open_centre(calm)
    for document in set_of_submissions(centre):
        deliver(centre, document)
    centre.merge()
    everything = centre.everything()
    states = list(centre.states().values())
    assert (states.count("accepted"), states.count("superseded"), states.count("held")) == (9, 3, 2)
    assert centre.record()["fields"]["phone"]["disputed"]
    centre.close()
    return folder, everything


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_with_repetitions_cuts_and_crashes_gives_byte_equal_records(founded, open_centre, data):
    folder, expected = founded
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        shutil.copytree(folder, Path(place) / "copy")
        centre = open_centre(Path(place) / "copy")
        try:
            documents = data.draw(st.permutations(set_of_submissions(centre)), label="order")
            for document in documents:
                deliver(centre, document)
                match data.draw(st.sampled_from(["go on", "go on", "merge", "step", "crash", "rewind", "again"]), label="then"):
                    case "merge":
                        centre.merge()
                    case "step":
                        centre.pipeline.run_once()
                    case "crash":
                        centre.new_pipeline()
                    case "rewind":
                        with centre.store.writing() as connection:
                            connection.exec_driver_sql("UPDATE checkpoints SET sequence = '0'")
                        centre.new_pipeline()
                    case "again":
                        deliver(centre, document)
            centre.merge()
            assert centre.everything() == expected
        finally:
            centre.close()
