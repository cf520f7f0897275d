"""What to compile for: devices and processors, and what IREE and the passes are told of them."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from xform_runtime.cpu_features import cpu_features
from xform_runtime.errors import XformTypeError, XformValueError

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
    def plain_flags(self) -> tuple[str, ...]:
        """IREE's flags for programs that it refuses with `flags`: it is to optimise little."""
        cautious = ("--iree-opt-level=O0", "--iree-dispatch-creation-enable-split-reduction=false")
        given = tuple(flag.partition("=")[0] for flag in cautious)
        return (*(f for f in self.flags if f.partition("=")[0] not in given), *cautious)

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
    def pass_options(self) -> str:
        """What the passes from linalg on are told: the target's vectors and products."""
        fused = f"fused-multiply-add={str(self.fuses_multiply_add).lower()}"
        vectors = f" vector-bytes={self.vector_bytes}" if self.device == "cpu" else ""
        pairs = " emulated-int64=true" if self._emulates_int64 else ""
        return fused + vectors + pairs

    @property
    def _emulates_int64(self) -> bool:
        """Whether IREE makes pairs of 32-bit integers of those of 64 bits."""
        return self.device == "vulkan" and _is_mobile(str(self.arch))

    @property
    def plain_pass_options(self) -> str:
        """`pass_options` for a CPU's programs that are refused with them: one number at a time, as
        far as it has 64 bits, on one core."""
        return re.sub(r"vector-bytes=\d+", "vector-bytes=8", self.pass_options) + " share=false"

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
