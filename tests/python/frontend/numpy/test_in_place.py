"""Writing in place, sentence by sentence; the same function on NumPy's arrays is the truth."""

from __future__ import annotations

import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from test_errors import fails
from xform import frontend
from xform.errors import TracedValueError, XformTypeError, XformValueError

rng = np.random.default_rng(5)
M = rng.normal(size=(3, 4))
S = rng.normal(size=(3, 3))
T = rng.normal(size=(2, 3, 4))
V = np.arange(6.0)
K = np.arange(12, dtype=np.int32).reshape(3, 4)
U = np.arange(4, dtype=np.uint8)
F = M.astype(np.float32)
GAPS = np.where(M < 0, np.nan, M)


def elements_rows_and_masks(x):
    a = np.zeros_like(x)
    a[0] = x[1]
    a[1, 2:] = 5
    a[x > 0] = -1
    a[:, 1] += x[:, 0]
    a[2, 3] *= 2
    a[..., ::2] = a[..., 1::2]
    return a


def view_of_a_view(x):
    inner = x[1:, ::-1].T[1:3]
    inner[0] = 7
    inner += 1
    return x, inner


def through_transpose(x):
    t = x.T
    t[0] = 9
    x[1] = 8
    s = np.swapaxes(x, 0, 1)
    s[2] *= -1
    np.moveaxis(x, 0, -1)[3] = 4
    return x, t, s


def through_reshape(x):
    flat = x.reshape(-1)
    flat[::5] = 0
    x.ravel()[1] = 3
    cube = flat.reshape(2, 3, 2)
    cube[1, :, 0] = -2
    return x, flat, cube


def reshaped_copies_are_their_own(x):
    copy = x.T.reshape(-1)
    copy[0] = 100
    other = x.flatten()
    other += 1
    third = x.copy()
    third[0] = 5
    fourth = x.astype(x.dtype)
    fourth[1] = 6
    return x, copy, other, third, fourth


def through_reversed(x):
    backwards = x[::-1, ::-1]
    backwards[0, 0] = 1
    np.flip(x, 1)[0] = x[1]
    np.rot90(x)[0, 0] = 33
    return x, backwards


def through_squeeze_and_expand(x):
    wide = np.expand_dims(x, 1)
    wide[0] = 2
    narrow = np.squeeze(wide[:, :, :1])
    narrow += 3
    np.atleast_3d(x)[1, 1, 0] = 50
    return x, wide, narrow


def through_parts(x):
    left, right = np.split(x, 2, axis=1)
    left[0] = 0
    right += left
    np.vsplit(x, 3)[2][...] = 1
    x.real[1, 1] = 12
    return x, left, right


def through_rows(x):
    for i, row in enumerate(x):
        row += i
        row[0] = -i
    return x


def rows_exchanged(x):
    x[0], x[1] = x[1], x[0]
    return x


def overlapping(v):
    v[1:] = v[:-1]
    v[::-1] = v
    v[:3] += v[3:]
    return v


def itself(s):
    s += s.T
    s -= s[0]
    s *= s[:, :1]
    return s


def alias(x):
    y = x
    y += 1
    y = y + 1
    y[0] = 0
    return x, y


def zero_dimensional(x):
    number = x[0, 0]
    number += 1
    place = x[0, 1, ...]
    place += 10
    place[...] = place * 2
    return x, number, place


def outs(x):
    a, b = np.empty_like(x), np.zeros_like(x[0])
    np.add(x, 1, out=a)
    np.sum(x, axis=0, out=b)
    np.multiply(a, 2, out=a[:, ::-1])
    np.concatenate([x[:1], x[1:]], out=x)
    np.maximum(x, 0, out=x, where=x < 1)
    np.clip(x, -1, 1, out=x.T.T)
    np.cumsum(b, out=b)
    np.matmul(x.T, x, out=(c := np.zeros_like(x, shape=(4, 4))))
    return a, b, c, x


def copyto(x):
    np.copyto(x, x[::-1] * 2, where=x > 0)
    np.copyto(x[0], 3)
    x[1:].fill(4)
    return x


