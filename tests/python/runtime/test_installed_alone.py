"""The runtime's wheel in an environment that has its dependencies and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT / "runtime",
        check=True,
        capture_output=True,
    )
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment, made of the wheel and of what is installed here."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for name in ("numpy", "ml_dtypes", "iree._runtime", "iree._runtime_libs", "iree.runtime"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        source = Path(next(iter(spec.submodule_search_locations)))
        target = packages.joinpath(*name.split("."))
        target.parent.mkdir(exist_ok=True)
        target.symlink_to(source)
        libraries = source.parent / f"{name}.libs"
        if libraries.is_dir():
            (packages / libraries.name).symlink_to(libraries)
    return folder / "bin" / "python"


def run(python: Path, program: str, folder: Path) -> str:
    ran = subprocess.run(
        [str(python), "-c", program], cwd=folder, env={}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def examples(page: str) -> str:
    """What a page says of calling where no compiler is installed, as a program."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    first = next(
        i for i, block in enumerate(found) if block.startswith("from xform import runtime")
    )
    return "import numpy as np\n" + "\n".join(found[first:])


def test_readme_s_example(alone: Path, tmp_path: Path) -> None:
    program = (
        "import numpy as np\n"
        "from xform.frontend import grad, jit, spec\n"
        "gradient = jit(grad(lambda x: np.sin(x).sum()))\n"
        "gradient.lower(spec((3,), np.float32)).compile().save('gradient.vmfb')"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    example = f"{examples('README.md')}\nprint(gradient(np.zeros(3, np.float32)))"
    assert run(alone, example, tmp_path) == "[1. 1. 1.]\n"


def test_the_page_s_examples(alone: Path, add_file: Path, tmp_path: Path) -> None:
    (tmp_path / "model.vmfb").write_bytes(add_file.read_bytes())
    program = examples("docs/runtime.md").replace("model.submit(batch)", "model.submit(*batch)")
    program = f"batches = [2 * [np.full(4, i, np.float32)] for i in range(3)]\n{program}"
    said = run(alone, f"import numpy as np\n{program}", tmp_path).splitlines()
    assert sorted(said) == [f"[{i}. {i}. {i}. {i}.]" for i in (0, 2, 4)]


def test_all_of_it(alone: Path, model_file: Path, tmp_path: Path) -> None:
    program = f"""
import pickle, sys
import numpy as np
import xform.runtime, xform_runtime
module = xform.runtime.load({str(model_file)!r})
args = np.ones(3, np.float32), {{"w": np.ones((2, 3), np.float32), "b": (np.zeros(2, np.float32),)}}
scale = np.float32(2)
expected = np.asarray(module(*args, scale=scale)["y"])
for again in (module.submit(*args, scale=scale).result(),
              pickle.loads(pickle.dumps(module))(*args, scale=scale)):
    np.testing.assert_array_equal(again["y"], expected)
assert xform.runtime is xform_runtime is sys.modules["xform.runtime"]
for name in xform_runtime.__all__:
    getattr(xform_runtime, name)
try:
    import xform.frontend
except ModuleNotFoundError as error:
    print(error)
print(xform_runtime.__file__)
"""
    said = run(alone, program, tmp_path).splitlines()
    assert said[0] == "No module named 'xform.frontend'"
    assert said[1].startswith(str(alone.parent.parent)), "the wheel's, not the one of the tests"


def test_what_it_depends_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        text = archive.read(name).decode()
    needed = [line.split()[1] for line in text.splitlines() if line.startswith("Requires-Dist")]
    assert {re.split("[<>=]", name)[0] for name in needed} == {"numpy", "iree-base-runtime"}
    assert "ml_dtypes" in (requires("iree-base-runtime") or []), "which bfloat16 is from"
