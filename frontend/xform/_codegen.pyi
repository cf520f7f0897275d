"""LLVM's back ends: from LLVM IR to the shared objects that IREE's runtime loads.

A module of its own, because LLVM is large: import it where something is compiled for a CPU.
"""

from collections.abc import Sequence

class CodegenError(RuntimeError):
    """LLVM or the linker refused what it was given; the text is theirs."""

class Entry:
    """A dispatch function `i32 @name(ptr environment, ptr dispatch_state, ptr workgroup_state)`.

    Args:
        name: of the function in the IR, and of the export.
        bindings: how many buffers a dispatch is given, at most 64.
        constants: how many 32-bit constants, at most 64.
        workgroup_size: what the compiler chose, for the runtime's information.
        local_memory: bytes of scratch that each workgroup is given, in whole pages of 4096.
    """

    def __init__(
        self,
        name: str,
        bindings: int,
        constants: int = 0,
        workgroup_size: tuple[int, int, int] = (1, 1, 1),
        local_memory: int = 0,
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def bindings(self) -> int: ...
    @property
    def constants(self) -> int: ...
    @property
    def workgroup_size(self) -> list[int]: ...
    @property
    def local_memory(self) -> int: ...

class Library:
    """What `emit_library` made."""

    @property
    def elf(self) -> bytes:
        """The shared object, to be the data of a `hal.executable.binary`."""
    def optimized_ir(self) -> str:
        """The IR after LLVM's optimisations, which run again for it."""
    def assembly(self) -> str:
        """The machine code as text, which is made again for it."""

def emit_library(
    ir: bytes,
    *,
    entries: Sequence[Entry],
    name: str,
    triple: str,
    cpu: str,
    features: str,
    level: int = 2,
    fuse: bool = True,
    strip: bool = False,
) -> Library:
    """Compiles a module of LLVM IR to a library that IREE loads as an executable.

    The library exports `iree_hal_executable_library_query`, by which the runtime finds the entries
    in the order given, and imports nothing. What LLVM calls of itself (memcpy, memmove and memset,
    conversions of float16 and bfloat16, rounding, fma, fmod) is added where it is called. Other
    threads run meanwhile.

    Args:
        ir: text or bitcode; triple and data layout may be left out. Text may be anything, but LLVM
            does not survive all damages to bitcode.
        entries: at least one; every other function becomes internal.
        name: of the library, for diagnostics.
        triple: 64-bit ELF of X86, AArch64 or RISC-V, as "x86_64-unknown-unknown-eabi-elf".
        cpu: LLVM's name of the processor, "" for the least of its kind.
        features: LLVM's, "+avx2,-fma". One that is to be off may be unknown.
        level: of optimisation, 0 to 3.
        fuse: whether all products and sums may be fused, or only those that the IR allows to.
        strip: whether to leave out the names of functions, which debuggers and profilers show.

    Raises:
        CodegenError: the IR is invalid, an entry is missing or of another type, LLVM does not know
            the triple, the processor or a feature, or the code calls functions that nobody defines.
    """

def host_cpu() -> tuple[str, str]:
    """The name of this computer's processor and its features, as `emit_library` takes them."""
