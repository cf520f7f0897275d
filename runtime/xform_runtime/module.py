"""Modules loaded from files: entry points that are called like the functions they came from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .arrays import Array
from .by_size import ExecutableBySize
from .call_queue import CallQueue
from .devices import driver_name
from .dtypes import numpy_dtype
from .errors import (
    DeviceError,
    XformError,
    XformTypeError,
    XformValueError,
)
from .executable import Executable
from .image import ModuleImage
from .module_file import path_text
from .open_sizes import shape_text
from .signature import LeafSpec, Signature
from .tree import DictNode, LeafNode, TupleNode, flatten, short, unflatten
from .unchanging import Unchanging

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .selftest_report import ResultCheck, SelfTestReport


class Entry(Unchanging):
    """One entry point of a module; call it with the arguments of the original function."""

    def __init__(
        self,
        executable: Executable | ExecutableBySize,
        signature: Signature,
        image: ModuleImage,
        queue: CallQueue | None = None,
    ) -> None:
        self._executable = executable
        self._image = image
        self._queue = CallQueue() if queue is None else queue
        self._args, self._kwargs = _argument_trees(signature)
        self._leaves = [(leaf, numpy_dtype(leaf.dtype)) for leaf in signature.args]
        self._is_flat = not self._kwargs.items and all(
            isinstance(tree, LeafNode) for tree in self._args.items
        )
        self._open = signature.open_sizes()
        self.signature = signature
        self.__name__ = signature.name
        self.__doc__ = f"{signature}\n\n{signature.doc}".strip()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the compiled function; while xform traces a function, its program does.

        Returns:
            The result in the original structure, with an `Array` for each leaf; a traced array
            where an argument is one.

        Raises:
            XformTypeError: an argument has another dtype, or is not an array.
            XformValueError: an argument has another shape or structure.
        """
        # As _invoke, without another call in the way of each call.
        values, signature = self._values(args, kwargs), self.signature
        for value in values:
            if type(value) is not np.ndarray and type(value) is not Array:
                # What traces a function records the call instead.
                results = value.__xform_call__(signature, self._image, values)
                return unflatten(signature.outputs, results)
        return unflatten(signature.outputs, self._executable.invoke(signature.name, values))

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Calls the compiled function on another thread, after all that the module was given before.

        Args:
            args, kwargs: as for a call. NumPy arrays are copied, and may be changed at once; donated
                arguments are lost at once.

        Returns:
            A future of the standard library's: `result()` waits for what a call returns and raises
            what it raises, `cancel()` succeeds until the call begins.
        """
        try:
            values = self._values(args, kwargs)
        except XformError as error:
            # In its turn, as all others.
            return self._queue.submit(_raise, error)
        traced = _traced_in(values)
        if traced is not None:
            raise XformTypeError(
                traced.__xform_placed__(
                    f"{self.signature.name}.submit() cannot be called while a function is traced: "
                    "call the entry itself"
                )
            )
        held = self._executable.hold(self.signature.name, values)
        return self._queue.submit(self._invoke, held)

    def _values(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The arrays that the compiled function takes; traced ones where a function is traced."""
        signature = self.signature
        try:
            if self._is_flat and not kwargs and len(args) == len(self._leaves):
                leaves: Sequence[Any] = args
            else:
                leaves = self._flatten(args, kwargs)
            values = [
                _checked(leaf, dtype, value)
                for (leaf, dtype), value in zip(self._leaves, leaves, strict=True)
            ]
            if self._open is not None:
                self._open.check(values)
        except XformError as error:
            text = f"{signature.name}(): {error}"
            traced = _traced_in((args, kwargs))
            # Errors of tracing end with the user's line.
            raise type(error)(text if traced is None else traced.__xform_placed__(text)) from None
        return values

    def _invoke(self, values: Sequence[Array | np.ndarray[Any, Any]]) -> Any:
        """The result in its structure."""
        signature = self.signature
        return unflatten(signature.outputs, self._executable.invoke(signature.name, values))

    def selftest(self) -> SelfTestReport:
        """Tries the entry point alone, as `Module.selftest` does all of them.

        Raises:
            XformValueError: the file has no self-test for it.
            ModuleFileError, XformRuntimeError: as `Module.selftest`.
        """
        from .selftest_report import SelfTestReport

        checks = self._checks()
        if checks is None:
            raise _no_selftest(f"entry {self.__name__!r} of {self._image.origin}")
        return SelfTestReport(self._image.origin, self.signature.device, tuple(checks))

    def _checks(self) -> list[ResultCheck] | None:
        """The results of the entry's self-test; None if it has none."""
        from .selftest import with_shapes
        from .selftest_report import checked

        signature, name = self.signature, self.__name__
        selftest = self._image.selftest(name)
        if selftest is None:
            return None
        signature = with_shapes(signature, selftest.shapes)
        checks: list[ResultCheck] = []
        for number, vector in enumerate(selftest.vectors):
            results = self._executable.invoke(name, vector.arguments(signature))
            checks += [
                checked(name, number, leaf, expected, result.numpy())
                for leaf, expected, result in zip(
                    signature.results, vector.results, results, strict=True
                )
            ]
        return checks

    def _flatten(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        if len(args) != len(self._args.items):
            expected = len(self._args.items)
            raise XformTypeError(
                f"got {len(args)} positional argument{'s' * (len(args) != 1)}, expected {expected}"
            )
        return flatten(self._args, args, "args") + flatten(self._kwargs, kwargs, "kwargs")

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Entry, (self._executable, self.signature, self._image, self._queue)

    def __repr__(self) -> str:
        return f"<entry {self.signature}>"


@dataclass(frozen=True)
class ModuleInfo:
    """What is known of a module file.

    Args:
        path: the file; of a folder, the one that was chosen.
        sha256: of its bytes, as `sha256sum` prints it.
        target: what it was compiled for, such as "cpu:x86-64-v3"; "" if that was not kept.
        machine: the instruction set of the CPU that it is for, such as "x86_64"; "" for other
            devices, or if it was not kept.
        cpu_features: the instruction sets that it needs, by their /proc/cpuinfo names.
        versions: of the packages that compiled it.
    """

    path: str
    sha256: str
    target: str
    machine: str
    cpu_features: tuple[str, ...]
    versions: dict[str, str]


class Module(Unchanging):
    """A loaded module; a pickle of it has the bytes of the file.

    A module with one entry point is called directly; otherwise each entry is an attribute, and
    also an item: `module.step(x)` or `module["step"](x)`. Its `info` tells what the file is.
    """

    def __init__(
        self, path: str, device: str, entries: dict[str, Entry], image: ModuleImage
    ) -> None:
        self._path = path
        self._device = device
        self._entries = entries
        self._image = image
        self._only = next(iter(entries.values())) if len(entries) == 1 else None

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Module, (self._path, self._device, self._entries, self._image)

    @property
    def entries(self) -> tuple[str, ...]:
        """The names of the entry points."""
        return tuple(self._entries)

    @property
    def device(self) -> str:
        """The name of the device that the module runs on."""
        return self._device

    @property
    def info(self) -> ModuleInfo:
        """Where the module comes from, and what it was compiled for and by.

        The SHA-256 is computed anew each time, for which a large file is read.
        """
        from hashlib import sha256

        # The entries have these things in common.
        signature = next(iter(self._image.signatures.values()))
        return ModuleInfo(
            path=self._path,
            sha256=sha256(self._image.content).hexdigest(),
            target=signature.target,
            machine=signature.machine,
            cpu_features=signature.cpu_features,
            versions=dict(signature.versions),
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the only entry point.

        Raises:
            XformTypeError: there are several; the message lists them.
        """
        if self._only is None:
            raise self._choice("")
        return self._only(*args, **kwargs)

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Calls the only entry point on another thread; see `Entry.submit`.

        Calls of all entry points of a module are made in the order in which they were submitted.

        Raises:
            XformTypeError: there are several; the message lists them.
        """
        if self._only is None:
            raise self._choice(".submit")
        return self._only.submit(*args, **kwargs)

    def _choice(self, method: str) -> XformTypeError:
        """What a call of a module says that has several entry points."""
        return XformTypeError(
            f"{self._path} has {len(self._entries)} entry points: call one of them by name: "
            + ", ".join(f"module.{name}{method}(...)" for name in self._entries)
        )

    def selftest(self) -> SelfTestReport:
        """Calls the entry points with the inputs that the file keeps for that, and compares.

        The expected results are those of the original function, called by Python where the file was
        saved. Each may differ by what rounding makes of it there; integers and bools may not.

        Returns:
            A report: `passed`, and for each result of each call where it is worst; printed it says
            so in lines of text. `raise_if_failed()` raises where something is wrong.

        Raises:
            XformValueError: the file has no self-test; it was saved without `selftest`.
            ModuleFileError: the self-test cannot be read.
            XformRuntimeError: a call fails.
        """
        from .selftest_report import SelfTestReport

        found = [entry._checks() for entry in self._entries.values()]
        if all(checks is None for checks in found):
            raise _no_selftest(self._path)
        checks = tuple(check for some in found for check in some or ())
        return SelfTestReport(self._path, self._device, checks)

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise XformValueError(
                f"{self._path} has no entry point {name!r}: expected one of "
                f"{', '.join(map(repr, self._entries))}"
            )
        return self._entries[name]

    def __getattr__(self, name: str) -> Entry:
        if name.startswith("_") or name not in self._entries:
            raise AttributeError(
                f"module {self._path} has no entry point {name!r}: it has "
                f"{', '.join(map(repr, self.__dict__.get('_entries', ())))}"
            )
        return self._entries[name]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._entries})

    def __repr__(self) -> str:
        lines = [f"Module({self._path!r}, device={self._device!r})"]
        lines += [f"  {entry.signature}" for entry in self._entries.values()]
        return "\n".join(lines)


