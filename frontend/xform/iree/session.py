"""IREE's compiler, by its C interface: loading it takes a tenth of the time of its Python package.

One compilation runs at a time, because those of a process share LLVM's options; who calls has to
see to that (`workers.py` does).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, Final

from ..compiling.refusal import Refused

# A session keeps every type and attribute that it has seen; a new one now and then bounds that.
_SESSION_COMPILES: Final = 500

_ERROR_SEVERITY: Final = 2
_DiagnosticCallback = ctypes.CFUNCTYPE(
    None, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p
)
_Pointer: Final = ctypes.c_void_p
_STANDARD_PIPELINE: Final = 0

# Of what is compiled from the dialect "vm" only the places in the text could be kept.
VM_FLAGS: Final = ("--iree-vm-bytecode-module-strip-source-map",)

# What is called: the arguments' types, and what it returns, which is an error unless said.
_FUNCTIONS: Final[dict[str, tuple[tuple[Any, ...], Any]]] = {
    "GlobalInitialize": ((), None),
    "ErrorGetMessage": ((_Pointer,), ctypes.c_char_p),
    "ErrorDestroy": ((_Pointer,), None),
    "SessionCreate": ((), _Pointer),
    "SessionDestroy": ((_Pointer,), None),
    "SessionSetFlags": ((_Pointer, ctypes.c_int, _Pointer), _Pointer),
    "SessionStealContext": ((_Pointer,), _Pointer),
    "SourceWrapBuffer": (
        (_Pointer, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_bool, _Pointer),
        _Pointer,
    ),
    "SourceDestroy": ((_Pointer,), None),
    "InvocationCreate": ((_Pointer,), _Pointer),
    "InvocationDestroy": ((_Pointer,), None),
    "InvocationEnableCallbackDiagnostics": (
        (_Pointer, ctypes.c_int, _DiagnosticCallback, _Pointer),
        None,
    ),
    "InvocationSetCompileFromPhase": ((_Pointer, ctypes.c_char_p), None),
    "InvocationSetCompileToPhase": ((_Pointer, ctypes.c_char_p), None),
    "InvocationSetVerifyIR": ((_Pointer, ctypes.c_bool), None),
    "InvocationParseSource": ((_Pointer, _Pointer), ctypes.c_bool),
    "InvocationPipeline": ((_Pointer, ctypes.c_int), ctypes.c_bool),
    "InvocationExportStealModule": ((_Pointer,), _Pointer),
    "InvocationImportBorrowModule": ((_Pointer, _Pointer), ctypes.c_bool),
    "InvocationOutputVMBytecode": ((_Pointer, _Pointer), _Pointer),
    "InvocationOutputIR": ((_Pointer, _Pointer), _Pointer),
    "OutputOpenMembuffer": ((_Pointer,), _Pointer),
    "OutputMapMemory": ((_Pointer, _Pointer, _Pointer), _Pointer),
    "OutputDestroy": ((_Pointer,), None),
}


def compile_text(
    flags: tuple[str, ...], text: str, name: str, phase: str = "", keep: bool = True
) -> bytes:
    """Compiles a program.

    Args:
        flags: those of IREE's command line.
        text: the program, in the form that it has before `phase`, or in the first.
        name: what to call it in diagnostics.
        phase: what to begin with, such as "vm".
        keep: whether the session is for the next program of these flags, too.

    Returns:
        The bytes of a .vmfb.

    Raises:
        Refused: IREE rejects the program or a flag.
    """
    chosen = session(flags) if keep else Session(flags)
    return chosen.compile(text, name, phase)


def text_after(flags: tuple[str, ...], text: str, name: str, phase: str) -> str:
    """What a program is after one of the compiler's phases, as text.

    Args:
        flags, text, name: as for `compile_text`.
        phase: such as "stream".

    Raises:
        Refused: IREE rejects the program or a flag.
    """
    return Session(flags).compile(text, name, "", until=phase).decode()


def session(flags: tuple[str, ...]) -> Session:
    """The session of some flags.

    Raises:
        Refused: IREE rejects a flag, or is not installed.
    """
    found = _sessions.get(flags)
    if found is None or found.compiles >= _SESSION_COMPILES:
        found = _sessions[flags] = Session(flags)
    return found


class Session:
    """One of IREE's compiler sessions, with its flags set."""

    def __init__(self, flags: tuple[str, ...]) -> None:
        self.compiles = 0
        self._context: Any = None
        call = library()
        self._session = call.SessionCreate()
        given = (ctypes.c_char_p * len(flags))(*(flag.encode() for flag in flags))
        problem = _message(call.SessionSetFlags(self._session, len(flags), given))
        if problem:
            call.SessionDestroy(self._session)
            self._session = None
            raise Refused("flags", (problem,))

    def __del__(self) -> None:
        if self._session:
            library().SessionDestroy(self._session)

    def compile(self, text: str, name: str, phase: str, *, until: str = "") -> bytes:
        """See `compile_text`; with `until`, the text after that phase."""
        self.compiles += 1
        if phase != "vm" and not until and self._context is None:
            # Python has to own the context before it may look at a module in it.
            self._context = _own_context(self._session)
        call = library()
        diagnostics: list[str] = []

        def collect(severity: int, message: int, size: int, _: object) -> None:
            if severity >= _ERROR_SEVERITY:
                diagnostics.append(ctypes.string_at(message, size).decode(errors="replace"))

        callback = _DiagnosticCallback(collect)
        content = text.encode()
        source = _Pointer()
        problem = call.SourceWrapBuffer(
            self._session, name.encode(), content, len(content) + 1, True, ctypes.byref(source)
        )
        if problem:
            raise Refused("parse", (_message(problem),))
        invocation = call.InvocationCreate(self._session)
        try:
            call.InvocationEnableCallbackDiagnostics(invocation, 0, callback, None)
            if phase:
                call.InvocationSetCompileFromPhase(invocation, phase.encode())
            if until:
                call.InvocationSetCompileToPhase(invocation, until.encode())
            if not call.InvocationParseSource(invocation, source):
                raise Refused("parse", tuple(diagnostics))
            # Verification after each pass would be a quarter of the time; parsing verifies.
            call.InvocationSetVerifyIR(invocation, False)
            if not call.InvocationPipeline(invocation, _STANDARD_PIPELINE):
                raise Refused("compile", tuple(diagnostics))
            # Keeps what Python holds of the module.
            module = None if phase == "vm" or until else _separated(invocation)
            kind = "IR" if until else "VMBytecode"
            content, problem = _output(invocation, kind)
            del module
            if problem:
                raise Refused("serialize", (*diagnostics, problem))
            return content
        finally:
            call.InvocationDestroy(invocation)
            call.SourceDestroy(source)


