"""`xform run`: a call of a compiled module."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command import Settings, define
from .failures import CommandError, ExitCode
from .modules import (
    arguments,
    device_option,
    entry_option,
    hash_option,
    load_entry,
    module_argument,
    read_entry,
    require_writable,
)
from .output import Output

if TYPE_CHECKING:
    import numpy as np
    from xform_runtime import Signature

value_option = click.option(
    "--arg",
    "-a",
    "given",
    multiple=True,
    metavar="[NAME=]VALUE",
    help="The value of an argument: x=2.5, x=[1, 2], x=@file.npy or x=@file.npz[key]; params.w=... "
    "for an array inside of one, params=@file.npz for all of them. Without a name, of the next.",
)
cast_option = click.option(
    "--cast", is_flag=True, help="Convert arrays of files to the dtypes that the function takes."
)


@define("run")
@module_argument
@value_option
@cast_option
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(),
    help="Where to write the result: a .npy file for one array, .npz for any number. Without it, "
    "the result is printed.",
)
@click.option(
    "--selftest",
    is_flag=True,
    help="Call it with the inputs that the file keeps for that, and compare the results with those "
    "of the original function. The exit code is 1 if one is wrong.",
)
@hash_option
@entry_option
@device_option
def command(
    settings: Settings,
    module: str,
    given: tuple[str, ...],
    cast: bool,
    output: str | None,
    selftest: bool,
    sha256: str | None,
    entry: str | None,
    device: str | None,
) -> None:
    """Call a compiled function, and print or write its result.

    MODULE is the .vmfb file that it is in.

    \b
    xform run model.vmfb --arg w=@weights.npy --arg x=@input.npy -o y.npy
    xform run model.vmfb --arg "x=[1, 2, 3]" --arg scale=2.5
    xform run model.vmfb --selftest
    """
    from .values import values_of

    if selftest:
        if given or cast or output is not None:
            raise CommandError(ExitCode.USAGE, "--selftest goes without --arg, --cast and --output")
        _test(settings.output, module, entry, device, sha256)
        return

    # Mistakes in the arguments are found before a device is opened.
    signature = read_entry(module, entry, device, sha256)
    if output is not None:
        _require_file(output, len(signature.results))
    leaves = values_of(signature, given, casts=cast)
    loaded = load_entry(module, signature.name, device, sha256)
    args, named = arguments(signature, leaves)
    with settings.output.working(f"running {signature.name}"):
        results = _arrays(signature, loaded(*args, **named))
    if output is not None:
        _write(Path(output), results)
    _show(settings.output, results, output)


def _test(
    out: Output, module: str, entry: str | None, device: str | None, sha256: str | None
) -> None:
    """Runs the self-test of a module, or of one of its entry points.

    Raises:
        Exit: a result is wrong.
    """
    from xform_runtime import load

    if entry is not None:
        read_entry(module, entry, device, sha256)
    loaded = load(module, device, sha256=sha256)
    with out.working(f"testing {module}"):
        report = loaded.selftest() if entry is None else loaded[entry].selftest()
    data = {
        "path": module,
        "device": report.device,
        "passed": report.passed,
        "vectors": report.vectors,
        "results": [
            {
                "entry": check.entry,
                "vector": check.vector,
                "path": check.path,
                "passed": check.passed,
                "difference": _json_value(check.difference),
                "tolerance": _json_value(check.tolerance),
                "index": check.index,
                "block": check.block,
                "got": _json_value(check.got),
                "expected": _json_value(check.expected),
                "compared": check.compared,
                "size": check.size,
            }
            for check in report.checks
        ],
    }
    if not out.result(data):
        out.line(str(report))
    if not report.passed:
        raise click.exceptions.Exit(int(ExitCode.FOUND_WANTING))


def _arrays(signature: Signature, result: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a result by their paths; "result" if it is one itself."""
    import numpy as np
    from xform_runtime.tree import flatten, leaf_indices

    from .paths import path_text, result_paths

    paths = result_paths(signature)
    order = leaf_indices(signature.outputs)
    return {
        path_text(paths[i]) or "result": np.asarray(leaf)
        for i, leaf in zip(order, flatten(signature.outputs, result), strict=True)
    }


def _require_file(path: str, count: int) -> None:
    """Refuses a file that the results cannot be written to."""
    suffix = Path(path).suffix
    if suffix not in (".npy", ".npz"):
        raise CommandError(
            ExitCode.USAGE, f"--output {path}: expected a file that ends with .npy or .npz"
        )
    if suffix == ".npy" and count != 1:
        raise CommandError(
            ExitCode.USAGE,
            f"--output {path}: a .npy file holds one array, but the result has {count}: write a "
            ".npz file",
        )
    require_writable(Path(path))


def _write(path: Path, results: Mapping[str, np.ndarray[Any, Any]]) -> None:
    import numpy as np

    from ..files import write_whole

    content = io.BytesIO()
    if path.suffix == ".npz":
        import zipfile

        # np.savez takes names as keywords, of which it has some itself.
        with zipfile.ZipFile(content, "w") as archive:
            for name, array in results.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
    else:
        (array,) = results.values()
        np.save(content, array, allow_pickle=False)
    write_whole(path, content.getvalue())


def _show(out: Output, results: Mapping[str, np.ndarray[Any, Any]], path: str | None) -> None:
    import numpy as np

    data = {
        "path": path,
        "results": [
            {
                "name": name,
                "dtype": array.dtype.name,
                "shape": list(array.shape),
                **({"value": _json_value(array.tolist())} if path is None else {}),
            }
            for name, array in results.items()
        ],
    }
    if out.result(data):
        return
    for name, array in results.items():
        kind = f"{array.dtype.name}[{','.join(map(str, array.shape))}]"
        if path is not None:
            out.line(f"{name}: {kind} in {path}")
        elif array.ndim == 0:
            out.line(f"{name}: {kind} = {array[()]}")
        else:
            out.line(f"{name}: {kind}", "bold")
            out.line(np.array2string(array, separator=", "))


def _json_value(value: Any) -> Any:
    """Numbers as JSON has them: a complex one as its two parts, what it has none for as "NaN"."""
    if isinstance(value, complex):
        return [_json_value(value.real), _json_value(value.imag)]
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    return value
