"""Of thousands of areas a page offers and sums up what fits, and leads to the rest. A city with 3 districts of 4 grids each."""

from server.office.area_tree import offered, summed

CITY = {"city": {"parent": None}, **{f"d{number}": {"parent": "city"} for number in range(3)}}
CITY |= {f"g{district}{grid}": {"parent": f"d{district}"} for district in range(3) for grid in range(4)}
GRIDS = {each for each in CITY if each.startswith("g")}


def test_a_small_tree_is_offered_whole_each_area_under_its_parent():
    assert offered(CITY, CITY.keys(), None)[:4] == [("city", 0), ("d0", 1), ("g00", 2), ("g01", 2)]
    assert len(offered(CITY, CITY.keys(), None)) == len(CITY)


def test_of_a_large_one_the_upper_levels_are_offered_and_what_lies_in_the_chosen_area():
    assert offered(CITY, CITY.keys(), None, most=8) == [("city", 0), ("d0", 1), ("d1", 1), ("d2", 1)]
    assert [each for each, _depth in offered(CITY, CITY.keys(), "d1", most=8)] == ["city", "d0", "d1", "g10", "g11", "g12", "g13", "d2"]
    assert ("g12", 2) in offered(CITY, CITY.keys(), "g12", most=8), "and the way to a chosen grid"


def test_who_sees_a_district_is_offered_it_as_the_top():
    seen = {"d1", "g10", "g11"}
    assert offered(CITY, seen, None) == [("d1", 0), ("g10", 1), ("g11", 1)]


def test_numbers_of_many_grids_stand_in_the_row_of_their_district():
    assert summed(CITY, CITY.keys(), None, GRIDS)["g12"] == "g12"
    assert summed(CITY, CITY.keys(), None, GRIDS, most=8)["g12"] == "d1"
    assert set(summed(CITY, CITY.keys(), None, GRIDS, most=2).values()) == {"city"}
    assert set(summed(CITY, CITY.keys(), "d1", {"g10", "d1"}, most=2).values()) == {"g10", "d1"}, "below a chosen one, what lies right in it"
