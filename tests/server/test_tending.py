"""The merge worker's process looks after the embedded engine's folder now and then."""

from server.stores import Stores
from server.worker import TENDING_FIRST_SECONDS, TENDING_SECONDS, Stop, _tend


class StopAfter(Stop):
    """Is told to stop after so many rounds, and remembers how long each was to wait."""

    def __init__(self, settings, rounds):
        super().__init__(settings)
        self.left = rounds
        self.waited = []

    def is_told_within(self, seconds):
        self.waited.append(seconds)
        self.left -= 1
        return self.left < 0


def marks(settings):
    return {path.name for path in settings.engine_folder.glob("here-*")}


def test_the_folder_is_tended_soon_after_the_start_and_then_every_ten_minutes(app, settings):
    stores = Stores(settings)
    stores.databases.create("area-g0311", {})
    before = marks(settings)
    stop = StopAfter(settings, 2)
    _tend(stores, stop)
    assert stop.waited == [TENDING_FIRST_SECONDS, TENDING_SECONDS, TENDING_SECONDS]
    assert len(marks(settings)) == 1 and marks(settings) != before, "a new mark says that it was here"


def test_what_fails_once_is_tried_again_the_next_time(app, settings):
    stores = Stores(settings)
    stores.databases.create("area-g0311", {})
    before = marks(settings)
    lock = settings.engine_folder / "tending.lock"
    lock.mkdir()  # no file can be opened there

    class Mended(StopAfter):
        def is_told_within(self, seconds):
            if self.left == 1:
                lock.rmdir()
            return super().is_told_within(seconds)

    _tend(stores, Mended(settings, 2))
    assert marks(settings) != before
