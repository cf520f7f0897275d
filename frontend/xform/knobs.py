"""Every environment variable that xform reads, each a typed entry.

A variable is read anew at each use, so that a test or a long-lived process can change it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from xform_runtime.errors import XformValueError

T = TypeVar("T")


@dataclass(frozen=True)
class Knob(Generic[T]):
    """One environment variable.

    Args:
        name: the variable.
        doc: what it does, in one sentence.
        default: gives the value where the variable is unset or empty.
        parse: reads the text; raises ValueError with what was expected.
    """

    name: str
    doc: str
    default: Callable[[], T]
    parse: Callable[[str], T]

    def get(self) -> T:
        """The present value.

        Raises:
            XformValueError: the variable holds something that cannot be read.
        """
        text = os.environ.get(self.name, "").strip()
        if not text:
            return self.default()
        try:
            return self.parse(text)
        except ValueError as error:
            raise XformValueError(
                f"environment variable {self.name} is {text!r}: expected {error}"
            ) from None


def _switch(text: str) -> bool:
    match text.lower():
        case "1" | "true" | "on" | "yes":
            return True
        case "0" | "false" | "off" | "no":
            return False
    raise ValueError("0 or 1")


def _compiler(text: str) -> str:
    if text not in ("xform", "iree"):
        raise ValueError("xform or iree")
    return text


def _frames(text: str) -> str:
    if text not in ("short", "full"):
        raise ValueError("short or full")
    return text


def _mebibytes(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a whole number of mebibytes")
    return int(text) << 20


def _directory(text: str) -> Path:
    return Path(text).expanduser()


def _no_directory() -> Path | None:
    return None


def _optional_directory(text: str) -> Path | None:
    return _directory(text)


def _user_cache() -> Path:
    # A relative path there is none, by the XDG Base Directory Specification.
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():
        caches = Path(os.path.expanduser("~")) / ".cache"
    return caches / "xform"


CACHE_DIR: Knob[Path] = Knob(
    "XFORM_CACHE_DIR",
    "Directory of the compile cache; xform in $XDG_CACHE_HOME or ~/.cache by default. It must "
    "be the user's, and writable by nobody else.",
    _user_cache,
    _directory,
)
CACHE: Knob[bool] = Knob(
    "XFORM_CACHE", "0 turns the compile cache on disk off.", lambda: True, _switch
)
CACHE_LIMIT: Knob[int] = Knob(
    "XFORM_CACHE_LIMIT_MB",
    "Size in MiB above which the least recently used cache entries are removed; 1024 by default.",
    lambda: 1024 << 20,
    _mebibytes,
)
COMPILER: Knob[str] = Knob(
    "XFORM_COMPILER",
    "What makes machine code for CPUs: xform, where it can, or iree; xform by default.",
    lambda: "xform",
    _compiler,
)
DUMP: Knob[Path | None] = Knob(
    "XFORM_DUMP",
    "Directory that receives, each time a program is compiled or found in the cache, its text as "
    "traced, expanded and as linalg, the module, and a script that compiles it again.",
    _no_directory,
    _optional_directory,
)

TRACEBACK: Knob[str] = Knob(
    "XFORM_TRACEBACK",
    "Which frames the traceback of an error has: short, those of the user's files, or full; short "
    "by default. The command line shows tracebacks where it is full.",
    lambda: "short",
    _frames,
)

KNOBS: tuple[Knob[Path] | Knob[bool] | Knob[int] | Knob[str] | Knob[Path | None], ...] = (
    COMPILER,
    CACHE_DIR,
    CACHE,
    CACHE_LIMIT,
    DUMP,
    TRACEBACK,
)
