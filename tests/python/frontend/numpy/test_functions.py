"""Array functions: values against NumPy's, through NumPy's own names and through xform.numpy's."""

from __future__ import annotations

import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from xform.tracing.operations import FUNCTIONS

rng = np.random.default_rng(7)
V = rng.normal(size=5)
M = rng.normal(size=(3, 4))
N = rng.normal(size=(4, 2))
S = rng.normal(size=(4, 4))
T = rng.normal(size=(2, 3, 4))
K = np.arange(12, dtype=np.int32).reshape(3, 4) % 5
B = M > 0
F = M.astype(np.float32)
GAPS = np.where(B, M, np.nan)
EMPTY = np.zeros((0, 3))
Z = np.array(1.5)

SHAPES = Batch([
    Case("reshape", lambda x: [np.reshape(x, (2, 6)), x.reshape(-1, 2), x.reshape(12)], M),
    Case("reshape F", lambda x: np.reshape(x, (2, 6), order="F"), M),
    Case("reshape F up", lambda x: np.reshape(x, (3, 4), order="F"), np.arange(12.0)),
    Case("ravel", lambda x: [np.ravel(x), x.ravel(), x.flatten(), np.ravel(x, order="F")], M),
    Case("transpose", lambda x: [x.T, np.transpose(x, (1, 2, 0)), x.transpose(2, 0, 1), x.mT], T),
    Case("swapaxes", lambda x: [np.swapaxes(x, 0, 2), x.swapaxes(-1, 1)], T),
    Case("moveaxis", lambda x: [np.moveaxis(x, 0, -1), np.moveaxis(x, [0, 1], [1, 2])], T),
    Case("rollaxis", lambda x: [np.rollaxis(x, 2), np.rollaxis(x, 0, 3)], T),
    Case("matrix_transpose", np.matrix_transpose, T),
    Case("squeeze", lambda x: [np.squeeze(x), np.squeeze(x, 0), x.squeeze((0, 2))],
         M[None, :, None]),
    Case("expand_dims", lambda x: [np.expand_dims(x, 0), np.expand_dims(x, (0, -1))], M),
    Case("atleast", lambda x: [np.atleast_1d(x), np.atleast_2d(x), np.atleast_3d(x)], V),
    Case("atleast 0-d", lambda x: [np.atleast_1d(x), np.atleast_2d(x), np.atleast_3d(x)], Z),
    Case("broadcast_to", lambda x: [np.broadcast_to(x, (2, 3, 4)), np.broadcast_to(x, (3, 4))], M),
    Case("broadcast_arrays", lambda x, v: np.broadcast_arrays(x, v), M, M[0]),
    Case("concatenate", lambda x, y: [np.concatenate([x, y]), np.concatenate([x, x], axis=-1),
                                      np.concatenate([x, y], axis=None)], M, M[:1]),
    Case("concatenate dtypes", lambda x, y: np.concatenate([x, y]), F, K),
    Case("concatenate empty", lambda x, y: np.concatenate([x, y]), EMPTY, M[:, :3]),
    Case("stack", lambda x: [np.stack([x, x]), np.stack([x, x], axis=-1), np.stack([1, x[0, 0]])],
         M),
    Case("stacks", lambda x: [np.vstack([x, x]), np.hstack([x, x]), np.dstack([x, x])], M),
    Case("stacks of vectors", lambda x: [np.vstack([x, x]), np.hstack([x, x]), np.dstack([x, x]),
                                         np.column_stack([x, x])], V),
    Case("append", lambda x: [np.append(x, x[0]), np.append(x, x, axis=0)], M),
    Case("block", lambda x: np.block([[x, x], [x, 2 * x]]), M),
    Case("split", lambda x: [np.split(x, 2, axis=1), np.split(x, [1, 3], axis=1),
                             np.hsplit(x, 2), np.vsplit(x, 3)], M),
    Case("array_split", lambda x: np.array_split(x, 3), V),
    Case("dsplit", lambda x: np.dsplit(x, 2), T),
    Case("unstack", np.unstack, M),
    Case("flip", lambda x: [np.flip(x), np.flip(x, 0), np.fliplr(x), np.flipud(x)], M),
    Case("rot90", lambda x: [np.rot90(x, k) for k in range(-1, 4)], M),
    Case("roll", lambda x: [np.roll(x, 2), np.roll(x, -1, axis=1), np.roll(x, (1, 2), (0, 1)),
                            np.roll(x, 3, axis=0)], M),
    Case("repeat", lambda x: [np.repeat(x, 2), np.repeat(x, 3, axis=1),
                              np.repeat(x, [1, 0, 2], axis=0), x.repeat(2, 0)], M),
    Case("tile", lambda x: [np.tile(x, 2), np.tile(x, (2, 1)), np.tile(x, (2, 1, 3))], M),
    Case("pad", lambda x: [np.pad(x, 1), np.pad(x, ((1, 0), (0, 2)), constant_values=7.0),
                           np.pad(x, (2, 1), constant_values=(1, 2))], M),
    Case("pad edge", lambda x: np.pad(x, 2, mode="edge"), M),
    Case("pad reflect", lambda x: np.pad(x, ((2, 1), (3, 6)), mode="reflect"), M),
    Case("pad symmetric", lambda x: np.pad(x, ((2, 5), (1, 0)), mode="symmetric"), M),
    Case("pad wrap", lambda x: np.pad(x, ((2, 5), (1, 0)), mode="wrap"), M),
    Case("diagonal", lambda x: [np.diagonal(x, k) for k in (-5, -1, 0, 2)], M),
    Case("diagonal axes", lambda x: np.diagonal(x, 1, 2, 0), T),
    Case("diag", lambda x, v: [np.diag(v), np.diag(v, 2), np.diag(v, -1), np.diag(x), np.diag(x, 1),
                               np.diagflat(x[:2, :2])], M, V),
    Case("tril triu", lambda x, v: [np.tril(x), np.tril(x, -1), np.triu(x), np.triu(x, 2),
                                    np.tril(v)], M, V),
    Case("meshgrid", lambda x, v: [*np.meshgrid(x, v), *np.meshgrid(x, v, indexing="ij"),
                                   *np.meshgrid(x, v, sparse=True)], V, M[0]),
])  # fmt: skip


