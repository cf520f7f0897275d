"""How much device memory a call needs: by its plan, and by the count that the allocator keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array
from .binding import VmContext, VmVariantList
from .devices import Device
from .errors import XformValueError
from .image import ModuleImage
from .signature import Signature


@dataclass(frozen=True)
class Memory:
    """Bytes of device memory of a call, as they are planned before it.

    Args:
        arguments: those of the arrays that the call is given.
        results: those of the arrays that it returns, but for what lies in donated arguments.
        scratch: those of what lies between, asked for at once and free again afterwards.

    >>> Memory(arguments=8, results=16, scratch=64).peak
    88
    """

    arguments: int
    results: int
    scratch: int

    @property
    def peak(self) -> int:
        """All of them."""
        return self.arguments + self.results + self.scratch


def planned_memory(signature: Signature) -> Memory:
    """What a call of an entry point takes.

    Raises:
        XformValueError: the plan is IREE's, which does not tell.
    """
    if signature.scratch is None:
        raise XformValueError(
            f"{signature.name!r} was compiled by IREE, and how much memory it takes is not known "
            "before a call: measure one by `peak_memory`"
        )
    donors = signature.donors or [None] * len(signature.results)
    results = sum(
        leaf.nbytes for leaf, donor in zip(signature.results, donors, strict=True) if donor is None
    )
    return Memory(sum(leaf.nbytes for leaf in signature.args), results, signature.scratch)


def peak_memory(
    vmfb: bytes | memoryview | ModuleImage, entry: str, args: Sequence[Array | np.ndarray[Any, Any]]
) -> int:
    """The most bytes of device memory that a call of a module for "cpu" holds at a time.

    Arguments and results count. The call is made on a device of its own, one core, whose allocator
    has counted nothing before; the pool that serves all cores counts nothing at all.

    Args:
        vmfb: the module's bytes, or its image.
        entry: the name of an entry point.
        args: one array per leaf of its signature.

    Raises:
        XformValueError: there is no such entry, or it is for another device.
    """
    image = vmfb if isinstance(vmfb, ModuleImage) else ModuleImage(vmfb)
    function = image.functions.get(entry)
    if function is None:
        raise XformValueError(
            f"no entry {entry!r} in the module: expected one of "
            f"{', '.join(map(repr, image.functions))}"
        )
    signature = image.signatures.get(entry)
    if signature is not None and signature.device != "cpu":
        raise XformValueError(
            f"memory is counted on device 'cpu', but entry {entry!r} is for {signature.device!r}"
        )
    device = Device("cpu", "local-sync")
    context = VmContext(device.instance, image.with_needed(device.hal_module))
    inputs = VmVariantList(len(args))
    for arg in args:
        inputs.push_ref(device.put(arg.numpy() if isinstance(arg, Array) else arg))
    device.invoke(context, function, inputs, VmVariantList(1))
    return int(device.allocator.statistics["device_bytes_peak"])
