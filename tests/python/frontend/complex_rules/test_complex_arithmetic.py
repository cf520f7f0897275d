"""Sums, products, quotients, powers, absolute values and signs of complex numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import numpy as np
import pytest
import torch
import xform.numpy as xnp
from complex_grid import DTYPES, Array, assert_as_numpy, assert_near, grid, of_parts
from xform.frontend import grad, jit, jvp

OF_ONE = ("absolute", "sign", "conjugate", "positive", "negative", "reciprocal", "rint", "angle",
          "real", "imag")  # fmt: skip
OF_TWO = ("add", "subtract", "multiply", "divide")
EXPONENTS = (0, 1, 2, 3, 5, -1, -2, 0.5, 1.5, 1 - 2j, 0j, 120)
MORE_EXPONENTS = (*EXPONENTS, -3, -0.5, 1j, 2 + 1j, -101.0)


def pairs(dtype: Any) -> tuple[Array, Array]:
    """Every pair of 81 numbers."""
    # Of powers of 2, a product is the same whether it is rounded before it is added or not.
    each = np.array([0.0, -0.0, 1.0, -2.0, 0.5, 2.0**60, np.inf, -np.inf, np.nan])
    x = of_parts(*np.meshgrid(each, each), dtype).ravel()
    first, second = np.meshgrid(x, x)
    return first.ravel(), second.ravel()


def bases(dtype: Any) -> Array:
    """Finite numbers, of which no power with these exponents is beyond the range."""
    each = np.array([0.0, -0.0, 1.0, -1.0, 0.75, -1.25])
    return of_parts(*np.meshgrid(each, each), dtype).ravel()


@cache
def computed(dtype: str) -> Any:
    """All functions, in one program."""

    def functions(x: Any, y: Any, z: Any) -> Any:
        return (
            {name: getattr(np, name)(x, y) for name in OF_TWO},
            {name: getattr(np, name)(z) for name in OF_ONE},
            np.square(z),
            np.round(z, 2),
        )

    return jit(functions)(*pairs(dtype), grid(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_TWO)
def test_pairs(name: str, dtype: str) -> None:
    x, y = pairs(dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x, y)
    assert_as_numpy(computed(dtype)[0][name], expected, x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_special_numbers(name: str, dtype: str) -> None:
    x = grid(dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    assert_as_numpy(computed(dtype)[1][name], expected, x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_squares(dtype: str) -> None:
    x = grid(dtype)
    with np.errstate(all="ignore"):
        expected = np.square(x)
    found = np.asarray(computed(dtype)[2])
    large = np.maximum(np.abs(x.real), np.abs(x.imag)) > 1e25
    assert_as_numpy(found[~large], expected[~large], x[~large])
    # Of huge numbers NumPy's difference of squares has another sign, or is NaN.
    a, b = x.real, x.imag
    on_diagonal = np.isfinite(x) & (np.abs(a) == np.abs(b))
    assert np.all(found.real[on_diagonal] == 0)
    assert np.all(np.isposinf(found.real[large & np.isfinite(x) & (np.abs(a) > np.abs(b))]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_rounded_to_decimals(dtype: str) -> None:
    x = grid(dtype)
    with np.errstate(all="ignore"):
        x = np.where(np.abs(x) < 1e3, x, 0.125 - 0.375j).astype(dtype)
    found = jit(lambda x: (np.round(x, 2), np.round(x, -1), x.round()))(x)
    for ours, decimals in zip(found, (2, -1, 0), strict=True):
        assert_as_numpy(ours, np.round(x, decimals), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_powers(dtype: str) -> None:
    x = bases(dtype)
    finite = np.array([*np.where(x == 0, 1, x)])
    exponents = np.array(MORE_EXPONENTS, dtype)
    known, taken, wide = jit(
        lambda x, y: ([x**n for n in EXPONENTS], np.power(x, y), np.float_power(x, y))
    )(x, exponents[:, None])
    assert np.asarray(taken).dtype == dtype
    assert np.asarray(wide).dtype == np.complex128
    for i, exponent in enumerate(exponents):
        with np.errstate(all="ignore"):
            expected = np.power(x, exponent)
            ulps = 8 + 4 * np.max(np.abs(exponent * np.log(finite)))
        for found in [taken[i], *known[i : i + 1]]:
            ours = np.asarray(found)
            assert ours.dtype == dtype
            is_number = ~np.isnan(expected)
            np.testing.assert_array_equal(np.isnan(ours), ~is_number)
            ours, theirs, at = ours[is_number], expected[is_number], x[is_number]
            assert_near(ours, theirs.astype(np.complex128), at, ulps)
            np.testing.assert_array_equal(ours[at == 0], theirs[at == 0])


def test_powers_of_infinities() -> None:
    x = np.array([complex(np.inf, 0), complex(1, np.inf), complex(np.nan, 1)])
    zeroth, inverse, root = jit(lambda x, y: (x**y, x**-1, x**0.5))(x, np.zeros_like(x))
    np.testing.assert_array_equal(np.asarray(zeroth), [1, 1, 1])
    np.testing.assert_array_equal(np.asarray(inverse)[:2], [0, 0])
    np.testing.assert_array_equal(np.asarray(root)[:2], np.sqrt(x[:2]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_absolute_values_and_quotients_do_not_overflow(dtype: str) -> None:
    size = 1e300 if dtype == "complex128" else 1e37
    x = np.array([size * (1 + 1j), size * (3 - 4j), 1j * size, (1 + 1j) / size], dtype)
    y = np.array([size * (1 - 2j), size * (-1 + 2j), 2j * size, (2 + 1j) / size], dtype)
    size_of, quotient, inverse = jit(lambda x, y: (np.abs(x), x / y, 1 / (x * 0.25)))(x, y)
    # The quotients of the numbers without their common factor.
    expected = [(1 + 1j) / (1 - 2j), (3 - 4j) / (-1 + 2j), 0.5, (1 + 1j) / (2 + 1j)]
    assert_near(quotient, np.array(expected), x, 4)
    wide = np.hypot(x.real.astype(np.longdouble), x.imag.astype(np.longdouble))
    assert_near(size_of, wide.astype(np.float64), x, 4)
    expected = [4 / (1 + 1j) / size, 4 / (3 - 4j) / size, -4j / size, 4 / (1 + 1j) * size]
    assert_near(inverse, np.array(expected), x, 4)


POINTS = np.array([0, 1 + 2j, -3, 2j, -2j, 1e-100, -1e100, 1e90 - 1e90j, np.inf, 1j * np.inf])


REAL_FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "abs": (np.abs, torch.abs),
    "abs squared": (lambda x: np.abs(x) ** 2, lambda x: x.abs() ** 2),
    "angle": (np.angle, torch.angle),
    "real": (np.real, torch.real),
    "imag": (np.imag, torch.imag),
    "conj": (lambda x: (np.conj(x) * (2 + 1j)).real, lambda x: (x.conj() * (2 + 1j)).real),
    "sign": (lambda x: (np.sign(x) * (2 + 1j)).real, lambda x: (x.sgn() * (2 + 1j)).real),
    "x * conj(x)": (lambda x: (x * np.conj(x)).real, lambda x: (x * x.conj()).real),
}


@cache
def gradients() -> dict[str, Any]:
    """First and second derivatives of all real functions, in one program."""

    def of(function: Any, x: Any) -> Any:
        def gradient(x: Any) -> Any:
            return grad(lambda x: xnp.sum(function(x)))(x)

        first = gradient(x)
        return first, grad(lambda x: xnp.sum((gradient(x) * (0.6 - 0.8j)).real))(x)

    return jit(lambda x: {name: of(ours, x) for name, (ours, _) in REAL_FUNCTIONS.items()})(POINTS)


@pytest.mark.parametrize("name", REAL_FUNCTIONS)
def test_derivatives_of_real_functions_are_torchs(name: str) -> None:
    function = REAL_FUNCTIONS[name][1]
    x = torch.tensor(POINTS, requires_grad=True)
    (first,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    second = torch.zeros_like(x)
    if first.requires_grad:
        (second,) = torch.autograd.grad(
            (first * (0.6 - 0.8j)).real.sum(), x, allow_unused=True, materialize_grads=True
        )
    for ours, theirs, order in zip(gradients()[name], (first, second), (1, 2), strict=True):
        ours, theirs = np.asarray(ours), theirs.detach().resolve_conj().numpy()
        # At 0 torch has second derivatives that are NaN; |x|, whose derivative is x / |x|, has
        # none. Far from 0 its squares overflow.
        known = np.isfinite(theirs) & (np.abs(theirs) < 1e290) & (np.abs(POINTS) < 1e60)
        if order == 2:
            known &= np.abs(POINTS) > 1e-10
        assert np.sum(known) >= 4
        np.testing.assert_allclose(ours[known], theirs[known], 1e-13, 1e-300)
        assert np.isfinite(ours[: 8 if order == 1 else 0]).all()


def test_signs_and_sizes_have_derivatives_at_0_and_far_out() -> None:
    first = np.asarray(gradients()["abs"][0])
    assert first[0] == 0
    np.testing.assert_allclose(first[6:8], [-1, (1 - 1j) / np.sqrt(2)], 1e-13)
    of_sign, _ = (np.asarray(g) for g in gradients()["sign"])
    assert of_sign[0] == 0
    np.testing.assert_array_equal(of_sign[8:], [0, 0])
    np.testing.assert_array_equal(np.asarray(gradients()["abs squared"][0])[[0, 2]], [0, -6])


@pytest.mark.parametrize("name", ["multiply", "divide", "power"])
def test_derivatives_of_pairs_are_jaxs(name: str) -> None:
    draw = np.random.default_rng(2)
    x, y, t, u = (draw.normal(size=6) + 1j * draw.normal(size=6) for _ in range(4))
    x[0], x[1], y[2], y[3] = -2.0, complex(-2.0, -0.0), 3.0, 2j
    if name == "divide":
        x[4:], y[4:] = [1e100j, 1 + 1j], [1e100 + 1e99j, 1e-100 - 1e-100j]

    def derivatives(module: Any, jvp: Any, grad: Any) -> Any:
        function = getattr(module, name)

        def along(x: Any, y: Any) -> Any:
            return jvp(function, (x, y), (t, u))[1]

        first, second = jvp(along, (x, y), (t, u))
        return first, second, *grad(lambda x, y: function(x, y).real.sum(), (0, 1))(x, y)

    found = jit(lambda: derivatives(np, jvp, lambda f, n: grad(f, argnums=n)))()
    with jax.enable_x64(True):
        expected = [np.asarray(each) for each in derivatives(jax.numpy, jax.jvp, jax.grad)]
    expected[2:] = [each.conj() for each in expected[2:]]
    for ours, theirs in zip(found, expected, strict=True):
        known = np.isfinite(theirs)
        assert known.sum() >= 4
        np.testing.assert_allclose(np.asarray(ours)[known], theirs[known], 1e-12)


def test_derivatives_of_powers_of_0() -> None:
    """By the base: 1 for x**1, 0 above, and infinite below; of the second order, 2 for x**2."""
    zero = np.zeros(5, complex)
    exponents = np.array([1, 2, 3, 2.5 + 1j, 0.5], complex)

    def first(x: Any, y: Any) -> Any:
        return jvp(lambda x: x**y, (x,), (np.ones_like(x),))[1]

    def derivatives(x: Any, y: Any) -> Any:
        known = [grad(lambda x, n=n: xnp.sum((x**n).real))(x) for n in (0, 1, 2, 3, 2.5)]
        of_base = first(x, y)
        second = jvp(lambda x: first(x, y), (x,), (np.ones_like(x),))[1]
        of_exponent = grad(lambda y: xnp.sum((x**y).real))(y)
        return known, of_base, second, of_exponent

    known, of_base, second, of_exponent = jit(derivatives)(zero, exponents)
    for found, expected in zip(known, (0, 1, 0, 0, 0), strict=True):
        np.testing.assert_array_equal(np.asarray(found), np.full(5, expected))
    np.testing.assert_array_equal(np.asarray(of_base)[:4], [1, 0, 0, 0])
    assert not np.isfinite(np.asarray(of_base)[4])
    np.testing.assert_array_equal(np.asarray(second)[:4], [0, 2, 0, 0])
    np.testing.assert_array_equal(np.asarray(of_exponent), np.zeros(5))


def test_derivatives_by_an_exponent_of_0() -> None:
    x = np.array([2 + 1j, -1.5, 3j])
    found = jit(lambda x, y: jvp(lambda y: x**y, (y,), (np.ones_like(y),))[1])(
        x, np.zeros(3, complex)
    )
    np.testing.assert_allclose(np.asarray(found), np.log(x), 1e-14)
