"""`link`: a record of another object (or of one of several). Looks nothing up: keys and rights are the service's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import Type, record_of
from engine.expressions.values import Key, Ref, Row
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.text import read_text
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

    from engine.expressions.compiled import Expression, Source

LARGEST_ID = 2**63 - 1
INPUT = re.compile(r"(?:(?P<object>[^\s/]+)/)?(?P<id>[0-9]{1,19})")
SEVERAL = "__of"                               # suffix of the column that says which of several objects is meant


@dataclass(frozen=True, kw_only=True)
class Link(Field):
    """A link to a record of one of the objects in `to`.

    Values: `Ref` once looked up, `Key` as long as only the target's key is known (the service resolves it). Columns:
    the id and, with several targets, `name__of`, whose value here is the object's name; storage keeps its number."""

    kind: ClassVar[str] = "link"
    widget: ClassVar[str] = "link"
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "in", "is under", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {
        "to": {
            "type": ["string", "array"], "items": {"type": "string"}, "slot": "N:rows[]",
            "description": "the objects that it may link to",
        },
        "from": {"type": "string", "slot": "S", "attribute": "source", "description": "the rows that it offers"},
        "where": {"type": "string", "slot": "E", "description": "which records it may link to"},
        "back": {"type": "string", "slot": "N", "description": "the name of the way back: the records that link here"},
        "tree": {"type": "boolean", "description": "links to its own object make a tree (`is under`)"},
        "acyclic": {"type": "boolean", "description": "no record may link to itself, not even over others"},
        "on_delete": {
            "enum": ["refuse", "clear", "cascade"],
            "description": "what deleting the linked record does: is refused, clears the link, deletes this one too",
        },
    }

    to: tuple[str, ...] = ()
    source: Source | None = None
    where: Expression | None = None
    back: str = ""
    tree: bool = False
    acyclic: bool = False
    on_delete: str = "refuse"

    @property
    def type(self) -> Type:
        return record_of(*self.to)

    @property
    def climbs(self) -> bool:
        """Whether no record may stand under itself by this link."""
        return self.tree or self.acyclic

    @property
    def several(self) -> bool:
        """Whether it may link to records of more than one object."""
        return len(self.to) > 1

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import BigInteger, Column, String

        id = Column(self.name, BigInteger)
        return (id, Column(self.name + SEVERAL, String(127))) if self.several else (id,)

    def column_names(self) -> tuple[str, ...]:
        return (self.name, self.name + SEVERAL) if self.several else (self.name,)

    def from_row(self, row: Mapping[str, Any]) -> Ref | None:
        if row[self.name] is None:
            return None
        return Ref(row[self.name + SEVERAL] if self.several else self.to[0], row[self.name])

    def to_row(self, value: Any) -> dict[str, Any]:
        """Of a `Ref` or None; a `Key` must have been looked up before (ValueError)."""
        if value is not None and not isinstance(value, Ref):
            raise ValueError(f"{self.name}: {value!r} was not looked up")
        found: dict[str, Any] = {self.name: None if value is None else value.id}
        if self.several:
            found[self.name + SEVERAL] = None if value is None else value.object
        return found

    def parse(self, raw: object) -> Ref | Key | None:
        """An integer or `{id}` is the id; a text or `{key field: text}` is the target's key; rows and links pass."""
        if raw is None:
            return None
        if isinstance(raw, (Ref, Row)):
            return self._of_target(raw)
        if isinstance(raw, Key):
            return raw
        if isinstance(raw, Mapping):
            return self._parse_mapping(raw)
        if isinstance(raw, str):
            text = read_text(raw)
            return None if text is None else Key(text)
        return self._by_id(raw, "")

    def _of_target(self, raw: Ref | Row) -> Ref:
        if raw.object not in self.to:
            raise Unfit(_no_target(raw.object))
        if isinstance(raw, Ref):
            return raw
        if raw.id is None:
            raise Unfit(say("该记录尚未保存", "that record has not been saved yet"))
        return Ref(raw.object, raw.id)

    def _parse_mapping(self, raw: Mapping[Any, Any]) -> Ref | Key | None:
        if "id" in raw:
            if raw.keys() - {"id", "title", "object"}:
                raise Unfit(_unclear())
            if raw["id"] is None:
                return None
            return self._by_id(raw["id"], raw.get("object") or "", raw.get("title") or "")
        if len(raw) != 1:
            raise Unfit(_unclear())
        name, only = next(iter(raw.items()))
        if isinstance(only, bool) or not isinstance(only, (str, int)):
            raise Unfit(_unclear())
        text = read_text(only)
        return None if text is None else Key(text, str(name))

    def _by_id(self, id: object, target: object, title: object = "") -> Ref:
        if isinstance(id, bool) or not isinstance(id, int) or not 0 < id <= LARGEST_ID:
            raise Unfit(say("编号应为正整数", "an id is a whole number above 0"))
        if not target and self.several:
            raise Unfit(say("请用 object 注明对象，可选 {known}", "name the object in “object”: one of {known}",
                            known=", ".join(self.to)))
        name = str(target or self.to[0])
        if name not in self.to:
            raise Unfit(_no_target(name))
        return Ref(name, id, str(title))

    def parse_input(self, text: str) -> Ref | Key | None:
        """What the control holds: `17`, or `sales_order/17` where several objects are possible."""
        bare = text.strip()
        if not bare:
            return None
        match = INPUT.fullmatch(bare)
        if match is None:
            raise Unfit(say("请从列表中选择", "choose one from the list"))
        return self._by_id(int(match["id"]), match["object"] or "")

    def format(self, value: Any, language: str) -> str:
        """The title, if the link carries it, else its number or key."""
        if value is None:
            return ""
        return value.text if isinstance(value, Key) else value.title or f"#{value.id}"

    def to_json(self, value: Any) -> Any:
        """`{"id", "title"}`, with `"object"` where several objects are possible; an unresolved key is its text."""
        if value is None:
            return None
        if isinstance(value, Key):
            return value.text
        shown: dict[str, Any] = {"id": value.id, "title": value.title}
        return shown | {"object": value.object} if self.several else shown

    def to_input(self, value: Any) -> str:
        if not isinstance(value, Ref):
            return ""
        return f"{value.object}/{value.id}" if self.several else str(value.id)


def _no_target(name: str) -> Text:
    return say("这里不能链接到 {name}", "a link to {name} does not fit here", name=name)


def _unclear() -> Text:
    return say("链接请写作编号、关键字段的文本或 {\"id\": …}",
               "write a link as its id, as its key's text, or as {\"id\": …}")
