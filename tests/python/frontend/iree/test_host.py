"""Modules whose machine code is from elsewhere: called, refused, and compared with IREE's own."""

from __future__ import annotations

import ctypes
import re
import resource
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forks import in_forked_child
from machine_code import build
from xform.compiling.refusal import Refused
from xform.iree import host
from xform.iree.compiler import compile_from_vm
from xform.iree.entries import (
    BIND,
    BIND_BINDINGS,
    BIND_CONSTANTS,
    BIND_IR,
    MAX_BINDINGS,
    Dispatch,
    Entry,
)
from xform.iree.host import assemble, executable_format, host_text
from xform_runtime import (
    DeviceError,
    Executable,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
    load,
)
from xform_runtime.devices import PARALLEL_WORK
from xform_runtime.dtypes import DTYPE_NAMES, numpy_dtype, sides
from xform_runtime.signature import SIGNATURE_KEY, LeafSpec, Signature
from xform_runtime.tree import DictNode, LeafNode, TupleNode

SHAPES = ((), (5,), (2, 3), (0, 3))
# Numbers of arguments and results, and bytes of scratch memory, around what fits into a dispatch.
COUNTS = ((0, 1, 0), (1, 0, 8), (16, 16, 0), (15, 16, 8), (16, 16, 8), (31, 31, 0), (31, 32, 8))
MANY = (1000, 1000, 64)

TWICE = """
const double* x = state->binding_ptrs[0]; double* y = state->binding_ptrs[1];
for (size_t i = 0; i < state->binding_lengths[0] / 8; ++i) y[i] = x[i] * 2 + 1;
"""
COPY = """
const char* x = state->binding_ptrs[0]; char* y = state->binding_ptrs[1];
for (size_t i = 0; i < state->binding_lengths[0]; ++i) y[i] = x[i];
"""
# The second function reads what other runs of the first wrote.
HEAD = """
const double* x = state->binding_ptrs[0]; double* scratch = state->binding_ptrs[2];
scratch[group->x] = x[group->x] * 2;
"""
TAIL = """
double* y = state->binding_ptrs[1]; const double* scratch = state->binding_ptrs[2];
y[group->x] = scratch[state->workgroup_count_x - 1 - group->x];
"""


def leaves(count: int, name: str = "args") -> tuple[LeafSpec, ...]:
    return tuple(LeafSpec(f"{name}[{i}]", (4,), "float64") for i in range(count))


def entry(name: str, *symbols: str, size: int = 4, workgroups: int = 1, scratch: int = 0) -> Entry:
    """One array in, one out."""
    return Entry(
        name,
        (LeafSpec("args[0]", (size,), "float64"),),
        (LeafSpec("result", (size,), "float64"),),
        tuple(Dispatch(symbol, workgroups) for symbol in symbols),
        scratch,
    )


def weighted(arguments: int, results: int, scratch: int) -> Entry:
    """Result k is k more than the sum of all i * argument i."""
    name = f"weighted_{arguments}_{results}_{scratch}"
    given, made = leaves(arguments), leaves(results, "results")
    return Entry(name, given, made, (Dispatch(name),), scratch)


def weighted_body(like: Entry) -> str:
    first, count = len(like.arguments), len(like.results)
    pointers = "(void**)state->binding_ptrs[0]" if like.is_indirect else "state->binding_ptrs"
    own = f"pointers[{like.buffers - 1}]" if like.scratch else "(double[1]){0}"
    return f"""
    void* const* pointers = {pointers};
    for (int j = 0; j < {like.buffers}; ++j) if ((size_t)pointers[j] % 64) return 1;
    for (int k = 0; k < {count}; ++k)
      for (int e = 0; e < 4; ++e) ((double*)pointers[{first} + k])[e] = k;
    for (int i = 0; i < {first}; ++i) {{
      double* sum = {own};
      for (int e = 0; e < 4; ++e) {{
        *sum = i * ((double*)pointers[i])[e];
        for (int k = 0; k < {count}; ++k) ((double*)pointers[{first} + k])[e] += *sum;
      }}
    }}
    """


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    functions = {
        "twice": (2, TWICE),
        "copy": (2, COPY),
        "head": (3, HEAD),
        "tail": (3, TAIL),
        "fail": (2, "return 3;"),
    }
    for counts in (*COUNTS, MANY):
        like = weighted(*counts)
        functions[like.name] = (like.binding_count, weighted_body(like))
    return build(tmp_path_factory.mktemp("library"), functions)


