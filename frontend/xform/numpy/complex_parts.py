"""The parts of complex numbers: real, imag, angle, and what asks for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import primitives
from ..tracing import traces
from ..tracing.array import ArrayLike, DType, TracedArray
from ..tracing.complex_values import PARTS
from . import ufuncs
from .dispatch import function
from .float_parts import like
from .promotion import BOOL, array, constant, operand
from .views import Mirror, ReadOnly, view


class _RealPart:
    """The real parts of a complex array."""

    __slots__ = ()

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return traces.real_of(base)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        return traces.complex_of(part, traces.imag_of(base))

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        return base.view()


class _ImaginaryPart:
    """The imaginary parts of a complex array."""

    __slots__ = ()

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return traces.imag_of(base)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        return traces.complex_of(traces.real_of(base), part)

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        return base.view()


def is_complex(x: Any) -> bool:
    """Whether an operand's dtype is complex."""
    return bool(x.dtype.kind == "c")


def real_dtype(dtype: DType) -> DType:
    """That of the parts of complex numbers; any other one itself."""
    return np.dtype(PARTS[dtype.name]) if dtype.kind == "c" else dtype


def part_by_part(change: Callable[[TracedArray], TracedArray], x: TracedArray) -> TracedArray:
    """What a function of real arrays makes of the array, or of both parts of a complex one."""
    if not is_complex(x):
        return change(x)
    return traces.complex_of(change(traces.real_of(x)), change(traces.imag_of(x)))


def squared_size(x: TracedArray) -> TracedArray:
    """The product of x and its conjugate, a real array."""
    if not is_complex(x):
        return primitives.integer_pow(x, 2)
    squares = (primitives.integer_pow(part(x), 2) for part in (traces.real_of, traces.imag_of))
    return primitives.add(*squares)


@function(np.real)
def real(val: ArrayLike) -> TracedArray:
    """The real parts, which can be written into; of a real array, the array itself."""
    x = array(val)
    return view(x, _RealPart()) if is_complex(x) else x[...]


@function(np.imag)
def imag(val: ArrayLike) -> TracedArray:
    """The imaginary parts, which can be written into; of a real array, zeros."""
    x = array(val)
    if is_complex(x):
        return view(x, _ImaginaryPart())
    zero = False if x.dtype == BOOL else 0
    return view(x, ReadOnly("imag", x.shape, lambda base: like(base, zero)))


@function(np.angle)
def angle(z: ArrayLike, deg: bool = False) -> TracedArray:
    """The angle of numbers in the complex plane, from -pi to pi; in degrees if asked."""
    x = operand(z)
    if is_complex(x):
        result = ufuncs.arctan2(imag(x), real(x))  # type: ignore[arg-type]
    else:
        result = ufuncs.arctan2(0, z)
    return ufuncs.multiply(result, 180 / math.pi) if deg else result


@function(np.real_if_close)
def real_if_close(a: ArrayLike, tol: float = 100) -> TracedArray:
    """The array itself: whether the imaginary parts are small is not known while tracing.

    Of an array of no elements they are.
    """
    x = array(a)
    return real(x) if is_complex(x) and not x.size else x


@function(np.isreal)
def isreal(x: ArrayLike) -> TracedArray:
    """Whether each element's imaginary part is 0."""
    a = operand(x)
    if not is_complex(a):
        return constant(a.shape, BOOL, True)
    part = imag(a)  # type: ignore[arg-type]
    return primitives.eq(part, like(part, 0))


@function(np.iscomplex)
def iscomplex(x: ArrayLike) -> TracedArray:
    """Whether each element's imaginary part is not 0."""
    return primitives.not_(isreal(x))


__all__ = ["angle", "imag", "iscomplex", "isreal", "real", "real_if_close"]
