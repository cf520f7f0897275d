"""Self-tests: inputs of an entry point and what it has to give for them, kept in its module's file.

A self-test is a member of the archive that a module file is (`SELFTEST_FOLDER` and the entry's
name): a line of JSON, and behind it the bytes of arrays, little-endian. So the compiled code in
front of it stays what it was, other programs that load the module do not look at it, the archive's
checksum covers it, and it takes no more bytes than its arrays.

Inputs that were drawn are not kept, but drawn again from the raw bits of NumPy's Philox, which are
the same in all its versions. Large results are kept as samples of their elements, and as sums over
blocks of them, to which every element counts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np

from .dtypes import PARTS, numpy_dtype, sides
from .errors import XformTypeError, XformValueError
from .signature import LeafSpec, Signature

SELFTEST_FOLDER: Final = "xform.selftest/"
SELFTEST_VERSION: Final = 1

Reference: TypeAlias = Literal["numpy", "plain"]
Shapes: TypeAlias = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]
"""The shapes of arguments, and those of results."""
NumPyArray: TypeAlias = np.ndarray[Any, Any]

# How many bits of a word make a float: half the numbers between -1 and 1 that are as far apart as
# those below 1, so that none is rounded, is 0 or is 1.
_FLOAT_BITS: Final = {"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}

_BLOCKS: Final = 64
_FEWEST_SAMPLES: Final = 16
_POSITIONS_SEED: Final = 0x5E1F


def drawn(dtype: str, shape: Sequence[int], key: tuple[int, int], bound: int) -> NumPyArray:
    """An array of random numbers: the same in all versions of NumPy and on all machines.

    Args:
        dtype: its name. Floats lie between -1 and 1 and are neither of these nor 0, integers
            from 0 to below `bound`, bools are as often true as not. Both parts of a complex number
            are such floats.
        shape: of the array.
        key: two words that tell arrays apart.
        bound: at least 1, at most 128.

    Raises:
        XformTypeError: arrays of the dtype cannot be drawn.

    >>> drawn("float32", (2,), (0, 0), 1)
    array([-0.9769064, -0.5169016], dtype=float32)
    >>> drawn("int8", (4,), (0, 1), 3).dtype
    dtype('int8')
    """
    if dtype in PARTS:
        parts = drawn(PARTS[dtype], (*shape, 2), key, bound)
        return parts.view(numpy_dtype(dtype)).reshape(shape)
    words = np.random.Philox(key=np.array(key, np.uint64)).random_raw(math.prod(shape))
    if dtype == "bool":
        found = words >> 63 == 1
    elif "int" in dtype:
        found = words % np.uint64(bound)
    elif dtype in _FLOAT_BITS:
        bits = _FLOAT_BITS[dtype]
        odd = 2 * (words >> np.uint64(64 - bits)) + 1
        found = odd.astype(np.float64) * 2.0**-bits - 1
    else:
        raise XformTypeError(f"arrays of dtype {dtype} cannot be drawn")
    return np.asarray(found.reshape(shape).astype(numpy_dtype(dtype)))


@dataclass(frozen=True)
class Drawn:
    """An input that is drawn anew for each test.

    Args:
        key: see `drawn`.
        bound: see `drawn`.
    """

    key: tuple[int, int]
    bound: int

    def array(self, leaf: LeafSpec) -> NumPyArray:
        """The input, of the shape and dtype of an argument."""
        return drawn(leaf.dtype, _known(leaf.shape), self.key, self.bound)


@dataclass(frozen=True, eq=False)
class Summary:
    """Sums over blocks of the elements of an array, in their order in memory.

    Real and imaginary parts of complex elements are added up and counted together.

    Args:
        sums: uint64[blocks] modulo 2^64 of integers and bools, which tell each change of one
            element; else float64[blocks] of the elements that are finite.
        magnitudes: float64[blocks] of their absolute values; float64[0] of integers and bools.
        odd: int64[blocks, 3], how many elements are NaN, infinite, and minus infinite.
    """

    sums: NumPyArray
    magnitudes: NumPyArray
    odd: NumPyArray

    @staticmethod
    def of(array: NumPyArray, blocks: int) -> Summary:
        """The summary of an array.

        Args:
            array: of at least `blocks` elements.
            blocks: how many sums there are.
        """
        flat = array.reshape(-1)
        parts = [sides(flat[start:end]) for start, end in block_limits(flat.size, blocks)]
        if is_exact(array.dtype):
            sums = [int(part.astype(np.uint64).sum()) for part in parts]
            return Summary(np.array(sums, np.uint64), np.empty(0), np.zeros((blocks, 3), np.int64))
        wide = [part.astype(np.float64) for part in parts]
        finite = [part[np.isfinite(part)] for part in wide]
        with np.errstate(over="ignore", invalid="ignore"):
            return Summary(
                np.array([part.sum() for part in finite]),
                np.array([np.abs(part).sum() for part in finite]),
                np.array(
                    [
                        [np.isnan(part).sum(), (part == np.inf).sum(), (part == -np.inf).sum()]
                        for part in wide
                    ],
                    np.int64,
                ),
            )


@dataclass(frozen=True, eq=False)
class Expected:
    """What a result has to be.

    An element may differ by `relative` times its magnitude and `absolute`, a complex one in each
    of its parts by that; NaN is equal to NaN.

    Args:
        relative, absolute: 0 for integers and bools.
        values: of the result's shape and dtype; if there is a summary, the elements at
            `sample_positions`.
        summary: of a result that is too large to be kept.
    """

    relative: float
    absolute: float
    values: NumPyArray
    summary: Summary | None = None

    @staticmethod
    def of(array: NumPyArray, relative: float, absolute: float, limit: int) -> Expected:
        """What is kept of a result.

        Args:
            array: the result.
            relative, absolute: what it may differ by.
            limit: how many bytes to keep before it becomes a summary.
        """
        samples = max(_FEWEST_SAMPLES, limit // 2 // array.dtype.itemsize)
        if array.nbytes <= limit or array.size <= max(samples, _BLOCKS):
            return Expected(relative, absolute, array)
        values = array.reshape(-1)[sample_positions(array.size, samples)]
        return Expected(relative, absolute, values, Summary.of(array, _BLOCKS))


@dataclass(frozen=True, eq=False)
class Vector:
    """A call and what comes of it.

    Args:
        inputs: for each argument of the signature an array, or how to draw it.
        results: for each result what it has to be.
    """

    inputs: tuple[NumPyArray | Drawn, ...]
    results: tuple[Expected, ...]

    def arguments(self, signature: Signature) -> list[NumPyArray]:
        """The arrays to call the entry with."""
        return [
            given.array(leaf) if isinstance(given, Drawn) else given
            for given, leaf in zip(self.inputs, signature.args, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class SelfTest:
    """The self-test of an entry point.

    Args:
        reference: what the expected results are from: "numpy" if Python and NumPy alone computed
            them, "plain" if some of it was compiled, one number at a time.
        vectors: at least one.
        shapes: of the arguments, and of the results, of all calls; None if no size is open.
    """

    reference: Reference
    vectors: tuple[Vector, ...]
    shapes: Shapes | None = None

    def to_bytes(self) -> bytes:
        """The self-test as `from_bytes` reads it."""
        arrays = _Arrays()
        vectors = [
            {
                "inputs": [_input_data(given, arrays) for given in vector.inputs],
                "results": [_expected_data(result, arrays) for result in vector.results],
            }
            for vector in self.vectors
        ]
        head: dict[str, Any] = {
            "version": SELFTEST_VERSION,
            "reference": self.reference,
            "vectors": vectors,
        }
        if self.shapes is not None:
            head["shapes"] = self.shapes
        text = json.dumps(head, separators=(",", ":"), allow_nan=False)
        return b"".join([text.encode(), b"\n", *arrays.parts])

    @staticmethod
    def from_bytes(content: bytes | memoryview, signature: Signature) -> SelfTest:
        """Reads what `to_bytes` wrote.

        Args:
            content: the bytes.
            signature: of the entry.

        Raises:
            XformValueError: they are no self-test of that entry, or one of a newer version.
        """
        head, _, body = bytes(content).partition(b"\n")
        try:
            data = json.loads(head)
        except (ValueError, RecursionError) as error:
            raise XformValueError(f"it does not begin with JSON: {error}") from None
        if not isinstance(data, dict) or data.get("version") != SELFTEST_VERSION:
            version = data.get("version") if isinstance(data, dict) else None
            raise XformValueError(
                f"its version {version!r} is not supported: this runtime reads version "
                f"{SELFTEST_VERSION}"
            )
        reference: Any = data.get("reference")
        if reference not in get_args(Reference):
            raise XformValueError(f"its expected results are from {reference!r}")
        shapes = _shapes(data.get("shapes"))
        fixed = with_shapes(signature, shapes)
        match data.get("vectors"):
            case [_, *_] as vectors:
                found = tuple(_vector(vector, fixed, body) for vector in vectors)
                return SelfTest(reference, found, shapes)
        raise XformValueError("it has no vectors")


def with_shapes(signature: Signature, shapes: Shapes | None) -> Signature:
    """A signature whose open sizes are those of a self-test.

    Args:
        signature: of the entry.
        shapes: of its arguments, and of its results; None if no size is open.

    Raises:
        XformValueError: they are not those of the entry.
    """
    if shapes is None:
        return signature
    leaves = [signature.args, signature.results]
    if [len(some) for some in shapes] != [len(some) for some in leaves]:
        raise XformValueError("it has the shapes of other arguments")
    args, results = (
        tuple(_with_shape(leaf, shape) for leaf, shape in zip(some, found, strict=True))
        for some, found in zip(leaves, shapes, strict=True)
    )
    return replace(signature, args=args, results=results, sizes=(), sample=())


def _with_shape(leaf: LeafSpec, shape: tuple[int, ...]) -> LeafSpec:
    is_same = len(shape) == len(leaf.shape) and all(
        known in (None, size) for known, size in zip(leaf.shape, shape, strict=True)
    )
    if not is_same:
        raise XformValueError(f"it has an array of shape {shape} for {leaf.path}, which is {leaf}")
    return replace(leaf, shape=shape, sizes=())


def _shapes(data: Any) -> Shapes | None:
    if data is None:
        return None
    match data:
        case [list(args), list(results)]:
            if all(map(_is_shape, (*args, *results))):
                return tuple(map(tuple, args)), tuple(map(tuple, results))
    raise XformValueError(f"its shapes are {data!r}")


def _is_shape(data: Any) -> bool:
    return isinstance(data, list) and all(type(size) is int and size >= 0 for size in data)


def is_exact(dtype: np.dtype[Any]) -> bool:
    """Whether results of a dtype are compared bit by bit: integers and bools."""
    return dtype.kind in "biu"


def block_limits(size: int, blocks: int) -> list[tuple[int, int]]:
    """Where each of some blocks of `size` elements begins, and where it ends.

    >>> block_limits(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    ends = [i * size // blocks for i in range(blocks + 1)]
    return list(pairwise(ends))


def sample_positions(size: int, count: int) -> NumPyArray:
    """Places in an array, one in each of `count` equal parts of it, wherever in that.

    At equal distances, all could lie in one column of a matrix.

    Args:
        size: of the array, at least `count`.
        count: how many.

    Returns:
        int64[count], increasing.

    >>> sample_positions(4, 4)
    array([0, 1, 2, 3])
    """
    ends = np.arange(count + 1) * size // count
    key = np.array([_POSITIONS_SEED, count], np.uint64)
    words = np.random.Philox(key=key).random_raw(count)
    widths = (ends[1:] - ends[:-1]).astype(np.uint64)
    return np.asarray(ends[:-1] + (words % widths).astype(np.int64))


# Writing ----------------------------------------------------------------------------------------


class _Arrays:
    """The arrays behind the line of JSON, those that vectors share once."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0
        self._known: dict[int, int] = {}

    def add(self, array: NumPyArray) -> int:
        """Adds an array, which lives as long as this; returns where it begins."""
        if id(array) in self._known:
            return self._known[id(array)]
        start = self._known[id(array)] = self._size
        # What IREE's runtime is there for has this order of bytes.
        self.parts.append(np.ascontiguousarray(array).tobytes())
        self._size += array.nbytes
        return start


def _input_data(given: NumPyArray | Drawn, arrays: _Arrays) -> dict[str, Any]:
    if isinstance(given, Drawn):
        return {"key": list(given.key), "bound": given.bound}
    return {"at": arrays.add(given)}


def _expected_data(result: Expected, arrays: _Arrays) -> dict[str, Any]:
    data: dict[str, Any] = {
        "relative": result.relative,
        "absolute": result.absolute,
        "at": arrays.add(result.values),
    }
    summary = result.summary
    if summary is not None:
        data["samples"] = result.values.size
        data["blocks"] = len(summary.sums)
        data["summary"] = [arrays.add(x) for x in (summary.sums, summary.magnitudes, summary.odd)]
    return data


# Reading ----------------------------------------------------------------------------------------


def _vector(data: Any, signature: Signature, body: bytes) -> Vector:
    match data:
        case {"inputs": list(inputs), "results": list(results)} if len(inputs) == len(
            signature.args
        ) and len(results) == len(signature.results):
            return Vector(
                tuple(
                    _input(x, leaf, body) for x, leaf in zip(inputs, signature.args, strict=True)
                ),
                tuple(
                    _expected(x, leaf, body)
                    for x, leaf in zip(results, signature.results, strict=True)
                ),
            )
    raise XformValueError(
        f"a vector has not {len(signature.args)} inputs and {len(signature.results)} results"
    )


def _input(data: Any, leaf: LeafSpec, body: bytes) -> NumPyArray | Drawn:
    match data:
        case {"at": at}:
            return _array(body, at, numpy_dtype(leaf.dtype), _known(leaf.shape))
        case {"key": [int(first), int(second)], "bound": int(bound)} if (
            min(first, second) >= 0 and max(first, second) < 2**64 and 1 <= bound <= 128
        ):
            return Drawn((first, second), bound)
    raise XformValueError(f"the input {leaf.path} is {data!r}")


def _expected(data: Any, leaf: LeafSpec, body: bytes) -> Expected:
    dtype, shape = numpy_dtype(leaf.dtype), _known(leaf.shape)
    match data:
        case {"relative": int() | float(), "absolute": int() | float(), "at": at}:
            relative, absolute = float(data["relative"]), float(data["absolute"])
            if "samples" not in data:
                return Expected(relative, absolute, _array(body, at, dtype, shape))
            return _summarised(data, relative, absolute, dtype, math.prod(shape), body)
    raise XformValueError(f"the result {leaf.path} is {data!r}")


def _summarised(
    data: Mapping[str, Any],
    relative: float,
    absolute: float,
    dtype: np.dtype[Any],
    size: int,
    body: bytes,
) -> Expected:
    match data:
        case {"samples": int(samples), "blocks": int(blocks), "summary": [sums, magnitudes, odd]}:
            if not (1 <= samples <= size and 1 <= blocks <= size):
                raise XformValueError(f"{samples} samples and {blocks} blocks of {size} elements")
            exact, double = is_exact(dtype), np.dtype(np.float64)
            summary = Summary(
                _array(body, sums, np.dtype(np.uint64) if exact else double, (blocks,)),
                _array(body, magnitudes, double, (0 if exact else blocks,)),
                _array(body, odd, np.dtype(np.int64), (blocks, 3)),
            )
            values = _array(body, data["at"], dtype, (samples,))
            return Expected(relative, absolute, values, summary)
    raise XformValueError(f"a result is {data!r}")


def _array(body: bytes, at: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NumPyArray:
    count = math.prod(shape)
    size = count * dtype.itemsize
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= len(body) - size:
        raise XformValueError(f"it has no {size} bytes at {at!r}, but {len(body)} in all")
    # A copy is aligned.
    return np.frombuffer(body, np.uint8, size, at).copy().view(dtype).reshape(shape)


def _known(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    if None in shape:
        raise XformValueError("it has arrays of unknown sizes")
    return tuple(size for size in shape if size is not None)


__all__ = [
    "SELFTEST_FOLDER",
    "SELFTEST_VERSION",
    "Drawn",
    "Expected",
    "Reference",
    "SelfTest",
    "Summary",
    "Vector",
    "block_limits",
    "drawn",
    "is_exact",
    "sample_positions",
    "with_shapes",
]
