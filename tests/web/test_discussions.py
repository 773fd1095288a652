"""What people say about records, at the doors of both databases: said, marked up, told, changed, taken back."""

from __future__ import annotations

import datetime as dt
import io
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import attachments, discussions
from engine.runtime.services.identity import people
from engine.runtime.services.notices import inbox
from engine.runtime.storage import job_rows
from engine.runtime.storage.file_stores import Folder
from engine.runtime.web.present import markdown
from tests.web.doors import Door, Program, peopled, told

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库, guest: {name: 外部, external: true}}
objects:
  deal:
    name: {zh: 合同, en: Deal}
    title: "{code}"
    discussion: internal
    fields:
      code: {type: text, required: true, zh: 编码, en: Code}
      hot: {type: boolean, zh: 紧急, en: Hot}
      who: {type: user, zh: 谁, en: Who}
    states: {draft: {zh: 草稿, en: Draft}, closed: {zh: 已完成, en: Closed}}
    actions:
      close: {from: draft, to: closed, do: [{comment: {zh: "@wang {code} 已完成", en: "@wang {code} is done"}}]}
  plain: {fields: {code: text}}
automations:
  heat:
    comment: deal
    when: "contains(comment.text, 'urgent')"
    do: [{set: {hot: true, who: =comment.author}}, {comment: noted}]
access:
  deal: {sales: {see: true, create: true, edit: true, close: true}, manager: {see: "code != 'S'"}, guest: {see: true}}
  plain: {everyone: full}
