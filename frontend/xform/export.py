"""`save` and `export`: functions compiled into a file for machines that have no compiler."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .compiling.lowered import Lowered
from .compiling.saving import save_programs
from .compiling.selftests import SelfTestInputs
from .compiling.targets import Target
from .compiling.weights import WeightsPlace
from .errors import XformTypeError, XformValueError, at_user_line
from .source import entrance
from .transforms.jit import Jitted, jit


@entrance
def save(
    func: Callable[..., Any],
    *args: Any,
    path: str | os.PathLike[str],
    target: Target | str | Sequence[Target | str] | None = None,
    selftest: SelfTestInputs = False,
    **kwargs: Any,
) -> None:
    """Compiles a function for one signature into a file that `xform.runtime.load` reads.

    Args:
        func: the function, or what `jit` made of it.
        args: arrays, numbers, or `spec(shape, dtype)` in their place.
        path: the file.
        target: what to compile for, such as "cpu", "cpu:x86-64-v3" or "vulkan"; None for the
            device that `jit` was given, else "cpu". A list of such makes a folder with a module for
            each, as `targets` of `export` does.
        selftest: whether the file keeps inputs, and the results that the function gives for them
            when Python calls it, for `Module.selftest` of the runtime to try wherever the file is
            loaded; or these inputs: a tuple of arguments, a dict of them by their names, or a list
            of such. With True they are the arrays of `args` and `kwargs`, and drawn where there
            are specs: floats from -1 to 1, small integers, bools.
        kwargs: the function's keyword arguments.

    Raises:
        XformTypeError: the target has no arrays of a dtype that the program uses, or a structure
            that a file cannot describe.
        XformValueError: inputs of the self-test that are too large or of other types.
        CompileError: IREE rejected the program.
        SelfTestError: the target's device is here, and the module gives other results on it.

    >>> import tempfile
    >>> import numpy as np
    >>> from xform import runtime
    >>> from xform.frontend import grad, save, spec
    >>> path = tempfile.mkdtemp() + "/gradient.vmfb"
    >>> save(grad(lambda x: np.sin(x).sum()), spec(3), path=path, selftest=(np.zeros(3),))
    >>> report = runtime.load(path).selftest()
    >>> report.passed, report.checks[0].expected
    (True, 1.0)
    """
    jitted = func if isinstance(func, Jitted) else jit(func)
    jitted.save(path, *args, target=target, selftest=selftest, **kwargs)


@entrance
def export(
    path: str | os.PathLike[str],
    entries: Mapping[str, Lowered],
    *,
    target: Target | str | None = None,
    targets: Sequence[Target | str] | None = None,
    selftest: bool = False,
    weights: WeightsPlace = "inside",
    header: bool = False,
) -> None:
    """Compiles several functions into one file, each under a name of its own.

    What they close over becomes part of the file, once for all that close over equal arrays.

    Args:
        path: the file; with `targets` a folder, such as "model.xform".
        entries: by their names in the file, functions that were lowered: `jit(f).lower(...)`.
        target: a target as for `save`; None for the device of the first one.
        targets: several of them: then `path` is a folder with a module for each, of which
            `xform.runtime.load` takes the best that the machine can run. A folder of that kind is
            replaced as a whole; one that has anything else in it is not.
        selftest: whether the file keeps inputs and expected results of each, as for `save`.
        weights: where the arrays are that the functions close over. "beside" writes them into an
            archive of IREE's parameters, `model.irpa` beside `model.vmfb`, or `weights.irpa` in the
            folder, where all targets share it. On CPUs it is mapped into memory and not copied.
        header: whether to write `model.h` beside the file, or into the folder: what C needs to know
            of the entry points.

    Raises:
        XformTypeError: as `save`, or something that was not lowered.
        XformValueError: there are no entries, or one has no name that Python could use.
        OSError: the file or the folder cannot be written, or the folder is not xform's.
        CompileError: they cannot be compiled.

    >>> import tempfile
    >>> import numpy as np
    >>> from xform import runtime
    >>> from xform.frontend import grad, jit, spec
    >>> f = lambda x: (x * x).sum()
    >>> path = tempfile.mkdtemp() + "/model.vmfb"
    >>> export(path, {"value": jit(f).lower(spec(2)), "slope": jit(grad(f)).lower(spec(2))})
    >>> module = runtime.load(path)
    >>> module.value(np.array([1.0, 2.0])).item(), module.slope(np.array([1.0, 2.0])).tolist()
    (5.0, [2.0, 4.0])
    """
    if not isinstance(entries, Mapping) or not entries:
        raise XformValueError(
            at_user_line("export: entries must be a dict of at least one lowered function")
        )
    for name, lowered in entries.items():
        if not isinstance(lowered, Lowered):
            raise XformTypeError(
                at_user_line(
                    f"export: entry {name!r} must be a lowered function, jit(f).lower(...), got "
                    f"{type(lowered).__name__}"
                )
            )
        if not isinstance(name, str) or not name.isidentifier():
            raise XformValueError(
                at_user_line(f"export: {name!r} is no name that Python could use for an entry")
            )
    save_programs(
        "export",
        path,
        entries,
        target=target,
        targets=targets,
        selftest=selftest,
        weights=weights,
        header=header,
    )
