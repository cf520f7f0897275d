"""A function for each primitive; written by dialect/generate_rules.py, do not edit.

What a primitive is called, takes and computes is said in the records in dialect/*.td, of which
`make generate` makes this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .emission import Operand, emit, emit_all, ints

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray
    from ..tracing.complex_values import AnyType
    from .indexing import Indexing
    from .windows import Windows


def abs_(x: Operand) -> TracedArray:
    """The absolute value of x."""
    return emit("abs", [x])


def abs_slope(x: Operand) -> TracedArray:
    """The slope of |x|, which is the sign of x and, at 0, the mean of -1 and 1."""
    return emit("abs_slope", [x])


def acos(x: Operand) -> TracedArray:
    """The inverse cosine, in radians."""
    return emit("acos", [x])


def acosh(x: Operand) -> TracedArray:
    """The inverse hyperbolic cosine."""
    return emit("acosh", [x])


def add(x: Operand, y: Operand) -> TracedArray:
    """The sum of x and y; integers wrap around."""
    return emit("add", [x, y])


def and_(x: Operand, y: Operand) -> TracedArray:
    """The bitwise and of x and y."""
    return emit("and", [x, y])


def argmax(x: Operand, axis: int, result_type: AnyType) -> TracedArray:
    """The index of the first largest element along an axis, or of the first NaN."""
    return emit("argmax", [x], {"axis": int(axis)}, result_type=result_type)


def argmin(x: Operand, axis: int, result_type: AnyType) -> TracedArray:
    """The index of the first smallest element along an axis, or of the first NaN."""
    return emit("argmin", [x], {"axis": int(axis)}, result_type=result_type)


def asin(x: Operand) -> TracedArray:
    """The inverse sine, in radians."""
    return emit("asin", [x])


def asinh(x: Operand) -> TracedArray:
    """The inverse hyperbolic sine."""
    return emit("asinh", [x])


def atan(x: Operand) -> TracedArray:
    """The inverse tangent, in radians."""
    return emit("atan", [x])


def atan2(y: Operand, x: Operand) -> TracedArray:
    """The angle of the point (x, y), in radians."""
    return emit("atan2", [y, x])


def atanh(x: Operand) -> TracedArray:
    """The inverse hyperbolic tangent."""
    return emit("atanh", [x])


def bitcast(x: Operand, result_type: AnyType) -> TracedArray:
    """Each element's bits, read as another type of the same width."""
    return emit("bitcast", [x], result_type=result_type)


def broadcast_in_dim(x: Operand, dims: Sequence[int], result_type: AnyType) -> TracedArray:
    """x repeated along new axes and along axes of size 1.

    Axis `i` of `x` becomes axis `dims[i]` of the result; `dims` increases. An axis of size 1 may
    meet a larger one.
    """
    return emit("broadcast_in_dim", [x], {"dims": ints(dims)}, result_type=result_type)


def cbrt(x: Operand) -> TracedArray:
    """The cube root of x."""
    return emit("cbrt", [x])


def ceil(x: Operand) -> TracedArray:
    """The smallest integer that is not less than x."""
    return emit("ceil", [x])


def checkpoint_name(x: Operand, name: str) -> TracedArray:
    """x, with a name for the policies of xform.checkpoint to refer to."""
    return emit("checkpoint_name", [x], {"name": name})


def cholesky(x: Operand) -> TracedArray:
    """The lower triangular factor l of each matrix in the last two axes, with l l^T = x.

    `x` is taken to be symmetric: only its lower triangle is read, and its tangent is made
    symmetric. Where `x` is not positive definite, the columns from the first bad pivot on are NaN
    on and below the diagonal.
    """
    return emit("cholesky", [x])


def clz(x: Operand) -> TracedArray:
    """The number of leading zero bits of x."""
    return emit("clz", [x])


def concatenate(xs: Sequence[Operand], axis: int) -> TracedArray:
    """Tensors joined along an axis."""
    return emit("concatenate", [*xs], {"axis": int(axis)})


