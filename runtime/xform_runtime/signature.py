"""What an entry point takes and gives: names, shapes, dtypes and structure, stored as JSON.

The text is kept inside the compiled module as reflection metadata under `SIGNATURE_KEY`.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from .devices import DEVICE_NAMES
from .dtypes import DTYPE_NAMES, numpy_dtype
from .errors import XformError, XformValueError
from .open_sizes import OpenSizes, Size
from .tree import (
    DictNode,
    LeafNode,
    NamedTupleNode,
    NoneNode,
    Tree,
    TupleNode,
    describe,
    from_data,
    leaf_indices,
    to_data,
)

SIGNATURE_KEY = "xform.signature"
SIGNATURE_VERSION = 1


@dataclass(frozen=True)
class LeafSpec:
    """One array of a signature.

    Args:
        path: where it is, for example `args[0]['w']`.
        shape: its sizes; None where one is open.
        dtype: a NumPy dtype name or `bfloat16`.
        sizes: the names of the open sizes, "" where one is fixed and "?" where it is computed
            from others; empty if no size is open.
    """

    path: str
    shape: tuple[int | None, ...]
    dtype: str
    sizes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of the array; sizes that are not known count as one.

        >>> LeafSpec("x", (2, 3), "float32").nbytes
        24
        """
        known = (size for size in self.shape if size is not None)
        return numpy_dtype(self.dtype).itemsize * math.prod(known)

    def __str__(self) -> str:
        names = self.sizes or ("",) * len(self.shape)
        sizes = [
            str(n) if n is not None else "?" if name.startswith("?") else name or "?"
            for n, name in zip(self.shape, names, strict=True)
        ]
        return f"{self.dtype}[{','.join(sizes)}]"


