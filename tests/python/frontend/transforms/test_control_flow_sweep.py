"""Every operator and their nests against plain Python loops in torch.

What the operators' own tests leave out: float32, derivatives of second order of each operator,
batches along every kind of in_dims of values and derivatives, one operator in another, and
sequences of no and of one element under derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
from xform import frontend

RNG = np.random.default_rng(0)
# The sums that decide about branches are away from 0, and of both signs in a batch.
X, W, V = RNG.normal(size=(3, 2)), np.array([0.7, 0.4]), np.array([-0.3, 0.9])
XS = RNG.normal(size=(3, 2, 2))  # two of X's shape, along axis 1
WS = np.array([[0.7, 0.4], [-0.6, -0.5]])


def plain_scan(f: Any, init: Any, xs: Any) -> Any:
    carry, rows = init, []
    for x in xs:
        carry, y = f(carry, x)
        rows.append(y)
    none = f(init, torch.zeros_like(xs.sum(0)))[1]  # tells the shapes where there is no row
    stacked = [torch.stack(ys) for ys in zip(*map(optree.tree_leaves, rows), strict=True)]
    leaves, tree = optree.tree_flatten(none)
    stacked = stacked or [leaf[None][:0] for leaf in leaves]
    return carry, optree.tree_unflatten(tree, stacked)


def plain_while(goes_on: Any, f: Any, carry: Any) -> Any:
    while goes_on(carry):
        carry = f(carry)
    return carry


def plain_fori(lower: int, upper: int, f: Any, carry: Any) -> Any:
    for i in range(lower, upper):
        carry = f(i, carry)
    return carry


def plain_prefixes(f: Any, elems: Any) -> Any:
    """Combined one by one, each with an axis of one element in front."""
    found = [optree.tree_map(lambda x: x[:1], elems)]
    for i in range(1, len(optree.tree_leaves(elems)[0])):
        found.append(f(found[-1], optree.tree_map(lambda x, i=i: x[i : i + 1], elems)))
    return optree.tree_map(lambda *xs: torch.cat(xs), *found)


PLAIN = SimpleNamespace(
    np=torch,
    scan=plain_scan,
    map=lambda f, xs, *args, batch_size=None: plain_scan(lambda c, x: (c, f(x, *args)), 0, xs)[1],
    cond=lambda pred, yes, no, *xs: (yes if pred else no)(*xs),
    switch=lambda i, branches, *xs: branches[min(max(int(i), 0), len(branches) - 1)](*xs),
    while_loop=plain_while,
    fori_loop=plain_fori,
    associative_scan=plain_prefixes,
)
XFORM = SimpleNamespace(
    np=np,
    **{name: getattr(frontend, name) for name in vars(PLAIN) if name != "np"},
)


def affine(left: Any, right: Any) -> Any:
    """The composition of y -> a y + b with the one after it."""
    return left[0] * right[0], left[1] * right[0] + right[1]


def scanned(t: Any, x: Any, w: Any) -> Any:
    last, seen = t.scan(lambda h, row: (t.np.tanh(h * w + row), {"seen": h * row}), w, x)
    return last + (seen["seen"] ** 2).sum(0)


def mapped(t: Any, x: Any, w: Any, batch_size: int | None = None) -> Any:
    return t.map(lambda r, w: t.np.sin(r * w) * r.sum(), x, w, batch_size=batch_size).sum(0)


def chosen(t: Any, x: Any, w: Any) -> Any:
    return t.cond(
        w.sum() > 0,
        lambda x, w: t.np.sin(x * w).sum(0) * w,
        lambda x, w: w**3 + x.sum(0),
        x,
        w,
    )


def switched(t: Any, x: Any, w: Any) -> Any:
    branches = [lambda y: y * y, lambda y: t.np.exp(y) * w, lambda y: t.np.tanh(y * w)]
    return t.switch(t.np.where(w[0] > 0, 5, 1), branches, x.sum(0))


def counted(t: Any, x: Any, w: Any) -> Any:
    return t.fori_loop(1, 4, lambda i, y: t.np.sin(y * w) + y * i, x.sum(0) + w)


def repeated(t: Any, x: Any, w: Any) -> Any:
    return t.while_loop(lambda y: (y * y).sum() < 30, lambda y: y * (1.5 + w * w), w + x.sum() ** 2)


def prefixes(t: Any, x: Any, w: Any) -> Any:
    factors, terms = t.associative_scan(affine, (t.np.tanh(x * w), x))
    return (terms * terms).sum(0) + factors.sum(0)


def scan_of_cond_of_map(t: Any, x: Any, w: Any) -> Any:
    def step(h: Any, row: Any) -> Any:
        h = t.cond(
            h.sum() > 0,
            lambda h: t.map(lambda e: t.np.sin(e * h).sum(), row) + w,
            lambda h: h * h + row,
            h,
        )
        return h, h * row

    last, rows = t.scan(step, w, x)
    return last * rows.sum(0)


def map_of_switch_of_scan(t: Any, x: Any, w: Any) -> Any:
    def loop(row: Any) -> Any:
        return t.scan(lambda c, e: (t.np.sin(c * e) + w, c[0]), row, row)[0]

    def choose(row: Any) -> Any:
        place = t.np.where(row[0] > 0, 1, 0)
        return t.switch(place, [lambda r: r * r * w, loop], row)

    return t.map(choose, x).sum(0)


def fori_of_prefixes_of_cond(t: Any, x: Any, w: Any) -> Any:
    def turn(i: Any, c: Any) -> Any:
        rows = t.associative_scan(lambda a, b: a * b, t.np.sin(x + c))
        return t.cond(c[0] > 0, lambda c: c + rows.sum(0), lambda c: rows[0] - c * w, c)

    return t.fori_loop(0, 2, turn, w)


def scan_of_while_of_fori(t: Any, x: Any, w: Any) -> Any:
    def grown(h: Any) -> Any:
        return t.fori_loop(0, 2, lambda i, y: y * (1.2 + w * w), h)

    def step(h: Any, row: Any) -> Any:
        h = t.while_loop(lambda y: (y * y).sum() < 9, grown, h + 0.1)
        return t.np.sin(h) * row + 0.5, h

    last, rows = t.scan(step, w, x)
    return last + rows.sum(0)


OPERATORS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "scan": scanned,
    "map": mapped,
    "map by two": lambda t, x, w: mapped(t, x, w, batch_size=2),
    "cond": chosen,
    "switch": switched,
    "fori_loop": counted,
    "while_loop": repeated,
    "associative_scan": prefixes,
}
NESTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "scan of cond of map": scan_of_cond_of_map,
    "map of switch of scan": map_of_switch_of_scan,
    "fori_loop of associative_scan and cond": fori_of_prefixes_of_cond,
    "scan of while_loop of fori_loop": scan_of_while_of_fori,
}
CASES = OPERATORS | NESTS
FORWARD_ONLY = {"while_loop", "scan of while_loop of fori_loop"}


def derivatives(
    t: Any, f: Callable[..., Any], order: int, *, forward_only: bool
) -> Callable[[Any, Any, Any], Any]:
    """The value and derivatives of a sum of its squares, those of forward mode by w along v.

    `t` has the transforms: of xform, or torch.func.
    """

    def loss(x: Any, w: Any) -> Any:
        return (f(x, w) ** 2).sum()

    def along(f: Callable[[Any], Any], w: Any, v: Any) -> Any:
        return t.jvp(f, (w,), (v,))[1]

    def forward(x: Any, w: Any, v: Any) -> Any:
        found, derivative = [f(x, w)], lambda w: loss(x, w)
        for _ in range(order):
            derivative = partial(along, derivative, v=v)
            found.append(derivative(w))
        return found

    def both(x: Any, w: Any, v: Any) -> Any:
        gradient = t.grad(loss, argnums=(0, 1))
        second = [along(lambda w: gradient(x, w), w, v)] if order == 2 else []
        return f(x, w), gradient(x, w), second

    return forward if forward_only else both


def torch_value(value: Any, dtype: Any) -> Any:
    return torch.from_numpy(np.asarray(value, dtype))


def close(found: Any, expected: Any, dtype: Any) -> None:
    tolerance = 1e-4 if dtype == np.float32 else 1e-11
    got, want = optree.tree_leaves(found), optree.tree_leaves(expected)
    assert len(got) == len(want)
    for x, y in zip(got, want, strict=True):
        assert np.asarray(x).dtype == dtype
        np.testing.assert_allclose(x, y.numpy(), rtol=tolerance, atol=tolerance)


Inputs = tuple[np.ndarray, np.ndarray]


def check(
    name: str, dtype: Any, order: int, singles: list[Inputs], batches: dict[Any, Inputs]
) -> None:
    """All inputs, and all batches by their in_dims, in one program of a case."""
    case, forward_only = CASES[name], name in FORWARD_ONLY
    singles = [(x.astype(dtype), w.astype(dtype)) for x, w in singles]
    arrays = [(x.astype(dtype), w.astype(dtype)) for x, w in batches.values()]
    v = V.astype(dtype)

    @frontend.jit
    def program(singles: Any, arrays: Any, v: Any) -> Any:
        run = derivatives(
            frontend, lambda x, w: case(XFORM, x, w), order, forward_only=forward_only
        )
        mapped = [
            frontend.vmap(run, in_dims=(*in_dims, None))(*inputs, v)
            for in_dims, inputs in zip(batches, arrays, strict=True)
        ]
        return [run(x, w, v) for x, w in singles], mapped

    def expected(x: Any, w: Any) -> Any:
        run = derivatives(
            torch.func, lambda x, w: case(PLAIN, x, w), order, forward_only=forward_only
        )
        return run(torch_value(x, dtype), torch_value(w, dtype), torch_value(v, dtype))

    alone, mapped = program(singles, arrays, v)
    for found, (x, w) in zip(alone, singles, strict=True):
        close(found, expected(x, w), dtype)
    for found, (in_x, in_w), (x, w) in zip(mapped, batches, arrays, strict=True):
        rows = [
            expected(
                x if in_x is None else np.take(x, row, in_x),
                w if in_w is None else np.take(w, row, in_w),
            )
            for row in range(2)
        ]
        close(found, optree.tree_map(lambda *ys: torch.stack(ys), *rows), dtype)


@pytest.mark.parametrize(
    "name",
    ["map by two", "fori_loop", "associative_scan", "scan of while_loop of fori_loop"],
)
def test_second_order(name: str) -> None:
    check(name, np.float64, 2, [(X, W)], {})


@pytest.mark.parametrize("name", ["scan", "map", "associative_scan"])
def test_no_row_and_one_row(name: str) -> None:
    check(name, np.float64, 2, [(X[:0], W), (X[:1], W)], {})


@pytest.mark.parametrize("name", OPERATORS)
def test_batched(name: str) -> None:
    """In float32; where one argument is batched, the other is the same for each row."""
    batches = {(1, None): (XS, W), (None, 0): (X, WS), (-2, 1): (XS, WS.T)}
    check(name, np.float32, 1, [], batches)


@pytest.mark.parametrize("name", NESTS)
def test_nested(name: str) -> None:
    """In float64, a batch whose rows take different branches and numbers of turns."""
    check(name, np.float64, 2, [], {(-2, 1): (XS, WS.T)})


@pytest.mark.parametrize("name", ["scan", *NESTS])
def test_loops_around_dispatches(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On other devices, each operation of a step is a dispatch."""
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    check(name, np.float64, 2, [(X, W)], {})
