"""A compiled module in memory: checked and its signatures read, but not yet on a device."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .archive import check_archive, read_members
from .binding import VmModule
from .callees import CALLEES_FOLDER, content_named, member_of, name_of
from .devices import vm_instance
from .errors import IREE_ERRORS, ModuleFileError, XformError
from .module_file import path_text, read_module
from .signature import SIGNATURE_KEY, Signature
from .unchanging import Unchanging

if TYPE_CHECKING:
    from .parameters import Parameters
    from .selftest import SelfTest

# Behind the name of an entry, that of its function which takes as its last argument what stops it.
STOPPABLE: Final = "$stoppable"

# What IREE adds to a module.
_OWN_FUNCTIONS = frozenset({"__init", "__deinit"})


class ModuleImage(Unchanging):
    """The parsed bytes of a module.

    Args:
        vmfb: the module's bytes.
        origin: what to call the module in an error, for example its path.

    Raises:
        ModuleFileError: the bytes are damaged, are no compiled module, or carry a bad signature.
    """

    def __init__(self, vmfb: bytes | memoryview, origin: str = "module") -> None:
        members = check_archive(memoryview(vmfb), origin)
        self.origin = origin
        self.content = memoryview(vmfb)
        try:
            self.vm_module: Any = VmModule.from_buffer(vm_instance(), vmfb, warn_if_copy=False)
        except IREE_ERRORS as error:
            raise _refusal(origin, str(error)) from None
        self.functions: dict[str, Any] = {}
        self.signatures: dict[str, Signature] = {}
        # By the name of the entry, where there is one that can be stopped.
        self.stoppable: dict[str, Any] = {}
        # What its functions read besides, from the moment when a device runs it.
        self.parameters: Parameters | None = None
        for name in self.vm_module.function_names:
            if name.endswith(STOPPABLE):
                entry = name.removesuffix(STOPPABLE)
                self.stoppable[entry] = self.vm_module.lookup_function(name)
            elif name not in _OWN_FUNCTIONS:
                self._add(name)
        # The modules that it calls, by the names under which it does.
        self.callees: dict[str, ModuleImage] = {}
        if any(member.startswith(CALLEES_FOLDER) for member in members):
            self._read_callees()

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _unpickled, (bytes(self.content), self.origin, self.parameters)

    def open_parameters(self) -> Parameters | None:
        """The arrays that the module reads from a file beside it; None if it needs none.

        Raises:
            ModuleFileError: that file is missing, damaged or another one.
        """
        if self.parameters is None and any(s.weights for s in self.signatures.values()):
            from .parameters import find_parameters

            self.parameters = find_parameters(self.origin, self.signatures.values())
        return self.parameters

    @staticmethod
    def from_file(
        path: str | bytes | os.PathLike[Any], *, sha256: str | None = None
    ) -> ModuleImage:
        """The image of a .vmfb that xform wrote.

        Args:
            path: the file.
            sha256: the hash of its bytes, as hexadecimal digits; None for any.

        Raises:
            MissingFileError: there is no such file.
            ModuleFileError: it is damaged, not a module that xform wrote, or has another hash.
            XformTypeError, XformValueError: the path is none, or `sha256` is no hash.
        """
        name = path_text(path)
        image = ModuleImage(read_module(name, sha256), name)
        if not image.signatures:
            raise ModuleFileError(
                f"{name} has no xform signature: it is an IREE module of another compiler, "
                "load it with iree.runtime instead"
            )
        return image

    def with_needed(self, hal_module: Any) -> list[Any]:
        """IREE's modules for a context: of a device, of arrays from beside, others, and this one.

        Raises:
            ModuleFileError: as `open_parameters`.
        """
        parameters = self.open_parameters()
        needed = [] if parameters is None else [parameters.module()]
        called: dict[str, ModuleImage] = {}
        self._collect_called(called)
        others = [callee.vm_module for callee in called.values()]
        return [hal_module, *needed, *others, self.vm_module]

    def _collect_called(self, found: dict[str, ModuleImage]) -> None:
        """All modules that are called, each behind those that it calls itself."""
        for name, callee in self.callees.items():
            callee._collect_called(found)
            if found.setdefault(name, callee).content != callee.content:
                raise ModuleFileError(
                    f"{callee.origin} and {found[name].origin} are two modules of one name"
                )

    @cached_property
    def name_to_call(self) -> str:
        """The name under which other modules call this one; it follows from the bytes."""
        return name_of(self.content)

    def content_to_call(self) -> bytearray:
        """The bytes of this module under that name.

        Raises:
            ModuleFileError: it cannot be called.
        """
        return content_named(self, self.name_to_call)

    def is_shared(self, signature: Signature) -> bool:
        """Whether an entry runs on the calling thread while other cores help, or what it calls."""
        return signature.is_shared or any(
            callee.is_shared(other)
            for callee in self.callees.values()
            for other in callee.signatures.values()
        )

    def selftest(self, entry: str) -> SelfTest | None:
        """The self-test of an entry point that has a signature; None if the file has none for it.

        Raises:
            ModuleFileError: it cannot be read.
        """
        from .selftest import SELFTEST_FOLDER, SelfTest

        content = read_members(self.content).get(f"{SELFTEST_FOLDER}{entry}")
        if content is None:
            return None
        try:
            return SelfTest.from_bytes(content, self.signatures[entry])
        except XformError as error:
            raise ModuleFileError(
                f"the self-test of entry {entry!r} of {self.origin} cannot be read: {error}"
            ) from None

    def _read_callees(self) -> None:
        for member, body in read_members(self.content).items():
            if not member.startswith(CALLEES_FOLDER):
                continue
            callee = ModuleImage(body, f"{self.origin}, in it {member}")
            name = callee.vm_module.name
            if member != member_of(name) or not callee.signatures:
                raise ModuleFileError(f"{callee.origin} is not the module that is called so")
            self.callees[name] = callee

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


def _unpickled(vmfb: bytes, origin: str, parameters: Parameters | None) -> ModuleImage:
    image = ModuleImage(vmfb, origin)
    image.parameters = parameters
    return image


def _refusal(origin: str, said: str) -> ModuleFileError:
    """Why IREE does not take the bytes of a module."""
    versions = re.search(r"version mismatch; (.*)", said)
    if versions is None:
        return ModuleFileError(f"{origin} is not a valid compiled module: {said}")
    from importlib.metadata import version

    return ModuleFileError(
        f"{origin} was compiled for another version of IREE than iree-base-runtime "
        f"{version('iree-base-runtime')}, which is installed ({versions[1]}): compile it again, or "
        "install the version that belongs to its compiler"
    )
