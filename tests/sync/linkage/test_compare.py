"""Who is suggested as one, and who only looks like one: families, twins, namesakes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.linkage import KINDS, Profile, compare, keys, profile
from sync.linkage.words import WORDS, in_words
from tests.examples import examples
from tests.sync.linkage.somebody import ELSEWHERE, HOME, NEXT_DOOR, household, person

HERS = "421202197503020025"
THE_TWINS = "421202197503020041"


def suggested(left, right):
    return compare(left, right).suggested


def reasons(left, right):
    return [key for key, _ in compare(left, right).reasons]


def test_a_woman_written_down_by_sound_at_her_own_door_and_at_another():
    one = person("何伶俐", sex="2", birth_year=1975)
    assert suggested(one, person("何玲利", sex="2", birth_year=1975))
    assert suggested(one, person("何玲利", sex="2", birth_year=1975, at=NEXT_DOOR))
    assert "given_sound" in reasons(one, person("何玲利", sex="2", birth_year=1975))


def test_a_common_name_and_a_year_are_not_enough_across_the_city():
    assert not suggested(person("张伟", sex="1", birth_year=1975), person("张伟", sex="1", birth_year=1975, at=ELSEWHERE))


def test_a_mistyped_identity_number_links_across_the_city_and_a_valid_other_one_parts():
    one = person("何伶俐", id_number=HERS)
    assert suggested(one, person("何玲利", id_number="421202197503020205", at=ELSEWHERE))
    assert not suggested(one, person("何伶俐", id_number=THE_TWINS, at=ELSEWHERE))


def test_the_same_valid_identity_number_is_certain_unless_everything_else_differs():
    assert compare(person("何伶俐", id_number=HERS), person("何玲利", id_number=HERS, at=ELSEWHERE)).certain
    child = person("何小宝", id_number=HERS, sex="1", birth_year=2015)
    assert not compare(person("何伶俐", sex="2", id_number=HERS), child).certain


def test_twins_are_two():
    born = {"birth_date": "2010-05-06", "phone": "13971520648", "sex": "2"}
    assert not suggested(person("何佳丽", **born), person("何佳敏", **born))
    assert not suggested(person("何佳丽", **born), person("何文静", **born))
    assert not suggested(person("何丽", **born), person("何敏", **born))


def test_a_misread_first_character_weighs_less_against_one_than_a_second_one_since_a_generation_shares_its_first():
    one = person("何佳丽", birth_year=2010)
    assert compare(one, person("何仕丽", birth_year=2010)).score > compare(one, person("何佳毕", birth_year=2010)).score + 3


def test_who_differs_in_the_year_and_in_the_day_of_birth_was_not_mistaken_in_both():
    one = person("朱冬敏", sex="2", birth_date="1983-05-26")
    assert not suggested(one, person("朱冬敏", sex="2", birth_date="1982-12-31", at=NEXT_DOOR))
    assert suggested(one, person("朱冬敏", sex="2", birth_date="1982-05-26", at=NEXT_DOOR))
    assert suggested(one, person("朱冬敏", sex="2", birth_date="1983-04-20", at=NEXT_DOOR)), "by the lunar calendar"


def test_brothers_and_sisters_are_two_however_near_their_names():
    phone = {"phone": "13971520648"}
    assert not suggested(person("何佳丽", sex="2", birth_year=2010, **phone), person("何佳莉", sex="2", birth_year=2013, **phone))
    assert not suggested(person("何志强", sex="1", birth_year=2010, **phone), person("何志刚", sex="1", birth_year=2011, **phone))


def test_father_and_son_with_near_names_are_two():
    assert not suggested(person("何伟", sex="1", birth_year=1960), person("何威", sex="1", birth_year=1986))
    assert not suggested(person("何建国", sex="1", birth_year=1960), person("何国", sex="1", birth_year=1986))


def test_husband_and_wife_with_one_telephone_are_two():
    assert not suggested(person("王芳", sex="2", birth_year=1975, phone="13971520648"), person("何伟", sex="1", birth_year=1975, phone="13971520648"))


def test_two_on_one_form_are_two():
    one = {"sex": "2", "birth_year": 1975, "form": "roster"}
    assert not suggested(person("何伶俐", **one), person("何玲利", **one))
    assert suggested(person("何伶俐", **one), person("何玲利", **{**one, "form": "another"}))
    assert "together" in reasons(person("何伶俐", **one), person("何玲利", **one))


def test_a_neighbour_s_word_for_an_old_man_is_taken_for_the_old_man_and_not_for_his_grandson():
    called = person("王大爷")
    assert suggested(called, person("王建国", sex="1", birth_year=1945))
    assert not suggested(called, person("王浩然", sex="1", birth_year=2012))
    assert not suggested(called, person("王秀英", sex="2", birth_year=1946))


def test_a_former_number_of_a_stranger_links_nobody():
    assert not suggested(person("张伟", phone="13971520648"), person("李秀英", phone="13971520648", at=ELSEWHERE))


def test_a_name_alone_says_too_little():
    assert not suggested(person("何伶俐", at={}), person("何伶俐", at={}))


def test_one_household_by_a_door_written_in_two_ways_or_by_its_members_after_a_move():
    one = household("1", "2", "311", members=["何伶俐", "王伟"], phone="13971520648")
    assert suggested(one, household("1栋", "二单元", "311室"))
    assert suggested(one, household("5", "1", "102", members=["何玲利", "王伟"], phone="13971520648"))
    assert not suggested(one, household("1栋", "二单元", "311室", members=["张三", "李四"]))
    assert not suggested(one, household("1", "2", "311", ordinal="2"))
    assert not suggested(one, household("1", "2", "312"))


def test_a_person_and_a_household_are_never_one():
    assert not suggested(person("何伶俐"), household("1", "2", "311"))


def test_other_kinds_and_records_that_say_nothing_have_no_profile():
    assert profile("visit", "visit:1", {"name": {"value": "何伶俐"}}) is None
    assert profile("person", "person:1", {"temperature": {"value": 36.6}}) is None
    assert profile("household", "household:1", {}) is None


def test_a_profile_survives_the_store():
    one = person("何伶俐", sex="女", birth_date="1975-03-02", phone="13971520648、07158888123", id_number=HERS, household="household:k5")
    assert Profile.of(one.body()) == one
    assert one.sex == "2" and one.phones == ("13971520648", "07158888123")


def test_a_disputed_telephone_counts_as_one_of_hers():
    fields = {"name": {"value": "何伶俐"}, "phone": {"value": "13971520648", "disputed": [{"value": "13871520000"}]}}
    assert profile("person", "person:1", fields).phones == ("13971520648", "13871520000")


def test_reasons_hold_no_telephone_and_no_identity_number():
    said = str(compare(person("何伶俐", id_number=HERS, phone="13971520648"), person("何玲利", id_number=HERS, phone="13971520648")).reasons)
    assert HERS not in said and "13971520648" not in said


def test_the_reasons_are_words_in_both_languages():
    found = compare(person("何伶俐", sex="2", birth_year=1975), person("何玲利", sex="2", birth_year=1975)).reasons
    assert in_words(found, "zh") == ["出生年份相同（1975）", "名读音相同（伶俐／玲利）", "姓相同（何）", "同一个门（1-2-311）"]
    assert in_words(found, "en")[1] == "The given names sound the same (伶俐 / 玲利)"
    assert all(set(texts) == {"zh", "en"} and len(set(texts.values())) == 2 for texts in WORDS.values())


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ({"unit": ""}, "The same building and room (1, 311); one does not say the unit"),
        ({"room": ""}, "The same building or group (1); one does not say the room"),
        ({"building": "", "unit": "", "room": ""}, "The same community; one does not say the door"),
        ({"building": "2", "unit": ""}, "The same community, different doors"),
        ({"room": "312", "unit": ""}, "The same community, different doors"),
    ],
)
def test_what_one_door_leaves_out_does_not_make_it_another(at, reason):
    assert reason in in_words(compare(person("何伶俐"), person("何伶俐", at=HOME | at)).reasons, "en")


def test_a_million_give_few_candidates_a_key():
    """What is common stands in no key alone: not a surname, not a year, not a place, not a syllable."""
    found = keys(person("王伟", sex="1", birth_year=1975, at={"place": "c031"}))
    assert found and not found & {"王", "wang", "n wanwei", "1975", "c031"}
    assert all(len(key) <= 120 and len(key.split()) >= 2 for key in found)
    assert not keys(person("小芳", at={"place": "c031"}))


def test_records_of_one_share_a_key_through_each_slip():
    hers = person("何伶俐", birth_date="1975-03-02", phone="13971520648", id_number=HERS)
    for other in (
        person("何玲利", birth_year=1975, at=ELSEWHERE),
        person("何玲利", birth_year=1976, at=ELSEWHERE),
        person("何怜俐", birth_date="1975-03-02", at=ELSEWHERE),
        person("何俐伶", birth_year=1975, at=ELSEWHERE),
        person("小俐", at=HOME),
        person("何阿姨", phone="13971520648", at=ELSEWHERE),
        person("何莉", phone="13971530648", at=ELSEWHERE),
        person("何芳", id_number="421202197503020205", at=ELSEWHERE),
        person("helingli", birth_year=1975, at=ELSEWHERE),
        person("Lingli He", at=HOME | {"room": ""}),
        person("俪俐", birth_date="1975-03-02", at=ELSEWHERE),
        person("伶俐", birth_date="1975-03-02", at=ELSEWHERE),
        person("阿俐", birth_date="1975-03-02", at=ELSEWHERE),
        person("老何", birth_date="1975-03-02", at=ELSEWHERE),
        person("何姐", phone="13971530648", at=ELSEWHERE),
    ):
        assert keys(hers) & keys(other), other


_characters = st.sampled_from("何河贺伶玲凌俐利莉王芳方伟威建国强小老阿大爷单")
_names = st.text(_characters, min_size=0, max_size=4) | st.sampled_from(
    ["阿依古丽·买买提", "买买提·阿依古丽", "John Smith", "Smith John", "He Lingli", "欧阳娜", "王大爷"]
)
_places = st.sampled_from([HOME, NEXT_DOOR, ELSEWHERE, {}])
_profiles = st.builds(
    lambda name, at, values, number: person(name, at, id=f"person:{number}", **values),
    _names.filter(bool),
    _places,
    st.fixed_dictionaries(
        {},
        optional={
            "sex": st.sampled_from("12"),
            "birth_date": st.sampled_from(["1975", "1975-03-02", "1976-03-02", "1957", "1975-02-03", "1995-01-01", "2010"]),
            "phone": st.sampled_from(["13971520648", "13971520684", "13871520000"]),
            "id_number": st.sampled_from([HERS, THE_TWINS, "421202197503020205", "E12345678"]),
        },
    ),
    st.integers(1, 3),
)
_homes = st.builds(
    lambda door, members, number: household(*door, members=members, id=f"household:{number}"),
    st.sampled_from([("1", "2", "311"), ("1栋", "2单元", "311"), ("3", "", "12")]),
    st.lists(_names, max_size=4),
    st.integers(1, 3),
)


@given(_profiles | _homes, _profiles | _homes)
@settings(max_examples=examples(300), deadline=None)
def test_comparing_is_symmetric(left, right):
    one, other = compare(left, right), compare(right, left)
    assert (one.score, one.suggested, one.certain) == (other.score, other.suggested, other.certain)
    assert [key for key, _ in one.reasons] == [key for key, _ in other.reasons]
    assert left.id == right.id or one == other


@given(_profiles)
@settings(max_examples=examples(100), deadline=None)
def test_a_record_shares_its_keys_with_itself_and_survives_the_store(one):
    assert keys(one) == keys(Profile.of(one.body()))
    assert one.kind in KINDS
