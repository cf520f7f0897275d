"""The host code of IREE's modules around machine code that did not come from IREE's compiler.

The machine code is an executable of IREE's "embedded ELF" kind: a shared object that exports
`iree_hal_executable_library_query`. What calls it is written here as text in the dialect "vm", in
the form that IREE's compiler has just before it writes bytecode, which is all that is left for it
to do. Whatever depends on that dialect and on the functions of IREE's module "hal" is in this file;
`tests/python/frontend/iree/test_host.py` compares it with what the installed IREE writes itself.

**How a function finds its arrays.** The buffers of an entry are its arguments, its results, the
word that stops it and its scratch memory, in that order. Each function of the entry gets all of
them, as an array of pointers that are aligned to 64 bytes:

A result with a donor lies in the memory of that argument, and has no buffer of its own.

- up to 32 buffers (`Entry.is_indirect` is False) they are the function's bindings,
  `binding_ptrs[j]` of IREE's `iree_hal_executable_dispatch_state_v0_t`, and its attributes say
  `binding_count = Entry.binding_count`, the number of buffers;
- more do not fit into a dispatch. Then the function has one binding (`binding_count = 1`) and that
  is an array of the pointers: `((void**)binding_ptrs[0])[j]`. It is filled before the first
  function runs by another one, which the library then has to export under the name `BIND`, with
  `BIND_BINDINGS` bindings and `BIND_CONSTANTS` constants; `BIND_IR` is its text for LLVM.

So with `pointers = is_indirect ? (void**)binding_ptrs[0] : binding_ptrs`, argument j is at
`pointers[j]`, result k at `pointers[len(arguments) + k]` if none before it has a donor, and scratch
memory last. A function must not write into arguments that are no donors; the memory of results and
scratch holds anything before the first function runs, and what a function wrote is there for the
next. A pointer to an array without elements may be null.

**Stopping.** An entry that looks at a word, `STOP_BYTES` in front of its scratch memory, has a
second function, with `STOPPABLE` behind its name, that takes the buffer of the word as its last
argument. Who calls the entry itself, such as `iree-run-module`, cannot stop it.

**References.** A function of the virtual machine that returns does not release what its registers
refer to. Each reference has to be handed over by its last use, which IREE's compiler sees by
itself, on every way through the function, or be discarded by an operation. Failing releases all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache, cached_property
from typing import Final, TypeAlias

from xform_runtime.dtypes import element_type, numpy_dtype
from xform_runtime.errors import XformValueError
from xform_runtime.signature import LeafSpec
from xform_runtime.stopping import STOPPABLE

from .compiler import compile_from_vm

# IREE's module "hal" passes no more bindings than these to a dispatch.
MAX_BINDINGS: Final = 32

# A run of `BIND` stores the pointers of its bindings but the first, which is where it puts them.
BIND: Final = "__xform_bind"
BIND_BINDINGS: Final = MAX_BINDINGS
BIND_CONSTANTS: Final = 1
_BOUND_AT_ONCE: Final = BIND_BINDINGS - 1
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
                                          i64 {8 * _BOUND_AT_ONCE}, i1 false)
  ret i32 0
}}
declare void @llvm.memcpy.inline.p0.p0.i64(ptr, ptr, i64, i1)
"""

_ALIGNMENT: Final = 64

# The bytes of what stops an entry.
STOP_BYTES: Final = 64

# More bytes than any memory has, and with room for what is added to them.
_LARGEST: Final = 1 << 62

# Memory of so many bytes comes from a pool that the device keeps, which takes a microsecond more.
# Without that each call would begin with pages of zeros from the system.
_FROM_POOL: Final = range(1 << 18, 64 << 20)
_DEFAULT_POOL: Final = 0

# Arrays that a function of the host code deals with itself.
_PART: Final = 64

# Numbers of IREE's C interface (iree/hal/*.h), as its compiler writes them.
_ANY_QUEUE: Final = -1
_DENSE_ROW_MAJOR: Final = 1
_DEVICE_VISIBLE: Final = 16
_DEVICE_LOCAL: Final = 48
_HOST_LOCAL: Final = 86
_TRANSFER_AND_STORAGE: Final = 3075
_MAPPING: Final = 16777216
_TRANSFER_AND_DISPATCH: Final = 3
_REUSABLE: Final = 0
_BARRIER_SOURCE: Final = 28
_BARRIER_TARGET: Final = 13
_FOREVER: Final = -1
_INCOMPATIBLE: Final = 18

