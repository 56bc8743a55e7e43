"""Which records an export had is kept in 8 bytes each and found again."""

from sync.exported import MARK_BYTES, drawer_and_mark, drawers, holds


def test_an_export_is_found_for_the_records_that_it_had():
    some = [f"person:{number}" for number in range(2_000)]
    kept = drawers(some)
    assert sum(map(len, kept.values())) == 2_000 * MARK_BYTES
    for each in (*some[:50], "person:2000", "person:2001"):
        drawer, mark = drawer_and_mark(each)
        assert holds(kept.get(drawer, b""), mark) == (each in some)
    assert not holds(b"12345678abcdefgh", b"5678abcd")  # the end of one and the beginning of the next
