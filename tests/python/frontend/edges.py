"""Where functions of nn and special differ from SciPy and torch: the source of the docs' page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Difference(NamedTuple):
    """A difference that stays.

    Attributes:
        at: for which arguments.
        where: the same as a condition on them in float64.
        ours: what comes out.
        theirs: what comes out of SciPy or torch.
        reason: why.
    """

    at: str
    where: Callable[..., np.ndarray]
    ours: str
    theirs: str
    reason: str


def is_pole(x: np.ndarray) -> np.ndarray:
    return (x <= 0) & (np.floor(x) == x)


_LIMIT = Difference(
    "-inf",
    lambda x: x == -np.inf,
    "-0.0",
    "torch: NaN",
    "the limit; the derivative there is 0",
)

DIFFERENCES: dict[str, tuple[Difference, ...]] = {
    "special.gammaln": (
        Difference(
            "-inf", lambda x: x == -np.inf, "inf", "SciPy: -inf", "as lgamma of C, torch and JAX"
        ),
    ),
    "special.polygamma": (
        Difference(
            "0 and negative integers, where the order is even",
            is_pole,
            "inf",
            "SciPy: -inf",
            "the two sides of the pole have different signs",
        ),
        Difference(
            "-inf", lambda x: x == -np.inf, "NaN", "SciPy: inf or -inf", "there is no limit"
        ),
    ),
    **{f"nn.{name}": (_LIMIT,) for name in ("silu", "swish", "gelu", "mish", "hard_silu")},
    "nn.soft_sign": (
        Difference(
            "inf, -inf", lambda x: np.isinf(x), "1, -1", "torch: NaN", "the limits, derivative 0"
        ),
    ),
}

_HEAD = """# nn and special at their edges

Functions of `xform.nn` and `xform.special` are compared with torch and SciPy at infinities, NaN,
signed zeros, poles and the ends of integer ranges, in every dtype.

Integers become float64, but for `relu`, `relu6`, the maximum pools, `top_k` and convolutions, which
keep their dtype; convolutions of integers wrap, as `np.convolve` does. Floats of 16 bits are
computed in float32 and rounded once. Subnormal arguments count as 0 and subnormal results are
flushed to it. Of `softmax` and `log_softmax` a row of -inf, or with inf, is NaN, as in both.
`logsumexp` has no derivative by an element that is inf: NaN. By a factor of 0 its derivative is
limited to numbers that are finite. Padding and the gaps of transposed convolutions are zeros that
are multiplied, so that an infinite weight beside them gives NaN. What else differs:

| function | at | here | there | why |
|---|---|---|---|---|
"""


def page() -> str:
    """docs/nn-differences.md."""
    rows = [
        f"| `{name}` | {d.at} | {d.ours} | {d.theirs} | {d.reason} |"
        for name, differences in DIFFERENCES.items()
        for d in differences
    ]
    return _HEAD + "\n".join(rows) + "\n"
