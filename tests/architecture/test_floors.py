"""Imports go down the floors only, nothing is imported in hiding, and no package has a cycle."""

from __future__ import annotations

from collections.abc import Iterator

from tests.architecture.modules import Import, Module, modules, target

# A module stands on the floor of the longest prefix that is named here.
FLOORS = {
    "engine": 0,
    "engine.expressions": 1,
    "engine.kinds": 2,
    "engine.definitions": 3,
    "engine.runtime": 4,
    "engine.runtime.storage": 4,
    "engine.runtime.services": 5,
    "engine.runtime.jobs": 6,
    "engine.runtime.web": 7,
    "engine.builder": 8,
    "engine.cli": 9,
    "demo": 9,
    "bench": 10,
}
# Libraries that only some places may import: the rest of the engine does not know that they exist.
KEPT_IN = {
    "flask": ("engine.runtime.web", "engine.builder", "engine.cli"),
    "flask_babel": ("engine.runtime.web", "engine.builder"),
    "werkzeug": ("engine.runtime.web", "engine.builder", "engine.cli"),
    "jinja2": ("engine.runtime.web", "engine.builder"),
    "markupsafe": ("engine.runtime.web", "engine.builder"),
    "yaml": (
        "engine.definitions.source",
        "engine.definitions.edit",
        "engine.runtime.services.imports",
        "engine.cli",
        "demo",
    ),
    "psycopg": ("engine.runtime.storage",),
    "sqlite3": ("engine.runtime.storage", "engine.expressions", "engine.cli"),
    "python_calamine": ("engine.runtime.services.imports", "engine.runtime.services.lists.exports"),
    "xlsxwriter": (
        "engine.runtime.services.lists.exports", "engine.runtime.services.imports.workbook", "engine.runtime.web",
    ),
    "faker": ("demo",),
    "pytest": (),
}
# Asked for only when they are going to be used. gunicorn is not to be had on every platform; the others take long to
# load, and a check of a definition does without them (`test_start.py`).
LATE = (
    "gunicorn",
    "boto3",
    "joserfc",
    "cryptography",
    "pyotp",
    "segno",
    "barcode",
    "typst",
    "sqlalchemy",
    "jsonschema",
    "croniter",
    "babel.dates",
    "engine.expressions.sql",
    "engine.expressions.numbers",
    "engine.kinds.fields.columns",
)


def floor(name: str) -> int:
    prefix = name
    while prefix not in FLOORS:
        prefix = prefix.rpartition(".")[0]
    return FLOORS[prefix]


def is_within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def own_imports(module: Module) -> Iterator[tuple[Import, str]]:
    for imported in module.imports():
        aim = target(imported.name)
        if aim is not None:
            yield imported, aim


def test_imports_go_down_the_floors() -> None:
    upward = [
        f"{module.shown}:{imported.line} imports {aim}"
        for module in modules().values()
        for imported, aim in own_imports(module)
        if floor(aim) > floor(module.name)
    ]
    assert not upward


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        f"{module.shown}:{imported.line} imports {imported.name}"
        for module in modules().values()
        for imported in module.imports()
        if imported.hidden and not is_within(imported.name, LATE)
    ]
    assert not hidden


def test_libraries_stay_where_they_belong() -> None:
    strayed = [
        f"{module.shown}:{imported.line} imports {library}"
        for module in modules().values()
        for imported in module.imports()
        for library in [imported.name.partition(".")[0]]
        if library in KEPT_IN and not imported.typing_only and not is_within(module.name, (*KEPT_IN[library], "bench"))
    ]
    assert not strayed


def test_the_engine_knows_nothing_of_the_demo() -> None:
    users = [
        f"{module.shown}:{imported.line}"
        for module in modules().values()
        if module.name.startswith("engine.") and not module.name.startswith("engine.cli")
        for imported, aim in own_imports(module)
        if aim.split(".")[0] in ("demo", "bench")
    ]
    assert not users


def test_no_module_reaches_itself_by_its_imports() -> None:
    graph = {
        name: {aim for imported, aim in own_imports(module) if not imported.typing_only and aim != name}
        for name, module in modules().items()
    }
    assert not list(cycles(graph))


def cycles(graph: dict[str, set[str]]) -> Iterator[str]:
    """Each way around, once, as `a → b → a`."""
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield " → ".join((*path[path.index(name) :], name))
            return
        if name in done:
            return
        for aim in sorted(graph.get(name, ())):
            yield from walk(aim, (*path, name))
        done.add(name)

    for name in sorted(graph):
        yield from walk(name, ())


def test_the_search_for_cycles_finds_one() -> None:
    assert list(cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == ["a → b → c → a"]
    assert list(cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == []
