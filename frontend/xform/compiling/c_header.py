"""What C and C++ need to call the entry points of a module, as a header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent, wrap
from typing import Final, NamedTuple

from xform_runtime import LeafSpec, Signature
from xform_runtime.dtypes import PARTS

# The types of elements in C, and what IREE calls them: integers have no sign in modules.
_TYPES: Final = {
    "bool": ("uint8_t", "BOOL_8"),
    "float16": ("uint16_t", "FLOAT_16"),
    "bfloat16": ("uint16_t", "BFLOAT_16"),
    "float32": ("float", "FLOAT_32"),
    "float64": ("double", "FLOAT_64"),
    "complex64": ("float", "FLOAT_32"),
    "complex128": ("double", "FLOAT_64"),
    **{f"int{n}": (f"int{n}_t", f"INT_{n}") for n in (8, 16, 32, 64)},
    **{f"uint{n}": (f"uint{n}_t", f"INT_{n}") for n in (8, 16, 32, 64)},
}
_WIDTH: Final = 96
_ARGUMENT: Final = re.compile(r"^args\[(\d+)\]")


class _Array(NamedTuple):
    """An argument or result of an entry point.

    Args:
        name: what it is called in C.
        leaf: its type.
    """

    name: str
    leaf: LeafSpec

    @property
    def element(self) -> str:
        return _TYPES[self.leaf.dtype][0]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """What IREE calls its shape: a complex number is two floats."""
        return (*self.leaf.shape, 2) if self.leaf.dtype in PARTS else self.leaf.shape

    @property
    def said(self) -> str:
        pairs = ", pairs of a real and an imaginary part" if self.leaf.dtype in PARTS else ""
        return f"{self.name}: {self.leaf}{pairs}"

    @property
    def iree_element(self) -> str:
        return f"IREE_HAL_ELEMENT_TYPE_{_TYPES[self.leaf.dtype][1]}"


def c_header(file: str, signatures: Mapping[str, Signature]) -> str:
    """The text of a header.

    For each entry point there are constants that say how many inputs and outputs it has, of which
    shapes and types. Where IREE's runtime is included first, there is also a function of its name
    that takes and fills plain arrays.

    Args:
        file: the name of the module's file or folder.
        signatures: of the entry points, by name.
    """
    prefix = _identifier(Path(file).stem)
    big = prefix.upper()
    versions = dict(next(iter(signatures.values())).versions)
    by = f"xform {versions.get('xform', '')}".strip()
    lines = [
        *_comment([f"The entry points of {file}, for C and C++. Written by {by}; do not edit."]),
        f"#ifndef XFORM_{big}_H_",
        f"#define XFORM_{big}_H_",
        "",
        "#include <stdint.h>",
        "#include <string.h>",
        "",
    ]
    weights = next((s.weights_file for s in signatures.values() if s.weights), "")
    if weights:
        said = (
            f"The module reads arrays from {weights}: a session needs IREE's module io_parameters, "
            "with that file as its parameters, before the module is appended to it."
        )
        lines += [*_comment([said]), f'#define {big}_PARAMETERS "{weights}"', ""]
    for signature in signatures.values():
        lines += _constants(f"{big}_{signature.name.upper()}", signature)
    lines += ["#ifdef IREE_RUNTIME_API_H_", "", _SHARED.replace("PREFIX", prefix).strip(), ""]
    for signature in signatures.values():
        lines += _function(prefix, signature)
    lines += ["#endif  // IREE_RUNTIME_API_H_", "", f"#endif  // XFORM_{big}_H_"]
    return "\n".join(lines) + "\n"


def _arrays(signature: Signature) -> tuple[list[_Array], list[_Array]]:
    """The inputs and outputs, with names of their own."""
    taken: set[str] = set()

    def named(leaf: LeafSpec, path: str, prefix: str) -> _Array:
        name = base = f"{prefix}_{_identifier(path)}".rstrip("_")
        number = 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        return _Array(name, leaf)

    def path(leaf: LeafSpec) -> str:
        found = _ARGUMENT.match(leaf.path)
        if found is None:
            return re.sub(r"^kwargs", "", leaf.path)
        position = int(found.group(1))
        known = signature.parameters[position] if signature.parameters else ""
        return f"{known or position}{leaf.path[found.end() :]}"

    inputs = [named(leaf, path(leaf), "in") for leaf in signature.args]
    outputs = [named(leaf, leaf.path.removeprefix("output"), "out") for leaf in signature.results]
    return inputs, outputs


def _identifier(text: str) -> str:
    found = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    return f"_{found}" if found[:1].isdigit() else found or "module"


def _comment(paragraphs: Sequence[str]) -> list[str]:
    """A comment of some paragraphs, whose lines are kept where they are short enough."""
    lines: list[str] = []
    for paragraph in paragraphs:
        for line in paragraph.splitlines() or [""]:
            lines += wrap(line.replace("*/", "* /"), _WIDTH) or [""]
    return ["/* " + "\n * ".join(lines).replace(" \n", "\n") + " */"]


def _constants(name: str, signature: Signature) -> Iterator[str]:
    inputs, outputs = _arrays(signature)
    said = [str(signature)]
    if signature.doc:
        said += ["", signature.doc]
    yield from _comment(said)
    yield f'#define {name} "module.{signature.name}"'
    for side, arrays in (("INPUT", inputs), ("OUTPUT", outputs)):
        yield f"#define {name}_{side}S {len(arrays)}"
        for position, array in enumerate(arrays):
            macro = f"{name}_{side}{position}"
            yield f"/* {array.said} */"
            yield f"#define {macro}_RANK {len(array.shape)}"
            sizes = ", ".join("-1" if size is None else str(size) for size in array.shape)
            if sizes:
                yield f"#define {macro}_SHAPE {{{sizes}}}"
            if None not in array.shape:
                yield f"#define {macro}_BYTES {array.leaf.nbytes}"
            yield f"#define {macro}_ELEMENT {array.iree_element}"
    yield ""


def _function(prefix: str, signature: Signature) -> Iterator[str]:
    """A function that calls the entry point with plain arrays."""
    inputs, outputs = _arrays(signature)
    if any(None in array.leaf.shape for array in (*inputs, *outputs)):
        yield f"/* {signature.name} has sizes that only a call tells: see its constants. */"
        yield ""
        return
    parameters = [f"const {array.element} *{array.name}" for array in inputs]
    parameters += [f"{array.element} *{array.name}" for array in outputs]
    yield from _comment(
        [
            f"Calls {signature.name} and waits. Arrays are in C's order:",
            *(f"  {array.said}" for array in (*inputs, *outputs)),
        ]
    )
    yield f"static inline iree_status_t {prefix}_{signature.name}("
    listed = ",\n    ".join(("iree_runtime_session_t *session", *parameters))
    yield f"    {listed}) {{"
    body = [
        "iree_runtime_call_t call;",
        "iree_status_t status = iree_runtime_call_initialize_by_name(",
        f'    session, iree_make_cstring_view("module.{signature.name}"), &call);',
        "if (!iree_status_is_ok(status)) return status;",
    ]
    for array in inputs:
        rank, shape = len(array.shape), f"{{{', '.join(map(str, array.shape))}}}"
        body += [
            "if (iree_status_is_ok(status)) {",
            *([f"  const iree_hal_dim_t shape[] = {shape};"] if rank else []),
            f"  status = {prefix}_push_(&call, {array.name}, {array.leaf.nbytes}, {rank},",
            f"      {'shape' if rank else 'NULL'}, {array.iree_element});",
            "}",
        ]
    body.append("if (iree_status_is_ok(status)) status = iree_runtime_call_invoke(&call, 0);")
    body += [
        f"if (iree_status_is_ok(status)) status = {prefix}_pop_(&call, {array.name}, "
        f"{array.leaf.nbytes});"
        for array in outputs
    ]
    body += ["iree_runtime_call_deinitialize(&call);", "return status;"]
    yield indent("\n".join(body), "  ")
    yield "}"
    yield ""


# What the functions have in common.
_SHARED: Final = """
static inline iree_status_t PREFIX_push_(
    iree_runtime_call_t *call, const void *data, iree_host_size_t bytes, iree_host_size_t rank,
    const iree_hal_dim_t *shape, iree_hal_element_type_t element) {
  iree_hal_buffer_params_t params;
  iree_hal_buffer_view_t *view = NULL;
  memset(&params, 0, sizeof(params));
  params.type = IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL;
  params.access = IREE_HAL_MEMORY_ACCESS_ALL;
  params.usage = IREE_HAL_BUFFER_USAGE_DEFAULT;
  iree_status_t status = iree_hal_buffer_view_allocate_buffer_copy(
      iree_runtime_session_device(call->session),
      iree_runtime_session_device_allocator(call->session), rank, shape, element,
      IREE_HAL_ENCODING_TYPE_DENSE_ROW_MAJOR, params, iree_make_const_byte_span(data, bytes),
      &view);
  if (iree_status_is_ok(status))
    status = iree_runtime_call_inputs_push_back_buffer_view(call, view);
  iree_hal_buffer_view_release(view);
  return status;
}

static inline iree_status_t PREFIX_pop_(
    iree_runtime_call_t *call, void *data, iree_host_size_t bytes) {
  iree_hal_buffer_view_t *view = NULL;
  iree_status_t status = iree_runtime_call_outputs_pop_front_buffer_view(call, &view);
  if (iree_status_is_ok(status) && bytes)
    status = iree_hal_device_transfer_d2h(
        iree_runtime_session_device(call->session), iree_hal_buffer_view_buffer(view), 0, data,
        bytes, IREE_HAL_TRANSFER_BUFFER_FLAG_DEFAULT, iree_infinite_timeout());
  iree_hal_buffer_view_release(view);
  return status;
}
"""

__all__ = ["c_header"]
