"""`save`: a function compiled into a file for machines that have no compiler."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .compiling.targets import Target
from .source import entrance
from .transforms.jit import Jitted, jit


@entrance
def save(
    func: Callable[..., Any],
    *args: Any,
    path: str | os.PathLike[str],
    target: Target | str | None = None,
    **kwargs: Any,
) -> None:
    """Compiles a function for one signature into a file that `xform.runtime.load` reads.

    Args:
        func: the function, or what `jit` made of it.
        args: arrays, numbers, or `spec(shape, dtype)` in their place.
        path: the file.
        target: what to compile for, such as "cpu", "cpu:x86-64-v3" or "vulkan"; None for the
            device that `jit` was given, else "cpu".
        kwargs: the function's keyword arguments.

    Raises:
        XformTypeError: the target has no arrays of a dtype that the program uses, or a structure
            that a file cannot describe.
        CompileError: IREE rejected the program.
    """
    jitted = func if isinstance(func, Jitted) else jit(func)
    jitted.save(path, *args, target=target, **kwargs)
