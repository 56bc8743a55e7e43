"""Invented households for `benchmarks/other_people.py`: communities of 300 doors, families, namesakes, cousins, landlords' telephones."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pypinyin import lazy_pinyin

SURNAMES = (  # of 10,000 people
    "王725 李719 张683 刘538 陈453 杨308 黄223 赵206 吴205 周192 徐173 孙154 马130 朱126 胡119 郭118 何117 林110 高108 罗95 郑93 梁84 谢77 宋75 "
    "唐72 许70 邓68 冯66 韩65 曹64 曾62 彭60 萧18 肖42 蔡56 潘55 田54 董53 袁52 于51 余50 叶49 蒋48 杜47 苏46 魏45 程44 吕44 丁43 沈42 任41 姚40 "
    "卢40 傅20 钟38 姜37 崔36 谭36 廖35 范34 汪34 陆33 金33 石32 戴31 贾31 韦30 夏30 邱29 方28 侯28 邹27 熊27 孟26 秦26 白25 江25 阎12 闫14 薛24 "
    "尹23 段22 雷22 黎21 史20 龙20 陶19 贺19 顾18 毛18 郝18 龚17 邵17 万16 钱16 严15 武15 孔14 向14 汤13 常12 温12 康11 施11 文11 牛10 樊10 葛9 "
    "邢9 安9 齐8 易8 乔8 伍8 庞7 颜7 倪7 庄7 聂7 章6 鲁6 岳6 翟5 申5 欧5 耿5 关5 焦5 左4 柳4 祝4 包4 宁4 尚4 符4 舒4 阮4 纪4 梅4 童4 凌3 毕3 单3 "
    "季3 成3 裴3 霍3 苗3 詹3 管3 解2 区2 仇1 查2 盖1 缪1 覃4 朴1 繁1 冼1 乐1 祭1 欧阳7 上官2 司马1 诸葛1 尉迟1 皇甫1 司徒1 长孙1 令狐1 慕容1"
)
GIVEN = {  # by sex and from which year: single characters, first of two, second of two, the commonest first
    ("1", 0): ("明华生林根贵", "建国志德玉永金春福学文正庆长祥树世光忠兴", "国华明生军荣贵才富林清海山根发良德文平祥"),
    ("1", 1962): ("伟强勇军杰涛斌波辉刚健明亮平鹏飞华峰兵毅", "建志文国海永红晓小春新卫东立宏", "军华平伟强明辉峰国民东林斌勇刚"),
    ("1", 1985): ("鹏杰浩磊超凯帅宇晨翔旭龙阳鑫博", "文俊志家嘉明天子晓海建少宇泽", "杰豪辉伟龙鹏涛浩超宇峰轩斌文林"),
    ("1", 2004): ("浩睿宇轩", "子浩宇俊梓一博嘉皓奕明思沐雨铭", "轩涵宇泽然睿辰豪洋晨阳杰航熙博"),
    ("2", 0): ("英兰珍芳", "秀桂玉淑凤素春金美月惠翠爱菊", "英兰珍芳华梅荣莲香琴云花娥"),
    ("2", 1962): ("敏静丽艳芳娟霞燕红玲梅萍莉英琴", "丽红小晓春雪海秀玉建", "华萍芳梅玲霞红丽英娟敏琴燕"),
    ("2", 1985): ("婷静娜倩雪丹洁颖莹琳慧", "雅思晓梦佳婷诗文雨嘉美", "婷雯琪怡欣敏玲慧颖洁琳静"),
    ("2", 2004): ("悦涵瑶", "梓欣诗雨可思语一佳若紫", "涵怡萱彤琪妍瑶桐悦馨晴"),
}
CITIES = ("421202 421221 421222 421281 420106 420502", "430321 222401 440305 510107 330106")


@dataclass(frozen=True)
class Person:
    surname: str
    given: str
    sex: str
    born: date
    phone: str
    id_number: str
    door: tuple[str, str, str, str]


class Makers:
    def __init__(self, seed: int, areas: int) -> None:
        self.rng, self.areas = random.Random(seed), areas  # noqa: S311
        self.surnames = [each.rstrip("0123456789") for each in SURNAMES.split()]
        self.weights = [int(each.lstrip("".join(self.surnames))) for each in SURNAMES.split()]
        used = {c for three in GIVEN.values() for part in three for c in part} | {c for name in self.surnames for c in name}
        level_1 = [bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)]
        self.by_sound: dict[str, list[str]] = defaultdict(list)
        for char in [c for c in level_1 if c] + 6 * sorted(used):  # who types by sound takes what names are made of, mostly
            self.by_sound[lazy_pinyin(char)[0]].append(char)

    def one_of(self, chars: str) -> str:
        return self.rng.choices(chars, [1 / (rank + 2) for rank in range(len(chars))])[0]

    def surname(self) -> str:
        return self.rng.choices(self.surnames, self.weights)[0]

    def given(self, sex: str, year: int, generation: str = "") -> str:
        single, first, second = GIVEN[sex, max(since for each, since in GIVEN if each == sex and since <= year)]
        if generation:
            return generation + self.one_of(second)
        if self.rng.random() < (0.33 if 1962 <= year < 2004 else 0.1):
            return self.one_of(single)
        if self.rng.random() < 0.25:  # off the lists of what is common
            return "".join(self.rng.choice(self.rng.choice([part for three in GIVEN.values() for part in three])) for _ in range(2))
        return self.one_of(first) + self.one_of(second)

    def phone(self) -> str:
        return f"1{self.rng.choice((30, 35, 36, 37, 38, 39, 50, 51, 52, 58, 59, 77, 80, 86, 87, 88, 89))}{self.rng.randrange(10**8):08d}"

    def id_number(self, born: date, sex: str) -> str:
        place = self.rng.choice(CITIES[self.rng.random() < 0.2].split())
        number = f"{place}{born:%Y%m%d}{self.rng.randrange(1, 50):02d}{self.rng.randrange(5) * 2 + (sex == '1')}"
        return number + "10X98765432"[sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number)) % 11]

    def person(self, surname: str, sex: str, born: date, phone: str, door: tuple[str, str, str, str], generation: str = "") -> Person:
        own = phone if born.year > 2008 or (born.year < 1950 and self.rng.random() < 0.5) or self.rng.random() < 0.2 else self.phone()
        return Person(surname, self.given(sex, born.year, generation), sex, born, own, self.id_number(born, sex), door)

    def day(self, first: int, last: int) -> date:
        first, last = max(first, 1925), min(last, 2019)
        return date(first, 1, 1) + timedelta(self.rng.randrange(365 * (max(last, first) - first + 1)))

    def door(self, area: int | None = None) -> tuple[str, str, str, str]:
        area = self.rng.randrange(self.areas) if area is None else area
        if area % 4 == 0:  # a village: group and house
            return f"村{area}", f"{self.rng.randint(1, 9)}组", "", str(self.rng.randint(1, 60))
        return f"社区{area}", str(self.rng.randint(1, 8)), str(self.rng.randint(1, 3)), f"{self.rng.randint(1, 18)}0{self.rng.randint(1, 4)}"

    def household(self, area: int) -> list[Person]:
        door, phone, surname = self.door(area), self.phone(), self.surname()
        man_born = self.day(1930, 1998)
        man = self.person(surname, "1", man_born, phone, door)
        woman = self.person(self.surname(), "2", self.day(man_born.year - 3, man_born.year + 5), phone, door)
        if (size := self.rng.random()) < 0.18:
            return [man if self.rng.random() < 0.5 else woman]
        home = [man, woman]
        generation = self.given("1", man_born.year + 27)[0] if self.rng.random() < 0.3 else ""
        if self.rng.random() < 0.06:
            generation = man.given[-1]  # the father's character
        children_born = [self.day(man_born.year + 22, man_born.year + 38) for _ in range(self.rng.choice((0, 1, 1, 1, 2, 2, 3)) if size > 0.3 else 0)]
        if children_born and self.rng.random() < 0.02:
            children_born.append(children_born[-1])  # twins
        home += [self.person(surname, self.rng.choice("12"), born, phone, door, generation) for born in children_born]
        if size > 0.75 and man_born.year > 1955:
            home.append(self.person(surname, "1", self.day(man_born.year - 32, man_born.year - 22), phone, door))
            home.append(self.person(self.surname(), "2", self.day(man_born.year - 32, man_born.year - 22), phone, door))
        names: dict[str, Person] = {}  # no two of one home have one name
        for each in home:
            if each.born.year < 2020:
                names.setdefault(each.surname + each.given, each)
        return list(names.values())

    def area(self, area: int) -> list[Person]:
        people = [each for _ in range(300) for each in self.household(area)]
        for each in self.rng.sample(people, len(people) // 60):  # namesakes of one year in the building, and cousins of one name
            year = each.born.year + (0 if self.rng.random() < 0.5 else self.rng.randint(-4, 4))
            place, building, _, _ = each.door
            _, _, unit, room = self.door(area)
            born = self.day(year, year)
            people.append(replace(each, born=born, phone=self.phone(), id_number=self.id_number(born, each.sex), door=(place, building, unit, room)))
        if self.rng.random() < 0.4:  # the landlord's telephone, or the committee's
            shared = self.phone()
            for at in self.rng.sample(range(len(people)), 50):
                people[at] = replace(people[at], phone=shared)
        return people
