"""Text in IREE's dialect "vm": modules and functions of its virtual machine.

Whatever depends on that dialect, and on the functions of IREE's module "hal" that they call, is
here and in `host.py`, which says what the functions do.

**References.** A function of the virtual machine that returns does not release what its registers
refer to. Each reference has to be handed over by its last use, which IREE's compiler sees by
itself, on every way through the function, or be discarded by an operation. Failing releases all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

REFS: Final = {
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
} | {"bytes": "!vm.buffer", "buffers": "!vm.list<!vm.ref<!hal.buffer>>"}


@dataclass(frozen=True)
class Import:
    """A function of one of IREE's modules: the types of what it takes and gives, by short names.

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
        return f"import private {_symbol(name)}({arguments}){self.returns}{since}"

    @cached_property
    def call(self) -> tuple[str, str]:
        """How a call of the function begins and ends."""
        variadic = "*" in self.takes
        returns = self.returns or ("" if variadic else " -> ()")
        return ("call.variadic" if variadic else "call"), f"({', '.join(self.types)}){returns}"


def _symbol(name: str) -> str:
    """A function by its module's name and its own."""
    return f"@{name}" if name in PARAMETER_IMPORTS else f"@hal.{name}"


def _spelled(kind: str) -> str:
    if kind.endswith("*"):
        return f"{_spelled(kind[:-1])} ..."
    if kind.startswith("("):
        return f"tuple<{', '.join(_spelled(part) for part in kind[1:-1].split(','))}>"
    return REFS.get(kind, kind)


IMPORTS: Final = {
    "allocator.allocate": Import("allocator i64 i32 i32 i64", "buffer"),
    "buffer.assert": Import("buffer bytes allocator i64 i32 i32"),
    "buffer.store": Import("i32 buffer i64 i32"),
    "buffer_view.assert": Import("view bytes i32 i32 i64*"),
    "buffer_view.buffer": Import("view", "buffer"),
    "buffer_view.create": Import("buffer i64 i64 i32 i32 i64*", "view"),
    "command_buffer.create": Import("device i32 i32 i64 i32", "commands", 6),
    "command_buffer.dispatch": Import(
        "commands executable i64 i32 i32 i32 i64 i32* (i32,i32,buffer,i64,i64)*", version=7
    ),
    "command_buffer.execution_barrier": Import("commands i32 i32 i64"),
    "command_buffer.finalize": Import("commands"),
    "device.allocator": Import("device", "allocator"),
    "device.query.i64": Import("device bytes bytes", "i32 i64"),
    "device.queue.alloca": Import("device i64 fence fence i64 i32 i32 i64 i64", "buffer"),
    "device.queue.execute.indirect": Import(
        "device i64 fence fence commands i64 (buffer,i64,i64)*"
    ),
    "devices.count": Import("", "i32"),
    "devices.get": Import("i32", "device"),
    "executable.create": Import("device i64 bytes bytes bytes", "executable"),
    "executable.lookup.function": Import("executable bytes", "i64", 7),
    "fence.await": Import("i32 i64 fence*", "i32"),
    "fence.create": Import("device i64", "fence"),
    "fence.join": Import("i64 fence*", "fence"),
}


# Functions of a module that only programs with weights beside them need.
PARAMETER_IMPORTS: Final = {
    "io_parameters.load": Import(
        "device i64 fence fence bytes i64 i32 i32 bytes bytes bytes", "buffers"
    ),
}


@cache
def _declarations() -> str:
    return "\n".join(f"vm.{function.declaration(name)}" for name, function in IMPORTS.items())


class Module:
    """The text of a module, with each string and each import in it once."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._strings: dict[str, str] = {}
        self._imports: set[str] = set()

    def require(self, name: str) -> Import:
        """A function that is imported from now on, if it was not before."""
        if name in IMPORTS:
            return IMPORTS[name]
        self._imports.add(name)
        return PARAMETER_IMPORTS[name]

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
        takes = ", ".join(f"{name}: {REFS[kind]}" for name, kind in parameters)
        returns = f" -> ({', '.join(REFS[kind] for kind in gives)})" if gives else ""
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
            *(f"vm.{PARAMETER_IMPORTS[name].declaration(name)}" for name in sorted(self._imports)),
            *(
                f"vm.rodata private {symbol} <alignment = 1> {quoted(text)}"
                for text, symbol in self._strings.items()
            ),
            *self._lines,
        ]
        body = "\n".join(lines)
        return (
            f"module attributes {{vm.toplevel}} {{\nvm.module public @module {{\n{body}\n}}\n}}\n"
        )


class Function:
    """The text of a function: constants once, at its start, then operations."""

    def __init__(self, module: Module) -> None:
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
        return self._constants.setdefault(f"vm.const.ref.zero : {REFS[kind]}", f"%null_{kind}")

    def bytes(self, symbol: str) -> str:
        """A reference to constant bytes, to be used once."""
        return self.value(f"const.ref.rodata {symbol} : !vm.buffer")

    def string(self, text: str) -> str:
        """A reference to a constant string, to be used once."""
        return self.bytes(self.module.string(text))

    def load(self, symbol: str, kind: str) -> str:
        """What a global variable holds."""
        return self.value(f"global.load.ref {symbol} : {REFS[kind]}")

    def fence(self) -> str:
        """A new fence of the device."""
        return self.call("fence.create", self.device, self.i64(0))

    def store(self, value: str, symbol: str, kind: str) -> None:
        """Puts a value into a global variable."""
        self.line(f"vm.global.store.ref {value}, {symbol} : {REFS[kind]}")

    def call(self, name: str, *operands: str | Iterable[str]) -> str:
        """Calls an imported function.

        Args:
            name: the function.
            operands: values, and sequences of them for parameters of any number.

        Returns:
            The result, if there is one.
        """
        function = self.module.require(name)
        given = ", ".join(
            operand if isinstance(operand, str) else f"[{', '.join(operand)}]"
            for operand in operands
        )
        call, types = function.call
        operation = f"{call} {_symbol(name)}({given}) : {types}"
        if not function.gives:
            self.line(f"vm.{operation}")
            return ""
        return self.value(operation, len(function.gives.split()))

    def give_back(self, values: Sequence[str], kind: str) -> None:
        """Ends the function with references of one kind as its results."""
        kinds = ", ".join([REFS[kind]] * len(values))
        self.line(f"vm.return {', '.join(values)} : {kinds}" if values else "vm.return")

    def text(self) -> str:
        """The body."""
        constants = (f"{name} = {operation}" for operation, name in self._constants.items())
        return "\n".join((*constants, *self._lines))


def quoted(text: str) -> str:
    """A string literal; MLIR's escapes are the hexadecimal digits of a byte."""
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:02X}"
        for byte in text.encode()
    )
    return f'"{"".join(escaped)}"'