@dataclass(frozen=True)
class Signature:
    """The signature of one entry point.

    Args:
        name: the entry's name.
        device: "cpu", "vulkan" or "cuda".
        work: the additions that one call is estimated to be worth; chooses between one core and all of them.
        inputs: structure of the arguments: a dict of the tuple "args" and the dict "kwargs".
        outputs: structure of the result.
        args: the arrays of `inputs`, by leaf index.
        results: the arrays of `outputs`, by leaf index.
        cpu_features: instruction sets that the CPU code needs, by their /proc/cpuinfo names.
        is_shared: whether the CPU code runs on the calling thread and lets other cores help.
        scratch: bytes of memory that a call takes besides its arguments and results, if known.
        donors: for each result the number of the argument whose memory it takes over, or None;
            empty if all are None. Such arguments are lost to the caller.
        parameters: the names of the positional arguments, "" where one has none; empty if they
            were not kept.
        target: what the code was compiled for, such as "cpu:x86-64-v3"; "" if it was not kept.
        versions: the packages that compiled it and their versions.
        flops: estimated floating-point operations of a call, if known.
        moved: estimated bytes that a call reads and writes, if known.
        sizes: the open sizes of the arguments.
        sample: what these are where `work`, `flops` and `moved` were counted.
        doc: what the function's docstring says.
        machine: the instruction set of the CPU that the code is for, such as "x86_64"; "" for other
            devices, or if it was not kept.
        weights: arrays that the code reads besides its arguments and that are not in the file, but
            in one of IREE's parameters; `path` is the key there.
        weights_file: what that file was called when it was written, without its folder.

    Raises:
        XformValueError: an unknown device, or structures and leaves that do not fit.
    """

    name: str
    device: str
    work: int
    inputs: Tree
    outputs: Tree
    args: tuple[LeafSpec, ...]
    results: tuple[LeafSpec, ...]
    cpu_features: tuple[str, ...] = ()
    is_shared: bool = False
    scratch: int | None = None
    donors: tuple[int | None, ...] = ()
    parameters: tuple[str, ...] = ()
    target: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    flops: int | None = None
    moved: int | None = None
    sizes: tuple[Size, ...] = ()
    sample: tuple[int, ...] = ()
    doc: str = ""
    machine: str = ""
    weights: tuple[LeafSpec, ...] = ()
    weights_file: str = ""

    def __post_init__(self) -> None:
        if self.device not in DEVICE_NAMES:
            raise XformValueError(
                f"signature {self.name!r} is for the unknown device {self.device!r}: expected one "
                f"of {', '.join(map(repr, DEVICE_NAMES))}"
            )
        match self.inputs:
            case DictNode((("args", TupleNode(positional)), ("kwargs", DictNode()))):
                count = len(positional)
            case _:
                raise XformValueError(
                    "the inputs of a signature are a dict of the tuple 'args' and the dict "
                    f"'kwargs', got {describe(self.inputs)}"
                )
        for which, tree, leaves in (
            ("inputs", self.inputs, self.args),
            ("outputs", self.outputs, self.results),
        ):
            # Results are numbered, so that a dict of them may have any order.
            found = sorted(leaf_indices(tree)) if which == "outputs" else leaf_indices(tree)
            if found != list(range(len(leaves))):
                raise XformValueError(
                    f"the {which} of signature {self.name!r} refer to leaves "
                    f"{leaf_indices(tree)}, expected 0 to {len(leaves) - 1} in order"
                )
        if len(self.sample) != len(self.sizes) or not all(
            type(n) is int and n > 0 for n in self.sample
        ):
            raise XformValueError(
                f"the sample of signature {self.name!r} is {list(self.sample)}, expected a number "
                f"for each of {len(self.sizes)} open sizes"
            )
        known = {size.name for size in self.sizes}
        missing = [n for leaf in self.args for n in leaf.sizes if n and n not in known]
        if missing:
            raise XformValueError(
                f"signature {self.name!r} does not say what the size {missing[0]!r} is"
            )
        if self.parameters and len(self.parameters) != count:
            raise XformValueError(
                f"signature {self.name!r} names {len(self.parameters)} positional arguments, "
                f"expected {count}"
            )
        taken = [donor for donor in self.donors if donor is not None]
        if self.donors and (
            len(self.donors) != len(self.results)
            or len(taken) != len(set(taken))
            or not all(0 <= donor < len(self.args) for donor in taken)
        ):
            raise XformValueError(
                f"the donors of signature {self.name!r} are {list(self.donors)}, expected for each "
                f"of {len(self.results)} results None or another one of {len(self.args)} arguments"
            )

    def open_sizes(self) -> OpenSizes | None:
        """The open sizes with their places in the arguments; None if there are none."""
        if not self.sizes:
            return None
        return OpenSizes(self.sizes, ((leaf.path, leaf.sizes) for leaf in self.args))

    def to_json(self) -> str:
        """The signature as one line of JSON."""
        return json.dumps(
            {
                "version": SIGNATURE_VERSION,
                "name": self.name,
                "device": self.device,
                "work": self.work,
                "inputs": to_data(self.inputs),
                "outputs": to_data(self.outputs),
                "args": [_leaf_data(leaf) for leaf in self.args],
                "results": [_leaf_data(leaf) for leaf in self.results],
                "cpu_features": list(self.cpu_features),
                "is_shared": self.is_shared,
                "scratch": self.scratch,
                "donors": list(self.donors),
                "parameters": list(self.parameters),
                "target": self.target,
                "versions": dict(self.versions),
                "flops": self.flops,
                "moved": self.moved,
                "sizes": [asdict(size) for size in self.sizes],
                "sample": list(self.sample),
                "doc": self.doc,
                "machine": self.machine,
                "weights": [_leaf_data(leaf) for leaf in self.weights],
                "weights_file": self.weights_file,
            },
            separators=(",", ":"),
        )

    @staticmethod
    def from_json(text: str) -> Signature:
        """Reads what `to_json` wrote.

        Raises:
            XformValueError: the text is not JSON, misses a field, or is of a newer version.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise XformValueError(f"a signature is not valid JSON: {error}") from None
        if not isinstance(data, dict):
            raise XformValueError(f"a signature is a JSON object, got {type(data).__name__}")
        version = data.get("version")
        if version != SIGNATURE_VERSION:
            raise XformValueError(
                f"signature version {version!r} is not supported: this runtime reads version "
                f"{SIGNATURE_VERSION}"
            )
        try:
            return Signature(
                name=_field(data, "name", str),
                device=_field(data, "device", str),
                work=_field(data, "work", int),
                inputs=from_data(data.get("inputs")),
                outputs=from_data(data.get("outputs")),
                args=_leaves(data, "args"),
                results=_leaves(data, "results"),
                cpu_features=tuple(map(str, _field(data, "cpu_features", list))),
                is_shared=data.get("is_shared") is True,
                scratch=_optional(data, "scratch"),
                donors=_donors(data),
                parameters=tuple(map(str, _field(data, "parameters", list, []))),
                target=_field(data, "target", str, ""),
                versions=tuple(
                    (name, str(version))
                    for name, version in _field(data, "versions", dict, {}).items()
                ),
                flops=_optional(data, "flops"),
                moved=_optional(data, "moved"),
                sizes=tuple(map(_size, _field(data, "sizes", list, []))),
                sample=tuple(_field(data, "sample", list, [])),
                doc=_field(data, "doc", str, ""),
                machine=_field(data, "machine", str, ""),
                weights=_leaves(data, "weights", []),
                weights_file=_field(data, "weights_file", str, ""),
            )
        except (XformError, RecursionError) as error:
            raise XformValueError(f"bad signature: {error}") from None

    def __str__(self) -> str:
        match self.inputs:
            case DictNode(((_, TupleNode(args)), (_, DictNode(kwargs)))):
                parts = [describe(arg, self._arg) for arg in args]
                parts += [f"{key}={describe(tree, self._arg)}" for key, tree in kwargs]
        return f"{self.name}({', '.join(parts)}) -> {describe(self.outputs, self._result)}"

    def _arg(self, index: int) -> str:
        return str(self.args[index])

    def _result(self, index: int) -> str:
        return str(self.results[index])


def _leaf_data(leaf: LeafSpec) -> dict[str, Any]:
    data = {"path": leaf.path, "shape": list(leaf.shape), "dtype": leaf.dtype}
    return data | {"sizes": list(leaf.sizes)} if leaf.sizes else data


def _size(data: Any) -> Size:
    match data:
        case {"name": name, "minimum": minimum, "maximum": maximum, "multiple": multiple}:
            return Size(name, minimum, maximum, multiple)
    raise XformValueError(f"an open size is {data!r}, expected an object with name and bounds")


def _optional(data: dict[str, Any], key: str) -> int | None:
    """A number that may be missing or null."""
    return None if data.get(key) is None else int(_field(data, key, int))


def _field(data: dict[str, Any], key: str, kind: type[Any], default: Any = None) -> Any:
    value = data.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise XformValueError(f"field {key!r} is {value!r}, expected a {kind.__name__}")
    return value


def _donors(data: dict[str, Any]) -> tuple[int | None, ...]:
    found = data.get("donors", [])
    if isinstance(found, list) and all(_is_size(donor) for donor in found):
        return tuple(found)
    raise XformValueError(f"field 'donors' is {found!r}, expected a list of argument numbers")


def _leaves(data: dict[str, Any], key: str, default: Any = None) -> tuple[LeafSpec, ...]:
    found = _field(data, key, list, default)
    return tuple(_leaf(item, f"{key}[{i}]") for i, item in enumerate(found))


def _leaf(data: Any, where: str) -> LeafSpec:
    match data:
        case {"path": str(path), "shape": list(shape), "dtype": str(dtype)}:
            if dtype not in DTYPE_NAMES:
                raise XformValueError(f"{where} has unknown dtype {dtype!r}")
            if not all(_is_size(size) for size in shape):
                raise XformValueError(f"{where} has a bad shape {shape}")
            sizes = data.get("sizes", [])
            if sizes and (len(sizes) != len(shape) or not all(isinstance(n, str) for n in sizes)):
                raise XformValueError(f"{where} has bad names of sizes {sizes}")
            return LeafSpec(path, tuple(shape), dtype, tuple(sizes))
    raise XformValueError(f"{where} is {data!r}, expected an object with path, shape and dtype")


def _is_size(size: Any) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 0)


__all__ = [
    "SIGNATURE_KEY",
    "SIGNATURE_VERSION",
    "DictNode",
    "LeafNode",
    "LeafSpec",
    "NamedTupleNode",
    "NoneNode",
    "Signature",
    "Tree",
    "TupleNode",
]
