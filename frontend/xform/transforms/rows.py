"""What map and scan run along: arrays with one leading size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.avals import Aval


def rows_of(transform: str, leaves: Sequence[Any], paths: Sequence[str]) -> tuple[int, list[Aval]]:
    """The leading size of some arrays, at least one, and the avals of their rows.

    Args:
        transform: the transform's name.
        leaves: the arrays.
        paths: how messages call them.

    Raises:
        XformTypeError: one is not an array.
        XformValueError: one has no leading axis, or their leading sizes differ.
    """
    kinds = [leaf_aval(transform, leaf, path) for leaf, path in zip(leaves, paths, strict=True)]
    for kind, path in zip(kinds, paths, strict=True):
        if not kind.shape:
            raise XformValueError(
                at_user_line(f"{transform}: {path} is a scalar ({kind}) and has no leading axis")
            )
    sizes = [kind.shape[0] for kind in kinds]
    if len(set(sizes)) > 1:
        lines = [
            f"  {path} has shape {kind.shape}" for path, kind in zip(paths, kinds, strict=True)
        ]
        raise XformValueError(
            at_user_line("\n".join([f"{transform}: the leading sizes of xs differ:", *lines]))
        )
    return sizes[0], [Aval(kind.shape[1:], kind.dtype) for kind in kinds]


def leaf_aval(transform: str, leaf: Any, path: str) -> Aval:
    """The aval of a leaf of an argument.

    Raises:
        XformTypeError: it is not an array.
    """
    try:
        return traces.aval(leaf, path)
    except XformTypeError as error:
        raise XformTypeError(at_user_line(f"{transform}: {error}")) from None
