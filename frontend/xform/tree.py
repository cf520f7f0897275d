"""Pytrees for users: take apart, put together, map, and register classes.

>>> import xform
>>> xform.tree.map(lambda x: x + 1, {"a": 1, "b": (2, None)})
{'a': 2, 'b': (3, None)}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import pytrees as _pytrees
from .errors import XformValueError
from .pytrees import flatten, leaves, register, structure, unflatten
from .pytrees import map_leaves as _map_leaves


def map(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """Applies a function to each leaf.

    Args:
        function: takes a leaf of `tree`, then the leaves of `rest` in the same place.
        tree: a pytree.
        rest: pytrees of the same structure.

    Returns:
        A pytree of the same structure.

    Raises:
        XformValueError: the structures differ.
    """
    if not rest:
        return _map_leaves(function, tree)
    first, spec = flatten(tree)
    others: list[list[Any]] = []
    for i, other in enumerate(rest):
        found, other_spec = flatten(other)
        if other_spec != spec:
            raise XformValueError(
                f"tree.map: pytree {i + 1} has structure {_pytrees.show(other_spec)}, "
                f"expected {_pytrees.show(spec)}"
            )
        others.append(found)
    return unflatten(spec, [function(*group) for group in zip(first, *others, strict=True)])


__all__ = ["flatten", "leaves", "map", "register", "structure", "unflatten"]
