"""The exceptions of xform: one hierarchy for the frontend and the runtime.

Every exception is an `XformError` and also an instance of the built-in class that a NumPy user
would catch, so both `except XformError` and `except ValueError` work.
"""


class XformError(Exception):
    """Root of all exceptions that xform raises on purpose."""


class XformTypeError(XformError, TypeError):
    """A value of the wrong type or dtype."""


class XformValueError(XformError, ValueError):
    """A wrong shape, size, structure or option value."""


class XformIndexError(XformError, IndexError):
    """A static index or argument number out of range."""


class XformAttributeError(XformError, AttributeError):
    """An attribute that arrays of NumPy have and those of xform cannot have."""


class XformRuntimeError(XformError, RuntimeError):
    """A failure while running a program, or a missing rule."""


class ModuleFileError(XformError, ValueError):
    """A module file that is missing, damaged, or not one that xform wrote."""


class MissingFileError(FileNotFoundError, ModuleFileError, XformRuntimeError):
    """A module file that is not there; has the attributes of an OSError."""

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


class DeviceError(XformError, RuntimeError):
    """A device that is not there, or a module compiled for another device."""


# What IREE's bindings raise where a call of IREE's fails, by the kind of failure.
IREE_ERRORS: tuple[type[Exception], ...] = (RuntimeError, ValueError, IndexError)
