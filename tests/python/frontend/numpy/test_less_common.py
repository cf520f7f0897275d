"""The less common array functions: ranges, padding, comparisons, statistics, user's functions."""

from __future__ import annotations

import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from test_errors import fails
from xform import frontend
from xform.errors import XformTypeError, XformValueError
from xform.numpy import AxisError

rng = np.random.default_rng(11)
V = rng.normal(size=5)
M = rng.normal(size=(3, 4))
P = np.abs(M) + 0.5
K = np.arange(12, dtype=np.int32).reshape(3, 4) % 5
T = rng.normal(size=(2, 3, 4))
GAPS = np.where(M.max() == M, np.nan, M)
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0])
ONE = np.array([[2.5]])


def widths(mode, **options):
    return lambda x: [
        np.pad(x, 1, mode, **options),
        np.pad(x, ((2, 3), (0, 5)), mode, **options),
        np.pad(x, {-1: (7, 9)}, mode, **options),
    ]


def halves(x):
    return np.stack([x[::2].sum(), x.max()])


RANGES = Batch([
    Case("logspace", lambda a, b: [np.logspace(a, b, 4), np.logspace(a, 2, 3, base=2.0),
                                   np.logspace(a, b, 4, endpoint=False)], V[0], V[1]),
    Case("logspace axis", lambda a, b: np.logspace(a, b, 4, axis=-1), V, V[::-1].copy()),
    Case("logspace base", lambda a, b: np.logspace(0, 2, 3, base=b), V, np.array([2.0, 3.0])),
    Case("logspace int", lambda a: np.logspace(a, 3, 4, base=2, dtype=int), np.array(0.0),
         rtol=0),
    Case("geomspace", lambda a, b: [np.geomspace(a, b, 5), np.geomspace(-a, -b, 3),
                                    np.geomspace(a, b, 4, endpoint=False)],
         np.array(1.0), np.array(81.0)),
    Case("geomspace axis", lambda a: [np.geomspace(a, 2 * a, 3, axis=1), np.geomspace(a, 1, 1)],
         P[0]),
    Case("geomspace none", lambda a: np.geomspace(a, 2.0, 0), np.array(1.0)),
    Case("linspace axis", lambda a: np.linspace(a, 2 * a, 3, axis=-1), M),
    Case("resize", lambda x: [np.resize(x, (5, 4)), np.resize(x, 3), np.resize(x, (0, 2)),
                              np.resize(x[:0], (2, 2))], M),
    Case("meshgrid", lambda x, v: np.meshgrid(x, v), V, M[0]),
    Case("indices", lambda x: [x[np.tril_indices_from(x)[0].tolist()[0]],
                               np.asarray(np.triu_indices_from(x, 1)),
                               np.asarray(np.diag_indices_from(x[:3, :3]))], M),
    Case("like", lambda x: [np.eye(3, like=x), np.ones((2, 2), like=x), np.arange(3, like=x),
                            np.asarray([1, 2], like=x), np.array([[1.5]], like=x),
                            np.full(2, 7, like=x), np.tri(3, like=x)], M),
])  # fmt: skip

PADDING = Batch([
    Case("pad odd", widths("reflect", reflect_type="odd"), M),
    Case("pad odd symmetric", widths("symmetric", reflect_type="odd"), M),
    Case("pad odd one", lambda x: np.pad(x, 2, "reflect", reflect_type="odd"), ONE),
    Case("pad long", lambda x: [np.pad(x, 11, mode) for mode in ("reflect", "symmetric", "wrap")],
         M),
    Case("pad ramp", widths("linear_ramp"), M),
    Case("pad ramp ends", lambda x: np.pad(x, 2, "linear_ramp", end_values=((1, 2), (3, -4))), M),
    Case("pad ramp int", lambda x: np.pad(x, 3, "linear_ramp", end_values=7), K),
    Case("pad maximum", widths("maximum"), M),
    Case("pad minimum", widths("minimum", stat_length=2), M),
    Case("pad mean", widths("mean", stat_length=((1, 2), (3, 9))), M),
    Case("pad mean int", lambda x: np.pad(x, 2, "mean"), K),
    Case("pad empty mode", lambda x: np.pad(x, 1, "empty")[1:-1, 1:-1], M),
    Case("pad none", lambda x: np.pad(x, 0, "mean"), M[:0]),
])  # fmt: skip

