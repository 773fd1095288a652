"""`formwork demo NAME` makes a site out of a template and its samples, and keeps it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.company import demo
from engine.cli.sites import compiled, open_site
from engine.runtime.services.site import Site
from engine.settings import load

TEXT = """
app: shop
name: {zh: 店, en: Shop}
languages: [zh, en]
roles: {seller: {zh: 店员, en: Seller}}
objects:
  sale:
    fields: {day: date, total: integer}
    states: {draft: 草稿, waiting: 待审, done: 完成}
    actions: {submit: {from: draft, to: waiting, start: ask}, finish: {from: waiting, to: done, by: flow}}
    name: {zh: 销售, en: Sale}
flows: {ask: {of: sale, steps: [{approve: boss, by: role(seller)}], on_approved: finish, on_rejected: finish}}
access: {sale: {seller: full}}
samples:
  people: [{id: li, name: 李敏, role: seller}]
  rows:
    sale: [{day: =today() - 3 days, total: =2 * 21, state: done}, {day: 2026-01-05, state: waiting}]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMWORK_DATA_DIR", str(tmp_path / "var"))
    for name in ("DATABASE_URL", "FORMWORK_DATABASE_URL", "HOST", "FORMWORK_HOST"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "shop.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_a_definition_is_shown_with_its_samples_and_kept(shop: Path, tmp_path: Path) -> None:
    first = CliRunner().invoke(demo, [str(shop), "--no-serve"])
    assert first.exit_code == 0 and "Seller 店员" in first.output and "Publishing Shop" in first.output
    assert (tmp_path / "var" / "shop" / "formwork.db").is_file()
    again = CliRunner().invoke(demo, [str(shop), "--no-serve"])
    assert again.exit_code == 0 and "Publishing" not in again.output


def test_a_definition_that_has_changed_is_published_anew(shop: Path, tmp_path: Path) -> None:
    CliRunner().invoke(demo, [str(shop), "--no-serve"])
    shop.write_text(TEXT.replace("total: integer", "total: {type: integer, max: 1000}"), encoding="utf-8")
    assert "published anew" in CliRunner().invoke(demo, [str(shop), "--no-serve"]).output
    again = CliRunner().invoke(demo, [str(shop), "--no-serve"])
    assert again.exit_code == 0 and "published anew" not in again.output
    site = open_site(replace(load(), database_url=f"sqlite:///{tmp_path / 'var' / 'shop' / 'formwork.db'}"))
    name, text = next(iter(compiled(shop).texts.items()))
    site.publish({name: text.replace("Seller", "Shop assistant")}, by="analyst")
    site.database.close()
    assert "and stays" in CliRunner().invoke(demo, [str(shop), "--no-serve"]).output


def test_a_demo_that_was_stopped_half_made_is_made_anew(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(site: Site, *_: object, **__: object) -> None:
        site.database.close()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("engine.cli.company.furnish", stopped)
        assert CliRunner().invoke(demo, [str(shop), "--no-serve"]).exit_code == 1
    again = CliRunner().invoke(demo, [str(shop), "--no-serve"])
    assert again.exit_code == 0 and "making it anew" in again.output and "Publishing Shop" in again.output
    assert "Publishing" not in CliRunner().invoke(demo, [str(shop), "--no-serve"]).output


def test_an_unknown_template_names_those_that_there_are(shop: Path) -> None:
    answer = CliRunner().invoke(demo, ["bogus", "--no-serve"])
    assert answer.exit_code == 2 and "expenses" in answer.output
