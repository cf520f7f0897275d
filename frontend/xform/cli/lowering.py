"""The function that a command is given, with its transforms, traced for its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from .completion import complete_device
from .failures import CommandError, ExitCode

if TYPE_CHECKING:
    from ..compiling.targets import Target
    from ..frontend import Jitted, Lowered

arguments_option: Final = click.option(
    "--arg",
    "-a",
    "given",
    multiple=True,
    metavar="[NAME=]TYPE",
    help="The type of an argument, such as x=f32[4,784]; params.w=f32[3] for an array inside of "
    "one; @file.npy in place of a type takes the file's. Without a name, of the next argument.",
)
transforms_option: Final = click.option(
    "--transform",
    "-t",
    "transforms",
    multiple=True,
    metavar="TRANSFORM",
    help="Transform the function, as in grad or vmap(in_dims=(0, None)); the first one first.",
)
target_option: Final = click.option(
    "--target",
    default="cpu",
    show_default=True,
    metavar="DEVICE[:ARCH]",
    shell_complete=complete_device,
    help="What to compile for: cpu, vulkan or cuda, or one of their processors, such as "
    "cpu:x86-64-v3 or cuda:sm_90. The device need not be there.",
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


def jitted_function(spec: str, transforms: Sequence[str]) -> Jitted:
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


def lowered_function(
    jitted: Jitted,
    given: Sequence[str],
    target: Target | Sequence[Target],
    *,
    with_values: bool = False,
) -> Lowered:
    """The function, traced for the arguments of the command line.

    Args:
        jitted: the function.
        given: what `--arg` was given.
        target: what the arguments are for, or several such.
        with_values: whether files give arrays, instead of their types.

    Raises:
        CommandError: it cannot be traced, or does not take them.
        XformTypeError: the target has no such arrays.
    """
    from ..compiling.targets import Target, check_dtypes
    from .functions import users_code
    from .specs import arguments_of, read_one, spec_of

    def value(text: str, name: str) -> Any:
        return read_one(text, name) if text.startswith("@") else spec_of(text, name)

    args, named = arguments_of(jitted, given, value if with_values else spec_of)
    for one in [target] if isinstance(target, Target) else target:
        check_dtypes(_dtypes(jitted, args, named), one)
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
