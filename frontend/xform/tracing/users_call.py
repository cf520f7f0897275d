"""What the user's line calls: NumPy's own functions that meet a traced array know nothing of it.

NumPy asks only some arguments of a function whose array they are. Where another one is traced,
NumPy goes on to make an array of it, and the message has to say which call that came from.
"""

from __future__ import annotations

import ast
import dis
import inspect
import linecache
import sys
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..source import is_internal
from .operations import METHODS

# Parameters that decide shapes, which must be known whoever takes them.
_SIZES = frozenset({
    "M", "N", "axes", "axis", "axis1", "axis2", "destination", "dimensions",
    "indices_or_sections", "k", "kth", "m", "n", "ndim", "new_shape", "newshape", "num", "offset",
    "pad_width", "repeats", "reps", "shape", "size", "source",
})  # fmt: skip
# NumPy's functions that make arrays of lists.
_MAKERS = frozenset({"array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray"})

# The module of the operations that refuse; NumPy's compiled functions call these at once.
UNKNOWN_ELEMENTS = f"{__package__}.unknown_elements"


class NumpyCall(NamedTuple):
    """A function of NumPy's that was called with a traced array.

    Attributes:
        module: numpy or numpy.linalg.
        name: of the function.
        parameter: what the array was given for, "" where that cannot be told.
    """

    module: ModuleType
    name: str
    parameter: str


class SourceCall(NamedTuple):
    """A call as it stands in the user's line.

    Attributes:
        name: of the function, "" if the place is not a call.
        module: the module whose function it is; None for a method of an object.
        takes_list: whether the first argument is a list or a tuple.
        element: whether the place is an element instead, "read" as a[x] or "written" as a[i] = x.
    """

    name: str
    module: ModuleType | None = None
    takes_list: bool = False
    element: str = ""


def holds(value: object, array: object) -> bool:
    """Whether a value is an array, or a list, tuple or dict with it inside."""
    if isinstance(value, list | tuple):
        return any(holds(item, array) for item in value)
    if isinstance(value, dict):
        return any(holds(item, array) for item in value.values())
    return value is array


def in_numpys_function(array: object) -> tuple[str, str] | None:
    """What to say of a traced array in one of NumPy's functions that the user called.

    Returns:
        What needs the elements, and what to write instead; None if the user's call is another.
    """
    traced = METHODS["__array_namespace__"]()
    call = _numpy_call(array) or _compiled_call()
    if call is None:
        return None
    module, name, parameter = call
    short = module.__name__.removeprefix("numpy").lstrip(".")
    own = getattr(getattr(traced, short) if short == "linalg" else traced, name, None)
    given = f"NumPy's own {name}, called with a traced {parameter or 'argument'},"
    if own is None:
        return given, "return the array as a result first"
    if parameter in _SIZES or own is getattr(module, name):
        known = parameter or "argument"
        return given, f"pass a Python number as {known}, for example a static argument of jit"
    return given, f"use xform.numpy.{'linalg.' if short == 'linalg' else ''}{name}"


def conversion() -> tuple[str, str]:
    """What makes a NumPy array of a traced one in the user's line, and what to write instead."""
    call = _source_call()
    if call is not None and call.element == "written":
        return (
            "writing x into a NumPy array",
            "make the array with xform.numpy.zeros or np.zeros_like(x)",
        )
    if call is not None and call.element == "read":
        return "indexing a NumPy array a with x", "use xform.numpy.asarray(a)[x]"
    if call is not None and not call.module and callable(getattr(np.ndarray, call.name, None)):
        if call.name == "dot":
            return "the method dot of a NumPy array", "use np.dot(a, x) or a @ x"
        if hasattr(np, call.name):
            remedy = f"use xform.numpy.{call.name}, or the method of a traced array"
            return f"the method {call.name} of a NumPy array", remedy
    if call is not None and call.name in _MAKERS and call.takes_list:
        return (
            f"making a NumPy array of a list, as np.{call.name}([x, y]) does,",
            f"use np.stack([x, y]), or xform.numpy.{call.name}([x, y])",
        )
    return (
        "making a NumPy array of x (np.asarray, np.array, writing it into a NumPy array, a "
        "library's function)",
        "use xform.numpy.asarray or xform.numpy.stack; make arrays to write into with "
        "xform.numpy.zeros or np.zeros_like(x)",
    )


