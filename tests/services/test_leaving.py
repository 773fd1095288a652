"""What leaves and what links to it: refused, cleared or taken along as the link says, at every door and under races;
and nothing comes to stand under itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from engine.errors import Failure, Invalid, Refused
from engine.expressions.values import Ref
from engine.runtime.services import audit, commands, reading
from engine.runtime.services.sessions import Session
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import HEAD, Shop
from tests.services.sites import fresh

APP = HEAD + """\
objects:
  firm:
    name: {zh: 公司, en: Firm}
    key: name
    fields:
      name: {type: text, required: true, unique: true}
      above: {type: link, to: firm, tree: true, zh: 上级, en: Above}
    actions:
      close: {do: [{delete: this}], zh: 关闭, en: Close}
  note:
    name: {zh: 便签, en: Note}
    title: "{text}"
    fields:
      text: text
      firm: {type: link, to: firm, on_delete: clear}
      also: {type: links, to: firm, on_delete: clear}
  file:
    name: {zh: 档案, en: File}
    title: "{text}"
    fields: {text: text, firm: {type: link, to: firm, required: true, on_delete: cascade}}
    lock: text = 'sealed'
  page:
    name: {zh: 页, en: Page}
    fields: {file: {type: link, to: file, on_delete: cascade}, firm: {type: link, to: firm}}
  deal:
    name: {zh: 合同, en: Deal}
    title: "{text}"
    fields:
      text: text
      owner: {type: user, default: =me}
      buyer: {type: link, to: firm, zh: 买方, en: Buyer}
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields:
          firm: {type: link, to: firm, on_delete: cascade}
          qty: {type: integer, default: 1}
  part:
    name: {zh: 分批, en: Part}
    fields: {line: {type: link, to: deal.lines}, deal: {type: link, to: deal, on_delete: cascade}}
  booked:
    name: {zh: 入账, en: Booked}
    fields: {day: {type: date, default: =today()}, firm: {type: link, to: firm, on_delete: cascade}}
    posts: [{to: count, keys: {firm: firm}, add: {number: 1}}]
  kept: {delete: never, fields: {text: text}}
