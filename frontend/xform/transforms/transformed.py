"""What the transforms return: functions that can be called in a trace and outside of one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MethodType
from typing import Any

from ..compiling import direct
from ..pickling import Named
from ..source import keep_users_frames
from ..tracing import traces
from .selection import require_callable


class Transformed(Named):
    """A transform of a function, under the function's name.

    Called outside of a trace it is compiled and executed. A pickle has the function and the options
    of the transform.

    Args:
        made: what makes it: the transform with the function and the options.
        transform: the transform's name.
        function: the user's function.
        run: takes the call's arguments while a function is being traced.
        argnums: the arguments that are differentiated; Python numbers in the others reach the
            function as they are.

    Raises:
        XformTypeError: `function` is not callable.
    """

    def __init__(
        self,
        made: functools.partial[Callable[..., Any]],
        transform: str,
        function: Callable[..., Any],
        run: Callable[..., Any],
        argnums: int | tuple[int, ...] = (),
    ) -> None:
        require_callable(transform, function)
        self._made = made
        self._function = function
        self._transform = transform
        self._run = run
        self._argnums = argnums if isinstance(argnums, tuple) else (argnums,)
        self._program = traces.function_name(function)
        functools.update_wrapper(run, function, updated=())
        functools.update_wrapper(self, function, updated=())
        self.__name__: str = getattr(function, "__name__", self._program)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The transform at these arguments.

        Raises:
            Whatever the transform's docstring says, or the function raises while it is traced.
        """
        if traces.current_trace() is not None:
            return self._run(*args, **kwargs)
        traced = {n + len(args) if n < 0 else n for n in self._argnums}
        try:
            return direct.call(
                self._run,
                args,
                kwargs,
                name=self._program,
                transform=self._transform,
                traced=traced,
            )
        except Exception as error:
            keep_users_frames(error)
            raise

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        """A transformed function in a class body is a method, as the function would be."""
        return self if instance is None else MethodType(self, instance)

    def _inner(self) -> Callable[..., Any]:
        return self._function

    def __getstate__(self) -> functools.partial[Callable[..., Any]]:
        return self._made

    def __setstate__(self, made: functools.partial[Callable[..., Any]]) -> None:
        self.__dict__.update(made().__dict__)

    def __repr__(self) -> str:
        return f"<{self._transform} of {self.__name__}>"


__all__ = ["Transformed"]
