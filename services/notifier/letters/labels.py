"""Names beside lines: each label goes to the nearest place where it covers neither a line nor another label."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

_HALO = [withStroke(linewidth=3, foreground="white")]
# Points from the mark: near places first, above on the left and below on the right, where a rising line is not.
_PLACES = [
    (across * distance, up * distance)
    for distance in (7, 16, 28, 42, 58, 76, 96)
    for across, up in (
        (-1, 0.6), (1, -0.6), (1, 0.6), (-1, -0.6), (-0.3, 1), (0.3, -1),
        (0.1, 1), (0.1, -1), (1, 0.15), (-1, 0.15), (1, -0.15), (-1, -0.15),
    )
]  # fmt: skip
_EVERY_PIXELS = 3


class Labels:
    """Places labels in drawn ``axes``. ``size`` is of the letters, in points."""

    def __init__(self, axes: Axes, renderer: RendererAgg, size: float) -> None:
        self._axes = axes
        self._renderer = renderer
        self._size = size
        self._obstacles: list[tuple[float, float]] = []
        self._taken: list[Bbox] = []

    def avoid(self, *lines: Sequence[Sequence[float]]) -> None:
        """Keep labels off lines, each a list of x and a list of y in the axes' own units."""
        for across, up in lines:
            corners = self._axes.transData.transform(list(zip(across, up, strict=True)))
            for (left, low), (right, high) in pairwise(corners):
                steps = int(hypot(right - left, high - low) / _EVERY_PIXELS) + 1
                for step in range(steps + 1):
                    share = step / steps
                    self._obstacles.append((left + (right - left) * share, low + (high - low) * share))

    def height(self, low: float, high: float) -> float:
        """How far apart two values are on the page, in points."""
        ends = self._axes.transData.transform([(0, low), (0, high)])
        return float(abs(ends[1][1] - ends[0][1]) * 72 / self._axes.figure.dpi)

    def beside(self, names: list[tuple[str, int, str]]) -> None:
        """Names of values at the right edge: text, value, colour. They are pushed apart where they would overlap."""
        scale = self._axes.figure.dpi / 72
        lowest, highest = self._axes.bbox.ymin, self._axes.bbox.ymax
        room = 2.6 * self._size * scale
        ordered = sorted(names, key=lambda name: name[1])
        heights = [float(self._axes.transData.transform((0, value))[1]) for _, value, _ in ordered]
        for at in range(1, len(heights)):
            if (lacking := room - (heights[at] - heights[at - 1])) > 0:
                down = min(lacking / 2, max(heights[at - 1] - lowest, 0))
                heights[at - 1] -= down
                heights[at] += lacking - down
        if heights and (over := heights[-1] - highest) > 0:
            heights = [height - over for height in heights]
        for (text, _, colour), height in zip(ordered, heights, strict=True):
            up = (height - lowest) / (highest - lowest)
            self._axes.annotate(
                text, (1, up), xycoords="axes fraction", xytext=(7, 0), textcoords="offset points", ha="left",
                va="center", fontsize=self._size, color=colour, linespacing=1.1, parse_math=False,
            )  # fmt: skip

    def place(self, text: str, across: float, up: float, colour: str) -> None:
        """Name the point at ``across``, ``up`` in the axes' units; with a thin line to it from farther away."""
        best: tuple[int, Annotation, Bbox] | None = None
        for offset in _PLACES:
            note = self._note(text, (across, up), offset, colour)
            box = self._letters(note)
            cost = self._cost(box)
            if best is None or cost < best[0]:
                if best is not None:
                    best[1].remove()
                best = (cost, note, box)
            else:
                note.remove()
            if cost == 0:
                break
        if best is not None:
            self._taken.append(best[2])

    def _note(self, text: str, point: tuple[float, float], offset: tuple[float, float], colour: str) -> Annotation:
        across, up = offset
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 5}
        return self._axes.annotate(
            text, point, xytext=offset, textcoords="offset points", ha="right" if across < 0 else "left",
            va="bottom" if up > 0 else "top", fontsize=self._size, color=colour, linespacing=1.1,
            arrowprops=leader if abs(across) + abs(up) > 26 else None, path_effects=_HALO, parse_math=False,
        )  # fmt: skip

    def _cost(self, box: Bbox) -> int:
        inside = self._axes.bbox
        outside = box.xmin < inside.xmin or box.xmax > inside.xmax or box.ymin < inside.ymin or box.ymax > inside.ymax
        covered = sum(1 for across, up in self._obstacles if box.contains(across, up))
        crossed = sum(1 for other in self._taken if box.overlaps(other))
        return covered + 10_000 * crossed + 10_000 * outside

    def _letters(self, note: Annotation) -> Bbox:
        """The box of the letters alone: with the leader it would reach back to the point."""
        note.update_positions(self._renderer)
        return Text.get_window_extent(note, self._renderer)
