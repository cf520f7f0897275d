"""Compiled code loaded on a device, called with flat lists of arrays."""

from __future__ import annotations

import ctypes
import platform
import re
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import numpy as np

from .arrays import Array, asarray
from .binding import (
    BufferUsage,
    HalBufferView,
    MemoryType,
    VmContext,
    VmVariantList,
)
from .cpu_features import missing_cpu_features
from .devices import Device, Staging, get_device, view_of, wants_staging
from .dtypes import numpy_dtype
from .errors import IREE_ERRORS, DeviceError, ModuleFileError, XformValueError
from .image import ModuleImage
from .signature import Signature
from .unchanging import Unchanging

# Compiled code loads whole vectors and assumes this alignment; NumPy guarantees 16 bytes only.
_ALIGNMENT: Final = 64
# Below this size a copy is cheaper than checking what a shared buffer would ask for.
_IMPORT_FROM: Final = 64 << 10

_IMPORT_MEMORY: Final = int(MemoryType.DEVICE_LOCAL)
_IMPORT_USAGE: Final = int(BufferUsage.DEFAULT)


class _Entry:
    """An entry point, looked up once."""

    __slots__ = ("function", "may_share", "results", "signature", "stoppable", "taken")

    def __init__(self, function: Any, stoppable: Any, signature: Signature | None) -> None:
        self.function = function
        # The same with one more argument, a word that stops it; None if it never takes long.
        self.stoppable = stoppable
        self.signature = signature
        self.results: list[tuple[tuple[int, ...] | None, np.dtype[Any]]] | None = None
        # IREE may return an argument or a constant as it is.
        self.may_share = signature is None or signature.scratch is None
        self.taken: tuple[int, ...] = ()
        if signature is not None:
            self.taken = tuple(donor for donor in signature.donors if donor is not None)
            self.results = [
                (
                    None if None in leaf.shape else leaf.shape,  # type: ignore[misc]
                    numpy_dtype(leaf.dtype),
                )
                for leaf in signature.results
            ]


class Executable(Unchanging):
    """A compiled module loaded on a device.

    Args:
        vmfb: the module's bytes, or its image; a memoryview must stay unchanged as long as the
            executable lives.
        device: "cpu", "vulkan" or "cuda"; must be the one it was compiled for.
        work: scalar operations of a typical call; chooses between one core and all of them.
        is_shared: whether the module's own code lets other cores help.

    Raises:
        ModuleFileError: the bytes are damaged or not a compiled module.
        DeviceError: the device is not available, or cannot run this code.
    """

    def __init__(
        self,
        vmfb: bytes | memoryview | ModuleImage,
        device: str,
        *,
        work: int = 0,
        is_shared: bool = False,
    ) -> None:
        image = vmfb if isinstance(vmfb, ModuleImage) else ModuleImage(vmfb)
        self._image = image
        self._work, self._is_shared = work, is_shared
        self._device = get_device(device, work=work, is_shared=is_shared)
        self._check_device(image)
        self._entries = {
            name: _Entry(function, image.stoppable.get(name), image.signatures.get(name))
            for name, function in image.functions.items()
        }
        self._context: Any = self._make_context()
        if image.stoppable:
            # It imports what is of no use to other programs.
            from .stopping import call_stoppable

            self._call_stoppable = call_stoppable

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        loaded = partial(Executable, work=self._work, is_shared=self._is_shared)
        return loaded, (self._image, self.device)

    def _make_context(self) -> Any:
        device = self._device
        modules = self._image.with_needed(device.hal_module)
        try:
            return VmContext(device.instance, modules)
        except IREE_ERRORS as error:
            if "resolving module" in str(error):
                raise ModuleFileError(
                    f"{self._image.origin} does not have in it what it calls: {error}"
                ) from None
            raise DeviceError(
                f"{self._image.origin} cannot run on device {device.name!r}: {_reason(str(error))}"
            ) from None

    def _reopen(self) -> Device:
        """Goes on in a forked process, where the threads of the device are missing."""
        self._device = get_device(self._device.name, work=self._work, is_shared=self._is_shared)
        self._context = self._make_context()
        return self._device

    def _check_device(self, image: ModuleImage) -> None:
        for callee in image.callees.values():
            self._check_device(callee)
        name, origin = self._device.name, image.origin
        for entry, signature in image.signatures.items():
            if signature.device != name:
                raise DeviceError(
                    f"{origin} was compiled for device {signature.device!r} "
                    f"and cannot run on {name!r}"
                )
            machine = platform.machine()
            if signature.machine and signature.machine != machine:
                raise DeviceError(
                    f"{origin} was compiled for {signature.machine}, and this machine is {machine}"
                )
            missing = missing_cpu_features(signature.cpu_features) if name == "cpu" else []
            if missing:
                raise DeviceError(
                    f"entry {entry!r} of {origin} needs CPU features that this machine lacks: "
                    f"{', '.join(missing)}; compile it for an older CPU"
                )

    @property
    def device(self) -> str:
        """The device's name."""
        return self._device.name

    @property
    def entries(self) -> tuple[str, ...]:
        """The names of the entry points."""
        return tuple(self._entries)

    def signature(self, entry: str) -> Signature | None:
        """The signature of an entry point, or None if the module carries none for it.

        Raises:
            XformValueError: there is no such entry.
        """
        return self._find(entry).signature

    def _find(self, entry: str) -> _Entry:
        found = self._entries.get(entry)
        if found is None:
            raise XformValueError(
                f"no entry {entry!r} in the module: expected one of "
                f"{', '.join(map(repr, self._entries))}"
            )
        return found

    def invoke(self, entry: str, args: Sequence[Array | np.ndarray[Any, Any]]) -> list[Array]:
        """Calls an entry point; shapes and dtypes must have been checked already.

        Args:
            entry: the entry's name.
            args: one array per leaf of the signature. NumPy arrays may have any layout.

        Returns:
            The results, on the device. They never share memory with a NumPy array of `args`. An
            `Array` in whose memory a result lies has no values any more.

        Raises:
            XformRuntimeError: the device reports a failure.
        """
        prepared = self._entries.get(entry) or self._find(entry)
        device = self._device
        if device.is_left_behind:
            device = self._reopen()
        if prepared.taken:
            args = self._donated(entry, prepared.taken, args)
        inputs = VmVariantList(len(args))
        for arg in args:
            if isinstance(arg, Array):
                inputs.push_ref(self._resident(arg))
                if prepared.may_share:
                    arg._is_shared = True
            elif arg.nbytes >= _IMPORT_FROM and device.is_host:
                return self._invoke_borrowing(prepared, args)
            else:
                inputs.push_ref(device.put(arg))
        return self._wrap(prepared, self._call(prepared, inputs))

    def hold(
        self, entry: str, args: Sequence[Array | np.ndarray[Any, Any]]
    ) -> list[Array | np.ndarray[Any, Any]]:
        """What `invoke` can be given later in the place of `args`, whatever becomes of them.

        Args:
            entry: the entry's name.
            args: as for `invoke`. NumPy arrays are copied to the device, and an `Array` that the
                call takes over has no values any more.
        """
        prepared = self._find(entry)
        if self._device.is_left_behind:
            self._reopen()
        held = [arg if isinstance(arg, Array) else asarray(arg, self.device) for arg in args]
        return self._donated(entry, prepared.taken, held)

    def apart(self, entry: str, results: list[Array], kept: Sequence[Array]) -> list[Array]:
        """Results of `invoke` none of which has the memory of some of its arguments.

        Args:
            entry: the entry's name.
            results: what `invoke` returned.
            kept: arrays of its `args` that later calls are given again. Whoever exports a result
                without a copy could write into them.
        """
        if kept and self._find(entry).may_share and self._device.is_host:
            _separate(self._device, results, [(array.numpy(), None) for array in kept])
        return results

    def _donated(
        self, entry: str, taken: Sequence[int], args: Sequence[Array | np.ndarray[Any, Any]]
    ) -> list[Array | np.ndarray[Any, Any]]:
        """The arguments, with what the call may write to in the places of those that it takes."""
        given, device = list(args), self._device
        for i in taken:
            arg, heir = args[i], None
            if isinstance(arg, Array) and arg._device.name == device.name:
                is_alone = sum(other is arg for other in args) == 1
                heir = arg._donate(entry) if is_alone else None
            if heir is None:
                host = arg.numpy() if isinstance(arg, Array) else arg
                heir = Array(device.put(host), device, host.shape, arg.dtype)
            given[i] = heir
        return given

    def _resident(self, array: Array) -> Any:
        """IREE's view of an array, which is copied if it is on another device."""
        if array._device.name == self._device.name:
            return array._view
        return self._device.put(array.numpy())

    def _invoke_borrowing(
        self, prepared: _Entry, args: Sequence[Array | np.ndarray[Any, Any]]
    ) -> list[Array]:
        """A call in which large host arrays are used where they are, or from reused blocks."""
        device = self._device
        inputs = VmVariantList(len(args))
        borrowed: list[tuple[np.ndarray[Any, Any], Staging | None]] = []
        with ExitStack() as stack:
            for arg in args:
                if isinstance(arg, Array):
                    inputs.push_ref(self._resident(arg))
                    arg._is_shared = arg._is_shared or prepared.may_share
                elif arg.nbytes >= _IMPORT_FROM and _can_import(arg):
                    buffer = device.allocator.import_host_allocation(
                        _writable(arg), _IMPORT_MEMORY, _IMPORT_USAGE
                    )
                    inputs.push_ref(view_of(buffer, arg))
                    borrowed.append((arg, None))
                elif wants_staging(arg.nbytes):
                    block = stack.enter_context(device.staging(arg))
                    inputs.push_ref(view_of(block.buffer, arg))
                    borrowed.append((block.host, block))
                else:
                    inputs.push_ref(device.put(arg))
            results = self._wrap(prepared, self._call(prepared, inputs))
            if prepared.may_share:
                _separate(device, results, borrowed)
        return results

    def _call(self, prepared: _Entry, inputs: Any) -> Any:
        results = prepared.results
        count = 1 if results is None else len(results)
        if prepared.stoppable is not None:
            return self._call_stoppable(
                self._device,
                self._context,
                prepared.stoppable,
                inputs,
                count,
                prepared.taken != (),
            )
        outputs = VmVariantList(count)
        self._device.invoke(self._context, prepared.function, inputs, outputs)
        return outputs

    def _wrap(self, prepared: _Entry, outputs: Any) -> list[Array]:
        device = self._device
        get = outputs.get_as_object
        if prepared.results is None:
            results = [Array(get(i, HalBufferView), device) for i in range(len(outputs))]
        else:
            results = [
                Array(get(i, HalBufferView), device, shape, dtype)
                for i, (shape, dtype) in enumerate(prepared.results)
            ]
        if prepared.may_share:
            for result in results:
                result._is_shared = True
        return results

    def __repr__(self) -> str:
        return f"Executable({', '.join(self._entries)}; device={self._device.name!r})"