@pytest.mark.parametrize("case", SHAPES.cases, ids=str)
def test_moving_elements(case: Case) -> None:
    SHAPES.check(case)


REDUCTIONS = Batch([
    Case("sum", lambda x: [np.sum(x), x.sum(0), x.sum(axis=(0, -1)), x.sum(1, keepdims=True)], T),
    Case("sum none", lambda x: [np.sum(x), np.sum(x, axis=0), np.prod(x), np.any(x), np.all(x)],
         EMPTY),
    Case("sum where", lambda x: [np.sum(x, where=x > 0), np.sum(x, initial=3.0)], M),
    Case("sum int", lambda x: [np.sum(x), np.prod(x + 1, axis=0), np.sum(x, dtype=np.float32)], K),
    Case("sum bool", lambda x: [np.sum(x), np.prod(x, axis=1), np.mean(x)], B),
    Case("sum 0-d", lambda x: [np.sum(x), np.mean(x), np.max(x), np.var(x)], Z),
    Case("prod", lambda x: [np.prod(x), np.prod(x, axis=1)], M),
    Case("mean", lambda x: [np.mean(x), x.mean(1), x.mean((0, 1), keepdims=True)], M),
    Case("mean float32", lambda x: [np.mean(x), np.var(x), np.std(x, axis=0)], F),
    Case("mean int", lambda x: [np.mean(x), np.var(x), np.std(x, axis=0)], K),
    Case("mean where", lambda x: [np.mean(x, where=x > 0), np.var(x, where=x > 0)], M),
    Case("var", lambda x: [np.var(x), np.var(x, axis=0), np.var(x, axis=1, ddof=1), x.var()], M),
    Case("std", lambda x: [np.std(x), np.std(x, axis=0, keepdims=True), np.std(x, ddof=1)], M),
    Case("std of a constant", np.std, np.ones(4)),
    Case("average", lambda x, v: [np.average(x), np.average(x, axis=1, weights=v),
                                  *np.average(x, weights=x * x, returned=True)], M, M[0] ** 2),
    Case("max min", lambda x: [np.max(x), x.min(), x.max(0), np.min(x, axis=1, keepdims=True),
                               np.amax(x), np.amin(x, 0)], M),
    Case("max initial", lambda x: [np.max(x, initial=9.0), np.min(x, where=x > 0, initial=0.5)],
         M),
    Case("max of none", lambda x: np.max(x, axis=0, initial=-1.0), EMPTY),
    Case("max nan", lambda x: [np.max(x), np.min(x, axis=0)], GAPS),
    Case("max int bool", lambda x, b: [np.max(x, axis=0), np.min(x), np.max(b), np.min(b, axis=0)],
         K, B),
    Case("ptp", lambda x: [np.ptp(x), np.ptp(x, axis=0)], M),
    Case("any all", lambda x: [np.any(x), x.all(), np.any(x, axis=0), np.all(x, axis=1)], B),
    Case("any of ints", lambda x: [np.any(x), np.all(x, axis=0), np.count_nonzero(x),
                                   np.count_nonzero(x, axis=1)], K),
    Case("argmax", lambda x: [np.argmax(x), x.argmin(), np.argmax(x, axis=0), np.argmin(x, axis=1),
                              np.argmax(x, axis=1, keepdims=True)], M),
    Case("argmax ties", lambda x: [np.argmax(x, axis=1), np.argmin(x, axis=0)], K),
    Case("argmax nan", lambda x: [np.argmax(x, axis=1), np.argmin(x)], GAPS),
    Case("argmax bool", lambda x: np.argmax(x, axis=1), B),
    Case("nan functions", lambda x: [np.nansum(x), np.nanmean(x, axis=1), np.nanmax(x),
                                     np.nanmin(x, axis=0), np.nanprod(x), np.nanvar(x),
                                     np.nanstd(x, axis=1)], np.where(M > 1, np.nan, M)),
    Case("cumsum", lambda x: [np.cumsum(x), x.cumsum(1), np.cumsum(x, axis=0)], M),
    Case("cumsum int", lambda x: np.cumsum(x, axis=1), K),
    Case("cumprod", lambda x: [np.cumprod(x), x.cumprod(1)], M),
    Case("cumulative", lambda x: [np.cumulative_sum(x, axis=1, include_initial=True),
                                  np.cumulative_prod(x, axis=0)], M),
    Case("diff", lambda x: [np.diff(x), np.diff(x, 2, axis=0), np.diff(x, prepend=0.0),
                            np.diff(x, append=x[:, :1])], M),
    Case("trapezoid", lambda x, v: [np.trapezoid(x), np.trapezoid(x, v), np.trapezoid(x, dx=0.5)],
         M, np.arange(4.0) ** 2),
])  # fmt: skip


