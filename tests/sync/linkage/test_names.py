"""How names are taken apart, how they sound, and how two of them are alike."""

import pytest

from sync.linkage.looks import look_alike
from sync.linkage.names import name
from sync.linkage.names_alike import names_alike
from sync.linkage.pinyin import spelled
from sync.linkage.profile import written
from sync.linkage.sounds import folded, readings, sound_alike


@pytest.mark.parametrize(
    ("text", "shape", "surname", "given"),
    [
        ("何伶俐", "full", "何", "伶俐"),
        ("欧阳娜娜", "full", "欧阳", "娜娜"),
        ("王芳", "full", "王", "芳"),
        ("老李", "surname", "李", ""),
        ("王大爷", "surname", "王", ""),
        ("朱姐", "surname", "朱", ""),
        ("小王", "surname", "王", "王"),
        ("小芳", "given", "", "芳"),
        ("阿妹", "given", "", "妹"),
        ("婷婷", "given", "", "婷婷"),
        ("王", "surname", "王", "王"),
        ("阿依古丽·买买提", "other", "", ""),
        ("John Smith", "other", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_name_is_a_surname_and_a_given_name_or_a_piece(text, shape, surname, given):
    taken = name(text)
    assert (taken.shape, taken.surname, taken.given) == (shape, surname, given)


def test_a_title_says_the_sex_and_perhaps_the_age():
    assert (name("王大爷").sex, name("王大爷").old) == ("1", True)
    assert (name("李阿姨").sex, name("李阿姨").old) == ("2", False)


def test_blanks_brackets_dots_and_a_title_after_the_whole_are_no_part_of_a_name():
    assert [written(name) for name in ("何伶俐女士", "王芳阿姨", "欧阳娜老师", "小李医生")] == ["何伶俐", "王芳", "欧阳娜", "小李"]
    assert [written(name) for name in ("何女士", "欧阳老师", "王芳姨", "John先生")] == ["何女士", "欧阳老师", "王芳姨", "John先生"]
    assert written(" 何 伶俐（队长）") == "何伶俐"
    assert written("阿依古丽 • 买买提") == "阿依古丽·买买提"


def test_a_surname_has_readings_of_its_own():
    assert readings("单", surname=True)[0] == "shan" and readings("仇", surname=True)[0] == "qiu" and readings("区", surname=True)[0] == "ou"
    assert sound_alike("曾", "增", surname=True) == "sound"
    assert sound_alike("解", "谢", surname=True) == "sound"


@pytest.mark.parametrize(
    ("left", "right"), [("娜", "拉"), ("志", "自"), ("春", "村"), ("诗", "思"), ("芳", "凡"), ("生", "森"), ("英", "因"), ("湖", "福"), ("黄", "方")]
)
def test_dialects_mix_up_n_and_l_zh_and_z_ch_and_c_sh_and_s_ng_and_n_h_and_f(left, right):
    assert sound_alike(left, right) == sound_alike(right, left) == "dialect"


def test_what_no_dialect_mixes_up_stays_apart():
    assert sound_alike("王", "李") == "" and folded("ban") != folded("pan")


@pytest.mark.parametrize(("left", "right"), [("伶", "玲"), ("俐", "利"), ("未", "末"), ("晴", "睛"), ("建", "健"), ("敏", "梅")])
def test_characters_that_share_their_telling_part_look_alike(left, right):
    assert look_alike(left, right) and look_alike(right, left)


def test_other_characters_do_not_look_alike():
    assert not look_alike("王", "芳") and not look_alike("伟", "强")


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("helingli", ["he ling li"]),
        ("He Lingli", ["he ling li", "ling li he"]),
        ("hé líng lì", ["he ling li", "li he ling"]),
        ("fangan", ["fang an", "fan gan"]),
        ("lǚbù", ["lv bu"]),
        ("John Smith", []),
        ("an" * 29 + "q", []),  # in half a million ways, were they all tried
        ("Maria del Carmen Hernandez Rodriguez", []),
    ],
)
def test_a_name_in_letters_is_heard_each_way_that_it_may_be_meant(text, ways):
    assert [" ".join(syllables) for syllables in spelled(text)] == ways


@pytest.mark.parametrize(
    ("left", "right", "how"),
    [
        ("何玲利", "何伶俐", "surname_same given_sound"),
        ("贺伶俐", "何伶俐", "surname_sound given_same"),
        ("胡小凤", "付小凤", "surname_dialect given_same"),
        ("刘建林", "刘建宁", "surname_same given_dialect"),
        ("王未来", "王末来", "surname_same given_look"),
        ("何俐伶", "何伶俐", "surname_same given_swapped"),
        ("何俐", "何伶俐", "surname_same given_part"),
        ("何伶芳", "何伶俐", "surname_same given_half"),
        ("伶俐", "何伶俐", "given_only"),
        ("老何", "何伶俐", "surname_only"),
        ("小俐", "何伶俐", "nickname"),
        ("小芳", "何伶俐", "nickname_other"),
        ("买买提·阿依古丽", "阿依古丽·买买提", "name_order"),
        ("He Lingli", "何伶俐", "name_near"),
        ("héLíngLì", "何伶俐", "name_near"),
        ("Yuchi Gong", "尉迟恭", "name_near"),
        ("lǚmēng", "吕蒙", "name_near"),
        ("helingli", "He Ling Li", "name_order"),
        ("Ivanova Olga", "Ivanowa Olga", "name_near"),
        ("欧阳莉", "欧阳丽", "surname_same given_sound"),
        ("", "何伶俐", ""),
    ],
)
def test_how_two_names_are_alike(left, right, how):
    for one, other in ((left, right), (right, left)):
        assert " ".join(evidence.key for evidence in names_alike(name(written(one)), name(written(other)))) == how
