"""The bin, the archive, and what goes by itself: who may bring what back, what is judged then, what is erased."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from engine.errors import Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import audit, commands, discussing, keeping, lookups, outbox, reading, shelving
from engine.runtime.services.reading import Query
from engine.runtime.services.registers import verification
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import draft_rows, job_rows, queries, replies
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import HEAD, Shop
from tests.services.sites import fresh

APP = HEAD + """\
objects:
  client:
    name: {zh: 客户, en: Client}
    key: name
    discussion: internal
    title: "{name}"
    keep: {until: day + 30 days, unless: size > 100, then: anonymise}
    fields:
      name: {type: text, required: true, unique: true, search: true, personal: true, zh: 名称, en: Name}
      greeting: {formula: "'Dear ' & name", type: text, zh: 称呼, en: Greeting}
      owner: {type: user, default: =me, zh: 业务员, en: Owner}
      size: {type: integer, default: 1, zh: 规模, en: Size}
      day: {type: date, default: =today(), zh: 日期, en: Day}
      persons:
        type: lines
        zh: 联系人
        en: People
        fields: {name: {type: text, personal: true, search: true}, job: text}
    actions:
      forget: {do: [{anonymise: this}], zh: 清除个人信息, en: Forget}
  deal:
    name: {zh: 合同, en: Deal}
    title: "{text}"
    keep: {until: day + 5 days, then: archive}
    fields:
      text: text
      client: {type: link, to: client, zh: 客户, en: Client}
      must: {type: link, to: client, required: true, on_delete: cascade, zh: 甲方, en: Party}
      amount: {type: integer, default: 1}
      day: {type: date, default: =today()}
  slip: {delete: now, fields: {text: text}}
  parcel:
    keep: {until: day + 1 day, then: anonymise}
    fields: {count: {type: integer, personal: true}, day: {type: date, default: =today()}}
    posts: [{to: pile, add: {n: count}}]
  draft: {keep: {until: day + 1 day, then: delete}, fields: {text: text, day: {type: date, default: =today()}}}
  paper:
    discussion: internal
    title: "{text}"
    keep: {until: day + 1 day, then: delete}
    fields: {text: text, day: {type: date, default: =today()}}
    states: {open: Open, asked: Asked, done: Done}
    actions: {ask: {from: open, to: asked, start: asking}, yes: {from: asked, to: done, by: flow},
              no: {from: asked, to: open, by: flow}}
registers:
  pile: {keys: {}, measures: {n: {type: integer}}, dated: false, guards: [{that: n >= 0}]}
