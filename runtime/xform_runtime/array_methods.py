"""The methods of NumPy's arrays on arrays of a device, which NumPy carries out on the host."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .errors import XformAttributeError, XformTypeError


def _numpys(name: str) -> Any:
    """NumPy's method, on the elements."""

    def method(self: HostMethods, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.numpy(), name)(*args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"Array.{name}"
    method.__doc__ = f"See numpy.ndarray.{name}; the result is NumPy's."
    return method


def _attribute(name: str) -> Any:
    """NumPy's attribute, of the elements."""
    return property(
        lambda self: getattr(self.numpy(), name), doc=f"See numpy.ndarray.{name}; read-only."
    )


def _refusal(what: str, remedy: str) -> Any:
    """A method that would write into the array."""

    def method(self: HostMethods, *args: Any, **kwargs: Any) -> NoReturn:
        raise XformTypeError(f"{what} would write into a result, which is immutable: {remedy}")

    method.__name__ = method.__qualname__ = what.partition("(")[0].removeprefix("a.")
    method.__doc__ = f"Raises XformTypeError: a result is immutable; {remedy}."
    return method


class HostMethods:
    """What NumPy's arrays can do beside arithmetic.

    Results are NumPy values. Those that share the array's elements are read-only, and nothing
    writes into the array: methods of NumPy's that would raise and say what to write instead.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def numpy(self) -> np.ndarray[Any, Any]:
            """The elements, read-only; the class that has these methods gives it."""

    all, any, sum, prod = _numpys("all"), _numpys("any"), _numpys("sum"), _numpys("prod")
    mean, std, var = _numpys("mean"), _numpys("std"), _numpys("var")
    max, min = _numpys("max"), _numpys("min")
    argmax, argmin = _numpys("argmax"), _numpys("argmin")
    argsort, argpartition = _numpys("argsort"), _numpys("argpartition")
    searchsorted, nonzero = _numpys("searchsorted"), _numpys("nonzero")
    cumsum, cumprod = _numpys("cumsum"), _numpys("cumprod")
    clip, round = _numpys("clip"), _numpys("round")
    conj, conjugate = _numpys("conj"), _numpys("conjugate")
    dot, trace, diagonal = _numpys("dot"), _numpys("trace"), _numpys("diagonal")
    take, choose, compress = _numpys("take"), _numpys("choose"), _numpys("compress")
    repeat, reshape, squeeze = _numpys("repeat"), _numpys("reshape"), _numpys("squeeze")
    ravel, flatten = _numpys("ravel"), _numpys("flatten")
    transpose, swapaxes = _numpys("transpose"), _numpys("swapaxes")
    astype, copy, view = _numpys("astype"), _numpys("copy"), _numpys("view")
    getfield, byteswap = _numpys("getfield"), _numpys("byteswap")
    item, tolist, tobytes = _numpys("item"), _numpys("tolist"), _numpys("tobytes")
    dump, dumps, tofile = _numpys("dump"), _numpys("dumps"), _numpys("tofile")

    T, mT = _attribute("T"), _attribute("mT")
    real, imag, flat = _attribute("real"), _attribute("imag"), _attribute("flat")
    strides, flags, data = _attribute("strides"), _attribute("flags"), _attribute("data")

    __setitem__ = _refusal(
        "a[i] = v",
        "an Array does not support item assignment; write into a copy, a = a.copy()",
    )
    __delitem__ = _refusal("del a[i]", "use np.delete(a, i)")
    fill = _refusal("a.fill(v)", "use np.full_like(a, v)")
    sort = _refusal("a.sort()", "use np.sort(a)")
    partition = _refusal("a.partition(k)", "use np.partition(a, k)")
    put = _refusal("a.put(i, v)", "write into a copy, a = a.copy()")
    resize = _refusal("a.resize(shape)", "use np.resize(a, shape)")
    setfield = _refusal("a.setfield(v, dtype)", "write into a copy, a = a.copy()")

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Raises XformTypeError where NumPy would make the array writable."""
        if write:
            raise XformTypeError(
                "a result is immutable and cannot be made writable: write into a copy, a.copy()"
            )

    @property
    def base(self) -> None:
        """None: the array is not a view."""
        return None

    @property
    def ctypes(self) -> Any:
        """Raises XformAttributeError: through a pointer, an immutable array could be written."""
        raise XformAttributeError(
            "a result is immutable, and could be written into through a.ctypes: take the pointer "
            "of a copy, b = a.copy() and b.ctypes"
        )

    def __bytes__(self) -> bytes:
        return bytes(self.numpy())

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        return self.numpy().__array_namespace__(api_version=api_version)

    def __divmod__(self, other: Any) -> Any:
        return divmod(self.numpy(), other)

    def __rdivmod__(self, other: Any) -> Any:
        return divmod(other, self.numpy())

    def __round__(self, ndigits: int | None = None) -> Any:
        host: Any = self.numpy()
        # A program's 0-d result stands for one of NumPy's scalars.
        return host.round(ndigits or 0) if host.ndim else round(host[()], ndigits)

    def __trunc__(self) -> int:
        return self._whole(math.trunc)

    def __floor__(self) -> int:
        return self._whole(math.floor)

    def __ceil__(self) -> int:
        return self._whole(math.ceil)

    def _whole(self, function: Callable[[Any], int]) -> int:
        host = self.numpy()
        if host.ndim:
            name = function.__name__
            raise XformTypeError(
                f"math.{name} takes a number, got an array of shape {host.shape}: use np.{name}(a)"
            )
        return function(host.item())


__all__ = ["HostMethods"]
