"""What a problem says where the form gives no message of its own, in every language we speak."""

from __future__ import annotations

Message = dict[str, str]

DEFAULTS: dict[str, Message] = {
    "required": {"zh": "此项必填", "en": "This must be answered"},
    "constraint": {"zh": "此项的值不在允许范围内", "en": "This value is not allowed"},
    "choice": {"zh": "没有这个选项", "en": "There is no such choice"},
    "count": {"zh": "条数与应有的不符", "en": "The number of entries is not the one expected"},
    "relevant": {"zh": "此项在此情形下不必填，已去掉", "en": "Not asked in this case; the answer was left out"},
    "calculate": {"zh": "计算值与提交的不同，已重新计算", "en": "The calculated value differed and was calculated again"},
    "unknown": {"zh": "表中没有这一项", "en": "The form has no such question"},
    "text": {"zh": "应为文字", "en": "Must be text"},
    "text_too_long": {"zh": "文字太长", "en": "The text is too long"},
    "text_characters": {"zh": "文字中有无法保存的字符", "en": "The text has characters that cannot be kept"},
    "integer": {"zh": "应为整数", "en": "Must be a whole number"},
    "decimal": {"zh": "应为数字", "en": "Must be a number"},
    "select_multiple": {"zh": "应为选项的列表", "en": "Must be a list of choices"},
    "date": {"zh": "应为日期，例如 2026-02-03", "en": "Must be a date such as 2026-02-03"},
    "time": {"zh": "应为时间，例如 09:12:00", "en": "Must be a time such as 09:12:00"},
    "dateTime": {
        "zh": "应为带时区的日期和时间，例如 2026-02-03T09:12:00+08:00",
        "en": "Must be a date and time with its zone, such as 2026-02-03T09:12:00+08:00",
    },
    "geopoint": {"zh": "应为位置：纬度与经度", "en": "Must be a position: latitude and longitude"},
    "acknowledge": {"zh": "应为 OK", "en": "Must be OK"},
    "group": {"zh": "应为一组问题", "en": "Must be a group of answers"},
    "repeat": {"zh": "应为条目的列表", "en": "Must be a list of entries"},
    "too_many_rows": {"zh": "条目太多", "en": "Too many entries"},
    "too_many_choices": {"zh": "选项太多", "en": "Too many choices"},
    "entity_id": {"zh": "编号的样子不对", "en": "This is not the id of such a record"},
    "entity_twice": {"zh": "同一编号在一份表中出现两次", "en": "The same id stands twice in one submission"},
    "more": {"zh": "还有更多问题未列出", "en": "There are more problems than are listed"},
}


def default(name: str, languages: tuple[str, ...]) -> Message:
    """The default in each language of the form; English where we do not speak it."""
    texts = DEFAULTS[name]
    return {language: texts.get(language, texts["en"]) for language in languages} or dict(texts)
