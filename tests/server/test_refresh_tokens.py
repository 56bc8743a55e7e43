"""Refresh tokens: a chain that survives lost answers and nothing else."""

from server.refresh_tokens import device_of, first_token, renew

KEY = b"a key"


def test_the_old_token_stays_good_until_the_new_one_was_used():
    first, kept = first_token("d-7f3a0001")
    lost = renew(KEY, kept, first)
    again = renew(KEY, lost.keep, first)
    assert again == lost
    used = renew(KEY, again.keep, again.next_token)
    assert renew(KEY, used.keep, first) is None
    assert renew(KEY, used.keep, again.next_token) == used
    assert len({first, lost.next_token, used.next_token}) == 3


def test_a_token_from_long_ago_stays_dead():
    first, kept = first_token("d-7f3a0001")
    second = renew(KEY, kept, first)
    third = renew(KEY, second.keep, second.next_token)
    fourth = renew(KEY, third.keep, third.next_token)
    assert renew(KEY, fourth.keep, first) is None
    assert renew(KEY, fourth.keep, second.next_token) is None


def test_what_the_store_keeps_is_no_token_and_gives_none_without_the_key():
    first, kept = first_token("d-7f3a0001")
    handed_out = renew(KEY, kept, first).next_token
    assert renew(KEY, kept, f"d-7f3a0001.{kept}") is None
    assert renew(b"another key", kept, handed_out) is None


def test_another_phones_token_is_refused():
    _, kept = first_token("d-7f3a0001")
    other, _ = first_token("d-7f3a0002")
    assert renew(KEY, kept, other) is None


def test_the_device_is_named_in_the_token_and_nothing_else_is_taken_for_one():
    token, _ = first_token("d-7f3a0001")
    assert device_of(token) == "d-7f3a0001"
    assert device_of("no dot in it") is None
    assert device_of("d-7f3a0001.ü") is None
    assert device_of("d-7f3a0001." + "x" * 300) is None
