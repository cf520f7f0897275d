"""From linalg text to a compiled module (.vmfb), through IREE's compiler in this process."""

from __future__ import annotations

import ctypes
import hashlib
import os
import pickle
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from xform_runtime.errors import XformError, XformValueError

from . import vm_branches
from .dump import Stages, file_name
from .knobs import DUMP
from .targets import Target, as_target
from .vm_branches import separate_references

# Of what is compiled from the dialect "vm" only the places in the text could be kept.
VM_FLAGS: Final = ("--iree-vm-bytecode-module-strip-source-map",)


class CompileError(XformError, RuntimeError):
    """IREE could not compile a program.

    Args:
        message: what the user reads.
        stage: "parse", "compile" or "serialize".
        diagnostics: IREE's messages, in order.
        reproducer: directory with the program and the command line, or None if none was written.
    """

    def __init__(
        self,
        message: str,
        *,
        stage: str = "compile",
        diagnostics: Sequence[str] = (),
        reproducer: Path | None = None,
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.diagnostics = tuple(diagnostics)
        self.reproducer = reproducer


def compile_to_vmfb(linalg_text: str, target: Target | str, *, name: str) -> bytes:
    """Compiles a module of linalg, tensor, arith and scf operations.

    Args:
        linalg_text: the module as MLIR text.
        target: what to compile for.
        name: what to call the program in diagnostics and dumps.

    Returns:
        The bytes of a .vmfb.

    Raises:
        CompileError: IREE rejected the program; carries its messages and a reproducer's path.
        XformValueError: IREE does not know the target's processor.
    """
    chosen = as_target(target)
    if not chosen.is_vouched_for:
        _probe(chosen)
    return _compile(chosen.flags, linalg_text, name)


def emit_ptx(linalg_text: str, target: Target | str = "cuda") -> str:
    """Compiles for CUDA and returns the PTX of all kernels, for inspection.

    Raises:
        CompileError: IREE rejected the program.
        XformValueError: the target is not a CUDA one.
    """
    chosen = as_target(target)
    if chosen.device != "cuda":
        raise XformValueError(f"PTX exists for device 'cuda' only, got {chosen.device!r}")
    with tempfile.TemporaryDirectory(prefix="xform-ptx-") as directory:
        flag = f"--iree-hal-dump-executable-binaries-to={directory}"
        _compile((*chosen.flags, flag), linalg_text, "ptx", keep=False)
        files = sorted(Path(directory).glob("*.ptx"))
        return "\n".join(file.read_text(encoding="utf-8").rstrip("\0") for file in files)


@cache
def compiler_identity() -> str:
    """A hash of the installed compiler's version, read without loading it, and of what is done here
    to the modules that it makes."""
    from importlib.util import find_spec

    spec = find_spec("iree.compiler")
    if spec is None or spec.origin is None:
        raise CompileError("IREE's compiler is not installed: pip install iree-base-compiler")
    here = Path(__file__)
    host_code = sorted(here.with_name("iree").glob("*.py"))
    version = Path(spec.origin).with_name("version.py")
    parts = (version, here, Path(vm_branches.__file__), *host_code)
    digests = [hashlib.sha256(part.read_bytes()).digest() for part in parts]
    return hashlib.sha256(b"".join(digests)).hexdigest()


# IREE's invocations share LLVM's process-wide options, so only one runs at a time.
_compile_lock = threading.Lock()
_sessions: dict[tuple[str, ...], _Session] = {}
_sessions_lock = threading.Lock()

# A session keeps every type and attribute that it has seen; a new one now and then bounds that.
_SESSION_COMPILES: Final = 500

_ERROR_SEVERITY: Final = 2
_DiagnosticCallback = ctypes.CFUNCTYPE(
    None, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p
)


def compile_from_vm(vm_text: str, *, name: str) -> bytes:
    """Makes bytecode of a module in IREE's dialect "vm", as the last step of its compiler does.

    Args:
        vm_text: the module as MLIR text, of operations that bytecode has.
        name: what to call the program in diagnostics and dumps.

    Returns:
        The bytes of a .vmfb.

    Raises:
        CompileError: IREE rejected the text; carries its messages and a reproducer's path.
    """
    return _compile(VM_FLAGS, vm_text, name, phase="vm")


def _compile(
    flags: tuple[str, ...], text: str, name: str, *, keep: bool = True, phase: str = ""
) -> bytes:
    if "\0" in text:
        raise CompileError(f"program {name!r} contains a NUL character", stage="parse")
    if _left_behind:
        outcome = _in_child(flags, text, name, phase).outcome()
    else:
        outcome = (_session(flags) if keep else _Session(flags)).compile(text, name, phase)
    if outcome.vmfb is None:
        raise _compile_error(outcome, text, flags, name, phase)
    return outcome.vmfb


def _session(flags: tuple[str, ...]) -> _Session:
    with _sessions_lock:
        session = _sessions.get(flags)
        if session is None or session.compiles >= _SESSION_COMPILES:
            session = _sessions[flags] = _Session(flags)
        return session


@dataclass(frozen=True)
class _Outcome:
    """What a compilation gave: the module, or the stage that failed and IREE's messages."""

    stage: str
    vmfb: bytes | None
    diagnostics: tuple[str, ...] = ()


class _Session:
    """One of IREE's compiler sessions, with its flags set."""

    def __init__(self, flags: tuple[str, ...]) -> None:
        global _has_threads
        self.compiles = 0
        with _compile_lock:
            api = _api()
            _has_threads = True
            self._session: Any = api.Session()
            try:
                self._session.set_flags(*flags)
            except ValueError as error:
                raise CompileError(f"IREE rejected a flag: {error}") from None
            # Python has to own the context before it may look at a module in it.
            self._context: Any = self._session.context

    def compile(self, text: str, name: str, phase: str = "") -> _Outcome:
        """Compiles a program that is in the form that it has before a phase, or in the first."""
        diagnostics: list[str] = []
        with _compile_lock:
            self.compiles += 1
            stage, vmfb = self._run(text, name, phase, diagnostics)
        return _Outcome(stage, vmfb, tuple(diagnostics))

    def _run(
        self, text: str, name: str, phase: str, diagnostics: list[str]
    ) -> tuple[str, bytes | None]:
        api = _api()

        def collect(severity: int, message: int, size: int, _: object) -> None:
            if severity >= _ERROR_SEVERITY:
                diagnostics.append(ctypes.string_at(message, size).decode(errors="replace"))

        callback = _DiagnosticCallback(collect)
        source = api.Source.wrap_buffer(
            self._session, text.encode() + b"\0", buffer_name=f"{file_name(name)}.mlir"
        )
        with source, self._session.invocation() as invocation:
            api.enable_diagnostics(invocation, callback)
            if phase:
                api.begin_at(invocation, phase)
            if not invocation.parse_source(source):
                return "parse", None
            api.verify_no_pass(invocation)
            if not invocation.execute():
                return "compile", None
            if phase != "vm":
                module = invocation.export_module()
                separate_references(module)
                invocation.import_module(module)
            try:
                with api.Output.open_membuffer() as output:
                    invocation.output_vm_bytecode(output)
                    return "serialize", bytes(output.map_memory())
            except ValueError as error:
                diagnostics.append(str(error))
                return "serialize", None


class _Api:
    """IREE's compiler classes, and the functions of its C API that they do not wrap."""

    def __init__(self) -> None:
        try:
            from iree.compiler.api import Output, Session, Source, ctypes_dl
        except ImportError as error:
            raise CompileError(
                f"IREE's compiler cannot be loaded ({error}): pip install iree-base-compiler"
            ) from None
        self.Output: Any = Output
        self.Session: Any = Session
        self.Source: Any = Source
        self._verify: Any = ctypes_dl._dylib.ireeCompilerInvocationSetVerifyIR
        self._verify.restype = None
        self._verify.argtypes = [ctypes.c_void_p, ctypes.c_bool]
        self._enable: Any = ctypes_dl._dylib.ireeCompilerInvocationEnableCallbackDiagnostics
        self._enable.restype = None
        self._enable.argtypes = [
            ctypes.c_void_p,
            ctypes.c_int,
            _DiagnosticCallback,
            ctypes.c_void_p,
        ]

        self._begin: Any = ctypes_dl._dylib.ireeCompilerInvocationSetCompileFromPhase
        self._begin.restype = None
        self._begin.argtypes = [ctypes.c_void_p, ctypes.c_char_p]

    def enable_diagnostics(self, invocation: Any, callback: Any) -> None:
        self._enable(invocation._inv_p, 0, callback, None)

    def verify_no_pass(self, invocation: Any) -> None:
        """Leaves verification to parsing: after each pass it is a quarter of the time."""
        self._verify(invocation._inv_p, False)

    def begin_at(self, invocation: Any, phase: str) -> None:
        """Leaves out what IREE does before a phase."""
        self._begin(invocation._inv_p, phase.encode())


@cache
def _api() -> _Api:
    return _Api()


# The threads of IREE's compiler do not survive a fork, and its sessions wait for them.
_has_threads = False
_left_behind = False


def _after_fork() -> None:
    global _compile_lock, _sessions_lock, _left_behind
    _compile_lock = threading.Lock()
    _sessions_lock = threading.Lock()
    _left_behind = _left_behind or _has_threads
    for session in _sessions.values():
        # Closing a session would wait for its threads for ever.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))
    _sessions.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


_CHILD_SCRIPT: Final = """
import pickle, sys
from xform.compiler import _Session
name, phase, *flags = sys.argv[1:]
outcome = _Session(tuple(flags)).compile(sys.stdin.buffer.read().decode(), name, phase)
sys.stdout.buffer.write(pickle.dumps((outcome.stage, outcome.vmfb, outcome.diagnostics)))
"""


@dataclass(frozen=True)
class _Child:
    """How a compilation in a process of its own ended."""

    code: int
    output: bytes
    said: str

    def outcome(self) -> _Outcome:
        if self.code != 0:
            return _Outcome("compile", None, (f"the compiler ended with {self.code}\n{self.said}",))
        return _Outcome(*pickle.loads(self.output))


def _in_child(flags: tuple[str, ...], text: str, name: str, phase: str = "") -> _Child:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD_SCRIPT, name, phase, *flags],
        input=text.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    return _Child(ran.returncode, ran.stdout, ran.stderr.decode(errors="replace"))


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
def _probe(target: Target) -> None:
    """Tries a processor's name in a child process: IREE ends the process on some wrong names."""
    child = _in_child(target.flags, _PROBE_PROGRAM, "probe")
    said = "\n".join([child.said, *child.outcome().diagnostics])
    if child.outcome().vmfb is not None and "not a recognized processor" not in said:
        return
    found = re.search(r"(Unknown (?:CPU|Vulkan target)[^\n]*|missing GPU target)", said)
    why = f": {found.group(1)}" if found else ""
    raise XformValueError(f"IREE does not know the target {str(target)!r}{why}")


def _compile_error(
    outcome: _Outcome, text: str, flags: tuple[str, ...], name: str, phase: str
) -> CompileError:
    stage, diagnostics = outcome.stage, outcome.diagnostics
    try:
        directory = DUMP.get() or Path(tempfile.mkdtemp(prefix="xform-reproducer-"))
        stages = Stages(directory, name, text)
        stages.write("vm" if phase else "linalg", text)
        stages.write_script(flags, phase)
    except OSError:
        reproducer, where = None, ""
    else:
        reproducer, where = directory, f"\nreproducer: {directory}"
    first = diagnostics[0].strip() if diagnostics else "IREE gave no reason"
    lines = [line for line in first.splitlines() if line.strip()][:4]
    op = re.search(r"'([a-z_]\w*\.[\w.]+)'", first)
    about = f" at {op.group(1)}" if op else ""
    return CompileError(
        f"cannot compile {name!r} (stage {stage}{about}): " + "\n  ".join(lines) + where,
        stage=stage,
        diagnostics=diagnostics,
        reproducer=reproducer,
    )
