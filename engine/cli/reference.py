"""`formwork reference`: what the language has, in the terminal and as pages. Needs no site."""

from __future__ import annotations

from pathlib import Path

import click

from engine.definitions.reference import markdown, whole
from engine.suggest import did_you_mean


@click.command()
@click.argument("word", default="")
@click.option("--language", "page", flag_value="language", help="All keys of the language.")
@click.option("--functions", "page", flag_value="functions", help="All functions of expressions.")
@click.option("--problems", "page", flag_value="problems", help="All that the checker says, by code.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the pages into this folder, as Markdown.")
def reference(word: str, page: str | None, write: Path | None) -> int:
    """Explain a WORD of the language (a key as `object.unique`, a kind, a function, a code), or print whole pages."""
    if write is not None:
        return _written(write)
    if not word:
        for name in _names(page):
            click.echo(markdown.page(whole.pages()[name], whole.homes()))
        return 0
    found = whole.topics(word)
    if not found:
        known = {topic.title for one in whole.pages().values() for topic in one.topics}
        hint = did_you_mean(word, known)
        raise click.UsageError(f"the reference has no “{word}”" + (f"; {hint}" if hint else ""))
    for at, topic in found:
        click.echo("\n\n".join(list(markdown.topic(topic, at.name, whole.homes()))[1:]))
        click.echo()
    return 0


def _names(page: str | None) -> list[str]:
    """The pages of a part: the keys of the language stand on several."""
    if page == "language" or page is None:
        keys = [name for name in whole.pages() if name.startswith("language")]
        return keys if page else list(whole.pages())
    return [page]


def _written(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in whole.pages().items():
        (folder / f"{name}.md").write_text(markdown.page(page, whole.homes()), encoding="utf-8", newline="\n")
        click.echo(str(folder / f"{name}.md"))
    return 0
