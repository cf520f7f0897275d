"""Devices by name: "cpu", "vulkan" and "cuda", each opened once per process.

"cpu" stands for two IREE drivers. local-sync runs a call on the calling thread and costs about two
microseconds; local-task spreads it over all cores and costs ten or more. Code that shares its work
by itself has both, so that the calling thread is one of the cores. All work on ordinary host memory,
so arrays go from one to the other without a copy.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import numpy as np

from .binding import (
    BufferUsage,
    HalBufferView,
    HalFence,
    MemoryType,
    VmInstance,
    create_hal_driver,
    create_hal_module,
    parse_flags,
)
from .cpu_features import cpu_model
from .dtypes import PLAIN_ELEMENT_TYPES, element_type, sides, sides_shape
from .errors import IREE_ERRORS, DeviceError, XformError, XformRuntimeError, XformValueError

DEVICE_NAMES: Final = ("cpu", "vulkan", "cuda")

# A call of fewer scalar operations than this ends on one core before other cores have woken up.
PARALLEL_WORK: Final = 800_000

# local-sync on the calling thread, and a local-task on the other cores that helps it.
TEAM: Final = "team"

# IREE pools smaller blocks itself; larger ones come fresh from the system and fault in page by page.
_POOLED_BY_IREE: Final = 32 << 20
_STAGING_LIMIT: Final = 512 << 20

_HOST_VISIBLE: Final = int(MemoryType.HOST_VISIBLE)
_COPY_MEMORY: Final = int(MemoryType.DEVICE_LOCAL)
_COPY_USAGE: Final = int(BufferUsage.DEFAULT)
_MAPPABLE_USAGE: Final = int(BufferUsage.DEFAULT) | int(BufferUsage.MAPPING)

_MISSING_DRIVER: Final = {
    "vulkan": (
        (("libvulkan",), "no Vulkan loader (libvulkan.so.1) was found"),
        (
            ("VK_ERROR_INCOMPATIBLE_DRIVER", "no devices", "no physical devices"),
            "no Vulkan driver (ICD) was found",
        ),
    ),
    "cuda": (
        (("libcuda",), "no CUDA driver (libcuda.so) was found"),
        (("CUDA_ERROR_NO_DEVICE", "no devices"), "the CUDA driver found no GPU"),
    ),
}


class Staging:
    """A block of device memory that the host writes into, and the host's view of it."""

    __slots__ = ("buffer", "host")

    def __init__(self, buffer: Any, host: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        self.buffer = buffer
        self.host = host


# Of lowering/sizes/Requirements.cpp.
_ASSERTED: Final = re.compile(r"FAILED_PRECONDITION; (the sizes of the arguments [^;]*)")


class Device:
    """One opened device.

    Args:
        name: "cpu", "vulkan" or "cuda".
        driver: IREE's name of the driver, or `TEAM`.

    `is_host` tells whether device memory is ordinary host memory; `is_left_behind`, whether the
    threads that serve the device are in the process that this one was forked from.

    Raises:
        DeviceError: the driver or the hardware is not there.
    """

    def __init__(self, name: str, driver: str) -> None:
        self.name = name
        self.driver = driver
        others = []
        try:
            if driver == TEAM:
                self.hal: Any = _helpers()
                others = [create_hal_driver("local-sync").create_default_device()]
            else:
                # A driver of its own, which ends with the device: IREE keeps those that it shares
                # for ever, and its bindings report them as lost in the end.
                self.hal = create_hal_driver(driver).create_default_device()
        except IREE_ERRORS as error:
            raise DeviceError(_reason(name, str(error))) from None
        self.allocator: Any = self.hal.allocator
        self._allocate_copy: Any = self.allocator.allocate_buffer_copy
        self.is_host = name == "cpu"
        self.is_left_behind = False
        self.instance: Any = vm_instance()
        self.hal_module: Any = create_hal_module(self.instance, devices=[self.hal, *others])
        self._staging: dict[int, list[Staging]] = {}
        self._staging_bytes = 0
        self.renew_locks()

    def renew_locks(self) -> None:
        """Makes new locks: one that another thread held during a fork stays locked for ever."""
        self._staging_lock = threading.Lock()

    def invoke(self, context: Any, function: Any, inputs: Any, outputs: Any) -> None:
        """Runs a module's function.

        Raises:
            XformValueError: open sizes are not what the program asserts of them.
            XformRuntimeError: IREE reports a failure.
        """
        try:
            context.invoke(function, inputs, outputs)
        except IREE_ERRORS as error:
            asserted = _ASSERTED.search(str(error))
            if asserted is not None:
                raise XformValueError(f"{function.name}: {asserted[1]}") from None
            raise XformRuntimeError(
                f"calling {function.name!r} on device {self.name!r} failed: {_said(error)}"
            ) from None

    def put(self, array: np.ndarray[Any, Any]) -> Any:
        """Copies a NumPy array of any layout to the device; returns an IREE buffer view."""
        element = PLAIN_ELEMENT_TYPES.get(array.dtype)
        if element is None or not array.flags.c_contiguous:
            element = element_type(array.dtype)
            array = sides(_packed(array))
        try:
            return self._allocate_copy(_COPY_MEMORY, _COPY_USAGE, self.hal, array, element)
        except IREE_ERRORS as error:
            raise _allocation_error(self.name, array.nbytes, error) from None

    def duplicate(self, view: Any) -> Any:
        """A copy of an IREE buffer view, made without the host."""
        buffer = self.copy_buffer(view.get_buffer(), _COPY_MEMORY, _COPY_USAGE)
        return HalBufferView(buffer, view.shape, view.element_type)

    def copy_buffer(self, source: Any, memory: int, usage: int) -> Any:
        """Copies an IREE buffer into a new one of the given memory type and usage."""
        size = source.byte_length()
        try:
            target = self.allocator.allocate_buffer(memory, usage, size)
        except IREE_ERRORS as error:
            raise _allocation_error(self.name, size, error) from None
        done = HalFence.create_at(self.hal.create_semaphore(0), 1)
        start = HalFence.create_at(self.hal.create_semaphore(0), 0)
        self.hal.queue_copy(source, target, wait_semaphores=start, signal_semaphores=done)
        done.wait()
        return target

    @contextmanager
    def staging(self, array: np.ndarray[Any, Any]) -> Iterator[Staging]:
        """Lends a warm block that holds a copy of `array`; the block is used again later.

        Set `buffer` of the block to None inside the context when a result has taken it over.
        """
        block = self._take(array.nbytes)
        np.copyto(block.host.view(array.dtype.newbyteorder("=")).reshape(array.shape), array)
        try:
            yield block
        finally:
            if block.buffer is not None:
                self._give_back(block)

    def _take(self, size: int) -> Staging:
        with self._staging_lock:
            free = self._staging.get(size)
            if free:
                self._staging_bytes -= size
                return free.pop()
        try:
            buffer = self.allocator.allocate_buffer(
                _COPY_MEMORY | _HOST_VISIBLE, _MAPPABLE_USAGE, size
            )
        except IREE_ERRORS as error:
            raise _allocation_error(self.name, size, error) from None
        return Staging(buffer, buffer.map().asarray([size], np.dtype(np.uint8)))

    def _give_back(self, block: Staging) -> None:
        size = block.host.nbytes
        with self._staging_lock:
            if self._staging_bytes + size <= _STAGING_LIMIT:
                self._staging.setdefault(size, []).append(block)
                self._staging_bytes += size

    def __repr__(self) -> str:
        return f"Device({self.name!r}, driver={self.driver!r})"


def _packed(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values in native byte order, C layout, and a dtype that the buffer protocol knows."""
    if not array.flags.c_contiguous or not array.dtype.isnative:
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    # The buffer protocol has no code for bfloat16.
    return array.view(np.uint16) if array.dtype.kind == "V" else array


def wants_staging(size: int) -> bool:
    """Whether a host array of `size` bytes is too large for IREE's own pools."""
    return size > _POOLED_BY_IREE


def view_of(buffer: Any, array: np.ndarray[Any, Any]) -> Any:
    """An IREE buffer view of `buffer` with the shape and dtype of `array`."""
    shape = sides_shape(array.shape, array.dtype)
    return HalBufferView(buffer, shape, element_type(array.dtype))


_lock = threading.RLock()
_opened: dict[str, Device] = {}
_left_behind: set[str] = set()
_instance: Any = None


def vm_instance() -> Any:
    """IREE's virtual machine, one per process."""
    global _instance
    with _lock:
        if _instance is None:
            if os.environ.get("IREE_PY_RUNTIME_FLAGS"):
                # Settings of IREE's own, which it reads when this is imported.
                import_module("iree.runtime.flags")
            _instance = VmInstance()
        return _instance


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _helpers() -> Any:
    """A local-task device on all cores but one, that of the calling thread."""
    # IREE has no other way to say how many threads a driver starts; 0 is as many as it likes.
    parse_flags(f"--task_topology_group_count={max(1, cores() - 1)}")
    try:
        return create_hal_driver("local-task").create_default_device()
    finally:
        parse_flags("--task_topology_group_count=0")


def get_device(name: str, *, work: int = 0, is_shared: bool = False) -> Device:
    """The device called `name`, opened at first use.

    Args:
        name: "cpu", "vulkan" or "cuda".
        work: additions that the calls to come are worth; "cpu" uses all cores from `PARALLEL_WORK` on.
        is_shared: whether they run on the calling thread, and other cores help.

    Raises:
        XformValueError: there is no such name.
        DeviceError: the device is not available here; the message says why and what is.
            After a fork that is so for every device that the parent process used but "cpu".

    >>> get_device("cpu").driver
    'local-sync'
    """
    driver = driver_name(name, work, is_shared=is_shared)
    found = _opened.get(driver)
    if found is not None:
        return found
    with _lock:
        try:
            return _open(name, driver)
        except DeviceError as error:
            others = [repr(o) for o in DEVICE_NAMES if o != name and why_not(o) is None]
            raise DeviceError(
                f"device {name!r} is not available: {error}; available: {', '.join(others)}"
            ) from None


def _open(name: str, driver: str) -> Device:
    if driver in _left_behind:
        if name != "cpu":
            raise DeviceError(
                "it was in use when this process was forked, and stayed with the parent; "
                "start processes with the 'spawn' method of multiprocessing"
            )
        driver = "local-sync"
    if driver not in _opened:
        _opened[driver] = Device(name, driver)
    return _opened[driver]


def driver_name(name: str, work: int, *, is_shared: bool = False) -> str:
    """IREE's driver for a device name and an amount of work, or `TEAM`.

    Raises:
        XformValueError: there is no such device name.
    """
    if name not in DEVICE_NAMES:
        raise XformValueError(
            f"unknown device {name!r}: expected one of {', '.join(map(repr, DEVICE_NAMES))}"
        )
    if name == "cpu" and is_shared:
        return TEAM if cores() > 1 else "local-sync"
    if name == "cpu":
        return "local-task" if work >= PARALLEL_WORK else "local-sync"
    return name


def devices() -> tuple[str, ...]:
    """The names of the devices that can be used in this process.

    >>> "cpu" in devices()
    True
    """
    return tuple(name for name in DEVICE_NAMES if why_not(name) is None)


def why_not(name: str) -> str | None:
    """Why a device cannot be used in this process; None if it can be.

    Raises:
        XformValueError: there is no such device name.

    >>> why_not("cpu") is None
    True
    """
    driver = driver_name(name, 0)
    with _lock:
        try:
            _open(name, driver)
        except XformError as error:
            return str(error)
        return None


def hardware(name: str) -> tuple[str, ...]:
    """What the driver of a device finds, as it calls it; the first is what programs run on.

    Raises:
        XformValueError: there is no such device name.
        DeviceError: the device cannot be used in this process.
    """
    if name == "cpu":
        return (cpu_model(),)
    get_device(name)
    return tuple(str(found["name"]) for found in create_hal_driver(name).query_available_devices())


def _after_fork() -> None:
    """In a forked child: gives up the devices whose threads are not here."""
    global _lock
    _lock = threading.RLock()
    for driver, device in list(_opened.items()):
        # Closing a device would wait for its threads for ever.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(device))
        if driver == "local-sync":
            device.renew_locks()
            continue
        device.is_left_behind = True
        _left_behind.add(driver)
        del _opened[driver]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def _close() -> None:
    """Gives up the devices, which IREE's bindings would else report as lost in the end.

    Memory must not be freed after its device. The interpreter clears `sys` after all other modules,
    so also after those that hold arrays, or what NumPy made of them.
    """
    global _instance
    sys.__dict__.setdefault("_xform_devices", []).extend(_opened.values())
    _opened.clear()
    _instance = None


def _reason(name: str, message: str) -> str:
    for marks, reason in _MISSING_DRIVER.get(name, ()):
        if any(mark.lower() in message.lower() for mark in marks):
            return reason
    return message


def _allocation_error(name: str, size: int, error: Exception) -> XformRuntimeError:
    return XformRuntimeError(f"cannot allocate {size:,} bytes on device {name!r}: {_said(error)}")


def _said(error: Exception) -> str:
    """What IREE says, and what it means for whoever reads it."""
    if "DEVICE_LOST" not in str(error):
        return str(error)
    return (
        "the driver lost the device. No array on it can be read any more, and nothing runs on it in "
        f"this process; start another one. ({error})"
    )
