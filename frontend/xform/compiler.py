"""From linalg text to a compiled module (.vmfb), through IREE's compiler in this process."""

from __future__ import annotations

import ctypes
import hashlib
import os
import pickle
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from xform_runtime.cpu_features import cpu_features
from xform_runtime.errors import XformError, XformTypeError, XformValueError

from . import vm_branches
from .dump import Stages, file_name
from .knobs import DUMP
from .vm_branches import separate_references

_COMMON_FLAGS: Final = (
    "--iree-opt-level=O1",
    "--iree-dispatch-creation-enable-split-reduction",
    # Constant arrays are computed when a module is loaded. To compute them while compiling, IREE
    # compiles them as a module of their own, which doubles the time of a small program.
    "--iree-opt-const-eval=false",
    # Without these two, IREE silently narrows what the user asked for.
    "--iree-input-demote-f64-to-f32=false",
    "--iree-input-demote-i64-to-i32=false",
)

# Of what is compiled from the dialect "vm" only the places in the text could be kept.
VM_FLAGS: Final = ("--iree-vm-bytecode-module-strip-source-map",)

_DEFAULT_ARCH: Final = {"cpu": "host", "vulkan": "portable", "cuda": "sm_80"}

# IREE's own default lacks small storage types: it then drops the last bytes of an odd-sized array
# of 8 or 16 bit elements and computes float16 wrongly. A program asks the driver only for the
# capabilities that it uses.
_VULKAN_FEATURES: Final = (
    "spirv:v1.3,cap:Shader,cap:Int8,cap:Int16,cap:Int64,cap:Float16,"
    "cap:StorageBuffer8BitAccess,cap:StorageBuffer16BitAccess,"
    "ext:SPV_KHR_8bit_storage,ext:SPV_KHR_16bit_storage"
)
# From features alone IREE concludes that there are no 64-bit integers, and splits them in two; it
# cannot split the bits of a float64. So this target says what it computes with. The sizes are those
# that every driver has.
_VULKAN_DESKTOP: Final = (
    '#hal.device.target<"vulkan", [#hal.executable.target<"vulkan-spirv", "vulkan-spirv-fb", '
    '{iree_codegen.target_info = #iree_gpu.target<arch = "desktop", '
    f'features = "{_VULKAN_FEATURES},cap:Float64", wgp = <'
    "compute = fp64|fp32|fp16|int64|int32|int16|int8, storage = b64|b32|b16|b8, "
    "subgroup = none, subgroup_size_choices = [64], max_workgroup_sizes = [128, 128, 64], "
    "max_thread_count_per_workgroup = 128, max_workgroup_memory_bytes = 16384, "
    "max_workgroup_counts = [65535, 65535, 65535]>>}>]> : !hal.device"
)
_VULKAN_GENERIC: Final = {
    "portable": (
        "--iree-hal-target-device=vulkan",
        f"--iree-vulkan-target-features={_VULKAN_FEATURES}",
    ),
    "desktop": (f"--iree-hal-target-device={_VULKAN_DESKTOP}",),
}

