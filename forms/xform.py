"""Reads an XForm into fields: the questions as a tree, with their texts, rules (still as XPath text), choices and our own columns.

questionnaire = read_xform(xml)
questionnaire.fields[0].path         # "/household_id": without the root and without indexes
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from forms.messages import Message
from forms.xlsform import NAMESPACE, XFORMS, parse_xml

JAVAROSA = "http://openrosa.org/javarosa"
HTML = "http://www.w3.org/1999/xhtml"
XFORM_BYTES_MAX = 10_000_000
GROUP_DEPTH_MAX = 12

# bind type → ours
TYPES = {
    "string": "text",
    "int": "integer",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "dateTime": "dateTime",
    "geopoint": "geopoint",
    "barcode": "text",
    "binary": "image",
    "select1": "select_one",
    "select": "select_multiple",
    "odk:rank": "select_multiple",
}
VALUE_TYPES = ("text", "integer", "decimal", "select_one", "select_multiple", "date", "time", "dateTime", "geopoint", "image", "acknowledge")


@dataclass(frozen=True)
class Choice:
    value: str
    label: Message


@dataclass(frozen=True)
class ChoiceList:
    """Where a select's choices come from: `instance('list')/root/item[filter]` as XPath, and which child of an item is the value."""

    list: str
    nodeset: str
    value: str = "name"
    filtered: bool = False


@dataclass
class Field:
    name: str
    path: str
    type: str
    value_type: str = ""
    """How the answer is kept: one of VALUE_TYPES; "" for groups, repeats and notes. It is the type, but for `hidden` and `calculate`."""
    label: Message = field(default_factory=dict)
    hint: Message = field(default_factory=dict)
    choices: tuple[Choice, ...] | None = None
    choice_list: ChoiceList | None = None
    appearance: str = ""
    default: str = ""
    relevant: str = ""
    required: str = ""
    constraint: str = ""
    calculate: str = ""
    count: str = ""
    readonly: bool = False
    constraint_message: Message = field(default_factory=dict)
    required_message: Message = field(default_factory=dict)
    pii: str = ""
    merge: str = ""
    prefill: bool = False
    usual: str = ""
    """The answer that the phone's "all well" button fills in."""
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
class EntityDeclaration:
    kind: str
    id: str
    """`${question}`"""
    label: Message


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
    starts_from: str | None
    starts_new: bool
    """Whether it may also be started without such a record, and then makes one."""
    fields: list[Field]
    entities: list[EntityDeclaration]
    lists: dict[str, tuple[dict[str, str], ...]]
    """Secondary instances: list id → items as {child: text}."""
    item_labels: dict[str, dict[str, Message]]
    """list id → value → label by language."""
    dynamic_defaults: dict[str, str]
    """field path → XPath, from setvalue."""
    unsupported: list[tuple[str, str]]
    """(field path, what) that we read but do not know how to judge."""

    def walk(self) -> Iterator[Field]:
        for child in self.fields:
            yield from child.walk()


class UnreadableXForm(Exception):
    """The XML is no XForm we can read; one sentence."""


def read_xform(xml: str | bytes) -> Questionnaire:
    if len(xml) > XFORM_BYTES_MAX:
        raise UnreadableXForm(f"an XForm has {XFORM_BYTES_MAX} bytes at most")
    try:
        root = parse_xml(xml)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableXForm(f"no XML: {error}") from error
    model = root.find(f".//{{{XFORMS}}}model")
    primary = None if model is None else model.find(f"{{{XFORMS}}}instance")
    if model is None or primary is None or not len(primary):
        raise UnreadableXForm("the XForm has no model with an instance")
    return _Reader(root, model, primary[0]).questionnaire()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