def operators(x):
    x += 1
    x -= x[0]
    x *= 2
    x /= 3
    x **= 2
    x //= 0.5
    x %= 4
    return x


def integer_operators(k):
    k += 3
    k -= 1
    k *= 2
    k //= 3
    k %= 5
    k &= 6
    k |= 1
    k ^= 2
    return k


def casts(f, k, u):
    f += np.float64(1.5)
    f *= k
    k += u
    u += 250
    u -= 1
    return f, k, u


def matrix_products(s):
    s @= s
    s[:2] @= s
    return s


def by_place_in_row_major_order(x):
    for part in (x.T, x[:, ::-1], x[::2, 1:], x[1:, 3]):
        np.put(part, [0, -1], [8, 9])
        np.place(part, np.arange(part.size).reshape(part.shape) % 3 == 1, [1, 2])
        part.put([-2], x[0, 0])
    np.fill_diagonal(x.T, x[0, 1])
    np.fill_diagonal(x[:, ::-1], 7)
    np.fill_diagonal(x[:, 1:], [5, 6])
    return x


def nan_to_num(x):
    np.nan_to_num(x, copy=False)
    return x


def made_inside(library):
    """Arrays that a library makes within the function."""

    def function(x):
        a, b, c = library.zeros(3), library.ones((2, 2), "float32"), library.arange(4)
        a[0] = x[0, 0]
        a += x[:, 1]
        b[:, 1] = x[0, :2]
        c[1:] *= 3
        d = library.full((2, 3), x[0, 0])
        d[0] = a
        return a, b, c, d

    return function


