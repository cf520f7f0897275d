"""The function that a program is made of: loaded from a file or a package, and transformed."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final

from .failures import CommandError, ExitCode, near

# Those that make a function of a function. Others, such as jvp, return values at once.
TRANSFORMS: Final = (
    "vmap",
    "grad",
    "grad_and_value",
    "jacrev",
    "jacfwd",
    "jacobian",
    "hessian",
    "value_and_jacobian",
    "checkpoint",
)

_PLACE: Final = re.compile(r"(?P<file>[^\n]+):\d+(, in [^\n]+)?")
_CALL: Final = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)


def load_function(spec: str) -> Callable[..., Any]:
    """The function that the command line names.

    Args:
        spec: `file.py:function` or `package.module:function`, where the function may be
            `object.method`; transforms may stand around it: `vmap(grad(file.py:loss), in_dims=0)`.

    Raises:
        CommandError: there is none, or the module cannot be imported.
    """
    call = _CALL.fullmatch(spec)
    if call is not None:
        inner, options = _split_options(call.group(2))
        return transformed(load_function(inner), f"{call.group(1)}({options})")
    where, colon, name = spec.strip().rpartition(":")
    if not colon or not where or not name:
        raise CommandError(
            ExitCode.USAGE,
            f"{spec!r} names no function: expected file.py:function or package.module:function",
        )
    is_file = where.endswith(".py") or os.sep in where
    module = _load_file(Path(where)) if is_file else _load_module(where)
    found: Any = module
    for i, part in enumerate(name.split(".")):
        owner = where if i == 0 else f"{where}:{'.'.join(name.split('.')[:i])}"
        if not hasattr(found, part):
            raise CommandError(
                ExitCode.PROGRAM,
                f"{owner} has no function {part!r}; {near(part, _callables(found))}".rstrip("; "),
            )
        found = getattr(found, part)
    if not callable(found):
        raise CommandError(
            ExitCode.PROGRAM,
            f"{spec} is no function, but a value of type {type(found).__name__}; "
            f"{near(name, _callables(module))}".rstrip("; "),
        )
    return _callable(found)


def _callable(found: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = found
    return function


def _callables(owner: Any) -> list[str]:
    """The names that one may have meant: functions of the module itself before imported ones."""
    names = [n for n in vars(owner) if not n.startswith("_") and callable(getattr(owner, n))]
    own = [
        n
        for n in names
        if getattr(getattr(owner, n), "__module__", None) == getattr(owner, "__name__", None)
    ]
    return own or names


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        beside = path.parent if path.parent.is_dir() else Path()
        others = [file.name for file in beside.glob("*.py")]
        hint = near(path.name, others) if others and not path.is_dir() else ""
        raise CommandError(ExitCode.FILE, f"the file {str(path)!r} {what}; {hint}".rstrip("; "))
    # Its neighbours can be imported, as if it were run.
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CommandError(ExitCode.FILE, f"{str(path)!r} is no Python file: expected file.py")
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader
    # Dataclasses look for their module by its name.
    before = sys.modules.get(path.stem)
    sys.modules[path.stem] = module
    try:
        with users_code(f"import {path}"):
            loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[path.stem]
        else:
            sys.modules[path.stem] = before
        raise
    return module


def _load_module(name: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    try:
        with users_code(f"import {name}", but=ModuleNotFoundError):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise CommandError(
                ExitCode.PROGRAM,
                f"there is no module {missing!r}, neither in {os.getcwd()} nor among the installed "
                "packages; a file is named as file.py:function",
            ) from error
        raise _of_users_code(error, f"import {name}") from error


@contextlib.contextmanager
def users_code(doing: str, *, but: type[Exception] | None = None) -> Iterator[None]:
    """While the user's own code runs: what it raises is its fault, what it prints is no result.

    Args:
        doing: what is being done, for the message.
        but: an error to let through.

    Raises:
        CommandError: the code raised an exception that is none of xform's.
    """
    from xform_runtime.errors import DeviceError, ModuleFileError, XformError

    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (CommandError, DeviceError, ModuleFileError):
        raise
    except XformError as error:
        # It names the user's line by itself.
        raise CommandError(ExitCode.PROGRAM, _without_callers(str(error))) from error
    except SystemExit as error:
        raise CommandError(
            ExitCode.PROGRAM, f"cannot {doing}: it ends the process by sys.exit({error.code!r})"
        ) from error
    except Exception as error:
        if but is not None and isinstance(error, but):
            raise
        raise _of_users_code(error, doing) from error


def _without_callers(message: str) -> str:
    """A message without its last line if that names what started the command."""
    rest, _, place = message.rpartition("\n  at ")
    found = _PLACE.fullmatch(place)
    if not rest or found is None:
        return message
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == found["file"]:
            return rest
        frame = frame.f_back
    return message


def _of_users_code(error: Exception, doing: str) -> CommandError:
    from ..source import is_internal

    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return CommandError(
            ExitCode.PROGRAM,
            f"cannot {doing}: {type(error).__name__}: {error.msg}\n"
            f"  at {error.filename}:{error.lineno}",
        )
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not is_internal(frame.filename)
    ]
    place = ""
    if frames:
        last = frames[-1]
        inside = "" if last.name == "<module>" else f", in {last.name}"
        place = f"\n  at {last.filename}:{last.lineno}{inside}"
    return CommandError(ExitCode.PROGRAM, f"cannot {doing}: {said}{place}")


def transformed(function: Callable[..., Any], expression: str) -> Callable[..., Any]:
    """A function transformed as the command line says.

    Args:
        function: the function.
        expression: a transform's name, with its options behind it if need be:
            `vmap(in_dims=(0, None))`; the values are Python literals.

    Raises:
        CommandError: there is no such transform, or it has no such options.
    """
    from .. import frontend

    name, options = _parse_transform(expression)
    try:
        made: Callable[..., Any] = getattr(frontend, name)(function, **options)
    except TypeError as error:
        raise CommandError(ExitCode.USAGE, f"transform {expression.strip()!r}: {error}") from error
    except ValueError as error:
        raise CommandError(ExitCode.USAGE, f"transform {expression.strip()!r}: {error}") from error
    return made


def _parse_transform(expression: str) -> tuple[str, dict[str, Any]]:
    bad = CommandError(
        ExitCode.USAGE,
        f"{expression!r} is no transform: expected one such as grad, grad(argnums=1) or "
        "vmap(in_dims=(0, None))",
    )
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        raise bad from None
    options: dict[str, Any] = {}
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
        for keyword in tree.keywords:
            if keyword.arg is None:
                raise bad
            try:
                options[keyword.arg] = ast.literal_eval(keyword.value)
            except ValueError:
                raise CommandError(
                    ExitCode.USAGE,
                    f"transform {expression!r}: {keyword.arg} must be a literal such as 0, "
                    f"(0, None) or {{'w': 0}}, got {ast.unparse(keyword.value)}",
                ) from None
        tree = tree.func
    if not isinstance(tree, ast.Name):
        raise bad
    if tree.id not in TRANSFORMS:
        raise CommandError(
            ExitCode.USAGE,
            f"there is no transform {tree.id!r}; {near(tree.id, TRANSFORMS, most=9)}",
        )
    return tree.id, options


def _split_options(inside: str) -> tuple[str, str]:
    """What stands between a transform's parentheses: the function, and the options behind it."""
    depth = 0
    for i, letter in enumerate(inside):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            return inside[:i], inside[i + 1 :]
    return inside, ""
