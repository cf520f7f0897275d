"""`xform compile`: a function of a Python file, compiled into a module file."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command import Settings, define
from .completion import complete_device, function_argument
from .failures import CommandError, ExitCode
from .lowering import (
    arguments_option,
    jitted_function,
    lowered_function,
    parse_target,
    transforms_option,
)
from .modules import require_writable
from .output import plain_warnings

if TYPE_CHECKING:
    from ..compiling.targets import Target
    from ..compiling.weights import WeightsPlace
    from ..frontend import Lowered


@define("compile")
@function_argument
@arguments_option
@transforms_option
@click.option(
    "--target",
    "targets",
    default=("cpu",),
    show_default=True,
    multiple=True,
    metavar="DEVICE[:ARCH]",
    shell_complete=complete_device,
    help="What to compile for: cpu, vulkan or cuda, or one of their processors, such as "
    "cpu:x86-64-v3 or cuda:sm_90. The device need not be there. Given several times, a folder is "
    "written with a module for each, of which the runtime takes the best.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(),
    help="The file to write, or the folder for several targets; the function's name and .vmfb, or "
    ".xform, by default.",
)
@click.option(
    "--weights",
    type=click.Choice(("inside", "beside")),
    default="inside",
    show_default=True,
    help="Where arrays are kept that the function closes over: in the module, or in a file of "
    "IREE's parameters (.irpa) beside it.",
)
@click.option(
    "--header", is_flag=True, help="Write a header for C beside the module, or into the folder."
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
    targets: tuple[str, ...],
    output: str | None,
    weights: WeightsPlace,
    header: bool,
    selftest: bool,
) -> None:
    """Compile a Python function into a module file.

    FUNCTION is file.py:function or package.module:function. Transforms can stand around it, as
    they do in Python: 'vmap(grad(model.py:loss), in_dims=(0, None))'.

    \b
    xform compile model.py:loss --arg "w=f32[784,10]" --arg "x=f32[784]" --transform grad -o g.vmfb
    """
    out = settings.output
    chosen = [parse_target(target) for target in targets]
    is_folder = len(chosen) > 1
    if output is not None:
        require_writable(Path(output), is_folder=is_folder)
    start = time.perf_counter()
    with plain_warnings():
        with out.working("loading"):
            jitted = jitted_function(function, transforms)
        ready = time.perf_counter()
        with out.working("tracing"):
            lowered = lowered_function(jitted, given, chosen, with_values=selftest)
        traced = time.perf_counter()
        path = Path(output or f"{lowered.name}.{'xform' if is_folder else 'vmfb'}")
        if output is None:
            require_writable(path, is_folder=is_folder)
        with out.working(f"compiling {lowered.name} for {', '.join(map(str, chosen))}"):
            _save(lowered, path, chosen, selftest=selftest, weights=weights, header=header)
    saved = time.perf_counter()
    seconds = {"load": ready - start, "trace": traced - ready, "compile": saved - traced}
    _show(settings, path, chosen, seconds)


def _show(
    settings: Settings, path: Path, targets: Sequence[Target], seconds: Mapping[str, float]
) -> None:
    from hashlib import sha256

    from xform_runtime.folder import read_image, read_manifest
    from xform_runtime.image import ModuleImage

    from ..units import seconds_text, size_text
    from .signatures import entry_data, entry_text, selftest_data, selftest_text

    if len(targets) == 1:
        images = [ModuleImage.from_file(path)]
    else:
        images = [read_image(str(path), record) for record in read_manifest(path).modules]
    (signature,) = images[0].signatures.values()
    tested = selftest_data(images[0], signature)
    modules = [
        {
            "path": image.origin,
            "bytes": len(image.content),
            "sha256": sha256(image.content).hexdigest(),
            "target": str(target),
        }
        for image, target in zip(images, targets, strict=True)
    ]
    data: dict[str, Any] = {"path": str(path), "modules": modules}
    if len(modules) == 1:
        data = modules[0]
    data |= {"seconds": seconds, "entry": entry_data(signature), "selftest": tested}
    out = settings.output
    if out.result(data):
        return
    out.line(entry_text(signature), "bold")
    rows: list[tuple[str, str]] = []
    for image, target in zip(images, targets, strict=True):
        rows += [
            ("file", f"{image.origin}, {size_text(len(image.content))}"),
            ("target", str(target)),
        ]
    if signature.weights:
        size = size_text(sum({leaf.path: leaf.nbytes for leaf in signature.weights}.values()))
        rows.append(
            ("weights", f"{Path(images[0].origin).with_name(signature.weights_file)}, {size}")
        )
    rows.append(
        ("time", ", ".join(f"{stage} {seconds_text(took)}" for stage, took in seconds.items()))
    )
    if tested is not None:
        rows.append(("self-test", selftest_text(tested)))
    out.pairs(rows)


def _save(
    lowered: Lowered,
    path: Path,
    targets: Sequence[Target],
    *,
    selftest: bool,
    weights: WeightsPlace,
    header: bool,
) -> None:
    from ..errors import XformError
    from ..iree.compiler import check_processor
    from ..iree.flags import is_vouched_for

    one, several = (targets[0], None) if len(targets) == 1 else (None, targets)
    try:
        # For its self-test the user's function is called, which may print.
        with contextlib.redirect_stdout(sys.stderr):
            lowered.save(
                path, one, targets=several, selftest=selftest, weights=weights, header=header
            )
    except XformError as error:
        for target in targets:
            if not is_vouched_for(target):
                # Where the processor's name is wrong, that is what there is to say.
                check_processor(target)
        raise CommandError(ExitCode.PROGRAM, str(error)) from error
