"""What commands print: for people on a terminal, as plain lines in a pipe, or as JSON."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Warnings as a line of text, without the source that they came from."""

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any
    ) -> None:
        click.echo(f"warning: {message}\n  at {filename}:{lineno}", err=True)

    with warnings.catch_warnings():
        # With no place for the other two, which Python never gives it.
        warnings.showwarning = show  # type: ignore[assignment]
        yield


class Output:
    """Where the results of a command go.

    Args:
        is_json: whether `result` writes JSON; nothing else is written to standard output then.
    """

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks at it."""
        return not self.is_json and sys.stdout.isatty()

    def result(self, data: Any) -> bool:
        """Writes the result if JSON is asked for; says whether it did."""
        if self.is_json:
            click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))
        return self.is_json

    def line(self, text: str = "", style: str = "") -> None:
        """Writes a line; the style is rich's, and for terminals."""
        if not style or not self.is_terminal:
            click.echo(text)
            return
        from rich.text import Text

        _console().print(Text(text, style), soft_wrap=True)

    def pairs(self, rows: Sequence[tuple[str, str]], *, indent: int = 2) -> None:
        """Writes names and what they are, in two columns."""
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            start = f"{' ' * indent}{name:<{width}}  "
            first, *others = value.split("\n")
            lines = [f"{start}{first}", *(" " * len(start) + other for other in others)]
            if not self.is_terminal:
                click.echo("\n".join(line.rstrip() for line in lines))
                continue
            from rich.text import Text

            text = Text("\n".join(lines))
            text.stylize("cyan", 0, len(start))
            _console().print(text, soft_wrap=True)

    def table(
        self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """Writes a table.

        Args:
            titles: of the columns.
            rows: what stands in them.
            right: the numbers of the columns that end at their right edge.
        """
        if self.is_terminal:
            from rich import box
            from rich.table import Table
            from rich.text import Text

            made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
            for i, title in enumerate(titles):
                made.add_column(title, justify="right" if i in right else "left", overflow="fold")
            for row in rows:
                made.add_row(*map(Text, row))
            _console().print(made)
            return
        widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
        for row in (titles, *rows):
            cells = [
                f"{cell:>{width}}" if i in right else f"{cell:<{width}}"
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            click.echo("  ".join(cells).rstrip())

    @contextmanager
    def working(self, on: str, *, moves: bool = True) -> Iterator[None]:
        """Shows that something is being worked on, where standard error is a terminal.

        Args:
            on: what.
            moves: whether that moves, for which a thread is needed: not where time is measured.
        """
        if not sys.stderr.isatty():
            yield
            return
        if moves:
            with _console(stderr=True).status(f"{on} ..."):
                yield
            return
        click.echo(f"{on} ...", err=True, nl=False)
        try:
            yield
        finally:
            click.echo("\r\x1b[2K", err=True, nl=False)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False)
