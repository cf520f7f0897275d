"""Programs whose sizes are open: one serves all, and gives what one for each size gives."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import frontend as xf
from xform import random as xr
from xform import runtime
from xform.compiling.lowered import Compiled
from xform.errors import XformRuntimeError, XformTypeError, XformValueError
from xform.frontend import grad, hessian, jacfwd, jacrev, jit, jvp, scan, size, spec, vmap
from xform.tracing.open_sizes import samples_of
from xform_runtime import Signature
from xform_runtime.open_sizes import Size

SIZES = (1, 2, 7, 64, 200)
CARRY = np.zeros(4, np.float32)

Function = Callable[[Any], Any]

# What NumPy computes itself.
OF_NUMPY: dict[str, Function] = {
    "mean": lambda x: np.mean(x, 0),
    "variance": lambda x: np.var(x, 0),
    "deviation": np.std,
    "covariance": lambda x: (x - x.mean(0)).T @ (x - x.mean(0)) / (x.shape[0] + 1),
    "root": lambda x: x * np.float32(1 / np.sqrt(x.shape[0])),
    "scale": lambda x: x * (np.float32(0.1) / np.float32(x.shape[0] + 3)),
    "range": lambda x: x * np.arange(x.shape[0])[:, None],
    "grid": lambda x: x * np.linspace(0, 1, x.shape[0])[:, None],
    "ravel": lambda x: x.reshape(-1),
    "reshape": lambda x: x.reshape(x.shape[0], 2, 2).sum(1),
    "unpair": lambda x: x.reshape(x.shape[0] * 2, 2),
    "differences": lambda x: x[1:] - x[:-1],
    "reverse": lambda x: x[::-1],
    "last": lambda x: x[-1],
    "halves": lambda x: x[: x.shape[0] // 2],
    "every other": lambda x: x[::2],
    "every third": lambda x: x[1::3],
    "twice": lambda x: np.concatenate([x, x]),
    "pad": lambda x: np.pad(x, ((1, 2), (0, 0))),
    "gram": lambda x: x @ x.T,
    "softmax": lambda x: np.exp(x - x.max(0)) / np.exp(x - x.max(0)).sum(0),
    "argmax": lambda x: np.argmax(x, 0),
    "cumulative": lambda x: np.cumsum(x, 0),
    "take": lambda x: x[np.array([0, 0])],
    "ones": lambda x: np.ones((x.shape[0], 3), np.float32) + x[:, :1],
    "identity": lambda x: x @ x.T + np.eye(x.shape[0], dtype=np.float32),
    "causal": lambda x: np.where(np.tri(x.shape[0], dtype=bool), x @ x.T, -1),
    "entropy": lambda x: np.log(np.sum(np.exp(x), 1)).mean(),
    "product": lambda x: np.prod(x, 0),
    "solve": lambda x: np.linalg.solve(x.T @ x + np.eye(4, dtype=np.float32), x.T),
    "outer sum": lambda x: np.einsum("bi,bj->ij", x, x) / x.size,
    "stack": lambda x: np.stack([x, x * 2], 1),
    "tile": lambda x: np.tile(x, (2, 1)),
    "repeat": lambda x: np.repeat(x, 2, 0),
    "roll": lambda x: np.roll(x, 1, 0),
    "nearest": lambda x: ((x[:, None] - x[None]) ** 2).sum(-1).min(1),
    "counts": lambda x: (x[:, 0, None] > np.linspace(-1, 1, 5)).sum(0),
    "convolution": lambda x: np.convolve(x[:, 0], np.array([1, 2, 1], np.float32)),
}

# What is compared with the program for one size.
OF_XFORM: dict[str, Function] = {
    "scan": lambda x: scan(lambda c, r: (c * 0.5 + r, c.sum()), CARRY, x),
    "map": lambda x: xf.map(lambda r: np.sin(r).sum(), x),
    "loop": lambda x: xf.fori_loop(0, x.shape[0], lambda i, c: c + x[i], CARRY),
    "while": lambda x: xf.while_loop(
        lambda c: c[0].sum() < 100, lambda c: (c[0] + np.abs(c[1]) + 0.1, c[1]), (x * 0, x)
    )[0],
    "cond": lambda x: xf.cond(x.sum() > 0, lambda y: y * 2, lambda y: y - 1, x),
    "update": lambda x: _with_first_row(x),
    "vmap": vmap(lambda r: np.tanh(r) @ r),
    "gradient": grad(lambda x: np.mean(np.tanh(x) ** 2)),
    "gradients": vmap(grad(lambda r: np.sum(np.sin(r) * r))),
    "jacobians": vmap(jacrev(lambda r: np.outer(r, r))),
    "hessians": vmap(hessian(np.prod)),
    "jacobian": jacrev(lambda x: np.tanh(x).sum(1)),
    "forward": jacfwd(lambda x: np.tanh(x).sum(0)),
    "tangent": lambda x: jvp(lambda y: y @ y.T, (x,), (x * 2,))[1],
    "gradient of scan": grad(
        lambda x: scan(lambda c, r: (np.tanh(c + r), c.sum()), CARRY, x)[1].sum()
    ),
    "gradient of map": grad(lambda x: xf.map(lambda r: np.sin(r).sum(), x).sum()),
    "gradient of maximum": grad(lambda x: x.max()),
    "random": lambda x: x + xr.normal(xr.key(0), x.shape, "float32"),
}


def _with_first_row(x: Any) -> Any:
    y = x.copy()
    y[0] = 1
    return y


@cache
def compiled(name: str) -> Compiled:
    """One program for all sizes."""
    return jit((OF_NUMPY | OF_XFORM)[name]).lower(spec(("n", 4), "float32")).compile()


def rows(n: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(n).standard_normal((n, 4)).astype(np.float32)


def check(got: Any, want: Any) -> None:
    for a, b in zip(
        got if isinstance(got, tuple) else (got,),
        want if isinstance(want, tuple) else (want,),
        strict=True,
    ):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", OF_NUMPY)
def test_a_program_for_all_sizes_computes_what_numpy_does(name: str) -> None:
    for n in SIZES:
        check(compiled(name)(rows(n)), OF_NUMPY[name](rows(n)))


@pytest.mark.parametrize("name", OF_XFORM)
def test_a_program_for_all_sizes_computes_what_one_for_each_does(name: str) -> None:
    function = jit(OF_XFORM[name])
    for n in (1, 7, 64):
        check(compiled(name)(rows(n)), function(rows(n)))


def test_sizes_of_several_names_are_open_together() -> None:
    function = jit(lambda a, b: (a @ b).reshape(-1).sum() / (a.shape[0] * b.shape[1]))
    program = function.lower(spec(("n", "k"), "float64"), spec(("k", "m"), "float64")).compile()
    rng = np.random.default_rng(0)
    for n, k, m in ((1, 1, 1), (3, 5, 2), (40, 7, 33)):
        a, b = rng.standard_normal((n, k)), rng.standard_normal((k, m))
        np.testing.assert_allclose(program(a, b), (a @ b).mean(), rtol=1e-10)


def test_sizes_without_a_name_are_equal_to_nothing() -> None:
    program = (
        jit(lambda x, y: (x.sum() + y.sum(), x.mean())).lower(spec(None), spec(None)).compile()
    )
    total, mean = program(np.arange(3.0), np.arange(7.0))
    assert (float(total), float(mean)) == (24.0, 1.0)
    assert repr(program).startswith("Compiled(main(float64[?], float64[?]) ->")


def test_arrays_that_are_closed_over_are_constants() -> None:
    weights = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    program = jit(lambda x: x @ weights + np.arange(len(x), dtype=np.float32)[:, None])
    compiled = program.lower(spec(("n", 4), "float32")).compile()
    for n in (1, 5):
        want = rows(n) @ weights + np.arange(n)[:, None]
        np.testing.assert_allclose(compiled(rows(n)), want, rtol=1e-5, atol=1e-6)


# What is refused -----------------------------------------------------------------------------


def refused(function: Function, message: str, error: type[Exception] = XformRuntimeError) -> None:
    with pytest.raises(error, match=message) as caught:
        jit(function).lower(spec(("n", 4), "float32")).compile()
    assert Path(__file__).name in str(caught.value)


def test_what_depends_on_a_size_otherwise_is_refused_at_its_line() -> None:
    refused(lambda x: sum(x[i] for i in range(x.shape[0])), "depends on sizes")
    refused(lambda x: np.sort(x, 0), "depends on sizes")
    refused(lambda x: x * float(x.shape[0] ** 3), "not followed: .* for n = ")


def test_a_branch_on_an_open_size_is_refused_unless_bounds_decide_it() -> None:
    def branches(x: Any) -> Any:
        return x * 2 if x.shape[0] > 5000 else x * 3

    refused(branches, "whether 'n' > 5000 is open", XformValueError)
    small = jit(branches).lower(spec((size("n", maximum=4000), 4), "float32")).compile()
    check(small(rows(7)), rows(7) * 3)
    large = jit(branches).lower(spec((size("n", minimum=5001), 4), "float32")).compile()
    with pytest.raises(XformValueError, match="is 7, but 'n' is at least 5001"):
        large(rows(7))


def test_what_shapes_say_of_each_other_is_no_branch_on_a_size() -> None:
    def checked(x: Any, y: Any) -> Any:
        assert x.shape == y.shape
        assert x.shape[0] > 0
        assert x.ndim == 2
        return x + y

    program = jit(checked).lower(spec(("n", 4), "float32"), spec(("n", 4), "float32")).compile()
    check(program(rows(3), rows(3)), rows(3) * 2)
    with pytest.raises(XformValueError, match="whether 'n' == 'm' is open"):
        jit(checked).lower(spec(("n", 4), "float32"), spec(("m", 4), "float32"))


def test_calls_are_checked_with_names() -> None:
    function = jit(lambda x, y: x.sum() + y.sum())
    program = function.lower(
        spec((size("batch", multiple=4, maximum=64), 2), "float32"), spec("batch", "float32")
    ).compile()
    assert float(program(np.ones((8, 2), np.float32), np.ones(8, np.float32))) == 24
    for shapes, message in (
        (((8, 2), (4,)), r"args\[1\].shape\[0\] is 4, but args\[0\].shape\[0\], .* is 8"),
        (((6, 2), (6,)), r"args\[0\].shape\[0\] is 6, but 'batch' is a multiple of 4"),
        (((68, 2), (68,)), "is 68, but 'batch' is at most 64"),
        (((0, 2), (0,)), "is 0, but 'batch' is at least 1"),
        (((8, 3), (8,)), r"compiled for \('batch', 2\)"),
    ):
        with pytest.raises(XformValueError, match=message):
            program(*(np.ones(shape, np.float32) for shape in shapes))
    with pytest.raises(XformTypeError, match="float32"):
        program(np.ones((8, 2)), np.ones(8, np.float32))


SLICES: dict[str, tuple[int, Function]] = {
    "eight rows": (8, lambda x: x[:8] * 2),
    "all but two": (2, lambda x: x[2:] * 2),
    "a row": (6, lambda x: x[5] * 2),
    "from behind": (3, lambda x: x[-3] * 2),
    "rolled": (3, lambda x: np.roll(x, 3, 0)),
}


def _with_rows(x: Any) -> Any:
    y = x.copy()
    y[1:4] = 7
    return y


@pytest.mark.parametrize("name", SLICES)
def test_sizes_that_are_too_small_for_a_slice_are_refused(name: str) -> None:
    least, function = SLICES[name]
    program = jit(function).lower(spec(("n", 4), "float32")).compile()
    for n in (least + 1, least):
        check(program(rows(n)), function(rows(n)))
    for n in range(1, least):
        with pytest.raises(XformValueError, match=r"too small for what is .*open_sizes\.py:\d+"):
            program(rows(n))


def test_rows_that_are_written_end_where_the_array_does() -> None:
    program = jit(_with_rows).lower(spec(("n", 4), "float32")).compile()
    for n in (1, 2, 3, 4, 9):
        check(program(rows(n)), _with_rows(rows(n)))


def test_sizes_are_checked_when_they_are_named() -> None:
    with pytest.raises(XformValueError, match="two meanings"):
        jit(np.add).lower(spec(size("n", multiple=3)), spec(size("n", multiple=2)))
    with pytest.raises(XformValueError, match="no multiple of 8"):
        size("n", minimum=9, maximum=15, multiple=8)
    with pytest.raises(XformValueError, match="can be 2 sizes above 1 only"):
        jit(np.sum).lower(spec(size("n", maximum=3)))
    with pytest.raises(XformValueError, match="5 open sizes"):
        jit(np.sum).lower(spec(tuple("abcde")))
    with pytest.raises(XformTypeError, match="open sizes"):
        grad(np.sum)(spec("n"))


def test_samples_keep_to_the_bounds_and_tell_sizes_apart() -> None:
    for sizes in (
        [Size("n")],
        [Size("n", minimum=1000)],
        [Size("n", multiple=64)],
        [Size("n", minimum=3, maximum=40)],
        [Size("a"), Size("b", multiple=3), Size("c"), Size("d", maximum=100)],
    ):
        samples = samples_of(sizes)
        assert samples == samples_of(sizes)
        for sample in samples:
            assert len(set(sample.values())) == len(sample)
            for each in sizes:
                each.check(sample[each.name], "sample")


# Files ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("open") / "model.vmfb"

    def model(params: dict[str, Any], x: Any) -> dict[str, Any]:
        return {"y": np.tanh(x @ params["w"]), "mean": x.mean(0)}

    params = {"w": spec((4, 3), "float32")}
    jit(model).save(path, params, spec((size("batch", maximum=512), 4), "float32"))
    return path


def test_a_file_serves_all_sizes(saved: Path) -> None:
    module = runtime.load(saved)
    w = rows(4)[:, :3]
    for n in SIZES:
        result = module({"w": w}, rows(n))
        check(result["y"], np.tanh(rows(n) @ w))
        check(result["mean"], rows(n).mean(0))
    assert "float32[batch,4]" in repr(module)
    with pytest.raises(XformValueError, match="'batch' is at most 512"):
        module({"w": w}, rows(513))
    with pytest.raises(XformValueError, match=r"expected \('batch', 4\)"):
        module({"w": w}, rows(3)[:, :2])
    again = pickle.loads(pickle.dumps(module))
    check(again({"w": w}, rows(3))["mean"], rows(3).mean(0))


def test_iree_runs_the_file(saved: Path) -> None:
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("iree-run-module")),
            f"--module={saved}",
            "--device=local-sync",
            "--function=model",
            "--input=4x3xf32=0",
            "--input=5x4xf32=2",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "5x3xf32=[0 0 0]" in result.stdout
    assert "4xf32=2 2 2 2" in result.stdout


def test_signatures_have_the_sizes_as_text(saved: Path) -> None:
    signature = runtime.load(saved).model.signature
    assert Signature.from_json(signature.to_json()) == signature
    assert signature.sizes == (Size("batch", maximum=512),)
    data = json.loads(signature.to_json())
    data["sizes"], data["sample"] = [], []
    with pytest.raises(XformValueError, match="does not say what the size 'batch' is"):
        Signature.from_json(json.dumps(data))
    data["sizes"] = [{"name": "batch"}]
    with pytest.raises(XformValueError, match="an open size is"):
        Signature.from_json(json.dumps(data))


@pytest.mark.vulkan
def test_open_sizes_on_vulkan() -> None:
    def step(w: Any, x: Any) -> Any:
        return w - 0.1 * grad(lambda w: np.mean(np.tanh(x @ w) ** 2))(w)

    program = jit(step, device="vulkan").lower(
        spec((4, 3), "float32"), spec(("batch", 4), "float32")
    )
    compiled, w = program.compile(), rows(4)[:, :3]
    for n in (1, 7, 64):
        check(compiled(w, rows(n)), jit(step)(w, rows(n)))


def test_a_file_keeps_a_test_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "tested.vmfb"
    weights = rows(4)
    jit(lambda x: np.tanh(x @ weights).sum(0)).save(path, spec(("n", 4), "float32"), selftest=True)
    assert runtime.load(path).selftest().passed


def test_several_functions_of_open_sizes_are_in_one_file(tmp_path: Path) -> None:
    def predict(w: Any, x: Any) -> Any:
        return np.tanh(x @ w)

    def loss(w: Any, x: Any) -> Any:
        return np.mean(predict(w, x) ** 2)

    w, x = spec((4, 3), "float32"), spec(("batch", 4), "float32")
    path = tmp_path / "several.vmfb"
    xf.export(
        path,
        {
            "predict": jit(predict).lower(w, x),
            "gradients": jit(lambda w, x: vmap(grad(loss), (None, 0))(w, x[:, None])).lower(w, x),
            "step": jit(lambda w, x: w - 0.1 * grad(loss)(w, x)).lower(w, x),
            "other": jit(lambda y: y.mean()).lower(spec("n")),
            "fixed": jit(predict).lower(w, spec((2, 4), "float32")),
        },
        selftest=True,
    )
    module, matrix = runtime.load(path), rows(4)[:, :3]
    for n in (1, 7, 64):
        check(module.predict(matrix, rows(n)), predict(matrix, rows(n)))
        wanted = np.stack([np.asarray(grad(loss)(matrix, row[None])) for row in rows(n)[:3]])
        check(module.gradients(matrix, rows(n))[:3], wanted)
        check(module.step(matrix, rows(n)), matrix - 0.1 * np.asarray(grad(loss)(matrix, rows(n))))
        assert float(module.other(np.arange(float(n)))) == (n - 1) / 2
    check(module.fixed(matrix, rows(2)), predict(matrix, rows(2)))
    with pytest.raises(XformValueError, match=r"expected \(2, 4\)"):
        module.fixed(matrix, rows(3))
    assert module.selftest().passed
