"""Where in the user's source the frontend is being called from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from types import FrameType, TracebackType
from typing import ParamSpec, TypeVar

from xform_runtime.errors import XformError

from ._xform import Location
from .knobs import TRACEBACK

P = ParamSpec("P")
R = TypeVar("R")

_UNKNOWN = ("", 0, "")
# Python's library calls back what it is given: sorted keys, random.randint, statistics.mean, ...
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = tuple(_STANDARD_LIBRARY + name + os.sep for name in ("site-packages", "dist-packages"))


def _package_folders() -> tuple[str, ...]:
    """The folders whose frames are never the user's."""
    folders = [os.path.dirname(os.path.abspath(__file__))]
    for name in ("xform_runtime", "numpy", "optree"):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            folders.append(os.path.dirname(os.path.abspath(spec.origin)))
    return tuple(folder + os.sep for folder in folders)


_INTERNAL_FOLDERS = _package_folders()
# One entry a source file: whether it belongs to one of the packages above.
_internal_files: dict[str, bool] = {}


def is_internal(file: str) -> bool:
    """Whether a source file belongs to xform, its runtime, NumPy, optree or Python itself."""
    internal = file.startswith(_INTERNAL_FOLDERS) or file.startswith("<frozen ")
    if not internal and file.startswith(_STANDARD_LIBRARY):
        internal = not file.startswith(_INSTALLED)
    if not internal and not os.path.isabs(file):
        internal = os.path.abspath(file).startswith(_INTERNAL_FOLDERS)
    _internal_files[file] = internal
    return internal


def _user_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)
    known = _internal_files
    while frame is not None:
        file = frame.f_code.co_filename
        internal = known.get(file)
        if internal is None:
            internal = is_internal(file)
        if not internal:
            return frame
        frame = frame.f_back
    return None


def user_site() -> tuple[str, int, str]:
    """File, line and function of the innermost frame that is the user's; ("", 0, "") if none is."""
    frame = _user_frame()
    if frame is None:
        return _UNKNOWN
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


def user_location() -> Location:
    """`user_site` as an MLIR location."""
    frame = _user_frame()
    if frame is None:
        return Location("", 0)
    code = frame.f_code
    return Location(code.co_filename, frame.f_lineno, code.co_name)


def keep_users_frames(error: BaseException) -> None:
    """Takes the frames that are not the user's out of an error's traceback, but for the outermost.

    Errors that come out of xform and are none of its own keep theirs, as does every error with
    XFORM_TRACEBACK=full.
    """
    if TRACEBACK.get() == "full":
        return
    frames: list[TracebackType] = []
    at = error.__traceback__
    while at is not None:
        frames.append(at)
        at = at.tb_next
    internal = [_is_known_internal(frame.tb_frame.f_code.co_filename) for frame in frames]
    if not frames or (internal[-1] and not isinstance(error, XformError)):
        return
    kept = frames[0]
    for frame, is_hidden in zip(frames[1:], internal[1:], strict=True):
        if not is_hidden:
            kept.tb_next = frame
            kept = frame
    kept.tb_next = None


def entrance(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator of what users call: errors that leave it have the user's frames.

    See `keep_users_frames`.
    """

    @wraps(function)
    def entered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            keep_users_frames(error)
            raise

    return entered


def _is_known_internal(file: str) -> bool:
    internal = _internal_files.get(file)
    return is_internal(file) if internal is None else internal
