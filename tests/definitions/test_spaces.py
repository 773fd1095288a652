"""Files that are included under a name: what their names mean inside and outside, and what is refused."""

from __future__ import annotations

import pytest

from engine.definitions.app import App
from engine.definitions.compile import Loaded, load
from tests.definitions.firms import CRM, FIRM


def firm(app: str = FIRM, **parts: str) -> Loaded:
    return load({"app.yaml": app, "parts/crm.yaml": CRM, **parts})


def sound(loaded: Loaded) -> App:
    assert loaded.app is not None, loaded.problems
    return loaded.app


def said(loaded: Loaded) -> list[str]:
    return [f"{p.at.file}:{p.at.line}:{p.at.column} {p.code}" for p in loaded.problems if p.severity == "error"]


def test_what_a_file_declares_has_the_namespace_before_it() -> None:
    app = sound(firm())
    assert {"crm.customer", "crm.visit", "crm.visit.lines", "abroad.customer"} <= set(app.objects)
    assert set(app.registers) == {"crm.points", "abroad.points"}
    assert set(app.flows) == {"crm.check", "abroad.check"}
    assert set(app.decisions) == {"crm.graded", "abroad.graded"}
    assert {"crm.sales", "abroad.sales"} <= set(app.roles)
    assert set(app.reports) == {"crm.top", "abroad.top"}
    assert set(app.dashboards) == {"crm.desk", "abroad.desk"}
    assert set(app.alerts) == {"crm.many", "abroad.many"}
    assert set(app.automations) == {"crm.again", "abroad.again"}
    assert app.objects["crm.customer"].label.to("en") == "Customer"


def test_inside_its_own_names_come_first() -> None:
    app = sound(firm())
    visits = app.objects["abroad.customer"].fields["visits"].formula
    assert visits is not None and ("@abroad.visit",) in visits.reads
    assert app.objects["abroad.visit"].fields["customer"].type.objects == ("abroad.customer",)
    assert app.objects["abroad.visit"].posts[0].register == "abroad.points"
    assert app.automations["abroad.again"].trigger.object == "abroad.visit"
    assert app.roles["boss"].includes == ("crm.sales",)


def test_any_grants_what_the_namespace_has() -> None:
    app = sound(firm())
    granted = {name for name, grants in app.grants.items() if any(one.role == "crm.sales" for one in grants)}
    assert granted == {"order", "crm.customer", "crm.visit", "crm.points"}


def test_the_names_around_a_namespace_are_known_inside_of_it() -> None:
    app = sound(
        load(
            {
                "app.yaml": "app: a\ninclude: {crm: b.yaml}\nobjects: {item: {fields: {x: text}}}\n"
                "access: {any: {everyone: full}}",
                "b.yaml": "include: {deep: c.yaml}\nobjects: {line: {fields: {item: {type: link, to: item}}}}",
                "c.yaml": "objects:\n  one: {fields: {of: {type: link, to: line}, item: {type: link, to: item},"
                " up: {formula: count(line where item = this.item)}}}",
            }
        )
    )
    fields = app.objects["crm.deep.one"].fields
    assert fields["of"].type.objects == ("crm.line",)
    assert fields["item"].type.objects == ("item",)
    assert fields["up"].formula is not None and ("@crm.line",) in fields["up"].formula.reads


def test_a_field_comes_before_a_namespace() -> None:
    loaded = load(
        {
            "app.yaml": "app: a\ninclude: {crm: b.yaml}\nobjects:\n  item:\n    fields:\n"
            "      crm: {type: link, to: item}\n"
            "      one: {formula: count(crm.line)}\n      two: {formula: count(all crm.line)}\n"
            "access: {any: {everyone: full}}",
            "b.yaml": "objects: {line: {fields: {x: text}}}",
        }
    )
    assert said(loaded) == ["app.yaml:7:32 E-NAM-002"]


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("{order: parts/crm.yaml}", ["app.yaml:2:11 E-FILE-006"]),
        ("{me: parts/crm.yaml}", ["app.yaml:2:11 E-FILE-006"]),
        ("{c__m: parts/crm.yaml}", ["app.yaml:2:11 E-FILE-006"]),
        ('{"a.b": parts/crm.yaml}', ["app.yaml:2:11 E-FILE-006"]),
        ("{crm: [parts/crm.yaml, parts/crm.yaml]}", ["app.yaml:2:33 E-FILE-003"]),
        ("{crm: app.yaml}", ["app.yaml:2:16 E-FILE-003"]),
        ("{crm: ../crm.yaml}", ["app.yaml:2:16 E-FILE-002"]),
        ("{crm: none.yaml}", ["app.yaml:2:16 E-FILE-001"]),
    ],
)
def test_what_is_refused(written: str, marks: list[str]) -> None:
    text = f"app: firm\ninclude: {written}\nobjects: {{order: {{fields: {{a: text}}}}}}\n"
    assert said(firm(text + "access: {any: {everyone: full}}\n")) == marks


def test_a_circle_through_names_ends() -> None:
    loaded = load(
        {
            "app.yaml": "app: a\ninclude: {x: b.yaml}\nobjects: {o: {fields: {a: text}}}",
            "b.yaml": "include: {y: c.yaml}",
            "c.yaml": "include: {z: b.yaml}",
        }
    )
    assert said(loaded) == ["c.yaml:1:14 E-FILE-003"]
    assert "b.yaml → c.yaml → b.yaml" in loaded.problems[0].message


def test_files_that_multiply_are_stopped() -> None:
    files = {f"f{n}.yaml": f"include: {{a: f{n + 1}.yaml, b: f{n + 1}.yaml}}\n" for n in range(12)}
    loaded = load({"app.yaml": "app: a\ninclude: {x: f0.yaml}", **files, "f12.yaml": "roles: {r: R}\n"})
    assert "E-FILE-004" in {p.code for p in loaded.problems}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("to: customer", "`crm.customer`"),
        ("to: crm.custmer", "`crm.customer`"),
        ("to: abroad.vist", "`abroad.visit`"),
    ],
)
def test_what_was_probably_meant(text: str, hint: str) -> None:
    loaded = firm(FIRM.replace("to: crm.customer", text, 1))
    assert any(p.code == "E-REF-002" and hint in p.hint for p in loaded.problems), loaded.problems


def test_a_slip_inside_is_told_once_where_it_stands() -> None:
    loaded = load({"app.yaml": FIRM, "parts/crm.yaml": CRM.replace("count(visit where", "count(vist where")})
    assert said(loaded)[0].startswith("parts/crm.yaml:") and len(set(said(loaded))) == len(said(loaded))
    first = loaded.problems[0]
    assert (first.code, first.width) == ("E-NAM-001", 4)
    assert "`crm.visit`" in first.hint or "`abroad.visit`" in first.hint


def test_the_main_file_declares_no_dotted_names() -> None:
    loaded = load({"app.yaml": "app: a\nobjects: {x.y: {fields: {a: text}}}"})
    assert said(loaded) == ["app.yaml:2:11 E-KEY-007"]