@pytest.mark.parametrize("case", REDUCTIONS.cases, ids=str)
def test_reductions(case: Case) -> None:
    REDUCTIONS.check(case)


U = rng.normal(size=4)
W = rng.normal(size=(2, 1, 4, 3))
PRODUCTS = Batch([
    Case("matmul", lambda a, b: [a @ b, np.matmul(a, b)], M, N),
    Case("matmul vectors", lambda a, u: [a @ u, u @ a.T, u @ u], M, U),
    Case("matmul batch", lambda t, s: [t @ s, t @ t.mT], T, S),
    Case("matmul batch right", lambda s, t: s @ t.mT, S[:, :], T),
    Case("matmul broadcast", lambda w, t: w @ t[:, None], W, T),
    Case("matmul batch vector", lambda t, u: [t @ u, u @ t.mT], T, U),
    Case("matmul ints", lambda a: a @ a.T, K),
    Case("matmul bools", lambda a: a @ a.T, B),
    Case("matmul empty", lambda a, b: a @ b, np.zeros((2, 0)), np.zeros((0, 3))),
    Case("matmul concrete", lambda u: [M @ u, u @ N], U),
    Case("matmul float32", lambda a, u: a @ u, F, U.astype(np.float32)),
    Case("dot", lambda a, b, u: [np.dot(a, b), a.dot(u), np.dot(u, u), np.dot(2.0, u)], M, N, U),
    Case("dot high", lambda t, s: np.dot(t, s[None]), T, S),
    Case("inner", lambda a, u: [np.inner(a, u), np.inner(a, a), np.inner(u, 3.0)], M, U),
    Case("vdot", lambda a: np.vdot(a, 2 * a), M),
    Case("outer", lambda u, v: [np.outer(u, v), np.outer(u, u)], U, V),
    Case("tensordot", lambda t, a: [np.tensordot(t, a, 2), np.tensordot(t, a, ([2, 1], [1, 0])),
                                    np.tensordot(a, a, (0, 0))], T, M),
    Case("tensordot outer", lambda a, u: np.tensordot(a, u, 0), M, U),
    Case("kron", lambda a, u: [np.kron(a, a), np.kron(u, a)], M, U),
    Case("trace", lambda s, t: [np.trace(s), np.trace(s, 1), np.trace(t, axis1=1, axis2=2)], S, T),
    Case("cross", lambda a: [np.cross(a, a[::-1]), np.cross(a, a[0])], T[:, :, 0]),
    Case("vecdot", lambda a, u: [np.vecdot(a, u), np.vecdot(a, a), np.vecdot(a, a, axis=0)], M, U),
    Case("matvec", lambda t, u, a: [np.matvec(t, u), np.vecmat(u, t.mT)], T, U, M),
    Case("einsum matmul", lambda a, b: [np.einsum("ij,jk->ik", a, b), np.einsum("ij,jk", a, b),
                                        np.einsum("ij,jk->ki", a, b)], M, N),
    Case("einsum batch", lambda t, s: np.einsum("bij,jk->bik", t, s), T, S),
    Case("einsum order", lambda t, w: np.einsum("bij,bjk->kbi", t, w), T, W[:, 0]),
    Case("einsum ellipsis", lambda t, s: [np.einsum("...j,jk->...k", t, s),
                                          np.einsum("...ij,...kj->...ik", t, t)], T, S),
    Case("einsum elementwise", lambda a, u: [np.einsum("ij,j->ij", a, u),
                                             np.einsum("i,j->ji", u, u)], M, U),
    Case("einsum one", lambda t: [np.einsum("ijk->kji", t), np.einsum("ijk->j", t),
                                  np.einsum("ijk->", t)], T),
    Case("einsum diagonal", lambda s: [np.einsum("ii->i", s), np.einsum("ii", s),
                                       np.einsum("ii,i->i", s, s[0]), np.einsum("ij,jj->i", s, s)],
         S),
    Case("einsum three", lambda a, b, u: [np.einsum("ij,jk,j->ik", a, b, u),
                                          np.einsum("ij,jk,k->i", a, b, b[0])], M, N, U),
    Case("einsum four", lambda a: np.einsum("ij,kj,kl,ml->im", a, a, a, a), M),
    Case("einsum outer three", lambda u: np.einsum("i,j,k->ijk", u, u, u), U),
    Case("einsum lonely", lambda a, b: np.einsum("ij,kl->jl", a, b), M, N),
    Case("einsum broadcast one", lambda a, u: np.einsum("ij,ij->i", a, u), M, M[:1]),
    Case("einsum lists", lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [0, 2]), M, N),
    Case("einsum bool", lambda a: np.einsum("ij,kj->ik", a, a), B),
    Case("norm", lambda x: [np.linalg.norm(x), np.linalg.norm(x, axis=0),
                            np.linalg.norm(x, axis=(0, 1), keepdims=True)], M),
    Case("norm orders", lambda u: [np.linalg.norm(u, p) for p in (0, 1, 2, 3, -1, np.inf, -np.inf)],
         U),
    Case("matrix norms", lambda x: [np.linalg.norm(x, p) for p in ("fro", 1, -1, np.inf, -np.inf)],
         M),
    Case("norm of zeros", np.linalg.norm, np.zeros(3)),
    Case("norm of ints", lambda x: np.linalg.norm(x, axis=1), K),
    Case("vector_norm", lambda t: [np.linalg.vector_norm(t), np.linalg.vector_norm(t, axis=(0, 2)),
                                   np.linalg.matrix_norm(t)], T),
    Case("matrix_power", lambda s: [np.linalg.matrix_power(s, n) for n in (0, 1, 2, 5)], S),
    Case("norms with zeros", lambda x: [np.linalg.norm(x, p, axis=1) for p in (0.5, 3, -1, -2)],
         np.array([[0.0, 1.0, -2.0], [0.0, 0.0, 0.0], [3.0, 1.0, 2.0]])),
    Case("norms of nothing", lambda e: [np.linalg.norm(e), np.linalg.norm(e, 3, axis=0),
                                        np.linalg.norm(e, np.inf, axis=0)], EMPTY),
    Case("einsum casting", lambda a, b: np.einsum("ij,jk", a, b, dtype=np.float32,
                                                  casting="same_kind", order="C"), M, N),
    Case("matmul out", lambda a, b: np.matmul(a, b, out=np.zeros_like(a[:, :2])), M, N),
    Case("multi_dot", lambda a, b, u: [np.linalg.multi_dot([a, b, b.T]),
                                       np.linalg.multi_dot([u, b, b.T, u])], M, N, U),
    Case("linalg others", lambda s, t: [np.linalg.trace(t @ t.mT), np.linalg.diagonal(s),
                                        np.linalg.outer(s[0], s[1]), np.linalg.vecdot(s, s)], S, T),
])  # fmt: skip


