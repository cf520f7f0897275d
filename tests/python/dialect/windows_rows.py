"""The rows of convolutions and of reductions over windows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from structural_rows import typed_cases
from table_row import FLOATS, NUMBERS, Array, Operands, Row, Shape, normal
from xform import primitives
from xform.primitives import Windows

ROWS: list[Row] = []


@dataclass(frozen=True)
class Places(Windows):
    """Windows, and which elements each one reads."""

    def padded_sizes(self, sizes: Sequence[int]) -> list[int]:
        """The sizes of axes with their dilation and padding."""
        return [
            low + (0 if n == 0 else (n - 1) * gap + 1) + high
            for n, low, high, gap in zip(
                sizes, self.low, self.high, self.base_dilation, strict=True
            )
        ]

    def counts(self, sizes: Sequence[int], window: Sequence[int]) -> list[int]:
        """How many windows lie in axes of the given sizes."""
        return [
            (n - (k - 1) * dilation - 1) // stride + 1
            for n, k, stride, dilation in zip(
                self.padded_sizes(sizes), window, self.strides, self.window_dilation, strict=True
            )
        ]

    def reads(
        self, sizes: Sequence[int], window: Sequence[int]
    ) -> Iterator[tuple[Shape, int, Shape]]:
        """Each window, the place in it, and the index of the element that is read there."""
        for s in itertools.product(*map(range, self.counts(sizes, window))):
            for place, k in enumerate(itertools.product(*map(range, window))):
                at = [
                    i * stride + j * dilation - low
                    for i, j, stride, dilation, low in zip(
                        s, k, self.strides, self.window_dilation, self.low, strict=True
                    )
                ]
                index = tuple(a // gap for a, gap in zip(at, self.base_dilation, strict=True))
                inside = all(
                    a % gap == 0 and 0 <= a // gap < n
                    for a, gap, n in zip(at, self.base_dilation, sizes, strict=True)
                )
                if inside:
                    yield s, place, index

    @property
    def rank(self) -> int:
        return len(self.strides)


def places(
    rank: int,
    strides: int = 1,
    low: int = 0,
    high: int = 0,
    base_dilation: int = 1,
    window_dilation: int = 1,
) -> Places:
    """The same along every axis, but that later strides are smaller."""
    return Places(
        [max(strides - i, 1) for i in range(rank)],
        [low] * rank,
        [high] * rank,
        [base_dilation] * rank,
        [window_dilation] * rank,
    )


def window_row(
    primitive: str,
    label: str,
    emit: Callable[..., Any],
    reference: Callable[..., Any],
    draws: Sequence[Callable[[np.random.Generator], Array]],
    cases: Sequence[Operands],
    ulps: float = 0,
    magnitude: Callable[..., Any] | None = None,
) -> None:
    ROWS.append(
        Row(
            f"{primitive} {label}", primitive, "windows", emit, reference, tuple(draws),
            tuple(cases), ulps, magnitude,
        )
    )  # fmt: skip


_seen: set[str] = set()


def dtypes_for(primitive: str) -> tuple[Any, ...]:
    """Every dtype for a primitive's first row, one for the others: loops are alike for all."""
    first = primitive not in _seen
    _seen.add(primitive)
    return NUMBERS if first else (np.float64,)


# Convolutions -----------------------------------------------------------------------------------


def convolved(lhs: Array, rhs: Array, windows: Places) -> Array:
    """The convolution as its definition says."""
    rank = windows.rank
    sizes, window = lhs.shape[lhs.ndim - rank :], rhs.shape[rhs.ndim - rank :]
    groups, (n, _) = lhs.shape[: -rank - 2], lhs.shape[lhs.ndim - rank - 2 : lhs.ndim - rank]
    result = np.zeros((*groups, n, rhs.shape[len(groups)], *windows.counts(sizes, window)),
                      lhs.dtype)  # fmt: skip
    elements = list(itertools.product(*map(range, window)))
    for s, place, index in windows.reads(sizes, window):
        read = lhs[(..., *index)]
        factor = rhs[(..., *elements[place])]
        result[(..., *s)] += np.einsum("...ni,...oi->...no", read, factor)
    return result


def conv_magnitude(lhs: Array, rhs: Array, windows: Places) -> Array:
    return convolved(np.abs(lhs), np.abs(rhs), windows)


