"""Files of records at every door of both databases: sent, judged, held, read with the record's rights, swept."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refused, Unreadable
from engine.runtime.services import attachments, backups, commands, reading
from engine.runtime.services.attachments import IDLE
from engine.runtime.services.identity import people
from engine.runtime.services.lists import exports
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.storage.file_stores import Folder
from tests.web.doors import Door, Program, peopled, told

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  deal:
    name: {zh: 合同, en: Deal}
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      paper: {type: file, accept: [pdf, office], size: 100 KB, search: true, zh: 合同文本, en: Paper}
      photos: {type: files, accept: image, zh: 照片, en: Photos}
      seal: {type: image, zh: 印章, en: Seal}
      signed: {type: signature, zh: 签名, en: Signature}
      has_paper: {formula: paper is not blank, zh: 已有文本, en: Has paper}
      parts:
        type: lines
        zh: 附件
        en: Parts
        fields: {what: {type: text, zh: 内容, en: What}, proof: {type: file, zh: 凭证, en: Proof}}
    states: {draft: {zh: 草稿, en: Draft}, closed: {zh: 已完成, en: Closed}}
    actions: {close: {from: draft, to: closed, require: [signed], ask: {receipt: {type: file, accept: [pdf]}}}}
access:
  deal:
    manager: full
    sales: {see: true, create: true, edit: true, hide: [seal], close: true}
    store: {see: code = 'S'}
"""
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def door(database_url: str, tmp_path: Path) -> Iterator[Door]:
    shop = peopled(database_url, TEXT)
    shop.site.files = Folder(tmp_path / "files")
    yield Door(shop)
    shop.site.database.close()


def send(program: Program, field: str, name: str, content: bytes) -> Any:
    data = {"field": field, "file": (io.BytesIO(content), name)}
    return program.client.post("/api/shop/deal/files", data=data, headers=program.headers)


def token(program: Program, field: str, name: str, content: bytes) -> str:
    answer = send(program, field, name, content)
    assert answer.status_code == 201, told(answer)
    return str(answer.json["id"])


def deal(program: Program, **values: Any) -> dict[str, Any]:
    answer = program.post("/api/shop/deal", {"code": "A", **values})
    assert answer.status_code == 201, told(answer)
    return dict(answer.json)


def test_a_file_goes_in_and_comes_back(door: Door) -> None:
    li = door.program("li")
    paper = token(li, "paper", "../dir/合\u061c同\u2028\u202e.pdf", PDF)
    made = deal(li, paper=paper, photos=[token(li, "photos", "a.png", PNG), token(li, "photos", "b.PNG", PNG + b"b")])
    digest = hashlib.sha256(PDF).hexdigest()
    assert made["paper"] == {
        "id": paper, "name": "合同.pdf", "size": len(PDF), "type": "application/pdf", "sha256": digest}
    assert [one["name"] for one in made["photos"]] == ["a.png", "b.PNG"] and made["has_paper"] is True
    listed = li.get(f"/api/shop/deal/{made['id']}/files").json["items"]
    names = [("paper", "合同.pdf"), ("photos", "a.png"), ("photos", "b.PNG")]
    assert [(one["field"], one["name"]) for one in listed] == names
    got = li.get(listed[0]["url"])
    assert got.data == PDF and got.content_length == len(PDF)
    assert got.headers["Content-Disposition"].startswith("attachment; filename") and "%E5%90%88" in got.headers[
        "Content-Disposition"]
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["X-Content-Type-Options"] == "nosniff" and got.headers["Cache-Control"] == "no-store"
    assert li.get("/api/shop/deal?filter=paper is not blank").json["items"][0]["id"] == made["id"]
    assert li.get("/api/shop/deal?search=合同").json["items"][0]["id"] == made["id"]
    changed = li.patch(f"/api/shop/deal/{made['id']}", {"paper": None, "photos": made["photos"][1:]})
    assert changed.status_code == 200, told(changed)
    assert changed.json["paper"] is None and len(changed.json["photos"]) == 1
    assert li.get(listed[0]["url"]).status_code == 404, "what the record no longer has is not served"
    history = li.get(f"/api/shop/deal/{made['id']}/history").json["items"][0]["changes"]
    assert history["paper"]["old"]["name"] == "合同.pdf" and history["paper"]["new"] is None