@pytest.mark.parametrize("case", PRODUCTS.cases, ids=str)
def test_products(case: Case) -> None:
    PRODUCTS.check(case)


SELECTION = Batch([
    Case("where", lambda x: [np.where(x > 0, x, 0), np.where(x > 0, 1, -1.0)], M),
    Case("where broadcast", lambda x, v: np.where(v > 0, x, v), M, M[0]),
    Case("where dtypes", lambda x, i: [np.where(x > 0, x, i), np.where(i, i, 7)], F, K),
    Case("where constant", lambda x: np.where(B, x, -x), M),
    Case("select", lambda x: np.select([x > 1, x > 0], [x, 2 * x], -1.0), M),
    Case("clip", lambda x: [np.clip(x, -0.5, 0.5), x.clip(0), np.clip(x, None, 0.25),
                            np.clip(x, x[0], 1.0), np.clip(x, 1.0, -1.0)], M),
    Case("clip int", lambda i: [np.clip(i, 1, 3), i.clip(max=2)], K),
    Case("clip nan", lambda x: np.clip(x, -1, 1), GAPS),
    Case("round", lambda x: [np.round(x), np.round(x, 2), x.round(1), np.round(x * 100, -1)], M),
    Case("fix", np.fix, M),
    Case("nan_to_num", lambda x: [np.nan_to_num(x), np.nan_to_num(x, nan=1.0, posinf=2.0)],
         np.array([1.0, np.nan, np.inf, -np.inf])),
    Case("isclose", lambda x, y: [np.isclose(x, y), np.isclose(x, y, equal_nan=True)],
         np.array([1.0, 1.0, np.nan, np.inf, np.inf, 0.0]),
         np.array([1.0 + 1e-9, 1.1, np.nan, np.inf, -np.inf, 1e-9])),
    Case("allclose", lambda x: [np.allclose(x, x), np.allclose(x, x + 1)], M,
         expected=lambda x: [np.bool(True), np.bool(False)]),
    Case("array_equal", lambda x: [np.array_equal(x, x + 0), np.array_equal(x, x[0])], M,
         expected=lambda x: [np.bool(True), np.bool(False)]),
    Case("sinc", np.sinc, np.array([-1.5, 0.0, 0.3])),
    Case("polyval", lambda p, x: np.polyval(p, x), V, M),
    Case("polyadd", lambda p, q: [np.polyadd(p, q), np.polysub(q, p), np.polyadd(p, 1.0)], V, U),
    Case("polyadd ints", lambda p, q: [np.polyadd(p, q), np.polysub(q, p)], V, K[0]),
    Case("polymul", lambda p, q: [np.polymul(p, q), np.polymul(q, p), np.polymul(p, p)], V, U),
    Case("polyder", lambda p: [np.polyder(p), np.polyder(p, 3), np.polyder(p, 0),
                               np.polyder(p[:1])], V),
    Case("polyder ints", lambda p: np.polyder(p, 2), K[1]),
    Case("polyint", lambda p: [np.polyint(p), np.polyint(p, 2, 3.0), np.polyint(p, 2, [1.0, 2.0]),
                               np.polyint(p, 0)], V),
    Case("polyint ints", lambda p: np.polyint(p, 2), K[1]),
    Case("vander", lambda x, k: [np.vander(x), np.vander(x, 3), np.vander(x, 0),
                                 np.vander(x, 4, increasing=True), np.vander(k)], V, K[1]),
    Case("vander of bools", lambda b: np.vander(b, 2), B[0]),
    Case("real imag", lambda x: [np.real(x), np.imag(x), x.real, x.conj()], M),
    Case("astype", lambda x: [x.astype(np.float32), x.astype(int), x.astype(bool),
                              np.astype(x, np.float64)], M),
    Case("astype int", lambda i: [i.astype(np.uint8), i.astype(np.float64), i.astype(np.int64)], K),
    Case("copy", lambda x: [np.copy(x), x.copy()], M),
    Case("static", lambda x: np.zeros(np.shape(x)) + np.ndim(x) + np.size(x) + len(x) + x.nbytes,
         M),
])  # fmt: skip


