"""What the transforms promise in general, each promise a test.

What one transform alone promises is tested in its own file; here is what all of them do, and what
no single file would notice.
"""

from __future__ import annotations

import re
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform
from xform import frontend, random, tree
from xform.compiling import direct
from xform.frontend import (
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linearize,
    no_grad,
    spec,
    stop_gradient,
    value_and_jacobian,
    vjp,
    vmap,
)

X = np.array([0.5, 1.5, 2.0])
ROWS = np.arange(12.0).reshape(4, 3)
Pair = namedtuple("Pair", "left right")
Call = Callable[[Callable[..., Any]], Any]

# Each derivative transform of a function at X, called directly.
DERIVATIVES: dict[str, Call] = {
    "grad": lambda f: grad(f)(X),
    "grad_and_value": lambda f: grad_and_value(f)(X),
    "vjp": lambda f: vjp(f, X),
    "jvp": lambda f: jvp(f, (X,), (X,)),
    "linearize": lambda f: linearize(f, X),
    "jacrev": lambda f: jacrev(f)(X),
    "jacfwd": lambda f: jacfwd(f)(X),
    "hessian": lambda f: hessian(f)(X),
    "jacobian": lambda f: jacobian(f)(X),
    "value_and_jacobian": lambda f: value_and_jacobian(f)(X),
}
ALL: dict[str, Call] = DERIVATIVES | {
    "vmap": lambda f: vmap(f)(ROWS),
    "map": lambda f: frontend.map(f, ROWS),
}
# Those that take argnums.
BY_ARGNUMS = {
    "grad": grad,
    "grad_and_value": grad_and_value,
    "jacrev": jacrev,
    "jacfwd": jacfwd,
    "hessian": hessian,
    "jacobian": jacobian,
}

derivatives = pytest.mark.parametrize("name", DERIVATIVES)
transforms = pytest.mark.parametrize("name", ALL)
by_argnums = pytest.mark.parametrize("name", BY_ARGNUMS)


def total(x: Any) -> Any:
    return (x * x).sum()


class Point:
    """A container that only `tree.register` makes one."""

    def __init__(self, x: Any, label: str) -> None:
        self.x = x
        self.label = label


