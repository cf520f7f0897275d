"""Loaded modules that programs call, by the names that stand in the programs' texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from weakref import WeakValueDictionary

from xform_runtime.image import ModuleImage

from ..errors import XformValueError

# Of those that are there still: programs keep those that they call.
_known: WeakValueDictionary[str, ModuleImage] = WeakValueDictionary()

# As lowering/linalg/Opaque.cpp declares what is imported.
_IMPORT = re.compile(r'^ *func\.func private @"?(\w+)\.', re.MULTILINE)

# The operation of a call (dialect/Opaque.td).
CALL = "call_module"


def enter(image: ModuleImage) -> str:
    """The name under which programs call a module from now on.

    Raises:
        XformValueError: another module has it, by chance.
    """
    name = image.name_to_call
    known = _known.setdefault(name, image)
    if known is not image and known.content != image.content:
        raise XformValueError(
            f"{image.origin} and {known.origin} happen to have one name, {name!r}: compile one of "
            "them again with another docstring"
        )
    return name


def imported(linalg_text: str, called: Iterable[ModuleImage]) -> dict[str, ModuleImage]:
    """The modules that a lowered program calls, by their names in it.

    Args:
        linalg_text: the program.
        called: those that it called while it was traced, some of which nothing may need.
    """
    names = set(_IMPORT.findall(linalg_text))
    images = {image.name_to_call: image for image in called}
    return {name: images[name] for name in sorted(names & images.keys())}


__all__ = ["CALL", "enter", "imported"]
