"""Forms as people bring them from ODK, Kobo and elsewhere: they work, or are told exactly what to change. Each stands for a trouble that a real one had."""

from __future__ import annotations

import pytest

from forms.check import publishable
from forms.check.finding import excerpt

NO_SETTINGS = """
| survey |
| | type | name | label |
| | text | who | Your name |
"""


def said(result) -> list[tuple[str, str]]:
    return [(finding.key, finding.message["en"]) for finding in result.findings]


def keys(result, level: str = "") -> list[str]:
    return [finding.key for finding in result.findings if not level or finding.level == level]


def test_a_form_without_settings_is_named_by_its_file_and_its_content():
    result = publishable(NO_SETTINGS, ".md", name="Visit étude (v2).xlsx")
    assert (result.form.id, len(result.form.version)) == ("Visit_etude_v2", 8)
    assert said(result) == [
        ("setting_made", "The sheet settings does not say it, so it was made: form_id = Visit_etude_v2. Write your own to choose it"),
        ("setting_made", f"The sheet settings does not say it, so it was made: version = {result.form.version}. Write your own to choose it"),
    ]
    assert publishable(NO_SETTINGS, ".md", name="Visit étude (v2).xlsx").form.version == result.form.version
    assert publishable(NO_SETTINGS.replace("Your", "The"), ".md", name="x.md").form.version != result.form.version
    assert keys(publishable(NO_SETTINGS, ".md"), "error") == ["setting_missing"]


def test_kobos_version_and_an_id_with_blanks_are_made_plain():
    form = NO_SETTINGS + "| settings |\n| | form_title | id_string | version | style |\n| | Visits | my visits | 3 (2021-03-04 09:01:11) | pages |\n"
    result = publishable(form, ".md")
    assert (result.form.id, result.form.version) == ("my_visits", "3_2021-03-04_09_01_11")
    assert keys(result) == ["setting_made_plain", "setting_made_plain"]


@pytest.mark.parametrize(
    ("label", "default_language", "languages"),
    [
        ("Your name", "", ("und",)),
        ("您的姓名", "", ("zh",)),
        ("Votre nom", "Français (fr)", ("fr",)),
        ("Votre nom", "French", ("fr",)),
    ],
)
def test_a_form_without_translations_is_in_one_language(label, default_language, languages):
    form = f"{NO_SETTINGS.replace('Your name', label)}\n| settings |\n| | form_id | version | default_language |\n| | f | 1 | {default_language} |\n"
    result = publishable(form, ".md")
    assert result.form.languages == languages
    assert result.form.title == {languages[0]: "f"}
    assert result.form.fields[0].label == {languages[0]: label}


def test_languages_are_known_by_their_names_and_a_missing_text_is_shown_in_another_one(judge):
    result = publishable(
        """
        | survey |
        | | type | name | label::Français (fr) | label::Kiswahili | hint::Français (fr) | required | constraint | constraint_message::Français (fr) |
        | | text | who | Nom | Jina | Prénom et nom | yes | . != 'x' | Pas x |
        | | select_one yn | ok | | Sawa? | | | | |

        | choices |
        | | list name | name | label::Français (fr) | label::Kiswahili |
        | | yn | y | Oui | |
        | | yn | n | Non | Hapana |

        | settings |
        | | form_title | form_id | version |
        | | Visite | f | 1 |
        """,
        ".md",
    )
    form = result.form
    assert form.languages == ("fr", "sw")
    assert form.title == {"fr": "Visite", "sw": "Visite"}
    who, ok = form.fields
    assert (who.label, who.hint) == ({"fr": "Nom", "sw": "Jina"}, {"fr": "Prénom et nom", "sw": "Prénom et nom"})
    assert ok.label == {"fr": "Sawa?", "sw": "Sawa?"}
    assert ok.choices[0].label == {"fr": "Oui", "sw": "Oui"}
    assert "<value>-</value>" not in result.xform
    assert judge(form, {"who": "x"}).problems[0].message == {"fr": "Pas x", "sw": "Pas x"}
    assert judge(form, {}).problems[0].message == {"fr": "This must be answered", "sw": "This must be answered"}
    assert set(keys(result)) == {"translation"}
    assert {(finding.sheet, finding.row, finding.column) for finding in result.findings} == {
        ("survey", 1, "hint"),
        ("survey", 1, "constraint_message"),
        ("survey", 3, "label::fr"),
        ("choices", 2, "label::sw"),
    }


def test_what_other_tools_keep_in_a_sheet_is_left_alone():
    result = publishable(
        """
        | survey |
        | | type | name | label | $xpath | $kuid | kobo--score | _remarks | hxl | body::accuracyThreshold | bind::odk:length | Translator comments |
        | | geopoint | at | Where | at | abc | x | old | #geo | 5 | 3 | check |

        | settings |
        | | form_id | version | style | allow_choice_duplicates |
        | | f | 1 | theme-grid pages | no |
        """,
        ".md",
    )
    assert [(each.level, each.key, each.column) for each in result.findings] == [("warning", "column", "translator_comments")]
    assert result.form is not None


