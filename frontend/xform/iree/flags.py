"""What IREE's compiler is told of a target."""

from __future__ import annotations

import re
from typing import Final

from ..compiling.targets import X86_64_LEVELS, Target

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

# IREE drops assertions where it optimises.
KEEP_ASSERTIONS: Final = "--iree-opt-strip-assertions=false"

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

# The compute capabilities that IREE has settings for. PTX runs on every later GPU too, so one that
# is missing here gets the code of the newest before it.
_CUDA_KNOWN: Final = (60, 70, 75, 80, 86, 87, 89, 120)


def compile_flags(target: Target) -> tuple[str, ...]:
    """IREE's flags for a target.

    >>> compile_flags(Target("cuda", "sm_90"))[:2]
    ('--iree-hal-target-device=cuda', '--iree-cuda-target=sm_89')
    """
    arch = str(target.arch)
    if target.device == "cuda":
        code = f"sm_{max(known for known in _CUDA_KNOWN if known <= _capability(arch))}"
        return ("--iree-hal-target-device=cuda", f"--iree-cuda-target={code}", *_COMMON_FLAGS)
    if target.device == "vulkan":
        known = ("--iree-hal-target-device=vulkan", f"--iree-vulkan-target={arch}")
        return (*_VULKAN_GENERIC.get(arch, known), *_COMMON_FLAGS)
    features = target.llvm_features
    return (
        "--iree-hal-target-device=local",
        "--iree-hal-local-target-device-backends=llvm-cpu",
        *([f"--iree-llvmcpu-target-triple={target.triple}"] if target.triple else []),
        f"--iree-llvmcpu-target-cpu={arch}",
        *([f"--iree-llvmcpu-target-cpu-features={features}"] if features else []),
        "--iree-llvmcpu-reassociate-fp-reductions",
        *_COMMON_FLAGS,
    )


def plain_compile_flags(target: Target) -> tuple[str, ...]:
    """IREE's flags for programs that it refuses with the others: it is to optimise little."""
    cautious = ("--iree-opt-level=O0", "--iree-dispatch-creation-enable-split-reduction=false")
    given = tuple(flag.partition("=")[0] for flag in cautious)
    return (*(f for f in compile_flags(target) if f.partition("=")[0] not in given), *cautious)


def is_vouched_for(target: Target) -> bool:
    """Whether IREE is known to accept the processor's name."""
    if target.device == "cpu":
        return target.triple is None and target.arch in ("host", "generic", *X86_64_LEVELS)
    return target.device == "cuda" or target.arch in _VULKAN_GENERIC


def _capability(arch: str) -> int:
    return int(re.sub(r"\D", "", arch))
