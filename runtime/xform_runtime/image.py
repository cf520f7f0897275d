"""A compiled module in memory: checked and its signatures read, but not yet on a device."""

from __future__ import annotations

import mmap
from typing import Any

from iree.runtime import VmModule

from .archive import check_archive
from .devices import vm_instance
from .errors import IREE_ERRORS, ModuleFileError, XformError
from .signature import SIGNATURE_KEY, Signature
from .stopping import STOPPABLE

# What IREE adds to a module.
_OWN_FUNCTIONS = frozenset({"__init", "__deinit"})


class ModuleImage:
    """The parsed bytes of a module.

    Args:
        vmfb: the module's bytes.
        origin: what to call the module in an error, for example its path.

    Raises:
        ModuleFileError: the bytes are damaged, are no compiled module, or carry a bad signature.
    """

    def __init__(self, vmfb: bytes | memoryview | mmap.mmap, origin: str = "module") -> None:
        check_archive(memoryview(vmfb), origin)
        self.origin = origin
        try:
            self.vm_module: Any = VmModule.from_buffer(vm_instance(), vmfb, warn_if_copy=False)
        except IREE_ERRORS as error:
            raise ModuleFileError(f"{origin} is not a valid compiled module: {error}") from None
        self.functions: dict[str, Any] = {}
        self.signatures: dict[str, Signature] = {}
        # By the name of the entry, where there is one that can be stopped.
        self.stoppable: dict[str, Any] = {}
        for name in self.vm_module.function_names:
            if name.endswith(STOPPABLE):
                entry = name.removesuffix(STOPPABLE)
                self.stoppable[entry] = self.vm_module.lookup_function(name)
            elif name not in _OWN_FUNCTIONS:
                self._add(name)

    def _add(self, name: str) -> None:
        function = self.vm_module.lookup_function(name)
        self.functions[name] = function
        text = function.reflection.get(SIGNATURE_KEY)
        if text is None:
            return
        try:
            signature = Signature.from_json(text)
        except XformError as error:
            raise ModuleFileError(f"entry {name!r} of {self.origin}: {error}") from None
        if signature.name != name:
            raise ModuleFileError(
                f"entry {name!r} of {self.origin} carries the signature of {signature.name!r}"
            )
        self.signatures[name] = signature
