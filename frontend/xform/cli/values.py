"""The values of arguments: literals on the command line, and arrays in NumPy's files."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .failures import CommandError, ExitCode, near
from .paths import Path, argument_paths, parse_path, path_text, split_given

if TYPE_CHECKING:
    import numpy as np
    from xform_runtime import LeafSpec, Signature

_FILE: Final = re.compile(r"@(?P<path>.+?)(?:\[(?P<key>[^\[\]]*)\])?")

_NUMBERS: Final = {"nan": float("nan"), "inf": float("inf"), "true": True, "false": False}


def values_of(
    signature: Signature, given: Sequence[str], *, casts: bool = False, missing: bool = False
) -> list[np.ndarray[Any, Any] | None]:
    """The arrays to call an entry point with.

    Args:
        signature: of the entry point.
        given: what `--arg` was given: `x=2.5`, `x=[1, 2]`, `x=@file.npy`, `x=@file.npz[key]`, where
            x may be a part, as in `params.w`; without a name it is the next argument's.
        casts: whether arrays of files may have another dtype.
        missing: whether arrays may be missing.

    Returns:
        An array for each leaf of the signature, or None where one may be missing and is.

    Raises:
        CommandError: they are not what the entry point takes.
    """
    paths = argument_paths(signature)
    found: list[np.ndarray[Any, Any] | None] = [None] * len(paths)
    roots = list(dict.fromkeys(path[0] for path in paths))
    named = [(path, value) for path, value in map(split_given, given) if path is not None]
    free = [value for path, value in map(split_given, given) if path is None]
    used = {_root(path[0], roots) for path, _ in named}
    waiting = [root for root in roots if root not in used]
    if len(free) > len(waiting):
        raise CommandError(
            ExitCode.USAGE,
            f"there are too many values: {signature.name} takes {_takes(signature, paths)}",
        )
    for path, value in [*named, *(((root,), v) for root, v in zip(waiting, free, strict=False))]:
        whole = (_root(path[0], roots), *path[1:])
        leaves = {i: p[len(whole) :] for i, p in enumerate(paths) if p[: len(whole)] == whole}
        if not leaves:
            raise _unknown(path, paths, signature)
        for i, array in _read(value, path_text(path), leaves, signature.args, casts).items():
            if found[i] is not None:
                raise CommandError(ExitCode.USAGE, f"{path_text(paths[i])} was given twice")
            found[i] = array
    absent = [i for i, array in enumerate(found) if array is None]
    if absent and not missing:
        names = ", ".join(f"{path_text(paths[i])} ({signature.args[i]})" for i in absent)
        example = path_text(paths[absent[0]])
        raise CommandError(
            ExitCode.USAGE,
            f"no value was given for {names}",
            f'Give one by --arg "{example}=@file.npy", or a number or list in place of the file.',
        )
    return found


def _root(root: str | int, roots: Sequence[str | int]) -> str | int:
    """The argument of that name, or of that number."""
    if root not in roots and isinstance(root, int) and 0 <= root < len(roots):
        return roots[root]
    return root


def _takes(signature: Signature, paths: Sequence[Path]) -> str:
    if not paths:
        return "no arguments"
    return ", ".join(
        f"{path_text(path)} ({leaf})" for path, leaf in zip(paths, signature.args, strict=True)
    )


def _unknown(path: Path, paths: Sequence[Path], signature: Signature) -> CommandError:
    known = [path_text(p) for p in paths]
    return CommandError(
        ExitCode.USAGE,
        f"{signature.name} has no argument {path_text(path)!r}; {near(path_text(path), known)}",
        f"It takes {_takes(signature, paths)}.",
    )


def _read(
    text: str,
    name: str,
    leaves: Mapping[int, Path],
    specs: Sequence[LeafSpec],
    casts: bool,
) -> dict[int, np.ndarray[Any, Any]]:
    """The arrays for the leaves of an argument, by their numbers."""
    if not text.startswith("@"):
        if len(leaves) > 1 or () not in leaves.values():
            inside = ", ".join(path_text((name, *path)) for path in leaves.values())
            raise CommandError(
                ExitCode.USAGE,
                f"{name} holds several arrays: give each of {inside} a value, or all of them a "
                ".npz file",
            )
        (i,) = leaves
        return {i: _literal(text, name, specs[i])}
    read = read_file(text, name)
    if not isinstance(read, dict):
        if len(leaves) > 1 or () not in leaves.values():
            raise CommandError(
                ExitCode.USAGE, f"{name} holds several arrays, but {text} has one: expected a .npz"
            )
        (i,) = leaves
        return {i: _fitted(read, name, specs[i], text, casts)}
    if tuple(leaves.values()) == ((),):
        raise CommandError(
            ExitCode.USAGE,
            f"{name}: {text} has several arrays: name one, as in {text}[{next(iter(read), 'key')}]",
        )
    by_path = {parse_path(key): array for key, array in read.items() if key}
    made = {}
    for i, path in leaves.items():
        if path not in by_path:
            wanted = path_text(path)
            raise CommandError(
                ExitCode.USAGE,
                f"{name}: {text} has no array {wanted!r}; {near(wanted, read)}",
            )
        made[i] = _fitted(by_path[path], path_text((name, *path)), specs[i], text, casts)
    return made


def read_file(text: str, name: str) -> np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]:
    """The array in a file, or those of a .npz that has several.

    Args:
        text: `@file.npy`, `@file.npz` or `@file.npz[key]`.
        name: the argument, for the message.

    Raises:
        CommandError: it cannot be read.
    """
    import numpy as np

    found = _FILE.fullmatch(text)
    if found is None:
        raise CommandError(ExitCode.USAGE, f"{name}: {text!r} names no file: expected @file.npy")
    path, key = found["path"], found["key"]
    try:
        read = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise CommandError(ExitCode.FILE, f"{name}: there is no file {path!r}") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None)
        if reason is None and "allow_pickle" in str(error):
            reason = "it is no array of numbers in NumPy's format"
        raise CommandError(
            ExitCode.FILE,
            f"{name}: {path!r} cannot be read: {reason or error}; expected a .npy or .npz file",
        ) from error
    if not isinstance(read, np.lib.npyio.NpzFile):
        if key is not None:
            raise CommandError(
                ExitCode.USAGE, f"{name}: {path!r} is a .npy file, which has no array {key!r}"
            )
        array: np.ndarray[Any, Any] = read
        return array
    with read:
        keys = read.files
        if key is not None and key not in keys:
            raise CommandError(
                ExitCode.USAGE, f"{name}: {path!r} has no array {key!r}; {near(key, keys)}"
            )
        try:
            if key is not None:
                return np.asarray(read[key])
            arrays = {each: np.asarray(read[each]) for each in keys}
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise CommandError(ExitCode.FILE, f"{name}: {path!r} is damaged: {error}") from error
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _literal(text: str, name: str, spec: LeafSpec) -> np.ndarray[Any, Any]:
    """The array that a literal is."""
    import numpy as np
    from xform_runtime.dtypes import numpy_dtype

    try:
        value = ast.literal_eval(_Names().visit(ast.parse(text.strip(), mode="eval")))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise CommandError(
            ExitCode.USAGE,
            f"{name}: {text!r} is no value: expected a number such as 2.5 or 1+2j, a list such as "
            "[1, 2], or a file as @file.npy",
        ) from None
    try:
        given = np.asarray(value)
    except ValueError:
        raise CommandError(
            ExitCode.USAGE, f"{name}: the rows of {_short(text)} are not equally long"
        ) from None
    if given.dtype.kind not in "biufc" and given.size:
        raise CommandError(
            ExitCode.USAGE, f"{name}: {_short(text)} is no number or list of numbers"
        )
    dtype = numpy_dtype(spec.dtype)
    if not given.size and 0 in spec.shape:
        # A list does not tell all sizes of an array without elements.
        return np.empty([size or 0 for size in spec.shape], dtype)
    if not _fits(given.shape, spec.shape):
        raise _wrong_shape(name, f"{_short(text)}", given.shape, spec)
    if not _keeps(given.dtype.kind, spec.dtype):
        raise CommandError(
            ExitCode.USAGE,
            f"{name}: {_short(text)} has {_KINDS[given.dtype.kind]}, expected {spec}",
        )
    try:
        # Element by element, so that what is out of range is an error.
        return np.array(value, dtype)
    except OverflowError:
        raise CommandError(
            ExitCode.USAGE, f"{name}: {_short(text)} is out of range for {spec.dtype}"
        ) from None


class _Names(ast.NodeTransformer):
    """Puts numbers in the places of their names."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A number's name becomes the number."""
        if node.id not in _NUMBERS:
            return node
        return ast.copy_location(ast.Constant(_NUMBERS[node.id]), node)


