"""The engine against a model of a few lines: whatever is pushed, in whatever batches, the tables say what the trees say."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine import Engine
from sync.engine.attachments import Upload
from sync.engine.wire import Arrived, Edit, Stub
from sync.revisions import EMPTY, Revision, leaves, merge, stem
from tests.examples import examples

NAME = "db"


def pushed(id, start, letters, kept):
    """A replicated edit. Names of revisions tell their whole history, and whether they are tombstones, so that all senders agree."""
    line = [Revision(start + age, letters[: age + 1]) for age in range(len(letters))]
    path = tuple(reversed(line))[:kept]
    newest = path[0]
    return Edit(id, path, sum(map(ord, newest.id)) % 3 == 0, b'{"is":"%b"}' % str(newest).encode())


edits = st.builds(pushed, st.sampled_from(["a", "b", "c"]), st.integers(1, 4), st.text("xyz", min_size=1, max_size=5), st.integers(1, 5))
batches = st.lists(st.lists(edits, max_size=5), max_size=6)


@settings(deadline=None, max_examples=examples(60))
@given(batches, st.sampled_from([2, 3, 1000]))
def test_the_tables_say_what_the_trees_say(batches, revisions_kept):
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        engine.create(NAME, {})
        database = engine.open(NAME)
        database.keep_revisions(revisions_kept)
        trees = {}
        seen = "0"
        for batch in batches:
            changed = set()
            database.write(batch, replicated=True)
            for edit in batch:
                before = trees.get(edit.id, EMPTY)
                trees[edit.id] = stem(merge(before, edit.path, edit.deleted), revisions_kept)
                if trees[edit.id].parents != before.parents:
                    changed.add(edit.id)  # also when a later edit of the batch undoes it: a branch too short to be joined comes and goes
            news = engine.changes(NAME, seen)
            seen = news.last_sequence
            assert {change.id for change in news.changes} == changed
        held = {change.id: change.leaves for change in engine.changes(NAME).changes}
        assert set(held) == set(trees)
        for id, tree in trees.items():
            assert [leaf.revision for leaf in held[id]] == [str(leaf) for leaf in leaves(tree)]
            assert all(leaf.document["is"] == leaf.revision for leaf in held[id]), "each leaf has the body that came with it"
            assert database.get(id).tree == tree
        info = database.info()
        assert info.live == sum(leaves(tree)[0] not in tree.deleted for tree in trees.values()) and info.live + info.deleted == len(trees)
        engine.close()


def test_a_stub_takes_the_bytes_of_the_nearest_kept_ancestor():
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        engine.create(NAME, {})
        database = engine.open(NAME)
        first, second, third = Revision(1, "a"), Revision(2, "b"), Revision(3, "c")
        database.write([Edit("p", (first,), False, b"{}", {"photo": Arrived("image/jpeg", Upload.of(b"x" * 600_000))})], replicated=True)
        database.write([Edit("p", (third, second, first), False, b"{}", {"photo": Stub(1)})], replicated=True)
        (entry,) = database.get("p").leaves[third].entries().values()
        assert database.attachment_bytes(entry["key"]) == b"x" * 600_000 and entry["revpos"] == 1
        engine.close()
