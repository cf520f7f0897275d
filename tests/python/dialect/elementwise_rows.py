"""The rows of primitives that act element by element."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
from table_row import (
    BITS,
    EVERY,
    FLOATS,
    INTS,
    NUMBERS,
    Array,
    Function,
    Operands,
    Row,
    integers,
    truth,
    uniform,
)
from xform import primitives

ROWS: list[Row] = []

Interval = tuple[float, float]

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, math.inf, -math.inf, math.nan)
SHAPES = {np.float32: ((), (2, 3)), np.float64: ((0,), (1,))}


def elementwise_cases(
    domains: Sequence[Interval],
    special: Sequence[Sequence[float]],
    dtypes: Iterable[Any],
) -> Iterable[Operands]:
    """Operands of one shape: all combinations of special values, edge shapes, integers."""
    generator = np.random.default_rng(0)
    count = len(domains)
    for dtype in dtypes:
        if np.dtype(dtype).kind in "iub":
            yield tuple(integers(dtype, 40, seed) for seed in range(count))
            yield tuple(integers(dtype, 1, seed + 1).reshape(()) for seed in range(count))
            continue
        grid = np.meshgrid(*special, indexing="ij")
        inside = [generator.uniform(low, high, 20) for low, high in domains]
        yield tuple(
            np.concatenate([axis.ravel(), numbers]).astype(dtype)
            for axis, numbers in zip(grid, inside, strict=True)
        )
        for shape in SHAPES[dtype]:
            yield tuple(
                np.asarray(generator.uniform(low, high, shape), dtype) for low, high in domains
            )


def elementwise(
    primitive: str,
    emit: Function,
    reference: Function,
    *domains: Interval,
    dtypes: Iterable[Any] = FLOATS,
    special: Sequence[float] = SPECIAL,
    ulps: float = 0,
    name: str = "",
    cases: Iterable[Operands] = (),
    rows: list[Row] = ROWS,
) -> None:
    """Add a row whose operands have one shape and one dtype."""
    values = elementwise_cases(domains, [special] * len(domains), dtypes)
    rows.append(
        Row(
            name or primitive,
            primitive,
            "unary" if len(domains) == 1 else "binary",
            emit,
            reference,
            tuple(uniform(*domain) for domain in domains),
            (*values, *cases),
            ulps,
        )
    )


def bits(primitive: str, emit: Function, reference: Function, n: int) -> None:
    """Add a row whose operands are integers or bools."""
    cases = [
        *elementwise_cases([(0, 1)] * n, [], BITS),
        tuple(np.zeros(0, np.bool_) for _ in range(n)),
    ]
    family = "unary" if n == 1 else "binary"
    ROWS.append(Row(primitive, primitive, family, emit, reference, (truth,) * n, tuple(cases)))


def quotient(x: Array, y: Array) -> Array:
    """Division; integers truncate towards zero."""
    if x.dtype.kind == "f":
        return np.asarray(x / y)
    exact = [
        abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        for a, b in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
    ]
    return np.array(exact, x.dtype).reshape(x.shape)


def dividends() -> Iterable[Operands]:
    """Integers and divisors for which a quotient exists."""
    for dtype in INTS:
        x, y = integers(dtype, 40, 0), integers(dtype, 40, 1)
        overflow = (x == np.iinfo(dtype).min) & (y == np.array(-1).astype(dtype))
        y[(y == 0) | overflow] = 5
        yield x, y


def integer_power(exponent: int, x: Array) -> Array:
    """A fixed integer power, wrapping for integers."""
    return np.asarray(x ** np.array(exponent).astype(x.dtype))


def signed(x: Array) -> Array:
    """The sign; a zero keeps its own."""
    return np.where(x == 0, x, np.sign(x))


erf = np.vectorize(math.erf, otypes=[np.float64])
erfc = np.vectorize(math.erfc, otypes=[np.float64])
WIDE, POSITIVE, UNIT = (-3.0, 3.0), (0.2, 4.0), (-0.9, 0.9)
BIG = (*SPECIAL, 1e-30, 1e10, 1e30, -1e30, 80.0, -80.0, 100.0, -100.0)

elementwise("neg", primitives.neg, np.negative, WIDE, dtypes=NUMBERS)
elementwise("abs", primitives.abs_, np.abs, WIDE, dtypes=NUMBERS)
elementwise("sign", primitives.sign, signed, WIDE, dtypes=NUMBERS)
for exponent in (-2, -1, 0, 1, 2, 3, 7):
    elementwise(
        "integer_pow",
        partial(primitives.integer_pow, exponent=exponent),
        partial(integer_power, exponent),
        POSITIVE if exponent < 0 else WIDE,
        dtypes=FLOATS if exponent < 0 else NUMBERS,
        ulps=8,
        name=f"integer_pow {exponent}",
    )
TIES = (*SPECIAL, 1.5, 2.5, -0.5, 0.49999997, 1e10, -1e30, 8388609.0)
ROUNDINGS: tuple[tuple[str, Function, Function], ...] = (
    ("floor", primitives.floor, np.floor),
    ("ceil", primitives.ceil, np.ceil),
    ("round", primitives.round_, np.round),
    ("trunc", primitives.trunc, np.trunc),
    ("stop_gradient", primitives.stop_gradient, np.array),
    ("checkpoint_name", partial(primitives.checkpoint_name, name="x"), np.array),
)
for mnemonic, emit, reference in ROUNDINGS:
    more = BITS if mnemonic in ("stop_gradient", "checkpoint_name") else ()
    elementwise(mnemonic, emit, reference, WIDE, dtypes=(*FLOATS, *more), special=TIES)
elementwise("sqrt", primitives.sqrt, np.sqrt, POSITIVE, special=BIG)
FUNCTIONS: tuple[tuple[str, Function, Function, Interval], ...] = (
    ("rsqrt", primitives.rsqrt, lambda x: 1 / np.sqrt(x), POSITIVE),
    ("cbrt", primitives.cbrt, np.cbrt, POSITIVE),
    ("exp", primitives.exp, np.exp, WIDE),
    ("exp2", primitives.exp2, np.exp2, WIDE),
    ("expm1", primitives.expm1, np.expm1, WIDE),
    ("log", primitives.log, np.log, POSITIVE),
    ("log2", primitives.log2, np.log2, POSITIVE),
    ("log10", primitives.log10, np.log10, POSITIVE),
    ("log1p", primitives.log1p, np.log1p, (-0.8, 4.0)),
    ("sin", primitives.sin, np.sin, WIDE),
    ("cos", primitives.cos, np.cos, WIDE),
    ("tan", primitives.tan, np.tan, (-1.3, 1.3)),
    ("asin", primitives.asin, np.arcsin, UNIT),
    ("acos", primitives.acos, np.arccos, UNIT),
    ("atan", primitives.atan, np.arctan, WIDE),
    ("sinh", primitives.sinh, np.sinh, WIDE),
    ("cosh", primitives.cosh, np.cosh, WIDE),
    ("tanh", primitives.tanh, np.tanh, WIDE),
    ("asinh", primitives.asinh, np.arcsinh, WIDE),
    ("acosh", primitives.acosh, np.arccosh, (1.2, 4.0)),
    ("atanh", primitives.atanh, np.arctanh, UNIT),
    ("logistic", primitives.logistic, lambda x: 1 / (1 + np.exp(-x)), WIDE),
    ("erf", primitives.erf, erf, WIDE),
    ("erfc", primitives.erfc, erfc, WIDE),
)
for mnemonic, emit, reference, domain in FUNCTIONS:
    elementwise(mnemonic, emit, reference, domain, special=BIG, ulps=4)

elementwise("add", primitives.add, np.add, WIDE, WIDE, dtypes=NUMBERS)
elementwise("sub", primitives.sub, np.subtract, WIDE, WIDE, dtypes=NUMBERS)
elementwise("mul", primitives.mul, np.multiply, WIDE, WIDE, dtypes=NUMBERS)
elementwise("div", primitives.div, quotient, WIDE, POSITIVE, cases=dividends())
elementwise("rem", primitives.rem, np.fmod, WIDE, (0.7, 2.0), cases=dividends())
elementwise("max", primitives.max_, np.maximum, WIDE, WIDE, dtypes=NUMBERS)
elementwise("min", primitives.min_, np.minimum, WIDE, WIDE, dtypes=NUMBERS)
elementwise("pow", primitives.pow_, np.power, POSITIVE, WIDE, ulps=4)
elementwise("atan2", primitives.atan2, np.arctan2, WIDE, WIDE, ulps=4)

bits("and", primitives.and_, np.bitwise_and, 2)
bits("or", primitives.or_, np.bitwise_or, 2)
bits("xor", primitives.xor, np.bitwise_xor, 2)
bits("not", primitives.not_, np.bitwise_not, 1)

COMPARISONS: tuple[tuple[str, Function, Function], ...] = (
    ("eq", primitives.eq, np.equal),
    ("ne", primitives.ne, np.not_equal),
    ("lt", primitives.lt, np.less),
    ("le", primitives.le, np.less_equal),
    ("gt", primitives.gt, np.greater),
    ("ge", primitives.ge, np.greater_equal),
)
for mnemonic, emit, reference in COMPARISONS:
    elementwise(mnemonic, emit, reference, WIDE, WIDE, dtypes=EVERY)


def choices() -> Iterable[Operands]:
    """Predicates with the numbers to choose from."""
    for x, y in elementwise_cases([WIDE, WIDE], [SPECIAL, SPECIAL], EVERY):
        yield np.arange(x.size).reshape(x.shape) % 3 == 0, x, y


ROWS.append(
    Row(
        "select",
        "select",
        "binary",
        primitives.select,
        np.where,
        (truth, uniform(*WIDE), uniform(*WIDE)),
        tuple(choices()),
    )
)


def share(t: Array, greater: Array, equal: Array) -> Array:
    """All of t, one half of it, or nothing."""
    return np.where(greater, t, np.where(equal, t / 2, 0).astype(t.dtype))


def shares() -> Iterable[Operands]:
    """Numbers of the greater, of equal ones and of the lesser."""
    for (t,) in elementwise_cases([WIDE], [SPECIAL], FLOATS):
        place = np.arange(t.size).reshape(t.shape) % 3
        yield t, place == 0, place == 1


elementwise("abs_slope", primitives.abs_slope, signed, WIDE)
ROWS.append(
    Row(
        "share",
        "share",
        "binary",
        primitives.share,
        share,
        (uniform(*WIDE), truth, truth),
        tuple(shares()),
    )
)

CONVERTED = (np.float16, ml_dtypes.bfloat16, *EVERY)


def convertible(source: Any, target: Any) -> Array:
    """Values whose conversion NumPy defines on every machine."""
    kind = np.dtype(source).kind
    if kind in "iub":
        return integers(source, 40, 2)
    goes_to_int = np.dtype(target).kind in "iu"
    if goes_to_int:
        low = 0.0 if np.dtype(target).kind == "u" else -100.0
        return np.array([0.0, -0.0, 0.9, 1.5, 2.5, 99.9, low, 100.0]).astype(source)
    return np.array([*SPECIAL, 1e-3, 1000.5, 65000.0]).astype(source)


for target in CONVERTED:
    dtype_name = np.dtype(target).name
    ROWS.append(
        Row(
            f"convert to {dtype_name}",
            "convert",
            "convert",
            partial(primitives.convert, dtype=np.dtype(target)),
            partial(np.asarray, dtype=target),
            (uniform(0.1, 3.0),),
            (
                *((convertible(source, target),) for source in CONVERTED),
                (np.zeros((0, 2)),),
                (np.array(1.5),),
            ),
        )
    )
