"""Revision trees: the same branches give the same tree, in any order, and everyone sees the same winner."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.revisions import (
    EMPTY,
    NotARevision,
    Refused,
    Revision,
    as_lines,
    conflicts,
    deleted_conflicts,
    edit_extends,
    from_lines,
    history,
    leaves,
    leaves_below,
    merge,
    missing,
    new_revision,
    parse_revision,
    possible_ancestors,
    stem,
    winner,
    without_leaves,
)
from tests.examples import examples


def rev(text):
    return parse_revision(text)


def tree_of(*paths):
    """`"3-d 2-c 1-a"` is a path, newest first; a `!` before it makes the newest a tombstone."""
    tree = EMPTY
    for path in paths:
        tree = merge(tree, [rev(part) for part in path.lstrip("!").split()], path.startswith("!"))
    return tree


def texts(revisions):
    return [str(revision) for revision in revisions]


# The rules, one example each


def test_two_phones_that_edit_the_same_record_make_a_conflict_and_the_longer_line_wins():
    tree = tree_of("2-b 1-a", "3-d 2-c 1-a")
    assert texts(leaves(tree)) == ["3-d", "2-b"]
    assert texts(conflicts(tree)) == ["2-b"]
    assert texts(history(tree, winner(tree))) == ["3-d", "2-c", "1-a"]


def test_generations_are_compared_as_numbers():
    assert str(winner(tree_of("9-z", "10-a"))) == "10-a"


def test_ids_are_compared_as_bytes():
    assert str(winner(tree_of("1-a", "1-B", "1-é"))) == "1-é"
    assert str(winner(tree_of("1-a", "1-B"))) == "1-a"


def test_a_leaf_that_lives_wins_over_longer_deleted_ones():
    tree = tree_of("2-b 1-a", "!4-e 3-d 2-c 1-a")
    assert texts(leaves(tree)) == ["2-b", "4-e"]
    assert texts(conflicts(tree)) == [] and texts(deleted_conflicts(tree)) == ["4-e"]


def test_a_later_path_fills_the_gap_and_joins_the_pieces():
    tree = tree_of("6-q", "5-a 4-b", "7-r 6-q 5-a 4-b")
    assert texts(leaves(tree)) == ["7-r"]
    assert texts(history(tree, winner(tree))) == ["7-r", "6-q", "5-a", "4-b"]


def test_a_known_revision_changes_nothing():
    tree = tree_of("3-c 2-b 1-a")
    assert merge(tree, [rev("2-b"), rev("1-a")]) is tree
    assert merge(tree, [rev("3-c")]) is tree


def test_a_known_revision_does_not_become_a_tombstone_by_being_sent_as_one():
    assert winner(merge(tree_of("1-a"), [rev("1-a")], deleted=True)) not in tree_of("1-a").deleted


def test_only_the_newest_generations_of_each_line_are_kept():
    tree = stem(tree_of("6-f 5-e 4-d 3-c 2-b 1-a", "3-x 2-b 1-a"), 3)
    assert texts(history(tree, rev("6-f"))) == ["6-f", "5-e", "4-d"]
    assert texts(history(tree, rev("3-x"))) == ["3-x", "2-b", "1-a"]
    assert rev("3-c") not in tree


def test_a_line_is_cut_even_where_a_shorter_one_still_needs_what_is_cut_off():
    tree = stem(tree_of("5-e 4-d 3-c 2-b 1-a", "2-x 1-a"), 3)
    assert texts(history(tree, rev("5-e"))) == ["5-e", "4-d", "3-c"]
    assert texts(history(tree, rev("2-x"))) == ["2-x", "1-a"]


def test_missing_counts_inner_revisions_as_held_and_names_possible_ancestors():
    tree = tree_of("3-c 2-b 1-a", "2-x 1-a")
    unknown = missing(tree, [rev("2-b"), rev("3-c"), rev("3-d"), rev("1-q")])
    assert texts(unknown) == ["3-d", "1-q"]
    assert texts(possible_ancestors(tree, unknown)) == ["2-x"]


def test_leaves_below_a_revision():
    tree = tree_of("3-c 2-b 1-a", "2-x 1-a", "1-other")
    assert texts(leaves_below(tree, rev("1-a"))) == ["3-c", "2-x"]
    assert texts(leaves_below(tree, rev("3-c"))) == ["3-c"]
    assert leaves_below(tree, rev("9-none")) == []


@pytest.mark.parametrize(
    "paths, based_on, deleted, expected",
    [
        ((), None, False, None),
        ((), None, True, None),
        ((), "1-a", False, Refused),
        (("1-a",), None, False, Refused),
        (("1-a",), "1-a", False, "1-a"),
        (("2-b 1-a",), "1-a", False, Refused),
        (("2-b 1-a", "2-c 1-a"), "2-b", False, "2-b"),  # a losing leaf may be extended
        (("2-b 1-a", "!2-c 1-a"), "2-c", False, "2-c"),  # a tombstone too, while the document lives
        (("!2-b 1-a",), None, False, "2-b"),  # written anew: the child of the tombstone
        (("!2-b 1-a",), None, True, Refused),
        (("!2-b 1-a",), "2-b", False, Refused),
        (("!2-b 1-a", "!2-c 1-a"), None, False, "2-c"),
    ],
)
def test_what_an_edit_may_extend(paths, based_on, deleted, expected):
    tree, named = tree_of(*paths), rev(based_on) if based_on else None
    if expected is Refused:
        with pytest.raises(Refused):
            edit_extends(tree, named, deleted)
    else:
        assert edit_extends(tree, named, deleted) == (rev(expected) if expected else None)


def test_equal_edits_get_equal_revisions_and_others_do_not():
    first = new_revision(None, False, b'{"a":1}')
    assert first == new_revision(None, False, b'{"a":1}') and first.generation == 1
    others = [
        new_revision(None, True, b'{"a":1}'),
        new_revision(None, False, b'{"a":2}'),
        new_revision(None, False, b'{"a":1}', b"photo"),
        new_revision(first, False, b'{"a":1}'),
    ]
    assert len({first, *others}) == 5


@pytest.mark.parametrize("text", ["", "1", "-a", "a-1", "0-a", "-1-a", "1.5-a", "٣-a", "99999999999999999999-a", None, 1, ["1-a"]])
def test_what_is_no_revision_is_refused(text):
    with pytest.raises(NotARevision):
        parse_revision(text)


def test_a_revision_id_is_any_text():
    assert parse_revision("2-b-b/é ") == Revision(2, "b-b/é ")


# Properties

paths_of_branches = st.lists(
    st.tuples(st.integers(1, 6), st.text("abc", min_size=1, max_size=6), st.integers(1, 6)),
    min_size=1,
    max_size=8,
).map(lambda branches: [branch_path(*branch) for branch in branches])


def branch_path(start, letters, kept):
    """A line whose revisions are named after all that came before, as hashes would be: equal prefixes are equal histories.

    Every third revision is a tombstone by its name alone, so that all who send it agree. Only the newest `kept` are sent.
    """
    line = [Revision(start + age, letters[: age + 1]) for age in range(len(letters))]
    return list(reversed(line))[:kept]


def is_tombstone(revision):
    return sum(map(ord, revision.id)) % 3 == 0


def merged(paths):
    tree = EMPTY
    for path in paths:
        tree = merge(tree, path, is_tombstone(path[0]))
    return tree


@given(paths_of_branches, st.randoms())
def test_any_order_of_any_branches_gives_the_same_tree_and_winner(paths, random):
    tree = merged(paths)
    shuffled = paths + random.choices(paths, k=3)
    random.shuffle(shuffled)
    other = merged(shuffled)
    assert other.parents == tree.parents
    # A revision that came first as somebody's ancestor is an inner one and stays so: only leaves are marked.
    assert leaves(other) == leaves(tree) and other.deleted == tree.deleted


@given(paths_of_branches)
def test_trees_survive_being_kept(paths):
    tree = merged(paths)
    assert from_lines(as_lines(tree)) == tree


@given(paths_of_branches)
def test_the_winner_lives_if_any_leaf_does(paths):
    tree = merged(paths)
    best, *others = leaves(tree)
    if best in tree.deleted:
        assert set(leaves(tree)) <= tree.deleted
    assert set(conflicts(tree)) | set(deleted_conflicts(tree)) == set(others)


@settings(max_examples=examples(1000))
@given(paths_of_branches, st.integers(1, 5))
def test_stemming_keeps_leaves_and_the_winner_and_shortens_lines(paths, limit):
    tree = merged(paths)
    short = stem(tree, limit)
    assert leaves(short) == leaves(tree)
    for leaf in leaves(tree):
        whole, kept = history(tree, leaf), history(short, leaf)
        assert kept == whole[: len(kept)] and len(kept) >= min(limit, len(whole))
    assert stem(short, limit) is short or stem(short, limit) == short


@settings(max_examples=examples(1000))
@given(paths_of_branches, st.integers(1, 5))
def test_stemming_at_every_step_loses_no_leaf_that_a_whole_tree_would_have(paths, limit):
    stepwise = EMPTY
    for path in paths:
        stepwise = stem(merge(stepwise, path, is_tombstone(path[0])), limit)
    assert set(leaves(merged(paths))) <= set(leaves(stepwise)) | set(stepwise.parents)


@given(paths_of_branches)
def test_every_sent_revision_is_held_and_has_a_leaf_below_it(paths):
    tree = merged(paths)
    for path in paths:
        assert missing(tree, path) == []
        assert leaves_below(tree, path[0])


def test_two_writers_who_made_up_the_same_id_give_one_revision_with_two_parents():
    one, other = tree_of("2-x 1-a", "2-x 1-b"), tree_of("2-x 1-b", "2-x 1-a")
    assert one == other and texts(leaves(one)) == ["2-x"]
    assert from_lines(as_lines(one)) == one


# Stemming, purging and order: what holds whatever comes first


def alive(revision):
    return False


def merged_and_stemmed(paths, limit, deleted=is_tombstone):
    """Pushed one by one, the tree stemmed after each, as the engine does."""
    tree = EMPTY
    for path in paths:
        tree = stem(merge(tree, path, deleted(path[0])), limit)
    return tree


@settings(max_examples=examples(300))
@given(paths_of_branches, st.integers(1, 5), st.randoms())
def test_where_nothing_is_deleted_the_winner_is_the_same_in_any_order_and_however_short_lines_are_kept(paths, limit, random):
    """A revision that was stemmed away may come back as a leaf of its own, but never before the line that it belongs to."""
    shuffled = paths + random.choices(paths, k=2)
    random.shuffle(shuffled)
    assert winner(merged_and_stemmed(shuffled, limit, alive)) == winner(merged_and_stemmed(paths, 1000, alive))


@settings(max_examples=examples(300))
@given(paths_of_branches, st.integers(1, 6), st.integers(1, 6))
def test_stemming_twice_is_stemming_to_the_shorter_length_whichever_comes_first(paths, one, other):
    tree = merged(paths)
    assert stem(stem(tree, one), other) == stem(stem(tree, other), one) == stem(tree, min(one, other))


@settings(max_examples=examples(300))
@given(paths_of_branches, st.integers(6, 12), st.randoms())
def test_lines_that_fit_the_limit_are_never_stemmed_so_the_order_never_matters(paths, limit, random):
    shuffled = random.sample(paths, len(paths))
    fitting = [path for path in paths if path[0].generation <= limit]
    assert merged_and_stemmed(fitting, limit) == merged(fitting)
    assert merged_and_stemmed([path for path in shuffled if path in fitting], limit).parents == merged(fitting).parents


@settings(max_examples=examples(300))
@given(paths_of_branches, st.integers(1, 1000), st.randoms())
def test_two_machines_that_push_all_they_hold_to_each_other_show_the_same_winner(paths, limit, random):
    """Each took some branches, in its own order; then each sends its leaves with their lines to the other, as replication does."""
    here = merged_and_stemmed(random.sample(paths, len(paths))[: len(paths) // 2], limit)
    there = merged_and_stemmed(random.sample(paths, len(paths)), limit)
    for _ in range(2):
        sent = [(history(here, leaf), leaf in here.deleted) for leaf in leaves(here)] if here.parents else []
        back = [(history(there, leaf), leaf in there.deleted) for leaf in leaves(there)]
        for line, deleted in sent:
            there = stem(merge(there, line, deleted), limit)
        for line, deleted in back:
            here = stem(merge(here, line, deleted), limit)
    assert winner(here) == winner(there) and set(leaves(here)) == set(leaves(there))


@settings(max_examples=examples(300))
@given(paths_of_branches, st.integers(0, 7), st.integers(1, 6))
def test_deleting_the_winner_again_and_again_ends_with_a_deleted_document(paths, more, limit):
    """Each leaf that lives is deleted in turn, as a person settles a conflict; nothing else changes, and writing anew extends the best tombstone."""
    tree = merged_and_stemmed(paths, limit)
    lived = sum(leaf not in tree.deleted for leaf in leaves(tree))
    for _ in range(lived):
        best = winner(tree)
        assert best not in tree.deleted
        tomb = Revision(edit_extends(tree, best, True).generation + 1, f"{best.id}!")
        others = set(leaves(tree)) - {best}
        tree = stem(merge(tree, [tomb, best], True), limit)
        assert set(leaves(tree)) == others | {tomb}
    assert set(leaves(tree)) == tree.deleted
    parent = edit_extends(tree, None, False)
    assert parent == winner(tree), "generations never go back"
    again = Revision(parent.generation + 1, "again")
    tree = stem(merge(tree, [again, parent]), limit)
    assert winner(tree) == again and conflicts(tree) == []


@settings(max_examples=examples(300))
@given(paths_of_branches, st.sets(st.integers(0, 7)))
def test_a_purged_leaf_leaves_a_tree_that_never_had_it(paths, chosen):
    tree = merged(paths)
    known = leaves(tree)
    leaving = {known[index] for index in chosen if index < len(known)}
    kept = without_leaves(tree, leaving)
    expected = EMPTY
    for leaf in known:
        if leaf not in leaving:
            expected = merge(expected, history(tree, leaf), leaf in tree.deleted)
    assert kept == expected and set(leaves(kept)) == set(known) - leaving


def test_purging_what_is_no_leaf_changes_nothing():
    tree = tree_of("3-c 2-b 1-a", "2-x 1-a")
    assert without_leaves(tree, [rev("2-b"), rev("1-a"), rev("9-none")]) == tree
    assert set(texts(without_leaves(tree, [rev("3-c")]).parents)) == {"2-x", "1-a"}
    assert without_leaves(tree, leaves(tree)).parents == {}
