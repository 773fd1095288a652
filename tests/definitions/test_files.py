"""Apps of several files: what is read, how they merge, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definitions.compile import Loaded, load

OPEN = "access: {any: {everyone: full}}\n"


def marks(loaded: Loaded) -> list[str]:
    return [f"{p.at.file}:{p.at.line}:{p.at.column} {p.code}" for p in loaded.problems]


def test_files_merge_and_keep_their_places() -> None:
    loaded = load(
        {
            "app.yaml": "app: shop\ninclude: [parts/a.yaml, parts/b.yaml]\n" + OPEN,
            "parts/a.yaml": "objects:\n  order: {fields: {qty: quantity}}\n",
            "parts/b.yaml": "objects:\n  order: {fields: {price: money, worth: {formula: qty * prise, type: money}}}\n",
        }
    )
    assert marks(loaded) == ["parts/b.yaml:2:57 E-NAM-001"]


def test_lists_of_several_files_follow_one_another() -> None:
    app = load(
        {
            "app.yaml": "app: shop\ninclude: more.yaml\nobjects: {order: {fields: {a: text, b: text}, unique: [a]}}\n"
            + OPEN,
            "more.yaml": "objects: {order: {unique: [b]}}\n",
        }
    ).app
    assert app is not None
    assert [rule.fields for rule in app.objects["order"].unique] == [("a",), ("b",)]


def test_a_value_is_given_once() -> None:
    loaded = load(
        {
            "app.yaml": "app: shop\ninclude: more.yaml\nobjects: {order: {name: Order, fields: {a: text}}}\n" + OPEN,
            "more.yaml": "objects: {order: {name: Bestellung}}\n",
        }
    )
    assert marks(loaded) == ["more.yaml:1:19 E-FILE-005"]


def test_only_names_of_files_are_included() -> None:
    for written, place in (("{crm: {of: a.yaml}}", "2:16"), ("[{crm: }, a.yaml]", "2:17"), ("", "2:9")):
        loaded = load(
            {
                "app.yaml": f"app: shop\ninclude: {written}\nobjects: {{order: {{fields: {{a: text}}}}}}\n" + OPEN,
                "a.yaml": "objects: {order: {fields: {b: text}}}\n",
            }
        )
        assert marks(loaded) == [f"app.yaml:{place} E-KEY-003"]


def test_what_cannot_be_included() -> None:
    loaded = load(
        {
            "app.yaml": "app: shop\ninclude: [a.yaml, ../b.yaml, /etc/passwd, none.yaml]\n"
            "objects: {order: {fields: {a: text}}}\n" + OPEN,
            "a.yaml": "include: app.yaml\n",
        }
    )
    assert marks(loaded) == [
        "a.yaml:1:10 E-FILE-003",
        "app.yaml:2:19 E-FILE-002",
        "app.yaml:2:30 E-FILE-002",
        "app.yaml:2:43 E-FILE-001",
    ]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("objects:\n  item: {fields: {a: text}}\n item2: {}\n", "items.yaml:3:2 E-YAML-001"),
        ("objects:\n\titem: {}\n", "items.yaml:2:1 E-YAML-002"),
        ("---\nobjects: {}\n---\nobjects: {}\n", "items.yaml:3:1 E-YAML-006"),
        ("objects: &all {}\n", "items.yaml:1:10 E-YAML-007"),
        ("objects: {{a: 1}: 2}\n", "items.yaml:1:11 E-YAML-009"),
        ("- a\n", "items.yaml:1:1 E-YAML-005"),
        ("objects: {item: {fields: {a: {type: text, default: x['a']}}}}\n", "items.yaml:1:53 E-YAML-012"),
        (None, "app.yaml:2:10 E-FILE-001"),
    ],
)
def test_what_stands_in_an_unreadable_file_is_not_missed_elsewhere(text: str | None, mark: str) -> None:
    main = "app: shop\ninclude: items.yaml\nobjects: {order: {fields: {item: {type: link, to: item}}}}\n" + OPEN
    texts = {"app.yaml": main} if text is None else {"app.yaml": main, "items.yaml": text}
    assert marks(load(texts)) == [mark]


def test_too_many_files() -> None:
    parts = {f"p{number}.yaml": "" for number in range(201)}
    loaded = load(
        {
            "app.yaml": f"app: shop\ninclude: [{', '.join(parts)}]\nobjects: {{order: {{fields: {{a: text}}}}}}\n"
            + OPEN,
            **parts,
        }
    )
    assert {problem.code for problem in loaded.problems} == {"E-FILE-004"}


def test_a_folder_and_a_file_are_the_same_app(tmp_path: Path) -> None:
    text = "app: shop\nobjects: {order: {fields: {a: text}}}\n" + OPEN
    (tmp_path / "app.yaml").write_text(text, "utf-8")
    folder, file = load(tmp_path), load(tmp_path / "app.yaml")
    assert folder.app is not None and file.app is not None
    assert folder.app.version == file.app.version == load({"app.yaml": text}).app.version  # type: ignore[union-attr]
    assert dict(folder.app.texts) == {"app.yaml": text}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("objects: {leak: {fields: {a: text}}}\n", "utf-8")
    inside = tmp_path / "app"
    inside.mkdir()
    (inside / "x.yaml").symlink_to(tmp_path / "secret.yaml")
    (inside / "app.yaml").write_text(
        "app: shop\ninclude: x.yaml\nobjects: {order: {fields: {a: text}}}\n" + OPEN, "utf-8"
    )
    assert marks(load(inside)) == ["app.yaml:2:10 E-FILE-001"]


def test_a_file_that_cannot_be_read_is_not_buried_under_what_seems_to_be_missing() -> None:
    texts = {
        "app.yaml": "app: shop\ninclude: orders.yaml\nmenu: [order]\n" + OPEN,
        "orders.yaml": "objects:\n  order:\n    icon: cart\n      color: blue\n    fields: {a: text}\n",
    }
    assert marks(load(texts)) == ["orders.yaml:4:12 E-YAML-001"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes("app: shop\nname: 订单".encode("gbk"))
    assert marks(load(tmp_path)) == ["app.yaml:2:7 E-YAML-003"]


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(b"app: shop\n#" + b"x" * 1_000_000)
    assert marks(load(tmp_path)) == ["app.yaml:1:1 E-YAML-004"]


def test_no_file_at_all(tmp_path: Path) -> None:
    assert marks(load(tmp_path / "none.yaml")) == ["none.yaml:1:1 E-FILE-001"]


def test_the_version_is_the_content() -> None:
    text = "app: shop\nobjects: {order: {fields: {a: text}}}\n" + OPEN
    one, other = load({"app.yaml": text}).app, load({"app.yaml": text + "# a comment\n"}).app
    assert one is not None and other is not None
    assert one.version != other.version


def test_unchanged_files_are_not_compiled_again(tmp_path: Path) -> None:
    main, part = tmp_path / "app.yaml", tmp_path / "part.yaml"
    main.write_text("app: x\ninclude: part.yaml\n", encoding="utf-8")
    part.write_text("objects: {a: {fields: {b: text}}}\n", encoding="utf-8")
    first = load(main)
    assert first.app is not None
    assert load(main) is first
    assert load(first.app.texts).app is not None
    assert load(dict(first.app.texts)) is load(dict(first.app.texts))
    part.write_text("objects: {a: {fields: {b: text, c: txt}}}\n", encoding="utf-8")
    (problem,) = load(main).errors
    assert (problem.at.file, problem.at.line) == ("part.yaml", 1)
    part.write_text("objects: {a: {fields: {b: text}}}\n", encoding="utf-8")
    again = load(main).app
    assert again is not None and list(again.objects["a"].fields) == ["b"]
    part.unlink()
    assert "E-FILE-001" in [one.code for one in load(main).errors]


def test_a_namespace_has_a_name_of_its_own() -> None:
    loaded = load(
        {
            "app.yaml": "app: shop\ninclude: {order: a.yaml, all: a.yaml}\nobjects: {order: {fields: {a: text}}}\n"
            + OPEN,
            "a.yaml": "roles: {r: R}\n",
        }
    )
    marked = [mark for mark in marks(loaded) if "W-" not in mark]
    assert marked == ["app.yaml:2:11 E-FILE-006", "app.yaml:2:26 E-FILE-006"]