def load(
    path: str | bytes | os.PathLike[Any],
    device: str | None = None,
    *,
    sha256: str | None = None,
) -> Module:
    """Loads a compiled module from a file, or the best for this machine from a folder of them.

    The file may change or vanish afterwards. A module has machine code in it, which runs with all
    that this process may do: load only what you trust, or give the hash of a file that you trust.

    Args:
        path: a .vmfb that xform wrote, or a folder that it wrote for several targets.
        device: the device to run on; None takes the one it was compiled for. Of a folder, None
            takes the CPU if there is a module for it, or else another device that is here; on the
            CPU, the module that uses most of what the processor can do.
        sha256: the hash that the file must have, as hexadecimal digits; of a folder, that of its
            manifest, which has those of the files. None for any.

    Returns:
        The module; its entry points check their arguments before each call.

    Raises:
        MissingFileError: there is no such file; it is a FileNotFoundError, too.
        ModuleFileError: it is damaged, not a module that xform wrote, or has another hash, or a
            file of a folder is not the one that was written there.
        DeviceError: the device is not available, or the module was compiled for another one.
        XformTypeError, XformValueError: the path is none, or `sha256` is no hash.
    """
    name = path_text(path)
    if os.path.isdir(name):
        from .folder import first_that_runs

        return first_that_runs(name, device, lambda image: module_of(image, device), sha256=sha256)
    return module_of(ModuleImage.from_file(name, sha256=sha256), device)


