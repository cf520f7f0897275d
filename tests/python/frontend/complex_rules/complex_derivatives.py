"""Points at which derivatives of functions of complex numbers are compared with closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xform.numpy as xnp
from complex_grid import of_parts
from xform.frontend import grad, jit, jvp

Function = Callable[[Any], Any]
_TANGENT = 0.6 + 0.8j


class Closed(NamedTuple):
    """A function and closed forms of its first two derivatives.

    Attributes:
        function: NumPy's.
        first, second: of NumPy arrays.
    """

    function: Function
    first: Function
    second: Function


def plus(x: Any, number: float) -> Any:
    """x + number, which keeps the sign of an imaginary part of 0."""
    return of_parts(x.real + number, x.imag)


def times_i(x: Any) -> Any:
    """i x, without a sign of zero lost."""
    return of_parts(-x.imag, x.real)


def anywhere() -> np.ndarray[Any, Any]:
    """Numbers on both sides of every branch cut, near 0, far out, and infinite ones."""
    draw = np.random.default_rng(3)
    size = np.array([1e-30, 1e-8, 0.5, 2, 20, 60, 300, 1e5, 1e15, 1e30, 1e100, np.inf])
    size = np.concatenate([size, -size])
    on_axes = [
        part for zero in (0.0, -0.0) for part in (of_parts(size, zero), of_parts(zero, size))
    ]
    drawn = draw.normal(size=12) + 1j * draw.normal(size=12)
    far = of_parts(size[:-1], 0.7 * size[:-1])
    return np.concatenate([*on_axes, drawn, far, [0.0, 1e200 + 1e200j]])


def check_derivatives(closed: Closed, ulps: float = 64) -> None:
    """Compares first and second derivatives forwards, and first ones in reverse.

    Where a closed form is not finite, there is nothing to compare.
    """
    x = anywhere()

    @jit
    def derivatives(x: Any, t: Any) -> Any:
        def along(x: Any) -> Any:
            return jvp(closed.function, (x,), (t,))[1]

        return *jvp(along, (x,), (t,)), grad(lambda x: xnp.sum(xnp.real(closed.function(x))))(x)

    found = derivatives(x, np.full_like(x, _TANGENT))
    with np.errstate(all="ignore"):
        first, second = closed.first(x), closed.second(x)
        expected = (_TANGENT * first, _TANGENT**2 * second, np.conj(first))
        scale = np.abs(first), np.abs(first) + np.abs(second), np.abs(first)
    for ours, exact, size in zip(found, expected, scale, strict=True):
        known = np.isfinite(exact) & np.isfinite(size)
        assert np.sum(known) > 50
        with np.errstate(all="ignore"):
            error = np.abs(np.asarray(ours) - exact) / (2.0**-52 * size + 1e-307)
        wrong = np.flatnonzero(known & ~(error <= ulps))
        assert not wrong.size, [(x[i], np.asarray(ours)[i], exact[i]) for i in wrong[:5]]
