"""Checks a page for accessibility (WCAG 2.2 A and AA) as it stands. Knows no page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """What breaks a rule, as `rule: element (why)`; empty if all is well."""
    # Evaluated, not added as a script: the content policy of the page does not let foreign scripts in.
    page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found = page.evaluate("(tags) => axe.run({runOnly: {type: 'tag', values: tags}}).then((r) => r.violations)", RULES)
    return [
        f"{rule['id']}: {node['html'][:160]} ({node.get('failureSummary', '').strip()[:300]})"
        for rule in found
        for node in rule["nodes"]
    ]
