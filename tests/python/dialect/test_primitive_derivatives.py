"""Every primitive's jvp and vjp against differences and each other, to second order; kinks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from evaluator import Evaluated
from primitive_table import FAMILIES
from row_programs import (
    closed_over,
    cotangents,
    directions,
    floating_operands,
    inner,
    is_differentiable,
    is_locally_constant,
    mismatch,
    near,
    program,
    report,
    rows_of,
    rows_to_compile,
    tangent,
)
from table_row import Array, Operands, Row
from xform import frontend, primitives, pytrees
from xform.frontend import grad, hessian, jacfwd, jacrev, jvp, vjp

STEP = 1e-5
RELATIVE = 1e-6
ABSOLUTE = 1e-8


@dataclass(frozen=True)
class Point:
    """Where a row's derivatives are taken.

    Attributes:
        operands: all of the row's operands.
        first, second, third: directions for the floating ones.
        ct: a cotangent of the result, and a direction for it.
    """

    operands: Operands
    first: Operands
    second: Operands
    third: Operands
    ct: Operands

    def moved(self, row: Row, step: float) -> Point:
        """Along `second`, with the tangents moving along `third` and the cotangent along ct[1]."""
        whole = list(self.operands)
        for i, s in zip(row.floating, self.second, strict=True):
            whole[i] = whole[i] + step * s
        first = tuple(t + step * u for t, u in zip(self.first, self.third, strict=True))
        return Point(
            tuple(whole),
            first,
            self.second,
            self.third,
            (np.asarray(self.ct[0] + step * self.ct[1]), self.ct[1]),
        )

    def inputs(self, dtype: Any = np.float64) -> tuple[Any, ...]:
        """All of it, with the floating arrays in a dtype."""
        return tuple(
            tuple(x.astype(dtype) if x.dtype.kind == "f" else x for x in xs)
            for xs in (self.operands, self.first, self.second, self.third, self.ct)
        )


def point_of(row: Row) -> Point:
    operands = row.sample(1)
    floats = floating_operands(row, operands)
    result = np.asarray(row.reference(*operands))
    return Point(
        operands,
        directions(floats, 2),
        directions(floats, 3),
        directions(floats, 4),
        directions([result, result], 5),
    )


def first_order(row: Row, operands: Any, first: Any, second: Any, third: Any, ct: Any) -> Any:
    """jvp and vjp."""
    return {"jvp": tangent(row, operands, first), "vjp": list(cotangents(row, operands, ct[0]))}


def all_orders(row: Row, operands: Any, first: Any, second: Any, third: Any, ct: Any) -> Any:
    """The first derivatives, and forward and reverse ones of both of them."""
    function, operands_of_function = closed_over(row, operands)
    xs = tuple(operands_of_function)

    def forward(xs: Any, tangents: Any) -> Any:
        return jvp(function, tuple(xs), tuple(tangents))[1]

    def reverse(xs: Any, cotangent: Any) -> Any:
        return list(vjp(function, *xs)[1](cotangent))

    dy, ddy = jvp(forward, (xs, first), (second, third))
    gx, dgx = jvp(reverse, (xs, ct[0]), (second, ct[1]))
    return {
        "jvp": dy,
        "vjp": gx,
        "jvp of jvp": ddy,
        "vjp of jvp": vjp(forward, xs, first)[1](ct[0]),
        "jvp of vjp": dgx,
        "vjp of vjp": vjp(reverse, xs, ct[0])[1](list(third)),
    }


def reference_difference(row: Row, point: Point) -> Array:
    """The central difference of the NumPy reference along `first`."""
    ends = []
    for step in (STEP, -STEP):
        whole = list(point.operands)
        for i, t in zip(row.floating, point.first, strict=True):
            whole[i] = whole[i] + step * t
        ends.append(np.asarray(row.reference(*whole)))
    return np.asarray((ends[0] - ends[1]) / (2 * STEP))


def difference(after: Any, before: Any) -> Any:
    return pytrees.unflatten(
        pytrees.structure(after),
        [
            (a - b) / (2 * STEP)
            for a, b in zip(pytrees.leaves(after), pytrees.leaves(before), strict=True)
        ],
    )


def dot_mismatch(left: float, right: float, terms: Sequence[Array]) -> str:
    """What differs between two inner products that must be equal but for rounding."""
    size = 1 + sum(float(np.sum(np.abs(x))) for x in terms)
    return "" if abs(left - right) <= 1e-12 * size else f"{left!r} is not {right!r}"


# Conversions have rows whose derivatives differ by the precision they convert to.
DERIVED = [family for family in FAMILIES if family != "convert"]


@pytest.mark.parametrize("family", DERIVED)
def test_derivatives(family: str) -> None:
    """The rules alone: what they make is evaluated, not compiled."""
    failures: list[str] = []
    for row in rows_of(family):
        if not is_differentiable(row):
            continue
        point = point_of(row)
        found = Evaluated(partial(all_orders, row), *point.inputs())(*point.inputs())
        lower = Evaluated(partial(first_order, row), *point.inputs())
        after, before = (lower(*point.moved(row, step).inputs()) for step in (STEP, -STEP))
        single = point.inputs(np.float32)
        narrow = Evaluated(partial(first_order, row), *single)(*single)
        checks = [
            *first_order_checks(row, point, found),
            *second_order_checks(point, found, difference(after, before)),
            *float32_checks({kind: found[kind] for kind in narrow}, narrow),
        ]
        if is_locally_constant(row):
            checks += [
                (f"zero {name}", mismatch(x, np.zeros_like(x), 0.0))
                for name, xs in found.items()
                for x in pytrees.leaves(xs)
            ]
        failures += [f"{row.name}: {what} {wrong}" for what, wrong in checks if wrong]
    report(failures)


@pytest.mark.parametrize("family", DERIVED)
def test_compiled(family: str) -> None:
    """First derivatives in float32; the tests of batches compile those in float64."""
    rows = [row for row in rows_to_compile(family) if is_differentiable(row)]
    inputs = {row.name: point_of(row).inputs(np.float32) for row in rows}
    results = program(rows, first_order)(inputs)
    failures: list[str] = []
    for row in rows:
        want = Evaluated(partial(first_order, row), *inputs[row.name])(*inputs[row.name])
        for kind, got in results[row.name].items():
            pairs = zip(pytrees.leaves(got), pytrees.leaves(want[kind]), strict=True)
            wrong = [near(x, y, 1e-5, 1e-6) for x, y in pairs]
            failures += [f"{row.name}: {kind} {what}" for what in wrong if what]
    report(failures)


def first_order_checks(row: Row, point: Point, found: Any) -> list[tuple[str, str]]:
    dy, gx = found["jvp"], found["vjp"]
    # stop_gradient has another derivative than its value on purpose.
    truth = np.zeros_like(dy) if is_locally_constant(row) else reference_difference(row, point)
    left, right = inner([point.ct[0]], [dy]), inner(gx, point.first)
    return [
        ("jvp", near(dy, truth, RELATIVE, ABSOLUTE)),
        ("<ct, J t> = <J^T ct, t>:", dot_mismatch(left, right, [*gx, dy])),
    ]


def second_order_checks(point: Point, found: Any, moved: Any) -> list[tuple[str, str]]:
    ddy, dgx = found["jvp of jvp"], found["jvp of vjp"]
    by_x, by_t = found["vjp of jvp"]
    by_x2, by_ct = found["vjp of vjp"]
    checks = [("jvp of jvp", near(ddy, moved["jvp"], RELATIVE, ABSOLUTE))]
    checks += [
        ("jvp of vjp", near(got, want, RELATIVE, ABSOLUTE))
        for got, want in zip(dgx, moved["vjp"], strict=True)
    ]
    checks.append(
        (
            "dot product of vjp of jvp",
            dot_mismatch(
                inner([point.ct[0]], [ddy]),
                inner(by_x, point.second) + inner(by_t, point.third),
                [ddy, *by_x, *by_t],
            ),
        )
    )
    checks.append(
        (
            "dot product of vjp of vjp",
            dot_mismatch(
                inner(point.third, dgx),
                inner(by_x2, point.second) + inner([by_ct], [point.ct[1]]),
                [*dgx, *by_x2, by_ct],
            ),
        )
    )
    return checks


def float32_checks(wide: Any, narrow: Any) -> list[tuple[str, str]]:
    return [
        ("in float32", near(got, want.astype(np.float32), 1e-4, 1e-5))
        for got, want in zip(pytrees.leaves(narrow), pytrees.leaves(wide), strict=True)
    ]


def test_conversions_between_floating_types() -> None:
    """A tangent is converted as the value is, a cotangent back again."""
    dtypes = ("float16", "bfloat16", "float32", "float64")
    rows = [row for row in rows_of("convert") if row.result_dtype.name in dtypes]
    assert len(rows) == len(dtypes)
    x, t = (np.linspace(a, b, 5) for a, b in ((0.3, 2.0), (-1.0, 4.0)))
    cts = {row.name: t.astype(row.result_dtype) for row in rows}

    def derivatives(row: Row, x: Any, t: Any, ct: Any) -> Any:
        return tangent(row, [x], [t]), cotangents(row, [x], ct)[0]

    results = program(rows, derivatives)({n: (x, t, ct) for n, ct in cts.items()})
    for row in rows:
        dy, gx = results[row.name]
        # Each cotangent was cut to the result's precision before it was given.
        np.testing.assert_array_equal(dy, cts[row.name], strict=True)
        np.testing.assert_array_equal(gx, cts[row.name].astype(np.float64), strict=True)


# Kinks ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kink:
    """A point at which a derivative is a convention.

    Attributes:
        function: of the operands.
        operands: where.
        gradients: the derivative of the sum of the results by each operand.
    """

    name: str
    function: Callable[..., Any]
    operands: tuple[Any, ...]
    gradients: tuple[Any, ...]


INF, NAN = math.inf, math.nan
THIRD = 1 / 3
PAIR = [[1.0, 5.0, 5.0], [2.0, 2.0, 2.0]]

KINKS = (
    Kink("abs", primitives.abs_, ([0.0, -0.0, -INF],), ([0, 0, -1],)),
    Kink(
        "max",
        primitives.max_,
        ([1.0, 2.0, 0.0, INF], [1.0, 1.0, -0.0, INF]),
        ([0.5, 1, 0.5, 0.5], [0.5, 0, 0.5, 0.5]),
    ),
    Kink(
        "min",
        primitives.min_,
        ([1.0, 2.0, 0.0, -INF], [1.0, 1.0, -0.0, -INF]),
        ([0.5, 0, 0.5, 0.5], [0.5, 1, 0.5, 0.5]),
    ),
    Kink("max of itself", lambda x: primitives.max_(x, x), ([3.0],), ([1],)),
    Kink(
        "reduce_max",
        lambda x: primitives.reduce_max(x, [1]),
        (PAIR,),
        ([[0, 0.5, 0.5], [THIRD, THIRD, THIRD]],),
    ),
    Kink(
        "reduce_max over all",
        lambda x: primitives.reduce_max(x, [0, 1]),
        (PAIR,),
        ([[0, 0.5, 0.5], [0, 0, 0]],),
    ),
    Kink(
        "reduce_min",
        lambda x: primitives.reduce_min(x, [1]),
        (PAIR,),
        ([[1, 0, 0], [THIRD, THIRD, THIRD]],),
    ),
    Kink(
        "reduce_max of infinities",
        lambda x: primitives.reduce_max(x, [0]),
        ([-INF, -INF],),
        ([0.5, 0.5],),
    ),
    Kink("sqrt", primitives.sqrt, ([0.0, INF, 4.0, -1.0],), ([INF, 0, 0.25, NAN],)),
    Kink("rsqrt", primitives.rsqrt, ([0.0],), ([-INF],)),
    Kink("cbrt", primitives.cbrt, ([0.0, -8.0],), ([INF, 1 / 12],)),
    Kink("log", primitives.log, ([0.0, INF],), ([INF, 0],)),
    Kink("log1p", primitives.log1p, ([-1.0, 0.0],), ([INF, 1],)),
    Kink("exp", primitives.exp, ([-INF, INF],), ([0, INF],)),
    Kink("expm1", primitives.expm1, ([-INF, -50.0],), ([0, math.exp(-50)],)),
    Kink("asin", primitives.asin, ([1.0, -1.0],), ([INF, INF],)),
    Kink("acos", primitives.acos, ([1.0, -1.0],), ([-INF, -INF],)),
    Kink("acosh", primitives.acosh, ([1.0, -2.0],), ([INF, NAN],)),
    Kink("atanh", primitives.atanh, ([1.0, -1.0],), ([INF, INF],)),
    Kink("atan", primitives.atan, ([INF, -INF],), ([0, 0],)),
    Kink("tanh", primitives.tanh, ([INF, -INF],), ([0, 0],)),
    Kink("logistic", primitives.logistic, ([INF, -INF],), ([0, 0],)),
    Kink("erf", primitives.erf, ([INF, -INF, 0.0],), ([0, 0, 2 / math.sqrt(math.pi)],)),
    Kink(
        "atan2",
        primitives.atan2,
        ([0.0, 0.0, -0.0, 1.0, 0.0], [0.0, -0.0, 0.0, 0.0, -1.0]),
        ([0, 0, 0, 0, -1], [0, 0, 0, -1, 0]),
    ),
    Kink(
        "pow",
        primitives.pow_,
        ([0.0, 0.0, 0.0, 0.0, -2.0, -2.0, 0.0], [0.0, 1.0, 2.0, 0.5, 3.0, 0.0, 3.0]),
        (
            [0, 1, 0, INF, 12, 0, 0],
            [0, 0, 0, 0, NAN, NAN, 0],
        ),
    ),
    Kink(
        "pow 0", primitives.pow_, ([INF, NAN, -INF], [0.0, 0.0, 0.0]), ([0, 0, 0], [INF, NAN, NAN])
    ),
    Kink(
        "pad, with what it pads far larger",
        lambda x, v: primitives.mul(
            primitives.pad(x, v, [1], [1], [0]),
            primitives.select(
                primitives.eq(
                    primitives.iota((3,), np.int32, 0), primitives.full((3,), np.int32, 1)
                ),
                primitives.full((3,), np.float64, 1e17),
                primitives.full((3,), np.float64, 2.0),
            ),
        ),
        ([5.0], 3.0),
        ([1e17], 4),
    ),
    Kink("x**0", lambda x: primitives.integer_pow(x, 0), ([0.0, INF],), ([0, 0],)),
    Kink("x**1", lambda x: primitives.integer_pow(x, 1), ([0.0, INF],), ([1, 1],)),
    Kink("x**2", lambda x: primitives.integer_pow(x, 2), ([0.0, -3.0],), ([0, -6],)),
    Kink("x**-1", lambda x: primitives.integer_pow(x, -1), ([0.0, -2.0],), ([-INF, -0.25],)),
    Kink(
        "reduce_prod",
        lambda x: primitives.reduce_prod(x, [1]),
        ([[2.0, 0.0, 5.0], [0.0, 0.0, 3.0], [2.0, 3.0, 4.0]],),
        ([[0, 10, 0], [0, 0, 0], [12, 8, 6]],),
    ),
    Kink("sign", primitives.sign, ([0.0, INF],), ([0, 0],)),
    Kink("floor", primitives.floor, ([2.0, INF],), ([0, 0],)),
    Kink("round", primitives.round_, ([2.5],), ([0],)),
    Kink("stop_gradient", primitives.stop_gradient, ([INF],), ([0],)),
    Kink(
        "select that avoids the root of a negative number",
        lambda x: primitives.select(
            primitives.gt(x, primitives.full((3,), np.float64, 0.0)),
            primitives.sqrt(
                primitives.select(
                    primitives.gt(x, primitives.full((3,), np.float64, 0.0)),
                    x,
                    primitives.full((3,), np.float64, 1.0),
                )
            ),
            primitives.full((3,), np.float64, 0.0),
        ),
        ([0.0, -1.0, 4.0],),
        ([0, 0, 0.25],),
    ),
)


def ones_like(x: Any) -> Any:
    return primitives.full(x.shape, x.dtype, 1.0)


def gradients_both_ways(kink: Kink, operands: Sequence[Any]) -> Any:
    """The derivative of the sum of the results by each operand, by vjp and by jvp."""
    y, pullback = vjp(kink.function, *operands)
    forward = []
    for i, x in enumerate(operands):

        def of_one(x: Any, i: int = i) -> Any:
            return kink.function(*operands[:i], x, *operands[i + 1 :])

        if y.shape == x.shape:
            forward.append(jvp(of_one, (x,), (ones_like(x),))[1])
        else:
            forward.append(primitives.reduce_sum(jacfwd(of_one)(x), range(y.ndim)))
    return {"vjp": list(pullback(ones_like(y))), "jvp": forward}


def test_kinks() -> None:
    def run(operands: Any) -> Any:
        return {k.name: gradients_both_ways(k, operands[k.name]) for k in KINKS}

    inputs = {kink.name: [np.array(x) for x in kink.operands] for kink in KINKS}
    results = pytrees.map_leaves(np.asarray, frontend.jit(run)(inputs))
    failures: list[str] = []
    for kink in KINKS:
        for how, got in results[kink.name].items():
            for i, (a, b) in enumerate(zip(got, kink.gradients, strict=True)):
                wrong = near(a, np.array(b, np.float64), 1e-12, 0.0)
                failures += [f"{kink.name}: {how} by operand {i} {wrong}"] if wrong else []
    report(failures)


SECOND_ORDER: dict[str, Callable[..., Callable[..., Any]]] = {
    "hessian": hessian,
    "forward over forward": lambda f: jacfwd(jacfwd(f)),
    "reverse over forward": lambda f: jacrev(jacfwd(f)),
    "reverse over reverse": lambda f: jacrev(grad(f)),
}


def product(x: Any) -> Any:
    return primitives.reduce_prod(x, [0])


def power_of(y: float) -> Callable[..., Any]:
    """The sum of x**y, y being an array."""

    def function(x: Any) -> Any:
        exponents = primitives.full(x.shape, x.dtype, y)
        return primitives.reduce_sum(primitives.pow_(x, exponents), [0])

    return function


def power_of_zero(y: Any) -> Any:
    """The sum of 0**y."""
    bases = primitives.full(y.shape, y.dtype, 0.0)
    return primitives.reduce_sum(primitives.pow_(bases, y), [0])


def integer_power_of(y: int) -> Callable[..., Any]:
    return lambda x: primitives.reduce_sum(primitives.integer_pow(x, y), [0])


# Functions, points and their second derivatives.
SECOND: dict[str, tuple[Callable[..., Any], list[float], Any]] = {
    "product without zeros": (product, [2.0, 3.0, 4.0], [[0, 4, 3], [4, 0, 2], [3, 2, 0]]),
    "product with one zero": (product, [0.0, 3.0, 4.0], [[0, 4, 3], [4, 0, 0], [3, 0, 0]]),
    "product with two zeros": (product, [0.0, 3.0, 0.0], [[0, 0, 3], [0, 0, 0], [3, 0, 0]]),
    "product with three zeros": (product, [0.0, 0.0, 0.0], np.zeros((3, 3))),
    "product of five with two zeros": (
        product,
        [2.0, 0.0, 3.0, 0.0, 5.0],
        [[30 * ({i, j} == {1, 3}) for j in range(5)] for i in range(5)],
    ),
    "pow 0": (power_of(0.0), [0.0, 2.0], np.zeros((2, 2))),
    "pow 1": (power_of(1.0), [0.0, 2.0], np.zeros((2, 2))),
    "pow 2": (power_of(2.0), [0.0, -2.0], np.diag([2.0, 2.0])),
    "pow 3": (power_of(3.0), [0.0, -2.0], np.diag([0.0, -12.0])),
    "0 to a power": (power_of_zero, [2.0, 0.5], np.zeros((2, 2))),
    "integer_pow 0": (integer_power_of(0), [0.0, 2.0], np.zeros((2, 2))),
    "integer_pow 1": (integer_power_of(1), [0.0, 2.0], np.zeros((2, 2))),
    "integer_pow 2": (integer_power_of(2), [0.0, -2.0], np.diag([2.0, 2.0])),
    "integer_pow 3": (integer_power_of(3), [0.0, -2.0], np.diag([0.0, -12.0])),
}


def test_second_order_at_zeros() -> None:
    failures: list[str] = []
    for name, (function, point, want) in SECOND.items():
        for how, second in SECOND_ORDER.items():
            got = Evaluated(second(function), np.array(point))(np.array(point))
            wrong = near(got, np.array(want, np.float64), 1e-12, 1e-12)
            failures += [f"{name}: {how} {wrong}"] if wrong else []
    report(failures)
