"""`xform compile`: a function of a Python file, compiled into a module file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command import Settings, define
from .completion import complete_device, function_argument
from .failures import CommandError, ExitCode
from .modules import require_writable
from .output import plain_warnings

if TYPE_CHECKING:
    from ..compiling.targets import Target
    from ..frontend import Jitted, Lowered


@define("compile")
@function_argument
@click.option(
    "--arg",
    "-a",
    "given",
    multiple=True,
    metavar="[NAME=]TYPE",
    help="The type of an argument, such as x=f32[4,784]; params.w=f32[3] for an array inside of "
    "one; @file.npy in place of a type takes the file's. Without a name, of the next argument.",
)
@click.option(
    "--transform",
    "-t",
    "transforms",
    multiple=True,
    metavar="TRANSFORM",
    help="Transform the function, as in grad or vmap(in_dims=(0, None)); the first one first.",
)
@click.option(
    "--target",
    default="cpu",
    show_default=True,
    metavar="DEVICE[:ARCH]",
    shell_complete=complete_device,
    help="What to compile for: cpu, vulkan or cuda, or one of their processors, such as "
    "cpu:x86-64-v3 or cuda:sm_90. The device need not be there.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(),
    help="The file to write; the function's name and .vmfb by default.",
)
def command(
    settings: Settings,
    function: str,
    given: tuple[str, ...],
    transforms: tuple[str, ...],
    target: str,
    output: str | None,
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
            jitted = _jitted(function, transforms)
        ready = time.perf_counter()
        with out.working("tracing"):
            lowered = _lowered(jitted, given, chosen)
        traced = time.perf_counter()
        path = Path(output or f"{lowered.name}.vmfb")
        if output is None:
            require_writable(path)
        with out.working(f"compiling {lowered.name} for {chosen}"):
            _save(lowered, path, chosen)
    saved = time.perf_counter()
    seconds = {"load": ready - start, "trace": traced - ready, "compile": saved - traced}
    _show(settings, path, chosen, seconds)


def _show(settings: Settings, path: Path, target: Target, seconds: Mapping[str, float]) -> None:
    from hashlib import sha256

    from xform_runtime.image import ModuleImage

    from .output import seconds_text, size_text
    from .signatures import entry_data, entry_text

    (signature,) = ModuleImage.from_file(path).signatures.values()
    content = path.read_bytes()
    data = {
        "path": str(path),
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
        "target": str(target),
        "seconds": seconds,
        "entry": entry_data(signature),
    }
    out = settings.output
    if out.result(data):
        return
    out.line(entry_text(signature), "bold")
    out.pairs(
        [
            ("file", f"{path}, {size_text(len(content))}"),
            ("target", str(target)),
            (
                "time",
                ", ".join(f"{stage} {seconds_text(took)}" for stage, took in seconds.items()),
            ),
        ]
    )


def parse_target(text: str) -> Target:
    """What `--target` names.

    Raises:
        CommandError: there is no such target.
    """
    from xform_runtime.errors import XformValueError

    from ..compiling.targets import Target

    try:
        return Target.parse(text)
    except XformValueError as error:
        raise CommandError(
            ExitCode.USAGE,
            f"--target {text}: {error}",
            "A target is a device, with a processor behind it if need be: cpu, cpu:x86-64-v3, "
            "vulkan, cuda, cuda:sm_90.",
        ) from error


def _jitted(spec: str, transforms: Sequence[str]) -> Jitted:
    """The function of the command line, transformed.

    Raises:
        CommandError: there is none, or no such transform.
    """
    from ..frontend import jit
    from .functions import load_function, transformed

    function = load_function(spec)
    for expression in transforms:
        function = transformed(function, expression)
    return jit(function)


def _lowered(jitted: Jitted, given: Sequence[str], target: Target) -> Lowered:
    """The function, traced for the arguments of the command line.

    Raises:
        CommandError: it cannot be traced, or does not take them.
        XformTypeError: the target has no such arrays.
    """
    from ..compiling.targets import check_dtypes
    from .functions import users_code
    from .specs import arguments_of

    args, named = arguments_of(jitted, given)
    check_dtypes(_dtypes(jitted, args, named), target)
    with users_code(f"trace {jitted.__name__}"):
        return jitted.lower(*args, **named)


def _dtypes(
    function: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """The names of the arrays among the arguments, and their dtypes."""
    from ..pytrees import flatten, parameter_names, paths

    names = parameter_names(function, len(args))
    for name, value in [*zip(names, args, strict=True), *named.items()]:
        leaves, structure = flatten(value)
        for path, leaf in zip(paths(structure, name), leaves, strict=True):
            yield path, leaf.dtype.name


def _save(lowered: Lowered, path: Path, target: Target) -> None:
    from ..errors import XformError
    from ..iree.compiler import check_processor
    from ..iree.flags import is_vouched_for

    try:
        lowered.save(path, target)
    except XformError as error:
        if not is_vouched_for(target):
            # Where the processor's name is wrong, that is what there is to say.
            check_processor(target)
        raise CommandError(ExitCode.PROGRAM, str(error)) from error
