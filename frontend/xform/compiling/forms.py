"""The forms in which a program can be compiled: where one is refused, the next one is tried.

The first is the fastest. Those behind it ask less of the compilers, so that whoever meets a fault
of theirs still gets the right numbers, and a warning; only where all are refused is there an error.
"""

from __future__ import annotations

import linecache
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from xform_runtime.errors import XformRuntimeError, XformValueError

from ..iree import compiler
from ..iree.flags import compile_flags, is_vouched_for
from ..knobs import DUMP
from ..source import user_site
from . import machine_code, workers
from .bisection import Divisible, fatal_line
from .dump import Stages
from .plainly import plainly
from .refusal import Refused
from .targets import Target, as_target


class CompileError(XformRuntimeError):
    """No compiler accepts a program.

    Args:
        message: what the user reads.
        stage: where the first compiler failed: "parse", "lower", "codegen", "compile",
            "serialize", or "died".
        diagnostics: its messages, in order.
        reproducer: directory with the program and a script that compiles it, or None if none was
            written.
    """

    def __init__(
        self,
        message: str,
        *,
        stage: str = "compile",
        diagnostics: Sequence[str] = (),
        reproducer: Path | None = None,
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.diagnostics = tuple(diagnostics)
        self.reproducer = reproducer


@dataclass(frozen=True)
class Form:
    """A way to compile a program.

    Args:
        how: what it is called in messages: "it is compiled by ...".
        compile: makes a .vmfb of linalg text for a target, given the program's name, or raises
            `Refused`.
    """

    how: str
    compile: Callable[[str, Target, str], bytes]


def _here(text: str, target: Target, name: str) -> bytes:
    return machine_code.compile_here(text, target, name)


def _here_plain(text: str, target: Target, name: str) -> bytes:
    return machine_code.compile_here(text, target, name, plain=True)


def _iree(text: str, target: Target, name: str) -> bytes:
    if machine_code.is_compiled_here(text):
        text = machine_code.for_iree(text, target, name)
    return compiler.compile_with_iree(text, target, name)


def _iree_plain(text: str, target: Target, name: str) -> bytes:
    if machine_code.is_compiled_here(text):
        text = machine_code.for_iree(text, target, name)
    return compiler.compile_with_iree(text, target, name, plain=True)


_IREE: Final = (
    Form("IREE's compiler", _iree),
    Form("IREE's compiler, each operation by itself", _iree_plain),
)
_HERE: Final = (
    Form("xform's own machine code", _here),
    Form("xform's own machine code, one number at a time", _here_plain),
)

# What no other form can mend.
_HOPELESS: Final = ("parse", "flags", "load")


def forms(linalg_text: str) -> tuple[Form, ...]:
    """The forms of a program, the best one first; without that where code is to be plain."""
    known = (*_HERE, *_IREE) if machine_code.is_compiled_here(linalg_text) else _IREE
    return known[1:] if plainly.is_on else known


class Origin(NamedTuple):
    """What the linalg text of a program was made of, for messages.

    Args:
        located: gives the text with the user's lines in it.
        program: what the text was made of.
        lower: makes such a text of a part of that, or raises `Refused`.
    """

    located: Callable[[], str]
    program: Divisible
    lower: Callable[[bytes], str]


class Compilation(NamedTuple):
    """A compiled program.

    Args:
        module: the bytes of a .vmfb.
        is_best: whether it has the best form; a plainer one may be for want of memory, so whoever
            keeps modules should not keep it.
    """

    module: bytes
    is_best: bool


def compile_module(linalg_text: str, target: Target | str, *, name: str) -> bytes:
    """`compile_program`'s module."""
    return compile_program(linalg_text, target, name=name).module


def compile_program(
    linalg_text: str,
    target: Target | str,
    *,
    name: str,
    origin: Origin | None = None,
) -> Compilation:
    """Compiles a module of linalg, tensor, arith and scf operations in the first form that can be.

    If that is not the best one, a warning says so.

    Args:
        linalg_text: the module as MLIR text, as `xform-pipeline` leaves it.
        target: what to compile for.
        name: what to call the program in diagnostics and dumps.
        origin: what the text was made of, for messages.

    Raises:
        CompileError: it is refused in every form; names the user's line where that can be found,
            also of what a compiler dies of (`bisection.py`).
        XformValueError: the target's processor is not known.
    """
    chosen = as_target(target)
    known = forms(linalg_text)
    refusals: list[Refused] = []
    for form in known:
        try:
            vmfb = form.compile(linalg_text, chosen, name)
        except Refused as refused:
            refusals.append(refused)
            if not is_vouched_for(chosen):
                compiler.check_processor(chosen)
            if refused.stage in _HOPELESS:
                break
            continue
        if refusals:
            reproducer = _reproducer(linalg_text, chosen, name, known[0])
            where = f"; reproducer: {reproducer}" if reproducer else ""
            _warn(
                f"{name!r} is slower than it could be: it is compiled by {form.how}, as "
                f"{known[0].how} failed ({_short(refusals[0])}){where}"
            )
        return Compilation(vmfb, is_best=not refusals)
    raise _error(linalg_text, chosen, name, refusals, origin)


def emit_ptx(linalg_text: str, target: Target | str = "cuda") -> str:
    """Compiles for CUDA and returns the PTX of all kernels, for inspection.

    Raises:
        CompileError: IREE rejects the program.
        XformValueError: the target is not a CUDA one.
    """
    chosen = as_target(target)
    if chosen.device != "cuda":
        raise XformValueError(f"PTX exists for device 'cuda' only, got {chosen.device!r}")
    try:
        return compiler.emit_ptx(linalg_text, chosen, "ptx")
    except Refused as refused:
        raise _error(linalg_text, chosen, "ptx", [refused], None) from None


def reproduce(path: str, target: str, number: int) -> None:
    """Compiles a text in one of its forms, in this process, and writes the module beside it."""
    workers.stay_in_this_process()
    source = Path(path)
    text = source.read_text(encoding="utf-8")
    try:
        vmfb = forms(text)[number].compile(text, Target.parse(target), source.stem)
    except Refused as refused:
        sys.exit("\\n".join((f"refused (stage {refused.stage})", *refused.diagnostics)))
    source.with_suffix(".vmfb").write_bytes(vmfb)


def _reproducer(text: str, target: Target, name: str, form: Form) -> Path | None:
    """Keeps a program, and a script that compiles it in its best form."""
    try:
        directory = DUMP.get() or Path(tempfile.mkdtemp(prefix="xform-reproducer-"))
        stages = Stages(directory, name, text)
        stages.write("linalg", text)
        if form in _HERE:
            call = f"reproduce({stages.path('linalg').name!r}, {str(target)!r}, 0)"
            script = f"from xform.compiling.forms import *; {call}"
            stages.write_command([sys.executable, "-c", script])
        else:
            stages.write_script(compile_flags(target))
    except OSError:
        return None
    return directory


# Compilers write whole operations into a line.
_MOST_SAID: Final = 200
_PLACE: Final = re.compile(r"^(?P<file>[^\n:]+):(?P<line>\d+):(\d+:)?", re.MULTILINE)


def _error(
    text: str,
    target: Target,
    name: str,
    refusals: Sequence[Refused],
    origin: Origin | None,
) -> CompileError:
    first = refusals[0]
    known = list(zip(forms(text), refusals, strict=False))
    where = _place(known, target, name, origin)
    lines = [f"cannot compile {name!r} for {target} (stage {first.stage}){where}"]
    for form, refused in known:
        lines.append(f"  {form.how}: {_short(refused)}")
    if first.stage not in _HOPELESS:
        lines.append(
            "  Smaller pieces may compile: jit parts of it, or write what stands there in another "
            "way. The compilers' own words are in the error's `diagnostics`."
        )
    reproducer = _reproducer(text, target, name, known[0][0])
    if reproducer:
        lines.append(f"reproducer: {reproducer}")
    return CompileError(
        "\n".join(lines),
        stage=first.stage,
        diagnostics=first.diagnostics,
        reproducer=reproducer,
    )


def _place(
    known: Sequence[tuple[Form, Refused]], target: Target, name: str, origin: Origin | None
) -> str:
    """The user's line at which a program is refused, as the end of a message's first line."""
    if origin is None:
        return ""
    # Who dies says nothing.
    speaking = [form for form, refused in known if not refused.is_death]
    text = origin.located() if speaking else ""
    for form in speaking:
        try:
            form.compile(text, target, name)
        except Refused as refused:
            for found in _PLACE.finditer("\n".join((f"{refused.place}:", *refused.diagnostics))):
                said = _said_of(found["file"], int(found["line"]))
                if said:
                    return said
    for form, death in known:
        if death.is_death:
            compile_part = partial(_compile_part, form, target, name, origin)
            place = fatal_line(origin.program, compile_part, death)
            return _said_of(*place) if place else ""
    return ""


def _compile_part(form: Form, target: Target, name: str, origin: Origin, part: bytes) -> None:
    form.compile(origin.lower(part), target, name)


def _said_of(file: str, line: int) -> str:
    """A line of the user's for a message; empty if there is none."""
    source = linecache.getline(file, line).strip()
    return f", at {file}:{line}\n    {source}" if source else ""


def _warn(message: str) -> None:
    """Warns, at the user's line."""
    file, line, _ = user_site()
    warnings.warn_explicit(message, RuntimeWarning, file or __file__, line)


def _short(refused: Refused) -> str:
    """The first line of what a compiler said, or its beginning."""
    said = [line for text in refused.diagnostics for line in text.splitlines() if line.strip()]
    first = _PLACE.sub("", said[0]).strip() if said else "no reason is known"
    return first if len(first) <= _MOST_SAID else f"{first[:_MOST_SAID]}..."