# The machine of an ELF, as its header names it and as IREE does. Pointers have 64 bits here.
_MACHINES: Final = {62: "x86_64", 183: "arm_64", 243: "riscv_64"}
_CLASS_64: Final = 2


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

    def __post_init__(self) -> None:
        if not 0 <= self.scratch <= _LARGEST:
            raise XformValueError(f"entry {self.name!r} asks for {self.scratch} bytes of scratch")
        for leaf in (*self.arguments, *self.results):
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

        They are the arguments, the results without donors, and, where they exist, the word that
        stops it and the scratch memory.
        """
        return len(self.arguments) + len(self.made) + self.is_stoppable + (self.scratch > 0)

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
        return _Layout(self).own

    @property
    def is_indirect(self) -> bool:
        """Whether functions get an array of pointers as their only binding."""
        return self.buffers > MAX_BINDINGS

    @property
    def binding_count(self) -> int:
        """The number of bindings of each function."""
        return 1 if self.is_indirect else self.buffers


def executable_format(elf: bytes) -> str:
    """What IREE calls the kind of executable that a shared object is.

    Raises:
        XformValueError: the bytes are no ELF, or for a processor that IREE has no loader for.
    """
    machine = int.from_bytes(elf[18:20], "little")
    name = _MACHINES.get(machine)
    if elf[:4] != b"\x7fELF" or len(elf) < 64 or elf[4] != _CLASS_64 or name is None:
        raise XformValueError(
            f"expected an ELF shared object for one of {', '.join(_MACHINES.values())}, "
            f"got {len(elf)} bytes that start with {elf[:5]!r} (machine {machine})"
        )
    return f"embedded-elf-{name}"


def assemble(entries: Sequence[Entry], elf: bytes, *, name: str = "module") -> bytes:
    """Makes a module of machine code and the host code for it.

    Args:
        entries: the module's functions.
        elf: the executable that has the functions of all their dispatches.
        name: what to call the program in diagnostics.

    Returns:
        The bytes of a .vmfb.

    Raises:
        XformValueError: the executable is not of a kind that IREE loads.
        Refused: IREE does not accept the host code.
    """
    return compile_from_vm(host_text(entries, elf), name=name)


def host_text(entries: Sequence[Entry], elf: bytes) -> str:
    """The module as text in the dialect "vm"; see `assemble`.

    Raises:
        XformValueError: the executable is not of a kind that IREE loads.
    """
    module = _Module()
    module.declare('global.ref private mutable @"$device" : !vm.ref<!hal.device>')
    module.declare(
        f'rodata private @"$elf" <alignment = {_ALIGNMENT}, mime_type = "application/x-elf"> '
        f'dense<"0x{elf.hex()}"> : vector<{len(elf)}xi8>'
    )
    if any(entry.help for entry in entries):
        module.declare('global.ref private mutable @"$leader" : !vm.ref<!hal.device>')
    if any(entry.is_stoppable for entry in entries):
        module.declare('global.ref private mutable @"$goes on" : !vm.ref<!hal.buffer>')
    _write_initializer(module, entries, executable_format(elf))
    for number, entry in enumerate(entries):
        for part in _Recorded.of(entry):
            module.declare(
                f"global.ref private mutable {part.symbol(number)} : {_REFS['commands']}"
            )
        _write_entry(module, entry, number)
        if entry.is_stoppable:
            _write_entry(module, entry, number, stops=True)
    return module.text()


_REFS: Final = {
    kind: f"!vm.ref<!hal.{name}>"
    for kind, name in {
        "allocator": "allocator",
        "buffer": "buffer",
        "commands": "command_buffer",
        "device": "device",
        "executable": "executable",
        "fence": "fence",
        "view": "buffer_view",
    }.items()
} | {"bytes": "!vm.buffer"}


@dataclass(frozen=True)
class _Import:
    """A function of IREE's module "hal": the types of what it takes and gives, by short names.

    A type that ends in "*" stands for any number of values, and one in parentheses for tuples.
    """

    takes: str
    gives: str = ""
    version: int = 0

    @cached_property
    def types(self) -> tuple[str, ...]:
        """What it takes, in the dialect's own words."""
        return tuple(_spelled(kind) for kind in self.takes.split())

    @cached_property
    def returns(self) -> str:
        """An arrow and what it gives, if anything."""
        found = [_spelled(kind) for kind in self.gives.split()]
        return f" -> {found[0] if len(found) == 1 else '(' + ', '.join(found) + ')'}" * bool(found)

    def declaration(self, name: str) -> str:
        """The function as a module imports it."""
        arguments = ", ".join(f"%{i} : {kind}" for i, kind in enumerate(self.types))
        since = f" attributes {{minimum_version = {self.version} : i32}}" if self.version else ""
        return f"import private @hal.{name}({arguments}){self.returns}{since}"

    @cached_property
    def call(self) -> tuple[str, str]:
        """How a call of the function begins and ends."""
        variadic = "*" in self.takes
        returns = self.returns or ("" if variadic else " -> ()")
        return ("call.variadic" if variadic else "call"), f"({', '.join(self.types)}){returns}"


