"""Functions of NumPy arrays whose calls are traced, compiled and run.

A function takes its arrays as arguments of a program of its own, everything else as it is, and
gives the program's results back as NumPy arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import optree
import xform.numpy
from xform import frontend
from xform.numpy.uncovered import REASONS
from xform.tracing.array import TracedArray


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, run as a program of the arrays among its arguments."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = optree.tree_flatten((args, kwargs), none_is_leaf=True)
        places = [i for i, x in enumerate(leaves) if isinstance(x, np.ndarray | np.generic)]
        known: list[Any] = []
        result_structure: Any = None

        def program(arrays: list[Any]) -> list[Any]:
            nonlocal result_structure
            inside = list(leaves)
            for place, array in zip(places, arrays, strict=True):
                inside[place] = array
            own_args, own_kwargs = optree.tree_unflatten(structure, inside)
            results, result_structure = optree.tree_flatten(function(*own_args, **own_kwargs))
            known[:] = results
            return [x for x in results if isinstance(x, TracedArray)]

        arrays = iter(frontend.jit(program)([leaves[i] for i in places]))
        results = [np.array(next(arrays)) if isinstance(x, TracedArray) else x for x in known]
        return optree.tree_unflatten(result_structure, results)

    return call


def namespace(module: ModuleType) -> dict[str, Any]:
    """A module's public names, its functions compiled."""
    names: dict[str, Any] = {}
    for name in getattr(module, "__all__", dir(module)):
        value = getattr(module, name)
        if name.startswith("_"):
            continue
        if isinstance(value, ModuleType):
            if value in (xform.numpy.fft, xform.numpy.linalg):
                names[name] = SimpleNamespace(**namespace(value))
        elif callable(value) and not inspect.isclass(value) and value not in REASONS:
            names[name] = compiled(value)
        else:
            names[name] = value
    return names
