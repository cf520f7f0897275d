"""Weights beside modules, as commands show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..units import size_text

if TYPE_CHECKING:
    from xform_runtime.image import ModuleImage


def weights_data(image: ModuleImage) -> dict[str, Any] | None:
    """What a module reads from a file beside it, as JSON data; None if it reads nothing."""
    from xform_runtime.errors import ModuleFileError

    known = {leaf.path: leaf for s in image.signatures.values() for leaf in s.weights}
    if not known:
        return None
    data: dict[str, Any] = {
        "file": next(s.weights_file for s in image.signatures.values() if s.weights),
        "bytes": sum(leaf.nbytes for leaf in known.values()),
        "arrays": [
            {"key": key, "dtype": leaf.dtype, "shape": list(leaf.shape), "bytes": leaf.nbytes}
            for key, leaf in known.items()
        ],
        "error": None,
    }
    try:
        image.open_parameters()
    except ModuleFileError as error:
        # Whoever looks at the module wants to see the rest of it.
        data["error"] = str(error)
    return data


def weights_text(data: dict[str, Any]) -> str:
    """The same in words."""
    count = len(data["arrays"])
    said = f"{count} array{'s' * (count != 1)} in {data['file']}, {size_text(data['bytes'])}"
    return f"{said}\n{data['error']}" if data["error"] else said