@pytest.mark.parametrize(("field", "name", "content", "why"), [
    ("paper", "a.pdf", b"MZ\x90\0not a pdf", "not what its name says"),
    ("paper", "a.exe", b"MZ\x90\0", "takes pdf"),
    ("paper", "a.html", b"<html><script>x()</script>", "takes pdf"),
    ("paper", "a.pdf", PDF + bytes(120_000), "too large: 100 KB"),
    ("paper", "a.pdf", b"", "empty"),
    ("paper", "a.docx", b"PK\x03\x04 broken", "not what its name says"),
    ("seal", "a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no field of files"),
    ("photos", "a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "takes png"),
    ("photos", "a.png", b"GIF89a", "not what its name says"),
    ("code", "a.pdf", PDF, "no field of files"),
    ("nowhere.paper", "a.pdf", PDF, "no field of files"),
])
def test_what_is_not_taken(door: Door, field: str, name: str, content: bytes, why: str) -> None:
    answer = send(door.program("li"), field, name, content)
    assert answer.status_code in (400, 422) and why in told(answer), told(answer)


def test_people_read_which_kinds_of_bodies_are_taken(door: Door) -> None:
    page = door.browser("li").get("/api/shop/docs")
    assert page.status_code == 200 and "multipart/form-data" in page.text, told(page)


def test_an_office_document_is_told_from_other_archives(door: Door) -> None:
    li = door.program("li")

    def archive(*names: str) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as made:
            for name in names:
                made.writestr(name, "x")
        return packed.getvalue()

    assert send(li, "paper", "a.docx", archive("[Content_Types].xml", "word/document.xml")).status_code == 201
    assert send(li, "paper", "a.docx", archive("[Content_Types].xml", "xl/workbook.xml")).status_code == 422
    assert send(li, "paper", "a.docx", archive("evil.js")).status_code == 422


def test_rights_are_those_of_the_record_and_the_field(door: Door) -> None:
    li, wang, zhao = door.program("li"), door.program("wang"), door.program("zhao")
    seal = token(wang, "seal", "seal.png", PNG)
    made = deal(wang, seal=seal, paper=token(wang, "paper", "a.pdf", PDF))
    at = f"/api/shop/deal/{made['id']}/files"
    assert wang.get(f"{at}/{seal}").data == PNG
    assert [one["field"] for one in li.get(at).json["items"]] == ["paper"]
    assert li.get(f"{at}/{seal}").status_code == 404, "a hidden field hides its file"
    assert li.get(f"{at}/{made['paper']['id']}").status_code == 200
    assert zhao.get(f"{at}/{made['paper']['id']}").status_code == 404, "out of sight"
    assert door.browser("zhao").get(f"/apps/shop/records/deal/{made['id']}/files/{seal}").status_code == 404
    assert send(zhao, "paper", "a.pdf", PDF).status_code == 403, "who may neither create nor edit sends nothing"
    # Somebody else's upload cannot be taken by its token, nor a file of a record that holds it already.
    for foreign in (token(wang, "paper", "b.pdf", PDF), made["paper"]["id"], "x" * 32):
        refused = li.post("/api/shop/deal", {"code": "B", "paper": foreign})
        assert refused.status_code == 422 and refused.json["errors"][0]["field"] == "paper", told(refused)
    # What the record has already stays, whoever saves it.
    assert li.patch(f"/api/shop/deal/{made['id']}", {"paper": made["paper"], "code": "C"}).status_code == 200
    # An upload for one field is judged again by the field that takes it.
    refused = li.post("/api/shop/deal", {"code": "D", "paper": token(li, "photos", "a.png", PNG)})
    assert refused.status_code == 422 and "takes pdf" in told(refused)


def test_through_the_form_without_a_script(door: Door) -> None:
    li = door.browser("li")
    page = li.get("/apps/shop/records/deal/new").text
    assert 'enctype="multipart/form-data"' in page and 'accept=".pdf,.docx' in page
    form = {"code": "F", "paper": (io.BytesIO(PDF), "文本.pdf"), "_key": "k",
            "photos": [(io.BytesIO(PNG), "a.png"), (io.BytesIO(PNG), "b.png")],
            "parts.0.what": "x", "parts.0.proof": (io.BytesIO(b"hello"), "note.txt"), "_lines": "parts"}
    made = li.post("/apps/shop/records/deal/new", form)
    assert made.status_code == 303, told(made)
    page = li.get(made.location).text
    for part in ("文本.pdf", 'download="a.png"', "note.txt"):
        assert part in page, part
    found = re.search(r'href="([^"]+/files/[^"]+)" download="文本.pdf"', page)
    assert found and li.get(found[1]).data == PDF
    edit = li.get(f"{made.location}/edit").text
    kept = dict(re.findall(r'name="([\w.]+)" value="([\w-]{32})" checked', edit))
    version = re.search(r'name="_version" value="(\d+)"', edit)
    line = re.search(r'name="parts.0.id" value="(\d+)"', edit)
    assert version and line and set(kept) == {"paper", "photos", "parts.0.proof"}
    # One box unticked, a new paper that does not fit: everything is still there, and what is wrong is said.
    form = {"code": "F", "paper": [kept["paper"]], "photos": [kept["photos"]], "parts.0.id": line[1], "_lines": "parts",
            "parts.0.what": "x", "parts.0.proof": kept["parts.0.proof"], "_version": version[1], "_key": "k2"}
    wrong = li.post(f"{made.location}/edit", {**form, "seal": "", "signed": (io.BytesIO(b"no picture"), "s.png")})
    assert wrong.status_code == 422 and "content of s.png is not what" in wrong.text, told(wrong)
    assert "文本.pdf" in wrong.text
    saved = li.post(f"{made.location}/edit", form)
    assert saved.status_code == 303, told(saved)
    page = li.get(made.location).text
    assert 'download="b.png"' in page and 'download="a.png"' not in page and "note.txt" in page


def test_an_action_asks_for_a_file_and_requires_one(door: Door) -> None:
    li = door.program("li")
    made = deal(li)
    act = f"/api/shop/deal/{made['id']}/actions/close"
    assert li.post(act, {}).status_code == 422
    li.patch(f"/api/shop/deal/{made['id']}", {"signed": {"name": "s.png", "base64": "iVBORw0KGgoAAAAA"}})
    refused = li.post(act, {"input": {"receipt": {"name": "r.txt", "text": "x"}}})
    assert refused.status_code == 422 and "takes pdf" in told(refused)
    done = li.post(act, {"input": {"receipt": token(li, "receipt", "r.pdf", PDF)}})
    assert done.status_code == 200, told(done)


def test_exports_give_names_and_documents(door: Door) -> None:
    li = door.program("li")
    deal(li, paper=token(li, "paper", "a.pdf", PDF))
    out = {}
    for form in ("csv", "jsonl"):
        stream = io.BytesIO()
        with door.shop.site.read("shop", door.shop.actor("wang")) as tx:
            exports.write(tx, "deal", form, stream, fields=["code", "paper"])
        out[form] = stream.getvalue().decode("utf-8-sig")
    assert "A,a.pdf" in out["csv"]
    assert json.loads(out["jsonl"])["paper"]["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_what_no_record_has_is_swept(door: Door, tmp_path: Path) -> None:
    li, site = door.program("li"), door.shop.site
    parts = [{"what": "x", "proof": {"name": "n.txt", "text": "n"}}]
    kept = deal(li, paper=token(li, "paper", "a.pdf", PDF), parts=parts)
    gone = token(li, "paper", "b.pdf", PDF + b"b")
    double = token(li, "paper", "c.pdf", PDF)
    files = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert len(files) == 3, "equal contents lie there once"
    assert attachments.sweep(site.database, site.files, door.shop.now) == (0, 0), "uploads wait a day for their record"
    later = door.shop.now + dt.timedelta(days=2)
    for path in files:
        os.utime(path, (door.shop.now.timestamp(),) * 2)
    assert attachments.sweep(site.database, site.files, later) == (2, 1)
    for lost in (gone, double):
        assert li.post("/api/shop/deal", {"code": "B", "paper": lost}).status_code == 422
    assert li.get(f"/api/shop/deal/{kept['id']}/files/{kept['paper']['id']}").data == PDF
    site.run("shop", door.shop.actor("wang"), lambda tx: commands.delete(tx, "deal", kept["id"]))
    assert attachments.sweep(site.database, site.files, later) == (0, 0), "the bin keeps its files"


def test_a_backup_takes_contents_along(door: Door, tmp_path: Path) -> None:
    li, backup = door.program("li"), tmp_path / "site.backup"
    made = deal(li, paper=token(li, "paper", "a.pdf", PDF), photos=[token(li, "photos", "a.png", PNG)])
    digest = hashlib.sha256(PDF).hexdigest()
    manifest = backups.make(door.shop.site, backup)
    assert sorted(manifest.files) == sorted([digest, hashlib.sha256(PNG).hexdigest()]) and not manifest.lost
    assert backups.check(backup) == manifest
    place, fresh = Folder(tmp_path / "restored"), Database(f"sqlite:///{tmp_path / 'restored.db'}")
    with pytest.raises(Refused):
        backups.restore(fresh, backup)
    backups.restore(fresh, backup, files=place)
    with place.open(digest) as stream:
        assert stream.read() == PDF
    restored = Site(fresh, files=place)
    with restored.read("shop", people.actor_for(restored, people.find(restored, "li"), "shop")) as tx:
        record = reading.get(tx, "deal", made["id"])
        with attachments.content(tx, attachments.found(record, made["paper"]["id"])) as stream:
            assert stream.read() == PDF
    fresh.close()
    # A content that is not what its name says is found; one that the site lost is told, and the rest is kept.
    with zipfile.ZipFile(backup) as whole, zipfile.ZipFile(tmp_path / "bad.backup", "w") as bad:
        for name in whole.namelist():
            bad.writestr(name, b"other" if name == f"files/{digest}" else whole.read(name))
    with pytest.raises(Unreadable, match="damaged"):
        backups.check(tmp_path / "bad.backup")
    assert door.shop.site.files is not None and door.shop.site.files.drop(digest, dt.datetime.now(dt.UTC) + IDLE)
    assert backups.make(door.shop.site, tmp_path / "poorer.backup").lost == (digest,)


def test_a_site_without_a_place_for_files_says_so(door: Door) -> None:
    door.shop.site.files = None
    assert "FORMWORK_FILES" in told(send(door.program("li"), "paper", "a.pdf", PDF))


def test_too_much_waiting_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "PENDING", 2 * len(PDF))
    li = door.program("li")
    paper = token(li, "paper", "a.pdf", PDF)
    token(li, "paper", "b.pdf", PDF)
    assert "Too many uploads" in told(send(li, "paper", "c.pdf", PDF))
    deal(li, paper=paper)
    token(li, "paper", "c.pdf", PDF)


class Client:
    """What the store uses of boto3's client."""

    class exceptions:
        class NoSuchKey(Exception): ...

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dt.datetime]] = {}

    def upload_fileobj(self, stream: Any, bucket: str, key: str) -> None:
        self.objects[key] = (stream.read(), dt.datetime.now(dt.UTC))

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803
        if Key not in self.objects:
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(self.objects[Key][0])}

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.pop(Key, None)            # as a bucket does: what is not there is gone already

    def list_objects_v2(self, Bucket: str, Prefix: str, MaxKeys: int = 1000) -> Any:  # noqa: N803
        found = [{"Key": k, "LastModified": at} for k, (_, at) in self.objects.items() if k.startswith(Prefix)]
        return {"Contents": found[:MaxKeys]} if found else {}

    def get_paginator(self, name: str) -> Any:
        client = self

        class Pages:
            def paginate(self, **keys: str) -> Any:
                yield client.list_objects_v2(**keys)

        return Pages()


def test_a_bucket_serves_as_well_as_a_folder(sqlite_url: str) -> None:
    from engine.runtime.storage.file_stores import Bucket, Missing

    client = Client()
    shop = peopled(sqlite_url, TEXT)
    shop.site.files = store = Bucket(client, "b", "/site/")
    door = Door(shop)
    li = door.program("li")
    made = deal(li, paper=token(li, "paper", "a.pdf", PDF))
    assert list(client.objects) == [f"site/{hashlib.sha256(PDF).hexdigest()}"]
    assert li.get(f"/api/shop/deal/{made['id']}/files/{made['paper']['id']}").data == PDF
    digest, at = next(store.digests())
    assert not store.drop(digest, at) and store.drop(digest, at + dt.timedelta(1))
    with pytest.raises(Missing):
        store.open(digest)
    assert "is lost" in told(li.get(f"/api/shop/deal/{made['id']}/files/{made['paper']['id']}"))
    shop.site.database.close()
