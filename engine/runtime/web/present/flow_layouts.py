"""Where the parts of a flow's picture stand: steps from left to right, arms above each other. Pure geometry over the
tree of blocks; knows no instance, no text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.definitions import blocks
from engine.definitions.flows import Approve, Copy, Flow, FlowStep, Wait

WIDE, TALL, LOW = 156, 62, 44                  # a step; one that tells no more than its name is lower
PILL = 92                                      # the start and the end
GAP = 30                                       # between steps in a row
CHIP = 136                                     # along which the condition of an arm is written
ROOM = 34                                      # above an arm's line, for that condition
BETWEEN = 14                                   # arms
FORK = 12
MARGIN = 10
START, END = "start", "end"

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """Something that stands at a place: `kind` start · end · step · fork · join; `path` its step's (of a join, of the
    step that it closes)."""

    kind: str
    path: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line along these points. It leads to the step at `path` (or `end`), or belongs to an arm of the step there."""

    points: tuple[Point, ...]
    path: str
    arm: int | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """Room for the condition of an arm, above the beginning of its line."""

    path: str
    arm: int
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture: its size and its parts, all within it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How much room something takes: to the right, and above and below the line on which it stands."""

    width: int
    up: int
    down: int


def of(flow: Flow) -> Layout:
    """The picture of a definition."""
    whole = _size_of_block(flow, ())
    up, down = max(whole.up, LOW // 2), max(whole.down, LOW // 2)
    middle = MARGIN + up
    drawn = _Drawing(flow)
    drawn.boxes.append(Box("start", START, MARGIN, middle - LOW // 2, PILL, LOW))
    x = drawn.block((), MARGIN + PILL, middle)
    drawn.lines.append(Line(((x, middle), (x + GAP, middle)), END))
    drawn.boxes.append(Box("end", END, x + GAP, middle - LOW // 2, PILL, LOW))
    width, height = x + GAP + PILL + MARGIN, middle + down + MARGIN
    return Layout(width, height, tuple(drawn.boxes), tuple(drawn.lines), tuple(drawn.chips))


def _size_of_block(flow: Flow, block: tuple[int, ...]) -> Size:
    sizes = [_size(flow, (*block, n), step) for n, step in enumerate(blocks.steps_of(flow, block))]
    width = sum(one.width + GAP for one in sizes)
    return Size(width, max((one.up for one in sizes), default=0), max((one.down for one in sizes), default=0))


def _size(flow: Flow, path: tuple[int, ...], step: FlowStep) -> Size:
    arms = list(_arms(flow, path, step))
    if not arms:
        height = _height(step)
        return Size(WIDE, height // 2, height // 2)
    tall = sum(one.up + one.down for one in arms) + BETWEEN * (len(arms) - 1)
    width = FORK + CHIP + max(one.width for one in arms) + GAP + FORK
    return Size(width, tall // 2, tall - tall // 2)


def _arms(flow: Flow, path: tuple[int, ...], step: FlowStep) -> Iterator[Size]:
    for n in range(len(blocks.arms_of(step))):
        inner = _size_of_block(flow, (*path, n))
        yield Size(inner.width, max(inner.up, ROOM), max(inner.down, 8))


def _height(step: FlowStep) -> int:
    return TALL if isinstance(step, Approve | Copy | Wait) else LOW


class _Drawing:
    """The parts that have been placed so far."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.boxes: list[Box] = []
        self.lines: list[Line] = []
        self.chips: list[Chip] = []

    def block(self, block: tuple[int, ...], x: int, y: int, arm: tuple[str, int] | None = None) -> int:
        """Place the steps of a block along a line that begins at `x`; where it ends."""
        for n, step in enumerate(blocks.steps_of(self.flow, block)):
            path = (*block, n)
            name = blocks.write(path)
            points = (x, y), (x + GAP, y)
            self.lines.append(Line(points, *arm) if n == 0 and arm is not None else Line(points, name))
            x = self.step(path, step, x + GAP, y)
        return x

    def step(self, path: tuple[int, ...], step: FlowStep, x: int, y: int) -> int:
        """Place one step; where it ends."""
        name, arms = blocks.write(path), list(_arms(self.flow, path, step))
        if not arms:
            height = _height(step)
            self.boxes.append(Box("step", name, x, y - height // 2, WIDE, height))
            return x + WIDE
        size = _size(self.flow, path, step)
        end = x + size.width
        self.boxes.append(Box("fork", name, x, y - FORK // 2, FORK, FORK))
        top = y - size.up
        for n, one in enumerate(arms):
            at = top + one.up
            self.arm(path, n, (x + FORK, y), at, end - FORK)
            top = at + one.down + BETWEEN
        self.boxes.append(Box("join", name, end - FORK, y - FORK // 2, FORK, FORK))
        return end

    def arm(self, path: tuple[int, ...], n: int, fork: Point, y: int, end: int) -> None:
        """Place one arm on its line at `y`, from the fork to the join at `end`, which is as high as the fork."""
        name, (x, middle) = blocks.write(path), fork
        turn, begin = x + 8, x + CHIP - GAP
        self.chips.append(Chip(name, n, turn + 4, y - 6, CHIP + GAP - 26))
        self.lines.append(Line(_bent((x, middle), (begin, y), turn), name, n))
        stop = self.block((*path, n), begin, y, (name, n))
        self.lines.append(Line(_bent((stop, y), (end, middle), end - 8), name, n))


def _bent(start: Point, end: Point, turn: int) -> tuple[Point, ...]:
    """A line that goes up or down at `turn`."""
    if start[1] == end[1]:
        return start, end
    return start, (turn, start[1]), (turn, end[1]), end


def path_of(points: Sequence[Point], radius: int = 6) -> str:
    """The line as SVG draws it, its corners rounded."""
    (x, y), *rest = points
    parts, before = [f"M{x} {y}"], points[0]
    for here, after in zip(rest, [*rest[1:], None], strict=True):
        if after is None:
            parts.append(f"L{here[0]} {here[1]}")
        else:
            near = _towards(here, before, radius)
            far = _towards(here, after, radius)
            parts.append(f"L{near[0]} {near[1]}Q{here[0]} {here[1]} {far[0]} {far[1]}")
        before = here
    return "".join(parts)


def _towards(here: Point, there: Point, radius: int) -> Point:
    """A point so far from a corner along one of its straight sides."""
    along = abs(there[0] - here[0]) + abs(there[1] - here[1])
    far = min(radius, along // 2)
    step = [(b > a) - (b < a) for a, b in zip(here, there, strict=True)]
    return here[0] + step[0] * far, here[1] + step[1] * far
