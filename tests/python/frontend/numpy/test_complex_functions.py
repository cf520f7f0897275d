"""NumPy's functions of complex numbers: values, derivatives and batches, and what is refused."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from complex_calls import POINTS, ROUGH, SMOOTH, Rough, Smooth, rough, smooth
from xform import frontend
from xform import numpy as xnp

DTYPES = ("complex64", "complex128")
# Calls in a program.
PROGRAM = 40
Call = Callable[[Any], Any]


def flat(result: Any) -> list[Any]:
    if isinstance(result, list | tuple):
        return [x for part in result for x in flat(part)]
    return [result]


def numpys(call: Call, arguments: Any) -> list[np.ndarray]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [np.asarray(x) for x in flat(call(arguments))]


def inexact(xs: list[Any]) -> list[Any]:
    return [x for x in xs if x.dtype.kind in "fc"]


def chunks(table: dict[str, Call]) -> list[list[str]]:
    names = list(table)
    return [names[start : start + PROGRAM] for start in range(0, len(names), PROGRAM)]


def run(kind: type, table: dict[str, Call], names: list[str], arguments: Any) -> list[list[Any]]:
    """The results of some calls, from one program."""

    def program(given: tuple[Any, ...]) -> list[list[Any]]:
        return [flat(table[name](kind(*given))) for name in names]

    with np.errstate(all="ignore"):
        return list(frontend.jit(program)(tuple(arguments)))


def assert_near(name: str, got: Any, want: np.ndarray, tolerance: float) -> None:
    got = np.asarray(got)
    assert (got.dtype, got.shape) == (want.dtype, want.shape), name
    if want.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want, name)
        return
    # Each part by itself: NaN in one says nothing of the other.
    parts = (
        [(got.real, want.real), (got.imag, want.imag)] if want.dtype.kind == "c" else [(got, want)]
    )
    scale = np.max(np.abs(want[np.isfinite(want)]), initial=1.0)
    for one, other in parts:
        np.testing.assert_allclose(one, other, tolerance, tolerance * scale, err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("names", chunks(SMOOTH), ids=lambda names: names[0])
def test_values(names: list[str], dtype: str) -> None:
    arguments = smooth(dtype)
    for name, results in zip(names, run(Smooth, SMOOTH, names, arguments), strict=True):
        for got, want in zip(results, numpys(SMOOTH[name], arguments), strict=True):
            assert_near(name, got, want, 2e-5 if dtype == "complex64" else 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("names", chunks(ROUGH), ids=lambda names: names[0])
def test_ties_ends_and_nothing(names: list[str], dtype: str) -> None:
    arguments = rough(dtype)
    for name, results in zip(names, run(Rough, ROUGH, names, arguments), strict=True):
        for got, want in zip(results, numpys(ROUGH[name], arguments), strict=True):
            assert_near(name, got, want, 1e-5 if dtype == "complex64" else 1e-13)


@functools.cache
def directions() -> tuple[Smooth, Smooth]:
    return smooth("complex128"), smooth("complex128", seed=6)


@pytest.mark.parametrize("names", chunks(SMOOTH), ids=lambda names: names[0])
def test_derivatives(names: list[str]) -> None:
    """Tangents are differences, and the gradient of a real function has these as its products."""
    point, direction = directions()

    def outputs(name: str, given: tuple[Any, ...]) -> list[Any]:
        return inexact(flat(SMOOTH[name](Smooth(*given))))

    def real_number(name: str, given: tuple[Any, ...]) -> Any:
        # The weights are others for each element.
        total: Any = 0.0
        for x in outputs(name, given):
            weights = np.cos(np.arange(x.size)).reshape(x.shape) * (1 + 0.5j)
            total = total + xnp.sum(xnp.real(weights * x))
        return total

    def program(given: tuple[Any, ...], along: tuple[Any, ...]) -> list[Any]:
        found = []
        for name in names:
            tangents = frontend.jvp(functools.partial(outputs, name), (given,), (along,))[1]
            found.append((tangents, frontend.grad(functools.partial(real_number, name))(given)))
        return found

    results = frontend.jit(program)(tuple(point), tuple(direction))
    step = 1e-6
    for name, (tangents, gradients) in zip(names, results, strict=True):
        ends = [
            inexact(
                numpys(
                    SMOOTH[name],
                    Smooth(*(x + h * t for x, t in zip(point, direction, strict=True))),
                )
            )
            for h in (step, -step)
        ]
        change = 0.0
        for got, high, low in zip(tangents, *ends, strict=True):
            # What the call makes complex64 has differences of no use.
            precise = high.dtype in (np.float64, np.complex128)
            if precise:
                assert_near(name, got, (high - low) / (2 * step), 1e-6)
            weights = np.cos(np.arange(high.size)).reshape(high.shape) * (1 + 0.5j)
            change += np.sum((weights * np.asarray(got)).real)
        along = sum(
            np.sum((np.conj(g) * t).real) for g, t in zip(gradients, direction, strict=True)
        )
        np.testing.assert_allclose(
            along, change, 1e-5 if "astype" in name else 1e-9, 1e-9, err_msg=name
        )


@pytest.mark.parametrize("names", chunks(SMOOTH), ids=lambda names: names[0])
def test_batches(names: list[str]) -> None:
    rows = [smooth("complex128", seed) for seed in (5, 6, 8)]
    stacked = tuple(np.stack(columns) for columns in zip(*rows, strict=True))

    def program(given: tuple[Any, ...]) -> list[Any]:
        return [
            frontend.vmap(lambda *one, name=name: flat(SMOOTH[name](Smooth(*one))))(*given)
            for name in names
        ]

    for name, results in zip(names, frontend.jit(program)(stacked), strict=True):
        wanted = zip(*(numpys(SMOOTH[name], row) for row in rows), strict=True)
        for got, want in zip(results, wanted, strict=True):
            assert_near(name, got, np.stack(want), 1e-5 if "astype" in name else 1e-11)


def weighted_histogram(a: Smooth) -> Any:
    return np.bincount(np.arange(5), weights=a.v)


def lost_in_place(a: Smooth) -> Any:
    target = np.zeros_like(a.r)
    target[...] = a.z
    return target


def lost_in_operator(a: Smooth) -> Any:
    target = a.r + 0
    target += a.z
    return target


UNSUPPORTED = "complex matrices are not supported yet, got complex128"
LOST = "imaginary parts would be lost; take x.real"
REAL_ONLY = "depends on the elements"

# Of which what NumPy gives is an error too, a warning, or not written here yet.
REFUSED: dict[str, tuple[Call, str]] = {
    **{
        name: (lambda a, name=name: getattr(np.linalg, name)(a.square), UNSUPPORTED)
        for name in ("det", "slogdet", "qr", "svd", "svdvals", "eig", "eigvals", "eigh",
                     "eigvalsh", "cholesky", "pinv", "cond", "matrix_rank")
    },
    "lstsq": (lambda a: np.linalg.lstsq(a.z, a.u), UNSUPPORTED),
    "norm": (lambda a: np.linalg.norm(a.square, 2), UNSUPPORTED),
    "matrix_norm": (lambda a: np.linalg.matrix_norm(a.square, ord="nuc"), UNSUPPORTED),
    "polyfit": (lambda a: np.polyfit(POINTS, a.v, 2), UNSUPPORTED),
    "cho_solve": (lambda a: xnp.linalg.cho_solve(a.square, a.u), UNSUPPORTED),
    "quantile": (lambda a: np.quantile(a.z, 0.5), "nothing between them, got complex128"),
    "nanpercentile": (lambda a: np.nanpercentile(a.z, 5), "nothing between them"),
    "isposinf": (lambda a: np.isposinf(a.z), "many infinities"),
    "isneginf": (lambda a: np.isneginf(a.z), "many infinities"),
    "histogram": (lambda a: np.histogram(a.z, 3), "lie in no bins, got complex128"),
    "histogramdd": (lambda a: np.histogramdd(a.z, [POINTS] * 4), "lie in no bins"),
    "digitize": (lambda a: np.digitize(a.z, POINTS), "real numbers, got complex128"),
    "bincount": (weighted_histogram, LOST),
    "interp": (lambda a: np.interp(a.z, POINTS, POINTS), LOST),
    "interp ": (lambda a: np.interp(a.r, POINTS, POINTS, left=a.s), LOST),
    "arange": (lambda a: xnp.arange(1, 2j), "lie in no row"),
    "fix": (lambda a: np.fix(a.z), "complex128"),
    "unwrap": (lambda a: np.unwrap(a.z), "complex128"),
    "multiply.at": (lambda a: np.multiply.at(a.z, [0, 0], a.s), "scatter_mul: complex numbers"),
    "x[...] =": (lost_in_place, LOST),
    "x +=": (lost_in_operator, "complex128"),
    "add": (lambda a: np.add(a.z, 1, out=np.zeros_like(a.r)), "float64"),
    "sum": (lambda a: np.sum(a.z, dtype=float), LOST),
    "full_like": (lambda a: np.full_like(a.r, a.s), LOST),
    "full_like ": (lambda a: np.full_like(a.r, 1j), "1j has no value of float64"),
    "asarray": (lambda a: xnp.asarray(a.z, float), LOST),
    "linspace": (lambda a: np.linspace(a.u, 1, dtype=int), LOST),
    "astype": (lambda a: a.z.astype(float, casting="same_kind"), "'same_kind'"),
    "view": (lambda a: a.z.view(float), "got float64"),
    "sqrt": (lambda a: np.emath.sqrt(a.r), REAL_ONLY),
    "logn": (lambda a: np.emath.logn(2, a.r), REAL_ONLY),
    "power": (lambda a: np.emath.power(a.r, 0.5), REAL_ONLY),
    "unique": (lambda a: np.unique(a.z), "shape of its result"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_so(name: str) -> None:
    function, part = REFUSED[name]
    with pytest.raises(TypeError, match=re.escape(part)) as caught:
        frontend.jit(lambda *x: function(Smooth(*x))).lower(*smooth("complex128"))
    message = str(caught.value)
    assert f"\n  at {__file__}:" in message
    if not name.startswith("x"):
        assert name.strip() in message.partition("\n")[0]


def test_astype_warns_that_imaginary_parts_are_left_out() -> None:
    z = smooth("complex64").z
    with pytest.warns(np.exceptions.ComplexWarning, match="complex64 are left out") as caught:
        found = frontend.jit(lambda z: [z.astype(np.float32), z.astype(bool)])(z)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(found[0], z.real)
    np.testing.assert_array_equal(found[1], z != 0)


def test_a_traced_number_says_what_it_is() -> None:
    def watch(z: Any, s: Any) -> Any:
        assert repr(z) == "TracedArray((3, 4), complex64)"
        assert repr(s) == "TracedArray((), complex128, weak)"
        assert f"{z[0]}" == "TracedArray((4,), complex64)"
        assert np.array_repr(z) == repr(z)
        assert (np.iscomplexobj(z), np.isrealobj(z)) == (True, False)
        assert (z * s).dtype == (s * np.float32(1)).dtype == np.complex64
        assert (s * 2).dtype == np.complex128
        assert (s * z.real).dtype == np.complex64
        assert np.result_type(z, np.float64) == np.complex128
        return z * s

    z = smooth("complex64").z
    np.testing.assert_allclose(frontend.jit(watch)(z, 2j), 2j * z, 1e-6)
    with pytest.raises(TypeError, match=r"complex\(x\)"):
        frontend.jit(lambda z: complex(z[0, 0])).lower(z)


def test_traced_masks_select_complex_numbers() -> None:
    def chosen(z: Any, w: Any) -> list[Any]:
        mask = z.real > 0
        out = np.zeros_like(z)
        out[mask] = z[mask] * w[mask] + 1j
        part = z[mask]
        return [out, part.sum(), part.mean(), part.max(), part.min(), part.var(), part.prod(),
                np.abs(part).sum(), np.count_nonzero(mask)]  # fmt: skip

    a = smooth("complex128")
    for got, want in zip(frontend.jit(chosen)(a.z, a.w), chosen(a.z, a.w), strict=True):
        np.testing.assert_allclose(got, want, 1e-13)


def test_the_size_of_a_number_at_0_has_a_derivative() -> None:
    zero = np.zeros(3, complex)
    for of_sizes in (np.linalg.norm, np.std, lambda z: np.linalg.norm(z, 3)):
        np.testing.assert_array_equal(frontend.grad(of_sizes)(zero), zero)


def test_outside_of_a_function_they_are_numpys() -> None:
    a = smooth("complex128")
    assert xnp.emath.sqrt(-1) == 1j
    assert np.array_equal(xnp.sort_complex(a.v), np.sort_complex(a.v))
    assert np.array_equal(xnp.vdot(a.z, a.w), np.vdot(a.z, a.w))
    assert xnp.iscomplexobj(xnp.linalg.inv(a.square))
