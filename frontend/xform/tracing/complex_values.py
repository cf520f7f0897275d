"""Complex arrays in a program: two values, of real and imaginary parts.

The dialect has real numbers only. So what a complex array is stands here once, and derivatives,
batching and control flow come from those of its parts: each function of the module takes and
returns both. The entry of a program, which is called with NumPy's arrays, takes the two numbers of
an element side by side, as NumPy stores them, along a last axis of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeAlias, TypeVar

from .._xform import Function, Location, Type, Value

_T = TypeVar("_T")

# By the name of a complex dtype: that of its parts.
PARTS: Final[dict[str, str]] = {"complex64": "float32", "complex128": "float64"}
COMPLEX_OF_PARTS: Final[dict[str, str]] = {part: name for name, part in PARTS.items()}


class ComplexType:
    """The type of a complex array.

    Attributes:
        shape: its sizes.
        dtype: "complex64" or "complex128".
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: Sequence[int], dtype: str) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype

    @property
    def part(self) -> Type:
        """The type of either part."""
        return Type(self.shape, PARTS[self.dtype])

    @property
    def interleaved(self) -> Type:
        """The type at the entry of a program: both numbers of an element side by side."""
        return Type((*self.shape, 2), PARTS[self.dtype])


class ComplexValue:
    """The values of a complex array.

    Attributes:
        real, imag: the values of its parts, of one type.
        shape: its sizes.
        dtype: "complex64" or "complex128".
    """

    __slots__ = ("dtype", "imag", "real", "shape")

    def __init__(self, real: Value, imag: Value) -> None:
        self.real = real
        self.imag = imag
        self.shape = real.shape
        self.dtype = COMPLEX_OF_PARTS[real.dtype]

    @property
    def type(self) -> ComplexType:
        """Its type."""
        return ComplexType(self.shape, self.dtype)


AnyType: TypeAlias = Type | ComplexType
AnyValue: TypeAlias = Value | ComplexValue


class _Typed(Protocol):
    @property
    def type(self) -> AnyType: ...


def any_type(shape: Sequence[int], dtype: str) -> AnyType:
    """The type of an array of a dtype."""
    return ComplexType(shape, dtype) if dtype in PARTS else Type(shape, dtype)


def parts(values: Iterable[AnyValue]) -> list[Value]:
    """The values with both parts in the place of each complex one."""
    found: list[Value] = []
    for value in values:
        found += (value,) if isinstance(value, Value) else (value.real, value.imag)
    return found


def is_computed_as(x: AnyValue, y: AnyValue) -> bool:
    """Whether both are the same operations of the same values."""
    each, other = parts([x]), parts([y])
    return len(each) == len(other) and all(map(Value.is_computed_as, each, other))


def part_types(typed: Iterable[_Typed]) -> list[Type]:
    """The types of `parts` of what has types."""
    found: list[Type] = []
    for each in typed:
        kind = each.type
        found += (kind,) if isinstance(kind, Type) else (kind.part,) * 2
    return found


def joined(values: Iterable[Value], typed: Iterable[_Typed]) -> list[AnyValue]:
    """What has these `parts`: a value for each of `typed`, to which the values belong in order."""
    following = iter(values)
    return [_next(following, each) for each in typed]


def _next(following: Iterator[Value], typed: _Typed) -> AnyValue:
    value = next(following)
    return value if isinstance(typed.type, Type) else ComplexValue(value, next(following))


def part_counts(typed: Iterable[_Typed]) -> list[int]:
    """How many parts each has: 2 or 1."""
    return [1 if isinstance(each.type, Type) else 2 for each in typed]


def any_part(marks: Iterable[bool], typed: Iterable[_Typed]) -> list[bool]:
    """What is said of each part, said of a value if it is true of one of its parts."""
    following = iter(marks)
    return [sum(next(following) for _ in range(n)) > 0 for n in part_counts(typed)]


def repeated(marks: Iterable[_T], typed: Iterable[_Typed]) -> list[_T]:
    """What is said of each value, said of each of its parts."""
    counts = part_counts(typed)
    return [mark for mark, n in zip(marks, counts, strict=True) for _ in range(n)]


def splat(function: Function, number: complex, kind: AnyType, place: Location) -> AnyValue:
    """A constant with one number in every element."""
    if isinstance(kind, Type):
        return function.splat(number, kind, place)  # type: ignore[arg-type]
    exact = complex(number)
    return ComplexValue(
        function.splat(exact.real, kind.part, place), function.splat(exact.imag, kind.part, place)
    )


def entry_type(kind: AnyType) -> Type:
    """The type of an argument or result of a program's entry."""
    return kind if isinstance(kind, Type) else kind.interleaved


def taken_apart(function: Function, value: Value, kind: AnyType, place: Location) -> AnyValue:
    """What an argument of a program's entry stands for."""
    if isinstance(kind, Type):
        return value
    # Both parts are made dense at once, rather than read at every second place by each use.
    rank = len(kind.shape)
    order = {"permutation": [rank, *range(rank)]}
    (halves,) = function.emit("transpose", [value], place, order)
    found = []
    for part in (0, 1):
        bounds = {
            "starts": [part, *[0] * rank], "limits": [part + 1, *kind.shape],
            "strides": [1] * (rank + 1),
        }  # fmt: skip
        (slab,) = function.emit("slice", [halves], place, bounds)
        found += function.emit("reshape", [slab], place, None, [kind.part])
    return ComplexValue(*found)


def put_together(function: Function, value: AnyValue, place: Location) -> Value:
    """A result of a program's entry."""
    if isinstance(value, Value):
        return value
    slabs: list[Value] = []
    for part in (value.real, value.imag):
        kind = Type((*value.shape, 1), PARTS[value.dtype])
        slabs += function.emit("reshape", [part], place, None, [kind])
    (whole,) = function.emit("concatenate", slabs, place, {"axis": len(value.shape)})
    return whole
