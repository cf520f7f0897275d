"""custom_linear_solve: derivatives of the system, whatever its solver does, against JAX's solve."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from xform import frontend, tree
from xform.frontend import (
    XformTypeError,
    XformValueError,
    custom_linear_solve,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    vmap,
)
from xform.scipy.sparse.linalg import cg

rng = np.random.default_rng(5)
A = rng.normal(size=(3, 3)) + 3 * np.eye(3)
B = rng.normal(size=3)
W = np.arange(1.0, 4.0)


def opaque(a: Any) -> Callable[..., Any]:
    """A solver whose own derivative is 0, since it rounds; so finely that values agree."""
    return lambda matvec, b: np.round(np.linalg.solve(a, b) * 2.0**40) * 2.0**-40


def solved(a: Any, b: Any) -> Any:
    return custom_linear_solve(lambda x: a @ x, b, opaque(a), opaque(a.T))


def richardson(matvec: Any, b: Any) -> Any:
    """A loop, which has no reverse derivative of its own."""
    return frontend.while_loop(
        lambda x: np.max(np.abs(b - matvec(x))) > 1e-13, lambda x: x + (b - matvec(x)) / 4, b * 0
    )


def scalar(function: Any, n: Any) -> Any:
    return lambda a, b: (n.sin(function(a, b)) * W).sum()


def everything(function: Any, lib: Any, n: Any) -> dict[str, Any]:
    """Nests of transforms of a function of A and B; `lib` is JAX or xform."""
    s = scalar(function, n)
    return {
        "value": function,
        "grad": lib.grad(s, (0, 1)),
        "jacfwd": lib.jacfwd(function, (0, 1)),
        "jacrev": lib.jacrev(function, (0, 1)),
        "hessian": lib.hessian(s, (0, 1)),
        "reverse of reverse": lib.jacrev(lib.grad(s)),
        "reverse of forward": lib.jacrev(lib.jacfwd(s)),
        "third": lambda a, b: lib.grad(lambda a: (lib.hessian(s)(a, b) ** 2).sum())(a),
        "vmap": lambda a, b: lib.vmap(function)(n.stack([a, 2 * a]), n.stack([b, b + 1])),
        "vmap of b": lambda a, b: lib.vmap(function, (None, 0))(a, n.stack([b, b + 1])),
        "vmap of grad": lambda a, b: lib.vmap(lib.grad(s), (0, None))(n.stack([a, 2 * a]), b),
        "grad of vmap": lib.grad(
            lambda a, b: lib.vmap(function, (0, None))(n.stack([a, 2 * a]), b).sum(), (0, 1)
        ),
    }


NAMES = tuple(everything(solved, frontend, np))


@pytest.fixture(scope="module")
def results() -> tuple[dict[str, Any], dict[str, Any]]:
    ours = everything(solved, frontend, np)
    got = jit(lambda a, b: {name: f(a, b) for name, f in ours.items()})(A, B)
    with jax.enable_x64(True):
        theirs = everything(jnp.linalg.solve, jax, jnp)
        run = jax.jit(lambda a, b: {name: f(a, b) for name, f in theirs.items()}).lower(A, B)
        expected = run.compile({"xla_backend_optimization_level": 0})(A, B)
    return got, expected


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_those_of_the_system(name: str, results: Any) -> None:
    got, expected = (jax.tree.leaves(tree.map(np.asarray, r[name])) for r in results)
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_pytrees_aux_and_integers_that_are_closed_over() -> None:
    """The map reads an index, and two arrays of different dtypes are solved for."""
    order = np.array([2, 0, 1])
    b = {"x": B, "y": (np.float32(6),)}

    def run(scale: Any, order: Any, b: Any) -> Any:
        def matvec(v: Any) -> Any:
            return {"x": (scale * v["x"])[order], "y": (4 * v["y"][0],)}

        def inverse(_: Any, b: Any) -> Any:
            x = np.zeros_like(b["x"])
            x[order] = b["x"]
            return {"x": x / scale, "y": (b["y"][0] / 4,)}, {"n": order + 1, "name": "aux"}

        def transposed(_: Any, b: Any) -> Any:
            return {"x": (b["x"] / scale)[order], "y": (b["y"][0] / 4,)}, None

        return custom_linear_solve(matvec, b, inverse, transposed, has_aux=True)

    def loss(scale: Any, b: Any) -> Any:
        x, aux = run(scale, order, b)
        return (x["x"] * W * aux["n"]).sum() + x["y"][0]

    x, aux = jit(run)(W, order, b)
    expected = B[[1, 2, 0]] / W
    np.testing.assert_allclose(np.asarray(x["x"]), expected)
    assert x["y"][0].dtype == np.float32
    assert x["y"][0].item() == 1.5
    assert aux["name"] == "aux"
    np.testing.assert_array_equal(np.asarray(aux["n"]), order + 1)
    by_scale, by_b = grad(loss, argnums=(0, 1))(W, b)
    np.testing.assert_allclose(np.asarray(by_scale), -(order + 1) * expected, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(by_b["x"]), (order + 1)[order], rtol=1e-12)
    assert by_b["y"][0].item() == 0.25


def test_what_the_solver_closes_over_is_a_constant() -> None:
    def run(m: Any) -> Any:
        return custom_linear_solve(lambda x: x + x, B, lambda _, b: b / 2 * m / m, symmetric=True)

    np.testing.assert_array_equal(np.asarray(jacfwd(run)(3.0)), np.zeros(3))
    np.testing.assert_array_equal(np.asarray(jacrev(run)(3.0)), np.zeros(3))


def test_closed_over_by_a_scan_and_by_rows() -> None:
    """The map closes over arrays of functions around the one that solves."""

    def run(a: Any) -> Any:
        def step(b: Any, shift: Any) -> Any:
            x = custom_linear_solve(lambda x: (a + shift) * x, b, lambda _, b: b / (a + shift),
                                    symmetric=True)  # fmt: skip
            return x, x

        return frontend.scan(step, np.ones(()), np.array([1.0, 2.0, 3.0]))[0]

    # 1 / ((a + 1) (a + 2) (a + 3))
    assert vmap(run)(np.array([0.0, 1.0])).numpy() == pytest.approx([1 / 6, 1 / 24])
    found = vmap(grad(run))(np.array([0.0, 1.0])).numpy()
    assert found == pytest.approx([-(1 + 1 / 2 + 1 / 3) / 6, -(1 / 2 + 1 / 3 + 1 / 4) / 24])


def test_each_derivative_solves_once_more() -> None:
    def run(a: Any, b: Any) -> Any:
        return custom_linear_solve(lambda x: a @ x, b, richardson, symmetric=True)

    a = np.eye(3) + np.diag(W)

    def loops(function: Any) -> int:
        text = jit(function).lower(a, B).as_text("expanded")
        return len(re.findall(r"xform\.while", text))

    assert loops(run) == 1
    assert loops(lambda a, b: jvp(run, (a, b), (a, b))) == 2
    assert loops(grad(lambda a, b: run(a, b).sum())) == 2
    # The solution is not needed for these.
    assert loops(jacrev(run, 1)) == 1
    np.testing.assert_allclose(
        jacrev(run, 1)(a, B).numpy(), np.linalg.inv(a), rtol=1e-12, atol=1e-12
    )


def test_derivatives_outside_of_jit_and_inside_of_a_checkpoint() -> None:
    def run(a: Any) -> Any:
        return custom_linear_solve(lambda x: a @ x, B, richardson, richardson)

    a = np.eye(3) + np.diag(W)
    x = B / (1 + W)
    y, pullback = frontend.vjp(run, a)
    np.testing.assert_allclose(np.asarray(y), x, rtol=1e-12)
    expected = -np.outer(W / (1 + W), x)
    np.testing.assert_allclose(np.asarray(pullback(W)[0]), expected, rtol=1e-11)
    _, pushforward = frontend.linearize(run, a)
    np.testing.assert_allclose(np.asarray(pushforward(a)), -x, rtol=1e-11)
    again = grad(lambda a: (frontend.checkpoint(run)(a) * W).sum())(a)
    np.testing.assert_allclose(np.asarray(again), expected, rtol=1e-11)


def test_forward_derivatives_need_no_transpose() -> None:
    """Not even a map that has one."""

    def run(a: Any) -> Any:
        return custom_linear_solve(lambda x: a * x, B, lambda _, b: b / a)

    np.testing.assert_allclose(np.asarray(jacfwd(run)(2.0)), -B / 4, rtol=1e-15)
    np.testing.assert_allclose(np.asarray(jacfwd(jacfwd(run))(2.0)), B / 4, rtol=1e-15)


def cubic(lib: Any, n: Any) -> Callable[..., Any]:
    """The root of a x + x**3 / 10 = b, by a loop whose length is known."""

    def run(a: Any, b: Any) -> Any:
        def step(x: Any, _: Any) -> Any:
            return x - n.linalg.solve(a + 0.3 * n.diag(x**2), a @ x + 0.1 * x**3 - b), None

        return lib.scan(step, b * 0, None, length=8)[0]

    return run


SOLVERS_OF_RULES = {
    "custom_linear_solve": lambda a, b: custom_linear_solve(
        lambda x: a @ x, b, richardson, richardson
    ),
    "cg": lambda a, b: cg(a, b, rtol=1e-14)[0],
}


@pytest.mark.parametrize("name", SOLVERS_OF_RULES)
def test_in_a_jvp_rule_it_is_transposed_by_its_own_rule(name: str) -> None:
    """The rule solves for its tangent, and is compared with a dense solve that is written out."""
    solve = SOLVERS_OF_RULES[name]

    @frontend.custom_jvp
    def root(a: Any, b: Any) -> Any:
        return cubic(frontend, np)(a, b)

    @root.defjvp
    def root_jvp(primals: Any, tangents: Any) -> Any:
        (a, b), (da, db) = primals, tangents
        x = root(a, b)
        return x, solve(a + 0.3 * np.diag(x**2), db - da @ x)

    def nests(f: Any, lib: Any, n: Any) -> dict[str, Any]:
        # Of symmetric matrices, as cg wants them.
        s = scalar(lambda c, b: f(c @ c.T / 4 + 2 * n.eye(3), b), n)
        return {
            "grad": lib.grad(s, (0, 1)),
            "reverse of reverse": lib.jacrev(lib.grad(s, (0, 1)), (0, 1)),
            "reverse of forward": lib.jacrev(lib.jacfwd(s)),
            "vmap of grad": lambda a, b: lib.vmap(lib.grad(s), (None, 0))(a, n.stack([b, b + 1])),
            "grad of vmap": lib.grad(
                lambda a, b: lib.vmap(s, (None, 0))(a, n.stack([b, b + 1])).sum()
            ),
        }

    a = A / 3
    symmetric = (a + a.T) / 2 + np.eye(3)
    ours, theirs = nests(root, frontend, np), nests(cubic(jax.lax, jnp), jax, jnp)
    got = jit(lambda a, b: {name: f(a, b) for name, f in ours.items()})(symmetric, B)
    with jax.enable_x64(True):
        run = jax.jit(lambda a, b: {name: f(a, b) for name, f in theirs.items()})
        compiled = run.lower(symmetric, B).compile({"xla_backend_optimization_level": 0})
        expected = compiled(symmetric, B)
    for key in ours:
        found, wanted = tree.leaves(got[key]), jax.tree.leaves(expected[key])
        for x, y in zip(found, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(x), y, rtol=1e-9, atol=1e-10, err_msg=key)


def test_a_rule_that_solves_needs_a_transpose_in_reverse() -> None:
    @frontend.custom_jvp
    def root(a: Any) -> Any:
        return B / a

    @root.defjvp
    def root_jvp(primals: Any, tangents: Any) -> Any:
        (a,), (da,) = primals, tangents
        x = root(a)
        return x, divided(a, -da * x)

    np.testing.assert_allclose(np.asarray(jacfwd(root)(2.0)), -B / 4, rtol=1e-15)
    with pytest.raises(XformTypeError, match="transposed system"):
        grad(lambda a: root(a).sum())(2.0)


def divided(a: Any, b: Any = B, **more: Any) -> Any:
    return custom_linear_solve(lambda x: a * x, b, lambda _, b: b / a, **more)


def test_on_arrays() -> None:
    np.testing.assert_array_equal(np.asarray(divided(2.0)), B / 2)
    assert divided(2.0, 3.0).item() == 1.5


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "reverse without a transpose": (
        lambda: grad(lambda a: divided(a).sum())(2.0),
        XformTypeError,
        ("a reverse derivative solves the transposed system", "symmetric=True"),
    ),
    "no function": (
        lambda: custom_linear_solve(A, B, richardson),
        XformTypeError,
        ("custom_linear_solve: expected a function, got ndarray",),
    ),
    "integers": (
        lambda: divided(2.0, np.arange(3)),
        XformTypeError,
        ("b is int64[3]", "only floating arrays"),
    ),
    "no array": (
        lambda: divided(2.0, ()),
        XformValueError,
        ("custom_linear_solve: b has no arrays, got ()",),
    ),
    "shape of the map": (
        lambda: custom_linear_solve(lambda x: A[:2] @ x, B, richardson),
        XformValueError,
        ("the result of 'main'", "has shape (2,), but the right-hand side has (3,)"),
    ),
    "dtype of the solution": (
        lambda: custom_linear_solve(lambda x: x, B, lambda _, b: b.astype(np.float32)),
        XformTypeError,
        ("dtype float32, but the right-hand side has float64",),
    ),
    "structure of an argument": (
        lambda: custom_linear_solve(lambda x: x, B, lambda f, b: f((b,))),
        XformValueError,
        ("the argument of matvec have the structure (*,)",),
    ),
    "no aux": (
        lambda: custom_linear_solve(lambda x: x, B, lambda f, b: b, has_aux=True),
        XformTypeError,
        ("with has_aux=True the function must return a tuple (output, aux)",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])


def test_hessian_by_what_is_closed_over() -> None:
    value = hessian(lambda a: divided(a).sum())
    with pytest.raises(XformTypeError, match="transposed system"):
        value(2.0)
    found = hessian(lambda a: divided(a, symmetric=True).sum())(2.0)
    assert found.item() == pytest.approx(B.sum() / 4)