tree.register(Point, lambda p: ((p.x,), p.label), lambda label, parts: Point(parts[0], label))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the programs that direct calls compile during a test."""
    names: list[str] = []
    original = direct.Compiled

    def counting(traced: Any, *rest: Any) -> Any:
        names.append(traced.name)
        return original(traced, *rest)

    monkeypatch.setattr(direct, "Compiled", counting)
    return names


# Errors: while tracing, of one class, naming the transform and the line of the call.


@transforms
def test_a_python_if_on_a_traced_value_is_an_error_in_direct_calls_too(name: str) -> None:
    with pytest.raises(TypeError, match=r"xform\.cond or xform\.numpy\.where") as caught:
        ALL[name](lambda x: x if (x > 0).all() else -x)
    assert isinstance(caught.value, xform.XformError)
    assert f"at {__file__}:" in str(caught.value)


@transforms
def test_nothing_is_compiled_before_an_error(name: str, compiled: list[str]) -> None:
    with pytest.raises(TypeError, match=f"^{name}: the function must return arrays or numbers"):
        ALL[name](lambda x: "text")
    assert not compiled


@derivatives
def test_an_output_without_arrays_is_an_error(name: str) -> None:
    for empty in (None, (), {"k": []}):
        with pytest.raises((ValueError, TypeError), match=f"^{name}: the function .*return") as e:
            DERIVATIVES[name](lambda x: empty)  # noqa: B023
        assert isinstance(e.value, xform.XformError)


@derivatives
def test_a_complex_output_that_has_no_such_derivative_is_named(name: str) -> None:
    output = {"k": 1j} if "grad" not in name else 1j
    where = "the function must return a real" if "grad" in name else r"output\['k'\] is complex128"
    if name in ("vjp", "jvp", "linearize"):
        found = DERIVATIVES[name](lambda x: output)
        assert complex(tree.leaves(found)[0]) == 1j
        return
    with pytest.raises(TypeError, match=f"^{name}: {where}"):
        DERIVATIVES[name](lambda x: output)


@transforms
def test_an_output_of_long_doubles_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name}: .*: dtype float128 cannot be compiled"):
        ALL[name](lambda x: np.ones(2, np.longdouble))


@by_argnums
def test_argnums_errors_name_the_transform(name: str) -> None:
    transform: Any = BY_ARGNUMS[name]
    with pytest.raises(IndexError, match=f"^{name}: argnums 2 is out of range: .* 2 positional"):
        transform(lambda x, y: total(x), argnums=2)(X, X)
    with pytest.raises(ValueError, match=rf"^{name}: argnums \(0, -2\) names argument 0 twice"):
        transform(lambda x, y: total(x), argnums=(0, -2))(X, X)
    with pytest.raises(ValueError, match=f"^{name}: argnums is empty"):
        transform(total, argnums=())
    with pytest.raises(TypeError, match=f"^{name}: argnums must be an int or a tuple of ints"):
        transform(total, argnums=True)
    with pytest.raises(IndexError, match=f"^{name}: argnums 0 is out of range: .* 0 positional"):
        transform(total)(x=X)


@by_argnums
def test_what_cannot_be_differentiated_is_named_by_its_path(name: str) -> None:
    transform: Any = BY_ARGNUMS[name]
    for leaf, kind in (
        (np.arange(3), r"is int64\[3\]"),
        (np.array([True]), r"is bool\[1\]"),
        (2, r"is int64\[\]"),
        (X.astype(np.longdouble), "dtype float128"),
        ("text", "expected an array or a number, got 'text'"),
    ):
        with pytest.raises(TypeError, match=rf"^{name}: argument 0 \('p'\)\['k'\].*{kind}"):
            transform(lambda p: total(p["k"]))({"k": leaf})


@pytest.mark.parametrize("name", ["vmap", "jacrev", "jacfwd", "jacobian"])
def test_a_chunk_size_below_one_is_an_error_when_the_transform_is_made(name: str) -> None:
    transform = getattr(frontend, name)
    for size in (0, -1):
        with pytest.raises(ValueError, match=f"^{name}: chunk_size must be at least 1, got {size}"):
            transform(total, chunk_size=size)
    for wrong in (1.5, True, "2"):
        with pytest.raises(TypeError, match=f"^{name}: chunk_size must be an int or None"):
            transform(total, chunk_size=wrong)


def test_map_s_batch_size_is_checked_like_a_chunk_size(user_error: Any) -> None:
    with user_error(TypeError, "map: batch_size must be an int or None, got 1.5"):
        frontend.map(np.sin, X, batch_size=1.5)  # type: ignore[arg-type]
    with user_error(TypeError, "map: batch_size must be an int or None, got True"):
        frontend.map(np.sin, X, batch_size=True)
    with user_error(ValueError, "map: batch_size must be at least 1, got -3"):
        frontend.map(np.sin, X, batch_size=-3)


LINES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "in_dims": (lambda: vmap(total, in_dims=5)(X), ValueError, "vmap: in_dim 5 is out of range"),
    "sizes": (lambda: vmap(np.add)(X, X[:2]), ValueError, "vmap: the mapped axes have different"),
    "out_dims": (lambda: vmap(total, out_dims=1)(ROWS), ValueError, "vmap: out_dim 1 is out of"),
    "draws": (
        lambda: vmap(lambda r: r + random.uniform(random.key(0)))(ROWS),
        RuntimeError,
        "vmap: random numbers are drawn",
    ),
    "no scalar": (lambda: grad(lambda x: x)(X), ValueError, "grad: the function must return one"),
    "no aux": (lambda: grad(total, has_aux=True)(X), TypeError, "grad: with has_aux=True"),
    "cotangent": (lambda: vjp(total, X)[1](X), ValueError, "vjp_fn: cotangents has shape (3,)"),
    "tangent": (lambda: jvp(total, (X,), (2.0,)), ValueError, "jvp: tangents[0] has shape ()"),
    "strict": (
        lambda: jvp(lambda x: stop_gradient(x), (X,), (X,), strict=True),
        ValueError,
        "jvp: output does not depend on the primals",
    ),
    "pushforward": (lambda: linearize(total, X)[1](2.0), ValueError, "jvp_fn: tangents[0] has"),
    "integer output": (lambda: jacrev(lambda x: 1)(X), TypeError, "jacrev: output is int64[]"),
    "hessian": (lambda: hessian(lambda x: 1)(X), TypeError, "hessian: output is int64[]"),
    "map": (lambda: frontend.map(total, 2.0), ValueError, "map: xs is a scalar (float64[])"),
    "pattern": (
        lambda: jacobian(total, sparsity="maybe")(X),
        ValueError,
        "jacobian: sparsity must be None, 'auto' or a pattern",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_an_error_ends_with_the_line_of_the_user_s_call(name: str) -> None:
    call, kind, text = LINES[name]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert isinstance(caught.value, xform.XformError)
    assert message.startswith(text), message
    found = re.search(rf"\n  at {re.escape(__file__)}:(\d+), in <lambda>$", message)
    assert found, message
    lines = {line for *_, line in call.__code__.co_lines()}
    assert int(found[1]) in lines, message


def test_both_structures_are_shown_where_they_differ(user_error: Any) -> None:
    _, pullback = vjp(lambda x: {"a": x, "b": [x]}, X)
    with user_error(ValueError, "{'a': *}", "{'a': *, 'b': [*]}"):
        pullback({"a": X})
    with user_error(ValueError, "({'a': *},)", "((*, None),)"):
        jvp(lambda p: p[0], ((X, None),), ({"a": X},))
    _, pushforward = linearize(lambda p: p["a"], {"a": X})
    with user_error(ValueError, "(*,)", "({'a': *},)"):
        pushforward(X)


# Pytrees.


def test_all_containers_go_in_and_come_out() -> None:
    def f(p: Any) -> Any:
        return OrderedDict(z=p["point"].x * p["pair"].left, a=Pair(p["list"][0] * 2, None))

    argument = {"point": Point(X, "here"), "pair": Pair(X, None), "list": [X]}

    @jit
    def everything(p: Any) -> Any:
        return {
            "grad": grad(lambda p: total(f(p)["z"]))(p),
            "jvp": jvp(f, (p,), (p,))[1],
            "vjp": vjp(f, p)[1](f(p))[0],
            "vmap": vmap(f)(p),
            "jacrev": jacrev(f)(p)["a"],
            "map": frontend.map(f, p),
        }

    got = everything(argument)
    for name in ("grad", "vjp"):
        assert isinstance(got[name]["point"], Point)
        assert got[name]["point"].label == "here"
        assert isinstance(got[name]["pair"], Pair)
        assert got[name]["pair"].right is None
        assert isinstance(got[name]["list"], list)
    np.testing.assert_allclose(got["grad"]["point"].x, 2 * X**3)
    np.testing.assert_array_equal(got["grad"]["list"][0], np.zeros(3))
    for name in ("jvp", "vmap", "map"):
        assert type(got[name]) is OrderedDict
        assert list(got[name]) == ["z", "a"]
    np.testing.assert_allclose(got["jvp"]["z"], 2 * X * X)
    np.testing.assert_allclose(got["vmap"]["z"], X * X)
    np.testing.assert_allclose(got["map"]["a"].left, 2 * X)
    block = got["jacrev"].left
    assert isinstance(block["point"], Point)
    np.testing.assert_array_equal(block["point"].x, np.zeros((3, 3)))
    np.testing.assert_allclose(block["list"][0], 2 * np.eye(3))


def test_none_is_an_empty_subtree_wherever_arrays_are_chosen() -> None:
    @jit
    def everything(x: Any) -> Any:
        return {
            "grad": grad(lambda x, n: total(x), argnums=(0, 1))(x, None),
            "vjp": vjp(lambda x, n: x, x, None)[1](x),
            "jvp": jvp(lambda p: (p[0], None), ((x, None),), ((x, None),)),
            "vmap": vmap(lambda p: (p[1], None))((None, x)),
        }

    got = everything(X)
    assert got["grad"][1] is None
    assert got["vjp"][1] is None
    assert got["jvp"][0][1] is got["jvp"][1][1] is None
    assert got["vmap"][1] is None
    np.testing.assert_array_equal(got["vmap"][0], X)


# Numbers.


def test_python_numbers_are_weak_inputs_and_outputs() -> None:
    narrow = X.astype(np.float32)

    @jit
    def everything(x: Any) -> Any:
        return {
            "gradients": grad(lambda t, x: (t * x).sum(), argnums=(0, 1))(2.0, x),
            "jvp": jvp(lambda t: t * x, (2.0,), (1.0,)),
            "vmapped": vmap(lambda r: (r, 2.0, 3, True))(x),
            "scaled": x * vjp(lambda t: t * t, 3.0)[1](1.0)[0],
            "tangent": jvp(lambda t: t * t, (np.float32(2),), (1.0,))[1],
        }

    got = everything(narrow)
    assert [g.dtype.name for g in got["gradients"]] == ["float64", "float32"]
    assert [y.dtype.name for y in got["jvp"]] == ["float32", "float32"]
    kinds = [y.dtype.name for y in got["vmapped"]]
    assert kinds == ["float32", "float64", "int64", "bool"]
    assert got["tangent"].dtype == "float32"
    np.testing.assert_allclose(got["scaled"], 6 * narrow)


def test_a_tangent_or_cotangent_of_another_dtype_is_not_cast(user_error: Any) -> None:
    with user_error(TypeError, "jvp: tangents[0] has dtype float32", "float64"):
        jvp(np.sin, (2.0,), (np.float32(1),))
    with user_error(TypeError, "jvp: tangents[0] has dtype int64", "float64"):
        jvp(np.sin, (2.0,), (1,))
    with user_error(TypeError, "vjp_fn: cotangents has dtype int64", "float64"):
        vjp(np.sin, X)[1](np.arange(3))


# Direct calls and jit.


def test_a_direct_call_sees_the_present_and_compiles_equal_programs_once(
    compiled: list[str],
) -> None:
    scale, calls = 1.0, 0

    def weighted(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return (x * x * scale).sum()

    first = grad(weighted)(X)
    again = grad(weighted)(2 * X)
    scale = 3.0
    changed = grad(weighted)(X)
    np.testing.assert_allclose(first, 2 * X)
    np.testing.assert_allclose(again, 4 * X)
    np.testing.assert_allclose(changed, 6 * X)
    assert calls == 3
    assert len(compiled) == 2


def test_a_direct_call_equals_the_compiled_one() -> None:
    nested = vmap(jacrev(lambda x: np.sin(x) * x[0]), chunk_size=3)
    np.testing.assert_array_equal(nested(ROWS), jit(nested)(ROWS))


def test_results_never_share_memory_with_the_callers_arrays() -> None:
    x, constant = X.copy(), np.ones(3)
    _, aux = grad(lambda x: (x.sum(), constant), has_aux=True)(x)
    rows = vmap(lambda r: r)(x)
    y, dy, kept = jvp(lambda x: (x, constant), (x,), (x,), has_aux=True)
    z, pullback, saved = vjp(lambda x: (x, constant), x, has_aux=True)
    cotangent = X.copy()
    (back,) = pullback(cotangent)
    mapped = frontend.map(lambda r: r, x)
    for array in (x, constant, cotangent):
        array[:] = 7.0
    for same in (rows, y, dy, z, back, mapped):
        np.testing.assert_array_equal(same, X)
    for ones in (aux, kept, saved):
        np.testing.assert_array_equal(ones, np.ones(3))


# vmap.


def test_a_batch_of_size_zero_works_under_every_option() -> None:
    empty = ROWS[:0]

    @jit
    def everything(x: Any) -> Any:
        draw = lambda r: random.uniform(random.key(0), (2,))  # noqa: E731
        return {
            "chunks": vmap(lambda r: (r.sum(), r), chunk_size=2)(x),
            "out_dims": vmap(lambda r: r, out_dims=1)(x),
            "constant": vmap(lambda r: 1.0)(x),
            "draws": vmap(draw, randomness="different")(x),
            "jacobians": vmap(jacrev(lambda r: r * r))(x),
            "gradient": grad(lambda m: vmap(total)(m).sum())(x),
        }

    got = everything(empty)
    assert [y.shape for y in got["chunks"]] == [(0,), (0, 3)]
    shapes = {name: got[name].shape for name in got if name != "chunks"}
    assert shapes == {
        "out_dims": (3, 0),
        "constant": (0,),
        "draws": (0, 2),
        "jacobians": (0, 3, 3),
        "gradient": (0, 3),
    }


def test_what_is_not_mapped_reaches_the_function_as_it_is() -> None:
    def pick(row: Any, n: int, how: str, *, sign: int) -> Any:
        return row[n] * sign if how == "one" else row

    got = vmap(pick, in_dims=(0, None, None))(ROWS, 1, "one", sign=-1)
    np.testing.assert_array_equal(got, -ROWS[:, 1])
    mapped = frontend.map(lambda row, how: pick(row, 1, how, sign=1), ROWS, "one")
    np.testing.assert_array_equal(mapped, ROWS[:, 1])


def test_in_dims_must_have_the_arguments_containers(user_error: Any) -> None:
    with user_error(ValueError, "in_dims[0]", "a tuple of 2", "a list of 2"):
        vmap(lambda p: p[0], in_dims=((0, None),))([ROWS, X])
    with user_error(ValueError, "in_dims must be an int", "True of type bool"):
        vmap(np.sin, in_dims=True)(ROWS)
    with user_error(ValueError, "out_dims", "a list of 2", "a tuple of 2"):
        vmap(lambda r: (r, r), out_dims=[0, 0])(ROWS)
    with user_error(ValueError, "argument 0 ('p')[0] is a scalar"):
        vmap(lambda p: p[0])([1.0, 2.0])


# Derivatives.


def test_the_value_of_every_derivative_is_the_function_s() -> None:
    @jit
    def everything(x: Any) -> Any:
        return (
            grad_and_value(total)(x)[1],
            vjp(total, x)[0],
            jvp(total, (x,), (x,))[0],
            linearize(total, x)[0],
            value_and_jacobian(total)(x)[0],
        )

    for value in everything(X):
        assert value.item() == pytest.approx(total(X), rel=1e-15)


def test_aux_is_differentiable_by_an_outer_transform_and_constant_to_its_own() -> None:
    def f(x: Any) -> Any:
        return x * x, x * x * x

    def scalar(x: Any) -> Any:
        return total(x), x * x * x

    @jit
    def everything(x: Any) -> Any:
        return {
            "grad": grad(lambda x: grad(scalar, has_aux=True)(x)[1].sum())(x),
            "vjp": grad(lambda x: vjp(f, x, has_aux=True)[2].sum())(x),
            "jvp": grad(lambda x: jvp(f, (x,), (x,), has_aux=True)[2].sum())(x),
            "jacrev": grad(lambda x: jacrev(f, has_aux=True)(x)[1].sum())(x),
            "jacfwd": grad(lambda x: jacfwd(f, has_aux=True)(x)[1].sum())(x),
            "forward": jvp(lambda x: vjp(f, x, has_aux=True)[2], (x,), (np.ones(3),))[1],
        }

    for name, got in everything(X).items():
        np.testing.assert_allclose(got, 3 * X * X, err_msg=name)
    np.testing.assert_allclose(vjp(f, X, has_aux=True)[1](X)[0], 2 * X * X)


def test_aux_asks_for_no_cotangents() -> None:
    """The pullback does nothing for what aux alone computes."""

    def f(x: Any) -> Any:
        return np.sin(x), np.tanh(x)

    def pulled(x: Any) -> Any:
        _, pullback, aux = vjp(f, x, has_aux=True)
        return pullback(x), aux

    names = jit(pulled).lower(spec((3,))).op_names("expanded")
    assert names["xform.tanh"] == 1
    assert names["xform.mul"] == 1


def test_what_the_output_does_not_depend_on_has_exact_zeros() -> None:
    poles = np.array([0.0, np.inf, np.nan])
    got = grad(lambda x, y: x.sum(), argnums=(0, 1))(X, poles)
    np.testing.assert_array_equal(got[1], np.zeros(3))
    np.testing.assert_array_equal(jacrev(lambda x: np.ones(2))(poles), np.zeros((2, 3)))


def test_a_tuple_of_argnums_adds_a_level_even_with_one_entry() -> None:
    @jit
    def everything(x: Any) -> Any:
        return {
            name: transform(total, argnums=(0,))(x)
            for name, transform in BY_ARGNUMS.items()
            if name != "grad_and_value"
        }

    got = everything(X)
    for name, result in got.items():
        assert type(result) is tuple, name
        assert len(result) == 1
    assert type(got["hessian"][0]) is tuple
    np.testing.assert_allclose(got["hessian"][0][0], 2 * np.eye(3))
    for name in ("grad", "jacrev", "jacfwd", "jacobian"):
        np.testing.assert_allclose(got[name][0], 2 * X)


def test_hessian_is_jacfwd_of_jacrev() -> None:
    def f(p: Any) -> Any:
        return {"y": p["a"] * p["b"].sum()}

    p = {"a": X, "b": ROWS[0]}
    first, second = jit(lambda p: (hessian(f)(p), jacfwd(jacrev(f))(p)))(p)
    for a in "ab":
        for b in "ab":
            np.testing.assert_array_equal(first["y"][a][b], second["y"][a][b])


@pytest.mark.parametrize("name", ["vmap", "jacrev", "jacfwd"])
def test_chunks_are_one_loop_and_at_most_one_rest(name: str) -> None:
    transform = getattr(frontend, name)
    for rows, size, loops, vmaps in ((7, 2, 1, 2), (6, 2, 1, 1), (6, 6, 0, 1), (6, 9, 0, 1)):
        names = jit(transform(np.sin, chunk_size=size)).lower(spec((rows,))).op_names()
        assert names.get("xform.map", 0) == loops
        assert names["xform.vmap"] == vmaps


def test_jacobian_takes_the_mode_of_the_smaller_side() -> None:
    def modes(f: Callable[..., Any], size: int, **options: Any) -> set[str]:
        names = jit(jacobian(f, **options)).lower(spec((size,))).op_names()
        return {mode for mode in ("jvp", "vjp") if f"xform.{mode}" in names}

    def narrowing(x: Any) -> Any:
        return np.sin(x[:2])

    def widening(x: Any) -> Any:
        return np.concatenate([x, np.sin(x)])

    assert modes(narrowing, 6) == {"vjp"}
    assert modes(widening, 6) == {"jvp"}
    assert modes(narrowing, 6, mode="forward") == {"jvp"}
    assert modes(widening, 6, mode="reverse") == {"vjp"}


def test_value_and_jacobian_share_one_pass() -> None:
    for mode in ("forward", "reverse"):
        both = value_and_jacobian(lambda x: np.exp(np.tanh(x)), mode=mode)
        names = jit(both).lower(spec((3,))).op_names("expanded")
        assert names["xform.exp"] == names["xform.tanh"] == 1


# no_grad.


def test_no_grad_is_respected_by_linearize_jacobian_hessian_and_map() -> None:
    def scaled(x: Any) -> Any:
        with no_grad():
            scale = x * x
        return scale * x

    @jit
    def everything(x: Any) -> Any:
        return {
            "linearize": linearize(scaled, x)[1](np.ones(3)),
            "jacobian": jacobian(scaled, mode="reverse")(x).sum(0),
            "forward jacobian": jacobian(scaled, mode="forward")(x).sum(0),
            "map": grad(lambda x: frontend.map(scaled, x).sum())(x),
            "scan": jvp(
                lambda x: frontend.scan(lambda c, r: (c, scaled(r)), 0.0, x)[1], (x,), (np.ones(3),)
            )[1],
        }

    for name, got in everything(X).items():
        np.testing.assert_allclose(got, X * X, err_msg=name)
    np.testing.assert_array_equal(hessian(lambda x: scaled(x).sum())(X), np.zeros((3, 3)))


@pytest.mark.parametrize("name", [n for n in DERIVATIVES if n not in ("vjp", "jvp", "linearize")])
def test_no_grad_around_the_call_changes_nothing(name: str) -> None:
    with no_grad():
        inside = DERIVATIVES[name](total)
    outside = DERIVATIVES[name](total)
    for a, b in zip(tree.leaves(inside), tree.leaves(outside), strict=True):
        np.testing.assert_array_equal(a, b)
