"""Self-tests of what is saved: their inputs, their expected results, their tolerances."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import xform.runtime
from xform import random
from xform.compiling import selftests
from xform.frontend import SelfTestError, grad, jit, save, scan, spec, vmap
from xform_runtime import Module, SelfTestReport
from xform_runtime.contents import read_contents
from xform_runtime.image import ModuleImage
from xform_runtime.selftest import Drawn, SelfTest

X = np.array([0.5, 1.5, -2.0])
Pair = namedtuple("Pair", "left right")


@dataclass
class Layer:
    weight: Any
    bias: Any


def kept(path: Path) -> SelfTest:
    """The self-test that a file with one entry point has."""
    image = ModuleImage.from_file(path)
    (entry,) = image.signatures
    found = image.selftest(entry)
    assert found is not None
    return found


def passing(path: Path, function: Callable[..., Any], *args: Any, **options: Any) -> SelfTestReport:
    """What the runtime finds of a function that was saved with a self-test."""
    save(function, *args, path=path, **{"selftest": True, **options})
    report = xform.runtime.load(path).selftest()
    assert report.passed, str(report)
    return report


# Inputs -----------------------------------------------------------------------------------------


def test_drawn_for_specs(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    args = spec((4, 3), "float32"), spec(5, "int64"), spec((), "bool")
    passing(path, lambda x, i, flag: np.where(flag, x[i % 4], x[0]), *args)
    vectors = kept(path).vectors
    assert len(vectors) == 2
    assert all(isinstance(x, Drawn) for vector in vectors for x in vector.inputs)
    signature = ModuleImage.from_file(path).signatures["main"]
    for vector in vectors:
        x, i, flag = vector.arguments(signature)
        assert (x.shape, x.dtype) == ((4, 3), np.float32)
        # An index into any axis there is.
        assert 0 <= i.min() <= i.max() < 3
        assert flag.dtype == np.bool_
    first, second = (vector.arguments(signature)[0] for vector in vectors)
    assert not np.array_equal(first, second)


def test_arrays_are_inputs(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    report = passing(path, lambda x, s: x * s, X, 3)
    (vector,) = kept(path).vectors
    assert [x.tolist() for x in vector.inputs if not isinstance(x, Drawn)] == [X.tolist(), 3]
    assert report.checks[0].size == 3
    assert vector.results[0].values.tolist() == (3 * X).tolist()
    # What is not known is drawn beside what is, which is kept once.
    x = np.ones(5000)
    passing(path, lambda x, y: x.sum() + y, x, spec(3))
    vectors = kept(path).vectors
    assert [isinstance(x, Drawn) for x in vectors[1].inputs] == [False, True]
    assert all(np.array_equal(vector.inputs[0], x) for vector in vectors)
    assert 40_000 < read_contents(ModuleImage.from_file(path).content).selftests < 41_000


def test_inputs_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"

    def f(x: Any, n: int, *, k: Any = 1.0) -> Any:
        return x**n * k

    power = jit(f, static_argnums=1)

    def inputs() -> list[Any]:
        return [
            [x.tolist() for x in vector.inputs if not isinstance(x, Drawn)]
            for vector in kept(path).vectors
        ]

    power.save(path, spec(3), 2, k=2.0, selftest=(X, 2))
    assert inputs() == [[X.tolist(), 2.0]]
    power.save(path, spec(3), 2, k=2.0, selftest=[(X, 2), {"x": X + 1, "n": 2, "k": 5}])
    assert inputs() == [[X.tolist(), 2.0], [(X + 1).tolist(), 5.0]]
    expected = kept(path).vectors[1].results[0].values
    np.testing.assert_array_equal(expected, (X + 1) ** 2 * 5)
    power.lower(spec(3), 2, k=2.0).compile().save(path, selftest={"n": 2, "x": X, "k": 0.0})
    assert inputs() == [[X.tolist(), 0.0]]


WRONG_INPUTS: list[tuple[type[Exception], str, Any]] = [
    (TypeError, "selftest is a bool, a tuple of arguments, a dict", X),
    (TypeError, "selftest is a bool", []),
    (TypeError, "selftest is a bool", [X]),
    (TypeError, "selftest is a bool", 1),
    (ValueError, "has 1 positional argument, expected 2", (X,)),
    (ValueError, "has the arguments 'x', 'm', expected 'x', 'n'", {"x": X, "m": 2}),
    (ValueError, "static arguments or a structure other than", (X, 3)),
    (ValueError, "static arguments or a structure other than", ({"a": X}, 2)),
    (TypeError, "args[0] of a call of selftest is float64[2], expected float64[3]", (X[:2], 2)),
    (TypeError, "is float32[3], expected float64[3]", [(X, 2), (X.astype("float32"), 2)]),
]


@pytest.mark.parametrize(("kind", "says", "selftest"), WRONG_INPUTS)
def test_wrong_inputs(
    tmp_path: Path, user_error: Any, kind: type[Exception], says: str, selftest: Any
) -> None:
    def power(x: Any, n: int) -> Any:
        return x**n

    with user_error(kind, says):
        jit(power, static_argnums=1).save(tmp_path / "f.vmfb", spec(3), 2, selftest=selftest)
    assert not [*tmp_path.iterdir()]


def test_numbers_are_what_a_call_takes(tmp_path: Path, user_error: Any) -> None:
    path = tmp_path / "f.vmfb"
    save(lambda x, s: x * s, spec(3, "float32"), 2.0, path=path, selftest=(np.ones(3, "f4"), 3))
    assert kept(path).vectors[0].results[0].values.tolist() == [3, 3, 3]
    assert xform.runtime.load(path).selftest().passed
    with user_error(TypeError, "args[1] of a call of selftest is float64[], expected int64[]"):
        save(lambda x, n: x * n, X, 2, path=path, selftest=(X, 2.0))


def test_inputs_that_are_too_large(
    tmp_path: Path, user_error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftests, "_LARGEST_INPUTS", 20)
    with user_error(ValueError, "take 24 bytes, and a file keeps 20 at most", "spec(shape, dtype)"):
        save(lambda x: x, X, path=tmp_path / "f.vmfb", selftest=True)


# Expected results -------------------------------------------------------------------------------


def test_pytrees_and_closures(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    closed = np.random.default_rng(1).normal(size=(3, 3))

    def model(layers: list[Layer], pair: Pair, *, k: Any) -> Any:
        y = closed @ layers[0].weight + layers[1].bias
        return {"y": y * pair.left, "z": [(pair.right + k, None)], "layer": Layer(y, k)}

    layers = [Layer(spec(3), spec(3)), Layer(spec(3), spec(3))]
    report = passing(path, model, layers, Pair(spec(3), spec((), "int32")), k=2)
    assert {check.path for check in report.checks} == {
        "output['y']",
        "output['z'][0][0]",
        "output['layer'].weight",
        "output['layer'].bias",
    }
    assert kept(path).reference == "numpy"


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "bfloat16", "int8", "uint32", "int64", "bool"]
)
def test_every_dtype_and_shape(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "f.vmfb"

    def f(x: Any, y: Any, z: Any) -> Any:
        return x * y, np.sort(z), x.sum(), ~(y > 0), np.concatenate([z, z])

    report = passing(path, f, spec(7, dtype), spec((), dtype), spec((0, 2), dtype))
    values = kept(path).vectors[0].results
    assert values[0].values.dtype == (ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    is_float = "float" in dtype
    assert (values[0].relative > 0) == is_float
    assert values[3].relative == values[3].absolute == 0
    assert [check.index for check in report.checks[:5]][1] is None


def test_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    args = np.array([-1.0, 0.0, np.inf, np.nan, 2.0], "float32")
    passing(path, lambda x: (np.log(x), 1 / x, x - x), args)
    logs, inverses, differences = (r.values.tolist() for r in kept(path).vectors[0].results)
    assert logs[1:3] == [-np.inf, np.inf]
    assert np.isnan(logs[0])
    assert inverses[1] == np.inf
    assert np.isnan(differences[2])


def test_what_numpy_does_not_compute(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"

    def step(c: Any, x: Any) -> tuple[Any, Any]:
        return np.tanh(c + x), c * x

    passing(path, lambda xs: scan(step, 0.0, xs), spec(20))
    assert kept(path).reference == "plain"
    passing(path, vmap(grad(lambda x: np.sin(x).sum())), spec((2, 3)))
    assert kept(path).reference == "plain"
    (_, second) = kept(path).vectors
    x = second.arguments(ModuleImage.from_file(path).signatures["main"])[0]
    np.testing.assert_allclose(second.results[0].values, np.cos(x))
    # Functions under jit are NumPy's too where nothing traces.
    passing(path, lambda x: jit(lambda y: y * 2)(x) + 1, spec(3))
    assert kept(path).reference == "numpy"


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    passing(path, lambda key: random.normal(key, (50,)), random.key(7))
    values = kept(path).vectors[0].results[0].values
    np.testing.assert_allclose(values, random.normal(random.key(7), (50,)))
    passing(path, lambda key: random.randint(key, (50,), 0, 10), spec(2, "uint32"))
    assert kept(path).vectors[0].results[0].values.std() > 1


def test_arguments_that_are_written_to(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        x[0] = 7.0
        return x + 1

    x = X.copy()
    passing(tmp_path / "f.vmfb", f, x)
    assert x.tolist() == X.tolist()
    passing(tmp_path / "f.vmfb", lambda x: jit(f)(x) + x, x)
    (vector,) = kept(tmp_path / "f.vmfb").vectors
    assert vector.results[0].values.tolist() == [8.5, 4.0, -3.0]


def test_a_function_that_needs_a_trace(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        y = grad(lambda z: (z**3).sum())(x)
        # Outside of a trace that is an array on the device, which is immutable.
        y[0] = 1.0
        return y

    path = tmp_path / "f.vmfb"
    passing(path, f, spec(3), selftest=[(X,), (X + 1,)])
    assert kept(path).reference == "plain"
    expected = kept(path).vectors[1].results[0].values
    np.testing.assert_allclose(expected, [1.0, *(3 * (X[1:] + 1) ** 2)])


def test_donated_arguments(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    jit(lambda s, g: s - g, donate_argnums=0).save(path, spec(3), spec(3), selftest=True)
    module: Module = xform.runtime.load(path)
    assert module.selftest().passed
    assert module.selftest().passed


def test_large_results_are_summarised(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    args = spec((300, 200), "float32"), spec((300, 200), "int32")
    report = passing(path, lambda x, n: (np.exp(x), n * 3, x > 0), *args)
    assert path.stat().st_size < 300_000
    floats, integers, bools = kept(path).vectors[0].results
    for result in (floats, integers):
        assert result.summary is not None
        assert result.values.size < 60_000
    assert bools.summary is None
    assert [check.size for check in report.checks] == [60_000] * 6
    assert report.checks[0].compared == floats.values.size


def test_many_results_share_what_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    passing(path, lambda x: [x * i for i in range(100)], spec(4000), selftest=(np.ones(4000),))
    (vector,) = kept(path).vectors
    assert all(result.summary is not None for result in vector.results)
    assert path.stat().st_size < 4_000_000


# Comparing --------------------------------------------------------------------------------------


def test_a_difference_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    path.write_bytes(b"old")

    def f(x: Any) -> Any:
        # The number of what is traced is another one.
        return {"same": x * 2, "other": x + (1 if isinstance(x, np.ndarray) else 2)}

    with pytest.raises(SelfTestError, match="'f' gives other results than called by Python") as e:
        save(f, X, path=path, selftest=True)
    (failure,) = e.value.report.failures
    assert (failure.path, failure.difference) == ("output['other']", 1)
    assert "output['other'][2]: failed, got 0.0, expected -1.0" in str(e.value)
    assert path.read_bytes() == b"old"
    save(f, X, path=path)


def test_changed_constants_are_found(tmp_path: Path) -> None:
    factor = 2.0
    lowered = jit(lambda x: x * factor).lower(spec(3))
    factor = 3.0
    with pytest.raises(SelfTestError):
        lowered.save(tmp_path / "f.vmfb", selftest=True)


def test_other_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.vmfb"
    # A device that is not here, and a processor.
    monkeypatch.setattr(selftests, "why_not", lambda device: None if device == "cpu" else "gone")
    save(np.tanh, spec(3, "float32"), path=path, target="cuda", selftest=True)
    assert len(kept(path).vectors) == 2
    save(np.tanh, spec(3), path=path, target="cpu:x86-64-v2", selftest=True)
    assert xform.runtime.load(path).selftest().passed


@pytest.mark.vulkan
def test_random_numbers_on_vulkan(tmp_path: Path) -> None:
    def f(key: Any) -> Any:
        return random.normal(key, (100,), dtype="float32")

    passing(tmp_path / "f.vmfb", f, spec(2, "uint32"), target="vulkan")


@pytest.mark.vulkan
def test_on_vulkan(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"

    def f(x: Any, n: Any) -> Any:
        return np.tanh(x) @ x.T, x.sum(), n + 1, np.argmax(x, axis=1)

    args = spec((5, 4), "float32"), spec(3, "int32")
    report = passing(path, f, *args, target="vulkan")
    assert report.device == "vulkan"
    with pytest.raises(SelfTestError, match="on vulkan: failed, 1 of 1 result of 1 test vector is"):
        save(
            lambda x: x + (1 if isinstance(x, np.ndarray) else 2),
            X.astype("float32"),
            path=path,
            target="vulkan",
            selftest=True,
        )


# Tolerances -------------------------------------------------------------------------------------


def relative_tolerance(path: Path, function: Callable[..., Any], *args: Any) -> float:
    """The tolerance of the first element in relation to it."""
    passing(path, function, *args)
    result = kept(path).vectors[0].results[0]
    wanted = abs(float(result.values.reshape(-1)[0]))
    return result.relative + result.absolute / wanted


def test_tolerances_follow_dtypes(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    for dtype, epsilon in (("float64", 2.0**-52), ("float32", 2.0**-23), ("float16", 2.0**-10)):
        x = np.array([0.5, 0.75], dtype)
        assert 8 * epsilon < relative_tolerance(path, lambda x: x * 3, x) < 30 * epsilon
    # The coarsest type in which it computes decides, and not that of an argument.
    x = np.array([0.5, 0.75])
    narrow = relative_tolerance(path, lambda x: (x.astype("float32") + 1).astype("float64"), x)
    assert 8 * 2.0**-23 < narrow < 30 * 2.0**-23
    half = np.array([0.5, 0.75], "float16")
    wide = relative_tolerance(path, lambda x: np.exp(x.astype("float64")), half)
    assert wide < 50 * 2.0**-52


def test_tolerances_follow_lengths_and_cancellation(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    short, long = (relative_tolerance(path, np.sum, np.ones(n)) for n in (10, 100_000))
    assert 5 * short < long < 100 * short
    # A small difference of large numbers has lost digits.
    easy = relative_tolerance(path, lambda x: x - 1, np.array([3.0]))
    lost = relative_tolerance(path, lambda x: x - 1, np.array([1.0 + 1e-9]))
    assert 1e7 < lost / easy < 1e11


def test_digits_that_are_lost_inside_count(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    # The input hardly moves it, but 1 + x is rounded: float32 has no digit left of the last ones.
    x = np.array([1e-6, 2e-6, 1e-5, 3.0], "float32")
    passing(path, lambda x: np.log(1 + x), x)
    (result,) = kept(path).vectors[0].results
    off = float(np.abs(result.values - np.log1p(x.astype(float))).max())
    assert off > 1e-8
    assert off < result.absolute < 50 * off


def test_random_numbers_are_rounded_too(tmp_path: Path) -> None:
    # No input moves them, so that a normal number near 0 would have to be exact.
    path = tmp_path / "f.vmfb"
    passing(path, lambda key: random.normal(key, (50,), dtype="float32"), random.key(1))
    (result,) = kept(path).vectors[0].results
    scale = float(np.median(np.abs(result.values)))
    assert 100 * 2.0**-23 < result.absolute / scale < 5000 * 2.0**-23


def test_a_last_digit_that_is_wrong_by_more_is_found(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    for dtype, off in (("float64", 1e-12), ("float32", 1e-4)):
        x = np.linspace(0.5, 2, 50).astype(dtype)
        with pytest.raises(SelfTestError):
            save(
                lambda x, off=off: np.exp(x) * (1.0 if isinstance(x, np.ndarray) else 1.0 + off),
                x,
                path=path,
                selftest=True,
            )