def _numpy_call(array: object) -> NumpyCall | None:
    """The function of NumPy's that the user's frame called, and the parameter `array` is for."""
    frame: FrameType | None = sys._getframe(1)
    outermost: FrameType | None = None
    while frame is not None and is_internal(frame.f_code.co_filename):
        outermost, frame = frame, frame.f_back
    if frame is None or outermost is None:
        return None
    code = outermost.f_code
    modules = (np, np.linalg)
    module = next((m for m in modules if _is_code_of(code, getattr(m, code.co_name, None))), None)
    if module is None:
        return None
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    for parameter in code.co_varnames[:count]:
        given = outermost.f_locals.get(parameter)
        if holds(given, array):
            if isinstance(given, dict):
                parameter = next(name for name, x in given.items() if holds(x, array))
            return NumpyCall(module, code.co_name, parameter)
    return NumpyCall(module, code.co_name, "")


def _is_code_of(code: CodeType, function: Any) -> bool:
    """Whether it is the code of a function of NumPy's, or behind one that asks its arguments."""
    behind = getattr(function, "_implementation", function)
    return getattr(behind, "__code__", None) is code


def _compiled_call() -> NumpyCall | None:
    """The function of NumPy's, written in C, that the user's line calls."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_internal(frame.f_back.f_code.co_filename):
        frame = frame.f_back
    if frame.f_globals.get("__name__") != UNKNOWN_ELEMENTS:
        return None
    call = _source_call()
    if call is None or call.module not in (np, np.linalg) or call.name in _MAKERS:
        return None
    function = getattr(call.module, call.name, None)
    if isinstance(function, type) or not callable(function):
        return None
    return NumpyCall(call.module, call.name, "size" if frame.f_code.co_name == "__index__" else "")


def _source_call() -> SourceCall | None:
    """The call at the user's place, if its source can be read."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_internal(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return None
    tree = _expression(frame)
    if isinstance(tree, ast.Subscript):
        indexed = _value(tree.value, frame)
        if indexed is not None and not isinstance(indexed, np.ndarray):
            return None
        stores = dis.opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR"
        return SourceCall("", element="written" if stores else "read")
    if not isinstance(tree, ast.Call):
        return None
    function = tree.func
    takes_list = bool(tree.args) and isinstance(tree.args[0], ast.List | ast.Tuple | ast.ListComp)
    if isinstance(function, ast.Name):
        return SourceCall("", takes_list=takes_list)
    if not isinstance(function, ast.Attribute):
        return None
    module = _value(function.value, frame)
    module = module if isinstance(module, ModuleType) else None
    return SourceCall(function.attr, module, takes_list)


def _expression(frame: FrameType) -> ast.expr | None:
    """The expression that a frame is evaluating."""
    code = frame.f_code
    places = list(code.co_positions())
    place = frame.f_lasti // 2
    first, last, start, end = places[place] if place < len(places) else (None,) * 4
    if first is None or last is None or start is None or end is None:
        return None
    lines = [
        linecache.getline(code.co_filename, i, frame.f_globals).encode()
        for i in range(first, last + 1)
    ]
    if not all(lines):
        return None
    # The end first: both may be in one line.
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        return ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    except SyntaxError:
        return None


def _value(tree: ast.expr, frame: FrameType) -> Any:
    """What a dotted name is; None for other expressions, which are not evaluated again."""
    if isinstance(tree, ast.Name):
        return frame.f_locals.get(tree.id, frame.f_globals.get(tree.id))
    if isinstance(tree, ast.Attribute):
        base = _value(tree.value, frame)
        return vars(base).get(tree.attr) if isinstance(base, ModuleType) else None
    return None


__all__ = ["conversion", "holds", "in_numpys_function"]
