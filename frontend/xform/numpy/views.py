"""Writing into arrays, and the views that see it.

Values never change, so a traced array that is written into takes a new value. As in NumPy, what
basic indexing, transposing and reshaping return shares its elements with the array it came from:
writing into either is seen by both. A view remembers its base and how it was made; a write into
it becomes a write into the base, and a write into the base gives the live views new values.
Reshaping sometimes copies in NumPy; whether it does is asked of NumPy itself, on an array of the
same strides that holds no elements.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from .. import primitives
from ..errors import TracedValueError, XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import TracedArray
from ..tracing.operations import METHODS
from ..tracing.users_call import in_numpys_function
from .promotion import Shape, broadcast_shapes, fit, operand

Mirror = np.ndarray[Any, Any]


class Relation(Protocol):
    """How a view was made from its base."""

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array; raises ValueError if NumPy would copy."""


class Transposed:
    """The axes in another order."""

    __slots__ = ("permutation",)

    def __init__(self, permutation: tuple[int, ...]) -> None:
        self.permutation = permutation

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return primitives.transpose(base, self.permutation)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        inverse = sorted(range(len(self.permutation)), key=self.permutation.__getitem__)
        return primitives.transpose(part, inverse)

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        return base.transpose(self.permutation)


class Reshaped:
    """The elements in another shape."""

    __slots__ = ("shape",)

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return primitives.reshape(base, self.shape)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        return primitives.reshape(part, base.shape)

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        return np.reshape(base, self.shape, copy=False)


class Bits:
    """The bits of the elements, read as another dtype of the same width."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return primitives.bitcast(base, self.dtype)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        return primitives.bitcast(part, base.dtype)

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        return base.view()


class ReadOnly:
    """A view that cannot be written into, as broadcast arrays and diagonals."""

    __slots__ = ("derive", "name", "shape")

    def __init__(
        self, name: str, shape: Shape, derive: Callable[[TracedArray], TracedArray]
    ) -> None:
        self.name = name
        self.shape = shape
        self.derive = derive

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return self.derive(base)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """Raises XformValueError."""
        raise XformValueError(
            at_user_line(f"the result of {self.name} is read-only; write into a .copy() of it")
        )

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        return np.broadcast_to(np.empty((), np.int8), self.shape)


class View:
    """What a view knows of its base.

    Attributes:
        base: the array it was made from, possibly a view itself.
        root: the array at the end of the chain of bases.
        relation: how it was made.
    """

    __slots__ = ("base", "relation", "root")

    def __init__(self, base: TracedArray, root: TracedArray, relation: Relation) -> None:
        self.base = base
        self.root = root
        self.relation = relation


def attach(result: TracedArray, base: TracedArray, relation: Relation) -> TracedArray:
    """Makes `result`, a new array, a view of `base`."""
    view = base._view
    root = base if view is None else view.root
    result._view = View(base, root, relation)
    if root._derived is None:
        root._derived = []
    root._derived.append(weakref.ref(result))
    return result


def view(base: TracedArray, relation: Relation) -> TracedArray:
    """A new view of `base`."""
    result = relation.read(base)
    return attach(result.copy() if result is base else result, base, relation)


def write(target: TracedArray, new: TracedArray) -> None:
    """Gives `target`, what it is a view of, and all live views of that, their new elements.

    Args:
        target: the array written into.
        new: all its elements after the write, in its shape and dtype.

    Raises:
        TracedValueError: the array was made outside of the function that is being traced.
        XformValueError: it is read-only.
    """
    _require_own(target)
    written = target
    while (link := written._view) is not None:
        if not _shares_elements(written):
            written._view = None
            break
        _require_own(link.base)
        new_base = link.relation.write(link.base, new)
        written._value = new._value
        written, new = link.base, new_base
    written._value = new._value
    _refresh(written, target)


def _refresh(root: TracedArray, target: TracedArray) -> None:
    """Derives the views of `root` again; those between it and `target` have their value."""
    current = {id(target)}
    link = target._view
    while link is not None:
        current.add(id(link.base))
        link = link.base._view
    live = []
    for reference in root._derived or ():
        derived = reference()
        if derived is None or derived._view is None:
            continue
        live.append(reference)
        if id(derived) not in current and _shares_elements(derived):
            derived._value = derived._view.relation.read(derived._view.base)._value
    root._derived = live or None


def _require_own(target: TracedArray) -> None:
    if target._trace is not traces.current_trace():
        raise TracedValueError(
            at_user_line(
                f"writing into {target!r}, which was made outside of the function that is being "
                "traced: write into a .copy() of it and return that"
            )
        )


def _memory(shape: Shape) -> Mirror:
    """A NumPy array of a shape and its usual strides whose elements must not be touched."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
    return np.lib.stride_tricks.as_strided(np.empty(1, np.int8), shape, strides)


