"""Calls of loaded modules in traced functions: values, transforms, devices, and what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import runtime
from xform.frontend import (
    LeakedArrayError,
    XformTypeError,
    XformValueError,
    checkpoint,
    cond,
    custom_jvp,
    custom_vjp,
    export,
    fori_loop,
    grad,
    jit,
    jvp,
    map,
    no_grad,
    scan,
    spec,
    stop_gradient,
    vjp,
    vmap,
    while_loop,
)
from xform.tracing import called_modules
from xform_runtime import Array, DeviceError
from xform_runtime.module import Module

X = np.array([0.5, -1.0, 2.0])
W = {"w": np.arange(6.0).reshape(2, 3) / 10, "b": (np.array([0.1, -0.2]),)}


def scores(x: Any, weights: Any, *, scale: Any) -> Any:
    y = np.tanh(weights["w"] @ x + weights["b"][0])
    return {"y": scale * y, "rest": (y.sum(), None)}


def smooth(x: Any) -> Any:
    return np.tanh(x)


def slope(x: Any, ct: Any) -> Any:
    return (1 - np.tanh(x) ** 2) * ct


def step(x: Any) -> Any:
    return x + 1


def dtypes(x: Any) -> Any:
    return {name: ~leaf if leaf.dtype == bool else leaf + leaf for name, leaf in x.items()}


KINDS = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64", "float16", "float32")
COMPLEX = ("complex64", "complex128")
LEAVES = {name: np.array([0, 1], name) for name in KINDS}
LEAVES |= {name: np.array([1 + 2j, -1j], name) for name in COMPLEX}


def lowered(device: str = "cpu") -> Mapping[str, Any]:
    x = X.astype(np.float32) if device == "vulkan" else X
    one = {
        "smooth": jit(smooth, device=device).lower(x),
        "slope": jit(slope, device=device).lower(x, x),
    }
    if device == "vulkan":
        return one
    return one | {
        "scores": jit(scores).lower(X, W, scale=2.0),
        "step": jit(step, donate_argnums=0).lower(X),
        "largest": jit(np.argmax).lower(X),
        "dtypes": jit(dtypes).lower(LEAVES),
    }


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modules") / "model.vmfb"
    export(path, lowered())
    return path


@pytest.fixture(scope="module")
def model(file: Path) -> Module:
    return runtime.load(file)


@pytest.fixture(scope="module")
def by_iree(tmp_path_factory: pytest.TempPathFactory) -> Module:
    """What IREE compiled returns arguments as they are, and can have open sizes."""
    path = tmp_path_factory.mktemp("modules") / "iree.vmfb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XFORM_COMPILER", "iree")
        export(
            path,
            {
                "same": jit(lambda x: x).lower(X),
                "rows": jit(lambda x, w: x @ w).lower(spec(("n", 3)), X),
                "longer": jit(lambda x: np.concatenate([x, x])).lower(spec(("n",))),
            },
        )
    return runtime.load(path)


# Values -------------------------------------------------------------------------------------------


def test_structures_and_arguments_of_all_kinds(model: Module) -> None:
    """Traced and NumPy's arrays, and Python's numbers, in pytrees and by keyword."""

    @jit
    def f(x: Any, b: Any, scale: Any) -> Any:
        found = model.scores(2 * x, {"w": W["w"], "b": (b,)}, scale=scale)
        assert found["rest"][1] is None
        assert found["y"].dtype == np.float64
        return found["y"] * found["rest"][0]

    expected = scores(2 * X, W, scale=3.0)
    np.testing.assert_allclose(f(X, W["b"][0], 3.0), expected["y"] * expected["rest"][0])
    np.testing.assert_allclose(
        jit(lambda x: model.scores(x, W, scale=2)["y"])(X), scores(X, W, scale=2)["y"]
    )


def test_closures(model: Module) -> None:
    """Over modules, constants, and traced arrays of functions around."""

    @jit
    def f(x: Any) -> Any:
        y = x + 1

        @jit
        def inner(z: Any) -> Any:
            return model.smooth(y) * z + model.slope(X, y)

        return inner(x) + jit(model.scores)(x, W, scale=1.0)["rest"][0]

    expected = np.tanh(X + 1) * X + slope(X, X + 1) + scores(X, W, scale=1.0)["rest"][0]
    np.testing.assert_allclose(f(X), expected)


def test_files_with_open_sizes_beside(model: Module, tmp_path: Path) -> None:
    """An entry with open sizes in the file of one that calls a module."""
    calls = jit(lambda x: 2 * model.smooth(x)).lower(X)
    export(tmp_path / "f.vmfb", {"a": calls, "b": jit(lambda x: x + 1).lower(spec(("n",)))})
    both = runtime.load(tmp_path / "f.vmfb")
    np.testing.assert_allclose(both.a(X), 2 * np.tanh(X))
    np.testing.assert_allclose(both.b(X[:2]), X[:2] + 1)


def test_all_dtypes(model: Module) -> None:
    results = jit(lambda x: model.dtypes(dtypes(x)))(LEAVES)
    for name, expected in dtypes(dtypes(LEAVES)).items():
        np.testing.assert_array_equal(results[name], expected)
        assert results[name].dtype == expected.dtype


def test_without_traced_arguments_it_is_called_at_once(model: Module) -> None:
    seen = []

    @jit
    def f(x: Any) -> Any:
        seen.append(model.smooth(X))
        return x + seen[0]

    np.testing.assert_allclose(f(X), X + np.tanh(X))
    assert isinstance(seen[0], Array)


def test_a_donated_argument_is_the_programs_own_copy(model: Module) -> None:
    """In loops too, where what each turn gives is the same array."""

    def f(x: Any) -> Any:
        y = 3 * x
        first = fori_loop(0, 3, lambda _, total: total + model.step(y), np.zeros(3))
        return first, y, model.step(x), x

    results = jit(f)(X)
    for result, expected in zip(results, (3 * (3 * X + 1), 3 * X, X + 1, X), strict=True):
        np.testing.assert_allclose(result, expected)


def test_a_result_may_be_an_argument(by_iree: Module) -> None:
    def f(x: Any, i: Any) -> Any:
        y = 2 * x
        z = by_iree.same(y)
        z[i] = 100
        again = by_iree.same(x)
        again[i] = 200
        return x + 0, y, z, again

    results = jit(f)(X, 1)
    written = np.where(np.arange(3) == 1, 100, 2 * X), np.where(np.arange(3) == 1, 200, X)
    for result, expected in zip(results, (X, 2 * X, *written), strict=True):
        np.testing.assert_allclose(result, expected)


def test_open_sizes_are_those_of_the_call(by_iree: Module) -> None:
    def f(x: Any, y: Any) -> Any:
        return by_iree.rows(x, X), by_iree.rows(y, X + 1)

    x, y = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(4, 3)
    few, many = jit(f)(x, y)
    np.testing.assert_allclose(few, x @ X)
    np.testing.assert_allclose(many, y @ (X + 1))


def test_matrices_beside_a_call_are_lowered_for_iree(model: Module) -> None:
    a = np.diag([4.0, 9.0, 16.0])
    result = jit(lambda a, x: model.smooth(np.linalg.cholesky(a) @ x))(a, X / 10)
    np.testing.assert_allclose(result, np.tanh(np.linalg.cholesky(a) @ X / 10))


# In loops and branches ----------------------------------------------------------------------------


def test_control_flow(model: Module) -> None:
    def f(x: Any, rows: Any) -> Any:
        return (
            scan(lambda c, row: (model.smooth(c + row), c.sum()), x, rows),
            map(model.smooth, rows),
            cond(x[0] > 0, model.smooth, lambda x: x, x),
            while_loop(lambda x: np.abs(x).sum() > 2, model.smooth, x),
            checkpoint(model.smooth)(x),
            jit(model.smooth)(x),
            fori_loop(0, 50, lambda _, x: model.smooth(x), x),
        )

    rows = np.arange(12.0).reshape(4, 3) / 10
    (last, sums), mapped, branch, loop, checkpointed, nested, many = jit(f)(X, rows)
    carry, expected = X, []
    for row in rows:
        expected.append(carry.sum())
        carry = np.tanh(carry + row)
    np.testing.assert_allclose(last, carry)
    np.testing.assert_allclose(sums, expected)
    np.testing.assert_allclose(mapped, np.tanh(rows))
    y = X
    while np.abs(y).sum() > 2:
        y = np.tanh(y)
    np.testing.assert_allclose(loop, y)
    for once in (branch, checkpointed, nested):
        np.testing.assert_allclose(once, np.tanh(X))
    y = X
    for _ in range(50):
        y = np.tanh(y)
    np.testing.assert_allclose(many, y)


def test_a_batch_is_a_call_for_each_row(model: Module) -> None:
    xs = np.arange(12.0).reshape(2, 2, 3) / 10
    np.testing.assert_allclose(vmap(vmap(model.smooth))(xs), np.tanh(xs))
    weights = {"w": np.stack([W["w"], -W["w"]]), "b": W["b"]}
    axes: Any = ({"w": 0, "b": (None,)}, None)

    def f(weights: Any, x: Any) -> Any:
        return model.scores(x, weights, scale=1.0)["y"]

    expected = [scores(X, {"w": w, "b": W["b"]}, scale=1.0)["y"] for w in weights["w"]]
    np.testing.assert_allclose(vmap(f, in_dims=axes)(weights, X), expected)


# Derivatives --------------------------------------------------------------------------------------


def test_no_derivatives(model: Module, user_error: Any) -> None:
    with user_error(
        XformTypeError, "scores() of", "by args[0]", "has no derivatives", "custom_vjp"
    ):
        grad(lambda x: model.scores(x, W, scale=1.0)["y"].sum())(X)
    with user_error(XformTypeError, "smooth() of", "has no derivatives", "stop_gradient"):
        jit(lambda x: jvp(model.smooth, (x,), (x,)))(X)
    with user_error(XformTypeError, "has no derivatives"):
        grad(lambda x: vmap(model.smooth)(x).sum())(X[None])


def test_what_does_not_depend_on_the_input_is_constant(model: Module) -> None:
    def f(x: Any, y: Any) -> Any:
        return (x * model.smooth(y) * model.smooth(stop_gradient(x))).sum()

    for transformed in (grad(f), jit(grad(f))):
        np.testing.assert_allclose(transformed(X, X + 1), np.tanh(X + 1) * np.tanh(X))


def test_results_without_tangents_have_zero_derivatives(model: Module) -> None:
    """Integers, to any order; and what goes through stop_gradient behind the call."""

    def f(x: Any) -> Any:
        return (x**3 * (model.largest(x) == np.arange(3))).sum()

    for transformed in (grad(f), jit(grad(f))):
        np.testing.assert_allclose(transformed(X), [0, 0, 12])
    np.testing.assert_allclose(jvp(grad(f), (X,), (X,))[1], [0, 0, 24])
    np.testing.assert_allclose(vmap(grad(f))(np.stack([X, -X])), [[0, 0, 12], [0, 3, 0]])

    def g(x: Any) -> Any:
        return (x * stop_gradient(model.smooth(x))).sum()

    np.testing.assert_allclose(grad(g)(X), np.tanh(X))


def test_rules_of_the_users_own(model: Module) -> None:
    @custom_vjp
    def backward(x: Any) -> Any:
        return model.smooth(x)

    backward.defvjp(lambda x: (model.smooth(x), x), lambda x, ct: (model.slope(x, ct),))

    @custom_jvp
    def forward(x: Any) -> Any:
        return model.smooth(x)

    @forward.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        return model.smooth(*primals), model.slope(*primals, *tangents)

    xs = np.stack([X, X / 2])
    expected = 1 - np.tanh(xs) ** 2
    np.testing.assert_allclose(grad(lambda x: backward(x).sum())(X), expected[0])
    np.testing.assert_allclose(jit(vmap(grad(lambda x: backward(x).sum())))(xs), expected)
    y, pullback = vjp(backward, X)
    np.testing.assert_allclose(y, np.tanh(X))
    np.testing.assert_allclose(pullback(X)[0], expected[0] * X)
    np.testing.assert_allclose(jit(lambda x: jvp(forward, (x,), (x,)))(X)[1], expected[0] * X)

    def loss(x: Any) -> Any:
        return scan(lambda c, _: (backward(c), None), x, None, length=2)[0].sum()

    inner = np.tanh(X)
    np.testing.assert_allclose(grad(loss)(X), (1 - np.tanh(inner) ** 2) * (1 - inner**2))


# What is refused ----------------------------------------------------------------------------------


def test_errors_are_those_of_a_call(model: Module, user_error: Callable[..., Any]) -> None:
    """And they end with the user's line."""
    for x in (X[:2], X.astype(np.float32)):
        said = []
        for call in (model.smooth, jit(lambda x: model.smooth(x))):
            with pytest.raises((XformTypeError, XformValueError)) as caught:
                call(x)
            said.append((type(caught.value), str(caught.value).split("\n")[0]))
        assert said[0] == said[1]
        assert said[0][1].startswith("smooth(): args[0] has ")
    with user_error(XformValueError, "smooth(): args[0] has shape (2,), expected"):
        jit(lambda x: model.smooth(x))(X[:2])
    with user_error(XformTypeError, "smooth(): args[0] has dtype float32, expected"):
        vmap(lambda x: model.smooth(x))(np.ones((2, 3), np.float32))
    with user_error(XformTypeError, "got 2 positional arguments, expected 1"):
        jit(lambda x: model.smooth(x, x))(X)
    with user_error(XformValueError, "scores(): args[1]", "'w'"):
        jit(lambda x: model.scores(x, {"b": (x[:2],)}, scale=1.0))(X)
    with user_error(XformValueError, "scores(): args[1]['b'][0] has shape (3,)"):
        jit(lambda x: model.scores(x, {"w": W["w"], "b": (x,)}, scale=1.0))(X)
    with user_error(XformTypeError, "smooth.submit() cannot be called while"):
        jit(lambda x: model.smooth.submit(x))(X)


