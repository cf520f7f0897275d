"""What a module around machine code consists of: entries, their arrays, and how code finds them.

**How a function finds its arrays.** The buffers of an entry are its arguments, its weights, which
come from an archive of parameters when the module is loaded, its results, the word that stops it
and its scratch memory, in that order. Each function of the entry gets all of
them, as an array of pointers that are aligned to 64 bytes; a result with a donor lies in the memory
of that argument, and has no buffer of its own:

- up to 32 buffers (`Entry.is_indirect` is False) they are the function's bindings,
  `binding_ptrs[j]` of IREE's `iree_hal_executable_dispatch_state_v0_t`, and its attributes say
  `binding_count = Entry.binding_count`, the number of buffers;
- more do not fit into a dispatch. Then the function has one binding (`binding_count = 1`) and that
  is an array of the pointers: `((void**)binding_ptrs[0])[j]`. It is filled before the first
  function runs by another one, which the library then has to export under the name `BIND`, with
  `BIND_BINDINGS` bindings and `BIND_CONSTANTS` constants; `BIND_IR` is its text for LLVM.

So with `pointers = is_indirect ? (void**)binding_ptrs[0] : binding_ptrs`, argument j is at
`pointers[j]`, result k at `pointers[len(arguments) + len(weights) + k]` if none before it has a
donor, and scratch memory last. A function must not write into weights, nor into arguments that are
no donors; the memory of results and scratch holds anything before the first function runs, and what
a function wrote is there for the next. A pointer to an array without elements may be null.

**Stopping.** An entry that looks at a word, `STOP_BYTES` in front of its scratch memory, has a
second function, with `STOPPABLE` behind its name, that takes the buffer of the word as its last
argument. Who calls the entry itself, such as `iree-run-module`, cannot stop it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from xform_runtime.errors import XformValueError
from xform_runtime.signature import LeafSpec

# IREE's module "hal" passes no more bindings than these to a dispatch.
MAX_BINDINGS: Final = 32

# A run of `BIND` stores the pointers of its bindings but the first, which is where it puts them.
BIND: Final = "__xform_bind"
BIND_BINDINGS: Final = MAX_BINDINGS
BIND_CONSTANTS: Final = 1
BOUND_AT_ONCE: Final = BIND_BINDINGS - 1
# The constants are at 24 bytes of a dispatch's state, the pointers of its bindings at 32.
BIND_IR: Final = f"""
define i32 @{BIND}(ptr %environment, ptr %state, ptr %workgroup) {{
  %constants.at = getelementptr inbounds i8, ptr %state, i64 24
  %constants = load ptr, ptr %constants.at, align 8
  %first = load i32, ptr %constants, align 4
  %bindings.at = getelementptr inbounds i8, ptr %state, i64 32
  %bindings = load ptr, ptr %bindings.at, align 8
  %table = load ptr, ptr %bindings, align 8
  %offset = zext i32 %first to i64
  %to = getelementptr inbounds ptr, ptr %table, i64 %offset
  %from = getelementptr inbounds ptr, ptr %bindings, i64 1
  call void @llvm.memcpy.inline.p0.p0.i64(ptr align 8 %to, ptr align 8 %from,
                                          i64 {8 * BOUND_AT_ONCE}, i1 false)
  ret i32 0
}}
declare void @llvm.memcpy.inline.p0.p0.i64(ptr, ptr, i64, i1)
"""

ALIGNMENT: Final = 64

# The bytes of what stops an entry.
STOP_BYTES: Final = 64

# More bytes than any memory has, and with room for what is added to them.
_LARGEST: Final = 1 << 62


@dataclass(frozen=True)
class Dispatch:
    """One run of a function of the machine code.

    Args:
        symbol: the function's name in the library's table of exports.
        workgroups: how many times the function runs, at once if the device can, each with
            another `workgroup_id_x`.
    """

    symbol: str
    workgroups: int = 1


@dataclass(frozen=True)
class Entry:
    """A function of a module: arrays, and the machine code that computes some from others.

    Args:
        name: what it is called in the module.
        arguments: the arrays that it takes; `path` is what an error calls one.
        results: the arrays that it returns, which are new ones but for their donors.
        dispatches: what runs, one after another.
        scratch: bytes of memory that the dispatches share in one call, uninitialized at first.
        help: what runs beside the last dispatch, and gets nothing but the scratch memory, if there
            is another device whose cores can help the calling thread. Then the last dispatch is
            one workgroup, and those before it are over when either begins.
        donors: for each result the number of the argument in whose memory it lies, or None; empty
            if all are None.
        is_stoppable: whether its functions look at the word that stops it.
        reflection: texts that the module keeps with the function, by key.
        weights: arrays that it reads besides its arguments; `path` is the key in the archive.

    Raises:
        XformValueError: a size is unknown, negative or beyond all memory.
        XformTypeError: an unknown dtype.
    """

    name: str
    arguments: tuple[LeafSpec, ...]
    results: tuple[LeafSpec, ...]
    dispatches: tuple[Dispatch, ...]
    scratch: int = 0
    help: Dispatch | None = None
    donors: tuple[int | None, ...] = ()
    is_stoppable: bool = False
    reflection: Mapping[str, str] = field(default_factory=dict)
    weights: tuple[LeafSpec, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.scratch <= _LARGEST:
            raise XformValueError(f"entry {self.name!r} asks for {self.scratch} bytes of scratch")
        for leaf in (*self.arguments, *self.weights, *self.results):
            if any(size is None or size < 0 for size in leaf.shape):
                raise XformValueError(
                    f"{leaf.path} of entry {self.name!r} is {leaf}: every size has to be known"
                )
            if leaf.nbytes > _LARGEST:
                raise XformValueError(
                    f"{leaf.path} of entry {self.name!r} is {leaf}: no memory is that large"
                )

    @property
    def buffers(self) -> int:
        """How many there are.

        They are the arguments, the weights, the results without donors, and, where they exist, the
        word that stops it and the scratch memory.
        """
        arrays = len(self.arguments) + len(self.weights) + len(self.made)
        return arrays + self.is_stoppable + (self.scratch > 0)

    @property
    def made(self) -> tuple[LeafSpec, ...]:
        """The results that lie in no argument's memory."""
        if not self.donors:
            return self.results
        return tuple(
            leaf for leaf, donor in zip(self.results, self.donors, strict=True) if donor is None
        )

    @property
    def own_bytes(self) -> int:
        """Bytes of memory that a call takes besides its arguments and results."""
        return Layout(self).own

    @property
    def is_indirect(self) -> bool:
        """Whether functions get an array of pointers as their only binding."""
        return self.buffers > MAX_BINDINGS

    @property
    def binding_count(self) -> int:
        """The number of bindings of each function."""
        return 1 if self.is_indirect else self.buffers


class Layout:
    """How long the buffers are that a call hands to recorded dispatches, by slot.

    Slot 0 is the array of pointers, if there is one. It and scratch memory are one allocation.
    """

    def __init__(self, entry: Entry) -> None:
        pointers = -(-entry.buffers // BOUND_AT_ONCE) * BOUND_AT_ONCE if entry.is_indirect else 0
        self.table = 8 * pointers
        self.scratch_offset = -(-self.table // ALIGNMENT) * ALIGNMENT
        self.own = self.scratch_offset + entry.scratch if entry.scratch else self.table
        self.lengths = [
            *([self.table] if entry.is_indirect else []),
            *(leaf.nbytes for leaf in (*entry.arguments, *entry.weights, *entry.made)),
            *([STOP_BYTES] if entry.is_stoppable else []),
            *([entry.scratch] if entry.scratch else []),
        ]