registers: {count: {keys: {firm: {type: link, to: firm}}, measures: {number: integer}}}
access:
  any: {sales: full, manager: full}
  deal: {store: {see: owner = me}}
  firm: {store: full}
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shop(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """One site for all tests; each makes firms of its own."""
    with fresh(request.param, _server, tmp_path_factory, "leaving") as url:
        made = Shop(url, APP)
        yield made
        made.site.database.close()


def gone(shop: Shop, ref: Ref) -> bool:
    try:
        shop.value(ref, "id")
    except Failure:
        return True
    return False


def delete(shop: Shop, ref: Ref, login: str = "li") -> None:
    shop.run(login, lambda tx: commands.delete(tx, ref.object, ref.id))


def test_what_is_linked_to_stays(shop: Shop) -> None:
    acme = shop.create("li", "firm", name="Acme")
    deals = [shop.create("li", "deal", text=f"D{n}", buyer="Acme") for n in range(3)]
    for leave in (lambda: delete(shop, acme), lambda: shop.act("li", acme, "close")):
        with pytest.raises(Refused, match=r"Acme cannot be deleted: records that link to it: 3 \(Deal D0") as caught:
            leave()
        assert "仍被 3 条记录引用（如“合同”D0）" in caught.value.message.to("zh")
    with pytest.raises(Refused) as caught:
        delete(shop, acme, "zhao")             # who sees none of the deals hears how many there are, nothing else
    assert "D0" not in str(caught.value.message.forms) and "3" in caught.value.message.to("en")
    for deal in deals:
        delete(shop, deal)                     # what is in the bin holds nothing
    shop.act("li", acme, "close")
    assert gone(shop, acme)
    with pytest.raises(Refused, match="nothing of it may be deleted"):
        delete(shop, shop.create("li", "kept", text="x"))


def test_links_are_cleared(shop: Shop) -> None:
    one, two = (shop.create("li", "firm", name=name) for name in ("Clear1", "Clear2"))
    note = shop.create("li", "note", text="n", firm="Clear1", also=["Clear1", "Clear2"])
    delete(shop, one)
    assert shop.value(note, "firm") is None and shop.value(note, "also") == (two,)
    delete(shop, two)
    assert shop.value(note, "also") is None
    with shop.site.read("shop", SERVICE) as tx:
        changes = audit.history((record := reading.get(tx, "note", note.id)).session, record)[1].changes
    assert changes["firm"][0]["title"] == "Clear1" and changes["also"][1] == [{"id": two.id, "title": "Clear2"}]


def test_holders_go_along(shop: Shop) -> None:
    firm = shop.create("li", "firm", name="Along")
    file = shop.create("li", "file", text="f", firm="Along")
    page = shop.create("li", "page", file=file.id, firm="Along")  # holds the firm, but goes with its file
    deal = shop.create("li", "deal", text="d", lines=[{"firm": "Along"}, {"qty": 2}])
    delete(shop, firm)
    assert gone(shop, file) and gone(shop, page) and gone(shop, firm)
    assert len(shop.lines(deal)) == 1
    with shop.site.read("shop", SERVICE) as tx:
        record = Session(tx).record(file)
        assert record is not None and audit.history(record.session, record)[0].event == "deleted"
    other = shop.create("li", "firm", name="Along2")
    kept = shop.create("li", "file", text="f", firm="Along2")
    shop.update("li", kept, text="sealed")
    with pytest.raises(Refused, match="sealed is locked"):
        delete(shop, other)
    assert not gone(shop, other) and not gone(shop, kept)
    third = shop.create("li", "firm", name="Along3")
    shop.create("li", "booked", firm="Along3")
    with pytest.raises(Refused, match="has postings"):
        delete(shop, third)


def test_lines_that_are_linked_to_stay(shop: Shop) -> None:
    deal = shop.create("li", "deal", text="L", lines=[{"qty": 1}, {"qty": 2}])
    first, second = shop.lines(deal)
    part = shop.create("li", "part", line=first)
    for edit in ([{"id": first, "delete": True}], []):
        with pytest.raises(Refused, match="records that link to it: 1"):
            shop.update("li", deal, lines=edit)
    assert shop.lines(deal) == [first, second]
    shop.update("li", deal, lines=[{"id": second, "delete": True}])
    with pytest.raises(Refused, match="link to it: 1"):
        delete(shop, deal)                     # its line is linked to
    shop.update("li", part, deal=deal.id)
    delete(shop, deal)                         # by what goes with it
    assert gone(shop, part) and gone(shop, deal)


def test_nothing_stands_under_itself(shop: Shop) -> None:
    top, middle, low = (shop.create("li", "firm", name=f"T{n}") for n in range(3))
    shop.update("li", middle, above="T0")
    shop.update("li", low, above="T1")
    for above in ("T0", "T1", "T2"):
        with pytest.raises(Invalid, match="would stand under itself") as caught:
            shop.update("li", top, above=above)
        assert caught.value.errors[0].field == "above" and "会成为自己的下级" in caught.value.message.to("zh")
    shop.update("li", low, above="T0")
    shop.update("li", middle, above="T2")      # another place in the same tree


def both(shop: Shop, *moves: Callable[[], object]) -> list[str]:
    """What came of moves that begin at the same moment: "" or the refusal."""
    begun, said = threading.Barrier(len(moves)), [""] * len(moves)

    def make(number: int) -> None:
        begun.wait()
        try:
            moves[number]()
        except Failure as failure:
            said[number] = failure.message.to("en")

    threads = [threading.Thread(target=make, args=(n,)) for n in range(len(moves))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.mark.timeout(120)
def test_a_link_made_while_its_target_leaves(shop: Shop) -> None:
    for n in range(12):
        firm = shop.create("li", "firm", name=f"Race{n}")
        made: list[Ref] = []
        refused, unmade = both(
            shop, lambda firm=firm: delete(shop, firm),
            lambda firm=firm, made=made: made.append(shop.create("wang", "deal", text="r", buyer=firm.id)),
        )
        assert bool(refused) != bool(unmade), (refused, unmade)
        assert gone(shop, firm) is not bool(made)
    for _ in range(6):
        deal = shop.create("li", "deal", text="r", lines=[{"qty": 1}])
        (line,) = shop.lines(deal)
        refused, unmade = both(
            shop, lambda deal=deal: shop.update("li", deal, lines=[]),
            lambda line=line: shop.create("wang", "part", line=line),
        )
        assert bool(refused) != bool(unmade), (refused, unmade)
        assert len(shop.lines(deal)) == bool(refused)


@pytest.mark.timeout(120)
def test_two_moves_do_not_close_a_circle(shop: Shop) -> None:
    for n in range(8):
        a, b, c = (shop.create("li", "firm", name=f"{name}{n}") for name in "abc")
        shop.update("li", b, above=f"a{n}")
        said = both(shop, lambda a=a, n=n: shop.update("li", a, above=f"c{n}"),
                    lambda c=c, n=n: shop.update("wang", c, above=f"b{n}"))
        assert [bool(one) for one in said].count(True) == 1, said
        assert any("under itself" in one for one in said), said