def test_arrays_of_functions_that_have_returned(
    model: Module, user_error: Callable[..., Any]
) -> None:
    leaked: list[Any] = []
    jit(lambda x: (leaked.append(x), x)[1])(X)
    with user_error(LeakedArrayError, "jit traced a function that has returned"):
        model.smooth(leaked[0])
    with user_error(LeakedArrayError, "jit traced a function that has returned"):
        jit(lambda x: x + model.smooth(leaked[0]))(X)


def test_calls_in_no_grad(model: Module) -> None:
    def f(x: Any) -> Any:
        with no_grad():
            y = model.smooth(x)
        return (x * y).sum()

    np.testing.assert_allclose(grad(f)(X), np.tanh(X))


def test_refusals(
    model: Module, by_iree: Module, tmp_path: Path, user_error: Callable[..., Any]
) -> None:
    with user_error(XformValueError, "longer() of", "results can be had whose open sizes"):
        jit(lambda x: by_iree.longer(x))(X)
    with user_error(XformTypeError, "smooth() of", "in a program with open sizes"):
        jit(lambda x, y: model.smooth(x) + y.sum()).lower(X, spec(("n",)))
    with pytest.raises(DeviceError, match=r"for vulkan:desktop and calls .*model.vmfb, which"):
        jit(lambda x: model.smooth(x)).lower(X).save(tmp_path / "f", target="vulkan:desktop")
    with pytest.raises(DeviceError, match="compile one of them for the device of the other"):
        jit(model.smooth).lower(X).save(tmp_path / "f.vmfb", target="cpu:aarch64-linux-gnu")
    with pytest.raises(XformValueError, match="header=True is not there for"):
        jit(model.smooth).lower(X).save(tmp_path / "f.vmfb", header=True)
    assert not list(tmp_path.iterdir())
    weighed = tmp_path / "weighed.vmfb"
    jit(lambda x: x * W["w"]).lower(X).save(weighed, weights="beside")
    with user_error(XformValueError, "has its weights in a file beside it"):
        jit(runtime.load(weighed))(X)


