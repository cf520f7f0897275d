"""Entry points as commands show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .failures import CommandError, ExitCode, near
from .paths import argument_paths, path_text, result_paths

if TYPE_CHECKING:
    from xform_runtime import Signature
    from xform_runtime.image import ModuleImage
    from xform_runtime.tree import Tree


def entry_text(signature: Signature) -> str:
    """The entry point as Python would declare it."""
    from xform_runtime.tree import DictNode, TupleNode, describe

    def argument(tree: Tree) -> str:
        return describe(tree, lambda i: str(signature.args[i]))

    parts: list[str] = []
    match signature.inputs:
        case DictNode(((_, TupleNode(positional)), (_, DictNode(named)))):
            for i, tree in enumerate(positional):
                name = signature.parameters[i] if signature.parameters else ""
                parts.append(f"{name}: {argument(tree)}" if name else argument(tree))
            parts += [f"{key}: {argument(tree)}" for key, tree in named]
    result = describe(signature.outputs, lambda i: str(signature.results[i]))
    return f"{signature.name}({', '.join(parts)}) -> {result}"


def entry_data(signature: Signature) -> dict[str, Any]:
    """The entry point as JSON data."""
    from xform_runtime.tree import to_data

    sides = {
        "arguments": (argument_paths(signature), signature.args),
        "results": (result_paths(signature), signature.results),
    }
    data: dict[str, Any] = {"name": signature.name}
    for side, (paths, leaves) in sides.items():
        data[side] = [
            {
                "name": path_text(path),
                "dtype": leaf.dtype,
                "shape": list(leaf.shape),
                # Open sizes by their names; what is open has no bytes yet.
                "bytes": None if None in leaf.shape else leaf.nbytes,
                **({"sizes": list(leaf.sizes)} if leaf.sizes else {}),
            }
            for path, leaf in zip(paths, leaves, strict=True)
        ]
    data["structure"] = {
        "arguments": to_data(signature.inputs),
        "result": to_data(signature.outputs),
    }
    return data


def selftest_data(image: ModuleImage, signature: Signature) -> dict[str, Any] | None:
    """The self-test of an entry point as JSON data; None if it has none."""
    from xform_runtime.errors import ModuleFileError
    from xform_runtime.selftest import Drawn

    try:
        found = image.selftest(signature.name)
    except ModuleFileError as error:
        # Whoever looks at the module wants to see the rest of it.
        return {"error": str(error)}
    if found is None:
        return None
    inputs = [x for vector in found.vectors for x in vector.inputs]
    return {
        "vectors": len(found.vectors),
        "inputs": len(inputs),
        "drawn_inputs": sum(isinstance(x, Drawn) for x in inputs),
        "summarised_results": sum(x.summary is not None for v in found.vectors for x in v.results),
        "reference": found.reference,
    }


def selftest_text(data: dict[str, Any]) -> str:
    """The same in words."""
    if "error" in data:
        return str(data["error"])
    count = data["vectors"]
    said = f"{count} test vector{'s' * (count != 1)}, "
    if data["drawn_inputs"] == data["inputs"]:
        said += "inputs drawn"
    else:
        said += "inputs given" + ("" if data["drawn_inputs"] == 0 else " and drawn")
    if data["summarised_results"]:
        said += ", large results as samples and sums"
    by = {"numpy": "by NumPy", "plain": "by NumPy and by plain code where it has none"}
    return f"{said}; expected results {by[data['reference']]}"


def choose_entry(image: ModuleImage, name: str | None) -> Signature:
    """The entry point that a command is about.

    Args:
        image: the module.
        name: what `--entry` says; None if the module has one entry only.

    Raises:
        CommandError: there is none of that name, or it has to be named.
    """
    known = image.signatures
    if name is None:
        if len(known) == 1:
            return next(iter(known.values()))
        raise CommandError(
            ExitCode.USAGE,
            f"{image.origin} has {len(known)} entry points: name one of "
            f"{', '.join(known)} by --entry",
        )
    if name not in known:
        raise CommandError(
            ExitCode.USAGE, f"{image.origin} has no entry point {name!r}; {near(name, known)}"
        )
    return known[name]