@pytest.mark.parametrize("case", SELECTION.cases, ids=str)
def test_selection(case: Case) -> None:
    SELECTION.check(case)


def both(function):
    """A function of the namespace: xform.numpy when traced, NumPy for the expected result."""
    return {"function": lambda *xs: function(xnp, *xs), "expected": lambda *xs: function(np, *xs)}


def case(name: str, function, *args) -> Case:
    made = both(function)
    return Case(name, made["function"], *args, expected=made["expected"])


CREATION = Batch([
    case("zeros", lambda n, x: [n.zeros(3) + x, n.ones((2, 1)) * x, n.full((3,), 2.5) - x], Z),
    case("dtypes", lambda n, x: [n.zeros(3, "float32"), n.ones(2, int), n.full(2, 7),
                                 n.full((2, 3), x), n.zeros((), bool)], Z),
    case("likes", lambda n, x: [n.zeros_like(x), n.ones_like(x, dtype=int), n.full_like(x, 3),
                                n.zeros_like(x, shape=(2,))], F),
    case("arange", lambda n, x: [n.arange(5), n.arange(2, 9, 3), n.arange(5.0),
                                 n.arange(0, 1, 0.25),
                                 n.arange(5, 0, -2), n.arange(3, dtype="float32"), n.arange(0)], Z),
    case("linspace", lambda n, x: [n.linspace(0, 1, 5), n.linspace(2, 3, 4, endpoint=False),
                                   n.linspace(0, x, 3), n.linspace(1, 2, 1)], Z),
    case("eye", lambda n, x: [n.eye(3), n.eye(2, 4, 1), n.eye(3, k=-1, dtype="float32"),
                              n.identity(2), n.tri(3), n.tri(2, 4, 1)], Z),
    case("array", lambda n, x: [n.array([1.0, 2.0]), n.asarray([[1, 2], [3, 4]]), n.array(3.5)], Z),
    case("indices", lambda n, x: [n.indices((2, 3)), *n.meshgrid(n.arange(2), n.arange(3))], Z),
    case("linalg", lambda n, x: [n.linalg.norm(x), n.linalg.matrix_power(x, 2)], S),
    case("astype", lambda n, x: [n.astype(x, n.float32), n.concat([x, x]),
                                 n.permute_dims(x, (1, 0)),
                                 n.unstack(x)[0], n.abs(x), n.pow(x, 2), n.pi * x], S),
])  # fmt: skip


