"""`export`: several functions in one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import runtime
from xform.errors import XformTypeError, XformValueError
from xform.frontend import export, grad, jit, save, scan, spec

WEIGHTS = np.linspace(-1, 1, 2000 * 3, dtype=np.float32).reshape(2000, 3)
X = np.linspace(0, 1, 2000, dtype=np.float32)


def predict(x: Any) -> Any:
    return {"scores": np.tanh(x @ WEIGHTS)}


def loss(x: Any) -> Any:
    return (predict(x)["scores"] ** 2).sum()


def step(state: Any, *, rate: Any) -> Any:
    return {key: value - rate * value for key, value in state.items()}


def running(x: Any) -> Any:
    return scan(lambda c, y: (c + y, c * y), x[0], x)


STATE = {"a": spec(3, "float32"), "b": spec((), "float32")}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "model.vmfb"
    lowered = jit(predict).lower(spec(2000, "float32"))
    export(
        path,
        {
            "predict": lowered,
            "slope": jit(grad(loss)).lower(spec(2000, "float32")),
            "step": jit(step, donate_argnums=0).lower(STATE, rate=spec((), "float32")),
            "running": jit(running).lower(spec(9, "float64")),
        },
        selftest=True,
    )
    return path


def test_entries_by_name(file: Path) -> None:
    module = runtime.load(file)
    assert {*module.entries} == {"predict", "slope", "step", "running"}
    np.testing.assert_allclose(module.predict(X)["scores"], predict(X)["scores"], rtol=1e-5)
    np.testing.assert_allclose(module["slope"](X), grad(loss)(X), rtol=1e-4, atol=1e-5)
    total, products = module.running(np.arange(9.0))
    assert total.item() == 36
    np.testing.assert_array_equal(products, np.cumsum(np.arange(9.0)) * np.arange(9.0) - (
        np.arange(9.0) ** 2))  # fmt: skip


def test_structures_and_donation(file: Path) -> None:
    module = runtime.load(file)
    state = {"a": runtime.asarray(np.ones(3, "float32")), "b": np.float32(2)}
    found = module.step(state, rate=np.float32(0.5))
    np.testing.assert_array_equal(found["a"], np.full(3, 0.5, "float32"))
    assert found["b"].item() == 1
    with pytest.raises(XformValueError, match="step"):
        module.step({"a": np.ones(3, "float32")}, rate=np.float32(1))


def test_equal_arrays_are_kept_once(file: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.vmfb"
    save(loss, spec(2000, "float32"), path=alone)
    # The weights take 24 kB; two entries read them. There are two more, and self-tests.
    assert file.stat().st_size < alone.stat().st_size + 1.5 * WEIGHTS.nbytes


def test_selftests_of_all(file: Path) -> None:
    report = runtime.load(file).selftest()
    assert report.passed
    assert {check.entry for check in report.checks} == {"predict", "slope", "step", "running"}


def test_without_a_compiler_and_from_other_tools(file: Path) -> None:
    program = (
        "import sys, numpy, xform_runtime\n"
        f"module = xform_runtime.load({str(file)!r})\n"
        "print(module.running(numpy.ones(9))[0].item(), 'xform' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["10.0", "False"], done.stderr


def test_one_function_under_several_names(tmp_path: Path) -> None:
    lowered = jit(lambda x: x + 1).lower(spec(2))
    other = jit(lambda x: x * 2).lower(spec(2))
    path = tmp_path / "f.vmfb"
    # Functions within have names of their own, which must not meet.
    export(path, {"main": other, "main_0": lowered, "again": lowered})
    module = runtime.load(path)
    assert [module[name](np.ones(2)).tolist() for name in module.entries] == [
        [2.0, 2.0], [2.0, 2.0], [2.0, 2.0],
    ]  # fmt: skip
    assert module.main(np.full(2, 3.0)).tolist() == [6.0, 6.0]
    assert module.again(np.full(2, 3.0)).tolist() == [4.0, 4.0]


def test_names_within_do_not_meet(tmp_path: Path) -> None:
    def looped(factor: float) -> Any:
        def turn(c: Any, _: Any) -> Any:
            return c * factor, None

        return lambda x: scan(turn, x, None, length=3)[0]

    path = tmp_path / "loops.vmfb"
    export(
        path,
        {"turn": jit(looped(2.0)).lower(spec(())), "second": jit(looped(3.0)).lower(spec(()))},
    )
    module = runtime.load(path)
    assert (module.turn(1.0).item(), module.second(1.0).item()) == (8.0, 27.0)
    # Nor where the function within was there before the entry of its name.
    first, second = jit(looped(2.0)).lower(spec(())), jit(looped(3.0)).lower(spec(()))
    export(path, {"first": first, "turn": second})
    module = runtime.load(path)
    assert (module.first(1.0).item(), module.turn(1.0).item()) == (8.0, 27.0)


@pytest.mark.vulkan
def test_on_vulkan(tmp_path: Path) -> None:
    path = tmp_path / "v.vmfb"
    export(
        path,
        {"f": jit(loss).lower(spec(2000, "float32")), "g": jit(grad(loss)).lower(X)},
        target="vulkan",
        selftest=True,
    )
    module = runtime.load(path)
    assert module.device == "vulkan"
    np.testing.assert_allclose(module.f(X), loss(X), rtol=1e-4)
    assert module.selftest().passed


def test_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    lowered = jit(lambda x: x + 1).lower(spec(2))
    with pytest.raises(XformValueError, match="at least one"):
        export(path, {})
    with pytest.raises(XformTypeError, match=r"entry 'f' must be a lowered function, .* got Jit"):
        export(path, {"f": jit(loss)})  # type: ignore[dict-item]
    for name in ("", "a b", "1"):
        with pytest.raises(XformValueError, match="is no name that Python could use"):
            export(path, {name: lowered})
    with pytest.raises(IsADirectoryError):
        export(tmp_path, {"f": lowered})
    with pytest.raises(XformTypeError, match="float64"):
        export(path, {"f": lowered}, target="vulkan")
    assert not path.exists()
