"""What the centre's own problems say to the person who sent the submission, in both languages. The forms' own: forms/messages.py."""

from __future__ import annotations

Message = dict[str, str]

MESSAGES: dict[str, Message] = {
    "missing": {"zh": "缺少这一项", "en": "This part is missing"},
    "wrong": {"zh": "这一项的内容不对", "en": "This part is not as it should be"},
    "object": {"zh": "这一项应是对象", "en": "This part must be an object"},
    "too_long": {"zh": "这一项太长", "en": "This part is too long"},
    "submission_id": {"zh": "编号应为 submission: 加 ULID", "en": "The id must be submission: and a ULID"},
    "time": {"zh": "应为带时区的日期和时间", "en": "Must be a date and time with its zone"},
    "clock": {"zh": "不是有效的时钟", "en": "This is not a clock"},
    "clock_device": {"zh": "时钟属于另一台设备", "en": "The clock is another device's"},
    "backwards": {"zh": "结束早于开始：手机的时间可能被调过", "en": "It ends before it starts: the phone's time may have been changed"},
    "form": {"zh": "没有发布过这个表", "en": "No such form has been published"},
    "version": {"zh": "没有发布过这个版本", "en": "This version of the form has not been published"},
    "worker": {"zh": "没有这个工作人员", "en": "There is no such worker"},
    "worker_other": {"zh": "这份表由别人填写，却来自您的设备", "en": "This was filled by someone else, but came from your device"},
    "area": {"zh": "没有这个区域", "en": "There is no such area"},
    "area_never": {"zh": "您没有被安排到这个区域", "en": "You have not been assigned to this area"},
    "area_then": {"zh": "填写时您已不负责这个区域", "en": "You were not assigned to this area when this was filled"},
    "record_id": {"zh": "记录编号的样子不对", "en": "This is not the id of such a record"},
    "conflict": {
        "zh": "同一编号下有两份不同的内容，都已保留，请联系管理员",
        "en": "Two different contents came under one id; both are kept, an administrator will settle it",
    },
    "unexpected": {"zh": "检查这份表时出错，内容已完整保留，管理员会处理", "en": "Checking this failed; it is kept whole and an administrator will see to it"},
}


def message(key: str) -> Message:
    return MESSAGES[key]