class _Reader:
    def __init__(self, root: etree._Element, model: etree._Element, data: etree._Element) -> None:
        self.root, self.model, self.data = root, model, data
        self.unsupported: list[tuple[str, str]] = []
        self.texts = self._translations()
        self.languages = tuple(self.texts) or ("zh",)
        self.binds = {bind.get("nodeset", ""): bind for bind in model.iter(f"{{{XFORMS}}}bind")}
        self.controls: dict[str, etree._Element] = {}
        self.repeats: dict[str, etree._Element] = {}
        body = root.find(f".//{{{HTML}}}body")
        for element in body.iter() if body is not None else ():
            if (
                isinstance(element.tag, str)
                and _local(element) in ("input", "select", "select1", "upload", "trigger", "range", "rank", "group")
                and element.get("ref")
            ):
                self.controls[element.get("ref", "")] = element
            elif isinstance(element.tag, str) and _local(element) == "repeat":
                self.repeats[element.get("nodeset", "")] = element
        self.lists, self.item_labels = self._lists()

    def questionnaire(self) -> Questionnaire:
        ours = self.model.find(f"{{{NAMESPACE}}}form")
        heading = self.root.findtext(f".//{{{HTML}}}title") or ""
        titles = {} if ours is None else {title.get("lang", ""): title.text or "" for title in ours.iter(f"{{{NAMESPACE}}}title")}
        entities = [] if ours is None else [self._entity(element) for element in ours.iter(f"{{{NAMESPACE}}}entity")]
        fields = self._children(self.data, None, f"/{_local(self.data)}", 0)
        defaults = {self._short(action.get("ref", "")): action.get("value") or "" for action in self.root.iter(f"{{{XFORMS}}}setvalue") if action.get("value")}
        return Questionnaire(
            id=self.data.get("id", ""),
            version=self.data.get("version", ""),
            root=_local(self.data),
            title={language: titles.get(language) or heading for language in self.languages},
            languages=self.languages,
            audience="phone" if ours is None else ours.get("audience", "phone"),
            field_of_work=None if ours is None else ours.get("field_of_work") or None,
            starts_from=None if ours is None else ours.get("starts_from") or None,
            starts_new=ours is not None and ours.get("starts_new") == "yes",
            fields=fields,
            entities=entities,
            lists=self.lists,
            item_labels=self.item_labels,
            dynamic_defaults=defaults,
            unsupported=self.unsupported,
        )

    def _entity(self, element: etree._Element) -> EntityDeclaration:
        label = {text.get("lang", ""): text.text or "" for text in element.iter(f"{{{NAMESPACE}}}label")}
        return EntityDeclaration(element.get("kind", ""), element.get("id", ""), label)

    def _short(self, path: str) -> str:
        return path.removeprefix(f"/{_local(self.data)}")

    def _translations(self) -> dict[str, dict[str, str]]:
        translations = {}
        for translation in self.model.iter(f"{{{XFORMS}}}translation"):
            texts = {}
            for text in translation.iter(f"{{{XFORMS}}}text"):
                # A text may also have media forms (image, audio); ours is the plain one.
                value = next((value for value in text.iter(f"{{{XFORMS}}}value") if value.get("form") is None), None)
                if value is not None:
                    texts[text.get("id", "")] = _template(value)
            translations[translation.get("lang", "")] = texts
        return translations

    def _text(self, reference: str) -> Message:
        """`jr:itext('id')` in every language, anything else as it stands in every language."""
        matched = re.fullmatch(r"\s*jr:itext\(\s*'([^']*)'\s*\)\s*", reference)
        if matched is None:
            return dict.fromkeys(self.languages, reference) if reference else {}
        texts = {language: self.texts.get(language, {}).get(matched.group(1), "") for language in self.languages}
        return {language: text for language, text in texts.items() if text and text != "-"}

    def _text_of(self, element: etree._Element | None, name: str) -> Message:
        child = None if element is None else element.find(f"{{{XFORMS}}}{name}")
        if child is None:
            return {}
        return self._text(child.get("ref", "")) if child.get("ref") else self._text(_template(child))

    def _lists(self) -> tuple[dict[str, tuple[dict[str, str], ...]], dict[str, dict[str, Message]]]:
        lists: dict[str, tuple[dict[str, str], ...]] = {}
        labels: dict[str, dict[str, Message]] = {}
        for instance in self.model.findall(f"{{{XFORMS}}}instance")[1:]:
            name = instance.get("id", "")
            if instance.get("src"):
                self.unsupported.append(("", f"external instance {name!r}"))
            items = tuple({_local(child): child.text or "" for child in item if isinstance(child.tag, str)} for item in instance.iter(f"{{{XFORMS}}}item"))
            lists[name] = items
            labels[name] = {
                item.get("name", ""): self._text(f"jr:itext('{item['itextId']}')")
                if "itextId" in item
                else dict.fromkeys(self.languages, item.get("label", ""))
                for item in items
            }
        return lists, labels

    def _children(self, element: etree._Element, parent: Field | None, path: str, depth: int) -> list[Field]:
        if depth > GROUP_DEPTH_MAX:
            raise UnreadableXForm(f"groups are nested deeper than {GROUP_DEPTH_MAX}")
        fields: list[Field] = []
        for child in element:
            # pyxform writes a repeat twice: the template, then a first instance.
            if not isinstance(child.tag, str) or (parent is None and _local(child) == "meta") or any(_local(child) == known.name for known in fields):
                continue
            made = self._field(child, parent, f"{path}/{_local(child)}")
            fields.append(made)
            if len(child) or made.type in ("group", "repeat"):
                made.fields = self._children(child, made, f"{path}/{made.name}", depth + 1)
        return fields

    def _field(self, element: etree._Element, parent: Field | None, full_path: str) -> Field:
        bind = self.binds.get(full_path)
        control = self.controls.get(full_path)
        repeat = self.repeats.get(full_path)
        read = bind.get if bind is not None else lambda _key, _default="": ""
        ours = {column: (read(f"{{{NAMESPACE}}}{column}") or "") for column in ("merge", "pii", "prefill", "save_to", "usual")}
        made = Field(
            name=_local(element),
            path=self._short(full_path),
            type="",
            parent=parent,
            label=self._text_of(control, "label") or self._label_of_calculation(bind),
            hint=self._text_of(control, "hint"),
            appearance=(control.get("appearance") or "") if control is not None else "",
            default=(element.text or "").strip() if not len(element) else "",
            relevant=(read("relevant") or "").strip(),
            required=(read("required") or "").strip(),
            constraint=(read("constraint") or "").strip(),
            calculate=(read("calculate") or "").strip(),
            readonly=(read("readonly") or "").strip() == "true()",
            constraint_message=self._text(read(f"{{{JAVAROSA}}}constraintMsg") or ""),
            required_message=self._text(read(f"{{{JAVAROSA}}}requiredMsg") or ""),
            pii=ours["pii"],
            merge=ours["merge"],
            prefill=ours["prefill"].lower() in ("yes", "true", "true()"),
            save_to=tuple(ours["save_to"].split()),
            usual=ours["usual"],
        )
        if repeat is not None:
            made.type = "repeat"
            made.count = (repeat.get(f"{{{JAVAROSA}}}count") or "").strip()
        elif len(element) or (control is not None and _local(control) == "group"):
            made.type = "group"
        else:
            made.type, made.value_type = self._types(made, control, read("type") or "string", bool(ours["save_to"] or made.prefill))
            if control is not None and made.value_type in ("select_one", "select_multiple"):
                self._choices(made, control)
        return made

    def _label_of_calculation(self, bind: etree._Element | None) -> Message:
        labels = {} if bind is None else {language: bind.get(f"{{{NAMESPACE}}}label_{language}", "") for language in self.languages}
        return {language: label for language, label in labels.items() if label}

    def _types(self, made: Field, control: etree._Element | None, bind_type: str, is_kept: bool) -> tuple[str, str]:
        kind = _local(control) if control is not None else ""
        value_type = TYPES.get(bind_type)
        if kind in ("select", "rank"):
            value_type = "select_multiple"
        elif kind == "select1":
            value_type = "select_one"
        elif kind == "trigger":
            value_type = "acknowledge"
        if value_type is None:
            self.unsupported.append((made.path, f"type {bind_type!r}"))
            value_type = "text"
        if kind == "upload" and not (control is not None and control.get("mediatype", "").startswith("image/")):
            self.unsupported.append((made.path, f"upload of {control.get('mediatype') if control is not None else ''!r}"))
        if kind == "":
            return ("calculate", value_type) if made.calculate else ("hidden", value_type)
        if made.appearance == "hidden":
            return "hidden", value_type
        if kind == "input" and value_type == "text" and made.readonly and not is_kept and not made.calculate:
            return "note", ""
        return value_type, value_type

    def _choices(self, made: Field, control: etree._Element) -> None:
        itemset = control.find(f"{{{XFORMS}}}itemset")
        if itemset is None:
            made.choices = tuple(Choice(item.findtext(f"{{{XFORMS}}}value") or "", self._text_of(item, "label")) for item in control.iter(f"{{{XFORMS}}}item"))
            return
        nodeset = itemset.get("nodeset", "")
        value = itemset.find(f"{{{XFORMS}}}value")
        matched = re.match(r"\s*(?:randomize\(\s*)?instance\(\s*'([^']*)'\s*\)/root/item\s*(\[)?", nodeset)
        if matched is None:
            self.unsupported.append((made.path, f"choices from {nodeset!r}"))
            made.choices = ()
            return
        name = matched.group(1)
        if nodeset.lstrip().startswith("randomize("):
            nodeset = re.sub(r"^\s*randomize\(\s*(.*?)(?:,[^,\]]*)?\)\s*$", r"\1", nodeset)
        value_name = value.get("ref", "name") if value is not None else "name"
        made.choice_list = ChoiceList(name, nodeset, value_name, filtered=matched.group(2) is not None)
        labels = self.item_labels.get(name, {})
        made.choices = tuple(Choice(item.get(value_name, ""), labels.get(item.get("name", ""), {})) for item in self.lists.get(name, ()))


def _template(element: etree._Element) -> str:
    """Text with `<output value=" ../name "/>` written back as `${name}`."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and _local(child) == "output":
            parts.append("${" + child.get("value", "").strip().rsplit("/", 1)[-1] + "}")
        parts.append(child.tail or "")
    return "".join(parts).strip()