def _root(x: TracedArray) -> TracedArray:
    return x if x._view is None else x._view.root


def _mirror(x: TracedArray, memory: Mirror) -> Mirror:
    """The view of `memory`, a mirror of the root, that `x` would be; ValueError if a copy."""
    if x._view is None:
        return memory
    return x._view.relation.mirror(_mirror(x._view.base, memory))


def _shares_elements(x: TracedArray) -> bool:
    """Whether NumPy would have made a view, and not a copy."""
    try:
        _mirror(x, _memory(_root(x).shape))
    except ValueError:
        return False
    return True


def overlap(x: TracedArray, y: TracedArray) -> bool:
    """Whether two arrays have an element in common; a read-only view counts as all of its base."""
    x, y = _writable(x), _writable(y)
    root = _root(x)
    if root is not _root(y):
        return False
    memory = _memory(root.shape)
    try:
        return bool(np.shares_memory(_mirror(x, memory), _mirror(y, memory)))
    except ValueError:
        return False


def _writable(x: TracedArray) -> TracedArray:
    """The array itself, or what the first read-only view among it and its bases was made from."""
    found, link = x, x._view
    while link is not None:
        if isinstance(link.relation, ReadOnly):
            found = link.base
        link = link.base._view
    return found


def shared_root(x: TracedArray) -> TracedArray | None:
    """The array whose elements a view shares; None if it has its own."""
    return _root(x) if x._view is not None and _shares_elements(x) else None


def require_traced(target: object) -> None:
    """Checks what a result is to be written into.

    Raises:
        TracedValueError: it is not a traced array.
    """
    if type(target) is not TracedArray:
        if (found := in_numpys_function(object())) is not None:
            raise TracedValueError(at_user_line(f"{found[0]} writes into an array: {found[1]}"))
        raise TracedValueError(
            at_user_line(
                f"a traced result cannot be written into {type(target).__name__}: make the array "
                "with xform.numpy.zeros or np.zeros_like(traced)"
            )
        )


def write_whole(target: TracedArray, part: object) -> TracedArray:
    """Writes `part` into all of `target`, by the rules for `x += y` and `out=`.

    Raises:
        XformTypeError: the dtype is of another kind.
        XformValueError: the shape does not fit, or the array is read-only.
        TracedValueError: `target` is not a traced array, or was made outside of this function.
    """
    require_traced(target)
    x = operand(part)
    if not np.can_cast(x.dtype, target.dtype, casting="same_kind"):
        raise XformTypeError(
            at_user_line(
                f"cannot write a result of dtype {x.dtype} into an array of dtype {target.dtype}"
            )
        )
    if broadcast_shapes(x.shape, target.shape) != target.shape:
        raise XformValueError(
            at_user_line(
                f"cannot write a result of shape {x.shape} into an array of shape {target.shape}"
            )
        )
    write(target, fit(x, target.dtype, target.shape))
    return target


METHODS["base"] = shared_root
METHODS["write_whole"] = write_whole