def _spelled(kind: str) -> str:
    if kind.endswith("*"):
        return f"{_spelled(kind[:-1])} ..."
    if kind.startswith("("):
        return f"tuple<{', '.join(_spelled(part) for part in kind[1:-1].split(','))}>"
    return _REFS.get(kind, kind)


IMPORTS: Final = {
    "allocator.allocate": _Import("allocator i64 i32 i32 i64", "buffer"),
    "buffer.assert": _Import("buffer bytes allocator i64 i32 i32"),
    "buffer.store": _Import("i32 buffer i64 i32"),
    "buffer_view.assert": _Import("view bytes i32 i32 i64*"),
    "buffer_view.buffer": _Import("view", "buffer"),
    "buffer_view.create": _Import("buffer i64 i64 i32 i32 i64*", "view"),
    "command_buffer.create": _Import("device i32 i32 i64 i32", "commands", 6),
    "command_buffer.dispatch": _Import(
        "commands executable i64 i32 i32 i32 i64 i32* (i32,i32,buffer,i64,i64)*", version=7
    ),
    "command_buffer.execution_barrier": _Import("commands i32 i32 i64"),
    "command_buffer.finalize": _Import("commands"),
    "device.allocator": _Import("device", "allocator"),
    "device.query.i64": _Import("device bytes bytes", "i32 i64"),
    "device.queue.alloca": _Import("device i64 fence fence i64 i32 i32 i64 i64", "buffer"),
    "device.queue.execute.indirect": _Import(
        "device i64 fence fence commands i64 (buffer,i64,i64)*"
    ),
    "devices.count": _Import("", "i32"),
    "devices.get": _Import("i32", "device"),
    "executable.create": _Import("device i64 bytes bytes bytes", "executable"),
    "executable.lookup.function": _Import("executable bytes", "i64", 7),
    "fence.await": _Import("i32 i64 fence*", "i32"),
    "fence.create": _Import("device i64", "fence"),
    "fence.join": _Import("i64 fence*", "fence"),
}


@cache
def _declarations() -> str:
    return "\n".join(f"vm.{function.declaration(name)}" for name, function in IMPORTS.items())


