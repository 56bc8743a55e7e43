"""Failed sign-ins are counted over all processes."""

import pytest

from server.errors import TooManyRequests
from server.sign_in_tries import SignInTries


@pytest.fixture
def two_processes(tmp_path):
    """What two web processes hold: each its own object over the same file."""
    return [SignInTries(tmp_path / "tries.sqlite", tries_per_minute=3) for _ in range(2)]


def test_failures_in_either_process_count_for_both(two_processes):
    one, other = two_processes
    one.failed("wang", "10.0.0.1", now=100.0)
    other.failed("wang", "10.0.0.2", now=101.0)
    one.check("wang", "10.0.0.3", now=102.0)
    one.failed("wang", "10.0.0.3", now=102.0)
    with pytest.raises(TooManyRequests) as stopped:
        other.check("wang", "10.0.0.4", now=103.0)
    assert stopped.value.headers == {"Retry-After": "58"}
    other.check("li", "10.0.0.1", now=103.0)


def test_a_minute_later_one_may_try_again(two_processes):
    one, other = two_processes
    for _ in range(3):
        one.failed("wang", "10.0.0.1", now=100.0)
    with pytest.raises(TooManyRequests):
        other.check("wang", "10.0.0.1", now=159.9)
    other.check("wang", "10.0.0.1", now=160.1)


def test_many_names_from_one_address_are_stopped_too(two_processes):
    one, other = two_processes
    for number in range(30):
        one.failed(f"name{number}", "10.0.0.1", now=100.0)
    with pytest.raises(TooManyRequests):
        other.check("another", "10.0.0.1", now=101.0)
    other.check("another", "10.0.0.2", now=101.0)


def test_what_was_typed_is_not_kept_as_it_was(two_processes, tmp_path):
    two_processes[0].failed("my password by mistake", "10.0.0.1")
    assert b"my password" not in (tmp_path / "tries.sqlite").read_bytes()
