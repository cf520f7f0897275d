"""Polar factors of matrices, and the rotation that takes one matrix closest to another.

Of a = u p, with orthonormal columns u and symmetric p, follows for w = u^T da that u^T du is the
skew solution x of p x + x p = w - w^T. That is singular only where two singular values are 0. So u
has derivatives where singular values are equal too, which singular vectors have not: at rotations,
of which all are 1, for one.
"""

from __future__ import annotations

from typing import Any

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import contraction, linalg, reductions, ufuncs
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import common, matrices
from ...numpy.promotion import INT32, constant
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.function import Function
from ...transforms.function_context import FunctionContext


class _Skew(Function):
    """The skew x with p x + x p = w - w^T, for symmetric p without negative eigenvalues.

    It is linear in w, and its own transpose.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(p: TracedArray, w: TracedArray) -> TracedArray:
        """By the eigenvectors of p, where sums of two eigenvalues divide the elements."""
        s, v = primitives.eigh(p)
        turned = contraction.matmul(v.mT, contraction.matmul(w - w.mT, v))
        shape = p.shape[-2:]
        on = primitives.eq(*(primitives.iota(shape, INT32, axis) for axis in (0, 1)))
        sums = where(on, constant((), p.dtype, 1), s[..., :, None] + s[..., None, :])
        # A skew matrix has no diagonal, whatever the eigenvalue there.
        x = where(on, constant((), p.dtype, 0), turned / sums)
        return contraction.matmul(v, contraction.matmul(x, v.mT))

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: TracedArray) -> None:
        """Keeps p and x."""
        ctx.p, ctx.x = inputs[0], output

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The solution for dw - dp x."""
        dp, dw = tangents
        return _Skew.apply(ctx.p, dw - contraction.matmul(dp, ctx.x))

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """The solution y for the cotangent belongs to w; to p belongs y x."""
        y = _Skew.apply(ctx.p, cotangents[0])
        return contraction.matmul(y, ctx.x), y


class _Orthonormal(Function):
    """The polar factor u of matrices that have no more columns than rows.

    The derivative is a linear function that is its own transpose.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(a: TracedArray) -> TracedArray:
        """By singular vectors."""
        u, _, vh = primitives.svd(a, complete=False)
        return contraction.matmul(u, vh)

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: TracedArray) -> None:
        """Keeps a and u."""
        (ctx.a,), ctx.u = inputs, output

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """Within the columns of u by a skew matrix, and beside them by the inverse of p."""
        (da,) = tangents
        u, p = ctx.u, _symmetric_part(contraction.matmul(ctx.u.mT, ctx.a))
        w = contraction.matmul(u.mT, da)
        du = contraction.matmul(u, _Skew.apply(p, w))
        if u.shape[-2] == u.shape[-1]:
            return du
        return du + linalg.solve(p, (da - contraction.matmul(u, w)).mT).mT

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """The same."""
        return (_Orthonormal.jvp(ctx, *cotangents),)


def _symmetric_part(x: TracedArray) -> TracedArray:
    return ufuncs.multiply(x + x.mT, 0.5)


def _orthonormal(a: TracedArray) -> TracedArray:
    if not a.size:
        return a.copy()
    wide = a.shape[-2] < a.shape[-1]
    u: TracedArray = _Orthonormal.apply(a.mT if wide else a)
    return u.mT if wide else u


@extension("scipy.linalg")
def polar(a: ArrayLike, side: str = "right") -> tuple[TracedArray, TracedArray]:
    """Polar factors of matrices, u p = a or p u = a.

    Derivatives of every order exist where at most one singular value is 0, or none if the matrices
    are not square; some may be equal.

    Args:
        a: matrices (..., m, n); integers become float64.
        side: "right" for u p = a, "left" for p u = a.

    Returns:
        u (..., m, n), whose columns, or rows where they are fewer, are orthonormal; and p,
        symmetric and without negative eigenvalues, (..., n, n), or (..., m, m) for the left side.

    Raises:
        XformValueError: fewer than two axes, or another side.

    >>> import numpy as np
    >>> u, p = polar(np.array([[0.0, -2.0], [3.0, 0.0]]))
    >>> p.numpy().round(6)
    array([[3., 0.],
           [0., 2.]])
    """
    if side not in ("right", "left"):
        raise XformValueError(
            at_user_line(f"polar: unknown side {side!r}; expected 'right' or 'left'")
        )
    x = matrices(a, "polar")
    u = _orthonormal(x)
    product = contraction.matmul(u.mT, x) if side == "right" else contraction.matmul(x, u.mT)
    return u, _symmetric_part(product)


@extension("scipy.linalg", arrays=2)
def orthogonal_procrustes(
    A: ArrayLike,  # noqa: N803 - SciPy's names
    B: ArrayLike,  # noqa: N803
    check_finite: bool = True,
) -> tuple[TracedArray, TracedArray]:
    """The orthogonal matrix r for which A r is closest to B.

    Derivatives of every order exist where at most one singular value of A^T B is 0.

    Args:
        A, B: matrices (..., m, n); the axes before broadcast.
        check_finite: without effect.

    Returns:
        r (..., n, n), and the sums (...) of the singular values of A^T B.

    Raises:
        XformValueError: fewer than two axes, or different shapes.

    >>> import numpy as np
    >>> r, scale = orthogonal_procrustes(np.eye(2), np.array([[0.0, 2.0], [-1.0, 0.0]]))
    >>> r.numpy().round(6) + 0.0, round(float(scale), 6)
    (array([[ 0.,  1.],
           [-1.,  0.]]), 3.0)
    """
    a, b = (matrices(x, "orthogonal_procrustes") for x in common("orthogonal_procrustes", A, B))
    if a.shape[-2:] != b.shape[-2:]:
        raise XformValueError(
            at_user_line(
                "orthogonal_procrustes: expected matrices of one shape, got shapes "
                f"{a.shape} and {b.shape}"
            )
        )
    product = contraction.matmul(a.mT, b)
    r = _orthonormal(product)
    return r, reductions.sum(ufuncs.multiply(r, product), (-2, -1))


__all__ = ["orthogonal_procrustes", "polar"]
