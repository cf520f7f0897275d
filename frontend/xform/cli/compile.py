"""`xform compile`: a function of a Python file, compiled into a module file."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command import Settings, define
from .completion import function_argument
from .failures import CommandError, ExitCode
from .lowering import (
    arguments_option,
    jitted_function,
    lowered_function,
    parse_target,
    target_option,
    transforms_option,
)
from .modules import require_writable
from .output import plain_warnings

if TYPE_CHECKING:
    from ..compiling.targets import Target
    from ..frontend import Lowered


@define("compile")
@function_argument
@arguments_option
@transforms_option
@target_option
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(),
    help="The file to write; the function's name and .vmfb by default.",
)
@click.option(
    "--selftest",
    is_flag=True,
    help="Keep inputs in the file, and what the function gives for them when Python calls it, for "
    "xform run --selftest. Inputs are the arrays of files that --arg names, and drawn else.",
)
def command(
    settings: Settings,
    function: str,
    given: tuple[str, ...],
    transforms: tuple[str, ...],
    target: str,
    output: str | None,
    selftest: bool,
) -> None:
    """Compile a Python function into a module file.

    FUNCTION is file.py:function or package.module:function. Transforms can stand around it, as
    they do in Python: 'vmap(grad(model.py:loss), in_dims=(0, None))'.

    \b
    xform compile model.py:loss --arg "w=f32[784,10]" --arg "x=f32[784]" --transform grad -o g.vmfb
    """
    out = settings.output
    chosen = parse_target(target)
    if output is not None:
        require_writable(Path(output))
    start = time.perf_counter()
    with plain_warnings():
        with out.working("loading"):
            jitted = jitted_function(function, transforms)
        ready = time.perf_counter()
        with out.working("tracing"):
            lowered = lowered_function(jitted, given, chosen, with_values=selftest)
        traced = time.perf_counter()
        path = Path(output or f"{lowered.name}.vmfb")
        if output is None:
            require_writable(path)
        with out.working(f"compiling {lowered.name} for {chosen}"):
            _save(lowered, path, chosen, selftest)
    saved = time.perf_counter()
    seconds = {"load": ready - start, "trace": traced - ready, "compile": saved - traced}
    _show(settings, path, chosen, seconds)


def _show(settings: Settings, path: Path, target: Target, seconds: Mapping[str, float]) -> None:
    from hashlib import sha256

    from xform_runtime.image import ModuleImage

    from ..units import seconds_text, size_text
    from .signatures import entry_data, entry_text, selftest_data, selftest_text

    image = ModuleImage.from_file(path)
    (signature,) = image.signatures.values()
    content = path.read_bytes()
    tested = selftest_data(image, signature)
    data = {
        "path": str(path),
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
        "target": str(target),
        "seconds": seconds,
        "entry": entry_data(signature),
        "selftest": tested,
    }
    out = settings.output
    if out.result(data):
        return
    out.line(entry_text(signature), "bold")
    rows = [
        ("file", f"{path}, {size_text(len(content))}"),
        ("target", str(target)),
        ("time", ", ".join(f"{stage} {seconds_text(took)}" for stage, took in seconds.items())),
    ]
    if tested is not None:
        rows.append(("self-test", selftest_text(tested)))
    out.pairs(rows)


def _save(lowered: Lowered, path: Path, target: Target, selftest: bool) -> None:
    from ..errors import XformError
    from ..iree.compiler import check_processor
    from ..iree.flags import is_vouched_for

    try:
        # For its self-test the user's function is called, which may print.
        with contextlib.redirect_stdout(sys.stderr):
            lowered.save(path, target, selftest=selftest)
    except XformError as error:
        if not is_vouched_for(target):
            # Where the processor's name is wrong, that is what there is to say.
            check_processor(target)
        raise CommandError(ExitCode.PROGRAM, str(error)) from error
