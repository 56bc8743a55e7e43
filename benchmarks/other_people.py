"""Invented people to judge linkage by, of another hand than `benchmarks/people.py`: written from what the field does, without a look at those or at the
table of look-alikes.

    python -m benchmarks.other_people PEOPLE.csv [--rows 100000] [--seed 1] [--slips 1|2] [--without id_number,phone,sex,door]
    flask linkage evaluate PEOPLE.csv --pairs PAIRS.csv

Households of communities of 300 doors: one telephone, one surname, the character of a generation. One person in eight is written down twice or thrice; each
later row has `--slips` kinds of error, and what a row says at all is drawn anew for each.
"""

from __future__ import annotations

import argparse
import csv
import random
from datetime import date, timedelta
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from benchmarks.other_households import Makers, Person

READINGS = {  # polyphonic surnames: as said rightly, as read by who does not know, who hears it writes
    "单": ("shan", "dan", "山善"), "仇": ("qiu", "chou", "邱求"), "区": ("ou", "qu", "欧"), "解": ("xie", "jie", "谢"), "曾": ("zeng", "ceng", "增郑"),
    "查": ("zha", "cha", "扎"), "盖": ("ge", "gai", "葛"), "缪": ("miao", "mou", "苗"), "覃": ("qin", "tan", "秦"), "朴": ("piao", "pu", "朴"),
    "尉迟": ("yu chi", "wei chi", ""), "任": ("ren", "ren", "人"), "冼": ("xian", "xian", "洗"), "乐": ("yue", "le", "岳"),
}  # fmt: skip
LOOK = (
    "未末 己已巳 晴睛 钧钓钩 辰晨 洋详祥 伟伪纬 佳住桂 健建键 凤风 宁守 宇字 思恩 雪雷 莹荧萤 萍苹 国图 明朋 志忘 龙尤 芳劳 军车 玉王 王主 生牛 "
    "春舂 林材 华毕 贵责 荣劳 清情 海悔 根很 良食 德听 平乎 永水 永泳 金全 福副 学字 文义 正王 长张 树村 兴光 忠患 庆床 才寸 山出 祥详 强弹 勇男 "
    "杰点 涛寿 斌赋 波披 辉晖 刚钢 亮壳 鹏鹃 飞气 峰锋 毅殷 新亲 卫工 立丘 宏雄 浩洁 磊蕾 超起 凯岂 帅师 翔翊 旭旬 阳阴 鑫森 博搏 俊峻骏 嘉喜 天夫 "
    "子孑 晓哓 少小 泽译 豪毫 轩斩 睿壑 梓辛 皓浩 奕弈 沐沭 铭钬 涵函 然燃 航舫 熙照 英莫 兰三 珍诊 秀季 桂佳 淑椒 素索 美羊 月用 惠慧 翠粹 爱受 "
    "菊掬 梅海 莲连 香杳 琴瑟 云去 花华 娥俄 敏敬 静净 丽两 艳绝 娟捐涓 霞露 燕蒸 玲珍 莉利 婷停 娜哪 倩情 丹舟 洁浩 颖颍 琳彬 雅稚 梦焚 诗侍 雨两 "
    "雯雪 琪棋 怡治 欣掀 悦脱 瑶遥 可司 语话 若苦 紫素 萱宣 彤形 妍研 桐铜 馨磬 刘划 陈阵 杨扬 黄寅 吴昊 周固 徐涂 孙孔 马鸟 朱未 胡湖 郭郑 何伺 "
    "高商 罗萝 宋末 许诈 冯马 曹曾 蔡葵 田由 董重 于干 余佘 叶计 蒋将 苏办 程呈 沈沉 任住 卢户 姜美 崔催 范苑 汪江 陆陕 戴载 夏复 邱丘 侯候 白日 "
    "尹伊 雷雪 毛手 温湿 施旋 安妥 易昜"
)
KINDS = {  # by what is written wrongly, and how often; two slips are of two groups
    "name": {"homophone": 14, "dialect": 7, "look-alike": 7, "polyphone": 2, "nickname": 4, "given only": 2, "pinyin": 3, "spaces or title": 3},
    "phone": {"phone swapped": 4, "phone digit": 5, "another phone": 4},
    "id": {"id swapped": 4, "id digit": 5},
    "birth": {"year ±1": 5, "year ±10": 3, "year only": 5, "lunar": 4, "day and month": 3},
    "said": {"parts missing": 5, "wrong sex": 1},
    "place": {"door in the area": 5, "another area": 7, "door written otherwise": 4},
    "none": {"no slip": 6},
}
COLUMNS = ("id", "name", "sex", "birth_date", "phone", "id_number", "area", "building", "unit", "room", "person", "kind")