QUESTIONS = Batch([
    Case("array_equiv", lambda x: [np.logical_and(np.array_equiv(x, y), True)
                                   for y in (x, x[:1], 2 * x, np.ones(3), x[None])], M),
    Case("array_equiv of rows", lambda x: np.logical_and(np.array_equiv(x, x[:1]), True),
         M[:1].repeat(3, 0)),
    Case("isin", lambda x: [np.isin(x, [1, 3]), np.isin(x, [1, 3], invert=True), np.isin(x, x[0]),
                            np.isin(x, []), np.isin(x, 2.5), np.isin(x[0, 0], x)], K),
    Case("infinities", lambda x, k: [np.isposinf(x), np.isneginf(x), np.isposinf(k),
                                     np.isneginf(k)], SPECIAL, K),
    Case("complex questions", lambda x: [np.isreal(x), np.iscomplex(x), np.real_if_close(x)],
         SPECIAL),
    Case("angle", lambda x, k: [np.angle(x), np.angle(x, deg=True), np.angle(k)], SPECIAL, K - 2),
    Case("nanargmax", lambda x: [np.nanargmax(x), np.nanargmin(x, axis=1),
                                 np.nanargmax(x, axis=0, keepdims=True)], GAPS),
    Case("nan functions where", lambda x: [
        np.nansum(x, initial=2.0, where=x > -1), np.nanprod(x, initial=2.0, axis=0),
        np.nanmean(x, where=x < 0), np.nanvar(x, where=x < 0), np.nanstd(x, correction=1),
        np.nanvar(x, axis=1, mean=np.nanmean(x, axis=1, keepdims=True)),
        np.nanmax(x, initial=0.25, where=x < 0), np.nanmin(x, axis=0, initial=-0.5),
        np.nanmax(x[:1, :1] * np.nan, initial=1.0)], GAPS),
    Case("nanargmax int", lambda x: [np.nanargmax(x), np.nanargmin(x, axis=1)], K),
])  # fmt: skip

STATISTICS = Batch([
    Case("cov", lambda x, v: [np.cov(x), np.cov(x, rowvar=False), np.cov(v), np.cov(x, bias=True),
                              np.cov(x, ddof=2), np.cov(x, x[0])], M, V),
    Case("cov weights", lambda x, f, a: [np.cov(x, fweights=f), np.cov(x, aweights=a),
                                         np.cov(x, fweights=f, aweights=a),
                                         np.cov(x, fweights=f, ddof=0)],
         M, np.array([1, 2, 3, 1]), np.array([0.5, 1.0, 0.25, 2.0])),
    Case("cov dtypes", lambda x, k: [np.cov(x), np.cov(k), np.cov(x, dtype=np.float32)],
         M.astype(np.float32), K),
    Case("corrcoef", lambda x, v: [np.corrcoef(x), np.corrcoef(x, rowvar=False), np.corrcoef(v)],
         M, V),
])  # fmt: skip

FUNCTIONAL = Batch([
    Case("apply_along_axis", lambda x: [np.apply_along_axis(np.sum, 0, x),
                                        np.apply_along_axis(halves, 1, x),
                                        np.apply_along_axis(lambda r: np.outer(r, r), -2, x),
                                        np.apply_along_axis(lambda r, a, b=0: r * a + b, 2, x, 2.0,
                                                            b=1)], T),
    Case("apply_along_axis of a vector", lambda v: np.apply_along_axis(halves, 0, v), V),
    Case("apply_over_axes", lambda x: [np.apply_over_axes(np.sum, x, [0, 2]),
                                       np.apply_over_axes(np.max, x, 1),
                                       np.apply_over_axes(np.cumsum, x, (0, 1))], T),
    Case("piecewise", lambda x: [
        np.piecewise(x, [x < 0, x >= 1], [-1, 1]),
        np.piecewise(x, [x < 0, x >= 1], [np.negative, lambda e: e * 3, 0.25]),
        np.piecewise(x[0], x[0] < 0, [lambda e: e * 2, lambda e: e + 5]),
        np.piecewise(x, [x > 5], [lambda e, s: e * s, lambda e, s: e + s], 2.0)], M),
    Case("piecewise scalar", lambda x: np.piecewise(x, [x < 0, x >= 0], [-1, 1]), np.array(2.0)),
    Case("piecewise int", lambda x: np.piecewise(x, [x < 2], [2.75, lambda e: e * 2]), K),
])  # fmt: skip

BATCHES = (RANGES, PADDING, QUESTIONS, STATISTICS, FUNCTIONAL)
CASES = [(batch, case) for batch in BATCHES for case in batch.cases]