def conv(lhs: Operand, rhs: Operand, windows: Windows) -> TracedArray:
    """a convolution: each window of lhs, multiplied by rhs and summed.

    lhs is [group..., n, i, x...], rhs [group..., o, i, k...] and the result [group..., n, o, y...],
    with any number of group axes, also none: each group has a convolution of its own. Both
    derivatives are convolutions of this layout again, with axes exchanged.
    """
    return emit("conv", [lhs, rhs], windows.attributes)


def convert(x: Operand, result_type: AnyType) -> TracedArray:
    """Each element converted to another type.

    Floats become integers by truncation, and `i1` by comparison with 0; between integers, bits are
    cut or extended by the sign of the operand's type.
    """
    return emit("convert", [x], result_type=result_type)


def copy_sign(x: Operand, y: Operand) -> TracedArray:
    """The magnitude of x with the sign of y."""
    return emit("copy_sign", [x, y])


def cos(x: Operand) -> TracedArray:
    """The cosine of x radians."""
    return emit("cos", [x])


def cosh(x: Operand) -> TracedArray:
    """The hyperbolic cosine."""
    return emit("cosh", [x])


def cummax(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The largest element so far along an axis; NaN from the first NaN on.

    Element `i` along `axis` combines the elements up to `i`, itself included; with `reverse` those
    from `i` on.
    """
    attributes: dict[str, Attribute] = {
        "axis": int(axis),
        "reverse": bool(reverse),
    }
    return emit("cummax", [x], attributes)


def cummin(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The smallest element so far along an axis; NaN from the first NaN on.

    Element `i` along `axis` combines the elements up to `i`, itself included; with `reverse` those
    from `i` on.
    """
    attributes: dict[str, Attribute] = {
        "axis": int(axis),
        "reverse": bool(reverse),
    }
    return emit("cummin", [x], attributes)


def cumprod(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The running product along an axis.

    Element `i` along `axis` combines the elements up to `i`, itself included; with `reverse` those
    from `i` on.
    """
    attributes: dict[str, Attribute] = {
        "axis": int(axis),
        "reverse": bool(reverse),
    }
    return emit("cumprod", [x], attributes)


def cumsum(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The running sum along an axis.

    Element `i` along `axis` combines the elements up to `i`, itself included; with `reverse` those
    from `i` on.
    """
    attributes: dict[str, Attribute] = {
        "axis": int(axis),
        "reverse": bool(reverse),
    }
    return emit("cumsum", [x], attributes)


def digamma(x: Operand) -> TracedArray:
    """The derivative of lgamma; infinite at 0, NaN at the negative integers."""
    return emit("digamma", [x])


def div(x: Operand, y: Operand) -> TracedArray:
    """The quotient of x and y; integers truncate towards zero, and are undefined where y is 0."""
    return emit("div", [x, y])


def div_no_nan(x: Operand, y: Operand) -> TracedArray:
    """The quotient of x and y, or 0 where y is 0, without a derivative there."""
    return emit("div_no_nan", [x, y])


def dot_general(
    lhs: Operand,
    rhs: Operand,
    lhs_batch: Sequence[int],
    rhs_batch: Sequence[int],
    lhs_contracting: Sequence[int],
    rhs_contracting: Sequence[int],
) -> TracedArray:
    """a general product of matrices: products summed over contracted axes.

    Axes named pairwise in `lhs_batch` and `rhs_batch` run together, those in `lhs_contracting` and
    `rhs_contracting` are summed over. The result has the batch axes, then the free axes of `lhs`,
    then those of `rhs`.
    """
    attributes: dict[str, Attribute] = {
        "lhs_batch": ints(lhs_batch),
        "rhs_batch": ints(rhs_batch),
        "lhs_contracting": ints(lhs_contracting),
        "rhs_contracting": ints(rhs_contracting),
    }
    return emit("dot_general", [lhs, rhs], attributes)


def dynamic_slice(x: Operand, starts: Sequence[Operand], sizes: Sequence[int]) -> TracedArray:
    """a slice of fixed sizes that begins at computed starts.

    Takes `sizes[i]` elements along axis `i`, from `starts[i]` on. A start that would let the slice
    leave `x` is replaced by the nearest one that does not.
    """
    return emit("dynamic_slice", [x, *starts], {"sizes": ints(sizes)})


def dynamic_update_slice(x: Operand, update: Operand, starts: Sequence[Operand]) -> TracedArray:
    """x with the slice that begins at computed starts replaced by update.

    The slice begins at `starts[i]` along axis `i`. Starts are clamped like those of
    `dynamic_slice`.
    """
    return emit("dynamic_update_slice", [x, update, *starts])


def eig(x: Operand) -> tuple[TracedArray, ...]:
    """Eigenvalues wr + i wi and eigenvectors vr + i vi of matrices, by their parts.

    For square matrices in the last two axes, x (vr + i vi) = (vr + i vi) diag(wr + i wi). Values
    that are not real come in pairs, that with the positive imaginary part first. Columns of `vr`
    and `vi` belong to the elements of `wr` and `wi`; each vector has length 1, and its largest
    element is real. A matrix in Schur form keeps the order of its values. Where a matrix is not
    finite, or the iteration does not end, all are NaN.

    The derivative exists where no two eigenvalues are equal. No tangent turns vectors of
    eigenvalues into each other that differ by no more than rounding does: so derivatives of sums
    over equal eigenvalues that have as many vectors are right. Where there are fewer vectors than
    values, it is not finite.
    """
    return emit_all("eig", [x])


def eigh(x: Operand) -> tuple[TracedArray, ...]:
    """Eigenvalues in ascending order and orthonormal eigenvectors, x v = v diag(w).

    For symmetric matrices in the last two axes, of which only the lower triangle is read; the
    tangent is made symmetric. The columns of `v` belong to the elements of `w`. Where a matrix is
    not finite, both are NaN.

    Eigenvalues that differ by no more than rounding does count as equal. No tangent turns the
    vectors of equal ones into each other: so the derivatives of projectors on all of them, and of
    sums over eigenvalues, are right.
    """
    return emit_all("eigh", [x])


def eq(x: Operand, y: Operand) -> TracedArray:
    """Whether x and y are equal."""
    return emit("eq", [x, y])


def erf(x: Operand) -> TracedArray:
    """The error function."""
    return emit("erf", [x])


def erf_inv(x: Operand) -> TracedArray:
    """The inverse of the error function; NaN where |x| > 1."""
    return emit("erf_inv", [x])


def erfc(x: Operand) -> TracedArray:
    """The complementary error function, accurate for large x."""
    return emit("erfc", [x])


def exp(x: Operand) -> TracedArray:
    """The exponential of x."""
    return emit("exp", [x])


def exp2(x: Operand) -> TracedArray:
    """2 raised to the power x."""
    return emit("exp2", [x])


def expm1(x: Operand) -> TracedArray:
    """The exponential of x, less 1; accurate where x is near 0."""
    return emit("expm1", [x])


def floor(x: Operand) -> TracedArray:
    """The largest integer that is not greater than x."""
    return emit("floor", [x])


def floor_div(x: Operand, y: Operand) -> TracedArray:
    """The exact quotient of x and y, rounded down.

    Integers divided by 0 give 0.
    """
    return emit("floor_div", [x, y])


def floor_rem(x: Operand, y: Operand) -> TracedArray:
    """The remainder of a division that is rounded down, with the sign of y.

    Integers divided by 0 give 0.
    """
    return emit("floor_rem", [x, y])


def fold_in(key: Operand, data: Operand) -> TracedArray:
    """a new key, made from a key and a number.

    The two words that come out of the generator for each key of `key` and the counter at the same
    place of `data`.
    """
    return emit("fold_in", [key, data])


def gather(x: Operand, indices: Operand, indexing: Indexing) -> TracedArray:
    """The windows of x at the places that index vectors name."""
    return emit("gather", [x, indices], indexing.attributes)


def gaussian(x: Operand) -> TracedArray:
    """The Gaussian exp(-x^2), accurate for large x."""
    return emit("gaussian", [x])


def gcd(x: Operand, y: Operand) -> TracedArray:
    """The greatest common divisor of the magnitudes of x and y."""
    return emit("gcd", [x, y])


def ge(x: Operand, y: Operand) -> TracedArray:
    """Whether x is at least y."""
    return emit("ge", [x, y])


def gt(x: Operand, y: Operand) -> TracedArray:
    """Whether x is greater than y."""
    return emit("gt", [x, y])


def half_pow(x: Operand, exponent: int) -> TracedArray:
    """x raised to the power exponent / 2, for an odd exponent of at least -1; 0 where x is 0.

    For roots of sums of squares, their powers and their derivatives. The derivative at 0 is 0 for
    exponent 1, like that of a norm, and NaN for exponent -1.
    """
    return emit("half_pow", [x], {"exponent": int(exponent)})


def hypot(x: Operand, y: Operand) -> TracedArray:
    """The length of the vector (x, y), computed without overflow."""
    return emit("hypot", [x, y])


def integer_pow(x: Operand, exponent: int) -> TracedArray:
    """x raised to a fixed integer power, by repeated squaring."""
    return emit("integer_pow", [x], {"exponent": int(exponent)})


def iota(axis: int, result_type: AnyType) -> TracedArray:
    """Each element's index along an axis."""
    return emit("iota", [], {"axis": int(axis)}, result_type=result_type)


def le(x: Operand, y: Operand) -> TracedArray:
    """Whether x is at most y."""
    return emit("le", [x, y])


def lgamma(x: Operand) -> TracedArray:
    """The logarithm of |gamma(x)|; infinite at 0 and the negative integers."""
    return emit("lgamma", [x])


def log(x: Operand) -> TracedArray:
    """The natural logarithm of x."""
    return emit("log", [x])


def log10(x: Operand) -> TracedArray:
    """The logarithm of x to base 10."""
    return emit("log10", [x])


def log1p(x: Operand) -> TracedArray:
    """The natural logarithm of 1 + x, accurate where x is near 0."""
    return emit("log1p", [x])


def log2(x: Operand) -> TracedArray:
    """The logarithm of x to base 2."""
    return emit("log2", [x])


def log_add_exp(x: Operand, y: Operand) -> TracedArray:
    """The logarithm of exp(x) + exp(y), computed without overflow."""
    return emit("log_add_exp", [x, y])


def logistic(x: Operand) -> TracedArray:
    """The logistic function 1 / (1 + exp(-x))."""
    return emit("logistic", [x])


def logistic_slope(x: Operand) -> TracedArray:
    """The derivative of the logistic function, accurate where that is close to 0 or 1."""
    return emit("logistic_slope", [x])


def lt(x: Operand, y: Operand) -> TracedArray:
    """Whether x is less than y."""
    return emit("lt", [x, y])


def lu(x: Operand) -> tuple[TracedArray, ...]:
    """Triangular factors of matrices whose rows are exchanged, l u = x[permutation].

    For matrices of m rows and n columns in the last two axes, `factors` holds u on and above the
    diagonal, and below it l, whose diagonal is 1. Row i was exchanged with row `pivots[i]`, one
    after the other, which has the largest absolute value left in column i; `permutation` is what
    the exchanges make of 0, 1, ..., m - 1. Where a column has nothing but zeros left, u has a zero
    on its diagonal and l is 0 below its own.
    """
    return emit_all("lu", [x])


def lu_solve(
    a: Operand, factors: Operand, permutation: Operand, b: Operand, transpose_a: bool = False
) -> TracedArray:
    """x with op(a) x = b, for square matrices whose factors are known.

    `factors` and `permutation` are those of `xform.lu` of `a`. Derivatives are those of the
    solution: `a` stands for what the factors depend on, and no tangent of the factors is read. `op`
    transposes if `transpose_a`. The axes before the last two are batch axes of equal sizes.
    """
    return emit("lu_solve", [a, factors, permutation, b], {"transpose_a": bool(transpose_a)})


def max_(x: Operand, y: Operand) -> TracedArray:
    """The larger of x and y; NaN if either is NaN."""
    return emit("max", [x, y])


def min_(x: Operand, y: Operand) -> TracedArray:
    """The smaller of x and y; NaN if either is NaN."""
    return emit("min", [x, y])


def mul(x: Operand, y: Operand) -> TracedArray:
    """The product of x and y; integers wrap around."""
    return emit("mul", [x, y])


def ne(x: Operand, y: Operand) -> TracedArray:
    """Whether x and y differ."""
    return emit("ne", [x, y])


def neg(x: Operand) -> TracedArray:
    """The negative of x; integers wrap around."""
    return emit("neg", [x])


def next_after(x: Operand, y: Operand) -> TracedArray:
    """The next representable number after x in the direction of y."""
    return emit("next_after", [x, y])


def not_(x: Operand) -> TracedArray:
    """The bitwise complement of x."""
    return emit("not", [x])


def or_(x: Operand, y: Operand) -> TracedArray:
    """The bitwise or of x and y."""
    return emit("or", [x, y])


def pad(
    x: Operand, value: Operand, low: Sequence[int], high: Sequence[int], interior: Sequence[int]
) -> TracedArray:
    """x with a value put before, after and between its elements.

    Along axis `i`, `low[i]` elements come before, `high[i]` after and `interior[i]` between
    neighbours. A negative `low` or `high` cuts elements.
    """
    attributes: dict[str, Attribute] = {
        "low": ints(low),
        "high": ints(high),
        "interior": ints(interior),
    }
    return emit("pad", [x, value], attributes)


def polygamma(x: Operand, order: int) -> TracedArray:
    """The derivative of digamma of a fixed order of at least 1."""
    return emit("polygamma", [x], {"order": int(order)})


def popcount(x: Operand) -> TracedArray:
    """The number of bits of x that are set."""
    return emit("popcount", [x])


def pow_(x: Operand, y: Operand) -> TracedArray:
    """x raised to the power y, with the special cases of C's pow."""
    return emit("pow", [x, y])


def qr(x: Operand, complete: bool = False) -> tuple[TracedArray, ...]:
    """Orthonormal columns and an upper triangle with q r = x.

    For matrices of m rows and n columns in the last two axes, with k the smaller of m and n, `q` is
    m x k and `r` is k x n; if `complete`, m x m and m x n. The diagonal of `r` has the signs that
    Householder's reflections give it, as LAPACK has them. Where x has less than full rank, the
    derivative does not exist and is not finite. No tangent turns the columns that complete `q` into
    each other, so the derivative of what does not depend on which are chosen is right.
    """
    return emit_all("qr", [x], {"complete": bool(complete)})


def reduce_and(x: Operand, axes: Sequence[int]) -> TracedArray:
    """Whether all elements along some axes are true."""
    return emit("reduce_and", [x], {"axes": ints(axes)})


def reduce_max(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The largest element along some axes; NaN if there is one."""
    return emit("reduce_max", [x], {"axes": ints(axes)})


def reduce_min(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The smallest element along some axes; NaN if there is one."""
    return emit("reduce_min", [x], {"axes": ints(axes)})


def reduce_or(x: Operand, axes: Sequence[int]) -> TracedArray:
    """Whether any element along some axes is true."""
    return emit("reduce_or", [x], {"axes": ints(axes)})


def reduce_prod(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The product of the elements along some axes; 1 if there are none."""
    return emit("reduce_prod", [x], {"axes": ints(axes)})


def reduce_sum(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The sum of the elements along some axes; 0 if there are none."""
    return emit("reduce_sum", [x], {"axes": ints(axes)})


def reduce_window_max(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The largest element of each window; NaN if it has one."""
    attributes: dict[str, Attribute] = {
        "window": ints(window),
        **windows.attributes,
    }
    return emit("reduce_window_max", [x], attributes)


def reduce_window_min(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The smallest element of each window; NaN if it has one."""
    attributes: dict[str, Attribute] = {
        "window": ints(window),
        **windows.attributes,
    }
    return emit("reduce_window_min", [x], attributes)


def reduce_window_sum(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The sum of the elements of each window."""
    attributes: dict[str, Attribute] = {
        "window": ints(window),
        **windows.attributes,
    }
    return emit("reduce_window_sum", [x], attributes)


def rem(x: Operand, y: Operand) -> TracedArray:
    """The remainder of a division that truncates, with the sign of x."""
    return emit("rem", [x, y])


def reshape(x: Operand, result_type: AnyType) -> TracedArray:
    """The same elements, in row-major order, in another shape."""
    return emit("reshape", [x], result_type=result_type)


def reverse(x: Operand, axes: Sequence[int]) -> TracedArray:
    """x with its elements in reverse order along some axes."""
    return emit("reverse", [x], {"axes": ints(axes)})


def rng_bits(key: Operand, result_type: AnyType) -> TracedArray:
    """Random bits drawn with a key.

    The last axis of `key` holds the two words of a key. The axes before it are a batch of keys and
    come first in the result; each key draws the rest of the shape. The counter of an element is its
    row-major place in what its key draws. Of the two words that come out, `ui64` takes the first as
    its upper half, narrower types the low bits of their exclusive or.

    This is the only primitive that vmap counts as a draw.
    """
    return emit("rng_bits", [key], result_type=result_type)


def round_(x: Operand) -> TracedArray:
    """The nearest integer; ties go to the even one."""
    return emit("round", [x])


def rsqrt(x: Operand) -> TracedArray:
    """The reciprocal of the square root of x."""
    return emit("rsqrt", [x])


def scatter(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with windows replaced by updates; of several for one window, the last stays."""
    return emit("scatter", [x, indices, updates], indexing.attributes)


def scatter_add(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with updates added to its windows."""
    return emit("scatter_add", [x, indices, updates], indexing.attributes)


def scatter_max(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with windows replaced by the largest of their elements and updates; NaN if one is NaN."""
    return emit("scatter_max", [x, indices, updates], indexing.attributes)


def scatter_min(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with windows replaced by the smallest of their elements and updates; NaN if one is NaN."""
    return emit("scatter_min", [x, indices, updates], indexing.attributes)


def scatter_mul(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with its windows multiplied by updates."""
    return emit("scatter_mul", [x, indices, updates], indexing.attributes)


def schur(x: Operand) -> tuple[TracedArray, ...]:
    """An upper triangle, up to blocks of two rows, and orthonormal columns with z t z^T = x.

    The real Schur form of square matrices in the last two axes. A block [a b; c a] of two rows on
    the diagonal of `t` has c not 0, the sign of b is the other one, and its eigenvalues are
    complex. What is of that form is left as it is. Where a matrix is not finite, or the iteration
    does not end, both are NaN.

    The derivative exists where no two eigenvalues are equal. No tangent turns the vectors of
    eigenvalues into each other that differ by no more than rounding does.
    """
    return emit_all("schur", [x])


def select(pred: Operand, x: Operand, y: Operand) -> TracedArray:
    """x where the predicate is true, y elsewhere."""
    return emit("select", [pred, x, y])


def share(t: Operand, greater: Operand, equal: Operand) -> TracedArray:
    """All of t where one of two values is the greater, half of it where they are equal, else 0."""
    return emit("share", [t, greater, equal])


def shift_left(x: Operand, y: Operand) -> TracedArray:
    """x shifted left by y bits; zeros move in.

    `y` counts as unsigned; where it is the width or more, all bits are shifted out.
    """
    return emit("shift_left", [x, y])


def shift_right_arithmetic(x: Operand, y: Operand) -> TracedArray:
    """x shifted right by y bits; copies of its highest bit move in.

    `y` counts as unsigned; where it is the width or more, all bits are shifted out.
    """
    return emit("shift_right_arithmetic", [x, y])


def shift_right_logical(x: Operand, y: Operand) -> TracedArray:
    """x shifted right by y bits; zeros move in.

    `y` counts as unsigned; where it is the width or more, all bits are shifted out.
    """
    return emit("shift_right_logical", [x, y])


def sign(x: Operand) -> TracedArray:
    """The sign of x: -1, 0 or 1; a zero keeps its sign, and NaN stays NaN."""
    return emit("sign", [x])


def sin(x: Operand) -> TracedArray:
    """The sine of x radians."""
    return emit("sin", [x])


def sinc(x: Operand, order: int = 0) -> TracedArray:
    """The derivative of sin(x) / x of a fixed order, which is the function itself for order 0."""
    return emit("sinc", [x], {"order": int(order)})


def sinc_of_root(x: Operand, order: int = 0) -> TracedArray:
    """j_n(z) / z^n at z = sqrt(x), for a fixed order n: cos(z) for -1, sin(z) / z for 0.

    j_n is the spherical Bessel function of order n. The quotients are smooth in x, even at 0, where
    z is not; each is -2 times the derivative of the one before.
    """
    return emit("sinc_of_root", [x], {"order": int(order)})


def sinh(x: Operand) -> TracedArray:
    """The hyperbolic sine."""
    return emit("sinh", [x])


def slice(
    x: Operand, starts: Sequence[int], limits: Sequence[int], strides: Sequence[int]
) -> TracedArray:
    """The elements from starts up to limits along each axis, in steps of strides.

    Along axis `i`, every `strides[i]`-th element from `starts[i]` on, up to `limits[i]`, which is
    not included.
    """
    attributes: dict[str, Attribute] = {
        "starts": ints(starts),
        "limits": ints(limits),
        "strides": ints(strides),
    }
    return emit("slice", [x], attributes)


def sort(xs: Sequence[Operand], axis: int, num_keys: int = 1) -> tuple[TracedArray, ...]:
    """Tensors sorted together along an axis, in the order of the first few of them.

    Moves the elements of all operands along `axis` alike, so that the first `num_keys` of them,
    compared lexicographically, ascend. Elements with equal keys keep their order, NaN comes last,
    -0.0 equals 0.0.

    Sort is linear in the operands that are no keys, so the derivative of `sort(k; p)` is `sort(k;
    p, dk, dp)`.
    """
    attributes: dict[str, Attribute] = {
        "axis": int(axis),
        "num_keys": int(num_keys),
    }
    return emit_all("sort", [*xs], attributes)


def sqrt(x: Operand) -> TracedArray:
    """The square root."""
    return emit("sqrt", [x])


def stop_gradient(x: Operand) -> TracedArray:
    """x, treated as a constant by derivatives."""
    return emit("stop_gradient", [x])


def sub(x: Operand, y: Operand) -> TracedArray:
    """The difference of x and y; integers wrap around."""
    return emit("sub", [x, y])


def svd(x: Operand, complete: bool = False) -> tuple[TracedArray, ...]:
    """Singular values in descending order and orthonormal vectors, u diag(s) vt = x.

    For matrices of m rows and n columns in the last two axes, with k the smaller of m and n, `u` is
    m x k, `s` has k elements and `vt` is k x n; if `complete`, `u` is m x m and `vt` n x n. Where a
    matrix is not finite, all are NaN.

    Singular values that differ by no more than rounding does count as equal, and those that are as
    small as zero. No tangent turns the vectors of equal ones into each other, on both sides alike,
    nor vectors that complete others: so the derivatives of `u vt`, and of projectors on all vectors
    of equal values, are right.
    """
    return emit_all("svd", [x], {"complete": bool(complete)})


def tan(x: Operand) -> TracedArray:
    """The tangent of x radians."""
    return emit("tan", [x])


def tanh(x: Operand) -> TracedArray:
    """The hyperbolic tangent."""
    return emit("tanh", [x])


def transpose(x: Operand, permutation: Sequence[int]) -> TracedArray:
    """x with its axes in another order.

    Axis `i` of the result is axis `permutation[i]` of `x`.
    """
    return emit("transpose", [x], {"permutation": ints(permutation)})


def triangular_solve(
    a: Operand,
    b: Operand,
    left_side: bool = True,
    lower: bool = True,
    transpose_a: bool = False,
    unit_diagonal: bool = False,
) -> TracedArray:
    """The solution x of op(a) x = b or x op(a) = b, for triangular a in the last two axes.

    Only the lower triangle of `a` is read if `lower`, else only the upper one. With `unit_diagonal`
    the diagonal is not read and taken to be 1. `op` transposes if `transpose_a`; `a` stands on the
    left of `x` if `left_side`, else on the right. The axes before the last two are batch axes, of
    equal sizes for `a` and `b`.
    """
    attributes: dict[str, Attribute] = {
        "left_side": bool(left_side),
        "lower": bool(lower),
        "transpose_a": bool(transpose_a),
        "unit_diagonal": bool(unit_diagonal),
    }
    return emit("triangular_solve", [a, b], attributes)


def trunc(x: Operand) -> TracedArray:
    """x rounded towards zero."""
    return emit("trunc", [x])


def unit_float(bits: Operand, result_type: AnyType) -> TracedArray:
    """The bits as a floating-point number in [0, 1).

    The upper bits become a significand: with p of them, the number is that multiple of 2^-p. Bits
    and result are of one width.
    """
    return emit("unit_float", [bits], result_type=result_type)


def window_argmax(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The place of the first largest element in each window, or of its last NaN.

    Places count the window's elements in row-major order. A window that has no element of `x` in it
    has the place after the last.
    """
    attributes: dict[str, Attribute] = {
        "window": ints(window),
        **windows.attributes,
    }
    return emit("window_argmax", [x], attributes)


def window_argmin(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The place of the first smallest element in each window, or of its last NaN.

    Places count the window's elements in row-major order. A window that has no element of `x` in it
    has the place after the last.
    """
    attributes: dict[str, Attribute] = {
        "window": ints(window),
        **windows.attributes,
    }
    return emit("window_argmin", [x], attributes)


def window_gather(
    x: Operand, index: Operand, window: Sequence[int], windows: Windows
) -> TracedArray:
    """The element at a given place in each window; 0 where there is none."""
    attributes: dict[str, Attribute] = {
        "window": ints(window),
        **windows.attributes,
    }
    return emit("window_gather", [x, index], attributes)


def window_scatter(
    x: Operand, index: Operand, sizes: Sequence[int], window: Sequence[int], windows: Windows
) -> TracedArray:
    """Zeros, to which each window adds one element at a given place in it.

    `sizes` are those of the result along the axes of the windows.
    """
    attributes: dict[str, Attribute] = {
        "sizes": ints(sizes),
        "window": ints(window),
        **windows.attributes,
    }
    return emit("window_scatter", [x, index], attributes)


def wrapping_pow(x: Operand, y: Operand) -> TracedArray:
    """x raised to the power y, wrapping around; for negative y, 1 / x**-y truncated."""
    return emit("wrapping_pow", [x, y])


def xor(x: Operand, y: Operand) -> TracedArray:
    """The bitwise exclusive or of x and y."""
    return emit("xor", [x, y])


__all__ = [
    "abs_",
    "abs_slope",
    "acos",
    "acosh",
    "add",
    "and_",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "checkpoint_name",
    "cholesky",
    "clz",
    "concatenate",
    "conv",
    "copy_sign",
    "cos",
    "cosh",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "digamma",
    "div",
    "div_no_nan",
    "dot_general",
    "dynamic_slice",
    "dynamic_update_slice",
    "eig",
    "eigh",
    "eq",
    "erf",
    "erf_inv",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_div",
    "floor_rem",
    "fold_in",
    "gather",
    "gaussian",
    "gcd",
    "ge",
    "gt",
    "half_pow",
    "hypot",
    "integer_pow",
    "le",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_add_exp",
    "logistic",
    "logistic_slope",
    "lt",
    "lu",
    "lu_solve",
    "max_",
    "min_",
    "mul",
    "ne",
    "neg",
    "next_after",
    "not_",
    "or_",
    "pad",
    "polygamma",
    "popcount",
    "pow_",
    "qr",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_window_max",
    "reduce_window_min",
    "reduce_window_sum",
    "rem",
    "reverse",
    "round_",
    "rsqrt",
    "scatter",
    "scatter_add",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "schur",
    "select",
    "share",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "sign",
    "sin",
    "sinc",
    "sinc_of_root",
    "sinh",
    "slice",
    "sort",
    "sqrt",
    "stop_gradient",
    "sub",
    "svd",
    "tan",
    "tanh",
    "transpose",
    "triangular_solve",
    "trunc",
    "window_argmax",
    "window_argmin",
    "window_gather",
    "window_scatter",
    "wrapping_pow",
    "xor",
]
