"""Invented people for the demo: Chinese names by surname frequency, sex and generation, families with plausible ages. Pure: a seed gives the same people.

Telephone numbers begin with 100, which no mobile number does, so that nobody is rung by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

PHONE_PREFIX = "100"
MALE, FEMALE = "1", "2"
HEAD, SPOUSE, SON, DAUGHTER, GRANDCHILD, PARENT = "0", "1", "2", "3", "4", "5"

# The commonest surnames and about how many in a thousand bear them.
_SURNAMES = (
    "王72 李72 张68 刘54 陈45 杨31 黄22 赵20 吴20 周20 徐17 孙15 马13 朱13 胡13 郭12 何12 林11 罗11 高10 郑9 梁8 谢7 宋7 唐7 许6 "
    "邓6 冯6 韩6 曹6 曾5 彭5 萧5 蔡5 潘5 田5 董5 袁5 于4 余4 叶4 蒋4 杜4 苏4 魏4 程4 吕4 丁4 沈3 任3 姚3 卢3 "
    "傅3 钟3 姜3 崔3 谭3 廖3 范3 汪3 陆3 金3 石3 戴3 贾3 韦3 夏3 邱3 方3 侯3 邹3 熊3 孟3 秦3 白2 江2 阎2 薛2 "
    "尹2 段2 雷2 黎2 史2 龙2 陶2 贺2 顾2 毛2 郝2 龚2 邵2 万2 钱2 严2 覃2 武2 戚1 柯1 镇1 舒1 "
)
# Given names as each generation chose them: (born until, men's, women's).
_GIVEN = (
    (
        1954,
        "建国 国强 德明 光荣 福生 玉山 长富 树林 保国 家珍 永贵 志高 正清 万福 世昌 和平 金山 天顺",
        "秀英 桂英 玉兰 桂兰 秀珍 凤英 淑珍 玉珍 桂珍 兰英 春香 腊梅 菊香 金枝 素珍 翠英 月娥 冬梅",
    ),
    (
        1969,
        "建军 建华 志强 国平 卫东 建平 永红 爱国 援朝 跃进 新华 卫国 红兵 志明 军 勇 平 建新 家旺",
        "桂花 秀兰 丽华 玉梅 红 桂香 爱华 玉华 秀芳 春梅 小红 丽 敏 萍 燕 霞 艳 建英 月红 卫红",
    ),
    (
        1984,
        "伟 勇 军 杰 涛 明 超 刚 斌 波 辉 鹏 飞 峰 磊 建 海波 志刚 文斌 晓东 国庆 俊 振华 小龙",
        "丽 芳 娟 敏 静 艳 燕 玲 萍 霞 红梅 丽娟 晓燕 海燕 春燕 莉 婷 慧 洁 琴 雪梅 小丽 金花 冬云",
    ),
    (
        1999,
        "浩 鑫 凯 宇 帅 俊杰 文杰 鹏飞 志豪 嘉豪 伟杰 思远 天宇 一鸣 子豪 博文 晨 航 毅 阳 磊 翔",
        "婷婷 倩 雪 琳 莹 佳 悦 颖 思思 雅婷 梦婷 文静 诗雨 晓彤 佳丽 欣 露 瑶 璐 静怡 梦瑶 雨晴",
    ),
    (
        2030,
        "子轩 浩然 宇轩 梓豪 俊熙 奕辰 沐宸 子墨 皓轩 一诺 宇航 睿 铭轩 泽宇 嘉懿 辰逸",
        "子涵 欣怡 梓涵 诗涵 雨桐 可馨 语桐 若曦 依诺 一诺 思涵 佳怡 紫萱 沐妍 梓萱 芷晴",
    ),
)


def _weighted() -> tuple[list[str], list[int]]:
    pairs = [(each[0], int(each[1:])) for each in _SURNAMES.split()]
    return [surname for surname, _ in pairs], [weight for _, weight in pairs]


_SURNAME_LIST, _SURNAME_WEIGHTS = _weighted()


@dataclass(frozen=True)
class Person:
    """One invented person; `relation` as the household survey codes it."""

    name: str
    sex: str
    birth_year: int
    relation: str
    phone: str | None


def surname(chance: Random) -> str:
    return chance.choices(_SURNAME_LIST, _SURNAME_WEIGHTS)[0]


def given_name(chance: Random, sex: str, birth_year: int) -> str:
    men, women = next((men, women) for until, men, women in _GIVEN if birth_year <= until)
    return chance.choice((men if sex == MALE else women).split())


def phone_numbers(chance: Random) -> Iterator[str]:
    """Numbers that nobody has, none of them twice."""
    seen: set[int] = set()
    while True:
        number = chance.randrange(10**8)
        if number not in seen:
            seen.add(number)
            yield f"{PHONE_PREFIX}{number:08d}"


def family(chance: Random, size: int, this_year: int, phones: Iterator[str]) -> list[Person]:
    """A head and `size` - 1 others: spouse first, then children or parents, ages that fit."""
    head_sex = chance.choices((MALE, FEMALE), (7, 3))[0]
    head_born = this_year - round(min(86, max(24, chance.gauss(48, 14))))
    head_surname = surname(chance)
    people = [_person(chance, head_surname, head_sex, head_born, HEAD, this_year, phones)]
    if size >= 2 and chance.random() < 0.85:
        spouse_sex = FEMALE if head_sex == MALE else MALE
        people.append(_person(chance, surname(chance), spouse_sex, head_born + chance.randint(-4, 5), SPOUSE, this_year, phones))
    while len(people) < size:
        people.append(_relative(chance, people, this_year, phones))
    return people


def _relative(chance: Random, people: list[Person], this_year: int, phones: Iterator[str]) -> Person:
    """The next one of the family: parents with young heads, children with most, grandchildren with old ones."""
    head = people[0]
    father = next((person for person in people[:2] if person.sex == MALE), head)
    children_surname = father.name[0]
    age = this_year - head.birth_year
    sex = chance.choice((MALE, FEMALE))
    parents = sum(person.relation == PARENT for person in people)
    if parents < 2 and age < 55 and chance.random() < 0.25:
        sex = FEMALE if parents else chance.choices((FEMALE, MALE), (6, 4))[0]
        born = head.birth_year - chance.randint(22, 32)
        return _person(chance, head.name[0] if sex == MALE else surname(chance), sex, born, PARENT, this_year, phones)
    if age > 62 and chance.random() < 0.5:
        return _person(chance, children_surname, sex, this_year - chance.randint(1, 17), GRANDCHILD, this_year, phones)
    born = min(this_year - 1, head.birth_year + chance.randint(23, 33))
    return _person(chance, children_surname, sex, born, SON if sex == MALE else DAUGHTER, this_year, phones)


def _person(chance: Random, family_name: str, sex: str, born: int, relation: str, this_year: int, phones: Iterator[str]) -> Person:
    phone = next(phones) if 12 <= this_year - born <= 80 and chance.random() < 0.8 else None
    return Person(family_name + given_name(chance, sex, born), sex, born, relation, phone)
