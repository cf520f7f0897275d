"""Which elements of a function's output may depend on which of its input, coloured and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape

import numpy as np

from ..explanation.palette import colour_of
from .colouring import Ints, colour_columns, rows_of, transposed


@dataclass(frozen=True)
class SparsityPattern:
    """The pattern of a Jacobian, and its colours.

    Attributes:
        offsets, indices: the columns of each row.
        columns: how many there are.
    """

    offsets: Ints
    indices: Ints
    columns: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.offsets) - 1

    @cached_property
    def column_colours(self) -> Ints:
        """Of each column; those of one colour have no row in common."""
        return colour_columns(self.offsets, self.indices, self.columns)

    @cached_property
    def row_colours(self) -> Ints:
        """Of each row; those of one colour have no column in common."""
        offsets, indices = transposed(self.offsets, self.indices, self.columns)
        return colour_columns(offsets, indices, self.rows)

    @cached_property
    def row_of(self) -> Ints:
        """The row of each entry."""
        return rows_of(self.offsets)


# The side of a picture, and how many cells it has along it at most.
_SIDE = 420
_MOST_CELLS = 140
_STRIP = 12
_GAP = 4


@dataclass(frozen=True)
class ColouredPattern:
    """How a sparse Jacobian is computed: a product for each colour.

    Attributes:
        pattern: which entries there are.
        forward: whether columns are computed together, by jvp, or rows, by vjp.
        place: the user's line.
    """

    pattern: SparsityPattern
    forward: bool
    place: str

    @property
    def colours(self) -> Ints:
        """Of columns, or of rows."""
        return self.pattern.column_colours if self.forward else self.pattern.row_colours

    @property
    def products(self) -> int:
        """How many products there are."""
        return int(self.colours.max(initial=-1)) + 1

    def __str__(self) -> str:
        pattern = self.pattern
        kind, lines = ("jvp", "columns") if self.forward else ("vjp", "rows")
        times = f"{self.products:,} {kind}{'s' * (self.products != 1)}"
        return (
            f"{pattern.rows:,} x {pattern.columns:,} with {len(pattern.indices):,} entries, by "
            f"{times} of {lines} at once  {self.place}"
        )

    def svg(self) -> str:
        """The entries, in the colours of their columns or rows, with these along the edge.

        Large matrices are drawn as cells of several rows and columns; a cell has the colour of one
        of its entries.
        """
        pattern = self.pattern
        # The sides of a cell, in rows and columns.
        size = max(1, -(-max(pattern.rows, pattern.columns) // _MOST_CELLS))
        down, across = (-(-count // size) for count in (pattern.rows, pattern.columns))
        unit = _SIDE / max(down, across, 1)
        edge = _STRIP + _GAP
        width, height = edge + across * unit, edge + down * unit
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" '
            f'aria-label="{escape(str(self))}"><title>{escape(str(self))}</title>',
            f'<rect x="{edge}" y="{edge}" width="{across * unit:.1f}" '
            f'height="{down * unit:.1f}" fill="none" stroke="currentColor" opacity="0.3"/>',
        ]
        side = max(unit * 0.92, 0.8)
        cells = pattern.row_of // size * across + pattern.indices // size
        which = pattern.indices if self.forward else pattern.row_of
        taken, first = np.unique(cells, return_index=True)
        for cell, colour in zip(taken.tolist(), self.colours[which[first]].tolist(), strict=True):
            row, column = divmod(cell, across)
            parts.append(
                f'<rect x="{edge + column * unit:.2f}" y="{edge + row * unit:.2f}" '
                f'width="{side:.2f}" height="{side:.2f}" fill="{colour_of(colour)}"/>'
            )
        parts += self._strip(size, unit, side, edge)
        parts.append("</svg>")
        return "".join(parts)

    def _strip(self, size: int, unit: float, side: float, edge: float) -> list[str]:
        """The colours along the edge: of columns above, of rows at the left."""
        parts = []
        for i, colour in enumerate(np.asarray(self.colours)[::size]):
            x, y, width, height = edge + i * unit, 0.0, side, float(_STRIP)
            if not self.forward:
                x, y, width, height = y, x, height, width
            parts.append(
                f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
                f'fill="{colour_of(int(colour))}"/>'
            )
        return parts
