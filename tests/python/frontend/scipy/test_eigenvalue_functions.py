"""Functions by eigenvalues where these are equal, close and distinct, against matrix identities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(17)
SPECTRA = {
    "all equal": (2.0, 2, 2, 2),
    "two and two": (1.0, 1, 3, 3),
    "1e-9 apart": (1.0, 1 + 1e-9, 3, 3 - 1e-9),
    "1e-5 apart": (1.0, 1 + 1e-5, 1 - 1e-5, 3),
    "distinct": (0.7, 1.5, 2.5, 4),
}
Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
STACK = np.stack([(Q * w) @ Q.T for w in SPECTRA.values()])
STACK = (STACK + np.swapaxes(STACK, 1, 2)) / 2
# A cotangent and a direction that are not symmetric.
COTANGENT, DIRECTION = rng.normal(size=(2, 4, 4))
# Of symmetric matrices by their eigenvalues, and in another way.
IDENTITIES: dict[str, tuple[Any, Any]] = {
    "cube": (lambda w: w**3, lambda a: a @ a @ a),
    "exponential": (np.exp, linalg.expm),
    "root": (np.sqrt, linalg.sqrtm),
    "inverse": (lambda w: 1 / w, np.linalg.inv),
    "sign": (lambda w: np.sign(w - 2), lambda a: linalg.signm(a - 2 * np.eye(4, dtype=a.dtype))),
}


def symmetrised(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda a: function((a + a.mT) / 2)


def measured(function: Callable[[Any], Any], cotangent: Any, direction: Any) -> Any:
    """The value, and derivatives up to the second in all orders of the modes, of one matrix."""

    def scalar(a: Any) -> Any:
        return (function(a) * cotangent).sum()

    def slope(a: Any) -> Any:
        return frontend.jvp(scalar, (a,), (direction,))[1]

    def gradient(a: Any) -> Any:
        return (frontend.grad(scalar)(a) * direction).sum()

    return lambda a: (
        function(a),
        frontend.jvp(function, (a,), (direction,))[1],
        frontend.grad(scalar)(a),
        frontend.grad(slope)(a),
        frontend.grad(gradient)(a),
        frontend.jvp(frontend.grad(scalar), (a,), (direction,))[1],
        frontend.jvp(slope, (a,), (direction,))[1],
    )


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((name, np.float64) for name in IDENTITIES), ("cube", np.float32), ("root", np.float32)],
)
def test_identities(name: str, dtype: Any) -> None:
    """At all spectra at once, by vmap."""
    func, other = IDENTITIES[name]
    stack, cotangent, direction = (x.astype(dtype) for x in (STACK, COTANGENT, DIRECTION))
    if name == "sign":
        # The mean of equal ones is at the step.
        stack = stack[1:]

    def everything(stack: Any, cotangent: Any, direction: Any) -> Any:
        functions = (lambda a: linalg.funmh(a, func), symmetrised(other))
        return [frontend.vmap(measured(f, cotangent, direction))(stack) for f in functions]

    found, wanted = frontend.jit(everything)(stack, cotangent, direction)
    for i, (got, want) in enumerate(zip(found, wanted, strict=True)):
        want = np.asarray(want)
        assert np.asarray(got).dtype == dtype
        error = (1e-9 if i < 3 else 1e-7) if dtype is np.float64 else (1e-4 if i < 3 else 5e-3)
        np.testing.assert_allclose(got, want, rtol=0, atol=error * np.abs(want).max())


def test_values_are_scipys() -> None:
    run = frontend.jit(lambda a: linalg.funmh(a, np.cos))
    got = np.asarray(run(STACK))
    for own, a in zip(got, STACK, strict=True):
        np.testing.assert_allclose(own, scipy_linalg.funm(a, np.cos), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(own, scipy_linalg.cosm(a), rtol=1e-12, atol=1e-13)


def test_third_derivatives_by_matrix_and_closure() -> None:
    """Of t a^3 + k t^2 a^2, by what func closes over as well: a number, and an integer."""
    grad, jvp, vmap = frontend.grad, frontend.jvp, frontend.vmap

    def by_eigenvalues(a: Any, t: Any, k: Any) -> Any:
        return (linalg.funmh(a, lambda w: t * w**3 + k * t * t * w * w) * COTANGENT).sum()

    def by_products(a: Any, t: Any, k: Any) -> Any:
        a = (a + a.mT) / 2
        return ((t * a @ a @ a + k * t * t * a @ a) * COTANGENT).sum()

    def derivatives(function: Any, k: Any) -> Any:
        f = lambda a, t: function(a, t, k)  # noqa: E731
        by_t = grad(f, 1)
        along = lambda a, t: (grad(f)(a, t) * DIRECTION).sum()  # noqa: E731
        twice = lambda a, t: (grad(along)(a, t) * DIRECTION).sum()  # noqa: E731
        by_t_along = lambda a, t: (grad(by_t)(a, t) * DIRECTION).sum()  # noqa: E731
        return lambda a, t: (
            *grad(f, (0, 1))(a, t),
            grad(along, 1)(a, t),
            jvp(by_t, (a, t), (DIRECTION, 1.0))[1],
            grad(lambda a: grad(by_t, 1)(a, t))(a),
            grad(by_t_along)(a, t),
            *grad(twice, (0, 1))(a, t),
            vmap(lambda t: grad(by_t)(a, t))(t * np.array([1.0, 2.0])),
        )

    def everything(stack: Any, t: Any, k: Any) -> Any:
        functions = (by_eigenvalues, by_products)
        return [vmap(derivatives(f, k), (0, None))(stack, t) for f in functions]

    found, wanted = frontend.jit(everything)(STACK[:4], 0.7, np.int32(2))
    for got, want in zip(found, wanted, strict=True):
        want = np.asarray(want)
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-9 * np.abs(want).max())


def test_jacobians_and_closures_over_the_matrix() -> None:
    """Both modes give the same, where func has the trace of the matrix, too."""

    def function(a: Any) -> Any:
        return linalg.funmh(a, lambda w: np.exp(w / np.trace(a)))

    def other(a: Any) -> Any:
        return linalg.expm((a + a.T) / (2 * np.trace(a)))

    run = frontend.jit(lambda a: (frontend.jacfwd(function)(a), frontend.jacrev(function)(a),
                                  frontend.jacfwd(other)(a)))  # fmt: skip
    forwards, backwards, wanted = run(STACK[1])
    np.testing.assert_allclose(forwards, wanted, rtol=0, atol=1e-13)
    np.testing.assert_allclose(backwards, wanted, rtol=0, atol=1e-13)


def test_projection_to_positive_matrices() -> None:
    """At a pair of equal eigenvalues and one on each side, the slope by divided differences."""
    w = np.array([-1.0, 2.0, 2.0, 5.0])
    a = (Q * w) @ Q.T
    d = DIRECTION + DIRECTION.T
    ratios = np.ones((4, 4))
    ratios[0] = ratios[:, 0] = [0, 2 / 3, 2 / 3, 5 / 6]
    project = lambda a: linalg.funmh(a, lambda w: np.maximum(w, 0.0))  # noqa: E731
    got = frontend.jit(lambda a, d: frontend.jvp(project, (a,), (d,))[1])(a, d)
    np.testing.assert_allclose(got, Q @ (ratios * (Q.T @ d @ Q)) @ Q.T, rtol=1e-12, atol=1e-12)


def test_general_matrices_with_equal_eigenvalues() -> None:
    """That are not symmetric, and have all their vectors; some of equal values have rounded pairs.

    One of four is scaled so that an absolute bound would not do.
    """
    p = np.random.default_rng(3).normal(size=(60, 4, 4))
    stack = p @ np.diag([1.0, 1, 3, 3]) @ np.linalg.inv(p)
    size = np.linalg.cond(p)
    stack = stack[size < 50]
    assert (np.linalg.eigvals(stack).imag != 0).any()
    stack = np.concatenate([stack, [np.eye(4), np.diag([1.0, 1, 1, 4]) + np.eye(4, k=3)]])
    stack[::4] *= 100

    def everything(stack: Any) -> Any:
        functions = (lambda a: linalg.funm(a, lambda w: w**3), lambda a: a @ a @ a)
        return [frontend.vmap(measured(f, COTANGENT, DIRECTION))(stack) for f in functions]

    for found, wanted in zip(*frontend.jit(everything)(stack), strict=True):
        for got, want in zip(np.asarray(found), np.asarray(wanted), strict=True):
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-9 * np.abs(want).max())


@pytest.mark.parametrize("function", [linalg.funm, linalg.funmh])
def test_dtypes_and_empty_matrices(function: Any) -> None:
    for given, dtype in (((2 * np.eye(2)).astype(np.float16), np.float16),
                         (np.array([[2, 0], [0, 2]]), np.float64)):  # fmt: skip
        got = np.asarray(function(given, lambda w: 3 * w))
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, 6 * np.eye(2))
    for shape in ((0, 0), (3, 0, 0), (0, 2, 2)):
        by_both = frontend.grad(lambda a, t: function(a, lambda w: t * w).sum(), (0, 1))
        of_a, of_t = by_both(np.zeros(shape, np.float32), np.float32(2))
        assert of_a.shape == shape
        assert of_a.dtype == np.float32
        assert float(of_t) == 0.0


def test_branches_and_rows_of_closures() -> None:
    """A branch by each eigenvalue, and a number that is another in each row of a vmap."""

    def function(t: Any, a: Any) -> Any:
        return linalg.funmh(a, lambda w: frontend.cond(w > 1, lambda: w * t, lambda: w)).sum()

    rows = frontend.vmap(frontend.grad_and_value(function), (0, None))
    slopes, values = frontend.jit(rows)(np.array([1.0, 3.0]), np.diag([2.0, 0.5]))
    np.testing.assert_allclose(values, [2.5, 6.5])
    np.testing.assert_allclose(slopes, [2.0, 2.0])


@pytest.mark.vulkan
def test_on_vulkan() -> None:
    a = STACK[1][:2, :2].astype(np.float32)
    equal = np.float32(2) * np.eye(2, dtype=np.float32)
    cotangent = COTANGENT[:2, :2].astype(np.float32)
    gradient = frontend.grad(lambda a: (linalg.funmh(a, np.exp) * cotangent).sum())
    run = frontend.jit(lambda x: frontend.vmap(gradient)(x), device="vulkan")
    wanted = [frontend.jit(gradient)(x.astype(np.float64)) for x in (a, equal)]
    np.testing.assert_allclose(run(np.stack([a, equal])), wanted, rtol=1e-4)


@pytest.mark.parametrize("function", [linalg.funm, linalg.funmh])
def test_errors(function: Any) -> None:
    with pytest.raises(XformValueError, match=rf"{function.__name__}: func must give .*\(2,\)"):
        frontend.jit(lambda a: function(a, lambda w: w * np.ones(2)))(STACK[0])
    with pytest.raises(XformValueError, match=rf"{function.__name__}: .* square .*\(2, 4\)"):
        frontend.jit(lambda a: function(a[:2], np.exp))(STACK[0])
