"""Telephone numbers, identity numbers, dates and doors: one way of writing, and how two are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.linkage import doors, id_numbers, phones
from sync.linkage.births import births_alike
from sync.linkage.profile import birth
from sync.linkage.slips import one_slip

FITS = "421202197503020025"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+86 139-7152 0648", "13971520648"),
        ("0086 13971520648", "13971520648"),
        ("１３９７１５２０６４８", "13971520648"),
        ("0715-8888123", "07158888123"),
        ("00000000000", ""),
        ("1.39715E+10", ""),
        ("110", ""),
    ],
)
def test_a_telephone_number_is_digits(text, number):
    assert phones.written(text) == number


def test_of_several_telephones_the_best_pair_counts():
    assert phones.agree(("13971520648", "07158888123"), ("13871520000", "07158888123")) == "same"
    assert phones.agree(("13971520648",), ("13971520684",)) == "slip"
    assert phones.agree(("13971520648",), ("13871520000",)) == "other"
    assert phones.agree((), ("13871520000",)) == ""


def test_the_check_digit_tells_a_number_that_fits():
    assert id_numbers.fits(FITS) and id_numbers.born(FITS) == "1975-03-02" and id_numbers.sex(FITS) == "2"
    assert not id_numbers.fits("421202197503020022") and id_numbers.born("421202197503020022") == ""
    assert not id_numbers.fits("421202197513020026")


def test_a_number_of_15_digits_is_the_one_of_18_that_it_became():
    assert id_numbers.written("421202 750302 002") == FITS


@pytest.mark.parametrize("text", ["4212021975****002X", "4.21202E+17", "无", "123"])
def test_what_is_hidden_or_rounded_is_no_number(text):
    assert id_numbers.written(text) == ""


@given(st.integers(0, 16), st.integers(0, 9))
def test_no_single_wrong_digit_fits(at, digit):
    wrong = FITS[:at] + str(digit) + FITS[at + 1 :]
    assert wrong == FITS or not id_numbers.fits(wrong)


@pytest.mark.parametrize(
    ("left", "right", "how"),
    [
        (FITS, FITS, "same"),
        (FITS, "421202197503020205", "slip"),  # swapped: does not fit
        (FITS, "421202197503020041", "two"),  # the twin's, the next but one at the counter: both fit
        (FITS, "430102196001010019", "other"),
        (FITS, "", ""),
        ("421202197503020022", "421202197503020022", "alike"),
    ],
)
def test_two_numbers_that_fit_are_two_people_and_one_that_does_not_may_be_a_slip(left, right, how):
    assert id_numbers.agree(left, right) == id_numbers.agree(right, left) == how


@pytest.mark.parametrize(
    ("left", "right", "is_slip"), [("1975", "1957", True), ("1975", "1985", True), ("1975", "197", True), ("1975", "1975", False), ("1975", "5791", False)]
)
def test_a_slip_is_one_digit_or_two_neighbours_swapped(left, right, is_slip):
    assert one_slip(left, right) is one_slip(right, left) is is_slip


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1975", "1975"),
        ("1975-03", "1975-03"),
        ("1975-3-2", "1975-03-02"),
        ("19750302", "1975-03-02"),
        ("1975/3/2", "1975-03-02"),
        ("1975年3月2日", "1975-03-02"),
        ("1975-03-02T00:00:00", "1975-03-02"),
        ("1975/3/2 0:00:00", "1975-03-02"),  # as a spreadsheet writes it
        ("1975 - 3 - 2", "1975-03-02"),
        ("1975年", "1975"),
        ("1975-00-00", "1975"),
        ("75", ""),
        ("3/2/1975", ""),
        ("9999", ""),
    ],
)
def test_a_date_of_birth_goes_as_far_as_it_says(text, date):
    assert birth(text) == date


@pytest.mark.parametrize(
    ("left", "right", "how"),
    [
        ("1975-03-02", "1975-03-02", "day"),
        ("1975-03-02", "1975", "year"),
        ("1975-01-01", "1975-01-01", "year"),  # a day that nobody knew
        ("1975-03-02", "1974-03-02", "year_slip_same_day"),
        ("1975-03-02", "1957-03-02", "digits_same_day"),
        ("1975-03-02", "1975-02-03", "day_slip"),
        ("1975-04-09", "1975-02-28", "calendar"),
        ("1976-01-20", "1975-12-10", "calendar"),  # the lunar year ends later
        ("1975", "1976", "year_slip"),
        ("1975", "1957", "digits"),
        ("1975", "1995", "digits"),
        ("1995", "2005", "digits"),  # ten years apart
        ("1975-03-02", "1975-04", "year"),  # may be the lunar calendar
        ("1975-03-02", "1975-09", "year_day_other"),
        ("1975-01-01", "1975-09", "year"),
        ("1975", "1960", "other"),
        ("", "1975", ""),
    ],
)
def test_dates_of_birth_are_alike_by_slips_that_people_make(left, right, how):
    assert births_alike(left, right) == births_alike(right, left) == how


@pytest.mark.parametrize(
    "written",
    [("1", "2", "311"), ("1栋", "2单元", "311室"), ("一号楼", "二单元", "０３１１"), ("01幢", "02", "311 室"), ("", "", "1-2-311"), ("", "", "1栋2单元311")],
)
def test_one_door_is_written_in_many_ways(written):
    assert doors.door(*written) == ("1", "2", "311")


def test_a_village_group_is_no_building():
    assert doors.door("三组", "", "12号") == ("3组", "", "12") != doors.door("3", "", "12")