CONVOLUTIONS: tuple[tuple[str, Shape, Shape, Places], ...] = (
    ("of a line", (2, 3, 6), (4, 3, 3), places(1)),
    ("with padding and cuts", (1, 2, 6), (2, 2, 2), places(1, strides=3, low=2, high=-2)),
    (
        "with everything",
        (2, 2, 4),
        (3, 2, 3),
        places(1, strides=2, low=3, high=-1, base_dilation=3, window_dilation=2),
    ),
    ("of an image", (2, 2, 4, 5), (5, 2, 2, 3), places(2, strides=2, low=1, high=1)),
    ("of one pixel each", (2, 3, 2, 3), (4, 3, 1, 1), places(2)),
    ("of a volume", (1, 2, 2, 3, 3), (2, 2, 1, 2, 2), places(3, strides=2, high=1)),
    ("without space", (2, 3), (4, 3), places(0)),
    ("in groups", (3, 2, 2, 5), (3, 2, 2, 3), places(1, low=1)),
    ("depthwise", (2, 4, 1, 1, 4), (2, 4, 1, 1, 2), places(1, strides=2)),
    ("of no rows", (0, 2, 4), (3, 2, 2), places(1)),
    ("of no channels", (2, 0, 4), (3, 0, 2), places(1)),
    ("of padding only", (1, 2, 0), (2, 2, 2), places(1, low=1, high=2)),
)
for label, lhs_shape, rhs_shape, where in CONVOLUTIONS:
    window_row(
        "conv",
        label,
        partial(primitives.conv, windows=where),
        partial(convolved, windows=where),
        (normal(lhs_shape), normal(rhs_shape)),
        list(typed_cases((lhs_shape, rhs_shape), dtypes_for("conv"))),
        ulps=8,
        magnitude=partial(conv_magnitude, windows=where),
    )

# Reductions -------------------------------------------------------------------------------------


def start_of(mnemonic: str, dtype: np.dtype[Any]) -> Any:
    """What a reduction starts from."""
    if mnemonic.endswith("sum"):
        return 0
    least = mnemonic.endswith("max")
    if dtype.kind == "f":
        return -math.inf if least else math.inf
    return np.iinfo(dtype).min if least else np.iinfo(dtype).max


STEPS: dict[str, Callable[..., Any]] = {
    "reduce_window_sum": np.add,
    "reduce_window_max": np.maximum,
    "reduce_window_min": np.minimum,
}


def reduced(x: Array, mnemonic: str, window: Shape, windows: Places) -> Array:
    sizes = x.shape[x.ndim - windows.rank :]
    shape = (*x.shape[: x.ndim - windows.rank], *windows.counts(sizes, window))
    result = np.full(shape, start_of(mnemonic, x.dtype), x.dtype)
    for s, _, index in windows.reads(sizes, window):
        result[(..., *s)] = STEPS[mnemonic](result[(..., *s)], x[(..., *index)])
    return result


def sum_magnitude(x: Array, window: Shape, windows: Places) -> Array:
    return reduced(np.abs(x), "reduce_window_sum", window, windows)


def extreme_places(x: Array, sign: int, window: Shape, windows: Places) -> Array:
    """The first largest (sign 1) or smallest (-1) element, or the last NaN."""
    sizes = x.shape[x.ndim - windows.rank :]
    outer = x.shape[: x.ndim - windows.rank]
    none = math.prod(window)
    result = np.full((*outer, *windows.counts(sizes, window)), none, np.int32)
    best: dict[tuple[Any, ...], Any] = {}
    for s, place, index in windows.reads(sizes, window):
        for front in np.ndindex(*outer):
            value = x[(*front, *index)].item()
            key = (*front, *s)
            beats = key not in best or value * sign > best[key] * sign
            if beats or math.isnan(value):
                best[key] = value
                result[key] = place
    return result