class _Module:
    """The text of a module, with each string and each import in it once."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._strings: dict[str, str] = {}

    def declare(self, text: str) -> None:
        """Adds a symbol."""
        self._lines.append(f"vm.{text}")

    def string(self, text: str) -> str:
        """The symbol of a string."""
        return self._strings.setdefault(text, f'@"$text{len(self._strings)}"')

    def function(
        self,
        symbol: str,
        parameters: Sequence[tuple[str, str]],
        gives: Sequence[str],
        attributes: str,
        body: str,
    ) -> None:
        """Adds a function of references, whose kinds are given."""
        takes = ", ".join(f"{name}: {_REFS[kind]}" for name, kind in parameters)
        returns = f" -> ({', '.join(_REFS[kind] for kind in gives)})" if gives else ""
        self.declare(
            f"func private {symbol}({takes}){returns} attributes {{{attributes}}} {{\n{body}\n}}"
        )

    def private(
        self, parameters: Sequence[tuple[str, str]], gives: Sequence[str], body: str
    ) -> str:
        """Adds a function that is called in the module only; returns its symbol."""
        symbol = f'@"$part{len(self._lines)}"'
        self.function(
            symbol, parameters, gives, "vm.unwind, inlining_policy = #util.inline.never", body
        )
        return symbol

    def text(self) -> str:
        """The whole module."""
        lines = [
            _declarations(),
            *(
                f"vm.rodata private {symbol} <alignment = 1> {_quoted(text)}"
                for text, symbol in self._strings.items()
            ),
            *self._lines,
        ]
        body = "\n".join(lines)
        return (
            f"module attributes {{vm.toplevel}} {{\nvm.module public @module {{\n{body}\n}}\n}}\n"
        )


class _Function:
    """The text of a function: constants once, at its start, then operations."""

    def __init__(self, module: _Module) -> None:
        self.module = module
        # Where memory comes from that is asked for in advance, and what tells that it is there.
        self.device = ""
        self.awaited: list[str] = []
        self._constants: dict[str, str] = {}
        self._lines: list[str] = []
        self._values = 0

    def line(self, text: str) -> None:
        """Adds a line as it is."""
        self._lines.append(text)

    def value(self, operation: str, results: int = 1) -> str:
        """Adds an operation with results, and names these."""
        self._values += 1
        name = f"%v{self._values}"
        self._lines.append(f"{name}{f':{results}' * (results > 1)} = vm.{operation}")
        return name

    def i32(self, value: int) -> str:
        """A constant."""
        return self._constant("i32", value)

    def i64(self, value: int) -> str:
        """A constant."""
        return self._constant("i64", value)

    def _constant(self, kind: str, value: int) -> str:
        operation = f"vm.const.{kind} {value}" if value else f"vm.const.{kind}.zero"
        return self._constants.setdefault(operation, f"%{kind}_{value}".replace("-", "m"))

    def null(self, kind: str) -> str:
        """A reference to nothing."""
        return self._constants.setdefault(f"vm.const.ref.zero : {_REFS[kind]}", f"%null_{kind}")

    def bytes(self, symbol: str) -> str:
        """A reference to constant bytes, to be used once."""
        return self.value(f"const.ref.rodata {symbol} : !vm.buffer")

    def string(self, text: str) -> str:
        """A reference to a constant string, to be used once."""
        return self.bytes(self.module.string(text))

    def load(self, symbol: str, kind: str) -> str:
        """What a global variable holds."""
        return self.value(f"global.load.ref {symbol} : {_REFS[kind]}")

    def fence(self) -> str:
        """A new fence of the device."""
        return self.call("fence.create", self.device, self.i64(0))

    def store(self, value: str, symbol: str, kind: str) -> None:
        """Puts a value into a global variable."""
        self.line(f"vm.global.store.ref {value}, {symbol} : {_REFS[kind]}")

    def call(self, name: str, *operands: str | Iterable[str]) -> str:
        """Calls an imported function.

        Args:
            name: the function.
            operands: values, and sequences of them for parameters of any number.

        Returns:
            The result, if there is one.
        """
        function = IMPORTS[name]
        given = ", ".join(
            operand if isinstance(operand, str) else f"[{', '.join(operand)}]"
            for operand in operands
        )
        call, types = function.call
        operation = f"{call} @hal.{name}({given}) : {types}"
        if not function.gives:
            self.line(f"vm.{operation}")
            return ""
        return self.value(operation, len(function.gives.split()))

    def give_back(self, values: Sequence[str], kind: str) -> None:
        """Ends the function with references of one kind as its results."""
        kinds = ", ".join([_REFS[kind]] * len(values))
        self.line(f"vm.return {', '.join(values)} : {kinds}" if values else "vm.return")

    def text(self) -> str:
        """The body."""
        constants = (f"{name} = {operation}" for operation, name in self._constants.items())
        return "\n".join((*constants, *self._lines))


def _quoted(text: str) -> str:
    """A string literal; MLIR's escapes are the hexadecimal digits of a byte."""
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:02X}"
        for byte in text.encode()
    )
    return f'"{"".join(escaped)}"'


