"""Executables of IREE's kind, from C, for tests of what calls them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from xform.iree.entries import BIND, BIND_BINDINGS, BIND_CONSTANTS

_HEAD: Final = """
#include <stddef.h>
#include <stdint.h>
// iree/hal/local/executable_library.h
typedef struct {
  uint32_t workgroup_size_x, workgroup_size_y; uint16_t workgroup_size_z, constant_count;
  uint32_t workgroup_count_x, workgroup_count_y; uint16_t workgroup_count_z;
  uint8_t max_concurrency, binding_count;
  const uint32_t* constants; void* const* binding_ptrs; const size_t* binding_lengths;
} state_t;
typedef struct {
  uint32_t x, y; uint16_t z, reserved; uint32_t processor; void* memory; uint32_t memory_size;
} workgroup_t;
typedef struct { uint32_t version; const char* name; uint32_t features, sanitizer; } header_t;
typedef struct {
  uint64_t flags; uint16_t local_memory_pages; uint8_t constant_count, binding_count;
  uint32_t workgroup_size_x, workgroup_size_y; uint16_t workgroup_size_z, parameter_count;
  uint64_t reserved[5];
} attrs_t;
typedef int (*function_t)(const void*, const state_t*, const workgroup_t*);
typedef struct {
  const header_t* header;
  struct { uint32_t count; const void* symbols; } imports;
  struct {
    uint32_t count; const function_t* functions; const attrs_t* attrs;
    const void *parameters, *occupancy; const char* const* names;
    const void *tags, *parameter_names, *sources, *stages;
  } exports;
  struct { uint32_t count; } constants;
  struct { uint32_t count; const void* files; } sources;
} library_t;
#define FUNCTION(name) \\
  static int name(const void* env, const state_t* state, const workgroup_t* group)
"""
_BIND: Final = f"""
FUNCTION({BIND}) {{
  void** table = state->binding_ptrs[0];
  for (int i = 1; i < {BIND_BINDINGS}; ++i)
    table[state->constants[0] + i - 1] = state->binding_ptrs[i];
  return 0;
}}
"""
_QUERY: Final = """
static const header_t header = {6, "test", 0, 0};
static const library_t library = {
    .header = &header,
    .exports = {COUNT, functions, attrs, .names = names}};
__attribute__((visibility("default"))) const library_t* iree_hal_executable_library_query(
    uint32_t version, const void* env) {
  return version == 6 ? &library : 0;
}
"""
_FLAGS: Final = [
    "-O2",
    "-shared",
    "-fPIC",
    "-nostdlib",
    "-ffreestanding",
    "-fvisibility=hidden",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-Wl,--hash-style=sysv,-z,now,-z,relro,--build-id=none",
    "-s",
]


def build(directory: Path, functions: Mapping[str, tuple[int, str]]) -> bytes:
    """An executable.

    Args:
        directory: where to put files.
        functions: for each function its number of bindings and its body in C, which finds
            `state` and `group`.
    """
    bodies = "".join(
        f"FUNCTION({name}) {{\n{body}\nreturn 0;\n}}\n" for name, (_, body) in functions.items()
    )
    counts = {BIND: (BIND_CONSTANTS, BIND_BINDINGS)} | {
        name: (0, bindings) for name, (bindings, _) in functions.items()
    }
    attrs = (
        f"{{.constant_count = {constants}, .binding_count = {bindings}, "
        ".workgroup_size_x = 1, .workgroup_size_y = 1, .workgroup_size_z = 1}"
        for constants, bindings in counts.values()
    )
    quoted = ", ".join(f'"{name}"' for name in counts)
    tables = (
        f"#define COUNT {len(counts)}\n"
        f"static const function_t functions[] = {{{', '.join(counts)}}};\n"
        f"static const attrs_t attrs[] = {{{', '.join(attrs)}}};\n"
        f"static const char* const names[] = {{{quoted}}};\n"
    )
    source, library = directory / "library.c", directory / "library.so"
    source.write_text(_HEAD + _BIND + bodies + tables + _QUERY, encoding="utf-8")
    subprocess.run(["cc", *_FLAGS, source, "-o", library], check=True)
    return library.read_bytes()
