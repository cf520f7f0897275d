"""IREE's compiler in a worker: makes a .vmfb of linalg, or of the host code of machine code."""

from __future__ import annotations

import hashlib
import re
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from xform_runtime.errors import XformValueError

from ..compiling import backend, workers
from ..compiling.dump import file_name
from ..compiling.refusal import Refused
from ..compiling.targets import Target
from .flags import KEEP_ASSERTIONS, compile_flags, plain_compile_flags
from .parameters import has_weights, weights_as_globals
from .session import VM_FLAGS, compile_text


def compile_with_iree(linalg_text: str, target: Target, name: str, *, plain: bool = False) -> bytes:
    """Compiles a module of linalg, tensor, arith and scf operations.

    Args:
        linalg_text: the module as MLIR text.
        target: what to compile for.
        name: what to call the program in diagnostics.
        plain: whether to give each operation a dispatch of its own, and to optimise little.

    Returns:
        The bytes of a .vmfb.

    Raises:
        Refused: IREE rejects the program.
    """
    if "\0" in linalg_text:
        raise Refused("parse", ("the text contains a NUL character",))
    if has_weights(linalg_text):
        linalg_text = workers.run(weights_as_globals, linalg_text)
    # What open sizes must be is asserted.
    kept = (KEEP_ASSERTIONS,) if "cf.assert" in linalg_text else ()
    if not plain:
        return _compile((*compile_flags(target), *kept), linalg_text, name)
    fenced = workers.run(backend.rewrite, linalg_text, "xform-fence-operations", name)
    return _compile((*plain_compile_flags(target), *kept), fenced, name)


def compile_from_vm(vm_text: str, *, name: str) -> bytes:
    """Makes bytecode of a module in IREE's dialect "vm", as the last step of its compiler does.

    Args:
        vm_text: the module as MLIR text, of operations that bytecode has.
        name: what to call the program in diagnostics.

    Returns:
        The bytes of a .vmfb.

    Raises:
        Refused: IREE rejects the text.
    """
    return _compile(VM_FLAGS, vm_text, name, "vm")


def emit_ptx(linalg_text: str, target: Target, name: str) -> str:
    """Compiles for CUDA and returns the PTX of all kernels, for inspection.

    Raises:
        Refused: IREE rejects the program.
    """
    with tempfile.TemporaryDirectory(prefix="xform-ptx-") as directory:
        flag = f"--iree-hal-dump-executable-binaries-to={directory}"
        flags = (*compile_flags(target), flag)
        workers.run(compile_text, flags, linalg_text, f"{file_name(name)}.mlir", "", False)
        files = sorted(Path(directory).glob("*.ptx"))
        return "\n".join(file.read_text(encoding="utf-8").rstrip("\0") for file in files)


class Statistics(NamedTuple):
    """What IREE says of a program that it compiled.

    Args:
        dispatches: how many kernels a call runs, where each operation stands once.
        fills, copies: how often memory is filled and copied beside them.
        transient: bytes of memory between arguments and results.
        kernels: their names.
        module: the bytes of the .vmfb.
    """

    dispatches: int
    fills: int
    copies: int
    transient: int
    kernels: tuple[str, ...]
    module: bytes


def statistics(linalg_text: str, target: Target, name: str) -> Statistics:
    """Compiles a program, for inspection.

    Raises:
        Refused: IREE rejects the program.
    """
    with tempfile.TemporaryDirectory(prefix="xform-statistics-") as directory:
        file = Path(directory, "statistics")
        flags = (
            *compile_flags(target),
            "--iree-scheduling-dump-statistics-format=pretty",
            f"--iree-scheduling-dump-statistics-file={file}",
        )
        module = workers.run(compile_text, flags, linalg_text, f"{file_name(name)}.mlir", "", False)
        text = file.read_text()

    def number(pattern: str) -> int:
        found = re.search(pattern, text)
        return int(found.group(1)) if found else 0

    return Statistics(
        dispatches=number(r"Dispatches: (\d+)"),
        fills=number(r"DMA Fills: (\d+)"),
        copies=number(r"DMA Copies: (\d+)"),
        transient=number(r"using cumulative (\d+) B"),
        kernels=tuple(re.findall(r"stream\.executable\.export @\S+::@(\S+)", text)),
        module=module,
    )


def _compile(flags: tuple[str, ...], text: str, name: str, phase: str = "") -> bytes:
    return workers.run(compile_text, flags, text, f"{file_name(name)}.mlir", phase)


@cache
def compiler_identity() -> str:
    """A hash of the installed compiler's version, read without loading it, and of this package.

    The package changes the modules that the compiler makes.
    """
    spec = find_spec("iree.compiler")
    version = [Path(spec.origin).with_name("version.py")] if spec and spec.origin else []
    parts = (*version, *sorted(Path(__file__).parent.glob("*.py")))
    digests = [hashlib.sha256(part.read_bytes()).digest() for part in parts]
    return hashlib.sha256(b"".join(digests)).hexdigest()


_PROBE_PROGRAM: Final = """
func.func @probe(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {
    indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]
  } outs(%x : tensor<4xf32>) {
    ^bb0(%a: f32):
      %s = arith.addf %a, %a : f32
      linalg.yield %s : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
"""


@cache
def check_processor(target: Target) -> None:
    """Tries a processor's name: IREE ends the process on some wrong ones.

    Raises:
        XformValueError: IREE does not know it.
    """
    try:
        arguments = (compile_flags(target), _PROBE_PROGRAM, "probe.mlir")
        _, said = workers.run_apart(compile_text, *arguments)
    except Refused as refused:
        said = "\n".join(refused.diagnostics)
    else:
        if "not a recognized processor" not in said:
            return
    found = re.search(r"(Unknown (?:CPU|Vulkan target)[^\n]*|missing GPU target)", said)
    why = f": {found.group(1)}" if found else ""
    raise XformValueError(f"IREE does not know the target {str(target)!r}{why}")
