"""What to compile for: devices and their processors."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from xform_runtime.cpu_features import cpu_features
from xform_runtime.devices import DEVICE_NAMES
from xform_runtime.errors import XformTypeError, XformValueError

_DEFAULT_ARCH: Final = {"cpu": "host", "vulkan": "portable", "cuda": "sm_80"}

# Instruction sets by their /proc/cpuinfo names, for the levels of the x86-64 psABI.
_X86_64_V2: Final = ("cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3")
_X86_64_V3: Final = (*_X86_64_V2, "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe")
_X86_64_V4: Final = (*_X86_64_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
X86_64_LEVELS: Final = {
    "x86-64": (),
    "x86-64-v2": _X86_64_V2,
    "x86-64-v3": _X86_64_V3,
    "x86-64-v4": _X86_64_V4,
}
_HOST_FEATURES: Final = re.compile(
    r"avx\w*|fma|f16c|bmi[12]|abm|popcnt|movbe|sse4_[12]|ssse3|pni|cx16|lahf_lm|asimd\w*|sve\w*"
)

# The least compute capability that there is code for.
_CUDA_LEAST: Final = 60

_TRIPLE: Final = re.compile(r"[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+(-[a-z0-9_]+)?")
_ARCH: Final = re.compile(r"[A-Za-z0-9_.+-]+")


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
        triple: cpu only: the LLVM triple of another machine, such as "aarch64-unknown-linux-gnu" or
            "riscv64-unknown-linux-gnu", whose default is RV64GC.

    Raises:
        XformValueError: a name that cannot be right.

    >>> Target.parse("cpu:x86-64-v3")
    Target(device='cpu', arch='x86-64-v3', triple=None)
    """

    device: str
    arch: str | None = None
    triple: str | None = None

    def __post_init__(self) -> None:
        if self.device not in DEVICE_NAMES:
            raise XformValueError(
                f"unknown device {self.device!r}: expected one of "
                f"{', '.join(map(repr, DEVICE_NAMES))}"
            )
        arch = self.arch
        if arch is None:
            arch = "generic" if self.triple is not None else _DEFAULT_ARCH[self.device]
            object.__setattr__(self, "arch", arch)
        if not _ARCH.fullmatch(arch):
            raise XformValueError(f"bad processor name {arch!r} for device {self.device!r}")
        if self.device == "cuda" and not _is_cuda_arch(arch):
            raise XformValueError(
                f"bad CUDA target {arch!r}: expected a compute capability such as 'sm_80', "
                f"at least sm_{_CUDA_LEAST}"
            )
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
    def cpu_features(self) -> tuple[str, ...]:
        """The instruction sets that the code may use, for `Signature.cpu_features`.

        Empty where only the compiler knows them (`iree/processors.py`).
        """
        if self.device != "cpu" or self.triple is not None:
            return ()
        if self.arch == "host":
            present = cpu_features() or frozenset()
            return tuple(sorted(name for name in present if _HOST_FEATURES.fullmatch(name)))
        return X86_64_LEVELS.get(str(self.arch), ())

    @property
    def machine(self) -> str:
        """A CPU's instruction set, such as "x86_64" or "aarch64"; "" for other devices.

        >>> Target.parse("cpu:riscv64-unknown-linux-gnu").machine
        'riscv64'
        """
        if self.device != "cpu":
            return ""
        return self.triple.partition("-")[0] if self.triple else platform.machine()

    @property
    def llvm(self) -> tuple[str, str]:
        """A CPU's triple, as IREE names the machines that load its executables, and processor."""
        return f"{self.machine}-unknown-unknown-eabi-elf", str(self.arch)

    @property
    def llvm_features(self) -> str:
        """What a processor has beyond what LLVM assumes of its name, in LLVM's notation.

        LLVM's least RISC-V has neither floating point nor multiplication. What Linux and its
        distributions are compiled for is RV64GC.
        """
        is_generic = self.arch in ("generic", "generic-rv64")
        return "+m,+a,+f,+d,+c" if is_generic and self.machine == "riscv64" else ""

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

    def __str__(self) -> str:
        arch = f"{self.triple}/{self.arch}" if self.triple else self.arch
        return f"{self.device}:{arch}"


def _is_cuda_arch(arch: str) -> bool:
    found = re.fullmatch(r"sm_(\d+)[a-z]?", arch)
    return found is not None and int(found.group(1)) >= _CUDA_LEAST


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
    if chosen.device != "vulkan" or not _is_mobile(str(chosen.arch)):
        return
    for path, dtype in dtypes:
        if dtype in ("float64", "complex128"):
            narrow = "float32" if dtype == "float64" else "complex64"
            raise XformTypeError(
                f"{path} has dtype {dtype}, which device 'vulkan' ({chosen.arch}) does not have: "
                f"convert it with .astype({narrow!r}), or compile for 'vulkan:desktop' if the GPU "
                "is known to support float64"
            )


def _is_mobile(arch: str) -> bool:
    """Whether a GPU may have no numbers of 64 bits."""
    return arch == "portable" or arch.startswith(("adreno", "valhall", "mali"))
