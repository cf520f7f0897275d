"""The dtypes and array types of the command line: `f32[4,784]`, `float32[4, 784]`, `i64[]`."""

from __future__ import annotations

import re
from typing import Final

from .failures import CommandError, ExitCode, near

# By the short name. Bytes are counted in bits, as everywhere.
SHORT_NAMES: Final = {
    "bool": "bool",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "u64": "uint64",
    "f16": "float16",
    "bf16": "bfloat16",
    "f32": "float32",
    "f64": "float64",
    "c64": "complex64",
    "c128": "complex128",
}
_KNOWN: Final = {**SHORT_NAMES, **{name: name for name in SHORT_NAMES.values()}}
_TYPE: Final = re.compile(r"(\w*)\s*\[([^\[\]]*)\]")


def dtype_name(text: str) -> str:
    """The full name of a dtype.

    Raises:
        CommandError: there is none of that name.

    >>> dtype_name("bf16"), dtype_name("int64")
    ('bfloat16', 'int64')
    """
    found = _KNOWN.get(text)
    if found is None:
        raise CommandError(
            ExitCode.USAGE,
            f"unknown dtype {text!r}: {near(text, _KNOWN)}",
            f"The dtypes are {', '.join(SHORT_NAMES)}, or NumPy's names of them.",
        )
    return found


def parse_type(text: str, of: str) -> tuple[str, tuple[int | str | None, ...]]:
    """Reads the type of an array.

    Args:
        text: such as `f32[4,784]`, `f32[]` for a scalar, or `f32[batch,784]` and `f32[?,784]`, of
            which sizes are open.
        of: what has that type, for the message.

    Returns:
        The full name of the dtype, and the shape.

    Raises:
        CommandError: it is no type.

    >>> parse_type("f32[4, 784]", "x")
    ('float32', (4, 784))
    >>> parse_type("f32[batch, ?]", "x")
    ('float32', ('batch', None))
    """
    found = _TYPE.fullmatch(text)
    if found is None:
        bare = text in _KNOWN
        raise CommandError(
            ExitCode.USAGE,
            f"{of}: {text!r} is no array type: expected a dtype and a shape, such as f32[4,784]"
            + (f"; a scalar is {text}[]" if bare else ", or f32[] for a scalar"),
        )
    dtype, sizes = found.groups()
    try:
        name = dtype_name(dtype)
    except CommandError as failure:
        raise CommandError(failure.code, f"{of}: {failure.message}", failure.advice) from None
    parts = [part.strip() for part in sizes.split(",")] if sizes.strip() else []
    if parts and parts[-1] == "":
        parts.pop()
    shape: list[int | str | None] = []
    for part in parts:
        if part.isdecimal():
            shape.append(int(part))
        elif part == "?" or part.isidentifier():
            shape.append(None if part == "?" else part)
        else:
            raise CommandError(
                ExitCode.USAGE,
                f"{of}: the size {part!r} in {text!r} is no whole number: one that is open until a "
                "call is a name or ?",
            )
    return name, tuple(shape)
