"""Selectors admit what CouchDB's documentation says: examples side by side, and any selector against a naive reading of it."""

import functools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.selector import DEPTH_MAX, ELEMENT_TESTS_MAX, FIELD_LENGTH_MAX, PATTERNS_MAX, VALUES_MAX, BadSelector, compare, compile_selector
from tests.examples import examples

HOUSEHOLD = {
    "_id": "household:1",
    "type": "record",
    "label": "1栋 2单元 311",
    "visit": {"outcome": "done", "at": "2026-02-03", "count": 3},
    "members": [{"name": "何伶俐", "age": 71}, {"name": "何工", "age": 12}],
    "tags": ["quarantine", "flat"],
    "floor": -4,
    "left_at": None,
    "a.b": 1,
    "$price": 2,
    "rooms": {"kitchen": {"beds": 0}, "west": {"beds": 2}},
}

ADMITTED = [
    {},
    {"type": "record"},
    {"type": "record", "visit.outcome": "done"},
    {"visit": {"outcome": "done"}},
    {"visit": {"outcome": {"$in": ["done", "refused"]}, "count": {"$gt": 2, "$lte": 3}}},
    {"visit.at": {"$gte": "2026-02-01", "$lt": "2026-03-01"}},
    {"members.1.name": "何工"},
    {"a\\.b": 1, "\\$price": 2},
    {"left_at": None},
    {"left_at": {"$exists": True}},
    {"right_at": {"$exists": False}},
    {"visit.by": {"$exists": False}},
    {"left_at": {"$type": "null"}, "floor": {"$type": "number"}, "tags": {"$type": "array"}, "visit": {"$type": "object"}},
    {"tags": {"$all": ["flat"]}},
    {"tags": {"$all": [["quarantine", "flat"]]}},
    {"tags": {"$in": ["flat"]}},
    {"tags": {"$nin": ["house"]}},
    {"tags": {"$size": 2}},
    {"tags": {"$elemMatch": {"$eq": "flat"}}},
    {"members": {"$elemMatch": {"age": {"$gt": 70}}}},
    {"members": {"$allMatch": {"age": {"$gt": 10}, "name": {"$beginsWith": "何"}}}},
    {"rooms": {"$keyMapMatch": {"$eq": "west"}}},
    {"visit.count": {"$mod": [2, 1]}},
    {"floor": {"$mod": [3, -1]}},
    {"label": {"$regex": "[0-9]+单元"}},
    {"label": {"$beginsWith": "1栋"}},
    {"$or": [{"type": "submission"}, {"floor": {"$lt": 0}}]},
    {"$nor": [{"type": "submission"}, {"floor": 1}]},
    {"$not": {"type": "submission"}},
    {"$and": [{"type": "record"}, {"$not": {"$or": [{"floor": 1}, {"floor": 2}]}}]},
    {"floor": {"$or": [{"$eq": 1}, {"$eq": -4}]}},
    {"$and": []},
    {"$or": []},
    {"$nor": []},
    {"tags": {"$gt": "any text"}, "visit": {"$gt": ["any array"]}, "floor": {"$gt": True}},
]
NOT_ADMITTED = [
    {"type": "submission"},
    {"visit": {"outcome": "done", "by": "w1"}},
    {"visit": {}},
    {"nobody": {"$ne": 1}},
    {"$not": {"nobody": 1}},
    {"nobody": {"$nin": [1]}},
    {"visit.outcome.why": {"$exists": False}},
    {"members.2.name": {"$exists": False}},
    {"tags": {"$all": []}},
    {"tags": {"$in": []}},
    {"label": {"$size": 10}},
    {"label": {"$mod": [2, 1]}},
    {"floor": {"$regex": "4"}},
    {"left_at": {"$beginsWith": ""}},
    {"tags": {"$elemMatch": {"$eq": "house"}}},
    {"members": {"$allMatch": {"age": {"$gt": 20}}}},
    {"visit": {"$allMatch": {"$gt": None}}},
    {"floor": True},
]


@pytest.mark.parametrize("selector", ADMITTED, ids=str)
def test_admits(selector):
    assert compile_selector(selector)(HOUSEHOLD)