@pytest.fixture(params=[0, PARALLEL_WORK], ids=["local-sync", "local-task"])
def work(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


def call(executable: Executable, name: str, *args: np.ndarray[Any, Any]) -> list[Any]:
    return [result.numpy() for result in executable.invoke(name, args)]


def test_entries_share_an_executable(elf: bytes, work: int) -> None:
    module = assemble([entry("main", "twice"), entry("lambda's \"é\\", "copy")], elf)
    executable = Executable(module, "cpu", work=work)
    assert executable.entries == ("main", "lambda's \"é\\")
    x = np.arange(4.0)
    for name, expected in (("main", x * 2 + 1), ("lambda's \"é\\", x)):
        (y,) = call(executable, name, x)
        np.testing.assert_array_equal(y, expected)


def test_dispatches_wait_for_the_one_before(elf: bytes, work: int) -> None:
    size = 64
    mirrored = entry("main", "head", "tail", size=size, workgroups=size, scratch=8 * size)
    executable = Executable(assemble([mirrored], elf), "cpu", work=work)
    for turn in range(50):
        x = np.arange(float(size)) + turn
        (y,) = call(executable, "main", x)
        np.testing.assert_array_equal(y, x[::-1] * 2)


def test_dtypes_and_shapes(elf: bytes, work: int) -> None:
    cases = {
        f"{dtype}{shape}": LeafSpec(f"the {dtype}", shape, dtype)
        for dtype in DTYPE_NAMES
        for shape in SHAPES
    }
    entries = [
        Entry(name, (leaf,), (replace(leaf, path="result"),), (Dispatch("copy"),))
        for name, leaf in cases.items()
    ]
    executable = Executable(assemble(entries, elf), "cpu", work=work)
    for name, leaf in cases.items():
        dtype = numpy_dtype(leaf.dtype)
        x = (np.arange(6) % 4)[: int(np.prod(leaf.shape))].reshape(leaf.shape).astype(dtype)
        taken = sides(x)
        (result,) = executable.invoke(name, [x])
        assert result.shape == taken.shape
        np.testing.assert_array_equal(result.numpy().view(taken.dtype), taken)
        wrong = np.zeros(taken.shape, np.float64 if taken.dtype != np.float64 else np.int64)
        with pytest.raises(XformRuntimeError, match=f"the {leaf.dtype} element type mismatch"):
            executable.invoke(name, [wrong])
        with pytest.raises(XformRuntimeError, match=f"the {leaf.dtype} shape"):
            executable.invoke(name, [np.zeros((7, *leaf.shape), dtype)])


@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_numbers_of_buffers(counts: tuple[int, int, int], elf: bytes, work: int) -> None:
    tried = weighted(*counts)
    assert tried.is_indirect == (tried.buffers > MAX_BINDINGS)
    executable = Executable(assemble([tried], elf), "cpu", work=work)
    arguments, results, _ = counts
    xs = [np.arange(4.0) + i for i in range(arguments)]
    total = sum((i * x for i, x in enumerate(xs)), np.zeros(4))
    np.testing.assert_array_equal(
        np.reshape(call(executable, tried.name, *xs), (results, 4)),
        np.arange(float(results))[:, None] + total,
    )


@pytest.mark.calls_once
def test_a_thousand_arguments_and_results(elf: bytes, work: int) -> None:
    arguments, results, _ = MANY
    executable = Executable(assemble([weighted(*MANY)], elf), "cpu", work=work)
    xs = np.arange(4.0 * arguments).reshape(arguments, 4)
    ys = call(executable, weighted(*MANY).name, *xs)
    total = (np.arange(arguments)[:, None] * xs).sum(0)
    np.testing.assert_array_equal(ys, np.arange(float(results))[:, None] + total)


def test_memory_that_is_not_there(elf: bytes, work: int) -> None:
    entries = [entry("main", "head", "tail", workgroups=4, scratch=size) for size in (1 << 50, 64)]
    module = assemble([replace(entries[0], name="large"), entries[1]], elf)
    executable = Executable(module, "cpu", work=work)
    x = np.arange(4.0)
    for _ in range(3):
        with pytest.raises(
            XformRuntimeError, match="failed to allocate buffer of length 112589990"
        ):
            executable.invoke("large", [x])
        np.testing.assert_array_equal(call(executable, "main", x), [x[::-1] * 2])


def test_machine_code_that_fails(elf: bytes, work: int) -> None:
    module = assemble([entry("fail", "fail"), entry("main", "twice")], elf)
    executable = Executable(module, "cpu", work=work)
    x = np.arange(4.0)
    for _ in range(3):
        with pytest.raises(XformRuntimeError, match=r"calling 'fail' on device 'cpu' failed.*3"):
            executable.invoke("fail", [x])
        np.testing.assert_array_equal(call(executable, "main", x), [x * 2 + 1])


def test_executables_that_do_not_fit(elf: bytes) -> None:
    with pytest.raises(DeviceError, match="'nothing' not found"):
        Executable(assemble([entry("main", "nothing")], elf), "cpu")
    other = 62 if executable_format(elf) != "embedded-elf-x86_64" else 183
    foreign = elf[:18] + bytes([other, 0]) + elf[20:]
    with pytest.raises(DeviceError, match=rf"another kind .* \({executable_format(foreign)}\)"):
        Executable(assemble([entry("main", "twice")], foreign), "cpu")
    for bad in (b"", b"\x7fELF", b"PK" + elf[2:], elf[:4] + b"\x01" + elf[5:]):
        with pytest.raises(
            XformValueError, match="expected an ELF shared object for one of x86_64"
        ):
            assemble([entry("main", "twice")], bad)


def test_entries_that_cannot_be() -> None:
    with pytest.raises(XformValueError, match=r"a of entry 'f' is float32\[\?,2\]: every size"):
        Entry("f", (LeafSpec("a", (None, 2), "float32"),), (), ())
    with pytest.raises(XformTypeError, match="unknown dtype 'float8'"):
        Entry("f", (), (LeafSpec("a", (), "float8"),), ())
    with pytest.raises(
        XformValueError, match=r"a of entry 'f' is int8\[9{20}\]: no memory is that"
    ):
        Entry("f", (LeafSpec("a", (10**20 - 1,), "int8"),), (), ())
    with pytest.raises(XformValueError, match="'f' asks for -1 bytes"):
        Entry("f", (), (), (), -1)


def test_text_that_is_not_accepted() -> None:
    with pytest.raises(Refused) as caught:
        compile_from_vm("vm.module @m { vm.func @f() { vm.nothing } }", name="bad")
    assert caught.value.stage == "parse"
    assert "bad.mlir" in caught.value.diagnostics[0]


def test_threads(elf: bytes, work: int) -> None:
    size = 32
    mirrored = entry("main", "head", "tail", size=size, workgroups=size, scratch=8 * size)
    executable = Executable(assemble([mirrored], elf), "cpu", work=work)
    wrong: list[int] = []

    def run(number: int) -> None:
        x = np.arange(float(size)) * number
        for _ in range(100):
            (y,) = call(executable, "main", x)
            if not np.array_equal(y, x[::-1] * 2):
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_forked_process(elf: bytes, work: int) -> None:
    module = assemble([entry("main", "twice")], elf)
    executable = Executable(module, "cpu", work=work)
    x = np.arange(4.0)
    call(executable, "main", x)

    def check() -> None:
        np.testing.assert_array_equal(call(executable, "main", x), [x * 2 + 1])
        assert assemble([entry("main", "twice")], elf) == module

    assert in_forked_child(check, seconds=60) == 0
    np.testing.assert_array_equal(call(executable, "main", x), [x * 2 + 1])


@pytest.mark.calls_once
def test_memory_is_given_back(elf: bytes, work: int) -> None:
    # Of a reference that the virtual machine loses nothing is seen but its memory.
    size = 1 << 20
    entries = [
        replace(entry("main", "head", "tail", size=size), scratch=8 * size),
        replace(entry("fail", "fail", size=size)),
        weighted(*COUNTS[-1]),
    ]
    executable = Executable(assemble(entries, elf), "cpu", work=work)
    x, xs = np.arange(float(size)), [np.ones(4)] * len(entries[2].arguments)

    def run(calls: int) -> int:
        for _ in range(calls):
            executable.invoke("main", [x])
            with pytest.raises(XformRuntimeError):
                executable.invoke("fail", [x])
            for _ in range(20):
                executable.invoke(entries[2].name, xs)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    before = run(5)
    assert run(40) - before < 40 << 20, "a call keeps some of its memory"


def test_the_runtime_reads_the_signature(elf: bytes, tmp_path: Path) -> None:
    plain = entry("main", "twice")
    signature = Signature(
        name="main",
        device="cpu",
        work=16,
        inputs=DictNode((("args", TupleNode(())), ("kwargs", DictNode((("x", LeafNode(0)),))))),
        outputs=LeafNode(0),
        args=plain.arguments,
        results=plain.results,
    )
    path = tmp_path / "module.vmfb"
    path.write_bytes(
        assemble([replace(plain, reflection={SIGNATURE_KEY: signature.to_json()})], elf)
    )
    module = load(path)
    assert module["main"].signature == signature
    assert module(x=np.ones(4)).tolist() == [3, 3, 3, 3]
    with pytest.raises(XformTypeError, match="float32"):
        module(x=np.ones(4, np.float32))


@pytest.mark.parametrize("device", ["local-sync", "local-task"])
def test_the_tools_of_iree(device: str, elf: bytes, tmp_path: Path) -> None:
    path = tmp_path / "module.vmfb"
    path.write_bytes(assemble([entry("main", "twice")], elf))
    tools = Path(sys.executable)
    ran = subprocess.run(
        [
            tools.with_name("iree-run-module"),
            f"--module={path}",
            f"--device={device}",
            "--function=main",
            "--input=4xf64=1,2,3,4",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "4xf64=3 5 7 9" in ran.stdout
    dumped = subprocess.run(
        [tools.with_name("iree-dump-module"), path], capture_output=True, text=True, check=True
    )
    assert "hal.allocator.allocate" in dumped.stdout


def test_the_text_that_fills_a_table(tmp_path: Path) -> None:
    llc = shutil.which("llc", path="/usr/lib/llvm-22/bin") or "llc"
    source, found = tmp_path / "bind.ll", tmp_path / "bind.o"
    source.write_text(BIND_IR)
    subprocess.run([llc, "-relocation-model=pic", "-filetype=obj", source, "-o", found], check=True)
    library = tmp_path / "bind.so"
    subprocess.run(["cc", "-shared", "-nostdlib", "-Wl,-z,defs", found, "-o", library], check=True)
    count = BIND_BINDINGS
    table = (ctypes.c_void_p * (2 * count))()
    pointers = (ctypes.c_void_p * count)(ctypes.addressof(table), *range(1, count))
    constants = (ctypes.c_uint32 * BIND_CONSTANTS)(7)

    class State(ctypes.Structure):
        _fields_ = (
            ("sizes", ctypes.c_uint8 * 24),
            ("constants", ctypes.c_void_p),
            ("pointers", ctypes.c_void_p),
        )

    state = State((), ctypes.addressof(constants), ctypes.addressof(pointers))
    state.sizes = (ctypes.c_uint8 * 24)()
    assert ctypes.CDLL(str(library))[BIND](None, ctypes.byref(state), None) == 0
    assert list(table) == [None] * 7 + list(range(1, count)) + [None] * (count - 6)


# What this relies on in IREE: where one of these tests fails after an upgrade, look at what changed
# in the text that IREE writes, and change xform/iree/host.py and vm_text.py accordingly.
EXAMPLE = """
func.func @main(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tensor.empty() : tensor<4xf64>
  %1 = linalg.generic {
    indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]
  } ins(%x : tensor<4xf64>) outs(%0 : tensor<4xf64>) {
    ^bb0(%a: f64, %b: f64):
      %2 = arith.addf %a, %a : f64
      linalg.yield %2 : f64
  } -> tensor<4xf64>
  return %1 : tensor<4xf64>
}
"""
ALLOCATION = """
util.func public @main(%device: !hal.device) -> !hal.buffer {
  %size = arith.constant 32 : index
  %any = arith.constant -1 : i64
  %memory = hal.memory_type<"DeviceVisible|DeviceLocal"> : i32
  %usage = hal.buffer_usage<"Transfer|DispatchStorage"> : i32
  %0 = hal.device.allocator<%device : !hal.device> : !hal.allocator
  %1 = hal.allocator.allocate<%0 : !hal.allocator> affinity(%any) type(%memory) usage(%usage)
     : !hal.buffer{%size}
  util.return %1 : !hal.buffer
}
util.func public @both(%one: !hal.fence, %other: !hal.fence) -> !hal.fence {
  %0 = hal.fence.join at([%one, %other]) flags("None") -> !hal.fence
  util.return %0 : !hal.fence
}
util.func public @fill(%buffer: !hal.buffer) {
  %zero = arith.constant 0 : i32
  %offset = arith.constant 0 : index
  hal.buffer.store<%buffer : !hal.buffer>[%offset] value(%zero : i32)
  util.return
}
"""
CHANGED = f"IREE's host code is not what {host.__file__} relies on: "


def of_iree(text: str, *arguments: str) -> str:
    """What IREE writes before it makes bytecode."""
    command = [
        Path(sys.executable).with_name("iree-compile"),
        "--iree-opt-level=O1",
        "--iree-input-demote-f64-to-f32=false",
        "--iree-hal-target-device=local",
        "--iree-hal-local-target-device-backends=llvm-cpu",
        "--iree-llvmcpu-target-cpu=generic",
        "--compile-to=vm",
        *arguments,
        "-",
    ]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def reference() -> str:
    return of_iree(EXAMPLE)


def imports(text: str) -> dict[str, str]:
    """The types of all imports and the version of the module that they need, by name."""
    pattern = r"vm\.import private @hal\.([\w.]+)\((.*)\)(?: -> (.*?))?(?: attributes \{(.*)\})?$"
    found = {}
    for name, takes, gives, attributes in re.findall(pattern, text, re.MULTILINE):
        version = re.search(r"minimum_version = \d+", attributes)
        kinds = re.sub(r"%\w+ : ", "", takes)
        found[name] = f"({kinds}) -> {gives or '()'} {version.group() if version else ''}"
    return found


def calls(text: str, function: str) -> list[tuple[str, str]]:
    """What a function calls, with constants in place of their names and "_" for other values."""
    head = re.search(rf"^ *vm\.func private @{re.escape(function)}\(.*$", text, re.MULTILINE)
    assert head, f"{CHANGED}there is no {function}"
    body = text[head.end() :].split("\n    }" if head.group().startswith(" ") else "\n}")[0]
    values = dict(re.findall(r"(%[\w-]+) = vm\.const\.i\d+ (-?\d+)", body))
    values |= dict.fromkeys(re.findall(r"(%[\w-]+) = vm\.const\.i\d+\.zero", body), "0")
    values |= dict.fromkeys(re.findall(r"(%[\w-]+) = vm\.const\.ref\.zero", body), "null")
    return [
        (name, re.sub(r"%[\w-]+", lambda operand: values.get(operand.group(), "_"), operands))
        for name, operands in re.findall(
            r"vm\.call[\w.]* @hal\.([\w.]+)\((.*?)\)(?: \{nosideeffects\}| <segment.*>|) :", body
        )
    ]


def without(found: list[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    return [(name, operands) for name, operands in found if name not in names]


def test_imports_are_those_of_iree(reference: str) -> None:
    known = imports(reference) | imports(of_iree(ALLOCATION, "--compile-from=hal"))
    ours = imports(host_text([], b"\x7fELF\x02" + bytes(13) + b"\x3e" + bytes(45)))
    for name, types in ours.items():
        assert known.get(name) == types, f"{CHANGED}hal.{name}"
    assert set(known) == set(ours), CHANGED


def test_calls_are_those_of_iree(reference: str, elf: bytes) -> None:
    ours = calls(host_text([entry("main", "twice")], elf), '"main"')
    theirs = calls(reference, "main")
    check = [
        ("buffer_view.assert", "_, _, 553648192, 1, [4]"),
        ("buffer_view.buffer", "_"),
        ("device.allocator", "_"),
        ("buffer.assert", "_, _, _, 32, 16, 3075"),
    ]
    end = [
        ("fence.create", "_, 0"),
        ("device.queue.execute.indirect", "_, -1, {}, _, _, 0, [(_, 0, 32), (_, 0, 32)]"),
        ("fence.await", "-1, 0, _"),
        ("buffer_view.create", "_, 0, 32, 553648192, 1, [4]"),
    ]

    def waiting_for(fence: str) -> list[tuple[str, str]]:
        return [(name, operands.format(fence)) for name, operands in end]

    alloca = "device.queue.alloca", "_, -1, null, _, 0, 48, 3075, 32, 0"
    assert theirs == [*check, end[0], alloca, *waiting_for("_")], CHANGED
    allocate = "allocator.allocate", "_, -1, 48, 3075, 32"
    allocator = check[2]
    assert without(ours, "device.allocator") == without(
        [*check, allocate, *waiting_for("null")], "device.allocator"
    )
    assert ours[0] == allocator
    theirs = of_iree(ALLOCATION, "--compile-from=hal")
    assert calls(theirs, "main") == [allocator, allocate]
    assert calls(theirs, "fill") == [("buffer.store", "0, _, 0, 4")]


def test_the_wait_is_that_of_iree(reference: str, elf: bytes) -> None:
    def wait(text: str) -> str:
        (line,) = re.findall(r"vm\.call\S* @hal\.fence\.await.*", text)
        return re.sub(r"[%^][\w-]+", "_", line)

    assert wait(host_text([entry("main", "twice")], elf)) == wait(reference), CHANGED


def test_recording_is_that_of_iree(reference: str, elf: bytes) -> None:
    ours = calls(host_text([entry("main", "twice", "copy")], elf), "__init")
    create = "command_buffer.create", "_, 0, 3, -1, 2"
    lookup = "executable.lookup.function", "_, _"
    dispatch = (
        "command_buffer.dispatch",
        "_, _, _, 1, 1, 1, 0, [], [(0, 0, null, 0, 32), (0, 1, null, 0, 32)]",
    )
    barrier = "command_buffer.execution_barrier", "_, 28, 13, 0"
    finalize = "command_buffer.finalize", "_"
    theirs = calls(reference, "__main_memoize_apply")
    assert theirs == [create, lookup, dispatch, barrier, finalize], CHANGED
    query = "device.query.i64", "_, _, _"
    load = [("devices.count", ""), ("devices.get", "_"), query, query]
    executable = "executable.create", "_, -1, _, _, null"
    # IREE asks once more for the format of the device that it found.
    assert calls(reference, "__init") == [*load, query, executable], CHANGED
    assert ours == [
        *load,
        executable,
        create,
        lookup,
        dispatch,
        barrier,
        lookup,
        dispatch,
        finalize,
    ]
    for name in ("hal.device.id", "local*", "hal.executable.format", executable_format(elf)):
        assert f'"{name}"' in reference, CHANGED
