"""The group of all commands, and what becomes of their failures."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import MutableMapping, Sequence
from importlib import import_module
from typing import Any, Final

import click

from .command import Settings, traceback_option, version_option
from .failures import MEANINGS, CommandError, ExitCode, failure_of, near

# By the name of each command the module of this package that has it as `command`.
COMMANDS: Final = {
    "compile": "compile",
    "run": "run",
    "inspect": "inspect",
    "bench": "bench",
    "explain": "explain",
    "verify": "verify",
    "cache": "cache",
    "devices": "devices",
    "doctor": "doctor",
}

_CODES: Final = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())


class _Commands(click.Group):
    """The commands of the table, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = import_module(f".{module}", __package__).command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}; {near(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\nExit codes:\n{_CODES}\n")
        formatter.write(
            "\nTo have names completed:\n"
            '  bash:  eval "$(_XFORM_COMPLETE=bash_source xform)"\n'
            '  zsh:   eval "$(_XFORM_COMPLETE=zsh_source xform)"\n'
            "  fish:  _XFORM_COMPLETE=fish_source xform | source\n"
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; one whose output nobody reads any more is done."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Nor shall the interpreter write what it still has when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.DONE

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a command and ends the process with its exit code."""
        settings = Settings()
        try:
            code = super().main(
                args,
                prog_name or "xform",
                complete_var or "_XFORM_COMPLETE",
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                obj=settings,
                **extra,
            )
        except BaseException as error:
            if isinstance(error, SystemExit):
                raise
            code = _report(error, settings)
        sys.exit(int(code or ExitCode.DONE))


def _report(error: BaseException, settings: Settings) -> ExitCode:
    """Says what went wrong; returns the exit code."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    failure = _usage(error) if isinstance(error, click.ClickException) else failure_of(error)
    if settings.shows_traceback():
        import traceback

        shown = error.__cause__ or error
        click.echo("".join(traceback.format_exception(shown)).rstrip(), err=True)
    if settings.is_json:
        said: MutableMapping[str, Any] = {"error": failure.message, "exit_code": int(failure.code)}
        if failure.advice:
            said["advice"] = failure.advice
        click.echo(json.dumps(said, ensure_ascii=False), err=True)
        return failure.code
    prefix = click.style("error:", fg="red", bold=True)
    click.echo(f"{prefix} {failure.message}", err=True)
    if failure.advice:
        click.echo(failure.advice, err=True)
    return failure.code


def _usage(error: click.ClickException) -> CommandError:
    """What click has to say of a command line."""
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    advice = f"Try `{context.command_path} --help`." if context is not None else ""
    code = ExitCode.FILE if isinstance(error, click.FileError) else ExitCode.USAGE
    return CommandError(code, message, advice)


@click.command(
    "xform",
    cls=_Commands,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@traceback_option
@version_option
@click.pass_context
def commands(context: click.Context) -> None:
    """Compiles differentiable, batched array programs, and runs them."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """The entry point `xform`."""
    commands.main()