# Files --------------------------------------------------------------------------------------------


def outer(model: Module) -> Any:
    return jit(lambda x: 2 * model.smooth(x)).lower(X)


def test_a_file_carries_what_it_calls(model: Module, tmp_path: Path) -> None:
    """At any depth, each module once."""
    first, second = tmp_path / "first.vmfb", tmp_path / "second.vmfb"
    outer(model).save(first, selftest=True)
    loaded = runtime.load(first)
    np.testing.assert_allclose(loaded(X), 2 * np.tanh(X))
    assert loaded.selftest().passed
    jit(lambda x: loaded(x) + model.step(x)).lower(X).save(second)
    both = runtime.load(second)
    np.testing.assert_allclose(both(X), 2 * np.tanh(X) + X + 1)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(both))(X), both(X))
    assert sorted(both._image.callees) == sorted(
        [model._image.name_to_call, loaded._image.name_to_call]
    )


def test_a_compiled_program_and_its_pickle(model: Module) -> None:
    compiled = outer(model).compile()
    for each in (compiled, pickle.loads(pickle.dumps(compiled))):
        np.testing.assert_allclose(each(X), 2 * np.tanh(X))


def test_another_file_is_another_module(model: Module, tmp_path: Path) -> None:
    """Of the same entries: the names in programs follow from the bytes."""
    path = tmp_path / "other.vmfb"
    jit(lambda x: np.sin(x)).lower(X).save(path)
    other = runtime.load(path)

    def apply(entry: Any) -> Any:
        return jit(lambda x: entry(x) + 0)

    np.testing.assert_allclose(apply(model.smooth)(X), np.tanh(X))
    np.testing.assert_allclose(apply(other)(X), np.sin(X))
    np.testing.assert_allclose(jit(lambda x: model.smooth(x) + other(x))(X), np.tanh(X) + np.sin(X))
    texts = [jit(lambda x, e=e: e(x)).lower(X).as_text() for e in (model.smooth, other["main"])]
    names = [module._image.name_to_call for module in (model, other)]
    assert all(f'of "{name}"' in text for name, text in zip(names, texts, strict=True))
    assert names[0] != names[1]