# Instruction sets by their /proc/cpuinfo names, for the levels of the x86-64 psABI.
_X86_64_V2: Final = ("cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3")
_X86_64_V3: Final = (*_X86_64_V2, "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe")
_X86_64_V4: Final = (*_X86_64_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
_X86_64_LEVELS: Final = {
    "x86-64": (),
    "x86-64-v2": _X86_64_V2,
    "x86-64-v3": _X86_64_V3,
    "x86-64-v4": _X86_64_V4,
}
_HOST_FEATURES: Final = re.compile(
    r"avx\w*|fma|f16c|bmi[12]|abm|popcnt|movbe|sse4_[12]|ssse3|pni|cx16|lahf_lm|asimd\w*|sve\w*"
)

# The compute capabilities that IREE has settings for. PTX runs on every later GPU too, so one that
# is missing here gets the code of the newest before it.
_CUDA_KNOWN: Final = (60, 70, 75, 80, 86, 87, 89, 120)

_TRIPLE: Final = re.compile(r"[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+(-[a-z0-9_]+)?")
_ARCH: Final = re.compile(r"[A-Za-z0-9_.+-]+")


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

    def discard(self) -> None:
        """Removes the reproducer, which nobody will hear of, unless XFORM_DUMP asked for it."""
        if self.reproducer is not None and self.reproducer != DUMP.get():
            shutil.rmtree(self.reproducer, ignore_errors=True)


@dataclass(frozen=True)
class Target:
    """What to compile for.

    Args:
        device: "cpu", "vulkan" or "cuda".
        arch: the processor; None takes the default of the device.
            cpu: "host" (default), or a name that LLVM knows, such as "x86-64-v3".
            vulkan: "portable" (default), "desktop" (portable and float64), or a GPU that IREE
            knows, such as "rdna3"; code for a GPU runs rightly on that GPU only.
            cuda: "sm_80" (default) or another compute capability from "sm_60" on; for one that
            IREE has no settings for, such as "sm_90", code for the last one before it is made.
        triple: cpu only: the LLVM triple of another machine, such as "aarch64-unknown-linux-gnu".

    Raises:
        XformValueError: a name that cannot be right.

    >>> Target.parse("cpu:x86-64-v3")
    Target(device='cpu', arch='x86-64-v3', triple=None)
    """

    device: str
    arch: str | None = None
    triple: str | None = None

    def __post_init__(self) -> None:
        if self.device not in _DEFAULT_ARCH:
            raise XformValueError(
                f"unknown device {self.device!r}: expected one of "
                f"{', '.join(map(repr, _DEFAULT_ARCH))}"
            )
        arch = self.arch
        if arch is None:
            arch = "generic" if self.triple is not None else _DEFAULT_ARCH[self.device]
            object.__setattr__(self, "arch", arch)
        if not _ARCH.fullmatch(arch):
            raise XformValueError(f"bad processor name {arch!r} for device {self.device!r}")
        if self.device == "cuda":
            _cuda_code(arch)
        if self.triple is not None and (
            self.device != "cpu" or not _TRIPLE.fullmatch(self.triple) or arch == "host"
        ):
            raise XformValueError(
                f"bad triple {self.triple!r}: expected one such as 'aarch64-unknown-linux-gnu', "
                "for device 'cpu', with a processor other than 'host'"
            )

    @staticmethod
    def parse(text: str) -> Target:
        """Reads "device", "device:arch", "cpu:triple" or "cpu:triple/arch".

        Raises:
            XformValueError: the text names no target.
        """
        device, colon, rest = text.partition(":")
        if not colon:
            return Target(device)
        first, slash, second = rest.partition("/")
        if slash:
            return Target(device, second, first)
        if _TRIPLE.fullmatch(rest) and not rest.startswith("x86-64-v"):
            return Target(device, triple=rest)
        return Target(device, rest)

    @property
    def flags(self) -> tuple[str, ...]:
        """IREE's compiler flags for this target."""
        arch = str(self.arch)
        if self.device == "cuda":
            code = _cuda_code(arch)
            return ("--iree-hal-target-device=cuda", f"--iree-cuda-target={code}", *_COMMON_FLAGS)
        if self.device == "vulkan":
            known = ("--iree-hal-target-device=vulkan", f"--iree-vulkan-target={arch}")
            return (*_VULKAN_GENERIC.get(arch, known), *_COMMON_FLAGS)
        return (
            "--iree-hal-target-device=local",
            "--iree-hal-local-target-device-backends=llvm-cpu",
            *([f"--iree-llvmcpu-target-triple={self.triple}"] if self.triple else []),
            f"--iree-llvmcpu-target-cpu={arch}",
            "--iree-llvmcpu-reassociate-fp-reductions",
            *_COMMON_FLAGS,
        )

    @property
    def cpu_features(self) -> tuple[str, ...]:
        """The instruction sets that the code may use, for `Signature.cpu_features`.

        Empty where they are not known; the runtime then cannot check them.
        """
        if self.device != "cpu" or self.triple is not None:
            return ()
        if self.arch == "host":
            present = cpu_features() or frozenset()
            return tuple(sorted(name for name in present if _HOST_FEATURES.fullmatch(name)))
        return _X86_64_LEVELS.get(str(self.arch), ())

    @property
    def llvm(self) -> tuple[str, str]:
        """A CPU's triple, as IREE names the machines that load its executables, and processor."""
        machine = (self.triple or f"{platform.machine()}-").partition("-")[0]
        return f"{machine}-unknown-unknown-eabi-elf", str(self.arch)

    @property
    def vector_bytes(self) -> int:
        """The size of a vector register of a CPU, as far as it is known."""
        if "avx512f" in self.cpu_features:
            return 64
        return 32 if "avx2" in self.cpu_features else 16

    @property
    def fuses_multiply_add(self) -> bool:
        """Whether `math.fma` is rounded once, for all that is known of the processor.

        IREE makes a product and a sum of it on CPUs without the instruction, and Mesa on those that
        stand for a GPU.
        """
        if self.device == "cpu":
            return not {"fma", "asimd"}.isdisjoint(self.cpu_features)
        return self.device == "cuda"

    @property
    def cache_tag(self) -> str:
        """What the generated code depends on beyond `flags`: for "host", this machine's CPU.

        That is all it can do, and not only what `cpu_features` lists: LLVM uses some instructions
        that no check at loading looks for.
        """
        if self.arch != "host":
            return ""
        present = cpu_features()
        return ",".join(platform.uname() if present is None else sorted(present))

    @property
    def is_vouched_for(self) -> bool:
        """Whether IREE is known to accept the processor's name."""
        if self.device == "cpu":
            known = ("host", "generic", *_X86_64_LEVELS)
            return self.triple is None and self.arch in known
        return self.device == "cuda" or self.arch in _VULKAN_GENERIC

    def __str__(self) -> str:
        arch = f"{self.triple}/{self.arch}" if self.triple else self.arch
        return f"{self.device}:{arch}"


def _cuda_code(arch: str) -> str:
    found = re.fullmatch(r"sm_(\d+)[a-z]?", arch)
    usable = [known for known in _CUDA_KNOWN if found and known <= int(found.group(1))]
    if not usable:
        raise XformValueError(
            f"bad CUDA target {arch!r}: expected a compute capability such as 'sm_80', "
            f"at least sm_{_CUDA_KNOWN[0]}"
        )
    return f"sm_{usable[-1]}"


def as_target(target: Target | str) -> Target:
    """A `Target`, parsed if it is text.

    Raises:
        XformTypeError: it is neither.
        XformValueError: the text names no target.
    """
    if isinstance(target, Target):
        return target
    if isinstance(target, str):
        return Target.parse(target)
    raise XformTypeError(
        f"target must be a name such as 'cpu' or a Target, got {target!r} of type "
        f"{type(target).__name__}"
    )


def check_dtypes(dtypes: Iterable[tuple[str, str]], target: Target | str) -> None:
    """Checks that a target can hold arrays of these dtypes.

    Args:
        dtypes: pairs of an argument path, such as `args[0]['w']`, and a dtype name.
        target: what to compile for.

    Raises:
        XformTypeError: names the argument, the dtype and the device.

    >>> check_dtypes([("args[0]", "float32")], "vulkan")
    """
    chosen = as_target(target)
    if chosen.device != "vulkan" or not _lacks_float64(str(chosen.arch)):
        return
    for path, dtype in dtypes:
        if dtype in ("float64", "complex128"):
            narrow = "float32" if dtype == "float64" else "complex64"
            raise XformTypeError(
                f"{path} has dtype {dtype}, which device 'vulkan' ({chosen.arch}) does not have: "
                f"convert it with .astype({narrow!r}), or compile for 'vulkan:desktop' if the GPU "
                "is known to support float64"
            )


def _lacks_float64(arch: str) -> bool:
    return arch == "portable" or arch.startswith(("adreno", "valhall", "mali"))


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
