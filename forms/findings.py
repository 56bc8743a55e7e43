"""What a finding says at publishing, in Chinese and English; `{0}` is the thing itself."""

from __future__ import annotations

from forms.messages import Message

MERGE_POLICIES = ("latest", "earliest", "max", "min", "union", "sum", "observed")
PII_KINDS = ("name", "phone", "id", "address", "other")

_SENTENCES: dict[str, tuple[str, str]] = {
    "pyxform": ("{0}", "{0}"),
    "unparsable": ("表达式无法读懂：{0}", "The expression cannot be read: {0}"),
    "function": ("没有函数 {0}()", "There is no function {0}()"),
    "arguments": ("函数的参数个数不对：{0}", "Wrong number of arguments: {0}"),
    "reference": ("没有名为 ${{{0}}} 的问题", "No question is called ${{{0}}}"),
    "unresolved": ("路径不存在：{0}", "The path leads nowhere: {0}"),
    "axis": ("不支持这种路径：{0}", "This kind of path is not supported: {0}"),
    "union": ("不支持用 | 合并路径（ODK Collect 也不支持）", "Paths joined by | are not supported (nor are they in ODK Collect)"),
    "outside_repeat": (
        "从循环组外引用了组内的 {0}：请用 count、sum、indexed-repeat 等，或加条件",
        "{0} stands in a repeat and is referred to from outside: use count, sum, indexed-repeat …, or a condition",
    ),
    "predicate_absolute": ("条件里请只写名称，不写完整路径：{0}", "In a condition on a repeat write the name alone, not the whole path: {0}"),
    "group_value": ("{0} 是一组问题，没有值", "{0} is a group and has no value"),
    "note_value": ("{0} 是说明文字，没有值", "{0} is a note and has no value"),
    "not_nodes": ("这里应为问题的路径", "A path to a question is expected here"),
    "always_true": ("单独引用 {0} 作条件永远成立：请写成与 '' 比较", "{0} alone as a condition is always true: compare it with ''"),
    "pattern": ("正则表达式不对：{0}", "The regular expression is wrong: {0}"),
    "pattern_slow": (
        "正则表达式里有重复套重复，遇到恶意文字会非常慢：{0}",
        "The regular expression repeats a repetition; a hostile text can make it very slow: {0}",
    ),
    "choice_name": ("jr:choice-name 的第二个参数应为选择题，写在引号里", "The second argument of jr:choice-name must be a select question, in quotes"),
    "instance": ("没有名为 {0} 的选项表", "There is no list called {0}"),
    "position": ("position() 里应为循环组的一条", "position() wants one entry of a repeat"),
    "cycle": ("互相依赖，成了一圈：{0}", "These depend on each other in a ring: {0}"),
    "unsupported": ("尚不支持：{0}", "Not supported yet: {0}"),
    "entity_id": ("entity_id 应为表中唯一的一个问题，例如 ${{household_id}}：{0}", "entity_id must be one question of the form such as ${{household_id}}: {0}"),
    "save_to_kind": ("save_to 指向的记录种类不在 entities 表里：{0}", "save_to names a kind that the entities sheet does not have: {0}"),
    "save_to_scope": ("这个问题不在该记录所在的循环组里：{0}", "This question does not stand in the repeat that the record comes from: {0}"),
    "save_to_twice": ("两个问题存入同一属性：{0}", "Two questions are saved to one property: {0}"),
    "save_to_group": ("只有问题可以存入记录：{0}", "Only a question can be saved to a record: {0}"),
    "save_to_name": ("属性名只能用英文字母、数字和下划线：{0}", "A property's name has letters, digits and underscores only: {0}"),
    "column": ("没有名为 {0} 的列", "There is no column called {0}"),
    "column_near": ("没有这一列，是否写错：{0}", "There is no such column; a slip? {0}"),
    "translation": ("缺少翻译：{0}", "The translation is missing: {0}"),
    "choice_list": ("choices 表里没有选项表 {0}", "The sheet choices has no list {0}"),
    "merge": ("没有合并方式 {0}", "There is no merge policy {0}"),
    "pii": ("没有个人信息类别 {0}", "There is no kind of personal data called {0}"),
    "prefill": ("prefill 应为 yes 或空：{0}", "prefill is yes or blank: {0}"),
    "usual": ("usual 应为该题的选项：{0}", "usual is one of the question's choices: {0}"),
    "audience": ("audience 应为 phone 或 office：{0}", "audience is phone or office: {0}"),
    "setting_missing": ("settings 表缺少 {0}", "The sheet settings lacks {0}"),
    "setting_name": ("只能用英文字母、数字、_ . -：{0}", "Letters, digits, _ . - only: {0}"),
    "fails": ("表单无法运行：{0}", "The form fails: {0}"),
    "published": ("这个版本已发布，内容不能再变，请改版本号：{0}", "This version is published and cannot change; give it a new version: {0}"),
    "property_type": ("同一属性在不同表中类型不同：{0}", "One property has different types in different forms: {0}"),
}


def sentence(key: str, detail: str) -> Message:
    zh, en = _SENTENCES[key]
    return {"zh": zh.format(detail), "en": en.format(detail)}