_KINDS: Final = {
    "b": "bools",
    "i": "whole numbers",
    "u": "whole numbers",
    "f": "fractions",
    "c": "complex numbers",
}


def _keeps(kind: str, dtype: str) -> bool:
    """Whether numbers of a kind can be written where a dtype is expected."""
    if dtype == "bool":
        return kind == "b"
    if dtype.startswith(("int", "uint")):
        return kind in "iu"
    return kind in ("iufc" if dtype.startswith("complex") else "iuf")


def _fitted(
    array: np.ndarray[Any, Any], name: str, spec: LeafSpec, source: str, casts: bool
) -> np.ndarray[Any, Any]:
    """An array of a file as the entry point takes it."""
    import numpy as np
    from xform_runtime.dtypes import numpy_dtype

    dtype = numpy_dtype(spec.dtype)
    if spec.dtype == "bfloat16" and array.dtype == np.dtype("V2"):
        # What NumPy's format makes of it.
        array = array.view(dtype)
    if not _fits(array.shape, spec.shape):
        raise _wrong_shape(name, source, array.shape, spec)
    if array.dtype.newbyteorder("=") == dtype:
        return array
    if (
        casts
        and (np.can_cast(array.dtype, dtype, "same_kind") or spec.dtype == "bfloat16")
        and array.dtype.kind in "biufc"
    ):
        return array.astype(dtype)
    advice = (
        "--cast converts it."
        if not casts and np.can_cast(array.dtype, dtype, "same_kind")
        else f"Convert it by .astype({spec.dtype!r}) before it is saved."
    )
    raise CommandError(
        ExitCode.USAGE, f"{name}: {source} has dtype {array.dtype.name}, expected {spec}", advice
    )


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(
        want is None or got == want for got, want in zip(shape, expected, strict=True)
    )


def _wrong_shape(name: str, source: str, shape: tuple[int, ...], spec: LeafSpec) -> CommandError:
    got = f"shape [{','.join(map(str, shape))}]" if shape else "no axes, as a single number"
    return CommandError(ExitCode.USAGE, f"{name}: {source} has {got}, expected {spec}")


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else f"{text[:37]}..."