def module_of(image: ModuleImage, device: str | None = None) -> Module:
    """`load` of what was read already.

    Args:
        image: of a module that xform made.
        device: as for `load`.

    Raises:
        DeviceError: as `load`.
    """
    name, signatures = image.origin, image.signatures
    compiled_for = next(iter(signatures.values())).device
    if device is not None:
        driver_name(device, 0)
        if device != compiled_for:
            raise DeviceError(
                f"{name} was compiled for device {compiled_for!r} and cannot run on {device!r}"
            )
    queue = CallQueue()
    loaded: dict[str, Executable] = {}
    entries: dict[str, Entry] = {}
    for entry, signature in signatures.items():
        if signature.sizes:
            entries[entry] = Entry(ExecutableBySize(image, signature), signature, image, queue)
            continue
        work, is_shared = signature.work, image.is_shared(signature)
        driver = driver_name(signature.device, work, is_shared=is_shared)
        if driver not in loaded:
            loaded[driver] = Executable(image, signature.device, work=work, is_shared=is_shared)
        entries[entry] = Entry(loaded[driver], signature, image, queue)
    return Module(name, compiled_for, entries, image)


def _no_selftest(what: str) -> XformValueError:
    return XformValueError(
        f"{what} has no self-test: save it with selftest=True, or by xform compile --selftest"
    )


