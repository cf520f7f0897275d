"""Arrays that live on a device."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from .array_methods import HostMethods
from .binding import BufferUsage, HalBufferView, MemoryType
from .devices import Device, get_device
from .dtypes import complex_element_type, dtype_of_element
from .errors import DeviceError, XformTypeError, XformValueError
from .sizes import Sizes

_DLPACK_CPU = 1
_DLPACK_CUDA = 2
_HOST_VISIBLE = int(MemoryType.HOST_VISIBLE)
_HOST_LOCAL = int(MemoryType.HOST_LOCAL) | int(MemoryType.DEVICE_VISIBLE)
_MAPPING_SCOPED = int(BufferUsage.MAPPING_SCOPED)
_READ_BACK_USAGE = int(BufferUsage.TRANSFER_TARGET) | _MAPPING_SCOPED


# Python's operators on the host view, so that the other operand can decline or take over.
def _binary(function: Callable[[Any, Any], Any]) -> Callable[[Array, Any], Any]:
    def operate(self: Array, other: Any) -> Any:
        return function(self.numpy(), other)

    return operate


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Array, Any], Any]:
    def operate(self: Array, other: Any) -> Any:
        return function(other, self.numpy())

    return operate


class _Donated:
    """In the place of the device of an array whose memory a call has taken over.

    Args:
        home: the name of the device that the array was on.
        entry: the name of what was called.
    """

    # As no device is called, so that nobody takes the memory for one's own.
    name = "donated"
    is_host = False
    is_left_behind = False

    def __init__(self, home: str, entry: str) -> None:
        self.home = home
        self.entry = entry


class Array(Sizes, HostMethods):
    """An immutable array on a device, as compiled programs return them.

    It stays on the device until its values are looked at, and can be passed to further calls
    without a copy. NumPy's functions, methods and operators work on it through a host view and
    return NumPy values; on the CPU that view is the device's own memory, read-only.

    >>> from xform_runtime import asarray
    >>> x = asarray([1.0, 2.0])
    >>> x
    Array([1., 2.], shape=(2,), dtype=float64, device='cpu')
    >>> float((x + 1).sum())
    5.0
    """

    __slots__ = ("__weakref__", "_device", "_dtype", "_host", "_is_shared", "_shape", "_view")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        view: Any,
        device: Device,
        shape: tuple[int, ...] | None = None,
        dtype: np.dtype[Any] | None = None,
    ) -> None:
        self._view = view
        self._device: Any = device
        self._host: np.ndarray[Any, Any] | None = None
        # Whether another array, or a program, may have the same memory.
        self._is_shared = False
        self._dtype: np.dtype[Any] = dtype_of_element(view.element_type) if dtype is None else dtype
        self._shape: tuple[int, ...] = _shape_of(view, self._dtype) if shape is None else shape

    def _refuse_shape(self, shape: Any) -> NoReturn:
        raise XformTypeError(
            "a.shape cannot be set, as a result is immutable: use a.reshape(shape)"
        )

    def _refuse_dtype(self, dtype: Any) -> NoReturn:
        raise XformTypeError("a.dtype cannot be set, as a result is immutable: use a.view(dtype)")

    # Read at every call of a program, where a function of Python's would be felt.
    shape: tuple[int, ...] = property(  # type: ignore[assignment]
        operator.attrgetter("_shape"), _refuse_shape, doc="The sizes, a tuple of ints."
    )
    dtype: np.dtype[Any] = property(  # type: ignore[assignment]
        operator.attrgetter("_dtype"), _refuse_dtype, doc="A NumPy dtype."
    )

    @property
    def device(self) -> str:
        """The name of the device that holds the array."""
        device = self._device
        return str(device.home if isinstance(device, _Donated) else device.name)

    @property
    def is_donated(self) -> bool:
        """Whether a call has made a result in the array's memory, so that its values are gone."""
        return isinstance(self._device, _Donated)

    def _donate(self, entry: str) -> Array | None:
        """An array in the place of this one, which ends; None if others may look at its memory."""
        if self._host is not None or self._is_shared:
            return None
        heir = Array(self._view, self._device, self._shape, self._dtype)
        self._device = _Donated(self._device.name, entry)
        self._view = None
        return heir

    def to_device(self, device: str, /, *, stream: Any = None) -> Array:
        """The array on a device, "cpu", "vulkan" or "cuda".

        Raises:
            XformValueError: a stream is given, or the device is unknown.
            DeviceError: the device is not available.
        """
        if stream is not None:
            raise XformValueError(f"to_device: stream is None, got {stream!r}")
        return asarray(self, device)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values as a read-only NumPy array; on the CPU without a copy."""
        if self._host is None:
            self._host = self._read()
        return self._host

    def _read(self) -> np.ndarray[Any, Any]:
        if isinstance(self._device, _Donated):
            raise XformValueError(
                f"an array of shape {self.shape} was donated to {self._device.entry!r}, which made "
                "a result in its memory: use the result, or do not donate the argument"
            )
        if 0 in self.shape:
            host = np.empty(self.shape, self.dtype)
        else:
            mapped = self._view.map() if self._device.is_host else self._map_copy()
            # Not mapped.asarray, whose views would outlive the mapping.
            host = np.frombuffer(mapped, self.dtype, self.size).reshape(self.shape)
        host.setflags(write=False)
        return host

    def _map_copy(self) -> Any:
        if self._device.is_left_behind:
            raise DeviceError(
                f"an array on device {self.device!r} stayed with the process that this one was "
                "forked from: take its values with .numpy() before the fork"
            )
        buffer = self._view.get_buffer()
        if buffer.memory_type() & _HOST_VISIBLE and buffer.allowed_usage() & _MAPPING_SCOPED:
            return self._view.map()
        return self._device.copy_buffer(buffer, _HOST_LOCAL, _READ_BACK_USAGE).map()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        host = self.numpy()
        if dtype is not None and np.dtype(dtype) != self.dtype:
            if copy is False:
                raise XformValueError(
                    f"an array of dtype {self.dtype} cannot be viewed as {np.dtype(dtype)} "
                    "without a copy"
                )
            return host.astype(dtype)
        return host.copy() if copy else host

    def __buffer__(self, flags: int) -> memoryview:
        if flags & 1:
            raise BufferError("an Array is immutable: ask for a read-only buffer")
        return memoryview(self.numpy())  # type: ignore[arg-type]

    def __dlpack_device__(self) -> tuple[int, int]:
        # No consumer takes Vulkan memory, so Vulkan arrays are exported from the host.
        return (_DLPACK_CUDA if self.device == "cuda" else _DLPACK_CPU), 0

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """A capsule over a copy; with `copy=False` over the array's own memory, as read-only.

        PyTorch writes into what is marked read-only too, and the memory may belong to a program
        as one of its constants, or be an argument that the program returned. So sharing it has to
        be asked for: `torch.from_dlpack(x, copy=False)`, or `np.asarray(x)`, which NumPy protects.

        Raises:
            BufferError: another device than the array's or, from "vulkan", the host; or
                `copy=False` where memory cannot be shared.
        """
        target = self.__dlpack_device__() if dl_device is None else tuple(dl_device)
        if target[0] == _DLPACK_CUDA and self.device == "cuda":
            view = self._view if copy is False else self._device.duplicate(self._view)
            if self.dtype.kind == "c":
                view = complex_view(view.get_buffer(), self.shape, self.dtype)
            return self._device.hal.create_dlpack_capsule(view, _DLPACK_CUDA, 0)
        if target[0] != _DLPACK_CPU:
            raise BufferError(f"cannot export an array of device {self.device!r} to {target}")
        host = self.numpy()
        if self.dtype.name == "bfloat16":
            if copy is False:
                raise BufferError("a bfloat16 array is exported as a copy only")
            cpu = get_device("cpu")
            return cpu.hal.create_dlpack_capsule(cpu.put(host), _DLPACK_CPU, 0)
        if copy is not False:
            return host.copy().__dlpack__(max_version=max_version)
        if not self._device.is_host:
            raise BufferError(f"an array of device {self.device!r} is exported as a copy only")
        if max_version is None or max_version[0] < 1:
            raise BufferError("this array is read-only, which DLPack before 1.0 cannot say")
        return host.__dlpack__(max_version=max_version, copy=False)

    def __len__(self) -> int:
        if not self.shape:
            raise XformTypeError("len() of a 0-d array")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise XformTypeError("iteration over a 0-d array")
        return iter(self.numpy())

    def __getitem__(self, index: Any) -> Any:
        return self.numpy()[np.asarray(index) if isinstance(index, Array) else index]

    def __contains__(self, value: Any) -> bool:
        return value in self.numpy()

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __float__(self) -> float:
        return float(self.numpy())

    def __complex__(self) -> complex:
        return complex(self.numpy())

    def __index__(self) -> int:
        return operator.index(self.numpy())

    def __format__(self, spec: str) -> str:
        return format(self.numpy()[()], spec) if spec else str(self)

    def __str__(self) -> str:
        return str(self.numpy())

    def __repr__(self) -> str:
        if isinstance(self._device, _Donated):
            values = f"donated to {self._device.entry!r}"
        else:
            values = np.array2string(self.numpy(), separator=", ", prefix="Array(")
        return f"Array({values}, shape={self.shape}, dtype={self.dtype}, device={self.device!r})"

    def __copy__(self) -> Array:
        # Not the array itself: a call that is given it may take over its memory.
        device = self._device
        if device.is_host or device.is_left_behind or self.is_donated or 0 in self.shape:
            host = self._read()
            device = get_device(self.device)
            view = device.put(host)
        else:
            view = device.duplicate(self._view)
        return Array(view, device, self.shape, self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Array:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _unpickled, (self.numpy(), self.device)

    __add__, __radd__ = _binary(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _binary(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv), _reflected(operator.floordiv)
    __mod__, __rmod__ = _binary(operator.mod), _reflected(operator.mod)
    __pow__, __rpow__ = _binary(operator.pow), _reflected(operator.pow)
    __matmul__, __rmatmul__ = _binary(operator.matmul), _reflected(operator.matmul)
    __and__, __rand__ = _binary(operator.and_), _reflected(operator.and_)
    __or__, __ror__ = _binary(operator.or_), _reflected(operator.or_)
    __xor__, __rxor__ = _binary(operator.xor), _reflected(operator.xor)
    __lshift__, __rlshift__ = _binary(operator.lshift), _reflected(operator.lshift)
    __rshift__, __rrshift__ = _binary(operator.rshift), _reflected(operator.rshift)
    __lt__, __le__ = _binary(operator.lt), _binary(operator.le)
    __gt__, __ge__ = _binary(operator.gt), _binary(operator.ge)
    __eq__, __ne__ = _binary(operator.eq), _binary(operator.ne)

    def __neg__(self) -> Any:
        return -self.numpy()

    def __pos__(self) -> Any:
        return +self.numpy()

    def __abs__(self) -> Any:
        return abs(self.numpy())

    def __invert__(self) -> Any:
        return ~self.numpy()


def complex_view(buffer: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """A view of complex numbers as others know them; programs have views of their parts."""
    return HalBufferView(buffer, shape, complex_element_type(dtype))


def _shape_of(view: Any, dtype: np.dtype[Any]) -> tuple[int, ...]:
    """The shape of the array that IREE has a view of."""
    return tuple(view.shape[:-1] if dtype.kind == "c" else view.shape)


def _unpickled(values: np.ndarray[Any, Any], device: str) -> Array:
    """The array of a pickle, on the host where there is no such device."""
    try:
        return asarray(values, device)
    except DeviceError:
        return asarray(values)


def asarray(value: Any, device: str = "cpu") -> Array:
    """Puts an array-like value on a device.

    Args:
        value: anything NumPy can make an array of; an `Array` already there is returned as it is.
        device: "cpu", "vulkan" or "cuda".

    Raises:
        XformTypeError: the dtype cannot be on a device.
        DeviceError: the device is not available.

    >>> asarray(3, "cpu").item()
    3
    """
    if isinstance(value, Array) and value.device == device:
        return value
    host = np.asarray(value)
    target = get_device(device)
    dtype = host.dtype.newbyteorder("=")
    return Array(target.put(host), target, host.shape, dtype)