REDUCED: tuple[tuple[str, Shape, Shape, Places], ...] = (
    ("of a line", (2, 6), (3,), places(1)),
    (
        "with everything",
        (2, 4),
        (4,),
        places(1, strides=2, low=3, high=-1, base_dilation=3, window_dilation=2),
    ),
    ("of an image", (2, 4, 5), (2, 3), places(2, strides=2, low=1, high=1)),
    ("of a volume", (3, 3, 3), (2, 1, 2), places(3, strides=2)),
    ("side by side", (2, 5, 6), (2, 3), Places([2, 3], [0, 0], [1, 0], [1, 1], [1, 1])),
    ("side by side and a rest", (7,), (3,), Places([3], [0], [0], [1], [1])),
    ("of a scalar", (), (), places(0)),
    ("of no rows", (0, 4), (2,), places(1)),
    ("of padding only", (2, 0), (2,), places(1, low=1, high=2)),
)
# Where each window has an element, so that the largest one is finite.
FILLED = REDUCED[:-1]
# Primitives that mirror another one differ from it in the numbers, not in the geometry.
MIRRORED = REDUCED[:2]


def special(shape: Shape) -> list[Operands]:
    """Ties, NaN and infinities."""
    if not math.prod(shape):
        return []
    cases = []
    for dtype in FLOATS:
        generator = np.random.default_rng(5)
        values = np.array([1, 2, 2, math.nan, math.inf, -math.inf, -math.inf, 0], dtype)
        cases.append((np.asarray(generator.choice(values, shape)).astype(dtype),))
        cases.append((np.full(shape, -math.inf, dtype),))
    return cases


GEOMETRIES = {
    "reduce_window_sum": REDUCED,
    "reduce_window_max": FILLED,
    "reduce_window_min": MIRRORED,
}
for mnemonic, rows in GEOMETRIES.items():
    for label, shape, window, where in rows:
        is_sum = mnemonic == "reduce_window_sum"
        window_row(
            mnemonic,
            label,
            partial(getattr(primitives, mnemonic), window=window, windows=where),
            partial(reduced, mnemonic=mnemonic, window=window, windows=where),
            (normal(shape),),
            [
                *typed_cases((shape,), dtypes_for(mnemonic)),
                *([] if is_sum else special(shape)),
            ],
            ulps=8 if is_sum else 0,
            magnitude=partial(sum_magnitude, window=window, windows=where) if is_sum else None,
        )

for mnemonic, sign in (("window_argmax", 1), ("window_argmin", -1)):
    for label, shape, window, where in MIRRORED if sign < 0 else REDUCED:
        window_row(
            mnemonic,
            label,
            partial(getattr(primitives, mnemonic), window=window, windows=where),
            partial(extreme_places, sign=sign, window=window, windows=where),
            (normal(shape),),
            [*typed_cases((shape,), dtypes_for(mnemonic)), *special(shape)],
        )

# Places in windows ------------------------------------------------------------------------------


def gathered(x: Array, index: Array, window: Shape, windows: Places) -> Array:
    result = np.zeros(index.shape, x.dtype)
    for s, place, at in windows.reads(x.shape[x.ndim - windows.rank :], window):
        result[(..., *s)] += np.where(index[(..., *s)] == place, x[(..., *at)], 0).astype(x.dtype)
    return result


def scattered(x: Array, index: Array, sizes: Shape, window: Shape, windows: Places) -> Array:
    result = np.zeros((*x.shape[: x.ndim - windows.rank], *sizes), x.dtype)
    for s, place, at in windows.reads(sizes, window):
        result[(..., *at)] += np.where(index[(..., *s)] == place, x[(..., *s)], 0).astype(x.dtype)
    return result


def some_places(shape: Shape, window: Shape) -> Callable[[np.random.Generator], Array]:
    """Places in a window, among them the one after the last."""
    count = math.prod(window)
    return lambda g: np.asarray(g.integers(0, count + 1, shape).astype(np.int32))


for label, shape, window, where in REDUCED:
    outer, sizes = shape[: len(shape) - where.rank], shape[len(shape) - where.rank :]
    count_shape = (*outer, *where.counts(sizes, window))
    index = some_places(count_shape, window)
    for mnemonic, operand_shape, reference, attributes in (
        ("window_gather", shape, gathered, {}),
        ("window_scatter", count_shape, scattered, {"sizes": sizes}),
    ):
        options: dict[str, Any] = {**attributes, "window": window, "windows": where}
        window_row(
            mnemonic,
            label,
            partial(getattr(primitives, mnemonic), **options),
            partial(reference, **options),
            (normal(operand_shape), index),
            [
                (*operands, index(np.random.default_rng(3)))
                for operands in typed_cases((operand_shape,), dtypes_for(mnemonic))
            ],
            ulps=0 if mnemonic == "window_gather" else 8,
        )
