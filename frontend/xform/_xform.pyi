"""The compiler's extension module: MLIR modules, functions and values under construction."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Attribute = int | bool | str | Sequence[int]

class Diagnostic(Exception):  # noqa: N818 - what MLIR calls it
    """What a verifier, a type inference, a parser or a pass said.

    Attributes: `message` (first error), `notes` (further lines), `file` and `line`
    (of the op's source location; "" and 0 where unknown).
    """

    message: str
    notes: list[str]
    file: str
    line: int

class Type:
    """A ranked tensor type."""

    def __init__(self, shape: Sequence[int], dtype: str) -> None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str:
        """A NumPy dtype name, or "bfloat16"."""
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...
    def __str__(self) -> str: ...

class Location:
    """A place in the user's source; equal ones are shared inside MLIR."""

    def __init__(self, file: str, line: int, function: str = "") -> None: ...

class Value:
    """An SSA value of a function; keeps its module alive."""

    @property
    def type(self) -> Type: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def function(self) -> Function:
        """The function in whose body the value lives."""
    def is_computed_as(self, other: Value) -> bool:
        """Whether both are one value, or come from one by equal operations.

        False also where there are more than a few thousand of these.
        """

class Function:
    """A func.func whose single block is built by appending ops at its end."""

    @property
    def name(self) -> str: ...
    @property
    def arguments(self) -> list[Value]: ...
    @property
    def argument_types(self) -> list[Type]: ...
    @property
    def result_types(self) -> list[Type]: ...
    def add_argument(self, type: Type, location: Location) -> Value:
        """Append an argument (a captured value of an outer function)."""
    def emit(
        self,
        op: str,
        operands: Sequence[Value],
        location: Location,
        attributes: Mapping[str, Attribute] | None = None,
        result_types: Sequence[Type] = (),
    ) -> list[Value]:
        """Append the primitive `xform.<op>` and return its results.

        `result_types` are needed only for iota, reshape, broadcast_in_dim, convert and
        call_module; the others infer them. Attribute lists become i64 arrays. Raises Diagnostic
        when inference or the verifier rejects it (the op is removed again).
        """
    def constant(self, array: np.ndarray, location: Location) -> Value:
        """Append xform.constant of a C-contiguous NumPy array (bfloat16 through ml_dtypes)."""
    def splat(self, value: float | int | bool, type: Type, location: Location) -> Value:
        """Append xform.constant with one value in every element."""
    def call(self, callee: Function, operands: Sequence[Value], location: Location) -> list[Value]:
        """Append func.call."""
    def vmap(
        self,
        callee: Function,
        operands: Sequence[Value],
        in_dims: Sequence[int | None],
        out_dims: Sequence[int | None],
        location: Location,
        row_numbers: Value | None = None,
    ) -> list[Value]:
        """Append xform.vmap; with `row_numbers` draws with a shared key differ from row to row."""
    def jvp(
        self,
        callee: Function,
        primals: Sequence[Value],
        tangents: Sequence[Value],
        argnums: Sequence[int],
        location: Location,
    ) -> list[Value]:
        """Results of the callee, then a tangent for each floating one."""
    def vjp(
        self,
        callee: Function,
        primals: Sequence[Value],
        cotangents: Sequence[Value],
        argnums: Sequence[int],
        location: Location,
    ) -> list[Value]:
        """Results of the callee, then the cotangents of the primals in `argnums`.

        `cotangents` has one entry for each floating result.
        """
    def grad(
        self,
        callee: Function,
        primals: Sequence[Value],
        argnums: Sequence[int],
        location: Location,
        with_value: bool = False,
        has_aux: bool = False,
    ) -> list[Value]:
        """Gradients, then the value if `with_value`, then the aux results if `has_aux`."""
    def map(
        self,
        callee: Function,
        xs: Sequence[Value],
        captures: Sequence[Value],
        location: Location,
    ) -> list[Value]: ...
    def scan(
        self,
        callee: Function,
        init: Sequence[Value],
        xs: Sequence[Value],
        captures: Sequence[Value],
        location: Location,
        length: int | None = None,
        reverse: bool = False,
        unroll: int = 1,
    ) -> list[Value]:
        """The last carried values, then the stacked ones; `length` without `xs` only."""
    def switch(
        self,
        index: Value,
        branches: Sequence[Function],
        operands: Sequence[Value],
        location: Location,
    ) -> list[Value]:
        """Results of the branch that `index`, a bool or an int32 or int64, names."""
    def checkpoint(
        self,
        callee: Function,
        operands: Sequence[Value],
        policy: str,
        location: Location,
        names: Sequence[str] | None = None,
        bytes: int | None = None,
    ) -> list[Value]:
        """Results of `callee`, of which a derivative saves what the policy says."""
    def while_loop(
        self,
        init: Sequence[Value],
        cond: Function,
        cond_captures: Sequence[Value],
        body: Function,
        body_captures: Sequence[Value],
        location: Location,
    ) -> list[Value]:
        """The carried values for which `cond` is false first."""
    def custom(
        self,
        callee: Function,
        inputs: Sequence[Value],
        captures: Sequence[Value],
        location: Location,
        site: str,
        jvp: Function | None = None,
        forward: Function | None = None,
        backward: Function | None = None,
        vmap: Sequence[Function] | None = None,
        symbolic_zeros: bool = False,
        has_backward: bool = False,
    ) -> list[Value]:
        """Results of a callee that has rules of its own.

        The functions take `captures` behind their own arguments. Without `vmap` the callee and
        the rules are batched alike; an empty one says that each rule has to be asked for. `site`
        is the name by which `Module.asked_rules` asks. With `symbolic_zeros` it also says there
        which cotangents the backward rule is given that are not zero. With `has_backward` a
        backward rule is asked for where the call is linear and transposed.
        """
    def sparsity(
        self, arguments: Sequence[bool], known: Mapping[int, Sequence[int]]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each result, which elements of the marked arguments its elements may depend on.

        `known` has the elements of integer or bool arguments that are known, by their numbers:
        what is read at such places depends on nothing else.

        The marked arguments' elements are numbered one argument after the other. A result's
        pattern is (offsets, columns): those of element r are columns[offsets[r]:offsets[r + 1]].
        The function has no calls and transforms. Raises Diagnostic where a size is not static.
        """
    def known_results(self, known: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
        """The elements of integer and bool results that follow from those of arguments."""
    def dependent_results(
        self, arguments: Sequence[bool], rows: bool = False, fresh_draws: bool = False
    ) -> list[bool]:
        """Which of the function's results depend on the marked arguments.

        With `rows`, which of them differ from row to row where these do: of a call with vmap
        rules these tell, and as long as there is none, nothing is known. With `fresh_draws`, what
        is drawn with a key that does not depend on the arguments counts too.
        """
    def shared_draw(self, arguments: Sequence[bool]) -> tuple[str, int] | None:
        """File and line of a draw whose key does not depend on the marked arguments."""
    def set_return(self, values: Sequence[Value], location: Location) -> None:
        """Append func.return and fix the function's type; no op may follow."""
    def set_reflection(self, entries: Mapping[str, str]) -> None:
        """Attach {iree.reflection = {...}}, which survives into the .vmfb."""
    def set_donated(self, arguments: Sequence[int]) -> None:
        """Mark arguments whose memory results may take over."""
    def work(self) -> dict[str, float]:
        """Estimated cost of a call: "flops", "additions" that take as long, "bytes" moved.

        Of a switch it is that of the costliest branch; a while loop counts as one turn.
        """
    @property
    def operations(self) -> list[tuple[str, int, list[str]]]:
        """Its operations but the return: file and line of each, and the functions it names."""
    def beginning(self, count: int) -> Module:
        """`extract` of the function up to its operation `count`.

        It returns what the rest reads of that, or what the last operation left gives.
        """
    def extract(self) -> Module:
        """A new module with copies of the function, public, and of all that it names."""
    def erase(self) -> None:
        """Remove the function (after an error while tracing it)."""

class Needs:
    """What an entry point wants beside its arguments and results."""

    @property
    def scratch(self) -> int:
        """Bytes of memory for itself."""
    @property
    def is_shared(self) -> bool:
        """Whether cores share its work."""
    @property
    def is_stoppable(self) -> bool:
        """Whether it looks at a word if it is stopped."""
    @property
    def donors(self) -> tuple[int | None, ...]:
        """For each result, the argument in whose memory it lies, if any does."""

class PassRun:
    """What a pass over a module did; passes over its functions that follow each other are one."""

    @property
    def name(self) -> str:
        """As on a command line; names of several are separated by commas."""
    @property
    def seconds(self) -> float: ...
    @property
    def ops(self) -> dict[str, int]:
        """How often each op stands in the module afterwards."""
    @property
    def text(self) -> str:
        """The module afterwards, if it was asked for."""
    @property
    def structure(self) -> str:
        """The same as `Module.structure` writes it."""

class Module:
    """An MLIR module with a context of its own."""

    def __init__(self) -> None: ...
    @staticmethod
    def parse(code: str | bytes, name: str = "<string>") -> Module:
        """Reads text or bytecode; raises Diagnostic if it is malformed."""
    def function(
        self, name: str, arguments: Sequence[Type], location: Location, public: bool = False
    ) -> Function:
        """Add a function; a private one's symbol gets a suffix if the name is taken."""
    def lookup(self, name: str) -> Function:
        """The function of that name; raises KeyError if there is none."""
    def clone(self) -> Module: ...
    def take(self, code: bytes, entry: str, name: str) -> None:
        """Takes over the functions of a module in bytecode, whose function `entry` is `name` here.

        Raises Diagnostic if that name is taken.
        """
    def add_instance(self, code: bytes, sizes: Mapping[str, int]) -> None:
        """Takes a module in bytecode as what a program is for these sizes of its arguments."""
    def run(self, pipeline: str) -> None:
        """Run passes, e.g. "xform-expand-transforms,xform-simplify"; raises Diagnostic."""
    def observe(self, pipeline: str, kept: Sequence[str]) -> list[PassRun]:
        """`run`, and what each pass over the module did; for those `kept` the module afterwards."""
    def structure(self) -> str:
        """The functions as JSON: `xform.explanation.structure` reads it.

        Raises Diagnostic if a function calls itself.
        """
    def reflections(self) -> dict[str, dict[str, str]]:
        """What `set_reflection` attached to each function, by the function's name."""
    def llvm_ir(self) -> str:
        """The module, of LLVM's dialect, as text of LLVM IR; empty if it cannot be translated."""
    def needs(self) -> dict[str, Needs]:
        """What each entry point of a module in LLVM's dialect wants."""
    def asked_rules(self) -> list[tuple[str, str, tuple[bool, ...], int]]:
        """The rules that a pass with the option `asks` missed, each once.

        Site, "derivative" or "vmap", which of the inputs have a tangent or are batched, and how
        many rows there are.
        """
    def text(self, locations: bool = False, generic: bool = False) -> str:
        """The module as MLIR text; the generic form is read without knowing the dialects."""
    def bytecode(self) -> bytes:
        """The module, locations included, in MLIR's bytecode."""
    def op_names(self) -> dict[str, int]:
        """How often each op stands in the module."""
    def work(self) -> int:
        """Estimated additions that take as long as each op does, once."""

PRIMITIVES: dict[str, dict[str, Any]]
"""The table of primitives: name -> {"operands": [...], "attributes": [...], "jvp": str, ...}."""
