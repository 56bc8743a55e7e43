"""Reads an XForm into fields: the questions as a tree, with their texts, rules (still as XPath text), choices and our own columns.

questionnaire = read_xform(xml)
questionnaire.fields[0].path         # "/household_id": without the root and without indexes
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree

from forms.files import UnreadableFile, read_items
from forms.messages import Message
from forms.questionnaire import MEDIA_TYPES, Action, Choice, ChoiceList, EntityDeclaration, Field, Media, Questionnaire, Refused, SlotDeclaration
from forms.xlsform import NAMESPACE, SLOT_COLUMNS, XFORMS, parse_xml

__all__ = ["Action", "Choice", "ChoiceList", "EntityDeclaration", "Field", "Questionnaire", "Refused", "UnreadableXForm", "read_xform"]

JAVAROSA = "http://openrosa.org/javarosa"
HTML = "http://www.w3.org/1999/xhtml"
ODK = "http://www.opendatakit.org/xforms"
OPENROSA = "http://openrosa.org/xforms"
XFORM_BYTES_MAX = 10_000_000
GROUP_DEPTH_MAX = 12

# bind type → ours; `binary` by the control's media type
TYPES = {
    "string": "text",
    "int": "integer",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "dateTime": "dateTime",
    "geopoint": "geopoint",
    "geotrace": "geotrace",
    "geoshape": "geoshape",
    "barcode": "barcode",
    "binary": "file",
    "select1": "select_one",
    "select": "select_multiple",
    "odk:rank": "rank",
    "rank": "rank",
}
META = ("audit", "instanceName")
MEDIA_KINDS = ("image", "big-image", "audio", "video")
LAST_SAVED = "jr://instance/last-saved"
CONTROL_TYPES = {"select": "select_multiple", "select1": "select_one", "rank": "rank", "trigger": "acknowledge"}
CONTROLS = ("input", "select", "select1", "upload", "trigger", "range", "rank", "group")
# jr:preload, jr:preloadParams → the value type
PRELOADS = {
    ("timestamp", "start"): "dateTime",
    ("timestamp", "end"): "dateTime",
    ("date", "today"): "date",
    **{("property", name): "text" for name in ("deviceid", "username", "phonenumber", "email", "simserial", "subscriberid")},
}
# attributes of controls and binds → their names in the column `parameters`
PARAMETERS = {"accuracyThreshold": "capture-accuracy", "unacceptableAccuracyThreshold": "warning-accuracy", "tick-interval": "tick_interval"}
PARAMETER_ATTRIBUTES = (
    "accuracyThreshold", "unacceptableAccuracyThreshold", "incremental", "rows", f"{{{ODK}}}tick-interval", f"{{{ODK}}}placeholder", f"{{{ODK}}}quality",
    "accept", f"{{{ODK}}}allow-mock-accuracy", f"{{{OPENROSA}}}max-pixels", f"{{{ODK}}}location-priority", f"{{{ODK}}}location-min-interval",
    f"{{{ODK}}}location-max-age", f"{{{ODK}}}track-changes", f"{{{ODK}}}track-changes-reasons", f"{{{ODK}}}identify-user",
)  # fmt: skip


class UnreadableXForm(Exception):
    """The XML is no XForm we can read; one sentence."""


def read_xform(xml: str | bytes, files: Mapping[str, bytes] | None = None) -> Questionnaire:
    """`files`: what the form names beside itself, by name; what is wrong with them is in `refused`."""
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
    return _Reader(root, model, primary[0], files or {}).questionnaire()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


class _Reader:
    def __init__(self, root: etree._Element, model: etree._Element, data: etree._Element, files: Mapping[str, bytes]) -> None:
        self.root, self.model, self.data, self.files = root, model, data, files
        self.refused: list[Refused] = []
        self.outputs: dict[str, dict[str, str]] = {}
        """id of a text → the references in it: name → XPath"""
        self.texts, self.media = self._translations()
        # A form without translations says in which language it is by its title's.
        self.languages = tuple(self.texts) or tuple(title.get("lang", "") for title in model.iter(f"{{{NAMESPACE}}}title")) or ("zh",)
        self.binds = {bind.get("nodeset", ""): bind for bind in model.iter(f"{{{XFORMS}}}bind")}
        self.controls: dict[str, etree._Element] = {}
        self.repeats: dict[str, etree._Element] = {}
        body = root.find(f".//{{{HTML}}}body")
        for element in body.iter() if body is not None else ():
            if isinstance(element.tag, str) and _local(element) in CONTROLS and element.get("ref"):
                self.controls[element.get("ref", "")] = element
            elif isinstance(element.tag, str) and _local(element) == "repeat":
                self.repeats[element.get("nodeset", "")] = element
        self.list_files: dict[str, str] = {}
        self.lists, self.item_labels = self._lists()
        self.actions = self._actions()
        self.choices_of: dict[tuple[str, str, str], tuple[Choice, ...]] = {}

    def questionnaire(self) -> Questionnaire:
        ours = self.model.find(f"{{{NAMESPACE}}}form")
        heading = self.root.findtext(f".//{{{HTML}}}title") or ""
        titles = {} if ours is None else {title.get("lang", ""): title.text or "" for title in ours.iter(f"{{{NAMESPACE}}}title")}
        entities = [] if ours is None else [self._entity(element) for element in ours.iter(f"{{{NAMESPACE}}}entity")]
        fields = self._children(self.data, None, f"/{_local(self.data)}", 0)
        questionnaire = Questionnaire(
            id=self.data.get("id", ""),
            version=self.data.get("version", ""),
            root=_local(self.data),
            title={language: titles.get(language) or heading for language in self.languages},
            languages=self.languages,
            audience="phone" if ours is None else ours.get("audience", "phone"),
            field_of_work=None if ours is None else ours.get("field_of_work") or None,
            mode=None if ours is None else ours.get("mode") or None,
            starts_from=None if ours is None else ours.get("starts_from") or None,
            starts_new=ours is not None and ours.get("starts_new") == "yes",
            fields=fields,
            entities=entities,
            schedule=[] if ours is None else [self._slot(element) for element in ours.iter(f"{{{NAMESPACE}}}slot")],
            lists=self.lists,
            list_files=self.list_files,
            item_labels=self.item_labels,
            texts={id: self._text(f"jr:itext('{id}')") for id in dict.fromkeys(id for texts in self.texts.values() for id in texts)},
            actions=self.actions,
            refused=self.refused,
        )
        for name, path in questionnaire.files_named.items():
            # Without a list nothing can be judged; without a picture a form still works.
            if name not in self.files:
                column, level = ("type", "error") if name in self.list_files.values() else ("image", "warning")
                self.refused.append(Refused(path, column, "file_missing", name, level))
        return questionnaire

    def _entity(self, element: etree._Element) -> EntityDeclaration:
        label = {text.get("lang", ""): text.text or "" for text in element.iter(f"{{{NAMESPACE}}}label")}
        return EntityDeclaration(element.get("kind", ""), element.get("id", ""), label)

    def _slot(self, element: etree._Element) -> SlotDeclaration:
        label = {text.get("lang", ""): text.text or "" for text in element.iter(f"{{{NAMESPACE}}}label")}
        named = {"from": "from_time", "until": "until_time"}
        return SlotDeclaration(label=label, **{named.get(column, column): element.get(column, "") for column in SLOT_COLUMNS})

    def _refuse(self, path: str, key: str, detail: str, column: str = "type") -> None:
        self.refused.append(Refused(path, column, key, detail))

    def _short(self, path: str) -> str:
        return path.removeprefix(f"/{_local(self.data)}")

    # Texts

    def _translations(self) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, dict[str, str]]]]:
        """Language → id → text, and language → id → form (image, audio, guidance …) → text."""
        translations: dict[str, dict[str, str]] = {}
        others: dict[str, dict[str, dict[str, str]]] = {}
        for translation in self.model.iter(f"{{{XFORMS}}}translation"):
            language = translation.get("lang", "")
            texts = translations.setdefault(language, {})
            forms = others.setdefault(language, {})
            for text in translation.iter(f"{{{XFORMS}}}text"):
                for value in text.iter(f"{{{XFORMS}}}value"):
                    if value.get("form") is None:
                        texts.setdefault(text.get("id", ""), _template(value, self.outputs.setdefault(text.get("id", ""), {})))
                    else:
                        forms.setdefault(text.get("id", ""), {})[value.get("form", "")] = _template(value)
        return translations, others

    def _text(self, reference: str) -> Message:
        """`jr:itext('id')` in every language, anything else as it stands in every language."""
        id = _itext(reference)
        if id is None:
            return dict.fromkeys(self.languages, reference) if reference else {}
        return _given({language: self.texts.get(language, {}).get(id, "") for language in self.languages})

    def _form_of_text(self, reference: str, form: str) -> Message:
        id = _itext(reference)
        return _given({language: self.media.get(language, {}).get(id or "", {}).get(form, "") for language in self.languages}) if id is not None else {}

    def _media(self, reference: str) -> Media:
        media = {kind: self._form_of_text(reference, kind) for kind in MEDIA_KINDS}
        return {kind: {language: name.rsplit("/", 1)[-1] for language, name in names.items()} for kind, names in media.items() if names}

    def _text_of(self, element: etree._Element | None, name: str) -> Message:
        child = None if element is None else element.find(f"{{{XFORMS}}}{name}")
        if child is None:
            return {}
        return self._text(child.get("ref", "")) if child.get("ref") else self._text(_template(child))

    def _reference(self, element: etree._Element | None, name: str) -> str:
        child = None if element is None else element.find(f"{{{XFORMS}}}{name}")
        return "" if child is None else child.get("ref", "")

    # Lists and actions

    def _lists(self) -> tuple[dict[str, tuple[dict[str, str], ...]], dict[str, dict[str, Message]]]:
        lists: dict[str, tuple[dict[str, str], ...]] = {}
        labels: dict[str, dict[str, Message]] = {}
        for instance in self.model.findall(f"{{{XFORMS}}}instance")[1:]:
            name, source = instance.get("id", ""), instance.get("src", "")
            if source == LAST_SAVED:
                self._refuse("", "last_saved", name, "default")
            elif source:
                lists[name] = self._items_of_file(name, source)
                continue
            items = tuple({_local(child): child.text or "" for child in item if isinstance(child.tag, str)} for item in instance.iter(f"{{{XFORMS}}}item"))
            lists[name] = items
            labels[name] = {
                item.get("name", ""): self._text(f"jr:itext('{item['itextId']}')")
                if "itextId" in item
                else dict.fromkeys(self.languages, item.get("label", ""))
                for item in items
            }
        return lists, labels

    def _items_of_file(self, list_name: str, source: str) -> tuple[dict[str, str], ...]:
        name = source.rsplit("/", 1)[-1]
        self.list_files[list_name] = name
        if name not in self.files:
            return ()
        try:
            return read_items(name, self.files[name])
        except UnreadableFile as error:
            self._refuse("", error.key, error.detail)
            return ()

    def _actions(self) -> tuple[Action, ...]:
        actions = []
        for element in self.root.iter(f"{{{XFORMS}}}setvalue", f"{{{ODK}}}setgeopoint", f"{{{ODK}}}recordaudio"):
            kind, target, events = _local(element), self._short(element.get("ref", "")), tuple((element.get("event") or "").split())
            if kind == "recordaudio":
                self._refuse(target, "background_audio", target)
                continue
            value = element.get("value") or (f"'{element.text.strip()}'" if element.text and element.text.strip() and "'" not in element.text else "")
            around = element.getparent()
            trigger = self._short(around.get("ref", "")) if around is not None and "xforms-value-changed" in events else ""
            if kind == "setgeopoint" or value or trigger:
                actions.append(Action(kind, target, events, value.strip(), trigger))
        return tuple(actions)

    # Fields

    def _children(self, element: etree._Element, parent: Field | None, path: str, depth: int) -> list[Field]:
        if depth > GROUP_DEPTH_MAX:
            raise UnreadableXForm(f"groups are nested deeper than {GROUP_DEPTH_MAX}")
        fields: list[Field] = []
        for child in element:
            # pyxform writes a repeat twice: the template, then a first instance.
            if not isinstance(child.tag, str) or any(_local(child) == known.name for known in fields):
                continue
            if parent is None and _local(child) == "meta":
                fields += self._meta(child, f"{path}/meta")
                continue
            made = self._field(child, parent, f"{path}/{_local(child)}")
            fields.append(made)
            if len(child) or made.type in ("group", "repeat"):
                made.fields = self._children(child, made, f"{path}/{made.name}", depth + 1)
        return fields

    def _meta(self, element: etree._Element, path: str) -> list[Field]:
        """What the form asks for in `meta` beside the ids: the audit log and a name for the submission."""
        made = Field("meta", self._short(path), "group")
        made.fields = [self._field(child, made, f"{path}/{_local(child)}") for child in element if isinstance(child.tag, str) and _local(child) in META]
        for each in made.fields:
            if each.name == "audit":
                each.preload = "audit"
        return [made] if made.fields else []

    def _field(self, element: etree._Element, parent: Field | None, full_path: str) -> Field:
        bind = self.binds.get(full_path)
        control = self.controls.get(full_path)
        repeat = self.repeats.get(full_path)
        read = bind.get if bind is not None else lambda _key, _default="": ""
        ours = {column: (read(f"{{{NAMESPACE}}}{column}") or "") for column in ("keep", "merge", "pii", "prefill", "save_to", "usual")}
        path = self._short(full_path)
        hint = self._reference(control, "hint")
        made = Field(
            name=_local(element),
            path=path,
            type="",
            parent=parent,
            label=self._text_of(control, "label") or self._label_of_calculation(bind),
            hint=self._text_of(control, "hint"),
            guidance=self._form_of_text(hint, "guidance"),
            media=self._media(self._reference(control, "label")),
            appearance=(control.get("appearance") or "") if control is not None else "",
            parameters=self._parameters(bind, control),
            triggers=tuple(action.trigger for action in self.actions if action.target == path and action.trigger),
            default=(element.text or "").strip() if not len(element) else "",
            relevant=(read("relevant") or "").strip(),
            required=(read("required") or "").strip(),
            constraint=(read("constraint") or "").strip(),
            calculate=(read("calculate") or "").strip(),
            readonly=(read("readonly") or "").strip() == "true()",
            constraint_message=self._text(read(f"{{{JAVAROSA}}}constraintMsg") or ""),
            required_message=self._text(read(f"{{{JAVAROSA}}}requiredMsg") or ""),
            message_values={
                rule: values for rule in ("constraint", "required") if (values := self.outputs.get(_itext(read(f"{{{JAVAROSA}}}{rule}Msg") or "") or ""))
            },
            pii=ours["pii"],
            merge=ours["merge"],
            prefill=ours["prefill"].lower() in ("yes", "true", "true()"),
            save_to=tuple(ours["save_to"].split()),
            usual=ours["usual"],
            keep=ours["keep"].lower() in ("yes", "true", "true()"),
        )
        if repeat is not None:
            made.type = "repeat"
            made.count = (repeat.get(f"{{{JAVAROSA}}}count") or "").strip()
        elif len(element) or (control is not None and _local(control) == "group"):
            made.type = "group"
        else:
            self._preloaded(made, bind)
            made.type, made.value_type = self._types(made, control, read("type") or "string", bool(ours["save_to"] or made.prefill))
            if control is not None and made.value_type in ("select_one", "select_multiple", "rank"):
                self._choices(made, control)
            if control is not None and _local(control) == "range":
                self._range(made, control)
        return made

    def _label_of_calculation(self, bind: etree._Element | None) -> Message:
        labels = {} if bind is None else {language: bind.get(f"{{{NAMESPACE}}}label_{language}", "") for language in self.languages}
        return {language: label for language, label in labels.items() if label}

    def _parameters(self, bind: etree._Element | None, control: etree._Element | None) -> dict[str, str]:
        found = {}
        for name in PARAMETER_ATTRIBUTES:
            value = next((value for each in (bind, control) if each is not None and (value := each.get(name))), None)
            if value is not None:
                plain = etree.QName(name).localname
                found[PARAMETERS.get(plain, plain)] = value
        return found

    def _preloaded(self, made: Field, bind: etree._Element | None) -> None:
        kind, parameter = ("", "") if bind is None else (bind.get(f"{{{JAVAROSA}}}{name}") or "" for name in ("preload", "preloadParams"))
        if (kind, parameter) in PRELOADS:
            made.preload = parameter
        elif kind:
            self._refuse(made.path, "preload", f"{kind} {parameter}".strip())
        for action in self.actions:
            if action.kind == "setgeopoint" and action.target == made.path:
                made.preload = "background-geopoint" if action.trigger else "start-geopoint"

    def _types(self, made: Field, control: etree._Element | None, bind_type: str, is_kept: bool) -> tuple[str, str]:
        kind = _local(control) if control is not None else ""
        value_type = CONTROL_TYPES.get(kind) or TYPES.get(bind_type)
        if value_type is None:
            self._refuse(made.path, "unsupported", f"type {bind_type!r}")
            value_type = "text"
        if control is not None and kind == "upload":
            major = control.get("mediatype", "").partition("/")[0]
            value_type = major if major in MEDIA_TYPES else "file"
            if major == "osm":
                self._refuse(made.path, "osm", made.name)
        if control is not None and control.get("query"):
            self._refuse(made.path, "select_external", made.name)
        if made.appearance.startswith("search("):
            self._refuse(made.path, "search_appearance", made.appearance, "appearance")
        if kind == "":
            return ("calculate", value_type) if made.calculate else ("hidden", value_type)
        if made.appearance == "hidden":
            return "hidden", value_type
        is_filled = is_kept or made.calculate or made.default or made.triggers or any(action.target == made.path for action in self.actions)
        if kind == "input" and value_type == "text" and made.readonly and not is_filled:
            return "note", ""
        return value_type, value_type

    def _range(self, made: Field, control: etree._Element) -> None:
        for name in ("start", "end", "step"):
            try:
                made.range[name] = number = float(control.get(name) or "")
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                self._refuse(made.path, "range", f"{name} = {control.get(name)}", "parameters")
                made.range.pop(name, None)
            elif number.is_integer():
                made.range[name] = int(number)

    def _choices(self, made: Field, control: etree._Element) -> None:
        itemset = control.find(f"{{{XFORMS}}}itemset")
        if itemset is None:
            made.choices = tuple(
                Choice(item.findtext(f"{{{XFORMS}}}value") or "", self._text_of(item, "label"), self._media(self._reference(item, "label")))
                for item in control.iter(f"{{{XFORMS}}}item")
            )
            return
        nodeset = itemset.get("nodeset", "").strip()
        if randomized := re.fullmatch(r"randomize\(\s*(.*?)(?:,([^,\]]*))?\)", nodeset, re.DOTALL):
            nodeset = randomized.group(1).strip()
            made.parameters |= {"randomize": "true"} | ({"seed": randomized.group(2).strip()} if randomized.group(2) else {})
        value, label = self._reference(itemset, "value") or "name", self._reference(itemset, "label") or "label"
        matched = re.match(r"instance\(\s*'([^']*)'\s*\)/root/item\s*(\[)?", nodeset)
        if matched is None:
            if re.split(r"[\[\s]", nodeset)[0] in self.repeats:
                made.choice_list = ChoiceList("", nodeset, value, True, label)
            else:
                made.choices = ()
                self._refuse(made.path, "unsupported", f"choices from {nodeset!r}")
            return
        name = matched.group(1)
        file = self.list_files.get(name, "")
        made.choice_list = ChoiceList(name, nodeset, value, matched.group(2) is not None, label, file)
        key = (name, value, label)
        if key not in self.choices_of:
            self.choices_of[key] = tuple(self._choice(name, item, value, label) for item in self.lists.get(name, ()))
            if file in self.files:
                self._check_items(made, file, key)
        made.choices = self.choices_of[key]

    def _choice(self, list_name: str, item: dict[str, str], value: str, label: str) -> Choice:
        reference = f"jr:itext('{item['itextId']}')" if "itextId" in item and "itextId" in label else ""
        text = self._text(reference) if reference else self._text(item.get(label, ""))
        return Choice(item.get(value, ""), text, self._media(reference))

    def _check_items(self, made: Field, file: str, key: tuple[str, str, str]) -> None:
        """A file whose items cannot be chosen from is wrong in its own sentence."""
        items = self.lists[key[0]]
        columns = set().union(*items[:1])
        for column in dict.fromkeys(key[1:]):
            if items and column not in columns:
                self._refuse(made.path, "file_column", f"{file}: {column}")
                return
        values = [choice.value for choice in self.choices_of[key]]
        blank = next((number for number, value in enumerate(values, start=1) if not value.strip()), None)
        if blank is not None:
            self._refuse(made.path, "file_blank", f"{file}: {key[1]}, {blank}")
        spaced = next((value for value in values if made.value_type != "select_one" and re.search(r"\s", value.strip())), None)
        if spaced is not None:
            self._refuse(made.path, "file_code", f"{file}: {spaced}")
        twice = next((value for value, count in Counter(values).items() if count > 1), None)
        if twice is not None:
            level = "warning" if made.choice_list is not None and made.choice_list.filtered else "error"
            self.refused.append(Refused(made.path, "type", "file_twice", f"{file}: {twice}", level))


def _itext(reference: str) -> str | None:
    matched = re.fullmatch(r"\s*jr:itext\(\s*'([^']*)'\s*\)\s*", reference)
    return None if matched is None else matched.group(1)


def _given(texts: Message) -> Message:
    """Without what is blank; pyxform writes `-` for a translation that is missing."""
    return {language: text for language, text in texts.items() if text and text != "-"}


def _template(element: etree._Element, outputs: dict[str, str] | None = None) -> str:
    """Text with `<output value=" ../name "/>` written back as `${name}`; what the name means is put into `outputs`."""
    outputs = {} if outputs is None else outputs
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and _local(child) == "output":
            value = child.get("value", "").strip()
            name = value.rsplit("/", 1)[-1]
            # Two questions of one name in one text: the second goes by its whole path.
            name = name if outputs.setdefault(name, value) == value else value
            outputs[name] = value
            parts.append("${" + name + "}")
        parts.append(child.tail or "")
    return "".join(parts).strip()