class _Recorded(Enum):
    """Commands that are recorded for an entry: all, or what the devices of a team do."""

    ALL = "commands"
    BEGIN = "begin"
    HELP = "help"
    LEAD = "lead"

    @staticmethod
    def of(entry: Entry) -> tuple[_Recorded, ...]:
        """Those that an entry needs."""
        return tuple(_Recorded) if entry.help else (_Recorded.ALL,)

    def symbol(self, number: int) -> str:
        """The global variable that holds those of an entry."""
        return f'@"${self.value}{number}"'


def _dims(leaf: LeafSpec) -> list[int]:
    return [size for size in leaf.shape if size is not None]


def _element(leaf: LeafSpec) -> int:
    return int(element_type(numpy_dtype(leaf.dtype)))


def _write_initializer(module: _Module, entries: Sequence[Entry], kind: str) -> None:
    """Finds the device, loads the executable, and records what each entry does with it."""
    f = _Function(module)
    message = f"no CPU device (local-sync, local-task) that runs executables of format {kind}"
    device = _find(f, "", [("hal.device.id", "local*"), ("hal.executable.format", kind)])
    f.line("^none:")
    f.line(f"vm.fail {f.i32(_INCOMPATIBLE)}, {_quoted(message)}")
    f.line("^found:")
    f.store(device, '@"$device"', "device")
    executable = _load(f, device, kind)
    functions: dict[str, str] = {}
    if any(entry.is_stoppable for entry in entries):
        allocator = f.call("device.allocator", device)
        word = f.call(
            "allocator.allocate",
            allocator,
            f.i64(_ANY_QUEUE),
            f.i32(_HOST_LOCAL),
            f.i32(_TRANSFER_AND_STORAGE | _MAPPING),
            f.i64(STOP_BYTES),
        )
        f.call("buffer.store", f.i32(0), word, f.i64(0), f.i32(4))
        f.store(word, '@"$goes on"', "buffer")
    for number, entry in enumerate(entries):
        _record(f, entry, number, _Recorded.ALL, device, executable, functions)
    if any(entry.help for entry in entries):
        _write_team(f, entries, kind, device, executable, functions)
    else:
        # Without entries, or without dispatches, nothing has used them last.
        _discard(f, device, executable)
    f.line("vm.return")
    module.declare("export @__init")
    module.function("@__init", [], [], "vm.unwind", f.text())


def _write_team(
    f: _Function,
    entries: Sequence[Entry],
    kind: str,
    device: str,
    executable: str,
    functions: dict[str, str],
) -> None:
    """Records what leads: another device, on the calling thread, if this one has its own cores."""
    _query(f, device, "hal.device.id", "local-task", "^cores", "^alone")
    f.line("^cores:")
    leader = _find(f, "leader.", [("hal.device.id", "local-sync")])
    f.line("^leader.none:")
    f.line("vm.br ^alone")
    f.line("^alone:")
    _discard(f, device, executable)
    f.line("vm.return")
    f.line("^leader.found:")
    f.store(leader, '@"$leader"', "device")
    leading = _load(f, leader, kind)
    led: dict[str, str] = {}
    for number, entry in enumerate(entries):
        if entry.help:
            _record(f, entry, number, _Recorded.HELP, device, executable, functions)
            _record(f, entry, number, _Recorded.BEGIN, leader, leading, led)
            _record(f, entry, number, _Recorded.LEAD, leader, leading, led)
    _discard(f, device, executable)
    _discard(f, leader, leading)


def _find(f: _Function, label: str, answers: Sequence[tuple[str, str]]) -> str:
    """Goes on at "^found" with the first device that answers questions as wanted, else at "^none".

    Both labels begin with `label`; the result names the device.
    """
    count = f.call("devices.count")
    f.line(f"vm.br ^{label}look({f.i32(0)} : i32)")
    index = f"%{label}index"
    f.line(f"^{label}look({index} : i32):")
    more = f.value(f"cmp.lt.i32.s {index}, {count} : i32")
    f.line(f"vm.cond_br {more}, ^{label}device, ^{label}none")
    f.line(f"^{label}device:")
    device = f.call("devices.get", index)
    for position, (category, key) in enumerate(answers, 1):
        yes = f"^{label}answer{position}" if position < len(answers) else f"^{label}found"
        _query(f, device, category, key, yes, f"^{label}next")
        if position < len(answers):
            f.line(f"{yes}:")
    f.line(f"^{label}next:")
    f.line(f"vm.discard.refs {device} : {_REFS['device']}")
    following = f.value(f"add.i32 {index}, {f.i32(1)} : i32")
    f.line(f"vm.br ^{label}look({following} : i32)")
    return device


