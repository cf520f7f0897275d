"""What processors have, by their names: read from what IREE's compiler makes of a target."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ..compiling import workers
from ..compiling.refusal import Refused
from ..compiling.targets import X86_64_LEVELS, Target
from .flags import compile_flags
from .session import text_after

# LLVM's names of what code for arrays uses, and what Linux calls it in /proc/cpuinfo.
_X86: Final = {
    "sse3": "pni",
    "ssse3": "ssse3",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "popcnt": "popcnt",
    "cx16": "cx16",
    "sahf": "lahf_lm",
    "lzcnt": "abm",
    "movbe": "movbe",
    "bmi": "bmi1",
    "bmi2": "bmi2",
    "f16c": "f16c",
    "fma": "fma",
    "fma4": "fma4",
    "xop": "xop",
    "gfni": "gfni",
    "avx": "avx",
    "avx2": "avx2",
    "avxvnni": "avx_vnni",
    "avx512f": "avx512f",
    "avx512bw": "avx512bw",
    "avx512cd": "avx512cd",
    "avx512dq": "avx512dq",
    "avx512vl": "avx512vl",
    "avx512ifma": "avx512ifma",
    "avx512vbmi": "avx512vbmi",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vnni": "avx512_vnni",
    "avx512bitalg": "avx512_bitalg",
    "avx512vpopcntdq": "avx512_vpopcntdq",
    "avx512bf16": "avx512_bf16",
    "avx512fp16": "avx512_fp16",
}
_AARCH64: Final = {
    "neon": "asimd",
    "lse": "atomics",
    "fullfp16": "asimdhp",
    "dotprod": "asimddp",
    "rdm": "asimdrdm",
    "bf16": "bf16",
    "i8mm": "i8mm",
    "sve": "sve",
    "sve2": "sve2",
}
_NAMES: Final = {"x86_64": _X86, "aarch64": _AARCH64}

_FEATURES: Final = re.compile(r'cpu_features = "([^"]*)"')


def required_features(target: Target) -> tuple[str, ...]:
    """The instruction sets that code for a target may use, by their names in /proc/cpuinfo.

    Empty for other devices than CPUs, for RISC-V, whose /proc/cpuinfo has one word for all of them,
    and for processors that IREE's compiler does not know; the runtime then checks none.

    >>> "avx2" in required_features(Target.parse("cpu:haswell"))
    True
    """
    names = _NAMES.get(target.machine)
    if target.arch == "host" or names is None:
        return target.cpu_features
    if target.machine == "x86_64" and target.arch in X86_64_LEVELS:
        return Target("cpu", target.arch).cpu_features
    if target.machine == "x86_64" and target.arch == "generic":
        return ()
    has = _llvm_features(target)
    return tuple(sorted(known for name, known in names.items() if name in has))


@cache
def _llvm_features(target: Target) -> frozenset[str]:
    """What a processor has, by LLVM's names."""
    try:
        text = workers.run(
            text_after, compile_flags(target), "func.func @f() {return}", "processor", "stream"
        )
    except Refused:
        # Who compiles for it says what is wrong.
        return frozenset()
    found = _FEATURES.search(text)
    return frozenset(name.lstrip("+") for name in found[1].split(",")) if found else frozenset()


__all__ = ["required_features"]
