"""Addresses of the pages, so that view models can link to them. Knows names only."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode


def app_home(app: str) -> str:
    return f"/apps/{quote(app)}/"


def records(app: str, object_name: str, **query: str) -> str:
    """The list of an object; `query` as `filter=…`."""
    tail = "?" + urlencode(query) if query else ""
    return f"/apps/{quote(app)}/records/{quote(object_name)}{tail}"


def record(app: str, object_name: str, id: int | str, *more: str) -> str:
    """One record's page, or what hangs under it (`edit`, `actions/submit`)."""
    return "/".join([records(app, object_name), str(id), *(quote(part) for part in more)])


def comparison(app: str, object_name: str, view: str, ids: Iterable[int | str]) -> str:
    """The page of records side by side."""
    path = "/".join([records(app, object_name), "compare", quote(view)])
    return f"{path}?id={quote(','.join(map(str, ids)), safe=',')}"


def papers(app: str, object_name: str, document: str, ids: Iterable[int | str], *more: str) -> str:
    """The page of several records in a print form, or what hangs under it (`pdf`)."""
    path = "/".join([records(app, object_name), "print", *(quote(part) for part in (document, *more))])
    return f"{path}?id={quote(','.join(map(str, ids)), safe=',')}"


def new_record(app: str, object_name: str) -> str:
    return records(app, object_name) + "/new"


def quick(app: str, object_name: str) -> str:
    """The form of a new record, within a dialog of another form."""
    return records(app, object_name) + "/quick"


def lookup(app: str, object_name: str, path: str) -> str:
    """Where a link control asks for candidates; `path` as in `lines.product`."""
    return f"/apps/{quote(app)}/lookup/{quote(object_name)}/{quote(path)}"


def palette(app: str) -> str:
    """The dialog of the quick way to everything."""
    return f"/apps/{quote(app)}/palette"


def board(app: str, name: str) -> str:
    return f"/apps/{quote(app)}/boards/{quote(name)}"


def report(app: str, name: str) -> str:
    return f"/apps/{quote(app)}/reports/{quote(name)}"


def register(app: str, name: str) -> str:
    return f"/apps/{quote(app)}/registers/{quote(name)}"


def rights(app: str, **query: str) -> str:
    """Where rights are explained; `person`, `object` and `record` choose."""
    return extended(f"/apps/{quote(app)}/rights", **query)


def periods(app: str) -> str:
    return f"/apps/{quote(app)}/periods"


def bin(app: str, **query: str) -> str:
    """What was deleted; `object` picks one kind."""
    return extended(f"/apps/{quote(app)}/bin", **query)


def tasks(app: str) -> str:
    return f"/apps/{quote(app)}/tasks"


def task(app: str, id: int, *more: str) -> str:
    return "/".join([tasks(app), str(id), *more])


def approvals(app: str, *more: str) -> str:
    """All approvals of an app, or one of them, for administrators."""
    return "/".join([f"/apps/{quote(app)}/approvals", *more])


def flow(app: str, name: str) -> str:
    """The page of a flow's definition."""
    return f"/apps/{quote(app)}/flows/{quote(name)}"


def notices(app: str) -> str:
    return f"/apps/{quote(app)}/notices"


def search(app: str) -> str:
    return f"/apps/{quote(app)}/search"


def builder(app: str) -> str:
    return f"/builder/{quote(app)}"


def imports(app: str, object_name: str) -> str:
    """Where files of an object are uploaded."""
    return records(app, object_name) + "/import"


def one_import(app: str, id: int, *more: str) -> str:
    """An import, or what hangs under it (`run`, `errors.xlsx`)."""
    return "/".join([f"/apps/{quote(app)}/imports/{id}", *more])


def export(app: str, object_name: str, kind: str, **query: str) -> str:
    """A file of the records of a list."""
    tail = "?" + urlencode(query) if query else ""
    return records(app, object_name) + f"/export.{kind}{tail}"


def extended(url: str, **query: str) -> str:
    """An address with more questions at its end."""
    if not query:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(query)


def alerts(app: str) -> str:
    return f"/apps/{quote(app)}/alerts"
