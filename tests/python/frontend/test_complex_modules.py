"""Complex numbers in compiled programs and files: calls, errors, memory, files, other processes."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from xform import runtime
from xform.errors import ModuleFileError, XformTypeError, XformValueError
from xform.frontend import export, grad, jit, save, spec, vmap
from xform_runtime.image import ModuleImage

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(4, 3)) + 1j * RNG.normal(size=(4, 3))
W = RNG.normal(size=(3, 2)) + 1j * RNG.normal(size=(3, 2))
dtypes = pytest.mark.parametrize("dtype", ["complex64", "complex128"])


def model(z: Any, s: Any) -> Any:
    """A product, and a sum of squares."""
    return {"y": (z @ W) * s, "n": (z * z.conj()).real.sum()}


def loss(z: Any) -> Any:
    return (abs(z @ W) ** 2).sum()


def close(found: Any, wanted: Any, rtol: float = 1e-12) -> None:
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    np.testing.assert_allclose(found, wanted, rtol=rtol)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("complex") / "model.vmfb"
    entries = {
        "model": jit(model).lower(spec((4, 3), "complex128"), 2j),
        "slope": jit(grad(loss)).lower(spec((4, 3), "complex128")),
        "turned": jit(lambda z: z * 1j, donate_argnums=0).lower(spec((4, 3), "complex128")),
        "real": jit(abs).lower(spec(2, "complex64")),
    }
    export(path, entries, weights="beside", header=True, selftest=True)
    return path


@pytest.fixture(scope="module")
def module(written: Path) -> runtime.Module:
    return runtime.load(written)


def test_calls(module: runtime.Module) -> None:
    assert str(module.model.signature) == (
        "model(complex128[4,3], complex128[]) -> {'y': complex128[4,2], 'n': float64[]}"
    )
    wanted = model(Z, 2j)
    for z in (Z, np.asfortranarray(Z), Z.astype(">c16"), runtime.asarray(Z), torch.tensor(Z)):
        found = module.model(z, 2j)
        close(found["y"], wanted["y"])
        close(found["n"], wanted["n"])
    # A real number is complex, too.
    close(module.model(Z, 2)["y"], Z @ W * 2)
    close(module.slope(Z), 2 * (Z @ W) @ W.conj().T)


def test_futures(module: runtime.Module) -> None:
    futures = [module.model.submit(Z * k, 1j) for k in range(1, 4)]
    for k, future in enumerate(futures, 1):
        close(future.result()["y"], Z * k @ W * 1j)


@pytest.mark.parametrize(
    ("kind", "said", "call"),
    [
        (
            XformTypeError,
            r"model\(\): args\[0\] has dtype complex64, expected complex128; convert it with "
            r"\.astype\('complex128'\)",
            lambda m: m.model(Z.astype("complex64"), 1j),
        ),
        (
            XformTypeError,
            r"args\[0\] has dtype float64, expected complex128",
            lambda m: m.model(Z.real, 1j),
        ),
        (
            XformValueError,
            r"args\[0\] has shape \(3, 3\), expected \(4, 3\)",
            lambda m: m.model(Z[:3], 1j),
        ),
        (
            XformValueError,
            # The last axis of what IREE sees is no axis of the user's.
            r"args\[0\] has shape \(4, 3, 2\), expected \(4, 3\)",
            lambda m: m.model(np.stack([Z, Z], -1), 1j),
        ),
        (
            XformTypeError,
            r"real\(\): args\[0\] has dtype float32, expected complex64",
            lambda m: m.real(np.ones(2, "float32")),
        ),
        (
            XformTypeError,
            r"args\[1\] is the Python str|args\[1\] is a value of type str, expected an array "
            r"complex128\[\]",
            lambda m: m.model(Z, "1j"),
        ),
    ],
)
def test_wrong_arguments(module: runtime.Module, kind: Any, said: str, call: Any) -> None:
    with pytest.raises(kind, match=said):
        call(module)


def test_wrong_arguments_of_a_compiled_function() -> None:
    compiled = jit(abs).lower(spec(3, "complex64")).compile()
    with pytest.raises(TypeError, match="has dtype complex128, but it was compiled for complex64"):
        compiled(np.ones(3) * 1j)
    with pytest.raises(ValueError, match=r"has shape \(2,\), but it was compiled for \(3,\)"):
        compiled(np.ones(2, "complex64"))


IN_PLACE = {
    "product": lambda z: z * z,
    "parts exchanged": lambda z: z.imag + 1j * z.real,
    "conjugate": lambda z: z.conj() * 2j,
    "reversed": lambda z: z[::-1] * 1j,
    "transposed": lambda z: z.T * (1 + 1j),
    "first row": lambda z: z * z[0] + z.real,
    "matrix product": lambda z: z @ z,
    "rolled": lambda z: np.roll(z, 1, 0) * z,
    "sums": lambda z: np.cumsum(z, 0),
}


@dtypes
@pytest.mark.calls_once
def test_a_result_in_the_memory_of_an_argument(dtype: str) -> None:
    for size in (2, 150):
        z = (RNG.normal(size=(size, size)) + 1j * RNG.normal(size=(size, size))).astype(dtype)
        given = {name: runtime.asarray(z) for name in IN_PLACE}
        programs = {name: jit(f, donate_argnums=0) for name, f in IN_PLACE.items()}
        found = {name: programs[name](given[name]) for name in IN_PLACE}
        assert given["product"].is_donated
        for name, f in IN_PLACE.items():
            wanted = f(z)
            error = np.abs(np.asarray(found[name]) - wanted).max()
            assert error <= 200 * np.finfo(dtype).eps * np.abs(wanted).max(), name


def test_arguments_are_written_into() -> None:
    def step(state: Any, z: Any) -> Any:
        state["mean"] *= 0.5
        state["mean"] += z * 0.5
        state["mean"].real[0] = 7.0
        state["first"].imag[1] = 2.0
        return state

    state = {"mean": Z[0].copy(), "first": Z[1].copy()}
    found = jit(step)(state, Z[2])
    wanted = step({"mean": Z[0].copy(), "first": Z[1].copy()}, Z[2])
    for key in state:
        close(found[key], wanted[key])
    # The caller's are as they were.
    np.testing.assert_array_equal(state["mean"], Z[0])


@dtypes
@pytest.mark.calls_once
def test_large_arguments(dtype: str) -> None:
    """Some are read where they are, others from memory that calls share."""
    turned, itself = jit(lambda z: z * 1j), jit(lambda z: z)
    for size in (100, 10_000, (33 << 20) // np.dtype(dtype).itemsize):
        z = (np.arange(size) * (1 - 2j)).astype(dtype)
        np.testing.assert_array_equal(np.asarray(turned(z)), z * np.array(1j, dtype))
        np.testing.assert_array_equal(np.asarray(itself(z)), z)


def test_sizes_that_are_open(tmp_path: Path) -> None:
    path = tmp_path / "open.vmfb"
    f = jit(lambda z: {"n": (z * z.conj()).sum(1), "z": z[:, ::-1] * 1j})
    f.lower(spec(("batch", 4), "complex128")).save(path, selftest=True, header=True)
    module = runtime.load(path)
    assert str(module.main.signature) == (
        "main(complex128[batch,4]) -> {'n': complex128[batch], 'z': complex128[batch,4]}"
    )
    assert module.selftest().passed
    for batch in (1, 5, 700):
        z = RNG.normal(size=(batch, 4)) + 1j * RNG.normal(size=(batch, 4))
        found = module(z)
        assert found["n"].shape == (batch,)
        close(found["n"], (z * z.conj()).sum(1))
        close(found["z"], z[:, ::-1] * 1j)
    with pytest.raises(XformValueError, match=r"shape \(5, 3\), expected \('batch', 4\)"):
        module(np.ones((5, 3)) * 1j)
    header = path.with_suffix(".h").read_text()
    assert "OUTPUT1_SHAPE {-1, 4, 2}" in header


@pytest.mark.parametrize(
    "moved",
    [
        lambda z: z[::-1, ::-1],
        lambda z: np.take(z, np.array([2, 0]), 1),
        lambda z: np.pad(z, ((0, 0), (1, 1)), "reflect"),
    ],
    ids=["reversed", "taken", "padded"],
)
def test_elements_of_open_arrays_that_change_places(moved: Any) -> None:
    """The parts are read where they are in the argument; as are those of a real array."""
    z = RNG.normal(size=(5, 4)) + 1j * RNG.normal(size=(5, 4))
    program = jit(moved).lower(spec(("batch", 4), "complex128")).compile()
    np.testing.assert_array_equal(program(z), moved(z))
    real = jit(lambda x: moved(x[..., 1])).lower(spec(("batch", 4, 2))).compile()
    np.testing.assert_array_equal(real(np.stack([z.real, z.imag], -1)), moved(z.imag))


def test_what_is_beside_and_inside(written: Path, module: runtime.Module) -> None:
    assert module.selftest().passed
    assert {entry: len(found.vectors) for entry in module.entries
            if (found := ModuleImage.from_file(str(written)).selftest(entry))} == {
        "model": 2, "slope": 2, "turned": 2, "real": 2,
    }  # fmt: skip
    (weights,) = module.slope.signature.weights
    assert (weights.shape, weights.dtype) == ((3, 2), "complex128")
    assert written.with_suffix(".irpa").stat().st_size >= W.nbytes


def test_a_self_test_finds_a_conjugate(tmp_path: Path) -> None:
    """It does not say that a program passes whose sums, or magnitudes, are right."""
    paths = [tmp_path / "right.vmfb", tmp_path / "wrong.vmfb"]
    for path, part in zip(paths, (1j, -1j), strict=True):
        jit(lambda z, part=part: z.real + part * z.imag).lower(spec((200, 200), "complex64")).save(
            path, selftest=True
        )
    images = [ModuleImage.from_file(str(path)) for path in paths]
    right = images[0].selftest("main")
    assert right is not None
    assert right.vectors[0].results[0].summary is not None
    module = runtime.load(paths[1])
    z = right.vectors[0].arguments(images[0].signatures["main"])
    from xform_runtime.selftest_report import checked

    leaf = images[0].signatures["main"].results[0]
    bad = checked("main", 0, leaf, right.vectors[0].results[0], np.asarray(module(*z)))
    good = checked("main", 0, leaf, right.vectors[0].results[0], z[0])
    assert good.passed
    assert not bad.passed
    assert isinstance(bad.got, complex)
    assert "expected (" in str(bad)


def test_the_header_says_that_elements_are_pairs(written: Path) -> None:
    text = written.with_suffix(".h").read_text()
    for line in (
        "/* in_z: complex128[4,3], pairs of a real and an imaginary part */",
        "#define MODEL_MODEL_INPUT0_RANK 3",
        "#define MODEL_MODEL_INPUT0_SHAPE {4, 3, 2}",
        "#define MODEL_MODEL_INPUT0_BYTES 192",
        "#define MODEL_MODEL_INPUT0_ELEMENT IREE_HAL_ELEMENT_TYPE_FLOAT_64",
        "#define MODEL_MODEL_INPUT1_SHAPE {2}",
        "#define MODEL_REAL_INPUT0_ELEMENT IREE_HAL_ELEMENT_TYPE_FLOAT_32",
        "    const double *in_z,",
        " *   out_y: complex128[4,2], pairs of a real and an imaginary part */",
    ):
        assert line in text.splitlines(), line
    assert "const iree_hal_dim_t shape[] = {4, 3, 2};" in text


def test_iree_takes_pairs(written: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", Z.view("float64").reshape(4, 3, 2))
    command = [
        str(Path(sys.executable).with_name("iree-run-module")),
        f"--module={written}",
        f"--parameters={written.with_suffix('.irpa')}",
        "--device=local-task",
        "--function=model",
        f"--input=@{tmp_path}/z.npy",
        "--input=2xf64=0,2",
        f"--output=@{tmp_path}/n.npy",
        f"--output=@{tmp_path}/y.npy",
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = np.load(tmp_path / "y.npy")
    close(found.view("complex128")[..., 0], model(Z, 2j)["y"])


def test_several_targets(tmp_path: Path) -> None:
    path = tmp_path / "model.xform"
    targets = ["cpu:x86-64", "cpu:x86-64-v3", "cpu:aarch64-unknown-linux-gnu", "cuda:sm_80"]
    save(loss, spec((4, 3), "complex128"), path=path, target=targets)
    close(runtime.load(path)(Z), loss(Z))
    assert '"complex128[4,3]' not in (text := (path / "manifest.json").read_text())
    assert '"dtype":"complex128"' in text.replace(" ", "")


def test_damaged_files(written: Path, tmp_path: Path) -> None:
    content = written.read_bytes()
    for damaged in (content.replace(b"complex64", b"complex63"), content[: len(content) // 2]):
        assert damaged != content
        (tmp_path / "model.vmfb").write_bytes(damaged)
        with pytest.raises(ModuleFileError, match=r"damaged"):
            runtime.load(tmp_path / "model.vmfb")


def turned(function: Any) -> Any:
    return np.asarray(function(Z))


def test_pickles_and_processes(module: runtime.Module) -> None:
    compiled = jit(loss).lower(spec((4, 3), "complex128")).compile()
    for function in (compiled, module.slope, jit(loss)):
        close(pickle.loads(pickle.dumps(function))(Z), function(Z))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        close(pool.submit(turned, module.slope).result(), turned(module.slope))


def test_the_kept_programs_tell_pairs_from_complex_numbers() -> None:
    """Programs of one text are called with other arrays, and return others."""
    pairs = np.stack([Z.real, Z.imag], -1)
    for _ in range(2):
        close(vmap(lambda z: z)(Z), Z)
        close(vmap(lambda z: z)(pairs), pairs)
        close(jit(lambda z: z)(Z), Z)
        close(jit(lambda z: z)(pairs), pairs)


def test_numbers_of_python() -> None:
    traced = []

    def f(z: Any, s: Any) -> Any:
        traced.append(s)
        return z * s

    compiled = jit(f)
    single = Z.astype("complex64")
    for dtype, wanted in {
        "complex64": "complex64", "complex128": "complex128", "float32": "complex64",
        "float64": "complex128", "float16": "complex64", "int32": "complex128",
    }.items():  # fmt: skip
        assert compiled(np.ones(2, dtype), 1j).dtype == wanted
    traced.clear()
    close(compiled(single, 2j), single * 2j, 1e-6)
    close(compiled(single, 3j), single * 3j, 1e-6)
    assert len(traced) == 1
    static = jit(f, static_argnums=1)
    close(static(Z, 2j), Z * 2j)
    close(static(Z, 3j), Z * 3j)
    assert traced[-2:] == [2j, 3j]
    close(jit(lambda s: s * 2)(1j), np.complex128(2j))


@pytest.mark.parametrize("reads", [bool, float, complex])
def test_numbers_that_python_asks_for(reads: Any) -> None:
    with pytest.raises(Exception, match="complex128") as caught:
        jit(lambda z: reads(z))(1j)
    assert "not known while the function is traced" in str(caught.value)


def test_what_people_see() -> None:
    lowered = jit(model).lower(Z.astype("complex64"), 2j)
    said = "main(complex64[4,3], complex128[]) -> "
    assert said.replace("main", "model") in repr(lowered) or said in repr(lowered)
    compiled = lowered.compile()
    assert "complex64[4,3]" in repr(compiled)
    text = str(lowered.explain())
    assert "z: complex64[4,3]" in text
    assert "s: complex128[]" in text
    assert "closed over 0: complex128[3,2]" in text
    # Six real operations of each product at least.
    assert compiled.cost().flops >= 4 * 3 * 2 * 6
    assert "complex64[4,3]" in compiled._repr_html_()
