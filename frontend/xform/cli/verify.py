"""`xform verify`: whether xform's derivatives, batches and numbers of a function are right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import click

from .command import Settings, define
from .completion import function_argument
from .failures import CommandError, ExitCode, near
from .output import plain_warnings

if TYPE_CHECKING:
    from ..verification.report import VerificationReport


@define("verify")
@function_argument
@click.option(
    "--arg",
    "-a",
    "given",
    multiple=True,
    metavar="[NAME=]TYPE|@FILE",
    help="Where to verify: x=@file.npy, or x=f32[4,784] for random numbers of that type.",
)
@click.option("--check", "checks", multiple=True, help="Only this one; may be given again.")
@click.option("--second-order", is_flag=True, help="Second derivatives too.")
@click.option("--seed", default=0, show_default=True, help="Of all that is drawn.")
def command(
    settings: Settings,
    function: str,
    given: tuple[str, ...],
    checks: tuple[str, ...],
    second_order: bool,
    seed: int,
) -> None:
    """Check derivatives, batches and numbers of a Python function.

    FUNCTION is file.py:function or package.module:function. Derivatives are compared with
    differences, batches with a loop, float32 with float64; docs/verify.md describes each check.
    The exit code is 1 if one of them fails.

    \b
    xform verify model.py:loss --arg "w=f32[784,10]" --arg x=@digits.npy
    """
    from ..frontend import verify
    from .functions import load_function, users_code

    _require_checks(checks)
    out = settings.output
    with plain_warnings():
        with out.working("loading"):
            loaded = load_function(function)
        args, named = _values(loaded, given, seed)
        called = partial(loaded, **named) if named else loaded
        with out.working(f"verifying {function}"), users_code(f"verify {function}"):
            report = verify(
                called,
                *args,
                checks=checks or None,  # type: ignore[arg-type]
                order=2 if second_order or "second_order" in checks else 1,
                seed=seed,
            )
    if not out.result(_data(report)):
        out.line(str(report))
    if not report.ok:
        raise click.exceptions.Exit(int(ExitCode.FOUND_WANTING))


def _require_checks(names: Sequence[str]) -> None:
    from ..verification.report import CHECKS

    for name in names:
        if name not in CHECKS:
            raise CommandError(
                ExitCode.USAGE, f"there is no check {name!r}; {near(name, CHECKS, most=10)}"
            )


def _values(function: Any, given: Sequence[str], seed: int) -> tuple[Any, Any]:
    """The arguments: arrays of files, and random ones of the types that were given."""
    from .drawn import drawn
    from .dtypes import parse_type
    from .specs import arguments_of, read_one

    places = count()

    def value(text: str, name: str) -> Any:
        place = next(places)
        if text.startswith("@"):
            return read_one(text, name)
        dtype, shape = parse_type(text, name)
        fixed = [size for size in shape if isinstance(size, int)]
        if len(fixed) != len(shape):
            raise CommandError(
                ExitCode.USAGE, f"{name}: {text!r} has open sizes: give those to draw numbers for"
            )
        return drawn(dtype, fixed, (seed, place))

    return arguments_of(function, given, value)


def _data(report: VerificationReport) -> dict[str, Any]:
    return {
        "function": report.function,
        "ok": report.ok,
        "checks": [
            {
                "name": check.name,
                "status": check.status,
                "seconds": check.seconds,
                "summary": check.summary,
                "notes": list(check.notes),
                "findings": [str(finding) for finding in check.findings],
            }
            for check in report.checks
        ],
    }