def _load(f: _Function, device: str, kind: str) -> str:
    """Gives the machine code to a device."""
    code = f.string(kind), f.bytes('@"$elf"'), f.null("bytes")
    return f.call("executable.create", device, f.i64(_ANY_QUEUE), *code)


def _discard(f: _Function, device: str, executable: str) -> None:
    for reference, of in ((device, "device"), (executable, "executable")):
        f.line(f"vm.discard.refs {reference} : {_REFS[of]}")


def _query(f: _Function, device: str, category: str, key: str, yes: str, no: str) -> None:
    """Goes on at `yes` if the device answers a question by something other than 0."""
    answer = f.call("device.query.i64", device, f.string(category), f.string(key))
    positive = f.value(f"cmp.nz.i64 {answer}#1 : i64")
    holds = f.value(f"and.i32 {answer}#0, {positive} : i32")
    f.line(f"vm.cond_br {holds}, {yes}, {no}")


def _record(
    f: _Function,
    entry: Entry,
    number: int,
    part: _Recorded,
    device: str,
    executable: str,
    functions: dict[str, str],
) -> None:
    """Records dispatches of an entry, which a call then gives its buffers."""
    lengths = _Layout(entry).lengths if part is not _Recorded.HELP else [entry.scratch]
    commands = f.call(
        "command_buffer.create",
        device,
        f.i32(_REUSABLE),
        f.i32(_TRANSFER_AND_DISPATCH),
        f.i64(_ANY_QUEUE),
        f.i32(len(lengths)),
    )

    def dispatch(run: Dispatch, constants: Sequence[int], slots: Sequence[int]) -> None:
        if run.symbol not in functions:
            found = f.call("executable.lookup.function", executable, f.string(run.symbol))
            functions[run.symbol] = found
        workgroups = f.i32(run.workgroups), f.i32(1), f.i32(1)
        f.call(
            "command_buffer.dispatch",
            commands,
            executable,
            functions[run.symbol],
            *workgroups,
            f.i64(0),
            [f.i32(constant) for constant in constants],
            [
                f"({f.i32(0)}, {f.i32(slot)}, {f.null('buffer')}, {f.i64(0)}, "
                f"{f.i64(lengths[slot])})"
                for slot in slots
            ],
        )

    def barrier() -> None:
        masks = f.i32(_BARRIER_SOURCE), f.i32(_BARRIER_TARGET)
        f.call("command_buffer.execution_barrier", commands, *masks, f.i64(0))

    if entry.is_indirect and part in (_Recorded.ALL, _Recorded.BEGIN):
        for first in range(0, entry.buffers, _BOUND_AT_ONCE):
            # The last ones may be too few; what is stored for others is not read.
            bound = range(first + 1, first + 1 + _BOUND_AT_ONCE)
            slots = [0, *(slot if slot <= entry.buffers else 0 for slot in bound)]
            dispatch(Dispatch(BIND), [first], slots)
        barrier()
    runs = {
        _Recorded.ALL: entry.dispatches,
        _Recorded.BEGIN: entry.dispatches[:-1],
        _Recorded.HELP: (entry.help,) if entry.help else (),
        _Recorded.LEAD: tuple(replace(run, workgroups=1) for run in entry.dispatches[-1:]),
    }[part]
    for position, run in enumerate(runs):
        if position:
            barrier()
        dispatch(run, [], range(1 if part is _Recorded.HELP else entry.binding_count))
    f.call("command_buffer.finalize", commands)
    f.store(commands, part.symbol(number), "commands")