@pytest.mark.parametrize("selector", NOT_ADMITTED, ids=str)
def test_does_not_admit(selector):
    assert not compile_selector(selector)(HOUSEHOLD)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("type", "expected a JSON object"),
        ([], "expected a JSON object"),
        (None, "expected a JSON object"),
        ({"a": {"$like": "x"}}, "$like"),
        ({"$text": "x"}, "$text"),
        ({"$eq": 1}, "$eq"),
        ({"a": {"$in": 1}}, "$in"),
        ({"a": {"$nin": {}}}, "$nin"),
        ({"a": {"$all": "x"}}, "$all"),
        ({"$and": {}}, "$and"),
        ({"$or": 1}, "$or"),
        ({"$nor": None}, "$nor"),
        ({"$not": [1]}, "$not"),
        ({"a": {"$exists": 1}}, "$exists"),
        ({"a": {"$type": 1}}, "$type"),
        ({"a": {"$size": -1}}, "$size"),
        ({"a": {"$size": True}}, "$size"),
        ({"a": {"$mod": [0, 0]}}, "$mod"),
        ({"a": {"$mod": [1]}}, "$mod"),
        ({"a": {"$regex": "("}}, "$regex"),
        ({"a": {"$regex": r"(a)\1"}}, "$regex"),
        ({"a": {"$regex": "(?=a)"}}, "$regex"),
        ({"a": {"$regex": "((a{1000}){1000})"}}, "$regex"),
        ({"a": {"$regex": 1}}, "$regex"),
        ({"a": {"$beginsWith": None}}, "$beginsWith"),
        ({"a": {"$elemMatch": 1}}, "$elemMatch"),
        ({"a": {"$allMatch": []}}, "$allMatch"),
        ({"a": {"$keyMapMatch": "x"}}, "$keyMapMatch"),
        ({"": 1}, "invalid field name"),
        ({"a..b": 1}, "invalid field name"),
    ],
)
def test_a_bad_selector_is_refused_by_name(selector, names):
    with pytest.raises(BadSelector) as refused:
        compile_selector(selector)
    assert names in str(refused.value)


def test_selectors_that_would_cost_too_much_are_refused():
    deep: dict = {"a": 1}
    for _ in range(DEPTH_MAX):
        deep = {"$not": deep}
    patterns = [{"a": {"$regex": str(number)}} for number in range(PATTERNS_MAX + 1)]
    for selector in (deep, {"a": {"$in": list(range(VALUES_MAX + 1))}}, {"a." * FIELD_LENGTH_MAX + "a": 1}, {"$or": patterns}):
        with pytest.raises(BadSelector):
            compile_selector(selector)
    assert compile_selector({"$or": patterns[1:]})({"a": "7"})


def test_a_document_with_too_many_elements_for_the_conditions_on_each_is_refused():
    test = compile_selector({"a": {"$elemMatch": {"$or": [{"$eq": -1}] * 1_000}}})
    assert not test({"a": list(range(100))})
    with pytest.raises(BadSelector, match="too many elements"):
        test({"a": list(range(ELEMENT_TESTS_MAX // 1_000))})


def test_a_long_list_in_a_selector_is_no_slower_than_a_short_one():
    began = time.monotonic()
    for operator in ("$in", "$all"):
        assert not compile_selector({"a": {operator: [f"w{number}" for number in range(VALUES_MAX - 10)]}})({"a": list(range(200_000))})
    assert time.monotonic() - began < 10  # compared one by one: a quarter of an hour
    either = compile_selector({"a": {"$in": [1, [True], {"b": [1]}]}})
    assert [either({"a": value}) for value in (1.0, True, [[True]], [[1]], {"b": [1.0]}, {"b": [True]}, "1")] == [True, False, True, False, True, False, False]


def test_no_pattern_holds_up_the_server():
    test = compile_selector({"a": {"$regex": "^(a+)+$"}})
    began = time.monotonic()
    assert not test({"a": "a" * 100_000 + "!"})
    assert time.monotonic() - began < 2  # a backtracking engine takes longer than the universe has had


def test_values_are_in_couchdbs_order():
    ordered = [None, False, True, -1, 0, 0.5, 1, 10, "", "B", "a", "ab", "中", [], [None], [1], [1, 2], [2], {}, {"a": 1}, {"a": 1, "b": 0}, {"a": 2}, {"b": 0}]
    shuffled = ordered[1::2] + ordered[::2]
    assert sorted(shuffled, key=functools.cmp_to_key(compare)) == ordered
    assert compare(1, 1.0) == 0 == compare([{"a": 1}], [{"a": 1.0}])


# Any selector against a naive reading

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from([None, False, True, -3, 0, 1, 2, 2.5, "", "a", "ab", "b"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)
FIELDS = st.sampled_from(["a", "b", "c", "a.b", "b.0", "c.a.b"])
SIMPLE = st.one_of(
    st.tuples(st.sampled_from(["$eq", "$ne", "$lt", "$lte", "$gt", "$gte"]), VALUES),
    st.tuples(st.sampled_from(["$in", "$nin", "$all"]), st.lists(VALUES, max_size=3)),
    st.tuples(st.just("$exists"), st.booleans()),
    st.tuples(st.just("$type"), st.sampled_from(["null", "boolean", "number", "string", "array", "object"])),
    st.tuples(st.just("$size"), st.integers(0, 3)),
    st.tuples(st.just("$mod"), st.tuples(st.sampled_from([2, 3, -2]), st.sampled_from([-1, 0, 1])).map(list)),
    st.tuples(st.just("$beginsWith"), st.sampled_from(["", "a"])),
).map(lambda pair: {pair[0]: pair[1]})
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["$elemMatch", "$allMatch", "$keyMapMatch", "$not"]), inner).map(lambda pair: {pair[0]: pair[1]}),
        st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3)).map(lambda pair: {pair[0]: pair[1]}),
    ),
    max_leaves=4,
)
SELECTORS = st.recursive(
    st.dictionaries(FIELDS, CONDITIONS | VALUES, min_size=1, max_size=2),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3)).map(lambda pair: {pair[0]: pair[1]}),
        inner.map(lambda selector: {"$not": selector}),
    ),
    max_leaves=4,
)