def test_what_is_kept_on_disk_is_the_callers_alone(
    model: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that calls other bytes is another one for the cache."""
    monkeypatch.setenv("XFORM_CACHE", "1")
    monkeypatch.setenv("XFORM_CACHE_DIR", str(tmp_path / "cache"))
    path, kept = tmp_path / "other.vmfb", tmp_path / "cache"
    export(path, {"smooth": jit(np.sin).lower(X)})
    other = runtime.load(path)
    export(path, {"smooth": jit(np.sin).lower(X)})
    same = runtime.load(path)
    assert same._image.name_to_call == other._image.name_to_call
    counts = [len(list(kept.glob("*.xfc")))]
    for each, function in ((model, np.tanh), (other, np.sin), (same, np.sin), (model, np.tanh)):
        results = jit(lambda x, each=each: each.smooth(x) + 0.25).lower(X).compile()(X)
        np.testing.assert_allclose(results, function(X) + 0.25)
        counts.append(len(list(kept.glob("*.xfc"))))
    assert [count - counts[0] for count in counts] == [0, 1, 2, 2, 2]


def test_names_that_meet_by_chance(model: Module, by_iree: Module) -> None:
    called_modules.enter(model._image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(by_iree._image.__dict__, "name_to_call", model._image.name_to_call)
        with pytest.raises(XformValueError, match="happen to have one name"):
            called_modules.enter(by_iree._image)


@pytest.mark.vulkan
def test_on_vulkan(tmp_path: Path) -> None:
    x = X.astype(np.float32)
    export(tmp_path / "model.vmfb", lowered("vulkan"), target="vulkan")
    model = runtime.load(tmp_path / "model.vmfb")

    def f(x: Any) -> Any:
        return fori_loop(0, 3, lambda _, x: model.slope(model.smooth(x), x), 2 * x)

    expected = 2 * x
    for _ in range(3):
        expected = slope(np.tanh(expected), expected)
    np.testing.assert_allclose(jit(f, device="vulkan")(x), expected, rtol=1e-5)
    with pytest.raises(DeviceError, match="is compiled for cpu:host and calls"):
        jit(f)(x)
