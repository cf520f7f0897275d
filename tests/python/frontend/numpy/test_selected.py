"""What traced masks select: the same function on NumPy's arrays is the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from batch import Batch, Case
from xform import nn, special
from xform import numpy as xnp
from xform.errors import TracedValueError, XformTypeError, XformValueError
from xform.frontend import grad, hessian, jit, jvp, scan, vmap

V = np.array([0.5, -2.0, 3.0, -0.25, 0.0])
M = np.arange(12.0).reshape(3, 4) - 5


def branches(x):
    out = np.zeros_like(x)
    small = np.abs(x) < 1
    out[small] = np.sin(x[small]) + 0.5 * x[small] ** 2
    out[~small] = np.exp(-np.abs(x[~small])) * np.where(x[~small] > 0, 1.0, 2.0)
    return out


def logarithms(x):
    out = np.zeros_like(x)
    out[x > 0] = np.log(x[x > 0]) * np.sqrt(x[x > 0]) / x[x > 0]
    out[~(x > 0)] = x[~(x > 0)] ** 3
    return out


def selection_of_a_selection(x):
    part = x[x > -1]
    part[part < 0] = 0.5 * part[part < 0] - 7
    y = x * 1.0
    y[x > -1] = part
    part[...] = 2 * part
    return [y, part[part > 0].sum(), part[:].sum()]


def what_was_read_stays(x):
    mask = x > 0
    part = x[mask]
    x[:] = 9
    mask[0] = False
    out = np.zeros_like(x)
    out[mask] = 1
    return [out, part.sum(), part.copy().sum()]


def in_place(x):
    mask = x > 0
    part = x[mask]
    alias = part
    part += 1
    part *= 2
    x[mask] = alias
    whole = x.astype(int)
    whole[whole > 1] //= 2
    return [x, whole]


def rows_and_columns(x):
    rows = x[:, 0] > -4
    x[rows] = np.tanh(x[rows])
    part = x[rows]
    columns = x[1] > 0
    x[:, columns] = x[:, columns] ** 2
    return [
        x, part.sum(0), part.mean(), part.max(), part[:, 1].sum(), part[..., 2].sum(),
        part.sum(1).max(), part.sum(axis=1, keepdims=True).min(), part.std(0), np.var(part),
        part.sum(0, keepdims=True), part.mean(axis=(0, 1), keepdims=True), x[:, columns].sum(1),
        x[:, columns].prod(), x[0:2, columns].min(), (part + np.arange(4.0)).sum(),
        (part * x[:1]).sum(),
    ]  # fmt: skip


def reductions(x):
    part = x[x > 0]
    return [
        part.sum(), part.prod(), part.min(), part.mean(), part.std(ddof=1), np.dot(part, part),
        part @ part, np.vdot(part, part), np.linalg.norm(part), np.count_nonzero(part > 2),
        (part > 2).any(), (part > 2).all(), np.ptp(part), np.average(part, weights=part**2),
        np.average(part), np.mean(part, dtype=np.float32), np.max(part, initial=20.0), part.ndim,
        np.max(x[x > 2].astype(np.int8)), np.min(abs(x[x < 0]).astype(np.uint8)), -part.sum(),
    ]  # fmt: skip


def functions(x):
    part = x[x > 0]
    quotient, rest = np.divmod(part, 2)
    return [
        np.sum(y) for y in (
            part / (part + 1), 3 / part, 3 - part, +part, -part, abs(-part), 2**part, part % 2,
            xnp.exp(-part), xnp.where(part > 2, part, 0), np.interp(part, [0, 1, 5], [1, 2, 3]),
            np.polyval([1.0, 2.0, 3.0], part), np.select([part > 2, part > 1], [part, -part], 0.0),
            np.clip(part, 1, 2), part.clip(max=2), part.round(), np.sinc(part), quotient, rest,
            np.nan_to_num(np.log(part - 1)), ~(part > 2), (part > 1) & (part < 3), part != 2,
            np.full_like(part, 3), np.add(np.ones(()), part), np.digitize(part, [0.5, 2.5]),
        )
    ]  # fmt: skip


def of_no_elements(x):
    return [np.sum(x[x > 99]), np.mean(x[x > 99]), np.sqrt(x[x > 99]).sum(), np.any(x[x > 99])]


def beside_infinities(x):
    y = x / (x > 0)
    return [np.sum(y[np.isfinite(y)] ** 2), np.sum(np.abs(y[np.isfinite(y)])), np.var(y[y > 1])]


def added_at(x):
    np.add.at(x, x > 0, x[x > 0] * 2)
    x[x > 0] += x[x > 0]
    return x


CASES = Batch(
    [
        Case("branches", branches, V),
        Case("float32", branches, V.astype(np.float32)),
        Case("logarithms", logarithms, V),
        Case("selection of a selection", selection_of_a_selection, V),
        Case("what was read stays", what_was_read_stays, V),
        Case("in place", in_place, V),
        Case("rows and columns", rows_and_columns, M),
        Case("reductions", reductions, M),
        Case("functions", functions, M),
        Case("of no elements", of_no_elements, V),
        Case("beside infinities", beside_infinities, V),
        Case("added at", added_at, M),
    ]
)


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_selected_elements(case: Case) -> None:
    CASES.check(case)


def test_derivatives_see_what_is_selected() -> None:
    """None of the elements that are not selected, at which the functions are not finite."""
    bad = np.array([1.0, np.inf, np.nan, 2.0])

    @jit
    def everything(x: Any, bad: Any) -> dict[str, Any]:
        logs = lambda x: np.sum(np.log(x[x > 0]))  # noqa: E731
        return {
            "branches": grad(lambda x: branches(x).sum())(x),
            "logarithms": jvp(logarithms, (x,), (x,))[1],
            "batch": vmap(grad(logs))(np.stack([x, -x, 0 * x - 1])),
            "second": hessian(logs)(x),
            "squares": grad(lambda x: np.sum(x[np.isfinite(x)] ** 2))(bad),
            "variance": grad(lambda x: np.var(x[np.isfinite(x)]))(bad),
            "quotients": grad(lambda x: np.prod(1 / x[x > 0]))(x),
            "loop": scan(lambda c, r: (c + logs(r), logs(r)), 0.0, np.stack([x, -x])),
            "activations": grad(lambda x: np.sum(nn.gelu(x[x > -1]) + special.erf(x[x > -1])))(x),
            "largest": grad(lambda x: np.max(x[x < 3]))(x),
        }

    found = {name: np.asarray(x) for name, x in everything(V, bad).items() if name != "loop"}
    at = np.where(V > 0, V, 1)
    np.testing.assert_allclose(
        found["branches"],
        [np.cos(0.5) + 0.5, 2 * np.exp(-2), -np.exp(-3), np.cos(0.25) - 0.25, 1.0], rtol=1e-13,
    )  # fmt: skip
    slope = np.where(V > 0, (1 - np.log(at) / 2) / at**1.5, 3 * V**2)
    np.testing.assert_allclose(found["logarithms"], slope * V, rtol=1e-13)
    np.testing.assert_array_equal(found["batch"][0], np.where(V > 0, 1 / at, 0))
    np.testing.assert_array_equal(found["batch"][1], np.where(V < 0, -1 / np.where(V, V, 1), 0))
    np.testing.assert_array_equal(found["batch"][2], np.zeros(5))
    np.testing.assert_allclose(found["second"], np.diag(np.where(V > 0, -1 / at**2, 0)))
    np.testing.assert_array_equal(found["squares"], [2, 0, 0, 4])
    np.testing.assert_array_equal(found["variance"], [-0.5, 0, 0, 0.5])
    np.testing.assert_allclose(found["quotients"], np.where(V > 0, -1 / (1.5 * at), 0))
    np.testing.assert_array_equal(found["largest"], [1, 0, 0, 0, 0])
    step = 1e-6
    wanted = [
        (special.erf(v + step) - special.erf(v - step) + nn.gelu(v + step) - nn.gelu(v - step))
        / (2 * step)
        for v in V
    ]
    np.testing.assert_allclose(
        found["activations"], np.where(V > -1, np.ravel(wanted), 0), atol=1e-8
    )


def returned(x):
    return x[x > 0]


@pytest.mark.parametrize(
    ("function", "kind", "text"),
    [
        (returned, TracedValueError, "how many elements of .* is not known"),
        (lambda x: np.sort(x[x > 0]), TracedValueError, "choose with xform.numpy.where"),
        (lambda x: x[x > 0].shape, TracedValueError, r"np.count_nonzero\(mask\)"),
        (lambda x: len(x[x > 0]), TracedValueError, r"np.count_nonzero\(mask\)"),
        (lambda x: list(x[x > 0]), TracedValueError, "is not known while"),
        (lambda x: x[x > 0][0], TracedValueError, "is not known while"),
        (lambda x: x[x > 0] + x[x < 0], XformTypeError, "use one mask for both"),
        (lambda x: x[x > 0] @ x, TracedValueError, "is not known while"),
        (lambda x: x[x > 0] + np.ones(3), XformTypeError, r"an array of shape \(3,\) for the"),
        (lambda x: np.sin(x[x > 0], out=x), TracedValueError, "is not known while"),
        (lambda x: np.cumsum(x[x > 0]), TracedValueError, "is not known while"),
        (lambda x: x.__setitem__(x > 0, np.ones((2, 1))), XformValueError, "does not broadcast"),
        (lambda x: x.__setitem__(x > 0, x[x < 0]), XformTypeError, "use one mask for both"),
    ],
)
def test_errors(function: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        jit(function).lower(V)
