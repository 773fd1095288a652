"""Pages of the reference as Markdown, for `docs` and the terminal. Knows nothing of the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definitions.reference.leaves import Block, Code, Page, Prose, Table, Topic, pieces

NOTE = "<!-- Made by `formwork reference --write docs` from the declarations: do not change it here. -->"


def page(found: Page, homes: Mapping[str, str]) -> str:
    """One page; `homes` maps every anchor to its page."""
    blocks = [NOTE, f"# {found.title}", *(block(one, found.name, homes) for one in found.intro)]
    blocks += (part for one in found.topics for part in topic(one, found.name, homes))
    return "\n\n".join(blocks) + "\n"


def topic(found: Topic, here: str, homes: Mapping[str, str]) -> Iterator[str]:
    """A heading with its anchor, and what stands below it."""
    yield f'<a id="{found.anchor}"></a>\n{"#" * found.level} {found.title}'
    yield from (block(one, here, homes) for one in found.blocks)


def block(found: Block, here: str, homes: Mapping[str, str]) -> str:
    """A paragraph, a passage or a table."""
    match found:
        case Prose(text=text):
            return inline(text, here, homes)
        case Code(text=text, language=language):
            return f"```{language}\n{text}\n```"
        case Table(head=head, rows=rows):
            lines = [head, tuple("---" for _ in head), *(tuple(inline(c, here, homes) for c in row) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def inline(text: str, here: str, homes: Mapping[str, str]) -> str:
    """A text with its links leading to the right page."""
    return "".join(
        f"`{piece.text}`"
        if piece.code
        else f"[{piece.text}]({link(piece.anchor, here, homes)})"
        if piece.anchor
        else piece.text.replace("|", "\\|").replace("<", "&lt;")
        for piece in pieces(text)
    )


def link(anchor: str, here: str, homes: Mapping[str, str]) -> str:
    """The address of a topic, seen from a page."""
    home = homes.get(anchor, here)
    return f"#{anchor}" if home == here else f"{home}.md#{anchor}"
