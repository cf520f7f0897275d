"""Products of matrices and convolutions: four of the parts."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..primitives.emission import emit
from ..tracing.array import TracedArray
from .rules import complex_of, imag_of, real_of, rule

_BILINEAR = ("conv", "dot_general")


def _bilinear(op: str, x: TracedArray, y: TracedArray, **attributes: Any) -> TracedArray:
    def product(left: TracedArray, right: TracedArray) -> TracedArray:
        return emit(op, [left, right], attributes)

    a, c = real_of(x), real_of(y)
    if not x._aval.is_complex:
        return complex_of(product(a, c), product(a, imag_of(y)))
    if not y._aval.is_complex:
        return complex_of(product(a, c), product(imag_of(x), c))
    b, d = imag_of(x), imag_of(y)
    return complex_of(product(a, c) - product(b, d), product(a, d) + product(b, c))


for _name in _BILINEAR:
    rule(_name)(partial(_bilinear, _name))
