"""Names are read as pypinyin reads them, only faster."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from sync.labels import pinyin
from tests.examples import examples

SYLLABLES = "王李张曾单仇区查解任重庆长沙朝阳银行行长乐音伶俐芳华秀英建国东方欧阳司马诸葛覃燕宁夏厦门蕃都人参"
names = st.text(SYLLABLES, min_size=1, max_size=5) | st.text("王重庆 ·aBé7行长㐀𠀀", min_size=1, max_size=6)


def test_characters_are_read_one_by_one_unless_they_are_a_phrase():
    assert pinyin("何伶俐") == ("helingli", "hll")
    assert pinyin("重庆") == ("chongqing", "cq")
    assert pinyin("重") == ("zhong", "z")


@settings(max_examples=examples(300))
@given(names)
def test_any_name_is_read_as_the_library_reads_it(name):
    syllables = [syllable.lower().strip() for syllable in lazy_pinyin(name)]
    assert pinyin(name) in ((), ("".join(syllables).replace(" ", ""), "".join(syllable[0] for syllable in syllables if syllable)))
    assert bool(pinyin(name)) == any("\u3400" <= character <= "\u9fff" for character in name)
