"""Derivatives to third order at points where a function, or what it is written through, has a kink.

Smooth functions have their right derivatives there, in every order, against mpmath's differences.
What has no derivative has the one that docs/semantics.md lists, or NaN, but no number beside.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from mpmath import mp
from xform import frontend, nn, special
from xform.frontend import grad, hessian, jacfwd, jacrev, jit, vmap

Function = Callable[[Any], Any]
ORDERS = 4
DTYPES = (np.float32, np.float64)
norm = np.linalg.norm


def root_of_square(x: Any) -> Any:
    return np.sqrt(x * x)


def two(x: Any) -> Any:
    """An exponent that is known when the program runs."""
    return frontend.stop_gradient(2 + 0 * x)


# Of one number ----------------------------------------------------------------

POINTS = (0.0, 1e-20, -1e-8, 1e-3, -0.7, 1.5)
# Each beside the smooth function that it is, on mpmath numbers.
SMOOTH: dict[str, tuple[Function, Function]] = {
    "abs ** 2": (lambda x: np.abs(x) ** 2, lambda x: x**2),
    "abs * abs": (lambda x: np.abs(x) * np.abs(x), lambda x: x**2),
    "square of abs": (lambda x: np.square(np.abs(x)), lambda x: x**2),
    "abs ** 4": (lambda x: np.abs(x) ** 4, lambda x: x**4),
    "abs to an array": (lambda x: np.abs(x) ** np.full_like(x, 2.0), lambda x: x**2),
    "abs ** -2, away from 0": (lambda x: np.abs(x - 3.0) ** -2, lambda x: (x - 3) ** -2),
    "factors in front": (lambda x: (3.0 * np.abs(x) / 7.0) ** 2, lambda x: 9 * x**2 / 49),
    "factors between": (lambda x: 3.0 * np.abs(x) * np.abs(x), lambda x: 3 * x**2),
    "factors of both": (lambda x: (3.0 * np.abs(x)) * (2.0 * np.abs(x)), lambda x: 6 * x**2),
    "abs of multiples": (lambda x: np.abs(-x) * np.abs(-2.0 * x), lambda x: 2 * x**2),
    "functions as factors": (
        lambda x: (np.exp(x) * np.abs(x)) * (np.abs(x) / (2 + np.cos(x))),
        lambda x: mp.exp(x) * x**2 / (2 + mp.cos(x))),
    "negated": (lambda x: (-np.abs(x)) ** 2, lambda x: x**2),
    "root of a square": (lambda x: root_of_square(x) ** 2, lambda x: x**2),
    "root of a square, to the fourth": (lambda x: root_of_square(x) ** 4, lambda x: x**4),
    "root of a fourth power": (lambda x: np.sqrt(x**4), lambda x: x**2),
    "x ** 2 ** 0.5 ** 2": (lambda x: ((x**2) ** 0.5) ** 2, lambda x: x**2),
    "length": (lambda x: np.hypot(x, 2 * x) ** 2, lambda x: 5 * x**2),
    "length of lengths": (lambda x: np.hypot(np.hypot(x, x), x) ** 2, lambda x: 3 * x**2),
    "norm of one": (lambda x: norm(x[..., None], axis=-1) ** 2, lambda x: x**2),
    "larger of both signs": (lambda x: np.maximum(x, -x) ** 2, lambda x: x**2),
    "clip, within": (lambda x: np.clip(x, -5, 5) ** 2, lambda x: x**2),
    "larger of equal": (lambda x: np.maximum(x, x) ** 2, lambda x: x**2),
    "cbrt away from 0": (lambda x: np.cbrt(x + 3), lambda x: mp.cbrt(x + 3)),
    "arccosh away from 1": (lambda x: np.arccosh(x + 3), lambda x: mp.acosh(x + 3)),
    "entr": (lambda x: special.entr(x + 3), lambda x: -(x + 3) * mp.log(x + 3)),
    "hard_silu, within": (lambda x: nn.hard_silu(x), lambda x: x * (x + 3) / 6),
    "cos of abs": (lambda x: np.cos(np.abs(x)), mp.cos),
    "cos of a multiple": (lambda x: np.cos(2.0 * np.abs(x)), lambda x: mp.cos(2 * x)),
    "cosh of abs": (lambda x: np.cosh(-np.abs(x)), mp.cosh),
    "sinc of abs": (lambda x: np.sinc(np.abs(x)), lambda x: mp.sincpi(x)),
    "kernel": (lambda x: np.exp(-(np.abs(x) ** 2)), lambda x: mp.exp(-(x**2))),
    "moved": (lambda x: np.abs(np.stack([x, x])[::-1]).T[..., 0] ** 2, lambda x: x**2),
    "chosen": (lambda x: np.where(x > -9, np.abs(x), x) ** 2, lambda x: x**2),
    "abs to a traced 2": (lambda x: np.abs(x) ** two(x), lambda x: x**2),
    "abs to a traced 3, odd": (lambda x: x * np.abs(x) ** two(x), lambda x: x**3),
    "sin of abs times abs": (
        lambda x: np.sin(np.abs(x)) * np.abs(x), lambda x: mp.sin(x) * x),
    "x abs times sin of abs": (
        lambda x: x * np.abs(x) * np.sin(np.abs(x)), lambda x: x**2 * mp.sin(x)),
    "even part of an exponential": (
        lambda x: np.exp(np.abs(x)) + np.exp(-np.abs(x)), lambda x: 2 * mp.cosh(x)),
    "product of two": (
        lambda x: np.prod(np.stack([np.abs(x), np.abs(x)]), axis=0), lambda x: x**2),
    "product of multiples": (
        lambda x: np.prod(np.abs(np.stack([x, -2 * x])), axis=0), lambda x: 2 * x**2),
    "product of three": (
        lambda x: np.prod(np.stack([np.abs(x), np.exp(x), np.abs(x)]), axis=0),
        lambda x: x**2 * mp.exp(x)),
    "sign times abs": (lambda x: np.sign(x) * np.abs(x), lambda x: x),
    "sign and abs with factors": (
        lambda x: (np.exp(x) * np.abs(x)) * (2 * np.sign(x)), lambda x: 2 * x * mp.exp(x)),
    "sign times abs ** 3": (lambda x: np.sign(x) * np.abs(x) ** 3, lambda x: x**3),
    "x times sign, squared": (lambda x: (x * np.sign(x)) ** 2, lambda x: x**2),
    "larger times smaller": (
        lambda x: np.maximum(x, 3 * x) * np.minimum(x, 3 * x), lambda x: 3 * x**2),
    "square of a difference": (
        lambda x: (np.maximum(x, 3 * x) - np.minimum(x, 3 * x)) ** 2, lambda x: 4 * x**2),
    "larger and smaller": (
        lambda x: np.sin(np.maximum(x, 0) + np.minimum(x, 0)), mp.sin),
    "difference and product": (
        lambda x: np.exp(np.maximum(x, -2 * x) * np.minimum(x, -2 * x)),
        lambda x: mp.exp(-2 * x**2)),
    "checkpoint of the base": (
        lambda x: frontend.checkpoint(np.abs)(x) ** 2, lambda x: x**2),
    "checkpoint of the power": (
        lambda x: frontend.checkpoint(lambda a: a * np.sinh(a))(np.abs(x)),
        lambda x: x * mp.sinh(x)),
    "x ** 2": (lambda x: x**2, lambda x: x**2),
    "x to an array of 2": (lambda x: x ** np.full_like(x, 2.0), lambda x: x**2),
    "x ** 3": (lambda x: x**3, lambda x: x**3),
    "x to an array of 3": (lambda x: x ** np.full_like(x, 3.0), lambda x: x**3),
    "sinc": (np.sinc, mp.sincpi),
    "tanh": (np.tanh, mp.tanh),
    "sigmoid": (nn.sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": (nn.softplus, lambda x: mp.log1p(mp.exp(x))),
    "silu": (nn.silu, lambda x: x / (1 + mp.exp(-x))),
    "gelu": (nn.gelu, lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2),
    "logaddexp of equal": (lambda x: np.logaddexp(x, x), lambda x: x + mp.log(2)),
    "logaddexp of opposites": (lambda x: np.logaddexp(x, -x), lambda x: mp.log(2 * mp.cosh(x))),
    "logsumexp of opposites": (
        lambda x: nn.logsumexp(np.stack([x, -x]), axis=0), lambda x: mp.log(2 * mp.cosh(x))),
    "expm1": (np.expm1, mp.expm1),
    "log1p": (np.log1p, mp.log1p),
    "arcsinh": (np.arcsinh, mp.asinh),
    "arctanh of half": (lambda x: np.arctanh(x / 2), lambda x: mp.atanh(x / 2)),
    "arctan": (np.arctan, mp.atan),
    "arcsin of half": (lambda x: np.arcsin(x / 2), lambda x: mp.asin(x / 2)),
    "erf": (special.erf, mp.erf),
    "xlogy": (lambda x: special.xlogy(x, 3.0), lambda x: x * mp.log(3)),
    "xlog1py": (lambda x: special.xlog1py(x, x), lambda x: x * mp.log1p(x)),
}  # fmt: skip


def taylor(function: Function, x: float) -> list[float]:
    """The derivatives of orders 0 to 3."""
    with mp.workdps(80):
        return [float(mp.diff(function, mp.mpf(x), n)) for n in range(ORDERS)]


def derivatives(function: Function, x: Any) -> list[Any]:
    """The function and its derivatives, element by element."""
    found = [function]
    for _ in range(ORDERS - 1):
        found.append(lambda x, f=found[-1]: frontend.jvp(f, (x,), (np.ones_like(x),))[1])
    return [f(x) for f in found]


@cache
def smooth_results(dtype: type) -> dict[str, np.ndarray]:
    x = np.array(POINTS, dtype)

    def everything(x: Any) -> dict[str, Any]:
        return {name: np.stack(derivatives(f, x)) for name, (f, _) in SMOOTH.items()}

    return {name: np.asarray(rows) for name, rows in jit(everything)(x).items()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions(name: str, dtype: type) -> None:
    want = np.array([taylor(SMOOTH[name][1], float(dtype(x))) for x in POINTS]).T
    got = smooth_results(dtype)[name]
    assert got.dtype == dtype
    np.testing.assert_allclose(
        got, want, rtol=200 * np.finfo(dtype).eps, atol=20 * np.finfo(dtype).eps
    )


def of_base_outside(x: Any) -> Any:
    base = 3.0 * np.abs(x)
    return frontend.cond(x < 9, lambda a: np.sin(a) * a, lambda a: -a, base)


def in_a_turn(x: Any) -> Any:
    return frontend.fori_loop(0, 3, lambda i, y: y + np.sin(np.abs(x)) * np.abs(x) / 3, 0 * x)


# Of one number, beside the derivatives of order 0 to 3 at 0, in every nest of modes.
NESTED: dict[str, tuple[Function, tuple[float, ...]]] = {
    "abs": (np.abs, (0, 0, 0, 0)),
    "sign": (np.sign, (0, 0, 0, 0)),
    "square of the sign": (lambda x: np.sign(x) ** 2, (0, 0, 0, 0)),
    "abs to a traced 2": (lambda x: np.abs(x) ** (2 + 0 * x), (0, 0, 2, 0)),
    "sin of abs times abs": (lambda x: np.sin(np.abs(x)) * np.abs(x), (0, 0, 2, 0)),
    "product": (lambda x: np.prod(np.abs(np.stack([x, 1 - x, 2 * x]))), (0, 0, 4, -12)),
    "larger times smaller": (
        lambda x: np.maximum(x, 3 * x) * np.minimum(x, 3 * x), (0, 0, 6, 0)),
    "square of a difference": (
        lambda x: (np.maximum(x, 3 * x) - np.minimum(x, 3 * x)) ** 2, (0, 0, 8, 0)),
    "checkpoint": (lambda x: frontend.checkpoint(np.abs)(x) ** 2, (0, 0, 2, 0)),
    # The mean of both sides, where they differ.
    "square of the larger": (lambda x: np.maximum(x, 0) ** 2, (0, 0, 1, 0)),
    # A derivative that is a number is not one of both sides.
    "square of a slope": (lambda x: frontend.grad(np.abs)(x) ** 2, (0, 0, 0, 0)),
    "square of a derivative": (
        lambda x: frontend.grad(lambda y: np.abs(y) ** (2 + 0 * y))(x) ** 2, (0, 0, 8, 0)),
    "base outside of a branch": (of_base_outside, (0, 0, 18)),
    "loop": (in_a_turn, (0, 0, 2)),
}  # fmt: skip
MODES: dict[str, Callable[[Function], Function]] = {
    "grad": grad,
    "jacfwd": jacfwd,
    "jacrev": jacrev,
}
NESTS = [
    *([mode] for mode in MODES),
    *([inner, outer] for inner in MODES for outer in MODES),
    ["grad", "grad", "grad"],
    ["jacfwd", "grad", "jacfwd"],
]


@pytest.mark.parametrize("batched", [False, True], ids=["one", "batched"])
@pytest.mark.parametrize("nest", NESTS, ids=" of ".join)
def test_nests_of_modes(nest: list[str], batched: bool) -> None:
    order = len(nest)
    names = [name for name, (_, want) in NESTED.items() if order < len(want)]

    def derivative(name: str, x: Any) -> Any:
        function = NESTED[name][0]
        for mode in nest:
            function = MODES[mode](function)
        return vmap(function)(x * np.ones(2)) if batched else function(x)

    for some in (names[i::5] for i in range(5)):  # A dispatch of numbers takes so many buffers.
        results = jit(lambda x, some=some: {name: derivative(name, x) for name in some})
        for name, got in results(np.float64(0.0)).items():
            np.testing.assert_allclose(got, NESTED[name][1][order], atol=1e-14, err_msg=name)


@pytest.mark.parametrize("name", ["sin of abs times abs", "square of a difference"])
def test_forward_pass_and_derivative_apart(name: str) -> None:
    function, want = NESTED[name]
    x = np.float64(0.0)
    for derivative in (grad(function), jacfwd(function)):
        assert float(frontend.linearize(derivative, x)[1](x + 1)) == want[2]
        assert float(frontend.vjp(derivative, x)[1](x + 1)[0]) == want[2]


# What has a kink, beside torch's function: the derivatives there are torch's, to third order.
KINKS: dict[str, tuple[Function, Function, tuple[float, ...]]] = {
    "abs": (np.abs, torch.abs, (0.0,)),
    "maximum": (
        lambda x: np.maximum(x, 1.0), lambda x: torch.maximum(x, torch.ones_like(x)), (1.0,)),
    "minimum": (
        lambda x: np.minimum(x, 1.0), lambda x: torch.minimum(x, torch.ones_like(x)), (1.0,)),
    "clip": (lambda x: np.clip(x**3, -1, 8), lambda x: torch.clamp(x**3, -1, 8), (-1.0, 2.0)),
    "where": (lambda x: np.where(x > 0, x**2, -x), lambda x: torch.where(x > 0, x**2, -x), (0.0,)),
    "relu": (nn.relu, torch.relu, (0.0,)),
    "relu6": (nn.relu6, torch.nn.functional.relu6, (0.0, 6.0)),
    "leaky_relu": (nn.leaky_relu, torch.nn.functional.leaky_relu, (0.0,)),
    "elu": (nn.elu, torch.nn.functional.elu, (0.0,)),
    "elu, another slope": (
        lambda x: nn.elu(x, 0.7), lambda x: torch.nn.functional.elu(x, 0.7), (0.0,)),
    "celu": (lambda x: nn.celu(x, 0.7), lambda x: torch.nn.functional.celu(x, 0.7), (0.0,)),
    "selu": (nn.selu, torch.selu, (0.0,)),
    "hard_tanh": (nn.hard_tanh, torch.nn.functional.hardtanh, (-1.0, 1.0)),
    "arccosh": (np.arccosh, torch.arccosh, (1.0,)),
}  # fmt: skip


@cache
def kinked_results() -> dict[str, np.ndarray]:
    def everything() -> dict[str, Any]:
        return {name: np.stack(derivatives(f, near(at))) for name, (f, _, at) in KINKS.items()}

    return {name: np.asarray(rows) for name, rows in jit(everything)().items()}


def near(points: tuple[float, ...]) -> np.ndarray:
    """The points, and some on both sides of them."""
    return np.array([x + step for x in points for step in (0.0, 1e-8, -1e-8, 0.25, -0.25)])


@pytest.mark.parametrize("name", KINKS)
def test_kinks_are_torchs(name: str) -> None:
    _, function, points = KINKS[name]
    found = [function]
    for _ in range(ORDERS - 1):
        found.append(lambda x, f=found[-1]: torch.func.jvp(f, (x,), (torch.ones_like(x),))[1])
    x = torch.from_numpy(near(points))
    want = np.stack([f(x).numpy() for f in found])
    got = kinked_results()[name].copy()
    if "elu" in name and name != "relu":
        # The second derivative jumps where torch takes 0; ours is that of the branch taken, below.
        beside = got[2:, x.numpy() == -1e-8]
        np.testing.assert_allclose(got[2:, x.numpy() == 0], beside, rtol=1e-6)
        got[2:, x.numpy() == 0] = 0
    np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-12)


# Of vectors ---------------------------------------------------------------------

ZEROS, ONES = np.zeros(2), np.ones(2)


def in_a_loop(x: Any) -> Any:
    return frontend.fori_loop(0, 3, lambda i, total: total + norm(x) ** 2 / 3, 0.0)


def in_a_scan(x: Any) -> Any:
    return frontend.scan(lambda total, row: (total + norm(row) ** 2, None), 0.0, x[None])[0]


def in_a_branch(x: Any) -> Any:
    return frontend.cond(x[0] < 9, lambda x: norm(x) ** 2, lambda x: x[0], x)


def of_rows(x: Any) -> Any:
    return np.sum(norm(np.stack([x, 0 * x, 2 * x]), axis=1) ** 2) / 5


def by_rows(x: Any) -> Any:
    return np.sum(vmap(lambda row: norm(row) ** 2)(np.stack([x, 0 * x])))


def pairwise(x: Any) -> Any:
    """The differences of three points, those of a point with itself among them."""
    points = np.stack([x, -x, 0 * x])
    return np.sum(norm(points[:, None] - points[None], axis=-1) ** 2) / 12


# Functions whose value is |x|^2, and so their second derivative two identities.
SQUARES: dict[str, Function] = {
    "norm ** 2": lambda x: norm(x) ** 2,
    "norm * norm": lambda x: norm(x) * norm(x),
    "square of the norm": lambda x: np.square(norm(x)),
    "power of the norm": lambda x: np.power(norm(x), 2.0),
    "sum of abs ** 2": lambda x: np.sum(np.abs(x) ** 2),
    "dot of abs": lambda x: np.dot(np.abs(x), np.abs(x)),
    "abs @ abs": lambda x: np.abs(x) @ np.abs(x),
    "norm of abs": lambda x: norm(np.abs(x)) ** 2,
    "norm of order 2": lambda x: norm(x, 2) ** 2,
    "vector_norm": lambda x: np.linalg.vector_norm(x) ** 2,
    "Frobenius": lambda x: norm(x[None], "fro") ** 2,
    "root of a sum": lambda x: np.sqrt(np.sum(x * x)) ** 2,
    "root of a dot": lambda x: np.sqrt(x @ x) ** 2,
    "half power of a sum": lambda x: (np.sum(x**2) ** 0.5) ** 2,
    "length": lambda x: np.hypot(x[0], x[1]) ** 2,
    "scaled norm": lambda x: (3.0 * norm(x)) ** 2 / 9,
    "divided norm": lambda x: 4 * (norm(x) / 2.0) ** 2,
    "norm in products": lambda x: 2.0 * norm(x) * norm(x) / 2.0,
    "exponential": lambda x: -np.log(np.exp(-(norm(x) ** 2))),
    "std ** 2": lambda x: 4 * np.std(x) ** 2 + np.sum(x) ** 2 / 2 - np.var(x) * 2,
    "rows": of_rows,
    "by rows": by_rows,
    "pairs": pairwise,
    "loop": in_a_loop,
    "scan": in_a_scan,
    "branch": in_a_branch,
    "checkpoint": frontend.checkpoint(lambda x: norm(x) ** 2),
    "norm outside of a branch": lambda x: frontend.cond(
        x[0] < 9, lambda n: n**2, lambda n: n, norm(x)
    ),
    "factors of both norms": lambda x: (2.0 * norm(x)) * (norm(x) / 2.0),
    "traced power of abs": lambda x: np.sum(np.abs(x) ** (2 + 0 * x[0])),
    "larger and smaller": lambda x: np.sum(np.maximum(x, 2 * x) * np.minimum(x, 2 * x)) / 2,
    "larger of a matrix": lambda x: (
        np.sum((np.maximum(x[:, None], x) - np.minimum(x[:, None], x)) ** 2) / 2
        + np.sum(x) ** 2
        - np.sum(x * x)
        - 0 * x[0]
    ),
    "of a rotation": lambda x: norm(np.array([[0.6, -0.8], [0.8, 0.6]]) @ x) ** 2,
}
# Others: the Hessian at zeros.
HESSIANS: dict[str, tuple[Function, Any]] = {
    "norm ** 4": (lambda x: norm(x) ** 4, 0 * np.eye(2)),
    "norm ** 3": (lambda x: norm(x) ** 3, 0 * np.eye(2)),
    "norm * norm * norm": (lambda x: norm(x) * norm(x) * norm(x), 0 * np.eye(2)),
    "length ** 3": (lambda x: np.hypot(x[0], x[1]) ** 3, 0 * np.eye(2)),
    "norm of order 4, to the fourth": (lambda x: norm(x, 4) ** 4, 0 * np.eye(2)),
    "kernel": (lambda x: np.exp(-(norm(x) ** 2) / 2), -np.eye(2)),
    "inverse quadratic": (lambda x: 1 / (1 + norm(x) ** 2), -2 * np.eye(2)),
    "cos of the norm": (lambda x: np.cos(2 * norm(x)), -4 * np.eye(2)),
    "sinc of the norm": (lambda x: np.sinc(norm(x) / np.pi), -np.eye(2) / 3),
    "cos of a length": (lambda x: np.cos(np.hypot(x[0], x[1])), -np.eye(2)),
    "multiquadric": (lambda x: np.sqrt(1 + norm(x) ** 2), np.eye(2)),
}
# What has no second derivative at zeros.
KINKED: dict[str, Function] = {
    "norm": norm,
    "norm of order 3": lambda x: norm(x, 3),
    "norm of order 4": lambda x: norm(x, 4),
    "norm of order 1.5": lambda x: norm(x, 1.5),
    "hypot": lambda x: np.hypot(x[0], x[1]),
    "arctan2": lambda x: np.arctan2(x[0], x[1]),
    "std": np.std,
    "root of a sum of squares": lambda x: np.sqrt(np.sum(x * x)),
    "exponential of the norm": lambda x: np.exp(-norm(x)),
}


@cache
def vector_results() -> dict[str, Any]:
    def everything(x: Any) -> dict[str, Any]:
        squares = {
            name: {
                "gradient": vmap(grad(f))(x),
                "hessian": vmap(hessian(f))(x),
                "reverse over reverse": vmap(jacrev(jacrev(f)))(x),
                "third": vmap(jacfwd(hessian(f)))(x),
            }
            for name, f in SQUARES.items()
        }
        return {
            "squares": squares,
            "hessians": {name: hessian(f)(x[0]) for name, (f, _) in HESSIANS.items()},
            "kinked": {name: (grad(f)(x[0]), hessian(f)(x[0])) for name, f in KINKED.items()},
        }

    return jit(everything)(np.stack([ZEROS, ONES]))


@pytest.mark.parametrize("name", SQUARES)
def test_squares_of_lengths(name: str) -> None:
    got = vector_results()["squares"][name]
    np.testing.assert_allclose(got["gradient"], [2 * ZEROS, 2 * ONES], rtol=1e-14)
    for how in ("hessian", "reverse over reverse"):
        np.testing.assert_allclose(got[how], [2 * np.eye(2)] * 2, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(got["third"], np.zeros((2, 2, 2, 2)), atol=1e-13)


@pytest.mark.parametrize("name", HESSIANS)
def test_smooth_functions_of_lengths(name: str) -> None:
    got = vector_results()["hessians"][name]
    np.testing.assert_allclose(got, HESSIANS[name][1], rtol=1e-14)


@pytest.mark.parametrize("name", KINKED)
def test_kinks_have_no_second_derivative(name: str) -> None:
    gradient, second = vector_results()["kinked"][name]
    if name != "root of a sum of squares":
        np.testing.assert_array_equal(gradient, ZEROS)
    assert not np.any(np.isfinite(second))
