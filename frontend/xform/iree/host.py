"""The host code of IREE's modules around machine code that did not come from IREE's compiler.

The machine code is an executable of IREE's "embedded ELF" kind: a shared object that exports
`iree_hal_executable_library_query`. What calls it is written here as text in the dialect "vm", in
the form that IREE's compiler has just before it writes bytecode, which is all that is left for it
to do (`vm_text.py`). `tests/python/frontend/iree/test_host.py` compares it with what the installed
IREE writes itself. What a module is made of, and how machine code finds its arrays, is said in
`entries.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Final, TypeAlias

from xform_runtime.dtypes import element_type, numpy_dtype, sides_shape
from xform_runtime.errors import XformValueError
from xform_runtime.signature import LeafSpec
from xform_runtime.stopping import STOPPABLE

from .compiler import compile_from_vm
from .entries import ALIGNMENT, BIND, BOUND_AT_ONCE, STOP_BYTES, Dispatch, Entry, Layout
from .vm_text import REFS, Function, Module, quoted

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
_IMMUTABLE: Final = 1 << 19
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
    module = Module()
    module.declare('global.ref private mutable @"$device" : !vm.ref<!hal.device>')
    module.declare(
        f'rodata private @"$elf" <alignment = {ALIGNMENT}, mime_type = "application/x-elf"> '
        f'dense<"0x{elf.hex()}"> : vector<{len(elf)}xi8>'
    )
    if any(entry.help for entry in entries):
        module.declare('global.ref private mutable @"$leader" : !vm.ref<!hal.device>')
    if any(entry.is_stoppable for entry in entries):
        module.declare('global.ref private mutable @"$goes on" : !vm.ref<!hal.buffer>')
    for key in _weights(entries):
        module.declare(f"global.ref private mutable {_weight(key)} : {REFS['buffer']}")
    _write_initializer(module, entries, executable_format(elf))
    for number, entry in enumerate(entries):
        for part in _Recorded.of(entry):
            module.declare(f"global.ref private mutable {part.symbol(number)} : {REFS['commands']}")
        _write_entry(module, entry, number)
        if entry.is_stoppable:
            _write_entry(module, entry, number, stops=True)
    return module.text()


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
    known = tuple(size for size in leaf.shape if size is not None)
    return list(sides_shape(known, numpy_dtype(leaf.dtype)))


def _element(leaf: LeafSpec) -> int:
    return int(element_type(numpy_dtype(leaf.dtype)))


def _weights(entries: Sequence[Entry]) -> dict[str, int]:
    """The bytes of all arrays that are read from an archive, by key."""
    return {leaf.path: leaf.nbytes for entry in entries for leaf in entry.weights}


def _weight(key: str) -> str:
    """The global variable that holds such an array."""
    return f"@{quoted(f'$weight {key}')}"


def _write_weights(f: Function, weights: Mapping[str, int], device: str) -> None:
    """Gets arrays from the archive. What the device can use where it is mapped is not copied."""
    module = f.module
    text, places, spans = "", [], []
    for key, size in weights.items():
        places += [len(text), len(key)]
        # Where it begins in the archive's array and in the new one, and how long it is.
        spans += [0, 0, size]
        text += key
    for symbol, numbers, kind in (("places", places, "i32"), ("spans", spans, "i64")):
        module.declare(
            f'rodata private @"$weight {symbol}" dense<{numbers}> : vector<{len(numbers)}x{kind}>'
        )
    f.device = device
    fence = f.fence()
    f.device = ""
    arrays = f.call(
        "io_parameters.load",
        device,
        f.i64(_ANY_QUEUE),
        f.null("fence"),
        fence,
        f.null("bytes"),
        f.i64(_ANY_QUEUE),
        f.i32(_DEVICE_LOCAL),
        f.i32(_TRANSFER_AND_STORAGE | _IMMUTABLE),
        f.bytes('@"$weight places"'),
        f.string(text),
        f.bytes('@"$weight spans"'),
    )
    _await(f, fence)
    for position, key in enumerate(weights):
        array = f.value(
            f"list.get.ref {arrays}, {f.i32(position)} : ({REFS['buffers']}, i32) -> "
            f"{REFS['buffer']}"
        )
        f.store(array, _weight(key), "buffer")
    f.line(f"vm.discard.refs {arrays} : {REFS['buffers']}")


def _write_initializer(module: Module, entries: Sequence[Entry], kind: str) -> None:
    """Finds the device, loads the executable, and records what each entry does with it."""
    f = Function(module)
    message = f"no CPU device (local-sync, local-task) that runs executables of format {kind}"
    device = _find(f, "", [("hal.device.id", "local*"), ("hal.executable.format", kind)])
    f.line("^none:")
    f.line(f"vm.fail {f.i32(_INCOMPATIBLE)}, {quoted(message)}")
    f.line("^found:")
    f.store(device, '@"$device"', "device")
    weights = _weights(entries)
    if weights:
        _write_weights(f, weights, device)
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
    module.function("@__init", [], [], f"vm.unwind{', vm.yield' if weights else ''}", f.text())


def _write_team(
    f: Function,
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


def _find(f: Function, label: str, answers: Sequence[tuple[str, str]]) -> str:
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
    f.line(f"vm.discard.refs {device} : {REFS['device']}")
    following = f.value(f"add.i32 {index}, {f.i32(1)} : i32")
    f.line(f"vm.br ^{label}look({following} : i32)")
    return device


def _load(f: Function, device: str, kind: str) -> str:
    """Gives the machine code to a device."""
    code = f.string(kind), f.bytes('@"$elf"'), f.null("bytes")
    return f.call("executable.create", device, f.i64(_ANY_QUEUE), *code)


def _discard(f: Function, device: str, executable: str) -> None:
    for reference, of in ((device, "device"), (executable, "executable")):
        f.line(f"vm.discard.refs {reference} : {REFS[of]}")


def _query(f: Function, device: str, category: str, key: str, yes: str, no: str) -> None:
    """Goes on at `yes` if the device answers a question by something other than 0."""
    answer = f.call("device.query.i64", device, f.string(category), f.string(key))
    positive = f.value(f"cmp.nz.i64 {answer}#1 : i64")
    holds = f.value(f"and.i32 {answer}#0, {positive} : i32")
    f.line(f"vm.cond_br {holds}, {yes}, {no}")


def _record(
    f: Function,
    entry: Entry,
    number: int,
    part: _Recorded,
    device: str,
    executable: str,
    functions: dict[str, str],
) -> None:
    """Records dispatches of an entry, which a call then gives its buffers."""
    lengths = Layout(entry).lengths if part is not _Recorded.HELP else [entry.scratch]
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
        for first in range(0, entry.buffers, BOUND_AT_ONCE):
            # The last ones may be too few; what is stored for others is not read.
            bound = range(first + 1, first + 1 + BOUND_AT_ONCE)
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


def _write_entry(module: Module, entry: Entry, number: int, *, stops: bool = False) -> None:
    """The function that is called: checks, memory for results, the recorded dispatches.

    With `stops` it takes the word that stops it as another argument.
    """
    f = Function(module)
    layout = Layout(entry)
    views = [f"%view{position}" for position in range(len(entry.arguments))]
    device = f.device = f.load('@"$device"', "device")
    allocator = f.call("device.allocator", device) if entry.buffers else ""
    arguments = _for_each(f, _take, entry.arguments, "view", views, "buffer", allocator)
    blanks = [""] * len(entry.made)
    made = _for_each(f, _make, entry.made, "", blanks, "buffer", allocator)
    own = _allocate(f, allocator, layout.own) if layout.own else ""
    weights = [f.load(_weight(leaf.path), "buffer") for leaf in entry.weights]
    table = [(buffer, 0) for buffer in (*arguments, *weights, *made)]
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
        has_leader = f.value(f"cmp.nz.ref {leader} : {REFS['device']}")
        f.line(f"vm.cond_br {has_leader}, ^team, ^alone")
        f.line("^team:")
        begun, helped = f.fence(), f.fence()
        run(_Recorded.BEGIN, leader, ready, begun, bound)
        # Nobody waits for the helpers.
        run(_Recorded.HELP, device, begun, helped, bound[-1:])
        run(_Recorded.LEAD, leader, begun, fence, bound)
        f.line("vm.br ^submitted")
        f.line("^alone:")
        f.line(f"vm.discard.refs {leader} : {REFS['device']}")
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
    reflection = ", ".join(f"{quoted(key)} = {quoted(text)}" for key, text in kept.items())
    symbol = f"@{quoted(entry.name + STOPPABLE * stops)}"
    module.declare(f"export {symbol}")
    module.function(
        symbol,
        [(view, "view") for view in [*views, *["%stop"] * stops]],
        ["view"] * len(entry.results),
        f"iree.reflection = {{{reflection}}}, vm.unwind, vm.yield",
        f.text(),
    )


# What is written for an array, given the allocator and a value that there is; it names another.
_Step: TypeAlias = Callable[[Function, str, LeafSpec, str], str]


def _for_each(
    f: Function,
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
        inner = Function(f.module)
        names = [f"%value{i}" if takes else "" for i in range(len(part))]
        shared = "%allocator" if allocator else ""
        made = [step(inner, shared, leaf, name) for leaf, name in zip(part, names, strict=True)]
        inner.give_back(made, gives)
        parameters = [("%allocator", "allocator")] if allocator else []
        parameters += [(name, takes) for name in names if name]
        symbol = f.module.private(parameters, [gives] * len(part), inner.text())
        given = [allocator] if allocator else []
        given += [value for value in values[first : first + _PART] if value]
        kinds = ", ".join(REFS[kind] for _, kind in parameters)
        made_kinds = ", ".join([REFS[gives]] * len(part))
        call = f"call {symbol}({', '.join(given)}) : ({kinds}) -> ({made_kinds})"
        name = f.value(call, len(part))
        results += [name] if len(part) == 1 else [f"{name}#{i}" for i in range(len(part))]
    return results


def _take(f: Function, allocator: str, leaf: LeafSpec, view: str) -> str:
    """Checks an argument, and gives its buffer."""
    dims, kind = [f.i64(size) for size in _dims(leaf)], f.i32(_element(leaf))
    f.call("buffer_view.assert", view, f.string(leaf.path), kind, f.i32(_DENSE_ROW_MAJOR), dims)
    buffer = f.call("buffer_view.buffer", view)
    needs = f.i64(leaf.nbytes), f.i32(_DEVICE_VISIBLE), f.i32(_TRANSFER_AND_STORAGE)
    f.call("buffer.assert", buffer, f.string(leaf.path), allocator, *needs)
    return buffer


def _make(f: Function, allocator: str, leaf: LeafSpec, _: str) -> str:
    """Gives a buffer for a result."""
    return _allocate(f, allocator, leaf.nbytes)


def _allocate(f: Function, allocator: str, size: int) -> str:
    kind = f.i32(_DEVICE_LOCAL), f.i32(_TRANSFER_AND_STORAGE)
    if f.device and size in _FROM_POOL:
        fence = f.fence()
        operands = f.i64(_ANY_QUEUE), f.null("fence"), fence, f.i64(_DEFAULT_POOL), *kind
        f.awaited.append(fence)
        return f.call("device.queue.alloca", f.device, *operands, f.i64(size), f.i64(0))
    return f.call("allocator.allocate", allocator, f.i64(_ANY_QUEUE), *kind, f.i64(size))


def _show(f: Function, _: str, leaf: LeafSpec, buffer: str) -> str:
    """Gives a result's view of its buffer."""
    what = f.i32(_element(leaf)), f.i32(_DENSE_ROW_MAJOR), [f.i64(size) for size in _dims(leaf)]
    return f.call("buffer_view.create", buffer, f.i64(0), f.i64(leaf.nbytes), *what)


def _await(f: Function, fence: str) -> None:
    """Waits, letting other work of the virtual machine go on."""
    f.line(
        f"vm.call.variadic.yieldable @hal.fence.await({f.i32(_FOREVER)}, {f.i64(0)}, {fence}) "
        "<segment_sizes = dense<[-1, -1, 1]> : vector<3xi16>, "
        f"segment_types = [i32, i64, {REFS['fence']}]> : (i32, i64, {REFS['fence']}) "
        "-> ^waited (i32)"
    )
    f.line("^waited(%status: i32):")
    f.line("vm.cond_br %status, ^failed, ^done")
    f.line("^failed:")
    f.line('vm.fail %status, "failed to wait for the machine code"')
    f.line("^done:")
