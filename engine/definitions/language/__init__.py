"""The language, declared once as data: checker, JSON Schema and reference are made from it. Builds nothing."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.language import apps, fields, flows, objects, questions, registers, steps, tests
from engine.definitions.language.explained import explained
from engine.definitions.shapes import Shape

MODULES = (apps, fields, objects, steps, flows, registers, questions, tests)
SHAPES: Mapping[str, Shape] = {one.name: explained(one) for module in MODULES for one in module.SHAPES}
ROOT: Shape = SHAPES["app"]
