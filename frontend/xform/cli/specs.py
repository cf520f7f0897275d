"""The arguments to compile a function for, as the command line gives them."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .dtypes import parse_type
from .failures import CommandError, ExitCode, near
from .paths import Path, path_text, split_given

if TYPE_CHECKING:
    import numpy as np

    from ..frontend import Spec


def spec_of(text: str, name: str) -> Spec:
    """The type of an argument: as it is written, or of the array in a file.

    Args:
        text: `f32[3]`, or `@file.npy`.
        name: of the argument, for messages.

    Raises:
        CommandError: it is neither.
    """
    from ..frontend import spec

    if text.startswith("@"):
        array = read_one(text, name)
        return spec(array.shape, array.dtype)
    dtype, shape = parse_type(text, name)
    return spec(shape, dtype)


def read_one(text: str, name: str) -> np.ndarray[Any, Any]:
    """The array of a file.

    Raises:
        CommandError: there is none, or several.
    """
    from .values import read_file

    array = read_file(text, name)
    if isinstance(array, dict):
        raise CommandError(ExitCode.USAGE, f"{name}: {text} has several arrays: name one by [key]")
    return array


def arguments_of(
    function: Callable[..., Any],
    given: Sequence[str],
    read: Callable[[str, str], Any] = spec_of,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and keyword arguments to lower a function for, or to call it with.

    Args:
        function: the function, transformed.
        given: what `--arg` was given: `x=f32[3]`, `f32[3]` for the next argument that has no
            type yet, `params.w=f32[3]` for what is inside of one.
        read: makes an argument of what is behind the "=", and its name.

    Raises:
        CommandError: they are not the arguments of the function.
    """
    named: dict[str | int, dict[Path, Any]] = {}
    free: list[Any] = []
    for text in given:
        path, value = split_given(text)
        made = read(value, path_text(path) if path else f"argument {len(free)}")
        if path is None:
            free.append(made)
            continue
        parts = named.setdefault(path[0], {})
        clash = [
            other for other in parts if other[: len(path)] == path or path[: len(other)] == other
        ]
        if clash:
            raise CommandError(
                ExitCode.USAGE,
                f"{path_text(path)} was given twice"
                if clash[0] == path
                else f"{path_text(path)} was given, and {path_text(clash[0])} too: one is in the "
                "other",
            )
        parts[path] = made
    parameters = _parameters(function)
    hints = _hints(function)
    if parameters is None:
        if named:
            raise CommandError(
                ExitCode.USAGE,
                "the function does not tell the names of its arguments: give them in their order, "
                "without names",
            )
        return tuple(free), {}
    return _bound(parameters, named, free, hints)


def _bound(
    parameters: Mapping[str, inspect.Parameter],
    named: Mapping[str | int, Mapping[Path, Any]],
    free: Sequence[Any],
    hints: Mapping[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments under the parameters they belong to."""
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    by_position = [
        p.name
        for p in parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    variable = next((p.name for p in parameters.values() if p.kind is p.VAR_POSITIONAL), None)
    values: dict[str, Any] = {}
    for root, parts in named.items():
        name = by_position[root] if isinstance(root, int) and root < len(by_position) else root
        if not isinstance(name, str) or (name not in parameters and not takes_any):
            raise CommandError(
                ExitCode.USAGE,
                f"the function has no argument {root!r}; {near(str(root), parameters)}".rstrip(
                    "; "
                ),
            )
        values[name] = _built(
            {path[1:]: made for path, made in parts.items()}, hints.get(name), name
        )
    rest: list[Any] = []
    if variable is not None and variable in values:
        rest = list(values.pop(variable))
    waiting = [name for name in by_position if name not in values]
    for name, made in zip(waiting, free, strict=False):
        values[name] = made
    beyond = free[len(waiting) :]
    if beyond and variable is None:
        raise CommandError(
            ExitCode.USAGE,
            f"too many arguments: the function takes {_listed(by_position)}, and there "
            f"{'is one more' if len(beyond) == 1 else f'are {len(beyond)} more'}",
        )
    rest += beyond
    missing = [
        p.name
        for p in parameters.values()
        if p.default is p.empty
        and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and p.name not in values
    ]
    if missing:
        options = " ".join(f'--arg "{name}=f32[...]"' for name in missing)
        raise CommandError(
            ExitCode.USAGE,
            f"no type was given for {_listed(missing)}: say its dtype and shape by {options}"
            if len(missing) == 1
            else f"no types were given for {_listed(missing)}: say their dtypes and shapes by "
            f"{options}",
        )
    args: list[Any] = []
    for name in by_position:
        if name not in values:
            break
        args.append(values.pop(name))
    if rest and len(args) < len(by_position):
        raise CommandError(
            ExitCode.USAGE, f"{by_position[len(args)]!r} has no type, but arguments behind it have"
        )
    return (*args, *rest), values


def _built(parts: Mapping[Path, Any], hint: Any, name: str) -> Any:
    """A pytree of its leaves by their paths.

    Numbers make a tuple, or a list where the parameter is annotated as one; names make a dict, or
    what the annotation says: a named tuple or a dataclass.
    """
    if () in parts:
        return parts[()]
    children: dict[str | int, dict[Path, Any]] = {}
    for path, made in parts.items():
        children.setdefault(path[0], {})[path[1:]] = made
    numbers = [key for key in children if isinstance(key, int)]
    if numbers and len(numbers) != len(children):
        raise CommandError(
            ExitCode.USAGE, f"{name} has both numbers and names: {_listed(children)}"
        )
    if numbers:
        missing = sorted({*range(max(numbers) + 1)} - {*numbers})
        if missing:
            raise CommandError(
                ExitCode.USAGE, f"{name}[{missing[0]}] is missing, or a number is too large"
            )
        arguments = typing.get_args(hint)
        items = [
            _built(children[i], _item_hint(arguments, i), f"{name}[{i}]")
            for i in range(len(numbers))
        ]
        return items if hint is list or typing.get_origin(hint) is list else tuple(items)
    fields = _fields(hint)
    inner = typing.get_type_hints(hint) if fields else {}
    made = {
        key: _built(child, inner.get(str(key)), path_text((name, key)))
        for key, child in children.items()
    }
    if not fields:
        return made
    unknown = [key for key in made if key not in fields]
    if unknown:
        raise CommandError(
            ExitCode.USAGE,
            f"{name} is a {hint.__name__}, which has no field {unknown[0]!r}; "
            f"{near(str(unknown[0]), fields)}",
        )
    missing = [
        p.name
        for p in inspect.signature(hint).parameters.values()
        if p.default is p.empty and p.name in fields and p.name not in made
    ]
    if missing:
        raise CommandError(
            ExitCode.USAGE,
            f"{name} is a {hint.__name__}, and no type was given for its {_listed(missing)}",
        )
    try:
        return hint(**made)
    except TypeError as error:
        raise CommandError(ExitCode.USAGE, f"{name} is a {hint.__name__}: {error}") from error


def _item_hint(arguments: tuple[Any, ...], i: int) -> Any:
    if not arguments:
        return None
    return arguments[i] if i < len(arguments) and arguments[-1] is not ... else arguments[0]


def _fields(hint: Any) -> list[str]:
    """The fields of a named tuple or dataclass; none of anything else."""
    if not isinstance(hint, type):
        return []
    if dataclasses.is_dataclass(hint):
        return [field.name for field in dataclasses.fields(hint)]
    return list(getattr(hint, "_fields", ()))


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(inspect.unwrap(function))
    except Exception:
        # Annotations may name what is not there when the program runs.
        return {}


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names)) or "none"