flows: {asking: {of: paper, steps: [{approve: boss, by: role(manager)}], on_approved: yes, on_rejected: no}}
access:
  client:
    sales: {see: true, create: true, edit: owner = me, delete: owner = me, forget: true}
    manager: full
    store: see
  deal: {sales: full, manager: full}
  slip: {sales: full}
  parcel: {sales: full}
  draft: {sales: full}
  paper: {sales: full, manager: full}
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shop(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with fresh(request.param, _server, tmp_path_factory, "shelves") as url:
        made = Shop(url, APP)
        yield made
        made.site.database.close()


def delete(shop: Shop, ref: Ref, login: str = "li") -> None:
    shop.run(login, lambda tx: commands.delete(tx, ref.object, ref.id))


def restore(shop: Shop, ref: Ref, login: str = "li") -> None:
    shop.run(login, lambda tx: shelving.restore(tx, ref.object, ref.id))


def listed(shop: Shop, object: str, shelf: str = "current", login: str = "li", **more: Any) -> list[int]:
    with shop.site.read("shop", shop.actor(login)) as tx:
        return [record.id or 0 for record in reading.page(tx, object, Query(shelf=shelf, **more)).items]


def there(shop: Shop, ref: Ref) -> bool:
    try:
        shop.value(ref, "id")
    except NotFound:
        return False
    return True


def night(shop: Shop, days: float) -> None:
    drain(shop.site, handlers(shop.site), shop.now)        # the schedules are taken up
    shop.now += dt.timedelta(days=days)
    drain(shop.site, handlers(shop.site), shop.now)


def texts(shop: Shop) -> str:
    """Everything that the tables of the app, its histories and its notices hold."""
    with shop.site.database.read() as connection:
        names = ("shop__client", "shop__client__persons", "shop__deal", "sys_audit", "sys_notice")
        rows = [row for name in names for row in connection.exec_driver_sql(f"select * from {name}")]
    return "\n".join(one if isinstance(one, str) else json.dumps(one, default=str) for row in rows for one in row)


def draft(shop: Shop, ref: Ref, text: str) -> None:
    """A draft of the form of a record, by wang."""
    shop.run("wang", lambda tx: draft_rows.put(tx, ref.object, ref.id, 1, json.dumps({"name": text})))


def beside(shop: Shop, table: str, ref: Ref) -> list[Any]:
    """The rows of a table that are about a record."""
    with shop.site.database.read() as connection:
        number = shop.site.live(connection, "shop").numbers[ref.object]
        query = f"select * from {table} where object = {number} and record = {ref.id}"
        return list(connection.exec_driver_sql(query))


def test_who_sees_what_in_the_bin_and_brings_it_back(shop: Shop) -> None:
    mine, theirs = shop.create("li", "client", name="Mine"), shop.create("sun", "client", name="Theirs")
    delete(shop, mine)
    delete(shop, theirs, "wang")
    assert mine.id in listed(shop, "client", "deleted") and theirs.id not in listed(shop, "client", "deleted")
    assert {mine.id, theirs.id} <= set(listed(shop, "client", "deleted", "wang"))
    assert theirs.id in listed(shop, "client", "deleted", "sun")     # who may delete it, too
    assert listed(shop, "client", "deleted", "zhao") == []
    for login, ref in (("li", theirs), ("zhao", mine)):
        with pytest.raises(NotFound):
            restore(shop, ref, login)
    restore(shop, mine)
    restore(shop, theirs, "wang")
    assert there(shop, mine) and mine.id in listed(shop, "client")
    with pytest.raises(NotFound):
        restore(shop, mine)
    with shop.site.read("shop", SERVICE) as tx:
        record = reading.get(tx, "client", mine.id)
        assert [one.event for one in audit.history(record.session, record)][:2] == ["restored", "deleted"]


def test_what_comes_back_is_judged_as_if_it_were_new(shop: Shop) -> None:
    first = shop.create("li", "client", name="Again")
    delete(shop, first)
    second = shop.create("li", "client", name="Again")
    with pytest.raises(Invalid, match="already one with"):
        restore(shop, first)
    with pytest.raises(Invalid, match="Give another value to bring it back") as taken:
        shop.run("li", lambda tx: shelving.restore(tx, "client", first.id, values={"size": 3}))
    assert [(one.field, one.code) for one in taken.value.errors] == [("name", "unique")]
    shop.run("li", lambda tx: shelving.restore(tx, "client", first.id, values={"name": "Once more"}))
    assert shop.value(first, "name") == "Once more"
    delete(shop, first)
    with pytest.raises(Invalid, match="is computed"):          # by the rules of an edit
        shop.run("li", lambda tx: shelving.restore(tx, "client", first.id, values={"greeting": "Hello"}))
    shop.update("li", second, name="Another")
    shop.run("li", lambda tx: shelving.restore(tx, "client", first.id, values={"name": "Again"}))
    deal = shop.create("li", "deal", text="D", client="Again", must="Another")
    delete(shop, deal)
    delete(shop, first)
    with pytest.raises(Invalid, match="restore that one from the bin first") as caught:
        restore(shop, deal)
    assert caught.value.errors[0].field == "client"
    shop.run("wang", lambda tx: shelving.purge(tx, "client", first.id))
    restore(shop, deal)                        # what is no more at all is left out
    assert shop.value(deal, "client") is None and shop.value(deal, "must") == second
    other = shop.create("li", "deal", text="E", must="Another")
    delete(shop, second)                       # takes the deals along
    assert not there(shop, deal) and not there(shop, other)
    restore(shop, second)
    assert there(shop, deal) and there(shop, other)


def test_purged_is_gone_for_good(shop: Shop) -> None:
    ref = shop.create("li", "client", name="Purged Ltd", persons=[{"name": "Zhang Purged", "job": "boss"}])
    deal = shop.create("li", "deal", text="D", client="Purged Ltd", must=shop.create("li", "client", name="P2").id)
    shop.update("li", deal, client=None)
    delete(shop, ref)
    with pytest.raises(Forbidden):
        shop.run("li", lambda tx: shelving.purge(tx, "client", ref.id))
    shop.run("wang", lambda tx: shelving.purge(tx, "client", ref.id))
    assert "Purged" not in texts(shop)
    paper = shop.create("li", "paper", text="Purged paper")
    shop.run("wang", lambda tx: discussing.comment(tx, "paper", paper.id, "of the Purged"))
    draft(shop, paper, "Purged draft")
    delete(shop, paper)
    shop.run("wang", lambda tx: shelving.purge(tx, "paper", paper.id))
    assert all(beside(shop, name, paper) == [] for name in ("sys_comment", "sys_follower", "sys_draft"))
    with pytest.raises(NotFound):
        restore(shop, ref, "wang")
    assert ref.id not in listed(shop, "client", "deleted", "wang")
    slip = shop.create("li", "slip", text="secret slip")
    delete(shop, slip)
    assert listed(shop, "slip", "deleted") == [] and not there(shop, slip)


def test_the_archive_is_read_only_and_out_of_lists(shop: Shop) -> None:
    ref = shop.create("li", "client", name="Old")
    shop.run("li", lambda tx: shelving.archive(tx, "client", ref.id))
    assert ref.id not in listed(shop, "client") and ref.id in listed(shop, "client", "archived")
    with shop.site.read("shop", shop.actor("li")) as tx:
        assert all(one.id != ref.id for one in lookups.lookup(tx, "deal", "client", "Old"))
        assert not access.allowed(reading.get(tx, "client", ref.id)).fields["size"].edit
        assert reading.page(tx, "client", Query(count="exact", search="Old")).count == 0
    for attempt in (lambda: shop.update("li", ref, size="5"), lambda: delete(shop, ref),
                    lambda: shop.update("app", ref, size="5")):
        with pytest.raises(Refused, match="in the archive"):
            attempt()
    deal = shop.create("li", "deal", text="of old", must="Old")      # by its key, as an import does
    assert shop.value(deal, "must") == ref
    with pytest.raises(Forbidden):
        shop.run("sun", lambda tx: shelving.unarchive(tx, "client", ref.id))
    shop.run("li", lambda tx: shelving.unarchive(tx, "client", ref.id))
    shop.update("li", ref, size="5")
    assert ref.id in listed(shop, "client")


def test_personal_data_are_taken_out_for_good(shop: Shop) -> None:
    persons = [{"name": "Li Person", "job": "boss"}, {"name": "Al", "job": "aide"}]
    ref = shop.create("li", "client", name="张三丰", size="7", persons=persons)
    deal = shop.create("li", "deal", text="T", client="张三丰", must="张三丰")
    shop.update("li", ref, name="张三丰二世")
    shop.update("li", deal, client=None)
    shop.run("li", lambda tx: discussing.comment(tx, "client", ref.id, "张三丰 called"))
    draft(shop, ref, "张三丰")
    kept = {"id": ref.id, "name": "张三丰二世", "persons": persons, "note": "Alarm of Al"}
    shop.run("li", lambda tx: (replies.claim(tx, "user:1", "k", "d"), replies.keep(tx, "user:1", "k", 200, kept)))
    jobs = [shop.run("li", lambda tx: outbox.enqueue(tx, "alerts", {"rule": "", "about": "张三丰"})) for _ in range(2)]
    with shop.site.database.write() as connection:
        job_rows.cancel(connection, shop.now, id=jobs[0])
    assert json.dumps("张三丰")[1:-1] in texts(shop)   # in both histories
    shop.act("li", ref, "forget")
    more = "\n".join(str(row) for name in ("sys_comment", "sys_draft") for row in beside(shop, name, ref))
    for said in ("张三丰", json.dumps("张三丰")[1:-1], "Li Person"):
        assert said not in texts(shop) and said not in more
    assert shop.run("li", lambda tx: replies.kept(tx, "user:1", "k")) == {
        "id": ref.id, "name": "", "persons": [{"name": "", "job": "boss"}, {"name": "", "job": "aide"}],
        "note": "Alarm of "}, "the longest words are taken out first, and no parts of others"
    with shop.site.database.read() as connection:
        about = {row["id"]: row["args"]["about"] for row in job_rows.of_kind(connection, "alerts")}
    assert [about[job] for job in jobs] == ["", "张三丰"], "what is still to be done is done as it was entered"
    assert (shop.value(ref, "name"), shop.value(ref, "greeting"), shop.value(ref, "size")) == (None, "Dear ", 7)
    assert shop.value(deal, "must") == ref
    with shop.site.read("shop", SERVICE) as tx:
        record = reading.get(tx, "client", ref.id)
        assert record.lines("persons")[0].get("job") == "boss"
        assert "anonymised" in [one.event for one in audit.history(record.session, record)]
    shop.update("li", ref, size="8")           # a name is no longer asked for


def test_what_is_kept_for_a_time_goes_at_night(shop: Shop) -> None:
    kept, large = shop.create("li", "client", name="Timed"), shop.create("li", "client", name="Large", size="200")
    deal, draft = shop.create("li", "deal", text="timed", must="Timed"), shop.create("li", "draft", text="x")
    gone = shop.create("li", "client", name="Binned")
    delete(shop, gone)
    night(shop, 6)
    assert deal.id in listed(shop, "deal", "archived") and deal.id not in listed(shop, "deal")
    assert draft.id in listed(shop, "draft", "deleted") and shop.value(kept, "name") == "Timed"
    night(shop, 26)
    assert (shop.value(kept, "name"), shop.value(large, "name")) == (None, "Large")
    assert gone.id in listed(shop, "client", "deleted")
    night(shop, 90)
    assert gone.id not in listed(shop, "client", "deleted", "wang") and not there(shop, gone)
    with shop.site.read("shop", SERVICE) as tx:
        record = Session(tx).record(gone)
        assert record is not None and record.get("name") is None
    assert verification.verify(shop.site, "shop") == []


def test_what_is_being_decided_does_not_go_at_night(shop: Shop) -> None:
    asked, other = shop.create("li", "paper", text="Asked"), shop.create("li", "paper", text="Said")
    shop.run("li", lambda tx: discussing.comment(tx, "paper", other.id, "@wang a word of it"))
    shop.act("li", asked, "ask")
    night(shop, 3)
    assert there(shop, asked) and not there(shop, other)
    assert "a word of it" in texts(shop)
    shop.run("wang", lambda tx: shelving.purge(tx, "paper", other.id))
    assert "a word of it" not in texts(shop), "nor is it told any more what was said about it"


def test_the_night_passes_no_guard(shop: Shop) -> None:
    """A figure that is personal feeds a register: to blank it would take back more than there is."""
    came = shop.create("li", "parcel", count=10)
    went = shop.create("li", "parcel", count=-7)
    night(shop, 3)
    kept = [shop.value(one, "count") for one in (came, went)]
    assert kept == [10, None], "what would leave less than nothing stays as it is"
    assert not list(verification.verify(shop.site, "shop"))


def test_what_was_brought_back_until_it_was_held_stays(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    back, gone = shop.create("li", "draft", text="back"), shop.create("li", "draft", text="gone")
    delete(shop, gone)
    shop.now += dt.timedelta(days=100)
    obj, before = shop.app.objects["draft"], shop.now - dt.timedelta(days=90)
    monkeypatch.setattr(queries, "shelved", lambda *_, **__: [back.id, gone.id])     # as it was a moment ago
    shop.run("app", lambda tx: keeping._empty(tx, obj, 0, before))
    shop.run("app", lambda tx: keeping._keep(tx, obj, 0))
    with shop.site.read("shop", SERVICE) as tx:
        found = [Session(tx).record(ref) for ref in (back, gone)]
    assert [one and one.get("text") for one in found] == ["back", None]
    assert [bool(one and one.system["purged_at"]) for one in found] == [False, True]
    assert [one and one.version for one in found] == [2, 3], "what is in the bin goes there once"
