"""The language, declared once as data: checker, JSON Schema and reference are made from it. Builds nothing."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.language import apps, fields, flows, objects, questions, registers, steps
from engine.definitions.shapes import Shape

SHAPES: Mapping[str, Shape] = {
    one.name: one for module in (apps, fields, objects, steps, flows, registers, questions) for one in module.SHAPES
}
ROOT: Shape = SHAPES["app"]
