"""cond and switch: values, derivatives, batches, what runs, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.func
from xform import frontend

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=3), RNG.normal(size=(3, 3))
XS = RNG.normal(size=(4, 3))


def branches(m: Any, w: Any) -> list[Callable[[Any], Any]]:
    """Branches with different residuals, captures and zero derivatives."""
    return [
        lambda x: (m.sin(x) * x, x.sum()),
        lambda x: (m.tanh(w @ x) * m.exp(x), (w * w).sum()),
        lambda x: (x * 0 + 2.0, x[0] * x[1]),
    ]


def chosen(t: Any, index: Any, x: Any, w: Any) -> Any:
    if t is frontend:
        return frontend.switch(index, branches(np, w), x)
    return branches(torch, w)[min(max(int(index), 0), 2)](x)


def loss(t: Any, index: Any) -> Callable[..., Any]:
    def total(x: Any, w: Any) -> Any:
        y, s = chosen(t, index, x, w)
        return (y**2).sum() * s

    return total


def either(t: Any, x: Any, w: Any) -> Any:
    """A cond whose predicate depends on the data, in a loop."""
    if t is frontend:

        def step(h: Any, row: Any) -> Any:
            new = frontend.cond(
                row.sum() > 0, lambda h, row: np.sin(w @ h) * row, lambda h, row: h * 2, h, row
            )
            return new, new

        return (frontend.scan(step, x, XS)[1] ** 2).sum()
    h, total = x, 0.0
    for row in torch.from_numpy(XS):
        h = torch.sin(w @ h) * row if row.sum() > 0 else h * 2
        total = total + (h**2).sum()
    return total


OF_INDEX: dict[str, Callable[[Any, Any, Any], Any]] = {
    "values": lambda t, i, a: chosen(t, i, a(X), a(W)),
    "gradient": lambda t, i, a: t.grad(loss(t, i), argnums=(0, 1))(a(X), a(W)),
    "hessian": lambda t, i, a: t.hessian(loss(t, i))(a(X), a(W)),
    "reverse over reverse": lambda t, i, a: t.jacrev(t.grad(loss(t, i)), argnums=1)(a(X), a(W)),
    "vmap": lambda t, i, a: t.vmap(lambda x: chosen(t, i, x, a(W)))(a(XS)),
    "vmap of gradient": lambda t, i, a: t.vmap(
        t.grad(loss(t, i), argnums=(0, 1)), in_dims=(0, None)
    )(a(XS), a(W)),
}
CASES: dict[str, Callable[[Any, Any], Any]] = {
    "values": lambda t, a: either(t, a(X), a(W)),
    "gradient": lambda t, a: t.grad(lambda *xs: either(t, *xs), argnums=(0, 1))(a(X), a(W)),
    "forward over reverse": lambda t, a: t.jacfwd(t.grad(lambda *xs: either(t, *xs)))(a(X), a(W)),
}


@pytest.fixture(scope="module")
def program() -> Callable[[Any], dict[str, Any]]:
    """Every case, in one program of an index."""
    return frontend.jit(
        lambda index: {name: case(frontend, index, lambda x: x) for name, case in OF_INDEX.items()}
    )


@pytest.mark.parametrize("index", [-5, 0, 1, 2, 9])
def test_equals_the_branch_taken(
    index: int, program: Callable[[Any], dict[str, Any]], equal_leaves: Callable[..., None]
) -> None:
    results = program(np.array(index))
    for name, case in OF_INDEX.items():
        equal_leaves(results[name], case(torch.func, index, torch.from_numpy))


@pytest.mark.parametrize("name", CASES)
def test_in_a_loop(name: str, results: dict[str, Any], equal_leaves: Callable[..., None]) -> None:
    equal_leaves(results[name], CASES[name](torch.func, torch.from_numpy))


def test_batched_index_and_predicate() -> None:
    """Rows that choose differently run all branches."""
    index = np.array([-1, 0, 2, 7], np.int32)

    @frontend.jit
    def program(index: Any, x: Any) -> Any:
        def total(i: Any, x: Any) -> Any:
            y, s = frontend.switch(i, branches(np, W), x)
            return (y * y).sum() * s

        pick = frontend.vmap(lambda x: frontend.cond(x[0] > 0, np.sin, lambda x: x * 0 + 1, x))
        return (
            frontend.vmap(total)(index, x),
            frontend.vmap(total, in_dims=(0, None))(index, x[0]),
            frontend.vmap(frontend.grad(total, argnums=1))(index, x),
            frontend.grad(lambda x: frontend.vmap(total)(index, x).sum())(x),
            pick(x),
            frontend.vmap(lambda i: frontend.switch(i, [lambda: 1.0, lambda: 2.0]))(index),
        )

    values, shared, gradients, of_batch, picked, constants = program(index, XS)
    torch_rows = torch.from_numpy(XS)
    for i, row in enumerate(torch_rows):
        which = torch.tensor(int(index[i]))
        f = lambda x, which=which: loss(torch.func, which)(x, torch.from_numpy(W))  # noqa: E731
        np.testing.assert_allclose(values[i], f(row).numpy())
        np.testing.assert_allclose(shared[i], f(torch_rows[0]).numpy())
        np.testing.assert_allclose(gradients[i], torch.func.grad(f)(row).numpy())
        np.testing.assert_allclose(of_batch[i], torch.func.grad(f)(row).numpy())
    np.testing.assert_allclose(picked, np.where(XS[:, :1] > 0, np.sin(XS), 1.0))
    np.testing.assert_array_equal(constants, [1, 1, 2, 2])


def test_dtypes_and_predicates() -> None:
    single = X.astype(np.float32)

    @frontend.jit
    def program(x: Any, yes: Any, big: Any) -> dict[str, Any]:
        return {
            "number": frontend.cond(yes, lambda: 1.0, lambda: x[0]),
            "numbers": frontend.cond(yes, lambda: 1, lambda: 2.5),
            "not zero": frontend.cond(x[0] * 0, lambda: 1, lambda: 2),
            "python": frontend.cond(True, lambda x: x, lambda x: -x, x),
            "above": frontend.switch(big, [lambda: 1, lambda: 2]),
            "small": frontend.switch(yes, [lambda: 1, lambda: 2]),
            "one": frontend.switch(big, [lambda: x]),
            "none": frontend.cond(yes, lambda: (None, x), lambda: (None, x + 1)),
        }

    got = program(single, np.array(True), np.array(2**64 - 1, np.uint64))
    assert got["number"].dtype == np.float32
    assert float(got["number"]) == 1
    assert got["numbers"].dtype == np.float64
    assert float(got["numbers"]) == 1
    assert int(got["not zero"]) == 2
    assert int(got["above"]) == 2
    assert int(got["small"]) == 2
    np.testing.assert_array_equal(got["python"], single)
    np.testing.assert_array_equal(got["one"], single)
    np.testing.assert_array_equal(got["none"][1], single)


def test_only_one_branch_runs() -> None:
    """A switch stays one where the index is shared, also in derivatives; a constant one goes."""
    lowered = frontend.jit(frontend.grad(lambda x, i: loss(frontend, i)(x, W))).lower(
        X, frontend.spec((), np.int64)
    )
    expanded = lowered.as_text("expanded")
    assert expanded.count("xform.switch") == 2
    assert "xform.select" not in expanded
    assert "scf.if" in lowered.as_text("linalg")
    constant = frontend.jit(lambda x: frontend.cond(False, np.exp, np.sin, x)).lower(X)
    assert "xform.switch" not in constant.as_text("expanded")
    assert "xform.exp" not in constant.as_text("expanded")


def test_errors(user_error: Any) -> None:
    with user_error(
        ValueError, "one structure", "false_fun returned *", "true_fun returned (*, *)"
    ):
        frontend.cond(True, lambda x: (x, x), lambda x: x, X)
    with user_error(ValueError, "output['a']", "false_fun returned float64[]", "float64[3]"):
        frontend.cond(True, lambda x: {"a": x}, lambda x: {"a": x.sum()}, X)
    with user_error(
        TypeError, "branches[0] returned float64[3]", "branches[1] returned float32[3]"
    ):
        frontend.switch(0, [lambda x: x, lambda x: x.astype(np.float32)], X)
    with user_error(ValueError, "pred must be a scalar", "bool[3]"):
        frontend.cond(X > 0, np.sin, np.cos, X)
    with user_error(TypeError, "index must be an integer", "float64[]"):
        frontend.switch(1.0, [np.sin, np.cos], X)
    with user_error(ValueError, "at least one function"):
        frontend.switch(0, [], X)
    with user_error(TypeError, "must return arrays or numbers", "output is of type str"):
        frontend.cond(True, lambda: "text", lambda: 1.0)
    with user_error(TypeError, "cond: expected a function, got float"):
        frontend.cond(True, 1.0, np.sin, X)  # type: ignore[arg-type]
    with user_error(TypeError, "if", "xform.cond", "xform.while_loop"):
        frontend.grad(lambda x: x if x > 0 else -x)(1.0)