def test_the_older_ways_to_write_a_form_mean_the_same(judge):
    result = publishable(
        """
        | survey |
        | | type | name | label:English | relevance | constraint | constraining message | jr:count | calculate | read only |
        | | integer | people | How many? | | . < 4 | Too many | | | |
        | | begin repeat | person | Person | ${people} > 0 | | | ${people} | | |
        | | select all that apply from kinds or specify other | kind | Kind | | | | | | |
        | | end repeat | | | | | | | | |
        | | calculate | twice | | | | | | ${people} * 2 | |

        | choices |
        | | list name | value | label:English |
        | | kinds | a | Apple |

        | settings |
        | | set form title | id_string | version |
        | | Old | old | 1 |
        """,
        ".md",
    )
    assert result.form is not None, said(result)
    assert result.form.languages == ("en",)
    assert [each.name for each in result.form.fields][:2] == ["people", "person"]
    verdict = judge(result.form, {"people": 5})
    assert [(problem.path, problem.rule) for problem in verdict.problems] == [("/people", "constraint"), ("/person", "count")]
    assert verdict.problems[0].message["en"] == "Too many"
    assert verdict.answers["twice"] in (10, "10")


def test_a_form_that_locks_its_answers_is_refused_with_the_reason():
    form = NO_SETTINGS + "| settings |\n| | form_id | version | public_key | submission_url |\n| | f | 1 | MIIBIjANBg | https://elsewhere.example |\n"
    result = publishable(form, ".md")
    assert [(each.level, each.key, each.column) for each in result.findings] == [
        ("error", "public_key", "public_key"),
        ("warning", "setting_not_used", "submission_url"),
    ]


ODK_ENTITIES = """
| survey |
| | type | name | label | save_to | calculation |
{more}
| | text | species | Species | species | |

| entities |
| | dataset | label | create_if | entity_id |
| | trees | ${{species}} | ${{species}} != '' | {id} |

| settings |
| | form_id | version |
| | f | 1 |
"""


def test_odks_entities_are_told_how_to_be_records_here(judge):
    result = publishable(ODK_ENTITIES.format(more="", id=""), ".md")
    assert keys(result, "error") == ["entity_id_missing"]
    assert "calculation once(concat('trees:', uuid())); then write ${trees_id} under entity_id" in result.errors[0].message["en"]
    mended = publishable(ODK_ENTITIES.format(more="| | calculate | trees_id | | | once(concat('trees:', uuid())) |", id="${trees_id}"), ".md")
    assert keys(mended) == ["entity_not_used"]
    [change] = judge(mended.form, {"species": "oak", "trees_id": "trees:1"}).changes
    assert (change.kind, change.id, change.properties["species"]) == ("trees", "trees:1", "oak")


@pytest.mark.parametrize(
    ("row", "level", "key", "column", "words"),
    [
        ("| | text | b | B | | | ${last-saved#a} |", "warning", "last_saved", "default", "column prefill"),
        ("| | text | b | B | if(${a} = '', null, 1) = 1 | | |", "warning", "null", "relevant", "Write ''"),
        ("| | text | b | B | ${a} = yes | | |", "error", "unresolved_name", "relevant", "a text 'yes'"),
        ("| | text | b | B | ${lst} = 'yes' | | |", "error", "reference_near", "relevant", "lst → last"),
        ("| | text | b | B | selectd(${a}, 'x') | | |", "error", "function_near", "relevant", "selectd() → selected()"),
        ("| | text | b | B | ${a} = 'x | | |", "error", "unparsable", "relevant", "does not belong here"),
        ("| | slect_one yn | b | B | | | |", "error", "type_near", "type", "select_one"),
        ("| | select_one yesno | b | B | | | |", "error", "choice_list", "type", "no list yesno"),
        ("| | select_one yn | b | B | | region = ${a} | |", "error", "filter_column", "choice_filter", "add it, or write ${name}"),
        ("| | select_one yn | b | B | | filter = ${a} | |", "error", "filter_blank", "choice_filter", "filter (yn)"),
        ("| | select_one_external towns | b | B | | | |", "error", "select_external", "type", "select_one_from_file"),
        ("| | select_one_from_file towns.csv | b | B | | region = ${a} | |", "error", "file_missing", "type", "towns.csv: bring it along"),
        ("| | text | b c | B | | | |", "error", "name", "name", "b c → b_c"),
        ("| | text | a | B | | | |", "error", "name_twice", "name", "/a (2)"),
        ("| | begin_group | g | G | | | |", "error", "group_begin", "type", "never closed"),
        ("| | end_group | | | | | |", "error", "group_end", "type", "not open here"),
        ("| | select_one yn | b | B | | | n |", "error", "default_choice", "default", "n (yn)"),
        ("| | calculate | b | | | | |", "error", "calculation_missing", "calculation", "needs an expression"),
        ("| | text | b | | | | |", "warning", "label_missing", "label", "no label"),
    ],
)
def test_each_trouble_is_said_once_with_its_place_and_what_to_write(row, level, key, column, words):
    result = publishable(
        f"""
        | survey |
        | | type | name | label | relevant | choice_filter | default |
        | | text | a | A | | | |
        {row}
        | | select_one yn | last | Last | | | |
        | | select_one other | end | End | | filter != ${{a}} | |

        | choices |
        | | list_name | name | label | filter |
        | | yn | y | Yes | |
        | | other | x | X | 1 |

        | settings |
        | | form_id | version |
        | | f | 1 |
        """,
        ".md",
    )
    # What cannot have been written in this table follows from nothing else: one trouble, one finding.
    assert [(each.level, each.key, each.sheet, each.row, each.column) for each in result.findings] == [(level, key, "survey", 3, column)], said(result)
    assert words in result.findings[0].message["en"]
    assert result.findings[0].message["zh"] != result.findings[0].message["en"]


