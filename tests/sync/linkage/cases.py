"""The cases that Python and TypeScript both run, tests/data/linkage.json: `python -m tests.sync.linkage.cases` writes their outcome anew.

Whoever changes a weight writes them anew, looks at what changed, and runs the phone's tests.
"""

import json
from pathlib import Path

from sync.linkage import Profile, compare
from tests.sync.linkage.somebody import ELSEWHERE, NEXT_DOOR, household, person

FILE = Path(__file__).parent.parent.parent / "data" / "linkage.json"
HERS = "421202197503020025"

LINGLI = person("何伶俐", sex="2", birth_year=1975, phone="13971520648")
PAIRS = {
    "the same woman at her own door": (LINGLI, person("何伶俐", sex="2", birth_year=1975, phone="13971520648")),
    "by sound, at her own door": (LINGLI, person("何玲利", sex="2", birth_year=1975)),
    "by sound, next door": (LINGLI, person("何玲利", sex="2", birth_year=1975, at=NEXT_DOOR)),
    "by sound, next door, three years apart": (LINGLI, person("何玲利", sex="2", birth_year=1978, at=NEXT_DOOR)),
    "by sound, elsewhere, with her telephone": (LINGLI, person("何玲利", phone="+86 139-7152-0648", at=ELSEWHERE)),
    "the surname by sound": (LINGLI, person("贺伶俐", sex="2", birth_year=1975)),
    "in dialect: n and l, -n and -ng": (LINGLI, person("何林妮", sex="2", birth_year=1975)),
    "h and f": (person("胡小凤", birth_year=1960), person("付小凤", birth_year=1960)),
    "zh and z": (person("陈志强", sex="1"), person("陈自强", sex="1", phone="13871520000")),
    "a polyphonic surname": (person("单雄信", birth_year=1980), person("山雄信", birth_year=1980)),
    "misread": (person("王未来", birth_year=1999), person("王末来", birth_year=1999)),
    "misread, one character": (person("王晴", birth_year=1999), person("王睛", birth_year=1999)),
    "characters swapped": (LINGLI, person("何俐伶", birth_year=1975)),
    "a character missing": (LINGLI, person("何俐", birth_year=1975)),
    "only the given name": (LINGLI, person("玲俐")),
    "a pet name": (LINGLI, person("小俐", sex="2")),
    "a pet name that does not fit": (LINGLI, person("小芳", sex="2")),
    "what neighbours call him": (person("李伟", sex="1", birth_year=1985), person("老李", birth_year=1985)),
    "an old man by his title": (person("王建国", sex="1", birth_year=1945), person("王大爷")),
    "his grandson is not meant": (person("王浩然", sex="1", birth_year=2012), person("王大爷")),
    "parts in the other order": (person("阿依古丽·买买提", phone="13871520000"), person("买买提•阿依古丽", phone="13871520000", at=ELSEWHERE)),
    "in letters": (LINGLI, person("He Lingli", birth_year=1975)),
    "one digit of the telephone another": (LINGLI, person("何伶俐", phone="13971520684", at=ELSEWHERE)),
    "another telephone": (LINGLI, person("何伶俐", phone="13871520000")),
    "a year more": (LINGLI, person("何伶俐", birth_year=1976, at=NEXT_DOOR)),
    "digits of the year swapped": (LINGLI, person("何伶俐", birth_year=1957, at=NEXT_DOOR)),
    "husband and wife with one telephone": (LINGLI, person("王强", sex="1", birth_year=1975, phone="13971520648")),
    "the character of a generation in common": (person("何佳丽", birth_year=2010), person("何佳敏", birth_year=2010)),
    "the other character in common": (person("何文丽", birth_year=2010), person("何佳丽", birth_year=2010)),
    "sisters": (LINGLI, person("何伶芳", sex="2", birth_year=1977, phone="13971520648")),
    "namesakes across the city": (person("张伟", sex="1", birth_year=1975), person("张伟", sex="1", birth_year=1975, at=ELSEWHERE)),
    "of another sex": (LINGLI, person("何伶俐", sex="1", birth_year=1975)),
    "a surname of two characters": (person("欧阳丽", sex="2", birth_year=1990), person("欧阳莉", sex="2", birth_year=1990)),
    "a note in brackets": (LINGLI, person("何 伶俐（队长）")),
    "a pet name by sound": (LINGLI, person("阿丽")),
    "too young for her title": (LINGLI, person("何奶奶")),
    "another surname": (person("王芳", at=NEXT_DOOR), person("李芳")),
    "a common name in one community": (person("王芳", at=NEXT_DOOR), person("王芳")),
    "a rare surname in one community": (person("谌秀英", at=NEXT_DOOR), person("谌秀英")),
    "a rare surname across the city": (person("谌秀英", at=ELSEWHERE), person("谌秀英")),
    "in letters, the given name first": (LINGLI, person("Lingli He")),
    "in letters, with tones": (LINGLI, person("hé líng lì", birth_year=1975)),
    "in letters, by the surname's own reading": (person("尉迟恭", birth_year=1990), person("Yuchi Gong", birth_year=1990)),
    "in letters, one character": (person("吕蒙", birth_year=1990), person("lǚmēng", birth_year=1990)),
    "in letters, twice": (person("helingli", birth_year=1975), person("He Ling Li", birth_year=1975)),
    "a title after the whole name": (LINGLI, person("何伶俐女士", birth_year=1975)),
    "a title after the surname": (LINGLI, person("何姐", birth_year=1975)),
    "the unit left out": (LINGLI, person("何玲利", at={**NEXT_DOOR, "unit": "", "room": "311"})),
    "the room left out": (LINGLI, person("何玲利", birth_year=1975, at={**NEXT_DOOR, "room": ""})),
    "the door left out": (LINGLI, person("何玲利", birth_year=1975, at={"place": NEXT_DOOR["place"]})),
    "ten years apart, over the century": (person("何伶俐", birth_year=1995), person("何伶俐", birth_year=2005, phone="13971520648")),
    "a slip in letters": (person("Smithson John"), person("John Smithsom")),
    "transcribed by sound": (person("阿依古力·买买提"), person("阿依古丽·买买提")),
    "one part in common": (person("阿依古丽"), person("阿依古丽·买买提")),
    "the sex is not stated": (LINGLI, person("何伶俐", sex="9", at=NEXT_DOOR)),
    "no door": (LINGLI, person("何伶俐", birth_year=1975, at={})),
    "an identity number with a slip": (person("何伶俐", id_number=HERS), person("何玲利", id_number="421202197503020205", at=ELSEWHERE)),
    "two valid identity numbers": (person("何伶俐", id_number=HERS), person("何伶俐", id_number="421202197503020041")),
    "one valid identity number": (person("何伶俐", id_number=HERS), person("何玲利", id_number="42120219750302 0025", at=ELSEWHERE)),
    "twins": (
        person("何佳丽", sex="2", birth_date="2010-05-06", phone="13971520648"),
        person("何佳敏", sex="2", birth_date="2010-05-06", phone="13971520648"),
    ),
    "the lunar calendar": (person("何伶俐", birth_date="1975-04-09", at=NEXT_DOOR), person("何伶俐", birth_date="1975-02-28")),
    "two on one form": (person("何伶俐", birth_year=1975, form="roster"), person("何玲利", birth_year=1975, form="roster")),
    "a household's door written in two ways": (household("1", "2", "311"), household("1栋", "二单元", "311室")),
    "a household that moved": (
        household("1", "2", "311", members=["何伶俐", "王伟"], phone="13971520648"),
        household("5", "1", "102", members=["何玲利", "王伟"], phone="13971520648"),
    ),
    "the next family behind a door": (household("1", "2", "311", members=["何伶俐"]), household("1栋", "2", "311", members=["张伟"])),
}


def cases():
    found = []
    for say, (left, right) in PAIRS.items():
        bodies = [{**each.body(), "id": f"{each.kind}:{number}"} for number, each in enumerate((left, right), 1)]
        outcome = compare(*map(Profile.of, bodies))
        reasons = [[key, values] for key, values in outcome.reasons]
        found.append({"case": say, "left": bodies[0], "right": bodies[1], "score": outcome.score, "suggested": outcome.suggested, "reasons": reasons})
    return found


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in cases())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