def row_of(person: Person, rng: random.Random, without: set[str]) -> dict[str, str]:
    """What a worker writes who errs in nothing, of what was asked and said at that door."""
    place, building, unit, room = person.door
    full, month, year = (f"{person.born:{form}}" for form in ("%Y-%m-%d", "%Y-%m", "%Y"))
    row = {
        "name": person.surname + person.given, "sex": person.sex if rng.random() < 0.97 else "", "area": place, "building": building,
        "unit": unit if rng.random() < 0.93 else "", "room": room if rng.random() < 0.93 else "",
        "birth_date": rng.choices((full, month, year, ""), (74, 3, 18, 5))[0],
        "phone": person.phone if rng.random() < 0.72 else "", "id_number": person.id_number if rng.random() < 0.62 else "",
    }  # fmt: skip
    for column in without:
        for each in ("area", "building", "unit", "room") if column == "door" else (column,):
            row[each] = ""
    return row


def slip(makers: Makers, row: dict[str, str], person: Person, kind: str) -> bool:
    """Write it wrongly in `row`; False where there is nothing to write wrongly."""
    rng, before, surname, given = makers.rng, dict(row), person.surname, person.given
    at = rng.randrange(len(surname + given))
    if kind in ("homophone", "dialect", "look-alike"):
        was, sound = row["name"][at], lazy_pinyin(row["name"][at])[0]
        heard = "" if kind == "look-alike" else makers.by_sound.get(sound if kind == "homophone" else spoken(sound, rng), "")
        others = [each for each in heard or "".join(group for group in LOOK.split() if was in group) if each != was]
        row["name"] = row["name"][:at] + (rng.choice(others) if others else was) + row["name"][at + 1 :]
    elif kind == "polyphone" and surname in READINGS:
        said, read, written = READINGS[surname]
        row["name"] = rng.choice(written) + given if written and rng.random() < 0.6 else f"{rng.choice((said, read))} {' '.join(lazy_pinyin(given))}"
    elif kind == "nickname":
        age = 2020 - person.born.year
        title = "" if age <= 25 else {"1": ("哥", "大爷"), "2": ("姐", "奶奶")}[person.sex][age > 60]
        row["name"] = surname + title if title and rng.random() < 0.4 else f"{'老' if age > 45 else '小'}{surname}"
        row["name"] = f"阿{given[-1]}" if rng.random() < 0.2 else row["name"]
    elif kind == "given only":
        row["name"] = given if len(given) == 2 else row["name"]
    elif kind == "pinyin":
        style = Style.TONE if rng.random() < 0.2 else Style.NORMAL
        first = [READINGS[surname][0]] if surname in READINGS else lazy_pinyin(surname, style=style)
        second = lazy_pinyin(given, style=style)
        row["name"] = rng.choice((" ".join(first + second), "".join(first + second), f"{''.join(first)} {''.join(second)}".title()))
    elif kind == "spaces or title":
        row["name"] = rng.choice((" ".join(row["name"]), f"{surname} {given}", f"{surname}　{given}", row["name"] + ("先生" if person.sex == "1" else "女士")))
    elif kind.startswith(("phone", "id")):
        column = "phone" if kind.startswith("phone") else "id_number"
        row[column] = mistyped(row[column], rng, swap=kind.endswith("swapped"))
    elif kind == "another phone":
        row["phone"] = row["phone"] and makers.phone()
    elif kind.startswith("year ±"):
        years = rng.choice((1, -1)) * int(kind[6:])
        row["birth_date"] = row["birth_date"] and f"{int(row['birth_date'][:4]) + years}{row['birth_date'][4:]}"
    elif kind == "year only":
        row["birth_date"] = row["birth_date"][:4]
    elif kind == "lunar" and len(row["birth_date"]) == 10:
        row["birth_date"] = lunar(person.born)
    elif kind == "day and month" and len(row["birth_date"]) == 10 and person.born.day <= 12:
        row["birth_date"] = f"{person.born:%Y-%d-%m}"
    elif kind == "parts missing":
        for column in rng.sample(("birth_date", "phone", "id_number", "sex", "room"), 3):
            row[column] = ""
    elif kind == "wrong sex":
        row["sex"] = row["sex"] and "21"[int(row["sex"]) - 1]
    elif kind in ("door in the area", "another area") and row["area"]:
        area = int(row["area"].lstrip("社区村")) if kind == "door in the area" else None
        row["area"], row["building"], row["unit"], row["room"] = makers.door(area)
    elif kind == "door written otherwise" and row["unit"] and row["room"]:
        chinese = dict(zip("12345678", "一二三四五六七八", strict=True))
        row["building"] = rng.choice((f"{row['building']}栋", f"{row['building']}号楼", f"0{row['building']}", f"{chinese[row['building']]}栋"))
        row["unit"] = rng.choice((f"{row['unit']}单元", f"{chinese[row['unit']]}单元"))
        row["room"] = rng.choice((f"{row['room']}室", f"{int(row['room']):04d}"))
    return row != before or kind == "no slip"


