"""Headers for C: the names in them, and that C and C++ accept them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.compiling.c_header import c_header
from xform.frontend import export, jit, spec
from xform_runtime import LeafSpec, Signature
from xform_runtime.signature import DictNode, LeafNode, TupleNode


def step(state: Any, x: Any, *, rate: Any) -> Any:
    """Moves a state. */ is no end of a comment."""
    return {"state": {key: value - rate * x.sum() for key, value in state.items()}, "n": rate}


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("header") / "my-model.vmfb"
    state = {"a b": spec(3, "float32"), "c": spec((), "float32")}
    x, rate = spec((2, 0), "float32"), spec((), "float32")
    weights = np.arange(3.0)
    export(
        path,
        {
            "step": jit(step).lower(state, x, rate=rate),
            "kinds": jit(lambda b, i, z: (b, i + 1, z)).lower(
                spec(2, bool), spec(2, "uint16"), spec(2, "bfloat16")
            ),
            "product": jit(lambda y: y @ weights).lower(spec(3)),
            "wave": jit(lambda z: z * z).lower(spec(2, "complex64")),
        },
        header=True,
        weights="beside",
    )
    return path.with_suffix(".h")


def test_names_and_constants(header: Path) -> None:
    text = header.read_text()
    for line in (
        "#ifndef XFORM_MY_MODEL_H_",
        '#define MY_MODEL_PARAMETERS "my-model.irpa"',
        '#define MY_MODEL_STEP "module.step"',
        "#define MY_MODEL_STEP_INPUTS 4",
        "#define MY_MODEL_STEP_OUTPUTS 3",
        "#define MY_MODEL_STEP_INPUT0_SHAPE {3}",
        "#define MY_MODEL_STEP_INPUT0_BYTES 12",
        "#define MY_MODEL_STEP_INPUT1_RANK 0",
        "#define MY_MODEL_STEP_INPUT2_SHAPE {2, 0}",
        "#define MY_MODEL_KINDS_INPUT0_ELEMENT IREE_HAL_ELEMENT_TYPE_BOOL_8",
        "#define MY_MODEL_KINDS_INPUT1_ELEMENT IREE_HAL_ELEMENT_TYPE_INT_16",
        "#define MY_MODEL_KINDS_INPUT2_ELEMENT IREE_HAL_ELEMENT_TYPE_BFLOAT_16",
        "/* in_state_a_b: float32[3] */",
        "    const uint16_t *in_i,",
        "#define MY_MODEL_WAVE_INPUT0_SHAPE {2, 2}",
        "#define MY_MODEL_WAVE_INPUT0_ELEMENT IREE_HAL_ELEMENT_TYPE_FLOAT_32",
        "/* in_z: complex64[2], pairs of a real and an imaginary part */",
        "    const float *in_z,",
        " * Moves a state. * / is no end of a comment. */",
    ):
        assert line in text.splitlines(), line
    signature = text.partition("static inline iree_status_t my_model_step(\n")[2].partition(")")[0]
    assert [line.strip(" ,") for line in signature.splitlines()] == [
        "iree_runtime_session_t *session",
        "const float *in_state_a_b",
        "const float *in_state_c",
        "const float *in_x",
        "const float *in_rate",
        "float *out_n",
        "float *out_state_a_b",
        "float *out_state_c",
    ]


# As much of IREE's runtime as the functions use, so that their calls are checked without it.
_STAND_IN = """
#include <stddef.h>
#define IREE_RUNTIME_API_H_
typedef void *iree_status_t;
typedef size_t iree_host_size_t;
typedef size_t iree_hal_dim_t;
typedef int iree_hal_element_type_t;
typedef struct iree_runtime_session_t iree_runtime_session_t;
typedef struct iree_hal_buffer_view_t iree_hal_buffer_view_t;
typedef struct { int type, access, usage; } iree_hal_buffer_params_t;
typedef struct { iree_runtime_session_t *session; } iree_runtime_call_t;
typedef struct { const void *data; size_t size; } iree_const_byte_span_t;
enum {
  IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL, IREE_HAL_MEMORY_ACCESS_ALL, IREE_HAL_BUFFER_USAGE_DEFAULT,
  IREE_HAL_ENCODING_TYPE_DENSE_ROW_MAJOR, IREE_HAL_TRANSFER_BUFFER_FLAG_DEFAULT,
  IREE_HAL_ELEMENT_TYPE_BOOL_8, IREE_HAL_ELEMENT_TYPE_INT_16, IREE_HAL_ELEMENT_TYPE_FLOAT_32,
  IREE_HAL_ELEMENT_TYPE_FLOAT_64, IREE_HAL_ELEMENT_TYPE_BFLOAT_16
};
int iree_status_is_ok(iree_status_t);
const char *iree_make_cstring_view(const char *);
iree_const_byte_span_t iree_make_const_byte_span(const void *, size_t);
void *iree_runtime_session_device(iree_runtime_session_t *);
void *iree_runtime_session_device_allocator(iree_runtime_session_t *);
void iree_hal_buffer_view_release(iree_hal_buffer_view_t *);
void *iree_hal_buffer_view_buffer(iree_hal_buffer_view_t *);
int iree_infinite_timeout(void);
iree_status_t iree_hal_buffer_view_allocate_buffer_copy(
    void *, void *, size_t, const size_t *, int, int, iree_hal_buffer_params_t,
    iree_const_byte_span_t, iree_hal_buffer_view_t **);
iree_status_t iree_hal_device_transfer_d2h(void *, void *, size_t, void *, size_t, int, int);
iree_status_t iree_runtime_call_initialize_by_name(
    iree_runtime_session_t *, const char *, iree_runtime_call_t *);
iree_status_t iree_runtime_call_inputs_push_back_buffer_view(
    iree_runtime_call_t *, iree_hal_buffer_view_t *);
iree_status_t iree_runtime_call_outputs_pop_front_buffer_view(
    iree_runtime_call_t *, iree_hal_buffer_view_t **);
iree_status_t iree_runtime_call_invoke(iree_runtime_call_t *, int);
void iree_runtime_call_deinitialize(iree_runtime_call_t *);
"""


@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("runtime", ["", _STAND_IN], ids=["alone", "with functions"])
def test_compilers_accept_it(header: Path, language: str, runtime: str) -> None:
    compiler = shutil.which("cc" if language == "c" else "c++")
    if compiler is None:
        pytest.skip(f"there is no compiler of {language}")
    if language == "c++":
        runtime = f'extern "C" {{\n{runtime}\n}}'
    uses = (
        "int sizes[] = MY_MODEL_STEP_INPUT2_SHAPE;\n"
        "const char *name = MY_MODEL_STEP;\n"
        "int bytes = MY_MODEL_STEP_INPUT0_BYTES;\n"
    )
    source = f'{runtime}\n#include "{header}"\n#include "{header}"\n{uses}'
    flags = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wno-unused-function", "-fsyntax-only"]
    done = subprocess.run(
        [compiler, *flags, "-x", language, "-"], input=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_sizes_that_only_a_call_tells() -> None:
    leaf = LeafSpec("args[0]", (None, 3), "float32")
    inputs = DictNode((("args", TupleNode((LeafNode(0),))), ("kwargs", DictNode(()))))
    signature = Signature("f", "cpu", 0, inputs, LeafNode(0), (leaf,), (leaf,))
    text = c_header("m.vmfb", {"f": signature})
    assert "#define M_F_INPUT0_SHAPE {-1, 3}" in text
    assert "M_F_INPUT0_BYTES" not in text
    assert "f has sizes that only a call tells" in text
    assert "iree_status_t m_f(" not in text
