"""Reads an XForm into fields: the questions as a tree, with their texts, rules (still as XPath text), choices and our own columns.

questionnaire = read_xform(xml)
questionnaire.fields[0].path         # "/household_id": without the root and without indexes
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from lxml import etree

from forms.choice_lists import ChoiceLists
from forms.itext import Texts, reference
from forms.messages import Message
from forms.questionnaire import MEDIA_TYPES, Action, Choice, ChoiceList, EntityDeclaration, Field, Questionnaire, Refused, SlotDeclaration
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
        self.texts = Texts(model)
        self.languages = self.texts.languages
        self.binds = {bind.get("nodeset", ""): bind for bind in model.iter(f"{{{XFORMS}}}bind")}
        self.controls: dict[str, etree._Element] = {}
        self.repeats: dict[str, etree._Element] = {}
        body = root.find(f".//{{{HTML}}}body")
        for element in body.iter() if body is not None else ():
            if isinstance(element.tag, str) and _local(element) in CONTROLS and element.get("ref"):
                self.controls[element.get("ref", "")] = element
            elif isinstance(element.tag, str) and _local(element) == "repeat":
                self.repeats[element.get("nodeset", "")] = element
        self.lists = ChoiceLists(model, self.texts, files, self.repeats)
        self.actions = self._actions()

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
            lists=self.lists.items,
            list_files=self.lists.file_of,
            texts=self.texts.all(),
            actions=self.actions,
            refused=self.refused + self.lists.refused,
        )
        for name, path in questionnaire.files_named.items():
            # Without a list nothing can be judged; without a picture a form still works.
            if name not in self.files:
                column, level = ("type", "error") if name in self.lists.file_of.values() else ("image", "warning")
                questionnaire.refused.append(Refused(path, column, "file_missing", name, level))
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

    # Actions

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
        known: set[str] = set()
        for child in element:
            # pyxform writes a repeat twice: the template, then a first instance.
            if not isinstance(child.tag, str) or (name := _local(child)) in known:
                continue
            known.add(name)
            if parent is None and name == "meta":
                fields += self._meta(child, f"{path}/meta")
                continue
            made = self._field(child, parent, f"{path}/{name}")
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
        made = Field(
            name=_local(element),
            path=path,
            type="",
            parent=parent,
            label=self.texts.of(control, "label") or self._label_of_calculation(bind),
            hint=self.texts.of(control, "hint"),
            guidance=self.texts.form(reference(control, "hint"), "guidance"),
            media=self.texts.media(reference(control, "label")),
            appearance=(control.get("appearance") or "") if control is not None else "",
            parameters=self._parameters(bind, control),
            triggers=tuple(action.trigger for action in self.actions if action.target == path and action.trigger),
            default=(element.text or "").strip() if not len(element) else "",
            relevant=(read("relevant") or "").strip(),
            required=(read("required") or "").strip(),
            constraint=(read("constraint") or "").strip(),
            calculate=(read("calculate") or "").strip(),
            readonly=(read("readonly") or "").strip() == "true()",
            constraint_message=self.texts.text(read(f"{{{JAVAROSA}}}constraintMsg") or ""),
            required_message=self.texts.text(read(f"{{{JAVAROSA}}}requiredMsg") or ""),
            message_values={rule: values for rule in ("constraint", "required") if (values := self.texts.values(read(f"{{{JAVAROSA}}}{rule}Msg") or ""))},
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
                self.lists.give(made, control)
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
