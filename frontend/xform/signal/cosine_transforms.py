"""Cosine and sine transforms, which are Fourier transforms of signals with a mirror.

The second and third kind take a complex transform of as many points (J. Makhoul, "A fast cosine
transform in one and two dimensions", 1980), the fourth of twice as many, and the first is that of
the whole mirrored signal. Sine transforms are cosine transforms of signals with other signs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from ..errors import XformValueError, at_user_line
from ..numpy import fft, manipulation
from ..numpy.complex_parts import is_complex
from ..numpy.dispatch import extension
from ..numpy.fft.extents import Extents, as_inexact, sized
from ..numpy.fft.norms import checked_norm, opposite, scale
from ..numpy.joining import stack
from ..numpy.promotion import array
from ..primitives import concatenate, reverse
from ..tracing.array import ArrayLike, TracedArray
from ..tracing.traces import complex_of, imag_of, real_of

Table: TypeAlias = np.ndarray[Any, Any]
_transform = extension("signal")

_INVERSE_KIND: Final = {1: 1, 2: 3, 3: 2, 4: 4}


class _Ends(NamedTuple):
    """What the first element, and the last one of the first kind, are multiplied with."""

    before: float
    after: float


def _weighted(x: TracedArray, weight: float, both: bool = False) -> TracedArray:
    """An array whose first elements along the last axis, or first and last, have a weight."""
    if weight == 1:
        return x
    weights = np.ones(x.shape[-1], x.dtype)
    weights[0] *= weight
    if both:
        weights[-1] *= weight
    return x * array(weights)


def _turned(x: TracedArray, turns: Table) -> TracedArray:
    """Each element as a complex number, turned by e^(-pi i turns)."""
    cos, sin = np.cos(np.pi * turns), np.sin(np.pi * turns)
    return complex_of(x * array(cos.astype(x.dtype)), x * array(-sin.astype(x.dtype)))


def _real_of_turned(z: TracedArray, turns: Table) -> TracedArray:
    """The real part of each number turned by e^(-pi i turns)."""
    real, imag = real_of(z), imag_of(z)
    cos, sin = np.cos(np.pi * turns), np.sin(np.pi * turns)
    return real * array(cos.astype(real.dtype)) + imag * array(sin.astype(real.dtype))


def _reversed(x: TracedArray) -> TracedArray:
    return reverse(x, [x.ndim - 1])


def _joined(*parts: TracedArray) -> TracedArray:
    return concatenate(parts, parts[0].ndim - 1)


def _cosine_1(x: TracedArray, ends: _Ends) -> TracedArray:
    """x_0 + (-1)^k x_(n-1) + 2 sum_j x_j cos(pi j k / (n - 1)), over the j between."""
    x = _weighted(x, ends.before, both=True)
    found = real_of(fft.rfft(_joined(x, _reversed(x[..., 1:-1]))))
    return _weighted(found, ends.after, both=True)


def _cosine_2(x: TracedArray, ends: _Ends) -> TracedArray:
    """2 sum_j x_j cos(pi k (2 j + 1) / 2 n)."""
    n = x.shape[-1]
    turns = np.arange(n) / (2 * n)
    found = _real_of_turned(fft.fft(_joined(x[..., ::2], _reversed(x[..., 1::2]))), turns)
    return _weighted(found * 2, ends.after)


def _cosine_3(x: TracedArray, ends: _Ends) -> TracedArray:
    """x_0 + 2 sum_k x_k cos(pi k (2 j + 1) / 2 n), over the other k: the second kind transposed."""
    n = x.shape[-1]
    turned = _turned(_weighted(x * 2, ends.before / 2), np.arange(n) / (2 * n))
    found = real_of(fft.fft(turned))
    # The first half has the elements at even places, the second those at odd ones from the end.
    odd = _reversed(found[..., (n + 1) // 2 :])
    if n % 2:
        odd = _joined(odd, odd[..., :1] if n > 1 else found)
    pairs = stack([found[..., : (n + 1) // 2], odd], axis=-1)
    return pairs.reshape(*x.shape[:-1], n + n % 2)[..., :n]


def _cosine_4(x: TracedArray, ends: _Ends) -> TracedArray:
    """2 sum_j x_j cos(pi (2 k + 1) (2 j + 1) / 4 n)."""
    places = np.arange(x.shape[-1])
    n = len(places)
    found = fft.fft(_turned(x, places / (2 * n)), 2 * n)[..., :n]
    return _real_of_turned(found, (2 * places + 1) / (4 * n)) * 2


def _sine_1(x: TracedArray, ends: _Ends) -> TracedArray:
    """2 sum_j x_j sin(pi (j + 1) (k + 1) / (n + 1))."""
    zero = array(np.zeros((*x.shape[:-1], 1), x.dtype))
    found = fft.rfft(_joined(zero, x, zero, -_reversed(x)))
    return -imag_of(found)[..., 1:-1]


def _alternating(x: TracedArray) -> TracedArray:
    signs = np.ones(x.shape[-1], x.dtype)
    signs[1::2] = -1
    return x * array(signs)


def _sine_2(x: TracedArray, ends: _Ends) -> TracedArray:
    return _reversed(_cosine_2(_alternating(x), ends))


def _sine_3(x: TracedArray, ends: _Ends) -> TracedArray:
    return _alternating(_cosine_3(_reversed(x), ends))


def _sine_4(x: TracedArray, ends: _Ends) -> TracedArray:
    return _alternating(_cosine_4(_reversed(x), ends))


Rule = Callable[[TracedArray, _Ends], TracedArray]
_COSINES: Final[dict[int, Rule]] = {1: _cosine_1, 2: _cosine_2, 3: _cosine_3, 4: _cosine_4}
_SINES: Final[dict[int, Rule]] = {1: _sine_1, 2: _sine_2, 3: _sine_3, 4: _sine_4}


def _along(
    x: TracedArray, rule: Rule, kind: int, points: int, norm: str, orthogonal: bool
) -> TracedArray:
    """A transform along the last axis.

    Args:
        x: real, or complex, whose parts are transformed each.
        rule: how.
        kind: 1 to 4.
        points: of the Fourier transform of the mirrored signal.
        norm: "backward", "forward" or "ortho".
        orthogonal: whether ends are weighted so that the matrix is orthogonal with "ortho".
    """
    if is_complex(x):
        parts = (real_of(x), imag_of(x))
        return complex_of(*(_along(p, rule, kind, points, norm, orthogonal) for p in parts))
    ends = _Ends(math.sqrt(2), math.sqrt(0.5)) if orthogonal else _Ends(1, 1)
    found = rule(x, ends)
    return found if norm == "backward" else found * scale(norm, points)


def _transformed(
    name: str,
    a: ArrayLike,
    kind: int,
    s: Any,
    axes: Any,
    norm: str | None,
    orthogonalize: bool | None,
) -> TracedArray:
    """One of the functions of this module, which its name tells from the others."""
    chosen = checked_norm(norm, name)
    if kind not in _INVERSE_KIND:
        raise XformValueError(at_user_line(f"{name}: expected a type from 1 to 4, got {kind!r}"))
    if name.startswith("i"):
        kind, chosen = _INVERSE_KIND[kind], opposite(chosen)
    orthogonal = chosen == "ortho" if orthogonalize is None else orthogonalize
    is_sine = "dst" in name
    x = as_inexact(a)
    for axis, n in Extents(x, s, axes, False, name).each():
        least = 2 if kind == 1 and not is_sine else 1
        if n < least:
            raise XformValueError(
                at_user_line(f"{name}: expected at least {least} points, got {n}")
            )
        points = 2 * n if kind != 1 else 2 * (n + 1) if is_sine else 2 * (n - 1)
        lines = sized(manipulation.moveaxis(x, axis, -1), n, x.ndim - 1)
        rule = (_SINES if is_sine else _COSINES)[kind]
        found = _along(lines, rule, kind, points, chosen, orthogonal)
        x = manipulation.moveaxis(found, -1, axis)
    return x


@_transform
def dct(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """The cosine transform along an axis, as in `scipy.fft`.

    Args:
        x: real, or complex, whose parts are transformed each; integers become float64.
        type: which of the four kinds; 2 by default.
        n: how many points: the first ones, or all and zeros. None for all.
        axis: the axis.
        norm: "backward" (also None): as it is; "forward": divided by 2 n, for the first kind
            2 (n - 1); "ortho": by the root of that.
        overwrite_x, workers: SciPy's; without effect.
        orthogonalize: whether the ends are weighted so that "ortho" makes an orthogonal matrix; by
            default with "ortho" only.

    Raises:
        AxisError: the axis is out of range.
        XformValueError: too few points, or an unknown type or norm.

    >>> import numpy as np
    >>> dct(np.array([1.0, 2.0, 3.0])).numpy().round(6)
    array([12.      , -3.464102,  0.      ])
    """
    return _transformed("dct", x, type, [n], [axis], norm, orthogonalize)


@_transform
def idct(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """What `dct` of one type and norm has transformed; see there."""
    return _transformed("idct", x, type, [n], [axis], norm, orthogonalize)


@_transform
def dst(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """The sine transform along an axis; arguments as in `dct`."""
    return _transformed("dst", x, type, [n], [axis], norm, orthogonalize)


@_transform
def idst(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """What `dst` of one type and norm has transformed; see `dct`."""
    return _transformed("idst", x, type, [n], [axis], norm, orthogonalize)


@_transform
def dctn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """The cosine transform along several axes.

    Args:
        s: how many points along each axis; None for all of each.
        axes: the axes, by default all, or the last ones if `s` is given.
        x, type, norm, overwrite_x, workers, orthogonalize: see `dct`.
    """
    return _transformed("dctn", x, type, s, axes, norm, orthogonalize)


@_transform
def idctn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """What `dctn` of one type and norm has transformed; see there."""
    return _transformed("idctn", x, type, s, axes, norm, orthogonalize)


@_transform
def dstn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """The sine transform along several axes; arguments as in `dctn`."""
    return _transformed("dstn", x, type, s, axes, norm, orthogonalize)


@_transform
def idstn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> TracedArray:
    """What `dstn` of one type and norm has transformed; see `dctn`."""
    return _transformed("idstn", x, type, s, axes, norm, orthogonalize)


__all__ = ["dct", "dctn", "dst", "dstn", "idct", "idctn", "idst", "idstn"]