_sessions: dict[tuple[str, ...], Session] = {}


def _output(invocation: Any, kind: str) -> tuple[bytes, str]:
    """A compiled module's bytes, as "VMBytecode" or text ("IR"), and what went wrong."""
    call = library()
    write = getattr(call, f"InvocationOutput{kind}")
    output, content, size = _Pointer(), _Pointer(), ctypes.c_uint64()
    problem = _message(call.OutputOpenMembuffer(ctypes.byref(output)))
    try:
        problem = problem or _message(write(invocation, output))
        problem = problem or _message(
            call.OutputMapMemory(output, ctypes.byref(content), ctypes.byref(size))
        )
        return (b"" if problem else ctypes.string_at(content, size.value)), problem
    finally:
        if output:
            call.OutputDestroy(output)


def _message(problem: Any) -> str:
    """What an error of the C interface says, which is then no more; empty if it is none."""
    if not problem:
        return ""
    text: bytes = library().ErrorGetMessage(problem)
    library().ErrorDestroy(problem)
    return text.decode(errors="replace") or "IREE gave no reason"


# How MLIR's Python bindings pass pointers (mlir-c/Bindings/Python/Interop.h).
_CONTEXT: Final = b"iree.compiler.ir.Context._CAPIPtr"
_OPERATION: Final = b"iree.compiler.ir.Operation._CAPIPtr"


def _capsule(pointer: Any, kind: bytes) -> Any:
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, (_Pointer, ctypes.c_char_p, _Pointer)
    return new(pointer, kind, None)


def _own_context(session: Any) -> Any:
    from iree.compiler import ir

    create: Callable[[Any], Any] = ir.Context._CAPICreate
    return create(_capsule(library().SessionStealContext(session), _CONTEXT))


def _separated(invocation: Any) -> Any:
    """Repairs the compiled module; see `vm_branches`."""
    # IREE's Python package takes 150 ms to load.
    from iree.compiler import ir

    from .vm_branches import separate_references

    module = ir.Operation._CAPICreate(
        _capsule(library().InvocationExportStealModule(invocation), _OPERATION)
    )
    separate_references(module)
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = _Pointer, (ctypes.py_object, ctypes.c_char_p)
    library().InvocationImportBorrowModule(invocation, get(module._CAPIPtr, _OPERATION))
    return module


class _Library:
    """The functions of the C interface, without their prefix."""

    def __init__(self, path: str) -> None:
        loaded = ctypes.CDLL(path)
        for name, (arguments, result) in _FUNCTIONS.items():
            function = getattr(loaded, f"ireeCompiler{name}")
            function.argtypes, function.restype = arguments, result
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@cache
def library() -> _Library:
    """IREE's compiler, loaded at the first call.

    Raises:
        Refused: it is not installed.
    """
    # Its package, whose import takes long, is not imported.
    spec = find_spec("iree.compiler")
    for place in spec.submodule_search_locations or () if spec else ():
        directory = os.path.join(place, "_mlir_libs")
        for name in os.listdir(directory):
            if "IREECompiler." in name:
                found = _Library(os.path.join(directory, name))
                found.GlobalInitialize()
                return found
    raise Refused("load", ("it is not installed: pip install iree-base-compiler",))