def _reason(said: str) -> str:
    """What IREE says of code that it does not take, in words for those who know xform."""
    kind = re.search(r"no .* device .* runs executables of format ([\w-]+)", said)
    if kind is None:
        return said
    return f"its code is for another kind of processor ({kind[1]}); compile it for this one"


def _can_import(array: np.ndarray[Any, Any]) -> bool:
    return (
        array.flags.c_contiguous
        and array.dtype.isnative
        and array.dtype.kind != "V"
        and int(array.__array_interface__["data"][0]) % _ALIGNMENT == 0
    )


def _writable(array: np.ndarray[Any, Any]) -> Any:
    """The same memory as IREE wants it: it asks for a writable buffer, and only reads it."""
    if array.flags.writeable:
        return array
    return (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)


def _separate(
    device: Device,
    results: list[Array],
    borrowed: Sequence[tuple[np.ndarray[Any, Any], Staging | None]],
) -> None:
    """Copies the results that lie in borrowed arrays, or makes them the owners of staging blocks."""
    for position, result in enumerate(results):
        for host, owner in borrowed:
            if np.may_share_memory(result.numpy(), host):
                if owner is None:
                    results[position] = _moved(device, result)
                else:
                    owner.buffer = None


def _moved(device: Device, result: Array) -> Array:
    host = result.numpy()
    return Array(device.put(host), device, result.shape, result.dtype)
