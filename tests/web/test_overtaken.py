"""Publishing from the builder where somebody else has published since the editor was opened."""

from __future__ import annotations

import json

from tests.web.doors import Door


def test_what_was_published_meanwhile_is_told_before_it_is_undone(door: Door) -> None:
    browser = door.browser("ada")
    texts = dict(door.shop.site.texts("shop"))
    opened = {"texts": json.dumps(texts), "seen": "1"}
    assert 'name="seen" value="1"' in browser.get("/builder/shop").text
    assert 'name="comment"' in browser.post("/builder/shop/plan", opened).text
    name = next(iter(texts))
    door.shop.site.publish({**texts, name: texts[name] + "\n# more\n"}, by="bob")
    told = browser.post("/builder/shop/plan", opened).text
    assert "Version 2 was published meanwhile" in told
    assert 'name="comment"' not in told                    # no plan to publish, but the editor with what was written
    assert 'name="seen" value="2"' in told                 # whoever sends it again knows what it undoes
    assert 'name="comment"' in browser.post("/builder/shop/plan", {**opened, "seen": "2"}).text
