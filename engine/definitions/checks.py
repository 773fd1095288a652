"""What is wrong though every part is right: small functions over the compiled app. Builds nothing."""
from __future__ import annotations
from collections.abc import Callable, Iterator
from engine.definitions.app import App
from engine.errors import Problem
CHECKS: tuple[Callable[[App], Iterator[Problem]], ...] = ()