CASES = Batch([
    Case("elements, rows and masks", elements_rows_and_masks, M),
    Case("a view of a view", view_of_a_view, M),
    Case("through transpose", through_transpose, M),
    Case("through reshape", through_reshape, M),
    Case("copies", reshaped_copies_are_their_own, M),
    Case("through reversed", through_reversed, M),
    Case("through squeeze and expand", through_squeeze_and_expand, M),
    Case("through parts", through_parts, M),
    Case("through rows", through_rows, M),
    Case("rows exchanged", rows_exchanged, M),
    Case("overlapping", overlapping, V),
    Case("itself", itself, S),
    Case("alias", alias, M),
    Case("zero-dimensional", zero_dimensional, M),
    Case("outs", outs, M),
    Case("copyto", copyto, M),
    Case("operators", operators, np.abs(M) + 1),
    Case("integer operators", integer_operators, K),
    Case("casts", lambda f, k, u: casts(f, k, u), F, K, U),
    Case("matrix products", matrix_products, S),
    Case("by place in row-major order", by_place_in_row_major_order, M),
    Case("nan_to_num", nan_to_num, GAPS),
    Case("made inside", made_inside(xnp), M, expected=made_inside(np)),
    Case("three axes", lambda t: (t.transpose(2, 0, 1)[1, :, ::2].__setitem__(0, 5), t)[1], T),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_like_numpy(case: Case) -> None:
    CASES.check(case)


def test_arguments_keep_their_elements() -> None:
    def f(x, rest):
        x[0] = 0
        x.T[1] += 1
        rest["k"] *= 2
        rest["list"][0][:] = 9
        return x.sum() + rest["k"].sum() + rest["list"][0].sum()

    x, k, v = M.copy(), K.copy(), V.copy()
    frontend.jit(f)(x, {"k": k, "list": [v]})
    frontend.grad(f)(x, {"k": k, "list": [v]})
    frontend.vmap(lambda row: f(row[None], {"k": row, "list": [row[:2]]}))(x)
    np.testing.assert_array_equal(x, M)
    np.testing.assert_array_equal(k, K)
    np.testing.assert_array_equal(v, V)


def test_closed_over_arrays_keep_their_elements() -> None:
    constant = M.copy()

    def f(x):
        y = xnp.asarray(constant)
        y += x
        return y

    np.testing.assert_allclose(frontend.jit(f)(M), 2 * M)
    np.testing.assert_array_equal(constant, M)
    fails(lambda x: constant.__iadd__(x), TracedValueError, "xform.numpy.zeros")


def test_derivatives_through_writes() -> None:
    def f(x):
        y = np.zeros_like(x)
        y[1:] = x[:-1] ** 2
        y.T[0] *= x[:, 0]
        y[x > 0] = 0
        return (y * x).sum()

    gradient = frontend.grad(f)(M).numpy()
    step = 1e-6
    for i, j in np.ndindex(M.shape):
        e = np.zeros_like(M)
        e[i, j] = step
        difference = (f(M + e) - f(M - e)) / (2 * step)
        assert abs(gradient[i, j] - difference) < 1e-7


def outer_write(x):
    y = np.zeros_like(x)

    def inner(row):
        y[0] = row
        return row

    return frontend.vmap(inner)(x), y


def outer_update(x):
    y = x.sum(0)

    def inner(row):
        nonlocal y
        y += row
        return y

    return frontend.vmap(inner)(x)


MISTAKES = {
    "numpy's own element": (lambda x: np.zeros(3).__setitem__(0, x[0, 0]), TracedValueError,
                            ("xform.numpy.zeros", "np.zeros_like(x)")),
    "numpy's own array": (lambda x: np.zeros(4).__iadd__(x[0]), TracedValueError,
                          ("xform.numpy.zeros", "np.zeros_like(traced)")),
    "numpy's own by a traced index": (lambda x: np.zeros(4).__setitem__(x[0].astype(int), 1),
                                      TracedValueError, ("xform.numpy",)),
    "int += float": (lambda x: (x > 0).astype(int).__iadd__(x), XformTypeError,
                     ("float64", "int64")),
    "int /= int": (lambda x: (x > 0).astype(int).__itruediv__(2), XformTypeError,
                   ("float64", "int64")),
    "uint -= int": (lambda x: x.astype("uint8").__isub__(x.astype("int8")), XformTypeError,
                    ("int16", "uint8")),
    "bool += bool": (lambda x: (x > 0).__iadd__(x), XformTypeError, ("float64", "bool")),
    "bigger": (lambda x: x.__iadd__(x[None]), XformValueError, ("(1, 3, 4)", "(3, 4)")),
    "matrix product": (lambda x: x.__imatmul__(xnp.ones((4, 2))), XformValueError,
                       ("(3, 2)", "(3, 4)")),
    "out shape": (lambda x: np.add(x, 1, out=x[0]), XformValueError, ("(3, 4)", "(4,)")),
    "out dtype": (lambda x: np.add(x, 1, out=xnp.zeros((3, 4), int)), XformTypeError,
                  ("float64", "int64")),
    "broadcast": (lambda x: np.broadcast_to(x, (2, 3, 4)).__setitem__(0, 1), XformValueError,
                  ("broadcast_to", "read-only", ".copy()")),
    "broadcast arrays": (lambda x: np.broadcast_arrays(x, x[0])[1].fill(1), XformValueError,
                         ("read-only",)),
    "diagonal": (lambda x: np.diagonal(x).__iadd__(1), XformValueError, ("diagonal", "read-only")),
    "diag": (lambda x: np.diag(x).__setitem__(0, 1), XformValueError, ("read-only",)),
    "imag": (lambda x: x.imag.__setitem__(0, 1), XformValueError, ("imag", "read-only")),
    "meshgrid": (lambda x: np.meshgrid(x[0], x[1], copy=False)[0].fill(0), XformValueError,
                 ("meshgrid", "read-only")),
    "view of read-only": (lambda x: np.broadcast_to(x, (2, 3, 4))[0].T.fill(0), XformValueError,
                          ("read-only",)),
    "shape": (lambda x: setattr(x, "shape", (4, 3)), XformTypeError, ("x.reshape(shape)",)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_what_cannot_be_honoured(name: str) -> None:
    function, kind, parts = MISTAKES[name]
    fails(function, kind, *parts)


@pytest.mark.parametrize("function", [outer_write, outer_update])
def test_an_outer_functions_array_cannot_be_written_into(function) -> None:
    with pytest.raises(TracedValueError, match="made outside of the function") as caught:
        frontend.jit(function).lower(M)
    assert f"\n  at {__file__}:" in str(caught.value)
