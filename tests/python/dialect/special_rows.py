"""The rows of functions beyond the elementary ones."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import scipy.special
from elementwise_rows import SPECIAL, elementwise
from table_row import Array, Row
from xform import primitives

ROWS: list[Row] = []

# Between its poles the logarithm of gamma has roots, next to which few digits are right.
POLES = (0.0, -0.0, -1.0, -3.0, -0.5, 0.5, 1.0, 2.0, 3.0, 7.9, 1e-3, 30.0, math.inf, math.nan)
WIDE, POSITIVE, UNIT = (-3.0, 3.0), (0.3, 9.0), (-0.9, 0.9)

special = partial(elementwise, rows=ROWS)


def erf_inv(x: Array) -> Array:
    """SciPy's, but a zero keeps its sign."""
    return np.where(x == 0, x, scipy.special.erfinv(x))


def lgamma(x: Array) -> Array:
    """SciPy's, but infinite for -inf as C's."""
    return np.where(x == -math.inf, math.inf, scipy.special.gammaln(x))


ENDS = (*POLES, -math.inf)
special("erf_inv", primitives.erf_inv, erf_inv, UNIT, ulps=4)
special("lgamma", primitives.lgamma, lgamma, POSITIVE, special=ENDS, ulps=4)
# The root of digamma at -0.504 is too near to -0.5.
FROM_ROOTS = tuple(-0.7 if x == -0.5 else x for x in POLES)
special("digamma", primitives.digamma, scipy.special.digamma, POSITIVE, special=FROM_ROOTS, ulps=4)
for order in (1, 2, 5):
    special(
        "polygamma",
        partial(primitives.polygamma, order=order),
        partial(scipy.special.polygamma, order),
        POSITIVE,
        special=(0.5, 1.0, 3.0, -0.5, -2.3, 30.0, math.inf, math.nan),
        ulps=8,
        name=f"polygamma {order}",
    )
special("hypot", primitives.hypot, np.hypot, WIDE, WIDE, special=(*SPECIAL, 1e30, -1e30), ulps=4)
special("log_add_exp", primitives.log_add_exp, np.logaddexp, POSITIVE, POSITIVE, ulps=4)
