"""The places of a form: each question, group and repeat as forms/nodes.py walks through them, and where a step may lead from each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

AXES = (
    "child", "parent", "self", "descendant", "descendant-or-self", "ancestor", "ancestor-or-self", "following-sibling", "preceding-sibling", "following",
    "preceding",
)  # fmt: skip


@dataclass(eq=False)
class Place:
    name: str
    kind: str
    """leaf, note, group, repeat or root"""
    value_type: str = ""
    attribute: str = ""
    order: int = 0
    """Where it stands in the form, from top to bottom."""
    above: Place | None = None
    children: list[Place] = field(default_factory=list)
    path: str = ""

    def reach(self, axis: str) -> Iterator[Place]:
        """The places that a step along this axis may lead to; more than it will, where rows decide."""
        match axis:
            case "self":
                yield self
            case "child":
                yield from self.children
            case "parent":
                if self.above is not None:
                    yield self.above
            case "descendant" | "descendant-or-self":
                if axis == "descendant-or-self":
                    yield self
                for child in self.children:
                    yield from child.reach("descendant-or-self")
            case "ancestor" | "ancestor-or-self":
                if self.above is not None:
                    yield from self.above.reach("ancestor-or-self")
                if axis == "ancestor-or-self":
                    yield self
            case "following-sibling" | "preceding-sibling":
                for each in self.above.children if self.above is not None else ():
                    is_after = each.order > self.order
                    if (self.kind == "repeat") if each is self else (is_after == (axis == "following-sibling")):
                        yield each
            case "following" | "preceding":
                top = self
                while top.above is not None:
                    top = top.above
                yield from top.reach("descendant")
