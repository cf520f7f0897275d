"""What all commands share: the options --json and --traceback, and the settings they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from .output import Output

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Settings:
    """What is set for a command, whatever it does.

    Attributes:
        is_json: whether the result is JSON.
        has_traceback: whether --traceback was given.
    """

    is_json: bool = False
    has_traceback: bool = False

    def shows_traceback(self) -> bool:
        """Whether an error is shown with its traceback."""
        if self.has_traceback:
            return True
        from xform_runtime.errors import XformError

        from ..knobs import TRACEBACK

        try:
            return TRACEBACK.get() == "full"
        except XformError:
            return False

    @property
    def output(self) -> Output:
        """Where results go."""
        return Output(is_json=self.is_json)


def _set_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    context.ensure_object(Settings).is_json |= value


def _set_traceback(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    context.ensure_object(Settings).has_traceback |= value


json_option = click.option(
    "--json",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_set_json,
    help="Write the result as JSON.",
)
traceback_option = click.option(
    "--traceback",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_set_traceback,
    help="Show where in the sources an error comes from, as XFORM_TRACEBACK=full does.",
)


def _print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from .packages import version_of

    click.echo(f"xform {version_of('xform') or 'of a source folder, not installed'}")
    context.exit()


version_option = click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)


def define(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Makes a function that takes the `Settings` a command with the options of all commands.

    Args:
        name: what the user calls it.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        made = click.command(name)(click.pass_obj(function))
        return traceback_option(json_option(made))

    return decorate


__all__ = ["Settings", "define", "json_option", "traceback_option", "version_option"]
