"""`xform explain`: what becomes of a Python function on its way to machine code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from .command import Settings, define
from .completion import function_argument
from .failures import CommandError, ExitCode, near
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

# Those that have a text.
STAGES: Final = ("traced", "primitives", "linalg", "loops", "llvm", "assembly")


@define("explain")
@function_argument
@arguments_option
@transforms_option
@target_option
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(),
    help="Write the report as a page with pictures, which a browser shows without a network.",
)
@click.option(
    "--stage",
    metavar="NAME",
    help=f"Print the program at one stage: {', '.join(STAGES)}.",
)
def command(
    settings: Settings,
    function: str,
    given: tuple[str, ...],
    transforms: tuple[str, ...],
    target: str,
    output: str | None,
    stage: str | None,
) -> None:
    """Show what becomes of a Python function on its way to machine code.

    FUNCTION is file.py:function or package.module:function, as for compile. Shown are the stages
    and what each takes, the cost of your lines, the loops of the machine code, and its memory.

    \b
    xform explain model.py:loss --arg "w=f32[784,10]" --arg "x=f32[784]" -t grad -o loss.html
    """
    from ..units import size_text

    out = settings.output
    chosen = parse_target(target)
    if stage is not None and stage not in STAGES:
        raise CommandError(ExitCode.USAGE, f"there is no stage {stage!r}; {near(stage, STAGES)}")
    if output is not None:
        require_writable(Path(output))
    with plain_warnings():
        with out.working("loading"):
            jitted = jitted_function(function, transforms)
        with out.working("tracing"):
            lowered = lowered_function(jitted, given, chosen)
        with out.working(f"compiling {lowered.name} for {chosen}"):
            explanation = lowered.explain(chosen)
    if output is not None:
        explanation.save(output)
    if stage is not None:
        known = {found.name: found.text for found in explanation.stages if found.text}
        if stage not in known:
            raise CommandError(
                ExitCode.PROGRAM,
                f"{lowered.name} has no stage {stage!r} for {chosen}; it has {', '.join(known)}",
            )
        if not out.result({"stage": stage, "text": known[stage]}):
            out.line(known[stage].rstrip())
        return
    if out.result(explanation.data()):
        return
    out.line(str(explanation))
    if output is not None:
        out.line()
        out.line(f"The page is in {output}, {size_text(Path(output).stat().st_size)}.")
