"""The command line `xform`, also `python -m xform`.

A command is a file with a click command called `command`, and a line in `group.COMMANDS`. These
files load nothing but click when they are imported: what a command needs is imported where it runs,
so that `xform --help` and completion answer at once.
"""

from .group import main

__all__ = ["main"]
