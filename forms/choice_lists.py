"""Where choices come from: the lists of an XForm, the form's own and those of files, and the choices that a select makes of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from lxml import etree

from forms.files import Items, UnreadableFile, read_items
from forms.itext import Texts, reference
from forms.messages import Message
from forms.questionnaire import Choice, ChoiceList, Field, Refused
from forms.xlsform import XFORMS

LAST_SAVED = "jr://instance/last-saved"


class ChoiceLists:
    def __init__(self, model: etree._Element, texts: Texts, files: Mapping[str, bytes], repeats: Collection[str]) -> None:
        self.texts, self.files, self.repeats = texts, files, repeats
        self.refused: list[Refused] = []
        self.items: dict[str, Items] = {}
        self.file_of: dict[str, str] = {}
        """list id → the file that it is read from"""
        self._choices: dict[tuple[str, str, str], tuple[Choice, ...]] = {}
        for instance in model.findall(f"{{{XFORMS}}}instance")[1:]:
            self._read(instance, instance.get("id", ""), instance.get("src", ""))

    def _read(self, instance: etree._Element, name: str, source: str) -> None:
        if source and source != LAST_SAVED:
            self.file_of[name] = source.rsplit("/", 1)[-1]
            self.items[name] = self._items_of_file(self.file_of[name])
            return
        if source:
            self.refused.append(Refused("", "default", "last_saved", name))
        self.items[name] = tuple(
            {etree.QName(child).localname: child.text or "" for child in item if isinstance(child.tag, str)} for item in instance.iter(f"{{{XFORMS}}}item")
        )

    def _items_of_file(self, file: str) -> Items:
        if file not in self.files:
            return ()
        try:
            return read_items(file, self.files[file])
        except UnreadableFile as error:
            self.refused.append(Refused("", "type", error.key, error.detail))
            return ()

    def give(self, made: Field, control: etree._Element) -> None:
        """Its choices to a select."""
        itemset = control.find(f"{{{XFORMS}}}itemset")
        if itemset is None:
            made.choices = tuple(
                Choice(item.findtext(f"{{{XFORMS}}}value") or "", self.texts.of(item, "label"), self.texts.media(reference(item, "label")))
                for item in control.iter(f"{{{XFORMS}}}item")
            )
            return
        nodeset = itemset.get("nodeset", "").strip()
        if randomized := re.fullmatch(r"randomize\(\s*(.*?)(?:,([^,\]]*))?\)", nodeset, re.DOTALL):
            nodeset = randomized.group(1).strip()
            made.parameters |= {"randomize": "true"} | ({"seed": randomized.group(2).strip()} if randomized.group(2) else {})
        value, label = reference(itemset, "value") or "name", reference(itemset, "label") or "label"
        matched = re.match(r"instance\(\s*'([^']*)'\s*\)/root/item\s*(\[)?", nodeset)
        if matched is not None:
            name = matched.group(1)
            made.choice_list = ChoiceList(name, nodeset, value, matched.group(2) is not None, label, self.file_of.get(name, ""))
            made.choices = self._choices_of(made, (name, value, label))
        elif re.split(r"[\[\s]", nodeset)[0] in self.repeats:
            made.choice_list = ChoiceList("", nodeset, value, True, label)
        else:
            made.choices = ()
            self._refuse(made, "unsupported", f"choices from {nodeset!r}")

    def _choices_of(self, made: Field, key: tuple[str, str, str]) -> tuple[Choice, ...]:
        name, value, label = key
        if key not in self._choices:
            self._choices[key] = tuple(
                Choice(item.get(value, ""), self._label(item, label), self.texts.media(_itext(item, label))) for item in self.items.get(name, ())
            )
            if self.file_of.get(name) in self.files:
                self._check(made, self.file_of[name], key)
        return self._choices[key]

    def _label(self, item: Mapping[str, str], label: str) -> Message:
        return self.texts.text(_itext(item, label) or item.get(label, ""))

    def _check(self, made: Field, file: str, key: tuple[str, str, str]) -> None:
        """A file whose items cannot be chosen from is wrong in its own sentence."""
        items = self.items[key[0]]
        for column in dict.fromkeys(key[1:]):
            if items and column not in items[0]:
                self._refuse(made, "file_column", f"{file}: {column}")
                return
        values = [choice.value for choice in self._choices[key]]
        blank = next((number for number, value in enumerate(values, start=1) if not value.strip()), None)
        if blank is not None:
            self._refuse(made, "file_blank", f"{file}: {key[1]}, {blank}")
        spaced = next((value for value in values if made.value_type != "select_one" and re.search(r"\s", value.strip())), None)
        if spaced is not None:
            self._refuse(made, "file_code", f"{file}: {spaced}")
        twice = next((value for value, count in Counter(values).items() if count > 1), None)
        if twice is not None:
            is_filtered = made.choice_list is not None and made.choice_list.filtered
            self._refuse(made, "file_twice", f"{file}: {twice}", "warning" if is_filtered else "error")

    def _refuse(self, made: Field, key: str, detail: str, level: str = "error") -> None:
        self.refused.append(Refused(made.path, "type", key, detail, level))


def _itext(item: Mapping[str, str], label: str) -> str:
    """Where the label of an item of the form's own list stands; a file's labels stand in the file."""
    return f"jr:itext('{item['itextId']}')" if "itextId" in item and "itextId" in label else ""
