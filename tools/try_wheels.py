#!/usr/bin/env python3
"""Install the wheels of a folder in new virtual environments, and run a program in them.

1. The wheel of xform is small enough and tagged for systems as old as Debian 12, and what is in it
   needs no library but those of C and C++.
2. In an environment with both wheels, the demonstration's Jacobian is compiled and saved.
3. In one with the runtime's wheel alone, it is loaded and called; both results are the same.

As root, 2 and 3 run where the system's LLVM and MLIR cannot be seen.

Usage: python tools/try_wheels.py dist
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

MOST_BYTES = 45_000_000
DEBIAN_12 = (2, 36)
LIBRARIES = {"linux-vdso", "libc", "libm", "libstdc++", "libgcc_s", "ld-linux-x86-64", "libpthread",
             "ld-linux-aarch64", "libdl", "librt"}  # fmt: skip

# The demonstration's function, examples/digits.py.
COMPILE = """
import numpy as np
from xform.frontend import jacrev, jit, spec, vmap


def logits(params, pixels):
    hidden = np.tanh(pixels @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


draws = np.random.default_rng(0)
shapes = {"w1": (64, 48), "b1": (48,), "w2": (48, 10), "b2": (10,)}
params = {name: draws.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
images = draws.random((8, 64), np.float32)
jacobian = jit(vmap(jacrev(logits, argnums=1), in_dims=(None, 0)))
found = np.asarray(jacobian(params, images))
slopes = 1 - np.tanh(images @ params["w1"] + params["b1"]) ** 2
expected = np.einsum("ph,nh,hc->ncp", params["w1"], slopes, params["w2"])
np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
from xform import runtime

assert runtime.__name__ == "xform_runtime"
jacobian.save("jacobian.vmfb", params, images)
np.savez("arrays.npz", found=found, images=images, **params)
"""

CALL = """
import numpy as np
from xform import runtime
import xform_runtime

arrays = dict(np.load("arrays.npz"))
found, images = arrays.pop("found"), arrays.pop("images")
module = runtime.load("jacobian.vmfb")
np.testing.assert_array_equal(module(arrays, images), found)
np.testing.assert_array_equal(module.submit(arrays, images).result(), found)
assert xform_runtime is runtime
try:
    from xform import frontend
except ImportError:
    pass
else:
    raise AssertionError("xform.frontend is there")
"""

# Files of LLVM's and MLIR's that a program has in its memory, and the others that it loads.
MAPPED = """
import re
with open("/proc/self/maps") as file:
    print(*{line.split()[-1] for line in file if re.search(r"/lib(LLVM|MLIR|clang|lld)", line)})
"""


def check_wheel(wheel: Path) -> None:
    """Raises AssertionError: it is too large, or has a wrong tag, or needs other libraries."""
    size = wheel.stat().st_size
    assert size < MOST_BYTES, f"{wheel.name} has {size:,} bytes, expected below {MOST_BYTES:,}"
    tag = re.search(r"manylinux_(\d+)_(\d+)_\w+\.whl$", wheel.name)
    assert tag, f"{wheel.name} has no tag of manylinux"
    found = int(tag[1]), int(tag[2])
    assert found <= DEBIAN_12, f"{wheel.name} needs a newer C library than Debian 12 has"
    print(f"{wheel.name}: {size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                if member.read(4) != b"\x7fELF":
                    continue
            path = archive.extract(name, folder)
            needed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True)
            names = {Path(line.split()[0]).name for line in needed.stdout.splitlines()}
            others = {name for name in names if name.split(".so")[0] not in LIBRARIES}
            assert not others, f"{name} needs {others}"
            print(f"  {name}: {', '.join(sorted(names))}")


def environment(folder: Path, wheels: list[Path]) -> Path:
    """The Python of a new virtual environment in which wheels are installed, and what they need."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wheels]
    subprocess.run(list(map(str, command)), check=True)
    listed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [package["name"] for package in json.loads(listed.stdout)]
    print(f"{folder.name}: {', '.join(names)}")
    return python


def hidden_libraries() -> list[str]:
    """The beginning of a command that runs another where LLVM and MLIR cannot be seen."""
    hide = (
        "set -e; for f in /usr/lib/llvm-*; do mount -t tmpfs none $f; done;"
        "for f in /usr/lib/*/libLLVM* /usr/lib/*/libMLIR* /usr/lib/*/libclang*; do"
        '  if [ -f "$f" ]; then mount --bind /dev/null "$f"; fi; done; exec "$@"'
    )
    command = ["unshare", "--mount", "sh", "-c", hide, "sh"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the system's LLVM stays in sight: {getattr(error, 'stderr', error)!r}")
        return []
    return command


def run(prefix: list[str], python: Path, program: str, folder: Path) -> None:
    """Runs a program; whatever is set for another Python is not for this one."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ran = subprocess.run(
        [*prefix, str(python), "-c", program + MAPPED],
        cwd=folder,
        env={**kept, "XFORM_CACHE": "0"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    others = [path for path in ran.stdout.split() if not path.startswith(str(folder))]
    assert not others, f"the program has loaded {others}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", type=Path)
    wheels: Path = parser.parse_args().wheels.resolve()
    # One wheel is for 3.12 and all that follow.
    tag = "cp311" if sys.version_info < (3, 12) else "cp312-abi3"
    (whole,) = wheels.glob(f"xform-*-{tag}-*.whl")
    (runtime,) = wheels.glob("xform_runtime-*.whl")
    check_wheel(whole)
    prefix = hidden_libraries()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compiling = environment(folder / "with a compiler", [whole, runtime])
        run(prefix, compiling, COMPILE, folder)
        subprocess.run([*prefix, str(compiling.parent / "xform-opt"), "--version"],
                       check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        calling = environment(folder / "runtime alone", [runtime])
        run(prefix, calling, CALL, folder)
    print("compiled with both wheels, called with the runtime's alone: the results are the same")


if __name__ == "__main__":
    main()
