"""How NumPy's functions are called with complex numbers, but for those of each element.

A call takes arrays and gives one or several; it is the same on NumPy's arrays and on traced ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from edge_calls import written
from numpy.lib.stride_tricks import sliding_window_view


class Smooth(NamedTuple):
    """Arrays of complex numbers that are all different, and of real ones.

    Attributes:
        z, w: of shape (3, 4).
        v, u: vectors of five and three.
        square: of shape (3, 3).
        s: one number, 0-d.
        r: real numbers of shape (3, 4).
    """

    z: Any
    w: Any
    v: Any
    u: Any
    square: Any
    s: Any
    r: Any


class Rough(NamedTuple):
    """Arrays whose numbers are equal in part, are not finite, or are none.

    Attributes:
        ties: of shape (4, 6), with few real and imaginary parts.
        nans: of shape (4, 6), NaN in some of either part.
        ends: a vector of infinities, NaN and zeros in each part.
        plain: a vector of four.
        s: one number, 0-d.
        one, none, empty: of shapes (1,), (0,) and (0, 3).
    """

    ties: Any
    nans: Any
    ends: Any
    plain: Any
    s: Any
    one: Any
    none: Any
    empty: Any


SmoothCall = Callable[[Smooth], Any]
RoughCall = Callable[[Rough], Any]


def smooth(dtype: Any, seed: int = 5) -> Smooth:
    """The arrays of a dtype."""
    random = np.random.default_rng(seed)

    def of(*shape: int) -> Any:
        parts = random.standard_normal((2, *shape))
        return (parts[0] + 1j * parts[1]).astype(dtype)

    square, r = of(3, 3), of(3, 4).real
    return Smooth(of(3, 4), of(3, 4), of(5), of(3), square, of(), np.ascontiguousarray(r))


def rough(dtype: Any) -> Rough:
    """The arrays of a dtype."""
    random = np.random.default_rng(7)
    ties = random.integers(-1, 2, (2, 4, 6)) / 2
    nans = np.where(random.random((2, 4, 6)) < 0.2, np.nan, ties[::-1])
    numbers = (0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan)
    # A product with the imaginary unit would make NaN of infinities.
    ends = np.array([complex(a, b) for a in numbers for b in numbers])

    def of(parts: Any) -> Any:
        found = np.empty(parts.shape[1:], dtype)
        found.real, found.imag = parts
        return found

    plain = np.array([1 + 2j, 3 - 1j, -2 + 0.5j, 1 - 2j], dtype)
    return Rough(
        of(ties), of(nans), ends.astype(dtype), plain, plain[1].reshape(()), plain[:1], plain[:0],
        np.zeros((0, 3), dtype),
    )  # fmt: skip


def put_parts(x: Any, real: Any, imag: Any) -> None:
    x.real = real
    x.imag[:2] = imag


def put_slices(x: Any, part: Any) -> None:
    x[1] = part[0]
    x[:, ::2] *= 2j
    x[[0, 2], [1, 3]] = part[1, :2]
    x[..., -1] += 1
    view = x.T[1:]
    view -= part.T[:3]


def where_ufunc(x: Any, y: Any) -> Any:
    target = np.zeros_like(x)
    np.multiply(x, y, out=target, where=np.arange(4) > 1)
    np.add(target, y, out=target)
    return target


POINTS: Final = np.array([0.0, 1.0, 2.5, 3.0, 7.0])
MASK: Final = np.array([[True, False, True, False], [False] * 4, [True] * 4])
PAD_MODES: Final = (
    "constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "mean", "maximum", "minimum",
)  # fmt: skip

# All can be differentiated, and are at these numbers.
SMOOTH: Final[dict[str, SmoothCall]] = {
    # Creation.
    "full": lambda a: [np.full_like(a.z, a.s), np.full_like(a.r, a.s, dtype=complex)],
    "array": lambda a: [np.copy(a.z), np.stack([a.s, a.s * 2]), a.z.astype(np.complex128)],
    "astype": lambda a: [a.r.astype(np.complex64), a.z.astype(np.complex64)],
    "like": lambda a: [np.ones_like(a.z) * a.z, np.zeros_like(a.r, complex) + a.z],
    "diag": lambda a: [np.diag(a.v), np.diag(a.square, 1), np.diagflat(a.square), np.diagonal(a.z)],
    "triangles": lambda a: [np.tril(a.z), np.triu(a.z, 1)],
    "linspace": lambda a: np.linspace(a.s, a.u, 5),
    "linspace: axis": lambda a: np.linspace(a.u, a.r[:, 0], 4, endpoint=False, axis=1),
    "linspace: step": lambda a: np.linspace(a.u, 1, 3, retstep=True),
    "logspace": lambda a: [np.logspace(a.s, a.u, 4), np.logspace(a.u, 1, 3, base=a.s)],
    "geomspace": lambda a: [np.geomspace(a.u, a.u[::-1], 4), np.geomspace(a.s, 1j, 3)],
    "vander": lambda a: [np.vander(a.u), np.vander(a.v, 3, increasing=True)],
    "meshgrid": lambda a: np.meshgrid(a.u, a.v),
    "parts": lambda a: [a.z.real, a.z.imag, a.z.conj(), np.real(a.r), np.imag(a.z.T)],
    "angle": lambda a: [np.angle(a.z), np.angle(a.z, deg=True)],
    # Indices and writes.
    "index": lambda a: [a.z[1], a.z[:, ::-2], a.z.T[::2, 1:], a.z[..., None, 2], a.z[1, 2]],
    "advanced index": lambda a: [a.z[[0, 2, 0]], a.z[[0, 1], [1, 3]], a.z[:, [2, 2]], a.z[MASK]],
    "take": lambda a: [np.take(a.z, [3, 1], 1), np.take_along_axis(a.z, np.argsort(a.r, 1), 1)],
    "compress": lambda a: [np.compress([True, False, True], a.z, 0), np.extract(MASK, a.z)],
    "flat": lambda a: a.z.flat[2:7],
    "slices": lambda a: written(put_slices, a.z, a.w),
    "written parts": lambda a: written(put_parts, a.z, a.r, a.r[:2]),
    "put": lambda a: [written(np.put, a.z, [0, 5], a.u[:2]), written(np.place, a.z, MASK, a.u)],
    "putmask": lambda a: written(np.putmask, a.z, MASK, a.w),
    "put_along_axis": lambda a: written(np.put_along_axis, a.z, np.array([[1], [0], [3]]), a.s, 1),
    "copyto": lambda a: [written(np.copyto, a.z, a.r), written(np.copyto, a.z, a.s, where=MASK)],
    "fill_diagonal": lambda a: written(np.fill_diagonal, a.square, a.s),
    "at": lambda a: [written(np.add.at, a.v, [0, 2, 0], a.u), written(np.subtract.at, a.v, 1, a.s)],
    "where": lambda a: [np.where(MASK, a.z, a.w), np.where(MASK, a.z, 1), np.where(MASK, a.r, 1j)],
    "select": lambda a: np.select([MASK, ~MASK], [a.z, a.r], 2j),
    "choose": lambda a: np.choose([0, 1, 1, 0], [a.z, a.w]),
    "piecewise": lambda a: np.piecewise(a.v, [POINTS > 2], [lambda x: x * 1j, 2]),
    # Shapes.
    "join": lambda a: [np.concatenate([a.z, a.r]), np.stack([a.z, a.w], 1), np.hstack([a.u, a.v])],
    "more joining": lambda a: [np.vstack([a.z, a.r]), np.dstack([a.z, a.w]), np.append(a.z, a.s),
                               np.column_stack([a.u, a.r]), np.block([[a.square, a.z]])],
    "edit": lambda a: [np.insert(a.v, 2, a.s), np.insert(a.r, 1, 1, 0) * 1j, np.delete(a.z, 1, 1)],
    "split": lambda a: [*np.split(a.z, 2, 1), *np.array_split(a.v, 2), *np.unstack(a.square)],
    "reshape": lambda a: [np.reshape(a.z, (2, 6)), np.ravel(a.z.T), a.z.flatten("F")],
    "axes": lambda a: [a.z.T, np.moveaxis(a.z, 0, 1), np.expand_dims(a.z, 1), np.atleast_3d(a.s)],
    "turned": lambda a: [np.flip(a.z), np.rot90(a.z), np.roll(a.z, 5), np.roll(a.z, -1, 1)],
    "repeated": lambda a: [np.tile(a.u, (2, 2)), np.repeat(a.z, 2, 0), np.resize(a.v, (2, 4)),
                           np.broadcast_to(a.u[:, None], (3, 2))],
    "windows": lambda a: sliding_window_view(a.z, 2, 1),
    **{f"pad: {mode}": lambda a, mode=mode: np.pad(a.z, ((1, 2), (0, 3)), mode)
       for mode in PAD_MODES},
    "pad: number": lambda a: np.pad(a.v, 1, constant_values=2j),
    "pad: odd": lambda a: np.pad(a.v, 2, "reflect", reflect_type="odd"),
    # Reductions.
    "sum": lambda a: [np.sum(a.z), np.sum(a.z, 1), np.sum(a.r, 0, complex),
                      np.sum(a.z, 0, keepdims=True), np.sum(a.z, 1, initial=1j, where=MASK)],
    "prod": lambda a: [np.prod(a.z), np.prod(a.z, 0), np.prod(a.z, 1, where=MASK)],
    "mean": lambda a: [np.mean(a.z), np.mean(a.z, 1), np.mean(a.z, 0, where=MASK[::2].any(0)),
                       np.mean(a.r, 1, np.complex128)],
    "var": lambda a: [np.var(a.z), np.var(a.z, 1, ddof=1), np.std(a.z, 0), np.var(a.r,
                      dtype=complex), np.std(a.z, 1, where=MASK[2:])],
    "average": lambda a: [np.average(a.z, 0), np.average(a.z, 1, a.r[0] + 5),
                          np.average(a.r, 1, a.w)],
    "average: weights": lambda a: np.average(a.z, 0, np.array([1, 2, 3]), returned=True),
    "extremes": lambda a: [np.max(a.z), np.min(a.z, 1), np.ptp(a.z, 0), np.max(a.z, 0, initial=1j)],
    "cumsum": lambda a: [np.cumsum(a.z), np.cumsum(a.z, 1), np.cumulative_sum(a.v)],
    "cumprod": lambda a: [np.cumprod(a.z), np.cumprod(a.z, 0), np.cumulative_prod(a.v)],
    "leaving out NaN": lambda a: [np.nansum(a.z, 1), np.nanprod(a.z, 1), np.nanmean(a.z),
                                  np.nanvar(a.z, 0), np.nanstd(a.z, 1, ddof=1), np.nanmax(a.z, 0),
                                  np.nanmin(a.z, 1), np.nancumsum(a.z), np.nancumprod(a.z, 0)],
    "median": lambda a: [np.median(a.z), np.median(a.z, 0), np.nanmedian(a.z, 1)],
    "cov": lambda a: [np.cov(a.z), np.cov(a.v), np.cov(a.z, a.r, rowvar=False, bias=True)],
    "cov: weights": lambda a: [np.cov(a.z, fweights=[1, 2, 3, 1]),
                               np.cov(a.z, aweights=[0.5, 1, 2, 1])],
    "corrcoef": lambda a: [np.corrcoef(a.z), np.corrcoef(a.v)],
    # Order.
    "sort": lambda a: [np.sort(a.z), np.sort(a.z, 0), np.sort(a.z, None), np.sort_complex(a.v)],
    "sort of reals": lambda a: np.sort_complex(a.r),
    "partition": lambda a: np.partition(a.v, 2)[2],
    # Products.
    "dot": lambda a: [np.dot(a.square, a.z), np.dot(a.u, a.u), np.dot(a.square, a.u), np.dot(a.s,
                      a.z)],
    "vdot": lambda a: [np.vdot(a.z, a.w), np.vdot(a.r, a.z), np.vdot(a.z, a.r), np.vdot(a.s, a.s)],
    "inner": lambda a: [np.inner(a.z, a.w), np.inner(a.v, a.v)],
    "outer": lambda a: [np.outer(a.u, a.v), np.linalg.outer(a.u, a.v)],
    "matmul": lambda a: [a.square @ a.z, a.u @ a.z, a.r.T @ a.square, a.z[None] @ a.w.T, a.u @ a.u],
    "vecdot": lambda a: [np.vecdot(a.z, a.w), np.vecdot(a.z, a.r, axis=0), np.vecdot(a.r, a.z),
                         np.linalg.vecdot(a.z, a.w)],
    "matvec": lambda a: [np.matvec(a.z, a.w[0]), np.vecmat(a.u, a.z), np.vecmat(a.u, a.r)],
    "tensordot": lambda a: [np.tensordot(a.z, a.w, ([0, 1], [0, 1])), np.tensordot(a.u, a.v, 0)],
    "einsum": lambda a: [np.einsum("ij,kj->ik", a.z, a.w), np.einsum("ii->i", a.square),
                         np.einsum("ij,jk,kl->il", a.square, a.z, a.w.T),
                         np.einsum("i,ij,j", a.u.conj(), a.square, a.u), np.einsum("ij->", a.z)],
    "kron": lambda a: [np.kron(a.u, a.v), np.kron(a.square, a.r)],
    "cross": lambda a: [np.cross(a.square, a.u), np.linalg.cross(a.square, a.u)],
    "trace": lambda a: [np.trace(a.square), np.trace(a.z, 1), np.linalg.trace(a.square)],
    "matrix_power": lambda a: [np.linalg.matrix_power(a.square, n) for n in (0, 1, 5)],
    "systems": lambda a: [np.linalg.solve(a.square, a.u), np.linalg.solve(a.r[:, :3], a.u),
                          np.linalg.solve(a.square, a.r[0, :3]), np.linalg.inv(a.square),
                          np.linalg.tensorsolve(a.square, a.u),
                          np.linalg.tensorinv(a.square, 1), np.linalg.matrix_power(a.square, -2)],
    "multi_dot": lambda a: np.linalg.multi_dot([a.square, a.z, a.w.T]),
    "norm": lambda a: [np.linalg.norm(a.v, p) for p in (None, 1, 2, 3, 0.5, -1, np.inf, -np.inf)],
    "matrix norm": lambda a: [np.linalg.norm(a.z, p) for p in ("fro", 1, -1, np.inf, -np.inf)],
    "norm: axes": lambda a: [np.linalg.norm(a.z), np.linalg.norm(a.z, axis=0),
                             np.linalg.vector_norm(a.z, axis=1), np.linalg.matrix_norm(a.z)],
    **{f"convolve: {mode}": lambda a, mode=mode: [np.convolve(a.v, a.u, mode),
                                                  np.convolve(a.r[0], a.v, mode)]
       for mode in ("full", "same", "valid")},
    **{f"correlate: {mode}": lambda a, mode=mode: [np.correlate(a.v, a.u, mode),
                                                   np.correlate(a.u, a.v, mode),
                                                   np.correlate(a.r[0], a.v, mode)]
       for mode in ("full", "same", "valid")},
    # Along an axis.
    "diff": lambda a: [np.diff(a.z), np.diff(a.z, 2, 0), np.diff(a.v, prepend=1j, append=a.s)],
    "ediff1d": lambda a: np.ediff1d(a.z, to_end=1j, to_begin=a.u),
    "gradient": lambda a: [*np.gradient(a.z), np.gradient(a.v, 0.5, edge_order=2),
                           np.gradient(a.v, POINTS)],
    "trapezoid": lambda a: [np.trapezoid(a.z), np.trapezoid(a.v, POINTS), np.trapezoid(a.z, a.w)],
    "interp": lambda a: [np.interp(a.r, POINTS - 1, a.v), np.interp([0.5, 8], POINTS, a.v, 1j, 2),
                         np.interp(a.r, POINTS / 10, a.v, period=1.5)],
    "polynomials": lambda a: [np.polyval(a.u, a.z), np.polyval(a.u, a.r), np.polyadd(a.u, a.v),
                              np.polysub(a.v, a.u), np.polymul(a.u, a.v), np.polyder(a.v, 2),
                              np.polyint(a.v, 2, k=1j)],
    "polydiv": lambda a: np.polydiv(a.v, a.u)[0],
    "poly": lambda a: np.poly(a.u),
    "apply_along_axis": lambda a: [np.apply_along_axis(np.prod, 1, a.z),
                                   np.apply_over_axes(np.sum, a.z, [0, 1])],
    # Elements.
    "round": lambda a: [np.round(a.z, 1), a.z.round()],
    "clip": lambda a: np.clip(a.z, -0.5, 0.5 + 1j),
    "sinc": lambda a: [np.sinc(a.z), np.sinc(a.z / 1000)],
    "nan_to_num": lambda a: [np.nan_to_num(a.z), np.real_if_close(a.z)],
    # Ufuncs.
    "reduce": lambda a: [np.add.reduce(a.z), np.multiply.reduce(a.z, 1), np.subtract.reduce(a.z),
                         np.maximum.reduce(a.z, 1), np.add.reduceat(a.v, [0, 3])],
    "accumulate": lambda a: [np.add.accumulate(a.z, 1), np.multiply.accumulate(a.v),
                             np.minimum.accumulate(a.v), np.divide.accumulate(a.v)],
    "ufunc outer": lambda a: [np.multiply.outer(a.u, a.v), np.subtract.outer(a.r, a.u)],
    "out": lambda a: where_ufunc(a.z, a.w),
    "ufunc dtype": lambda a: [np.multiply(a.r, 2, dtype=complex), np.exp(a.r, dtype=np.complex128)],
    "Python numbers": lambda a: [a.z * 2j, 1j * a.r, a.z + 1, 2 - a.z, a.r / (1 + 1j), a.z**2,
                                 a.s * 1j * 2, 1j + a.s.real],
    # Where the real line ends.
    "emath": lambda a: [f(a.z) for f in (np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10,
                                         np.emath.arccos, np.emath.arcsin, np.emath.arctanh)],
    "emath of two": lambda a: [np.emath.logn(-2, a.z), np.emath.power(a.z, 2.5),
                               np.emath.power(a.r, a.z)],
}  # fmt: skip

# What is not NumPy's here in place of an error has a row in `test_complex_functions`.
ROUGH: Final[dict[str, RoughCall]] = {
    "filled": lambda a: [np.zeros_like(a.ties), np.ones_like(a.s), np.empty_like(a.none) + a.s,
                         np.full_like(a.one, 2j)],
    "questions": lambda a: [np.isreal(a.ends), np.iscomplex(a.ends), np.iscomplexobj(a.ends),
                            np.isrealobj(a.ends), np.isrealobj(a.ends.real)],
    "any": lambda a: [np.any(a.ties, 1), np.all(a.ties, 1), np.count_nonzero(a.ties, 1),
                      np.any(a.none), np.all(a.none), np.all(a.nans)],
    "nonzero: astype": lambda a: a.ends.astype(bool),
    "comparisons": lambda a: [a.ties < a.ties[::-1], a.ties >= 0.5, a.ties == 0.5j, a.ties != a.s],
    "closeness": lambda a: [np.isclose(a.ends, a.ends), np.isclose(a.ends, a.ends, equal_nan=True),
                            np.isclose(a.ends, a.ends[::-1]), np.allclose(a.ties, a.ties + 1e-9j),
                            np.isclose(a.plain, 1 + 2j), np.isclose(1 + 2j, a.plain.real)],
    "equality": lambda a: [np.array_equal(a.ties, a.ties), np.array_equal(a.nans, a.nans),
                           np.array_equal(a.nans, a.nans, equal_nan=True),
                           np.array_equiv(a.one, a.plain), np.isin(a.ties, [0.5j, 0, 0.5])],
    "sort": lambda a: [np.sort(a.ties), np.sort(a.nans), np.sort(a.ends), np.sort(a.none),
                       np.sort_complex(a.nans), np.sort_complex(a.ties.real)],
    "argsort": lambda a: [np.argsort(a.ties, stable=True), np.argsort(a.ends, stable=True)],
    "lexsort": lambda a: np.lexsort((a.ties[0], a.ties[1])),
    "partition": lambda a: [np.partition(a.nans, 3)[:, 3], np.partition(a.plain, 1)[1]],
    "searchsorted": lambda a: [np.searchsorted(np.sort(a.ends), a.ends, side)
                               for side in ("left", "right")],
    "extremes": lambda a: [np.max(a.ties, 1), np.min(a.ties, 0), np.max(a.one), np.ptp(a.ties),
                           np.max(a.ties, 1, initial=0, where=a.ties.real > 0), np.max(a.s),
                           np.max(a.none, initial=1j), np.argmax(a.ties, 1), np.argmin(a.ties, 0),
                           np.argmax(a.ties), np.argmax(a.nans), np.argmin(a.nans, 1)],
    "extremes: NaN": lambda a: [np.isnan(np.max(a.nans, 1)), np.isnan(np.min(a.nans, 0)),
                                np.nanmax(a.nans, 1), np.nanmin(a.nans, 0), np.nanargmax(a.nans, 1),
                                np.nanargmin(a.nans)],
    "leaving out NaN": lambda a: [np.nansum(a.nans, 1), np.nanprod(a.nans, 1), np.nanmean(a.nans,
                                  1), np.nanvar(a.nans, 1), np.nanstd(a.nans, 0),
                                  np.nanmedian(a.nans, 1), np.nancumsum(a.nans),
                                  np.nancumprod(a.nans, 1)],
    "nothing": lambda a: [np.sum(a.none), np.prod(a.empty, 0), np.cumsum(a.none),
                          np.cumprod(a.none), np.mean(a.empty, 0), np.var(a.empty, 0),
                          np.nansum(a.empty, 0), np.median(a.empty, 0), np.real_if_close(a.none),
                          a.none.real, np.vdot(a.none, a.none), a.empty @ a.empty.T,
                          a.empty.T @ a.empty, np.linalg.norm(a.none), np.linalg.norm(a.empty, 1,
                          0), np.outer(a.none, a.one), np.diff(a.none), np.linspace(a.none, 1j,
                          3), np.concatenate([a.none, a.one])],
    "one": lambda a: [np.sum(a.one), np.mean(a.s), np.var(a.s), np.cumsum(a.s), np.vdot(a.s, a.one),
                      np.median(a.one), np.linalg.norm(a.one, 3), np.convolve(a.one, a.one),
                      np.linspace(a.s, 1, 1), np.linspace(a.s, 1, 0), np.diff(a.one),
                      np.cov(a.plain), np.corrcoef(a.plain), np.linalg.matrix_power(a.one[None],
                      3)],
    "zeros": lambda a: [np.linalg.norm(a.one * 0), np.std(np.repeat(a.one, 3)),
                        np.cov(np.repeat(a.one, 3)), np.sinc(a.one * 0)],
    "median": lambda a: [np.median(a.ties), np.median(a.ties, 0), np.isnan(np.median(a.nans, 1))],
    "rounding": lambda a: [np.round(a.ends), np.round(a.plain * 1.25, 1), np.round(a.plain * 77,
                           -1)],
    "nan_to_num": lambda a: [np.nan_to_num(a.ends),
                             np.nan_to_num(a.ends, nan=1, posinf=2, neginf=3)],
    "clip": lambda a: [np.clip(a.ties, -0.5, 0.5j), np.clip(a.ties, None, a.ties[::-1]),
                       np.clip(a.ties, 0.5j, np.nan)],
    "parts of ends": lambda a: [a.ends.real, a.ends.imag, a.ends.conj(), np.conj(a.ends).real],
    "joined ends": lambda a: [np.concatenate([a.ends, a.ends.real]), np.where(a.ends, a.ends, 1),
                              np.roll(a.ends, 3), a.ends[::-1], np.pad(a.ends, 2, "edge"),
                              np.take(a.ends, [0, 4, -1]), np.diag(a.ends[:5]), a.ends.reshape(7,
                              7).T],
    "histogram": lambda a: np.histogram([0.5, 1, 1, 2], 3, (0, 3), weights=a.plain),
    "constants": lambda a: [np.linspace(0, 1j, 4) + a.s, np.linspace(1j, 2, 3,
                            retstep=True)[1] * a.s, np.eye(3, dtype=complex) * a.s],
    "spaces of numbers": lambda a: [np.geomspace(1 + a.s * 0, 16, 5), np.geomspace(1j,
                                    16j * a.one, 5), np.logspace(0, 1j * a.one, 3, base=2)],
}  # fmt: skip