def test_a_required_note_stops_a_form_that_contradicts_itself(judge):
    """The WHO's verbal autopsy: “Don't know” together with an answer."""
    result = publishable(
        """
        | survey |
        | | type | name | label | relevant | required | required_message |
        | | integer | age | Age | | | |
        | | note | age_check | This cannot be | ${age} > 150 | yes | Go back and mend the age |

        | settings |
        | | form_id | version |
        | | f | 1 |
        """,
        ".md",
    )
    assert result.findings == []
    assert judge(result.form, {"age": 50}).problems == ()
    [problem] = judge(result.form, {"age": 200}).problems
    assert (problem.path, problem.rule, problem.message) == ("/age_check", "required", {"und": "Go back and mend the age"})


def test_lists_are_looked_through():
    result = publishable(
        """
        | survey |
        | | type | name | label |
        | | select_multiple fruit | a | A |

        | choices |
        | | list_name | name | label |
        | | fruit | red apple | Apple |
        | | fruit | pear | Pear |
        | | fruit | pear | Pear again |
        | | fruit | | Nothing |
        | | | plum | Plum |
        | | colour | red | Red |

        | settings |
        | | form_id | version |
        | | f | 1 |
        """,
        ".md",
    )
    assert [(each.level, each.key, each.row) for each in result.findings] == [
        ("error", "choice_blank", 2),
        ("error", "choice_twice", 4),
        ("error", "choice_code_missing", 5),
        ("warning", "list_name_missing", 6),
        ("warning", "choice_list_unused", 7),
    ]
    assert "red apple → red_apple" in result.findings[0].message["en"]


def test_two_questions_of_one_name_cannot_be_referred_to():
    result = publishable(
        """
        | survey |
        | | type | name | label | relevant |
        | | begin_group | one | One | |
        | | text | name | Name | |
        | | end_group | | | |
        | | begin_group | two | Two | |
        | | text | name | Name | |
        | | end_group | | | |
        | | text | c | Hello ${name} | ${name} != '' |

        | settings |
        | | form_id | version | instance_name |
        | | f | 1 | visit-one |
        """,
        ".md",
    )
    ambiguous = [each for each in result.findings if each.key == "ambiguous"]
    assert [(each.row, each.column) for each in ambiguous] == [(8, "label"), (8, "relevant")]
    assert "/one/name, /two/name" in ambiguous[0].message["en"]


def test_a_name_of_a_submission_is_an_expression():
    form = NO_SETTINGS + "| settings |\n| | form_id | version | instance_name |\n| | f | 1 | visit |\n"
    [found] = publishable(form, ".md").findings
    assert (found.key, found.sheet, found.row, found.column, found.excerpt) == ("unresolved_name", "settings", 2, "instance_name", "visit\n^")


def test_a_column_is_in_one_language():
    form = NO_SETTINGS.replace("label |", "label | hint::French (fr)hint::English (en) |").replace("Your name |", "Your name | Nom |")
    assert keys(publishable(form, ".md", name="f.md"), "error") == ["column_languages"]


def test_the_caret_stands_under_the_place():
    assert excerpt("${姓名} = = 1", 8) == "${姓名} = = 1\n  \u3000\u3000    ^"
    shown, caret = excerpt("x" * 300 + "?" + "y" * 300, 300).split("\n")
    assert shown[caret.index("^")] == "?"
    assert len(shown) < 110