@pytest.mark.parametrize("case", CREATION.cases, ids=str)
def test_creation(case: Case) -> None:
    CREATION.check(case)


NESTED = Batch([
    Case("numbers", lambda x: xnp.array([x[0], 2.0, x[1]]), V,
         expected=lambda x: np.array([x[0], 2.0, x[1]])),
    Case("rows", lambda x: xnp.asarray([[x[0], 1], [2, x[1]]]), V,
         expected=lambda x: np.array([[x[0], 1], [2, x[1]]])),
    Case("arrays", lambda x: xnp.array([x, x], dtype=np.float32), V,
         expected=lambda x: np.array([x, x], np.float32)),
    Case("stack of scalars", lambda x: np.stack([x[0] * 2, x[1]]), V),
])  # fmt: skip


@pytest.mark.parametrize("case", NESTED.cases, ids=str)
def test_nested_sequences(case: Case) -> None:
    NESTED.check(case)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_namespace_has_every_covered_function(function) -> None:
    module = function.__module__ or "numpy"
    spaces = {"linalg": xnp.linalg, "scimath": xnp.emath, "fft": xnp.fft}
    space = next((found for part, found in spaces.items() if part in module), xnp)
    name = function.__name__
    assert name.startswith("_") or hasattr(space, name)


def test_outside_of_a_function_they_are_numpys() -> None:
    for result, expected in [
        (xnp.zeros((2, 3), "float32"), np.zeros((2, 3), "float32")),
        (xnp.concatenate([M, M]), np.concatenate([M, M])),
        (xnp.einsum("ij,jk->ik", M, N), np.einsum("ij,jk->ik", M, N)),
        (xnp.linalg.norm(M), np.linalg.norm(M)),
        (xnp.array([1, 2], ndmin=2), np.array([1, 2], ndmin=2)),
    ]:
        assert type(result) is type(expected)
        np.testing.assert_array_equal(result, expected)