@pytest.mark.parametrize(("batch", "case"), CASES, ids=[str(case) for _, case in CASES])
def test_values(batch: Batch, case: Case) -> None:
    batch.check(case)


def test_what_is_known_while_tracing() -> None:
    def f(x, k):
        assert np.min_scalar_type(x) == np.float64
        assert np.common_type(x, k) is np.float64
        assert np.common_type(k.astype(np.float16)) is np.float16
        assert np.result_type(x, np.int8) == np.float64
        assert np.can_cast(k, np.int64)
        assert not np.can_cast(x, np.float32)
        assert not np.iscomplexobj(x)
        assert np.isrealobj(x)
        assert np.array_repr(x) == np.array2string(x) == np.array_str(x) == repr(x)
        assert (np.ndim(x), np.shape(x), np.size(x, 0)) == (2, (3, 4), 3)
        assert np.einsum_path("ij,ij->", x, x)[0] == ["einsum_path", (0, 1)]
        assert xnp.finfo(x).bits == 64
        assert xnp.iinfo(k).max == 2**31 - 1
        return x

    frontend.jit(f).lower(M, K)
    assert xnp.finfo(xnp.bfloat16).bits == 16
    assert xnp.finfo(M).eps == np.finfo(np.float64).eps


def test_shared_memory_is_what_writes_are_seen_through() -> None:
    def f(x, y):
        assert np.shares_memory(x, x.T[1:])
        assert not np.shares_memory(x, y)
        assert not np.shares_memory(x, x.copy())
        assert not np.shares_memory(x[::2], x[1::2])
        assert np.may_share_memory(x[:, :3], x[:, 2:])
        assert not np.shares_memory(x, M)
        assert np.shares_memory(x, np.broadcast_to(x, (2, 3, 4)))
        assert not np.shares_memory(x, x.T.reshape(-1))
        return x

    frontend.jit(f).lower(M, M)


MISTAKES = {
    "pad mode": (lambda x: np.pad(x, 1, "linear"), XformValueError, ("'linear'", "linear_ramp")),
    "pad function": (lambda x: np.pad(x, 1, lambda *a: None), XformValueError, ("mode",)),
    "pad option": (lambda x: np.pad(x, 1, "edge", stat_length=2), XformValueError,
                   ("stat_length",)),
    "pad type": (lambda x: np.pad(x, 1, "reflect", reflect_type="od"), XformValueError, ("'od'",)),
    "pad length": (lambda x: np.pad(x, 1, "mean", stat_length=0), XformValueError,
                   ("stat_length",)),
    "pad empty axis": (lambda x: np.pad(x[:0], 1, "mean"), XformValueError, ("'mean'", "empty")),
    "geomspace 0": (lambda x: np.geomspace(0.0, x[0, 0]), XformValueError, ("start", "0")),
    "along nothing": (lambda x: np.apply_along_axis(np.sum, 1, x[:0]), XformValueError,
                      ("(0, 4)",)),
    "along axis": (lambda x: np.apply_along_axis(np.sum, 2, x), AxisError, ("axis 2",)),
    "over axes": (lambda x: np.apply_over_axes(lambda a, i: a.sum(), x, [0]), XformValueError,
                  ("()", "(3, 4)")),
    "piecewise": (lambda x: np.piecewise(x, [x < 0], [1, 2, 3]), XformValueError,
                  ("1 conditions", "got 3")),
    "cov axes": (lambda x: np.cov(x[None]), XformValueError, ("(1, 3, 4)",)),
    "cov weights": (lambda x: np.cov(x, aweights=x[0, :2]), XformValueError, ("aweights", "(2,)")),
    "cov fweights": (lambda x: np.cov(x, fweights=x[0]), XformTypeError, ("integers", "float64")),
    "cov ddof": (lambda x: np.cov(x, ddof=0.5), XformTypeError, ("ddof", "0.5")),
    "diag_indices_from": (lambda x: np.diag_indices_from(x), XformValueError, ("(3, 4)",)),
    "tril_indices_from": (lambda x: np.tril_indices_from(x[0]), XformValueError, ("(4,)",)),
    "result_type": (lambda x: np.result_type(x, "no dtype"), XformTypeError, ("no dtype",)),
    "common_type": (lambda x: np.common_type(x > 0), XformTypeError, ("common_type",)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, kind, parts = MISTAKES[name]
    fails(function, kind, *parts)
