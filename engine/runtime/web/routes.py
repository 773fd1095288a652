"""Routes that carry their access rule; an app with a route that has none does not start. Knows no page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, TypeVar

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
RULE, LARGE, FILES, PATIENT = "access_rule", "takes_large_bodies", "takes_files", "is_patient"


class Access(Enum):
    """Who may come to a route at all; what they may do there is decided by the services."""

    PUBLIC = "anybody"
    PERSON = "a person who signed in, or their token"
    BUILDER = "a builder or administrator"
    ADMIN = "an administrator"


def route(
    blueprint: Blueprint,
    path: str,
    access: Access,
    *,
    methods: Sequence[str] = ("GET",),
    large: bool = False,
    files: bool = False,
    patient: bool = False,
) -> Callable[[View], View]:
    """Register a view under a path, with who may come to it; `large` ones take bodies beyond the usual megabyte, those
    of `files` as far as files make them large. What a `patient` one looks up (exports, papers) may take a minute, not
    seconds only."""

    def register(view: View) -> View:
        setattr(view, RULE, access)
        setattr(view, LARGE, large)
        setattr(view, FILES, files)
        setattr(view, PATIENT, patient)
        blueprint.add_url_rule(path, view.__name__, view, methods=list(methods))
        return view

    return register


def rule_of(app: Flask, endpoint: str) -> Access | None:
    """The access rule of an endpoint, None if it has none."""
    rule: Any = getattr(app.view_functions[endpoint], RULE, None)
    return rule if isinstance(rule, Access) else None


def takes_large(app: Flask, endpoint: str) -> bool:
    """Whether an endpoint takes large bodies."""
    return getattr(app.view_functions[endpoint], LARGE, False) is True


def takes_files(app: Flask, endpoint: str) -> bool:
    """Whether files may be sent to an endpoint."""
    return getattr(app.view_functions[endpoint], FILES, False) is True


def is_patient(app: Flask, endpoint: str) -> bool:
    """Whether somebody who asks this waits for a minute where it takes that long."""
    return getattr(app.view_functions[endpoint], PATIENT, False) is True


def without_rule(app: Flask) -> list[str]:
    """Endpoints that say nothing about who may come."""
    return sorted(name for name in app.view_functions if rule_of(app, name) is None)


def public_routes(app: Flask) -> list[str]:
    """Paths that anybody may reach; shown at start."""
    return sorted({r.rule for r in app.url_map.iter_rules() if rule_of(app, r.endpoint) is Access.PUBLIC})
