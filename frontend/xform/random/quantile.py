"""The quantile function of the normal distribution.

M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied
Statistics 37 (1988): quotients of polynomials around the median and in the tails, of about 16
digits for float64 and 7 for float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import primitives
from ..numpy.float_parts import like
from ..numpy.promotion import FLOAT32
from ..tracing.array import TracedArray

# Beyond this distance from 1/2 begin the tails, and below this probability their far part.
_CENTRE = 0.425
_FAR = 1.388794386496402e-11  # exp(-25)


@dataclass(frozen=True)
class _Quotient:
    """Two polynomials, lowest power first."""

    numerator: tuple[float, ...]
    denominator: tuple[float, ...]


@dataclass(frozen=True)
class _Table:
    """The quotients around the median, in the tails and far out in them."""

    centre: _Quotient
    tail: _Quotient
    far: _Quotient


_DOUBLE = _Table(
    _Quotient(
        (3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3,
         1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
         3.3430575583588128105e4, 2.5090809287301226727e3),
        (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
         2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
         5.2264952788528545610e3),
    ),
    _Quotient(
        (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
         3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
         2.27238449892691845833e-2, 7.74545014278341407640e-4),
        (1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
         1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
         1.05075007164441684324e-9),
    ),
    _Quotient(
        (6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
         2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
         2.71155556874348757815e-5, 2.01033439929228813265e-7),
        (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
         2.04426310338993978564e-15),
    ),
)  # fmt: skip

_SINGLE = _Table(
    _Quotient(
        (3.3871327179, 5.0434271938e1, 1.5929113202e2, 5.9109374720e1),
        (1.0, 1.7895169469e1, 7.8757757664e1, 6.7187563600e1),
    ),
    _Quotient(
        (1.4234372777, 2.7568153900, 1.3067284816, 1.7023821103e-1),
        (1.0, 7.3700164250e-1, 1.2021132975e-1),
    ),
    _Quotient(
        (6.6579051150, 3.0812263860, 4.2868294337e-1, 1.7337203997e-2),
        (1.0, 2.4197894225e-1, 1.2258202635e-2),
    ),
)


def normal_quantile(p: TracedArray, *, smallest: float = 0.0) -> TracedArray:
    """The number below which a standard normal one lies with probability `p`.

    Args:
        p: probabilities of (0, 1), float32 or float64.
        smallest: what `p` and 1 - p are known not to be below.
    """
    table = _table(p)
    offset = primitives.sub(p, like(p, 0.5))
    is_central = primitives.le(primitives.abs_(offset), like(p, _CENTRE))
    rarer = primitives.min_(p, primitives.sub(like(p, 1.0), p))
    distance = primitives.sqrt(primitives.neg(primitives.log(rarer)))

    tail = table.tail
    if smallest >= _FAR:
        moved = primitives.sub(distance, like(p, 1.6))
        over = _polynomial(moved, tail.numerator)
        under = _polynomial(moved, tail.denominator)
    else:
        is_far = primitives.lt(rarer, like(p, _FAR))
        moved = primitives.sub(distance, primitives.select(is_far, like(p, 5.0), like(p, 1.6)))
        over = _either(moved, is_far, table.far.numerator, tail.numerator)
        under = _either(moved, is_far, table.far.denominator, tail.denominator)
    over = primitives.select(primitives.lt(offset, like(p, 0.0)), primitives.neg(over), over)

    # One division for both: the slowest step, in float64 above all.
    centre_over, centre_under = _centre(offset, table.centre)
    over = primitives.select(is_central, centre_over, over)
    under = primitives.select(is_central, centre_under, under)
    return primitives.div(over, under)


def normal_quantile_around_median(offset: TracedArray) -> TracedArray:
    """`normal_quantile(0.5 + offset)` for an offset of at most 0.425, with all its digits."""
    return primitives.div(*_centre(offset, _table(offset).centre))


def _table(x: TracedArray) -> _Table:
    return _SINGLE if x.dtype == FLOAT32 else _DOUBLE


def _centre(offset: TracedArray, centre: _Quotient) -> tuple[TracedArray, TracedArray]:
    square = primitives.mul(offset, offset)
    near = primitives.sub(like(offset, _CENTRE**2), square)
    over = primitives.mul(offset, _polynomial(near, centre.numerator))
    return over, _polynomial(near, centre.denominator)


def _polynomial(x: TracedArray, coefficients: Sequence[float]) -> TracedArray:
    sum_ = like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        sum_ = primitives.add(primitives.mul(sum_, x), like(x, coefficient))
    return sum_


def _either(
    x: TracedArray, pred: TracedArray, first: Sequence[float], second: Sequence[float]
) -> TracedArray:
    """The polynomial with the first coefficients where `pred` is true, else with the second."""
    chosen = [
        primitives.select(pred, like(x, a), like(x, b)) for a, b in zip(first, second, strict=True)
    ]
    sum_ = chosen[-1]
    for coefficient in chosen[-2::-1]:
        sum_ = primitives.add(primitives.mul(sum_, x), coefficient)
    return sum_
