"""Comparisons: by the real parts first and where these are equal by the imaginary ones."""

from __future__ import annotations

from collections.abc import Callable

from .. import primitives as of_parts
from ..primitives import and_, ne, or_
from ..tracing.array import TracedArray
from .rules import parts, rule, select_complex

Comparison = Callable[[TracedArray, TracedArray], TracedArray]


@rule("eq")
def eq(x: TracedArray, y: TracedArray) -> TracedArray:
    """Whether both parts are equal."""
    (a, b), (c, d) = parts(x), parts(y)
    return and_(of_parts.eq(a, c), of_parts.eq(b, d))


@rule("ne")
def not_equal(x: TracedArray, y: TracedArray) -> TracedArray:
    """Whether a part differs, or is NaN."""
    (a, b), (c, d) = parts(x), parts(y)
    return or_(ne(a, c), ne(b, d))


def _ordered(first: Comparison, then: Comparison) -> Comparison:
    def compare(x: TracedArray, y: TracedArray) -> TracedArray:
        """Whether each pair is in this order; none with a NaN is."""
        (a, b), (c, d) = parts(x), parts(y)
        known = and_(of_parts.eq(b, b), of_parts.eq(d, d))
        return or_(and_(first(a, c), known), and_(of_parts.eq(a, c), then(b, d)))

    return compare


lt = rule("lt")(_ordered(of_parts.lt, of_parts.lt))
gt = rule("gt")(_ordered(of_parts.gt, of_parts.gt))
le = rule("le")(_ordered(of_parts.lt, of_parts.le))
ge = rule("ge")(_ordered(of_parts.gt, of_parts.ge))


def _extreme(comes_first: Comparison) -> Comparison:
    def extreme(x: TracedArray, y: TracedArray) -> TracedArray:
        """The one of each pair that comes first; the first NaN stays."""
        chosen = or_(comes_first(x, y), not_equal(x, x))
        return select_complex(chosen, parts(x), parts(y))

    return extreme


maximum = rule("max")(_extreme(ge))
minimum = rule("min")(_extreme(le))

__all__ = ["eq", "ge", "gt", "le", "lt", "maximum", "minimum", "not_equal"]
