"""The builder's pages of the reference: what every key, function and code means. Knows no definition of a site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask.typing import ResponseReturnValue

from engine.definitions.reference import faults_zh, whole
from engine.definitions.reference.leaves import Block, Code, Page, Prose, Table, Topic, pieces
from engine.errors import NotFound
from engine.runtime.web.present import addresses
from engine.runtime.web.shells import page
from engine.runtime.web.visits import language, opened
from engine.texts import Text, say

TITLES = {
    "language": say(zh="语言概览", en="The language"),
    "language-apps": say(zh="应用、角色、菜单", en="App, roles, menu"),
    "language-fields": say(zh="字段", en="Fields"),
    "language-objects": say(zh="对象", en="Objects"),
    "language-steps": say(zh="步骤", en="Steps"),
    "language-flows": say(zh="流程与自动化", en="Flows, automations"),
    "language-registers": say(zh="台账与规则", en="Registers, decisions"),
    "language-questions": say(zh="报表、提醒、看板", en="Reports, alerts, boards"),
    "language-tests": say(zh="测试", en="Tests"),
    "functions": say(zh="函数", en="Functions"),
    "problems": say(zh="问题代码", en="Problem codes"),
}
FRONT, PROBLEMS = "language", "problems"


def base_of(app: str) -> str:
    """Where the reference stands in the builder of an app."""
    return f"{addresses.builder(app)}/reference"


def reference(app: str) -> ResponseReturnValue:
    """The front page of the reference."""
    return page_of(app, FRONT)


def page_of(app: str, page_name: str) -> ResponseReturnValue:
    """One page of the reference, with the others beside it."""
    found = whole.pages().get(page_name)
    if found is None:
        raise NotFound(say(zh="参考手册没有这一页", en="The reference has no such page"))
    if page_name == PROBLEMS and language() == "zh":
        found = faults_zh.page()
    with opened(app) as tx:
        return page(
            tx,
            "builder/reference.html",
            handbook=shown(found, base_of(app)),
            pages=[(name, title_of(name, one)) for name, one in whole.pages().items()],
            here=page_name,
            title=title_of(page_name, found),
            base=addresses.builder(app),
        )


def title_of(name: str, found: Page) -> Text:
    """The title of a page in both languages; a page of a new module has its English one."""
    return TITLES.get(name) or say(zh=found.title, en=found.title)


def shown(found: Page, base: str) -> dict[str, Any]:
    """A page as its template draws it."""
    return {
        "intro": blocks(found.intro, base),
        "groups": groups(found.topics, base),
    }


def groups(topics: Sequence[Topic], base: str) -> list[dict[str, Any]]:
    """The topics of a page, those of level 3 below their noun."""
    made: list[dict[str, Any]] = []
    for topic in topics:
        entry = {"anchor": topic.anchor, "title": topic.title, "blocks": blocks(topic.blocks, base), "topics": []}
        if topic.level > 2 and made:
            made[-1]["topics"].append(entry)
        else:
            made.append(entry)
    return made


def blocks(found: Sequence[Block], base: str) -> list[dict[str, Any]]:
    """Paragraphs, passages and tables; texts in stretches that are plain, code or a link."""
    return [_block(one, base) for one in found]


def _block(found: Block, base: str) -> dict[str, Any]:
    match found:
        case Prose(text=text):
            return {"kind": "prose", "pieces": stretches(text, base)}
        case Code(text=text):
            return {"kind": "code", "text": text}
        case Table(head=head, rows=rows):
            cells = [[stretches(cell, base) for cell in row] for row in rows]
            return {"kind": "table", "head": head, "rows": cells}


def stretches(text: str, base: str) -> list[dict[str, Any]]:
    """The stretches of a text, with the address of what they lead to."""
    return [
        {
            "text": piece.text,
            "code": piece.code,
            "url": f"{base}/{whole.homes().get(piece.anchor, FRONT)}#{piece.anchor}" if piece.anchor else "",
        }
        for piece in pieces(text)
    ]
