"""The merge worker looks for cycles seldom, and still gives back what is caught in one."""

import gc
import weakref

import pytest

from server.worker import NEW_OBJECTS_MAX, look_for_cycles_seldom


class Caught:
    def __init__(self):
        self.itself = self


@pytest.fixture
def seldom():
    before = gc.get_threshold()
    look_for_cycles_seldom()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("seldom")
def test_what_is_caught_in_cycles_goes_seldom_and_before_it_is_much():
    alive, most = weakref.WeakSet(), 0
    for _ in range(NEW_OBJECTS_MAX):
        alive.add(Caught())
        most = max(most, len(alive))
    assert NEW_OBJECTS_MAX / 10 < most < NEW_OBJECTS_MAX
