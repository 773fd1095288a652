"""Conditions and people of a definition in words: labels for names, signs for operators. What has no words is said to
be worked out. Knows no record."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Who
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Aggregate, Call, Each, Get, Items, Literal, Node, Operation, Root
from engine.expressions.templates import Template
from engine.locales import show_moment
from engine.texts import Text, listed, say

SYSTEM_LABELS: Mapping[str, Text] = {
    "status": say(zh="状态", en="Status"),
    "state": say(zh="主状态", en="Main state"),
    "id": say(zh="编号", en="No."),
    "creator": say(zh="创建人", en="Created by"),
    "created_at": say(zh="创建时间", en="Created"),
    "changed_by": say(zh="修改人", en="Changed by"),
    "changed_at": say(zh="修改时间", en="Changed"),
}
SIGNS = {
    "=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥",
    "+": "+", "-": "\u2212", "*": "\u00d7", "/": "÷", "&": "&",
}
JOINED: Mapping[str, Text] = {"and": say(zh=" 且 ", en=" and "), "or": say(zh=" 或 ", en=" or ")}
NOT = say(zh="并非（{it}）", en="not ({it})")
BLANK = say(zh="{it} 为空", en="{it} is blank")
FILLED = say(zh="{it} 不为空", en="{it} is not blank")
AMONG = say(zh="{it} 属于 {all}", en="{it} is one of {all}")
CALLS: Mapping[str, Text] = {
    "sum": say(zh="{0} 合计", en="total of {0}"), "count": say(zh="{0} 行数", en="number of {0}"),
    "max": say(zh="{0} 最大值", en="largest {0}"), "min": say(zh="{0} 最小值", en="smallest {0}"),
    "avg": say(zh="{0} 平均", en="average of {0}"), "manager_of": say(zh="{0}的上级", en="manager of {0}"),
    "head_of": say(zh="{0}的负责人", en="head of {0}"), "today": say(zh="今天", en="today"),
    "month_start": say(zh="{0}所在月初", en="first of the month of {0}"),
    "year_start": say(zh="{0}所在年初", en="first of the year of {0}"),
    "quarter_start": say(zh="{0}所在季初", en="first of the quarter of {0}"),
    "week_start": say(zh="{0}所在周一", en="Monday of {0}"),
    "has_role": say(zh="{0} 担任 {1}", en="{0} is {1}"), "abs": say(zh="{0} 的绝对值", en="size of {0}"),
}
OF_ROWS: Mapping[str, Text] = {
    "all": say(zh="{rows}中每行都满足（{it}）", en="every row of {rows} has ({it})"),
    "any": say(zh="{rows}中有一行满足（{it}）", en="some row of {rows} has ({it})"),
}
MEMBER = say(zh="{owner}的{member}", en="{member} of {owner}")
DECIDED = say(zh="{what}（{of}）", en="{what} ({of})")
RAISED = say(zh="触发“{what}”", en="{what} was raised")
PROPOSED = say(zh="变更后", en="the changed record")
ME, THIS = say(zh="本人", en="oneself"), say(zh="本单", en="this record")
EVERYONE = say(zh="所有人", en="everyone")
WORKED_OUT = say(zh="按规则算出的值", en="what a rule works out")
HOLE = re.compile(r"\s*\{[^{}]*\}\s*")
YES, NO = say(zh="是", en="yes"), say(zh="否", en="no")


class Words:
    """Words of one app in one language, over records of one object."""

    def __init__(
        self, app: App, object: str, language: str, *, apart: bool = False,
        filled: Callable[[Template], str] | None = None,
    ) -> None:
        self.app = app
        self.object = object
        self.row = object                      # what the row at hand is one of
        self.apart = apart                     # whether `this` is another record than the row
        self.language = language
        self.filled = filled                   # what a text says of the record at hand; blank where it may not be told

    def condition(self, expression: Expression) -> str:
        """A condition in words."""
        return self._of(expression.node, expression.text)

    def people(self, who: Who) -> str:
        """Whom a definition names."""
        roles = [self.app.roles[name].label.to(self.language) for name in who.roles if name in self.app.roles]
        named = [self.condition(one) for one in who.people]
        words = [EVERYONE.to(self.language)] if "everyone" in who.words else []
        return listed([*roles, *named, *words], self.language) or who.text

    def _say(self, text: Text, **holes: str) -> str:
        return text.filled(**holes).to(self.language)

    def _of(self, node: Node, text: str) -> str:
        match node:
            case Operation():
                return self._operation(node, text)
            case Get() | Each():
                return self._member(node, text)
            case Literal():
                return self._literal(node.value)
            case Root(word="me"):
                return ME.to(self.language)
            case Root(word="this" | "row"):
                return THIS.to(self.language)
            case Root(word="name", name="proposed"):
                return PROPOSED.to(self.language)
            case Items():
                return listed((self._of(item, text) for item in node.items), self.language)
            case Call() | Aggregate():
                return self._call(node, text)
        return self._written(node, text)

    def _written(self, node: Node, text: str) -> str:
        """What has no words."""
        return WORKED_OUT.to(self.language)

    def _operation(self, node: Operation, text: str) -> str:
        if node.op in JOINED:
            parts = [self._of(one, text) for one in node.args]
            mixed = [isinstance(one, Operation) and one.op in JOINED and one.op != node.op for one in node.args]
            return JOINED[node.op].to(self.language).join(
                f"({part})" if put else part for part, put in zip(parts, mixed, strict=True)
            )
        if node.op == "not" and isinstance(inner := node.args[0], Operation) and inner.op == "blank":
            return self._say(FILLED, it=self._of(inner.args[0], text))
        if node.op == "not":
            return self._say(NOT, it=self._of(node.args[0], text))
        if node.op == "blank":
            return self._say(BLANK, it=self._of(node.args[0], text))
        if node.op == "in" and len(node.args) == 2:  # noqa: PLR2004 - two sides
            return self._say(AMONG, it=self._side(node, 0, text), all=self._side(node, 1, text))
        if node.op in SIGNS and len(node.args) == 2:  # noqa: PLR2004 - two sides
            return f"{self._side(node, 0, text)} {SIGNS[node.op]} {self._side(node, 1, text)}"
        return self._written(node, text)

    def _side(self, node: Operation, number: int, text: str) -> str:
        """One side of a comparison: codes by the labels of the options on the other."""
        side, other = node.args[number], node.args[1 - number]
        options = self._options(other)
        if options and isinstance(side, Literal) and side.value in options:
            return options[str(side.value)]
        if isinstance(side, Literal) and isinstance(side.value, Decimal) and other.type.unit == "percent":
            return f"{(side.value * 100).normalize():f}%"
        if options and isinstance(side, Items):
            named = (options.get(str(getattr(one, "value", "")), self._of(one, text)) for one in side.items)
            return listed(named, self.language)
        return self._of(side, text)

    def _options(self, node: Node) -> Mapping[str, str]:
        if not isinstance(node, Get | Each):
            return {}
        obj = self.app.objects.get(next(iter(self._things(node)), ""))
        if obj is None:
            return {}
        if node.name in ("state", "status"):
            return {state.name: state.label.to(self.language) for state in obj.states.values()}
        options: Mapping[str, Any] = getattr(obj.fields.get(node.name), "options", None) or {}
        return {code: option.label.to(self.language) for code, option in options.items()}

    def _member(self, node: Get | Each, text: str) -> str:
        label = self._label(node) or node.name
        if isinstance(node.owner, Root) and node.owner.word in (("row",) if self.apart else ("row", "this")):
            return label
        return self._say(MEMBER, owner=self._of(node.owner, text), member=label)

    def _things(self, node: Get | Each) -> tuple[str, ...]:
        """Of what a path takes a member."""
        at_hand = isinstance(node.owner, Root) and node.owner.word in ("row", "this")
        return node.owner.type.objects or ((self.row,) if at_hand else ())

    def _label(self, node: Get | Each) -> str:
        for name in self._things(node):
            obj = self.app.objects.get(name)
            register = self.app.registers.get(name)
            field = obj.fields.get(node.name) if obj is not None else None
            if field is None and register is not None:
                field = register.measures.get(node.name) or register.keys.get(node.name)
            if field is not None:
                return field.label.to(self.language)
        system = SYSTEM_LABELS.get(node.name)
        return system.to(self.language) if system is not None else ""

    def _literal(self, value: Any) -> str:
        if value is True or value is False:
            return (YES if value else NO).to(self.language)
        if isinstance(value, Decimal):
            return f"{value.normalize():,f}"
        if isinstance(value, dt.date):
            return show_moment(value, self.language)
        if not isinstance(value, str):
            return str(value)
        return f"“{value}”" if self.language == "zh" else f'"{value}"'

    def _call(self, node: Call | Aggregate, text: str) -> str:
        name = node.function.name
        if isinstance(node, Aggregate) and node.value is not None:
            rows = self._of(node.source, text) if name in OF_ROWS else ""
            self.row, kept = next(iter(node.source.type.objects), self.row), self.row
            try:
                if rows:
                    return self._say(OF_ROWS[name], rows=rows, it=self._of(node.value, text))
                return self._called(name, [node.value, *node.args], node, text)
            finally:
                self.row = kept
        args = [node.source, *node.args] if isinstance(node, Aggregate) else list(node.args)
        return self._called(name, args, node, text)

    def _called(self, name: str, args: list[Node], node: Node, text: str) -> str:
        if name == "raised" and isinstance(args[0], Literal):
            return self._say(RAISED, what=self._check(str(args[0].value)))
        decision = self.app.decisions.get(name)
        if decision is not None:
            label = decision.label.to(self.language)
            return self._say(DECIDED, what=label, of=listed((self._of(one, text) for one in args), self.language))
        known = CALLS.get(name)
        if known is None or any(f"{{{n}}}" in known.to("en") for n in range(len(args), 2)):
            return self._written(node, text)
        said = known.to(self.language)
        for number, one in enumerate(args):
            said = said.replace(f"{{{number}}}", self._argument(name, number, one, text))
        return said

    def _argument(self, name: str, number: int, node: Node, text: str) -> str:
        if name == "has_role" and number == 1 and isinstance(node, Literal) and str(node.value) in self.app.roles:
            return self.app.roles[str(node.value)].label.to(self.language)
        return self._of(node, text)

    def _check(self, called: str) -> str:
        """What a check says that has this name."""
        obj = self.app.objects[self.object]
        checks = [*obj.checks, *(check for action in obj.actions.values() for check in action.checks)]
        found = next((check for check in checks if check.called == called), None)
        source = getattr(getattr(found, "say", None), "texts", None) if found is not None else None
        said = source.get(self.language) or source.get("") if isinstance(source, Mapping) else None
        if self.filled is not None and found is not None and isinstance(found.say, Template):
            filled = self.filled(found.say)
            if filled:
                return filled
        if not isinstance(said, str):
            return called
        return HOLE.sub("" if self.language == "zh" else " … ", said).strip().replace("  ", " ")


def told(app: App, object: str, condition: Expression, *, apart: bool = False) -> Text:
    """A condition over records of an object in words, in every language of the app; as it is written where a part of it
    has none. `apart`: `this` is another record, whose fields are told as its own."""
    forms = {}
    for language in dict.fromkeys((*app.languages, "zh", "en")):
        words = Words(app, object, language, apart=apart).condition(condition)
        forms[language] = condition.text if WORKED_OUT.to(language) in words else words
    return Text(forms)


def called(app: App, object: str, path: Sequence[str]) -> Text:
    """A path from a record of an object in words: `customer.owner` is the owner of the customer."""
    forms = {}
    for language in dict.fromkeys((*app.languages, "zh", "en")):
        said, at = "", app.objects.get(object)
        for name in path:
            field = None if at is None else at.fields.get(name)
            label = SYSTEM_LABELS.get(name) if field is None else field.label
            member = name if label is None else label.to(language)
            said = MEMBER.filled(owner=said, member=member).to(language) if said else member
            targets = () if field is None else field.type.objects
            at = app.objects.get(targets[0]) if targets else None
        forms[language] = said
    return Text(forms)
