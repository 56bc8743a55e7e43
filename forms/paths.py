"""Writes a path as Python over the rows of the generated source: resolved here, once, for the place that it stands in.

    ../temperature  in members    →  row_members.q_temperature
    /data/visit/outcome           →  root.q_outcome
    /data/members  (count of it)  →  root.q_members, a list of rows
    /data/members[temperature >= 37.3]  →  [n1 for n1 in root.q_members if n1.q_temperature >= 37.3]
    instance('cities')/root/item[province = /data/province]  →  index_1.get(root.q_province, ())
    //temperature                 →  step(nodes_at((root,), PLACES['']), 'descendant-or-self', …): see forms/nodes.py

An absolute path that goes through a repeat means the instance the expression stands in; relative steps (`../../members`) mean all of them.
A position in a condition counts all that the step has found, not those of each row around: so it is on the phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from forms import xpath
from forms.indexes import is_of_numbers
from forms.layout import Code, Layout, Nodes, Scope
from forms.places import AXES, Place

if TYPE_CHECKING:
    from forms.questionnaire import Field

LOOPS_MAX = 2
"""Rules that go through rows within rows within rows are warned of."""


class Paths:
    """The part of the writer (forms/expressions.py) that resolves paths."""

    layout: Layout
    references: dict[str, Field]
    crosses: bool

    def write(self, expression: xpath.Expression, scope: Scope) -> Code:
        raise NotImplementedError

    def as_truth(self, code: Code) -> str:
        raise NotImplementedError

    def as_text(self, code: Code) -> str:
        raise NotImplementedError

    def trouble(self, key: str, detail: str = "", level: str = "error") -> Code:
        raise NotImplementedError

    def variable(self) -> str:
        raise NotImplementedError

    def over(self, rows: str, scope: Scope) -> str:
        """Rows to go through; counted as work where it is done for each of many others."""
        return f"clock.over({rows})" if scope.rows or scope.outer is not None else rows

    def path(self, path: xpath.Path, scope: Scope) -> Nodes | None:
        steps = path.steps
        if path.base is not None:
            base = self.write(path.base, scope)
            if base.nodes is None:
                self.trouble("not_nodes")
                return None
            at = base.nodes
        elif path.absolute:
            root = self.layout.questionnaire.root
            at = Nodes("root")
            if steps[:1] == (xpath.Step("descendant-or-self", "node()"),) and steps[1:] and steps[1].axis == "child":
                # //x begins above the root, so the root may be found, too.
                steps = (replace(steps[1], axis="descendant-or-self"), *steps[2:])
            else:
                if not steps or steps[0].axis != "child" or steps[0].name not in (root, "*") or steps[0].predicates:
                    self.trouble("unresolved", written(path))
                    return None
                steps = steps[1:]
        else:
            at = scope.here
        for index, step in enumerate(steps):
            following = self.step(at, step, scope, path, is_last=index == len(steps) - 1)
            if following is None:
                return None
            at = following
        if at.level == "answers" and at.field is not None:
            if at.field.type == "note":
                self.trouble("note_value", at.field.path)
                return None
            self.references[at.field.path] = at.field
        return at

    def step(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path, is_last: bool) -> Nodes | None:
        if step.axis == "attribute":
            return self._attribute(at, path)
        if at.level in ("instance", "items"):
            return self._step_in_list(at, step, scope, path)
        if at.level == "answers":
            if step.axis == "self" and step.name == "node()":
                return self.narrow(at, step.predicates, scope) if step.predicates else at
            if step.axis == "parent" and step.name == "node()" and not step.predicates:
                return self._parent(at, path)
            if step.axis == "child" and step.name not in ("*", "node()", "text()"):
                return self._child(at, step, scope, path, is_last)
        return self._free_step(at, step, scope, path)

    def _attribute(self, at: Nodes, path: xpath.Path) -> Nodes | None:
        if at.level == "answers" and at.field is None:
            self.trouble("axis", written(path))
            return None
        self.trouble("attribute", written(path), "warning")
        return Nodes("()", many=True, level="free")

    def _parent(self, at: Nodes, path: xpath.Path) -> Nodes | None:
        if at.field is None:
            self.trouble("unresolved", written(path))
            return None
        above = at.field.parent
        if at.field.type != "repeat":
            return replace(at, field=above)
        if at.many:
            if at.rows == f"{self.layout.row_of(at.field)}.{self.layout.attribute(at.field)}":
                return Nodes(self.layout.row_of(at.field), field=above)
            variable = self.variable()
            return replace(at, field=above, rows=f"distinct({variable}.up for {variable} in {at.rows})")
        return Nodes(f"{at.rows}.up", field=above)

    def _child(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path, is_last: bool) -> Nodes | None:
        children = self.layout.questionnaire.fields if at.field is None else at.field.fields
        child = next((each for each in children if each.name == step.name), None)
        if child is None and written(path) == "null":
            # Nothing is called so, which is what their authors mean by it: ODK's engine finds nothing there.
            self.trouble("null", "", "warning")
            return Nodes("()", many=True, level="free")
        if child is None:
            self.trouble("unresolved", written(path))
            return None
        if child.type != "repeat":
            found = replace(at, field=child)
            return self.narrow(found, step.predicates, scope) if step.predicates else found
        if path.absolute and not step.predicates and not is_last and child.path in scope.rows:
            return Nodes(scope.rows[child.path], field=child)
        if path.absolute and child.path in scope.predicate_on:
            self.trouble("predicate_absolute", written(path))
            return None
        self.crosses = True
        attribute = self.layout.attribute(child)
        if not at.many:
            return self.narrow(Nodes(f"{at.rows}.{attribute}", many=True, field=child), step.predicates, scope)
        outer, inner = self.variable(), self.variable()
        rows = f"[{inner} for {outer} in {self.over(at.rows, scope)} for {inner} in {outer}.{attribute}]"
        return self.narrow(replace(at, rows=rows, many=True, field=child), step.predicates, scope)

    # lists of choices and files

    def _step_in_list(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path) -> Nodes | None:
        if step.axis == "self" and step.name == "node()":
            return self.narrow(at, step.predicates, scope) if step.predicates else at
        if at.level == "instance":
            if step.axis == "child" and step.name in ("root", "*") and not step.predicates and at.key is None:
                return replace(at, key="root")
            if step == xpath.Step("descendant-or-self", "node()"):
                return replace(at, key="//")
            if step.axis == "child" and at.key in ("root", "//") and step.name in ("item", *(("*",) if at.key == "root" else ())):
                items = Nodes(f"LISTS[{at.list!r}]", many=True, list=at.list, level="items")
                return self.narrow(items, step.predicates, scope)
        elif step.axis == "child" and at.key is None and (step.name in (keys := self._keys(at.list or "")) or not keys):
            return self.narrow(replace(at, key=step.name), step.predicates, scope)
        self.trouble("unresolved", written(path))
        return None

    def _keys(self, name: str) -> set[str]:
        """The columns of a list; none where its file is missing, which is said elsewhere."""
        return {key for item in self.layout.questionnaire.lists.get(name, ()) for key in item}

    def _indexed(self, at: Nodes, predicate: xpath.Expression, scope: Scope) -> tuple[str, list[xpath.Expression]] | None:
        """`[province = ${p} and …]` on a whole list: the items with that province, and the conditions left."""
        conditions = [predicate]
        while isinstance(conditions[0], xpath.Binary) and conditions[0].operator == "and":
            conditions[:1] = [conditions[0].left, conditions[0].right]
        if at.level != "items" or at.key is not None or at.rows != f"LISTS[{at.list!r}]":
            return None
        if any(isinstance(each, xpath.Call) and each.name in ("position", "last") for each in xpath.walk(predicate)):
            return None
        for condition in conditions:
            if not isinstance(condition, xpath.Binary) or condition.operator != "=":
                continue
            for key, other in ((condition.left, condition.right), (condition.right, condition.left)):
                if not (isinstance(key, xpath.Path) and key.base is None and not key.absolute):
                    continue
                steps = [step for step in key.steps if step != xpath.Step("self", "node()")]
                if len(steps) != 1 or steps[0].axis != "child" or steps[0].predicates or steps[0].name not in self._keys(at.list or ""):
                    continue
                if any(isinstance(each, xpath.Filter | xpath.Path) and _has_predicates(each) for each in xpath.walk(other)):
                    continue
                if (wanted := self._independent(at, other, scope)) is not None:
                    kind, text = wanted
                    if kind == "number" and not is_of_numbers(self.layout.questionnaire.lists.get(at.list or "", ()), steps[0].name):
                        continue
                    index = self.layout.indexes.setdefault((at.list or "", steps[0].name, kind), f"index_{len(self.layout.indexes) + 1}")
                    return f"{index}.get({text}, ())", [each for each in conditions if each is not condition]
        return None

    def _independent(self, at: Nodes, other: xpath.Expression, scope: Scope) -> tuple[str, str] | None:
        """The other side of `key = …` as text or number, where no item has a part in it."""
        item = self.variable()
        code = self.write(other, replace(scope, here=replace(at, rows=item, many=False), outer=scope.outer or scope.here, position="item", size="item"))
        if re.search(rf"\b{item}\b|\bitem\b", f"{code.text} {code.nodes.rows if code.nodes else ''}"):
            return None
        if code.type in ("number", "moment"):
            return "number", code.text
        if code.type == "text" or (code.nodes is not None and not code.nodes.many and code.nodes.level == "answers"):
            return "text", self.as_text(code)
        return None

    # conditions

    def narrow(self, at: Nodes, predicates: tuple[xpath.Expression, ...], scope: Scope) -> Nodes:
        for predicate in predicates:
            rows = at.rows if at.many else f"({at.rows},)"
            if (found := self._indexed(at, predicate, scope)) is not None:
                rows, conditions = found
            else:
                conditions = [predicate]
            at = replace(at, rows=rows, many=True, chosen=True)
            for condition in conditions:
                at = self._where(at, condition, scope)
        return at

    def _where(self, at: Nodes, condition: xpath.Expression, scope: Scope) -> Nodes:
        variable, position, whole = self.variable(), self.variable(), self.variable()
        inner = replace(
            scope,
            here=replace(at, rows=variable, many=False),
            outer=scope.outer or scope.here,
            position=f"float({position})",
            size=f"float(len({whole}))",
            loops=scope.loops + 1,
            predicate_on=(*scope.predicate_on, at.field.path) if at.field is not None and at.field.type == "repeat" else scope.predicate_on,
        )
        if inner.loops + len(scope.rows) > LOOPS_MAX and at.level != "items":
            self.trouble("slow_rows", at.field.path if at.field is not None else "", "warning")
        code = self.write(condition, inner)
        text = f"{code.text} == {position}" if code.type in ("number", "moment") else self.as_truth(code)
        rows = self.over(at.rows, scope)
        if at.level == "items" and not rows.startswith("clock."):
            rows = f"clock.over({rows})"
        if code.type == "number" and code.literal is not None:
            return replace(at, rows=f"row_at({at.rows}, {code.text})")
        if at.key is not None and at.level == "items":
            text = f"{at.key!r} in {variable} and {text}"
        counted = ""
        if re.search(rf"\b{whole}\b", text):
            counted, rows = f"for {whole} in ({rows},) ", whole
        counted += f"for {position}, {variable} in enumerate({rows}, 1)" if re.search(rf"\b{position}\b", text) else f"for {variable} in {rows}"
        return replace(at, rows=f"[{variable} {counted} if {text}]")

    # walking freely

    def free(self, at: Nodes) -> Nodes:
        """The same nodes as forms/nodes.py has them."""
        if at.level == "free":
            return replace(at, rows=at.rows if at.many else f"({at.rows},)", many=True)
        path = at.field.path if at.field is not None else ""
        rows = at.rows if at.many else f"({at.rows},)"
        return Nodes(f"nodes_at({rows}, PLACES[{path!r}])", many=True, level="free", places=(self.layout.places[path],), chosen=True)

    def _free_step(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path) -> Nodes | None:
        if step.axis not in AXES or step.name in ("text()", "comment()", "processing-instruction()"):
            self.trouble("axis", written(path))
            return None
        name = None if step.name in ("*", "node()") else step.name
        start = self.free(at)
        reached: Iterable[Place] = {each for place in start.places for each in place.reach(step.axis)}
        places = tuple(sorted((each for each in reached if name is None or each.name == name), key=lambda each: each.order))
        if not places and start.places:
            self.trouble("unresolved", written(path))
            return None
        self.crosses = True
        # Which nodes there are depends on rows alone; what they hold is referred to where it is read.
        self._refer_to({above for place in places for above in place.reach("ancestor-or-self") if above.kind == "repeat"})
        found = Nodes(f"step({start.rows}, {step.axis!r}, {name!r}, clock)", many=True, level="free", places=places, chosen=True)
        return self.narrow(found, step.predicates, scope)

    def refer_to_values(self, places: Iterable[Place]) -> None:
        """A group's value is that of all in it."""
        self._refer_to({each for place in places for each in place.reach("descendant-or-self")})

    def _refer_to(self, places: Iterable[Place]) -> None:
        wanted = {each.path for each in places}
        for each in self.layout.questionnaire.walk():
            if each.path in wanted:
                self.references[each.path] = each

    def union(self, left: Code, right: Code) -> Code:
        if left.nodes is None or right.nodes is None:
            return self.trouble("not_nodes")
        if {"items", "instance"} & {left.nodes.level, right.nodes.level}:
            return self.trouble("union_of_lists")
        self.crosses = True
        first, second = self.free(left.nodes), self.free(right.nodes)
        places = tuple(dict.fromkeys((*first.places, *second.places)))
        return Code("", "nodes", Nodes(f"in_order([*{first.rows}, *{second.rows}])", many=True, level="free", places=places, chosen=True))


def _has_predicates(expression: xpath.Filter | xpath.Path) -> bool:
    return isinstance(expression, xpath.Filter) or any(step.predicates for step in expression.steps)


def written(path: xpath.Path) -> str:
    """A path as its author would know it, for a finding."""
    parts = [{"self": ".", "parent": ".."}.get(step.axis, step.name) if step.axis != "attribute" else f"@{step.name}" for step in path.steps]
    return ("/" if path.absolute else "") + "/".join(parts)