"""
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def door(database_url: str, tmp_path: Path) -> Iterator[Door]:
    shop = peopled(database_url, TEXT)
    shop.site.files = Folder(tmp_path / "files")
    people.add_user(shop.site, "guy", "Guy", "correct horse", roles={"shop": ["guest"]}, language="en")
    yield Door(shop)
    shop.site.database.close()


def deal(program: Program, code: str = "A") -> str:
    made = program.post("/api/shop/deal", {"code": code})
    assert made.status_code == 201, told(made)
    return f"/api/shop/deal/{made.json['id']}"


def notices(door: Door, login: str) -> str:
    person = people.find(door.shop.site, login)
    with door.shop.site.read("shop", people.actor_for(door.shop.site, person, "shop")) as tx:
        return "\n".join(one.text.to("en") for one in inbox(tx))


def texts(program: Program, at: str) -> list[str]:
    return [one["text"] for one in program.get(f"{at}/comments").json["items"]]


def test_said_told_changed_and_taken_back(door: Door) -> None:
    li, sun, wang = door.program("li"), door.program("sun"), door.program("wang")
    at = deal(li)
    first = sun.post(f"{at}/comments", {"text": "  @wang and @nobody, look\r\nplease  "})
    assert first.status_code == 201, told(first)
    assert first.json["text"] == "@wang and @nobody, look\nplease"
    assert [one["login"] for one in first.json["mentions"]] == ["wang"]
    # Who is mentioned and who created it are told, each once; who wrote it is not.
    assert "mentioned you at A" in notices(door, "wang") and "commented on A" in notices(door, "li")
    assert "commented" not in notices(door, "sun")
    assert texts(wang, at) == [first.json["text"]]
    # Everybody who took part follows; who does not want to is left in peace.
    assert wang.post(f"{at}/follow", {"follow": False}).json == {"follows": False}
    second = li.post(f"{at}/comments", {"text": "fine"}, Idempotency_Key="k")
    assert li.post(f"{at}/comments", {"text": "fine"}, Idempotency_Key="k").json["id"] == second.json["id"]
    assert "fine" in notices(door, "sun") and "fine" not in notices(door, "wang")
    # One's own, within the hour; what is taken back leaves only that it was there.
    own = f"{at}/comments/{first.json['id']}"
    assert li.patch(own, {"text": "x"}).status_code == 403 and li.call("DELETE", own).status_code == 403
    changed = sun.patch(own, {"text": "@wang @li again"})
    assert changed.json["edited_at"] and [one["login"] for one in changed.json["mentions"]] == ["wang", "li"]
    assert "mentioned you" in notices(door, "li")
    before = notices(door, "li").count("mentioned you")
    nobody = sun.patch(own, {"text": "none"})
    assert nobody.json["mentions"] == [] and sun.patch(own, {"text": "@li again"}).status_code == 200
    assert notices(door, "li").count("mentioned you") == before, "who is named to and fro is told once"
    assert sun.call("DELETE", own).status_code == 204
    left = sun.get(f"{at}/comments").json["items"][1]
    assert left["text"] == "" and left["mentions"] == [] and left["deleted_at"]
    for login in ("wang", "li"):
        assert "mentioned you at A: …" in notices(door, login) or "commented on A: …" in notices(door, login)
        assert "look" not in notices(door, login) and "again" not in notices(door, login)
    assert sun.patch(own, {"text": "x"}).status_code == 404
    door.shop.now += dt.timedelta(minutes=61)
    assert li.call("DELETE", f"{at}/comments/{second.json['id']}").status_code == 409
    events = [one["event"] for one in li.get(f"{at}/history").json["items"]]
    assert events == ["comment_removed", *["comment_changed"] * 3, "commented", "commented", "created"]
    assert li.get(at).json["version"] == 1, "talking about a record does not change it"


def test_who_is_mentioned_gets_a_mail_unless_it_was_read(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    site, mails = door.shop.site, list[EmailMessage]()
    monkeypatch.setattr(site, "public_url", "https://work.example")
    people.add_user(site, "wang", None, None, email="wang@example.org")
    at = deal(door.program("li"), "M")
    id = door.program("sun").post(f"{at}/comments", {"text": "@wang @zhao is this right?"}).json["id"]

    def work(minutes: int) -> None:
        drain(site, handlers(site, mails.append), door.shop.now + dt.timedelta(minutes=minutes))

    work(1)
    assert not mails, "it may be read at once"
    work(3)
    (mail,) = mails                            # zhao has no address: nothing is sent, nothing fails
    assert mail["To"] == "wang@example.org" and "mentioned you at M: @wang @zhao is this right?" in mail["Subject"]
    assert f"https://work.example/apps/shop/records/deal/{at.rpartition('/')[2]}" in mail.get_content()
    door.program("sun").patch(f"{at}/comments/{id}", {"text": "@wang @li @zhao still"})
    door.program("li").post(f"{at}/comments", {"text": "@wang and this?"})
    read = door.browser("wang").post(f"/apps/shop/records/deal/{at.rpartition('/')[2]}/comments/seen")
    assert read.status_code < 400, read.status_code
    work(6)
    assert len(mails) == 1, "read meanwhile"
    wang = door.browser("wang")
    assert wang.post("/profile/mentions", {"mail": "maybe"}).status_code == 400
    for choice, expected in (("no", 1), ("yes", 2)):
        wang.post("/profile/mentions", {"mail": choice})
        door.program("sun").post(f"{at}/comments", {"text": f"@wang {choice}?"})
        work(9)
        assert len(mails) == expected, choice
    assert "@wang yes?" in mails[1]["Subject"]
    with site.database.read() as connection:
        assert {row["state"] for row in job_rows.of_kind(connection, "mail")} == {"done"}


def test_who_does_not_see_the_record_hears_nothing(door: Door) -> None:
    li, wang, guy = door.program("li"), door.program("wang"), door.program("guy")
    secret, at = deal(li, "S"), deal(li)
    made = li.post(f"{secret}/comments", {"text": "@wang @eve @guy psst"})
    assert made.json["mentions"] == []
    for login in ("wang", "eve", "guy"):
        assert "psst" not in notices(door, login)
    assert wang.get(f"{secret}/comments").status_code == 404
    assert wang.post(f"{secret}/comments", {"text": "x"}).status_code == 404
    # Discussions inside of the house are none for those from outside, though they see the record.
    li.post(f"{at}/comments", {"text": "inside"})
    assert guy.get(at).status_code == 200 and guy.get(f"{at}/comments").status_code == 404
    assert guy.post(f"{at}/comments", {"text": "x"}).status_code == 404
    assert [one["event"] for one in guy.get(f"{at}/history").json["items"]] == ["created"]
    page = door.browser("guy").get(at.replace("/api/shop", "/apps/shop/records")).text
    assert "inside" not in page and 'name="text"' not in page
    assert li.post("/api/shop/plain", {"code": "a"}).status_code == 201
    assert li.get("/api/shop/plain/1/comments").status_code == 404, "no discussion is declared"
    # A follower who no longer sees the record hears nothing more.
    wang.post(f"{at}/follow", {"follow": True})
    li.patch(at, {"code": "S"})
    li.post(f"{at}/comments", {"text": "hush"})
    assert "hush" not in notices(door, "wang")
    found = door.browser("li").get(f"{at.replace('/api/shop', '/apps/shop/records')}/comments/people?q=").json
    assert {one["login"] for one in found["items"]} == {"li", "sun"}


def test_a_token_for_reading_says_nothing(door: Door) -> None:
    at = deal(door.program("li"))
    reader, writer = door.program("li", ("shop.deal:read",)), door.program("li", ("shop.deal:read,comment",))
    assert reader.post(f"{at}/comments", {"text": "x"}).status_code == 403
    assert reader.post(f"{at}/follow", {"follow": True}).status_code == 403
    assert writer.post(f"{at}/comments", {"text": "x"}).status_code == 201
    assert len(reader.get(f"{at}/comments").json["items"]) == 1


def test_steps_and_automations(door: Door) -> None:
    li = door.program("li")
    at = deal(li)
    li.post(f"{at}/comments", {"text": "not so fast"})
    li.post(f"{at}/comments", {"text": "urgent!"})
    drain(door.shop.site, handlers(door.shop.site), door.shop.now)
    found: Any = li.get(at).json
    assert found["hot"] is True and found["who"]["title"] == "Li"
    assert li.post(f"{at}/actions/close").status_code == 200
    said = li.get(f"{at}/comments").json["items"]
    assert [(one["author_name"], one["text"]) for one in said[:2]] == [("Li", "@wang A is done"), ("app", "noted")]
    assert "A is done" in notices(door, "wang")


def test_files_and_limits(door: Door) -> None:
    li, wang = door.program("li"), door.program("wang")
    at = deal(li, "S")
    sent = {"text": "", "file": (io.BytesIO(PDF), "a.pdf")}
    made = li.client.post(f"{at}/comments", data=sent, headers=li.headers)
    assert made.status_code == 201, told(made)
    file = made.json["files"][0]
    assert li.get(file["url"]).data == PDF and wang.get(file["url"]).status_code == 404
    wrong = li.client.post(f"{at}/comments", data={"file": (io.BytesIO(b"MZ"), "a.pdf")}, headers=li.headers)
    assert wrong.status_code == 422
    site = door.shop.site
    door.shop.now += attachments.IDLE * 2
    assert attachments.sweep(site.database, site.files, door.shop.now) == (0, 0), "the comment holds it"
    for body, status in (({"text": " \n "}, 422), ({"text": "x" * 4_001}, 422), ({"text": 1}, 400), ({}, 400)):
        assert li.post(f"{at}/comments", body).status_code == status
    answers = [li.post(f"{at}/comments", {"text": str(n)}).status_code for n in range(21)]
    assert answers == [201] * 20 + [429]


def test_the_page(door: Door) -> None:
    li, sun = door.browser("li"), door.browser("sun")
    at = deal(door.program("li")).replace("/api/shop", "/apps/shop/records")
    said = li.post(f"{at}/comments", {"text": "@sun **look** <script>x</script>"})
    assert said.status_code == 303 and said.location.endswith("#story")
    page = sun.get(at).text
    assert "<strong>@Sun</strong> <strong>look</strong> &lt;script&gt;" in page and "Unfollow" in page
    assert f'hx-post="{at}/comments/seen"' in page, "it is new to who was mentioned"
    home = sun.get("/apps/shop/").text
    assert "Watched" in home and 'aria-label="1 new comments"' in home
    assert sun.post(f"{at}/comments/seen").status_code == 204
    assert "comments/seen" not in sun.get(at).text and 'aria-label="1 new comments"' not in sun.get("/apps/shop/").text
    assert "is-new" not in sun.get("/apps/shop/notices").text, "the notice of it is read too"
    wrong = sun.post(f"{at}/comments", {"text": "y" * 4_001}, HX_Request="true")
    assert wrong.status_code == 422 and "4000 letters at most" in wrong.text and "yyy" in wrong.text
    number = page.partition('id="comment-')[2].partition('"')[0]
    assert sun.get(f"{at}/comments/{number}/edit").status_code == 200
    assert "said" not in told(sun.post(f"{at}/comments/{number}/edit", {"text": "mine"}))
    assert li.post(f"{at}/comments/{number}/remove").status_code == 303
    assert "Li took a comment back" in told(sun.get(at))


@pytest.mark.parametrize(("text", "html"), [
    ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
    ("**a** *b* `c*d*` **not", "<p><strong>a</strong> <em>b</em> <code>c*d*</code> **not</p>"),
    ("- a\n- b\n1. c", "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>"),
    ("> a\n> b", "<blockquote>a<br>b</blockquote>"),
    ("```\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"),
    ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
    ('[a](https://x.y/"onclick=z)', "<p>[a]("),
    ("<img src=x onerror=y>", "<p>&lt;img src=x onerror=y&gt;</p>"),
    ("@li, @lisa me@li.com", "<p><strong>@Li &amp; Co</strong>, @lisa me@li.com</p>"),
    ("和@li请看", "<p>和<strong>@Li &amp; Co</strong>请看</p>"),
])
def test_marks(text: str, html: str) -> None:
    assert str(markdown.html(text, {"li": "Li & Co"})).startswith(html)


def test_an_address_becomes_a_link() -> None:
    made = str(markdown.html("see https://x.y/a?b=1&c=2, [here](https://x.y)。"))
    there = "https://x.y/a?b=1&amp;c=2"
    assert f'<a href="{there}" rel="noopener noreferrer nofollow">{there}</a>,' in made
    assert ">here</a>。" in made


def test_marking_up_takes_no_longer_for_marks_that_end_nowhere() -> None:
    begun = time.process_time()
    markdown.html("**a " * 1_000)
    assert time.process_time() - begun < 0.3
    assert markdown.html("***x*** **b*c** ** d**") == "<p><strong><em>x</em></strong> <strong>b*c</strong> ** d**</p>"


def test_numbers_that_fit_nowhere_are_told(door: Door) -> None:
    li, ada, huge = door.browser("li"), door.browser("ada"), "9" * 30
    for path in (f"/apps/shop/notices?before={huge}", f"/apps/shop/tasks?before={huge}", "/apps/shop/tasks?before=-1"):
        assert li.get(path).status_code == 400, path
    assert ada.get(f"/builder/shop?version={huge}").status_code == 400
    for path, sent in (
        ("notices/read", {"id": huge}), ("notices/read", {"id": "x"}), ("records/deal/new", {"id": "1", "code": "x"}),
        ("records/deal/preview", {"id": "1"}), ("records/deal/quick", {"id": "1"}),
    ):
        assert li.post(f"/apps/shop/{path}", sent).status_code == 400, path


def test_typing_a_name_asks_so_many_people_and_no_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    at, asked = deal(door.program("li"), "S"), []
    crowd = [{"id": n, "login": f"p{n}", "name": "", "active": True} for n in range(500)]

    def none(tx: object, ref: object, users: list[int]) -> list[int]:
        asked.extend(users)
        return []

    li = door.browser("li")
    monkeypatch.setattr(discussions.people_rows, "users", lambda connection: crowd)
    monkeypatch.setattr(discussions, "readers", none)
    page = f"{at.replace('/api/shop', '/apps/shop/records')}/comments/people?q="
    assert li.get(page + "p").json == {"items": []} and len(asked) == discussions.MOST_TRIED
    assert li.get(page + "p499").json == {"items": []} and asked[-1] == 499, "more letters find who stands behind"
