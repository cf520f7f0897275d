"""Keys that tell apart whatever a traced function could tell apart.

What `==` says is too coarse for that: `1 == True == 1.0`, `0.0 == -0.0`, dicts in another order are
equal, and a class may leave out of its `==` what its methods read.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Hashable, Iterator
from enum import Enum
from types import (
    BuiltinMethodType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np


def exact(value: object) -> Hashable:
    """A key that is equal for values that no function can tell apart.

    - Numbers, text and containers of Python's and NumPy's: by type and content at every depth, by
      bits (0.0 is not -0.0, a NaN is itself), in their order.
    - Callables, classes, enum members, and instances of classes that do not define `==`: by
      identity; a bound method by that of its instance and function.
    - Other instances: by class and state, whatever their `==` compares.

    >>> exact((1, 0.0)) == exact((1, 0.0))
    True
    >>> exact((1, 0.0)) == exact((True, 0.0)) or exact((1, 0.0)) == exact((1, -0.0))
    False
    """
    return _exact(value, ())


class Same:
    """A key that is equal to that of the same object only, which it keeps alive."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __repr__(self) -> str:
        return f"Same({self.value!r})"


def _exact(value: Any, around: tuple[object, ...]) -> Hashable:
    """`exact` for a part of other values, which it may contain again."""
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if kind is tuple:
        return tuple, tuple([_exact(item, around) for item in value])
    if kind in _OBJECTS:
        return Same(value)
    number = _NUMBERS.get(kind)
    if number is not None:
        return kind, number(value)
    for i, outer in enumerate(around):
        if outer is value:
            return "the value around", i
    around = (*around, value)
    container = _CONTAINERS.get(kind)
    if container is not None:
        return kind, tuple([_exact(item, around) for item in container(value)])
    if isinstance(value, np.dtype):
        return _dtype(value, around)
    if isinstance(value, np.generic | np.ndarray):
        return _array(value, around)
    return _instance(value, around)


_PLAIN = frozenset({int, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented)})
_OBJECTS = frozenset({type, FunctionType, np.ufunc})
_NUMBERS: dict[type[Any], Callable[[Any], Hashable]] = {
    float: struct.Struct("d").pack,
    complex: lambda z: struct.pack("dd", z.real, z.imag),
    bytearray: bytes,
}
_CONTAINERS: dict[type[Any], Callable[[Any], Iterator[Any]]] = {
    list: iter,
    dict: lambda mapping: iter(mapping.items()),
    set: iter,
    frozenset: iter,
    range: lambda r: iter((r.start, r.stop, r.step)),
    slice: lambda s: iter((s.start, s.stop, s.step)),
}


def _dtype(value: np.dtype[Any], around: tuple[object, ...]) -> Hashable:
    if value.isbuiltin == 1 and value.metadata is None:
        return type(value), value.str, value.char
    return type(value), Same(value.type), _exact(value.__reduce__(), around)


# Bytes of an array from which on its key is a digest.
_LARGE = 1 << 12


def _array(value: Any, around: tuple[object, ...]) -> Hashable:
    """By type and elements; of an array also by how it lies in memory."""
    content: Hashable = value.tobytes()
    if value.dtype.hasobject:
        content = _exact(value.tolist(), around)
    elif value.nbytes > _LARGE:
        content = hashlib.sha256(value.tobytes()).digest()
    return type(value), _dtype(value.dtype, around), value.shape, value.strides, content


def _instance(value: Any, around: tuple[object, ...]) -> Hashable:
    cls = type(value)
    if isinstance(value, MethodType):
        return cls, Same(value.__self__), Same(value.__func__)
    if isinstance(value, BuiltinMethodType | MethodWrapperType):
        owner = value.__self__
        if owner is not None and not isinstance(owner, ModuleType):
            return cls, Same(owner), value.__name__
    state = _states.get(cls)
    if state is None:
        state = _states[cls] = _State(value)
    parts = state.of(value)
    return Same(value) if parts is None else (cls, tuple([_exact(x, around) for x in parts]))


class _State:
    """What the instances of a class are made of.

    Args:
        example: one of them.
    """

    def __init__(self, example: Any) -> None:
        cls = type(example)
        self._by_identity = (
            callable(example)
            or isinstance(example, Enum)
            or hasattr(cls, "__array__")
            or _inherits(cls, "__eq__")
        )
        self._bases = [plain for base, plain in _BUILTIN.items() if issubclass(cls, base)]
        self._slots = [
            member
            for base in cls.__mro__
            for member in vars(base).values()
            if isinstance(member, MemberDescriptorType) and "__slots__" in vars(base)
        ]
        # Classes written in C, such as Decimal, tell what they are made of by this only.
        self._pickles = not (_inherits(cls, "__reduce__") and _inherits(cls, "__reduce_ex__"))
        if not self._by_identity and not self._pickles:
            try:
                example.__reduce_ex__(4)
            except Exception:
                self._by_identity = True

    def of(self, value: Any) -> list[Any] | None:
        """All parts of an instance's state; None if some cannot be had, or it is its identity."""
        if self._by_identity:
            return None
        parts = [plain(value) for plain in self._bases]
        if hasattr(value, "__dict__"):
            parts.append(value.__dict__)
        for member in self._slots:
            try:
                parts.append((member.__get__(value),))
            except AttributeError:
                parts.append(None)
        if self._pickles:
            try:
                found = value.__reduce_ex__(4)
            except Exception:
                return None
            if isinstance(found, str):
                return None
            parts += [list(part) if hasattr(part, "__next__") else part for part in found]
        return parts


def _inherits(cls: type[Any], name: str) -> bool:
    """Whether a class has a method of every object's as it is."""
    method: object = getattr(cls, name)
    return method is getattr(object, name)


_states: WeakKeyDictionary[type[Any], _State] = WeakKeyDictionary()
# An instance of a subclass as one of the builtin class; not by `int(x)` and the like, which the
# subclass may have redefined.
_BUILTIN: dict[type[Any], Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: lambda z: (complex.real.__get__(z), complex.imag.__get__(z)),
    str: lambda text: str.__getitem__(text, slice(None)),
    bytes: lambda text: bytes.__getitem__(text, slice(None)),
    bytearray: lambda text: bytes(bytearray.__getitem__(text, slice(None))),
    tuple: lambda items: list(tuple.__iter__(items)),
    list: lambda items: list(list.__iter__(items)),
    dict: lambda mapping: list(dict.items(mapping)),
    set: lambda items: list(set.__iter__(items)),
    frozenset: lambda items: list(frozenset.__iter__(items)),
}
