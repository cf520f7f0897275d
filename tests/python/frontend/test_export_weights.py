"""Weights beside modules: what is in which file, who reads it, and what is said of wrong ones."""

from __future__ import annotations

import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import runtime
from xform.errors import ModuleFileError, XformValueError
from xform.frontend import export, grad, jit, save, spec, vmap, while_loop
from xform_runtime.image import ModuleImage
from xform_runtime.memory import peak_memory

WEIGHTS = np.linspace(-1, 1, 2000 * 3, dtype=np.float32).reshape(2000, 3)
BIAS = np.array([0.5, -0.5, 0.25], np.float32)
X = np.linspace(-0.01, 0.02, 2000, dtype=np.float32)


def predict(x: Any) -> Any:
    return np.tanh(x @ WEIGHTS + BIAS)


def loss(x: Any) -> Any:
    return (predict(x) ** 2).sum()


def until(x: Any) -> Any:
    """A loop that can be stopped."""
    return while_loop(lambda c: (c * c).sum() > 1e-3, lambda c: np.tanh(c * BIAS), x)


def step(state: Any, x: Any) -> Any:
    return state + x[:, None] * WEIGHTS


def entries() -> dict[str, Any]:
    row = spec(2000, "float32")
    return {
        "predict": jit(predict).lower(row),
        "slope": jit(grad(loss)).lower(row),
        "rows": jit(vmap(predict)).lower(spec((2, 2000), "float32")),
        "nothing": jit(lambda x: x + 1).lower(spec(2)),
        "until": jit(until).lower(spec(3, "float32")),
        "step": jit(step, donate_argnums=0).lower(spec((2000, 3), "float32"), row),
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "model.vmfb"
    export(path, entries(), weights="beside", selftest=True)
    return path


@pytest.fixture
def file(written: Path, tmp_path: Path) -> Path:
    for path in written.parent.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / "model.vmfb"


def run_module(file: Path, *arguments: str) -> str:
    """What iree-run-module prints, or its error."""
    command = [str(Path(sys.executable).with_name("iree-run-module")), f"--module={file}"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else done.stderr


def test_equal_numbers(written: Path, tmp_path: Path) -> None:
    inside = tmp_path / "inside.vmfb"
    export(inside, entries())
    one, other = runtime.load(inside), runtime.load(written)
    for name, x in (("predict", X), ("slope", X), ("rows", np.stack([X, 2 * X]))):
        np.testing.assert_array_equal(np.asarray(one[name](x)), np.asarray(other[name](x)))
    np.testing.assert_allclose(other.predict(X), predict(X), rtol=1e-5)
    assert other.nothing(np.ones(2)).tolist() == [2, 2]
    np.testing.assert_allclose(other.until(BIAS), until(BIAS), rtol=1e-5)
    state = runtime.asarray(np.ones_like(WEIGHTS))
    np.testing.assert_allclose(other.step(state, X), 1 + X[:, None] * WEIGHTS, rtol=1e-6)
    assert other.selftest().passed


def test_weights_are_once_in_their_file(written: Path) -> None:
    archive = written.with_suffix(".irpa")
    assert WEIGHTS[:8].tobytes() not in written.read_bytes()
    assert archive.read_bytes().count(WEIGHTS.tobytes()) == 1
    assert WEIGHTS.nbytes < archive.stat().st_size < WEIGHTS.nbytes + 8192
    module = runtime.load(written)
    weights, bias = module.predict.signature.weights
    assert (str(weights), str(bias)) == ("float32[2000,3]", "float32[3]")
    assert module.rows.signature.weights == (weights, bias)
    assert module.nothing.signature.weights == ()
    assert module.predict.signature.weights_file == "model.irpa"


def test_irees_own_tool_reads_them(written: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    call = ("--device=local-task", "--function=predict", f"--input=@{tmp_path / 'x.npy'}")
    said = run_module(written, f"--parameters={written.with_suffix('.irpa')}", *call)
    numbers = re.search(r"3xf32=(.*)", said)
    assert numbers, said
    np.testing.assert_allclose([float(x) for x in numbers[1].split()], predict(X), rtol=1e-5)
    assert "io_parameters" in run_module(written, *call)


@pytest.mark.parametrize("compiler", ["xform", "iree"])
def test_many_of_all_dtypes(tmp_path: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_COMPILER", compiler)
    names = ["bool", "int8", "uint16", "int64", "float16", "float32", "float64"]
    arrays = [np.arange(5 + i).astype(name) for i, name in enumerate(names)]
    # More than a dispatch has bindings for.
    arrays += [np.full(3, i) for i in range(40 if compiler == "xform" else 2)]
    arrays += [np.float64(2) * np.ones(()), np.zeros((0, 3))]

    def f(x: Any) -> Any:
        return [x + array.sum() for array in arrays]

    path = tmp_path / "many.vmfb"
    jit(f).lower(spec(2)).save(path, weights="beside")
    module = runtime.load(path)
    for found, array in zip(module(np.ones(2)), arrays, strict=True):
        np.testing.assert_array_equal(found, np.ones(2) + array.sum())


@pytest.mark.calls_once
def test_memory_of_a_call(written: Path) -> None:
    image = ModuleImage.from_file(written)
    # The weights are in no memory of the device's.
    assert X.nbytes < peak_memory(image, "predict", [X]) < X.nbytes + 4096


def test_nothing_is_closed_over(tmp_path: Path) -> None:
    path = tmp_path / "f.vmfb"
    jit(lambda x: x + 1).lower(spec(2)).save(path, weights="beside")
    assert [file.name for file in tmp_path.iterdir()] == ["f.vmfb"]
    assert runtime.load(path)(np.ones(2)).tolist() == [2, 2]


def test_renamed_together(file: Path) -> None:
    other = file.with_name("other.vmfb")
    file.rename(other)
    file.with_suffix(".irpa").rename(other.with_suffix(".irpa"))
    np.testing.assert_allclose(runtime.load(other).predict(X), predict(X), rtol=1e-5)


def test_a_pickle_has_them(file: Path) -> None:
    content = pickle.dumps(runtime.load(file))
    assert len(content) > WEIGHTS.nbytes
    for path in file.parent.iterdir():
        path.unlink()
    np.testing.assert_allclose(pickle.loads(content).predict(X), predict(X), rtol=1e-5)


def test_wrong_archives(file: Path, tmp_path: Path) -> None:
    archive = file.with_suffix(".irpa")
    content = archive.read_bytes()
    archive.unlink()
    with pytest.raises(ModuleFileError, match=r"weights from .*model\.irpa, which is not there"):
        runtime.load(file)
    for size in (0, 3, 60, 200, 20_000):
        archive.write_bytes(content[:size])
        with pytest.raises(ModuleFileError, match=r"no archive of parameters|truncated"):
            runtime.load(file)
    archive.write_bytes(b"IRPX" + content[4:])
    with pytest.raises(ModuleFileError, match="no archive of parameters: it starts with b'IRPX'"):
        runtime.load(file)
    other = tmp_path / "other.vmfb"
    jit(lambda x: x @ (2 * WEIGHTS)).lower(spec(2000, "float32")).save(other, weights="beside")
    shutil.copy(other.with_suffix(".irpa"), archive)
    with pytest.raises(ModuleFileError, match=r"is not the file that .* was written with: .*miss"):
        runtime.load(file)


def test_a_changed_closure_is_not_saved_silently(tmp_path: Path) -> None:
    scale = np.array([1.0, 2.0])
    lowered = jit(lambda x: x * scale).lower(spec(2))
    scale[0] = 3
    with pytest.raises(XformValueError, match="closes over changed"):
        lowered.save(tmp_path / "f.vmfb", weights="beside")
    with pytest.raises(XformValueError, match=r"f\.irpa' is the name of a file .* beside"):
        jit(lambda x: x + 1).lower(spec(2)).save(tmp_path / "f.irpa", weights="beside")
    with pytest.raises(XformValueError, match="weights is 'inside' or 'beside', got 'outside'"):
        lowered.save(tmp_path / "f.vmfb", weights="outside")  # type: ignore[arg-type]


_MEASURE = """
import re, sys
import numpy as np
import xform_runtime

def resident(kind):
    return 1024 * int(re.search(kind + r":\\s+(\\d+)", open("/proc/self/status").read())[1])

warm = xform_runtime.load(sys.argv[1])
warm(np.ones(2))
x = np.ones(4096, np.float32)
before = resident("RssAnon")
module = xform_runtime.load(sys.argv[2])
loaded = resident("RssAnon"), resident("VmRSS")
result = module(x)
print(loaded[0] - before, resident("RssAnon") - before, float(result.sum()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_they_are_mapped_and_not_copied(tmp_path: Path) -> None:
    weights = np.ones((4096, 4096), np.float32)
    small, large = tmp_path / "small.vmfb", tmp_path / "large.vmfb"
    save(lambda x: x + 1, spec(2), path=small)
    jit(lambda x: x @ weights).lower(spec(4096, "float32")).save(large, weights="beside")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(small), str(large)], capture_output=True, text=True
    )
    loaded, called, total = map(float, done.stdout.split())
    assert total == 4096 * 4096
    # The weights take 64 MiB.
    assert loaded < 4 << 20, done.stderr
    assert called < 16 << 20


@pytest.mark.vulkan
def test_on_vulkan(tmp_path: Path) -> None:
    path = tmp_path / "model.vmfb"
    few = {name: lowered for name, lowered in entries().items() if name in ("predict", "slope")}
    export(path, few, target="vulkan", weights="beside", selftest=True)
    module = runtime.load(path)
    np.testing.assert_allclose(module.predict(X), predict(X), rtol=1e-4)
    assert module.selftest().passed
    assert WEIGHTS[:8].tobytes() not in path.read_bytes()