def admits(selector, document):
    """The documentation's sentences, one after another, without a thought for speed."""
    return not selector or all(_holds(name, argument, [], document, True, False) for name, argument in selector.items())


def _holds(name, argument, path, document, wanted, in_element):
    """Whether this (or, when not `wanted`, its contrary) can be said of what lies at the path."""

    def holds(selector, wanted):
        if not isinstance(selector, dict) or not selector:
            return _holds("$eq", selector, path, document, wanted, in_element)
        said = [_holds(each, inner, path, document, wanted, in_element) for each, inner in selector.items()]
        return all(said) if wanted else any(said)

    if name in ("$and", "$or", "$nor") and not argument:
        return wanted or not in_element
    match name:
        case "$and":
            return (all if wanted else any)(holds(each, wanted) for each in argument)
        case "$or":
            return (any if wanted else all)(holds(each, wanted) for each in argument)
        case "$nor" if in_element:
            return not any(holds(each, True) for each in argument)
        case "$nor":
            return (all if wanted else any)(holds(each, not wanted) for each in argument)
        case "$not":
            return not holds(argument, True) if in_element else holds(argument, not wanted)
    if not name.startswith("$"):
        path = path + name.split(".")
        return holds(argument, wanted)
    try:
        value = document
        for step in path:
            if isinstance(value, list):
                if not step.isdigit() or int(step) >= len(value):
                    return False
                value = value[int(step)]
            elif isinstance(value, dict):
                value = value[step]
            else:
                return False
    except KeyError:
        return name == "$exists" and argument != wanted
    return _is(name, argument, value) == wanted


def _is(name, argument, value):
    def within(inner, each):
        return _holds("$and", [inner], [], each, True, True)

    many = value if isinstance(value, list) else [value]
    match name:
        case "$exists":
            return argument
        case "$type":
            return _order(value)[0] in {"null": "0", "boolean": "12", "number": "3", "string": "4", "array": "5", "object": "6"}[argument]
        case "$eq" | "$ne" | "$lt" | "$lte" | "$gt" | "$gte":
            one, other = _order(value), _order(argument)
            return {"$eq": one == other, "$ne": one != other, "$lt": one < other, "$lte": one <= other, "$gt": one > other, "$gte": one >= other}[name]
        case "$in":
            return any(_order(each) == _order(wanted) for each in many for wanted in argument)
        case "$nin":
            return not any(_order(each) == _order(wanted) for each in many for wanted in argument)
        case "$all":
            if not isinstance(value, list) or not argument:
                return False
            return [_order(value)] == [_order(each) for each in argument] or {_order(each) for each in argument} <= {_order(each) for each in value}
        case "$size":
            return isinstance(value, list) and len(value) == argument
        case "$mod":
            return type(value) is int and value - int(value / argument[0]) * argument[0] == argument[1]
        case "$beginsWith":
            return isinstance(value, str) and value[: len(argument)] == argument
        case "$elemMatch":
            return isinstance(value, list) and any(within(argument, each) for each in value)
        case "$allMatch":
            return isinstance(value, list) and value != [] and all(within(argument, each) for each in value)
        case "$keyMapMatch":
            return isinstance(value, dict) and any(within(argument, each) for each in value)
    raise AssertionError(name)


def _order(value):
    """A value as a tuple that sorts as CouchDB does."""
    match value:
        case None:
            return ("0",)
        case bool():
            return ("2",) if value else ("1",)
        case int() | float():
            return ("3", value)
        case str():
            return ("4", value)
        case list():
            return ("5", tuple(map(_order, value)))
    return ("6", tuple((name, _order(each)) for name, each in value.items()))


@settings(max_examples=examples(600), deadline=None)
@given(SELECTORS, DOCUMENTS)
def test_any_selector_admits_what_a_naive_reading_admits(selector, document):
    assert compile_selector(selector)(document) == admits(selector, document)