def _raise(error: XformError) -> NoReturn:
    raise error


def _checked(leaf: LeafSpec, dtype: np.dtype[Any], value: Any) -> Any:
    kind = type(value)
    if kind is not Array and kind is not np.ndarray:
        if kind in (bool, int, float, complex):
            return _from_number(leaf, value)
        value = _from_other(leaf, value)
    array = value
    # A dtype compares equal to its byte-swapped twin in name only.
    if array.dtype != dtype and array.dtype.newbyteorder("=") != dtype:
        raise XformTypeError(
            f"{leaf.path} has dtype {array.dtype.name}, expected {leaf.dtype}; "
            f"convert it with .astype({leaf.dtype!r})"
        )
    if array.shape != leaf.shape and not _fits(array.shape, leaf.shape):
        raise XformValueError(
            f"{leaf.path} has shape {array.shape}, expected {shape_text(leaf.shape, leaf.sizes)}"
        )
    return array


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(
        want is None or got == want for got, want in zip(shape, expected, strict=True)
    )


def _from_number(leaf: LeafSpec, value: bool | complex) -> np.ndarray[Any, Any]:
    if leaf.shape != ():
        raise XformValueError(
            f"{leaf.path} is the Python number {value!r}, expected an array {leaf}"
        )
    dtype = numpy_dtype(leaf.dtype)
    if leaf.dtype == "bool":
        accepted: tuple[type[Any], ...] = (bool,)
    elif leaf.dtype.startswith(("int", "uint")):
        accepted = (int,)
    elif leaf.dtype.startswith("complex"):
        accepted = (int, float, complex)
    else:
        accepted = (int, float)
    if type(value) not in accepted:
        raise XformTypeError(
            f"{leaf.path} is the Python {type(value).__name__} {value!r}, expected {leaf.dtype}"
        )
    try:
        return np.array(value, dtype)
    except OverflowError:
        raise XformValueError(f"{leaf.path} is {value!r}, out of range for {leaf.dtype}") from None


def _from_other(leaf: LeafSpec, value: Any) -> Any:
    if hasattr(type(value), "__xform_argument__"):
        return value.__xform_argument__(leaf.shape, dtype=numpy_dtype(leaf.dtype))
    if value is None or isinstance(value, tuple | list | dict):
        raise XformValueError(f"{leaf.path}: got {short(value)}, expected an array {leaf}")
    if isinstance(value, str | bytes) or not (
        hasattr(value, "__array__") or hasattr(value, "__dlpack__")
    ):
        raise XformTypeError(
            f"{leaf.path} is a value of type {type(value).__name__}, expected an array {leaf}"
        )
    try:
        if hasattr(value, "__array__"):
            return np.asarray(value)
        return np.from_dlpack(value)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise XformTypeError(
            f"{leaf.path} is a {type(value).__name__} that NumPy cannot read: {error}"
        ) from None


def _traced_in(tree: Any) -> Any:
    """One of the arrays of a function that is traced, which record calls; None if there is none."""
    if isinstance(tree, tuple | list | dict):
        children = tree.values() if isinstance(tree, dict) else tree
        found = (_traced_in(child) for child in children)
        return next((traced for traced in found if traced is not None), None)
    return tree if hasattr(type(tree), "__xform_call__") else None


def _argument_trees(signature: Signature) -> tuple[TupleNode, DictNode]:
    match signature.inputs:
        case DictNode(((_, TupleNode() as args), (_, DictNode() as kwargs))):
            return args, kwargs
    raise XformValueError(f"the inputs of {signature.name!r} are not arguments")
