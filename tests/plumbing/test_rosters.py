"""People out of a list: all that is wrong is told, and then nothing is changed; the same list twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import rosters
from engine.cli.accounts import user
from engine.runtime.services.identity import people, standings
from tests.services.shops import Shop
from tests.web.doors import peopled
from tests.web.test_outsiders import APP


@pytest.fixture
def shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = peopled(database_url, APP)
    made.create("li", "customer", name="Acme")
    monkeypatch.setattr(rosters, "open_site", lambda: made.site)
    monkeypatch.setattr("engine.cli.accounts.open_site", lambda: made.site)
    yield made
    made.site.database.close()


def given(folder: Path, content: bytes, *more: str) -> Result:
    (folder / "people.csv").write_bytes(content)
    return CliRunner().invoke(user, ["import", str(folder / "people.csv"), *more])


def test_people_come_out_of_a_list(shop: Shop, tmp_path: Path) -> None:
    kim = "kim;金明;kim@x.example;销售部;shop:partner=Acme, shop:clerk"
    rows = ("账号;姓名;邮箱;部门;角色", kim, ";;;;", "li;;;;shop:boss")
    text = "\r\n".join(rows)
    tried = given(tmp_path, text.encode("gb18030"), "--dry-run")
    assert tried.exit_code == 0 and "1 new, 1 known" in tried.output and people.find(shop.site, "kim") is None
    li = people.find(shop.site, "li")
    assert "1 new, 1 known" in given(tmp_path, text.encode("gb18030")).output
    made = people.find(shop.site, "kim")
    assert made is not None and li is not None and made.name == "金明"
    assert people.actor_for(shop.site, made, "shop").roles == {"partner", "clerk"}
    assert standings.stands(shop.site, "kim", "shop")["partner"][0] == "Acme"
    after = people.find(shop.site, "li")
    assert after is not None and after.name == li.name, "what is blank stays"
    assert people.actor_for(shop.site, after, "shop").roles == {"boss"}
    with shop.site.database.read() as connection:
        events = connection.exec_driver_sql("select count(*) from sys_event").scalar_one()
    assert "0 new, 2 known" in given(tmp_path, ("\ufeff" + text).encode()).output
    with shop.site.database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from sys_event").scalar_one() == events


def test_a_list_with_mistakes_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    rows = (
        "login,name,email,roles", "ok,Ok,ok@x.example,shop:sales", "a b,,,", "OK,,,", "c,,nomail,", "d,,,boss",
        "e,,,nosuch:boss", "f,,,shop:bos", "g,,,shop:sales=Acme", "h,,,shop:partner=Nobody",
    )
    answer = given(tmp_path, "\n".join(rows).encode())
    told = [int(line.split(":")[0].removeprefix("line ")) for line in answer.output.splitlines() if line[:5] == "line "]
    assert answer.exit_code == 1 and told == list(range(3, 11)), answer.output
    assert people.find(shop.site, "ok") is None
    for head in ("name,email", "login,login", "login,nosuch"):
        assert given(tmp_path, f"{head}\nz,z\n".encode()).exit_code == 1 and people.find(shop.site, "z") is None


def test_a_role_of_an_app_that_is_not_there_is_refused(shop: Shop) -> None:
    answer = CliRunner().invoke(user, ["add", "zed", "--role", "shp:boss", "--password", "long enough 1"])
    assert answer.exit_code != 0 and "there is no app shp" in answer.output and people.find(shop.site, "zed") is None
