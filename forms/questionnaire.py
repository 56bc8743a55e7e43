"""What an XForm says, as plain nouns: fields as a tree with their texts, rules (still as XPath text), choices, files and our own columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forms.messages import Message

VALUE_TYPES = (
    "text", "integer", "decimal", "select_one", "select_multiple", "rank", "date", "time", "dateTime", "geopoint", "geotrace", "geoshape",
    "image", "audio", "video", "file", "barcode", "acknowledge",
)  # fmt: skip
MEDIA_TYPES = ("image", "audio", "video", "file")
"""Value types whose answer is the name of a file that the phone sends beside the submission."""

Media = dict[str, Message]
"""image, big-image, audio or video → the file's name by language"""


@dataclass(frozen=True)
class Choice:
    value: str
    label: Message
    media: Media = field(default_factory=dict)


@dataclass(frozen=True)
class ChoiceList:
    """Where a select's choices come from: `instance('list')/root/item[filter]` as XPath, and which children of an item are value and label.

    With `list` "" they are answers: the rows of a repeat, `/data/people[./name != '']`.
    """

    list: str
    nodeset: str
    value: str = "name"
    filtered: bool = False
    label: str = "label"
    file: str = ""
    """The file that the items come from."""


@dataclass
class Field:
    name: str
    path: str
    type: str
    value_type: str = ""
    """How the answer is kept: one of VALUE_TYPES; "" for groups, repeats and notes. It is the type, but for `hidden` and `calculate`."""
    label: Message = field(default_factory=dict)
    hint: Message = field(default_factory=dict)
    guidance: Message = field(default_factory=dict)
    media: Media = field(default_factory=dict)
    choices: tuple[Choice, ...] | None = None
    """Every choice that there can be, those of a file too; None where there is no telling: not a select, or from the rows of a repeat."""
    choice_list: ChoiceList | None = None
    appearance: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    """As in the column `parameters`: max-pixels, quality, capture-accuracy, warning-accuracy, randomize, seed …"""
    range: dict[str, float] = field(default_factory=dict)
    """start, end, step"""
    preload: str = ""
    """What a program fills in: one of PRELOADS (forms/xform.py)."""
    triggers: tuple[str, ...] = ()
    """Paths of the questions whose change sets this one anew."""
    default: str = ""
    relevant: str = ""
    required: str = ""
    constraint: str = ""
    calculate: str = ""
    count: str = ""
    readonly: bool = False
    constraint_message: Message = field(default_factory=dict)
    required_message: Message = field(default_factory=dict)
    message_values: dict[str, dict[str, str]] = field(default_factory=dict)
    """constraint or required → the references in its message: `${name}` → the XPath of its value"""
    pii: str = ""
    merge: str = ""
    prefill: bool = False
    usual: str = ""
    """The answer that the phone's "all well" button fills in."""
    keep: bool = False
    """In a register, whether the answer stays for the next entry."""
    save_to: tuple[str, ...] = ()
    fields: list[Field] = field(default_factory=list)
    parent: Field | None = field(default=None, repr=False)

    @property
    def is_leaf(self) -> bool:
        return bool(self.value_type)

    def walk(self) -> Iterator[Field]:
        yield self
        for child in self.fields:
            yield from child.walk()

    @property
    def repeat(self) -> Field | None:
        """The innermost repeat this field stands in (for a repeat: the one around it)."""
        above = self.parent
        while above is not None and above.type != "repeat":
            above = above.parent
        return above


@dataclass(frozen=True)
class Action:
    """What happens to a question at an event: `setvalue` with an expression, or `setgeopoint`."""

    kind: str
    target: str
    """The field's path."""
    events: tuple[str, ...]
    value: str = ""
    trigger: str = ""
    """For xforms-value-changed: the path of the question that changed."""


@dataclass(frozen=True)
class Refused:
    """Something that the XForm says and that we do not do, or that is wrong with its files: a key of the findings in forms/words."""

    path: str
    column: str
    key: str
    detail: str
    level: str = "error"


@dataclass(frozen=True)
class EntityDeclaration:
    kind: str
    id: str
    """`${question}`"""
    label: Message


@dataclass(frozen=True)
class SlotDeclaration:
    """A row of the sheet `schedule`, as it stands there."""

    name: str
    label: Message
    kind: str
    field: str
    set: str
    from_time: str
    until_time: str
    grace_minutes: str
    starts: str
    ends: str


@dataclass(frozen=True)
class Questionnaire:
    id: str
    version: str
    root: str
    """The name of the submission's root element."""
    title: Message
    languages: tuple[str, ...]
    audience: str
    """`phone`, `office`, or both with a blank between."""
    field_of_work: str | None
    mode: str | None
    """`register`: one screen, and after saving the next form at once."""
    starts_from: str | None
    starts_new: bool
    """Whether it may also be started without such a record, and then makes one."""
    fields: list[Field]
    entities: list[EntityDeclaration]
    schedule: list[SlotDeclaration]
    lists: dict[str, tuple[dict[str, str], ...]]
    """Secondary instances, the form's own and those of files: list id → items as {child: text}."""
    list_files: dict[str, str]
    """list id → the file that it is read from"""
    texts: dict[str, Message]
    """Every text of the form, as jr:itext() names it."""
    actions: tuple[Action, ...]
    refused: list[Refused]
    """What we read but do not know how to judge, and what is wrong with the files."""

    def walk(self) -> Iterator[Field]:
        for child in self.fields:
            yield from child.walk()

    @property
    def dynamic_defaults(self) -> dict[str, str]:
        """field path → XPath that the phone works out when the form is opened or a row is added"""
        return {action.target: action.value for action in self.actions if action.kind == "setvalue" and "xforms-value-changed" not in action.events}

    @property
    def files_named(self) -> dict[str, str]:
        """The files that the form names beside itself: name → path of the field that does ("" for the form)."""
        named: dict[str, str] = {}
        for each in self.walk():
            if each.choice_list is not None and each.choice_list.file:
                named.setdefault(each.choice_list.file, each.path)
            for media in (each.media, *(choice.media for choice in each.choices or ())):
                for names in media.values():
                    for name in names.values():
                        named.setdefault(name, each.path)
        return named | {name: "" for name in self.list_files.values() if name not in named}