class _Layout:
    """How long the buffers are that a call hands to recorded dispatches, by slot.

    Slot 0 is the array of pointers, if there is one. It and scratch memory are one allocation.
    """

    def __init__(self, entry: Entry) -> None:
        pointers = -(-entry.buffers // _BOUND_AT_ONCE) * _BOUND_AT_ONCE if entry.is_indirect else 0
        self.table = 8 * pointers
        self.scratch_offset = -(-self.table // _ALIGNMENT) * _ALIGNMENT
        self.own = self.scratch_offset + entry.scratch if entry.scratch else self.table
        self.lengths = [
            *([self.table] if entry.is_indirect else []),
            *(leaf.nbytes for leaf in (*entry.arguments, *entry.made)),
            *([STOP_BYTES] if entry.is_stoppable else []),
            *([entry.scratch] if entry.scratch else []),
        ]


def _write_entry(module: _Module, entry: Entry, number: int, *, stops: bool = False) -> None:
    """The function that is called: checks, memory for results, the recorded dispatches.

    With `stops` it takes the word that stops it as another argument.
    """
    f = _Function(module)
    layout = _Layout(entry)
    views = [f"%view{position}" for position in range(len(entry.arguments))]
    device = f.device = f.load('@"$device"', "device")
    allocator = f.call("device.allocator", device) if entry.buffers else ""
    arguments = _for_each(f, _take, entry.arguments, "view", views, "buffer", allocator)
    blanks = [""] * len(entry.made)
    made = _for_each(f, _make, entry.made, "", blanks, "buffer", allocator)
    own = _allocate(f, allocator, layout.own) if layout.own else ""
    table = [(buffer, 0) for buffer in (*arguments, *made)]
    if stops:
        word = f.call("buffer_view.buffer", "%stop")
        needs = f.i64(STOP_BYTES), f.i32(_DEVICE_VISIBLE), f.i32(_TRANSFER_AND_STORAGE)
        f.call("buffer.assert", word, f.string("stop"), allocator, *needs)
        table.append((word, 0))
    elif entry.is_stoppable:
        table.append((f.load('@"$goes on"', "buffer"), 0))
    if entry.is_indirect:
        table.insert(0, (own, 0))
    if entry.scratch:
        table.append((own, layout.scratch_offset))
    bound = [
        f"({buffer}, {f.i64(offset)}, {f.i64(length)})"
        for (buffer, offset), length in zip(table, layout.lengths, strict=True)
    ]
    ready = f.call("fence.join", f.i64(0), f.awaited) if f.awaited else f.null("fence")
    fence = f.fence()

    def run(part: _Recorded, on: str, after: str, then: str, buffers: Sequence[str]) -> None:
        commands = f.load(part.symbol(number), "commands")
        given = f.i64(_ANY_QUEUE), after, then, commands, f.i64(0), buffers
        f.call("device.queue.execute.indirect", on, *given)

    if entry.help:
        leader = f.load('@"$leader"', "device")
        has_leader = f.value(f"cmp.nz.ref {leader} : {_REFS['device']}")
        f.line(f"vm.cond_br {has_leader}, ^team, ^alone")
        f.line("^team:")
        begun, helped = f.fence(), f.fence()
        run(_Recorded.BEGIN, leader, ready, begun, bound)
        # Nobody waits for the helpers.
        run(_Recorded.HELP, device, begun, helped, bound[-1:])
        run(_Recorded.LEAD, leader, begun, fence, bound)
        f.line("vm.br ^submitted")
        f.line("^alone:")
        f.line(f"vm.discard.refs {leader} : {_REFS['device']}")
    run(_Recorded.ALL, device, ready, fence, bound)
    if entry.help:
        f.line("vm.br ^submitted")
        f.line("^submitted:")
    _await(f, fence)
    unseen = iter(made)
    donors = entry.donors or [None] * len(entry.results)
    results = [next(unseen) if donor is None else arguments[donor] for donor in donors]
    f.give_back(_for_each(f, _show, entry.results, "buffer", results, "view", ""), "view")
    kept = {} if stops else entry.reflection
    reflection = ", ".join(f"{_quoted(key)} = {_quoted(text)}" for key, text in kept.items())
    symbol = f"@{_quoted(entry.name + STOPPABLE * stops)}"
    module.declare(f"export {symbol}")
    module.function(
        symbol,
        [(view, "view") for view in [*views, *["%stop"] * stops]],
        ["view"] * len(entry.results),
        f"iree.reflection = {{{reflection}}}, vm.unwind, vm.yield",
        f.text(),
    )


# What is written for an array, given the allocator and a value that there is; it names another.
_Step: TypeAlias = Callable[["_Function", str, LeafSpec, str], str]


def _for_each(
    f: _Function,
    step: _Step,
    leaves: Sequence[LeafSpec],
    takes: str,
    values: Sequence[str],
    gives: str,
    allocator: str,
) -> list[str]:
    """Writes a step for each of some arrays, in functions of their own where there are many.

    IREE's compiler takes time and memory that grow with the square of a function's length.
    """
    if len(leaves) <= _PART:
        return [step(f, allocator, leaf, value) for leaf, value in zip(leaves, values, strict=True)]
    results: list[str] = []
    for first in range(0, len(leaves), _PART):
        part = leaves[first : first + _PART]
        inner = _Function(f.module)
        names = [f"%value{i}" if takes else "" for i in range(len(part))]
        shared = "%allocator" if allocator else ""
        made = [step(inner, shared, leaf, name) for leaf, name in zip(part, names, strict=True)]
        inner.give_back(made, gives)
        parameters = [("%allocator", "allocator")] if allocator else []
        parameters += [(name, takes) for name in names if name]
        symbol = f.module.private(parameters, [gives] * len(part), inner.text())
        given = [allocator] if allocator else []
        given += [value for value in values[first : first + _PART] if value]
        kinds = ", ".join(_REFS[kind] for _, kind in parameters)
        made_kinds = ", ".join([_REFS[gives]] * len(part))
        call = f"call {symbol}({', '.join(given)}) : ({kinds}) -> ({made_kinds})"
        name = f.value(call, len(part))
        results += [name] if len(part) == 1 else [f"{name}#{i}" for i in range(len(part))]
    return results


def _take(f: _Function, allocator: str, leaf: LeafSpec, view: str) -> str:
    """Checks an argument, and gives its buffer."""
    dims, kind = [f.i64(size) for size in _dims(leaf)], f.i32(_element(leaf))
    f.call("buffer_view.assert", view, f.string(leaf.path), kind, f.i32(_DENSE_ROW_MAJOR), dims)
    buffer = f.call("buffer_view.buffer", view)
    needs = f.i64(leaf.nbytes), f.i32(_DEVICE_VISIBLE), f.i32(_TRANSFER_AND_STORAGE)
    f.call("buffer.assert", buffer, f.string(leaf.path), allocator, *needs)
    return buffer


def _make(f: _Function, allocator: str, leaf: LeafSpec, _: str) -> str:
    """Gives a buffer for a result."""
    return _allocate(f, allocator, leaf.nbytes)


def _allocate(f: _Function, allocator: str, size: int) -> str:
    kind = f.i32(_DEVICE_LOCAL), f.i32(_TRANSFER_AND_STORAGE)
    if f.device and size in _FROM_POOL:
        fence = f.fence()
        operands = f.i64(_ANY_QUEUE), f.null("fence"), fence, f.i64(_DEFAULT_POOL), *kind
        f.awaited.append(fence)
        return f.call("device.queue.alloca", f.device, *operands, f.i64(size), f.i64(0))
    return f.call("allocator.allocate", allocator, f.i64(_ANY_QUEUE), *kind, f.i64(size))


def _show(f: _Function, _: str, leaf: LeafSpec, buffer: str) -> str:
    """Gives a result's view of its buffer."""
    what = f.i32(_element(leaf)), f.i32(_DENSE_ROW_MAJOR), [f.i64(size) for size in _dims(leaf)]
    return f.call("buffer_view.create", buffer, f.i64(0), f.i64(leaf.nbytes), *what)


def _await(f: _Function, fence: str) -> None:
    """Waits, letting other work of the virtual machine go on."""
    f.line(
        f"vm.call.variadic.yieldable @hal.fence.await({f.i32(_FOREVER)}, {f.i64(0)}, {fence}) "
        "<segment_sizes = dense<[-1, -1, 1]> : vector<3xi16>, "
        f"segment_types = [i32, i64, {_REFS['fence']}]> : (i32, i64, {_REFS['fence']}) "
        "-> ^waited (i32)"
    )
    f.line("^waited(%status: i32):")
    f.line("vm.cond_br %status, ^failed, ^done")
    f.line("^failed:")
    f.line('vm.fail %status, "failed to wait for the machine code"')
    f.line("^done:")