def spoken(sound: str, rng: random.Random) -> str:
    heard = [("l" if sound[0] == "n" else "n") + sound[1:]] if sound[0] in "nl" else []
    if sound[0] in "zcs":
        heard.append(sound[0] + (sound[2:] if sound[1] == "h" else "h" + sound[1:]))
    if sound.endswith(("an", "en", "in", "ang", "eng", "ing")):
        heard.append(sound[:-1] if sound.endswith("g") else sound + "g")
    return rng.choice(heard) if heard else sound


def mistyped(digits: str, rng: random.Random, *, swap: bool) -> str:
    places = [at for at in range(1, len(digits) - 1) if not swap or digits[at] != digits[at + 1]]
    if not places:
        return digits
    at = rng.choice(places)
    if swap:
        return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    return digits[:at] + rng.choice([each for each in "0123456789" if each != digits[at]]) + digits[at + 1 :]


def lunar(day: date) -> str:
    """By the mean moon: a day off at most, which is nothing here. A month bears the number of the solar term about the 21st within it."""
    age = ((day - date(2000, 1, 6)).days - 0.76) % 29.530588
    start = day - timedelta(int(age))
    terms = [each.month for each in (start + timedelta(n) for n in range(30)) if each.day == 21] or [start.month]
    month = (terms[0] + 10) % 12 + 1
    return f"{start.year if month < 11 or start.month > 9 else start.year - 1}-{month:02d}-{int(age) + 1:02d}"


def rows(count: int, seed: int, slips: int, without: set[str]) -> list[dict[str, str]]:
    makers = Makers(seed, max(2, round(count / 980)))
    rng = makers.rng
    made: list[dict[str, str]] = []
    people = [each for area in range(makers.areas) for each in makers.area(area)][: round(count / 1.135)]
    of = {kind: (group, weight) for group, kinds in KINDS.items() for kind, weight in kinds.items()}
    for number, person in enumerate(people):
        made.append(row_of(person, rng, without) | {"person": f"P{number}", "kind": ""})
    while len(made) < count:
        number = rng.randrange(len(people))
        person, kinds = people[number], rng.choices(list(of), [weight for _, weight in of.values()], k=slips)
        if person.surname in READINGS and rng.random() < 0.3:
            kinds[0] = "polyphone"
        row = row_of(person, rng, without)
        if len({of[kind][0] for kind in kinds}) == slips and all(slip(makers, row, person, kind) for kind in kinds):
            made.append(row | {"person": f"P{number}", "kind": " ".join(kind.replace(" ", "_") for kind in kinds)})
    rng.shuffle(made)
    return [{"id": f"r{number}", **row} for number, row in enumerate(made)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("people", type=Path)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--slips", type=int, choices=(1, 2), default=1)
    asked.add_argument("--without", default="", help="what nobody was asked for: id_number,phone,sex,door")
    given = asked.parse_args()
    with given.people.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows(given.rows, given.seed, given.slips, set(filter(None, given.without.split(",")))))


if __name__ == "__main__":
    main()
