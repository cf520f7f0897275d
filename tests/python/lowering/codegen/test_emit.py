"""Libraries in IREE's modules, for several processors, and what goes wrong."""

from __future__ import annotations

import re
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dispatches
import iree.compiler as iree_compiler
import numpy as np
import pytest
from iree import runtime
from signals import alarm
from xform import _codegen
from xform.compiling import backend, workers
from xform.iree import host

FLAGS = [
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
]
ADD = """
func.func @main(%a: tensor<5xf32>, %b: tensor<5xf32>) -> tensor<5xf32> {
  %0 = arith.addf %a, %b : tensor<5xf32>
  return %0 : tensor<5xf32>
}
"""
SUM = dispatches.elementwise("sum", 5, ["float32"] * 3, "  %y = fadd float %x0, %x1")


@pytest.fixture(scope="module")
def host_module() -> str:
    """What IREE makes of an addition when the executable is a binary already."""
    return iree_compiler.compile_str(ADD, extra_args=[*FLAGS, "--compile-to=hal"]).decode()


def test_iree_runs_it(host_module: str) -> None:
    """The ELF in IREE's module exchanged for one that doubles the first operand before."""
    name = re.search(r"::@(main_dispatch_0_\w+)\)", host_module)
    assert name, "IREE's runtime looks the function up by its name"
    value = "  %d = fadd float %x0, %x0\n  %y = fadd float %d, %x1"
    source = dispatches.elementwise(name[1], 5, ["float32"] * 3, value)
    cpu, features = _codegen.host_cpu()
    elf = dispatches.emit(source, {name[1]: 3}, cpu=cpu, features=features).elf
    text, count = re.subn(
        r'data = dense<"0x[0-9A-F]+"> : vector<\d+xi8>',
        f'data = dense<"0x{elf.hex().upper()}"> : vector<{len(elf)}xi8>',
        host_module,
    )
    assert count == 1
    vmfb = iree_compiler.compile_str(text, extra_args=[*FLAGS, "--compile-from=hal"])
    a, b = np.arange(5, dtype=np.float32), np.full(5, 10, np.float32)
    for device in ["local-sync", "local-task"]:
        config = runtime.Config(device)
        module = runtime.VmModule.copy_buffer(config.vm_instance, vmfb)
        main = runtime.load_vm_module(module, config)["main"]
        np.testing.assert_array_equal(main(a, b).to_host(), 2 * a + b)


def test_host_is_irees(host_module: str) -> None:
    """IREE's LLVM is a later one: it knows other features, but says the same of those of both."""
    cpu, features = _codegen.host_cpu()
    theirs = re.search(r"cpu = \\22([^\\]+)\\22, cpu_features = \\22([^\\]*)\\22", host_module)
    assert theirs
    assert cpu == theirs[1]
    # The last word of a feature is the one that holds.
    known = {feature[1:]: feature[0] for feature in theirs[2].split(",")}
    ours = {feature[1:]: feature[0] for feature in features.split(",")}
    both = known.keys() & ours
    assert len(both) > 20
    assert {name: ours[name] for name in both} == {name: known[name] for name in both}
    dispatches.emit(SUM, {"sum": 3}, cpu=theirs[1], features=theirs[2])


def header(elf: bytes) -> tuple[int, int]:
    """Type and machine."""
    assert elf[:4] == b"\x7fELF"
    return struct.unpack_from("<HH", elf, 16)


@pytest.mark.parametrize(
    ("triple", "features", "machine", "executable_format"),
    [
        ("x86_64-unknown-unknown-eabi-elf", "", 62, "embedded-elf-x86_64"),
        ("aarch64-unknown-unknown-eabi-elf", "", 183, "embedded-elf-arm_64"),
        ("riscv64-unknown-unknown-eabi-elf", "+m,+a,+f,+d", 243, "embedded-elf-riscv_64"),
        ("riscv64-unknown-unknown-eabi-elf", "+m,+a,+f,+d,+v", 243, "embedded-elf-riscv_64"),
    ],
)
def test_processors(triple: str, features: str, machine: int, executable_format: str) -> None:
    """With calls of the runtime: conversions of float16, and a copy."""
    half = """  %w = fpext half %x0 to float
  %s = fadd float %w, %x1
  %y = fptrunc float %s to half"""
    source = "".join(
        dispatches.elementwise(name, 1000, types, value)
        for name, types, value in [
            (
                "half",
                ["float16", "float32", "float16"],
                half,
            ),
            ("narrow", ["float64", "bfloat16"], "  %y = fptrunc double %x0 to bfloat"),
            ("copy", ["i8", "i8"], "  %y = add i8 %x0, 0"),
        ]
    )
    entries = {"half": 3, "narrow": 2, "copy": 2}
    library = dispatches.emit(source, entries, triple=triple, cpu="", features=features)
    assert header(library.elf) == (3, machine)
    assert host.executable_format(library.elf) == executable_format


def test_platform_register_stays() -> None:
    """IREE's loaders leave x18 of AArch64 to the platform; so must the code."""
    loads = "".join(f"  %v{i} = load volatile i64, ptr %b0\n" for i in range(40))
    sums = "".join(f"  %s{i + 1} = add i64 %s{i}, %v{i}\n" for i in range(40)).replace("%s0,", "0,")
    source = dispatches.dispatch("many", 1, f"{loads}{sums}  store i64 %s40, ptr %b0\n  ret i32 0")
    triple = "aarch64-unknown-unknown-eabi-elf"
    assembly = dispatches.emit(source, {"many": 1}, triple=triple, cpu="").assembly()
    assert "x17" in assembly
    assert "x18" not in assembly


def test_the_library_describes_its_entries() -> None:
    source = dispatches.STATE + SUM + SUM.replace("@sum", "@other")
    entries = [
        _codegen.Entry("other", 3, constants=2, workgroup_size=(4, 5, 6), local_memory=4097),
        _codegen.Entry("sum", 3),
    ]
    library = _codegen.emit_library(
        source.encode(), entries=entries, name="two", **dispatches.PLAIN
    )
    loaded = dispatches.Loaded(library)
    assert loaded.names == ["other", "sum"]
    attributes = struct.unpack_from("<QHBBIIHH", bytes(loaded.library.attributes[0]))
    assert attributes == (0, 2, 2, 3, 4, 5, 6, 0)
    attributes = struct.unpack_from("<QHBBIIHH", bytes(loaded.library.attributes[1]))
    assert attributes == (0, 0, 0, 3, 1, 1, 1, 0)


def test_large_constants() -> None:
    """More than a pipe holds."""
    bytes_ = b"".join(b"\\%02X" % (i * i % 251) for i in range(300_000)).decode()
    value = "  %p0 = getelementptr i8, ptr @data, i64 %i\n  %y = load i8, ptr %p0"
    source = f'@data = internal constant [300000 x i8] c"{bytes_}"\n'
    source += dispatches.elementwise("f", 300_000, ["uint8"], value)
    library = dispatches.emit(source, {"f": 1})
    assert len(library.elf) > 300_000
    got = np.zeros(300_000, np.uint8)
    dispatches.Loaded(library).call("f", got)
    np.testing.assert_array_equal(got, np.arange(300_000) ** 2 % 251)


def test_names_are_kept_unless_stripped() -> None:
    entry = "an_entry_with_a_long_name"
    source = SUM.replace("@sum", f"@{entry}")
    # Once as what the library says of its entry.
    assert dispatches.emit(source, {entry: 3}).elf.count(entry.encode()) == 2
    assert dispatches.emit(source, {entry: 3}, strip=True).elf.count(entry.encode()) == 1


def test_dumps() -> None:
    library = dispatches.emit(SUM, {"sum": 3})
    assert "define internal" in library.optimized_ir()
    assert "addss" in library.assembly()


def test_products_and_sums_are_fused_as_asked() -> None:
    source = dispatches.elementwise(
        "f", 8, ["float64"] * 3, "  %m = fmul double %x0, %x1\n  %y = fadd double %m, 1.0"
    )
    options: dict[str, Any] = {"cpu": "x86-64-v3"}
    assert "vfmadd" in dispatches.emit(source, {"f": 3}, **options).assembly()
    assert "vfmadd" not in dispatches.emit(source, {"f": 3}, fuse=False, **options).assembly()
    allowed = source.replace("fmul", "fmul contract").replace("fadd", "fadd contract")
    assert "vfmadd" in dispatches.emit(allowed, {"f": 3}, fuse=False, **options).assembly()


def differences(element: str, lanes: int) -> str:
    """Four pairs of numbers less the first two of so many, which are added to themselves before."""
    add, subtract = ("fadd", "fsub") if element == "double" else ("add", "sub")
    odd, two, four, eight = (f"<{n} x {element}>" for n in (lanes, 2, 4, 8))
    pairs = "".join(
        f"""  %p{i} = getelementptr {two}, ptr %b1, i64 {i}
  %x{i} = load {two}, ptr %p{i}, align 8
  %y{i} = {subtract} {two} %x{i}, %first
"""
        for i in range(4)
    )
    of_four, of_eight = (", ".join(f"i32 {i}" for i in range(n)) for n in (4, 8))
    return f"""  %x = load {odd}, ptr %b0, align 8
  %sums = {add} {odd} %x, %x
  %first = shufflevector {odd} %sums, {odd} poison, <2 x i32> <i32 0, i32 1>
{pairs}  %low = shufflevector {two} %y0, {two} %y1, <4 x i32> <{of_four}>
  %high = shufflevector {two} %y2, {two} %y3, <4 x i32> <{of_four}>
  %all = shufflevector {four} %low, {four} %high, <8 x i32> <{of_eight}>
  store {eight} %all, ptr %b2, align 8
  ret i32 0"""


@pytest.mark.parametrize("lanes", [5, 6, 7])
@pytest.mark.parametrize("element", ["double", "i64"])
def test_pairs_of_vectors_without_machine_type(element: str, lanes: int) -> None:
    source = dispatches.dispatch("f", 3, differences(element, lanes))
    # With AVX-512, LLVM would die of them, and the tests with it.
    workers.run(
        backend.emit,
        dispatches.STATE + source,
        [("f", 3, 0)],
        "f",
        dispatches.TRIPLE,
        "x86-64-v4",
        2,
    )
    cpu, features = _codegen.host_cpu()
    loaded = dispatches.Loaded(dispatches.emit(source, {"f": 3}, cpu=cpu, features=features))
    dtype = np.float64 if element == "double" else np.int64
    x, pairs, got = (
        np.arange(3, 3 + lanes, dtype=dtype),
        np.arange(8, dtype=dtype),
        np.zeros(8, dtype),
    )
    loaded.call("f", x, pairs, got)
    np.testing.assert_array_equal(got.reshape(4, 2), pairs.reshape(4, 2) - 2 * x[:2])


# Both rows of conditions, one after the other; a vector of one comparison would not do.
CONDITIONS = """
  %a0 = load double, ptr %b0
  %p1 = getelementptr double, ptr %b0, i64 1
  %a1 = load double, ptr %p1
  %c0 = fcmp ogt double %a0, 0.0
  %c1 = fcmp ogt double %a1, 0.0
  %m0 = insertelement <2 x i1> poison, i1 %c0, i64 0
  %m = insertelement <2 x i1> %m0, i1 %c1, i64 1
  %n1 = load double, ptr %b1
  %n = insertelement <2 x double> <double 0.0, double poison>, double %n1, i64 1
"""
QUOTIENTS = {
    "of a choice": """
  %s = select <2 x i1> %m, <2 x double> splat (double 1.0), <2 x double> zeroinitializer
  %q = fdiv <2 x double> %n, %s
""",
    "chosen": """
  %z = fdiv <2 x double> %n, zeroinitializer
  %q = select <2 x i1> %m, <2 x double> %n, <2 x double> %z
""",
}


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("quotient", QUOTIENTS)
def test_zero_by_zero_is_nan(quotient: str, plain: bool) -> None:
    body = (
        f"{CONDITIONS}{QUOTIENTS[quotient]}  store <2 x double> %q, ptr %b2, align 8\n  ret i32 0"
    )
    source = dispatches.dispatch("f", 3, body)
    cpu, features = ("x86-64", "") if plain else _codegen.host_cpu()
    loaded = dispatches.Loaded(dispatches.emit(source, {"f": 3}, cpu=cpu, features=features))
    for first in (0.0, 1.0):
        for second in (0.0, 1.0):
            got = np.zeros(2)
            loaded.call("f", np.array([first, second]), np.array([3.0]), got)
            wanted = [0.0 if first else np.nan, 3.0 if second else np.inf]
            np.testing.assert_array_equal(got, wanted)


def test_threads() -> None:
    """Threads compile at once, each the same as alone."""

    def compile_one(i: int) -> bytes:
        source = dispatches.elementwise(
            "f", 100 + i % 4, ["float16", "float32"], "  %y = fpext half %x0 to float"
        )
        return dispatches.emit(source, {"f": 2}, cpu=f"x86-64{['', '-v3'][i % 2]}").elf

    alone = [compile_one(i) for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(compile_one, range(40)))
    assert together == [alone[i % 4] for i in range(40)]


SOURCE = dispatches.STATE + SUM
RECIPROCAL = """%v = call <16 x float> @llvm.x86.avx512.rcp14.ps.512(
    <16 x float> zeroinitializer, <16 x float> zeroinitializer, i16 -1)
  %y = extractelement <16 x float> %v, i32 0"""
RECIPROCAL_OF = b"""
declare <16 x float> @llvm.x86.avx512.rcp14.ps.512(<16 x float>, <16 x float>, i16)
"""
ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "not text": ({"ir": b"define void @f("}, "invalid IR: .*expected type"),
    "not bitcode": ({"ir": b"BC\xc0\xde1234"}, "invalid IR"),
    "not verified": (
        {
            "ir": b"define i32 @sum(ptr %a, ptr %b, ptr %c) {\n  br label %x\nx:\n"
            b"  %p = phi i32 [ 0, %x ]\n  ret i32 %p\n}"
        },
        "invalid IR: PHI node",
    ),
    "empty": ({"ir": b""}, "defines no function 'sum'"),
    "another layout": (
        {"ir": b'target datalayout = "e-p:32:32"\n' + SOURCE.encode()},
        "laid out as",
    ),
    "triple": ({"triple": "sparc-unknown-elf"}, "for the triple 'sparc-unknown-elf'"),
    "no ELF": ({"triple": "x86_64-apple-darwin"}, "for the triple"),
    "32 bits": ({"triple": "i686-unknown-linux-gnu"}, "for the triple"),
    "no triple": ({"triple": ""}, "for the triple ''"),
    "processor": ({"cpu": "pentium17"}, "no processor 'pentium17' of x86_64"),
    "processor of 32 bits": ({"cpu": "i386"}, "64-bit"),
    "processor of another kind": (
        {"triple": "aarch64-unknown-unknown-eabi-elf", "cpu": "znver4"},
        "no processor 'znver4'",
    ),
    "features": ({"features": "+avx2,+warp,+drive,-shields"}, "'\\+warp', '\\+drive' of x86_64"),
    "no entry": ({"entries": []}, "at least one entry"),
    "missing entry": ({"entries": [_codegen.Entry("f", 1)]}, "defines no function 'f'"),
    "entry twice": ({"entries": [_codegen.Entry("sum", 3)] * 2}, "'sum' is an entry twice"),
    "bindings": ({"entries": [_codegen.Entry("sum", 65)]}, "more than 64 bindings"),
    "type of entry": (
        {"ir": b"define void @sum() { ret void }"},
        "'sum' is not of type i32 \\(ptr, ptr, ptr\\)",
    ),
    "query": (
        {"ir": SOURCE.encode() + b"define void @iree_hal_executable_library_query() { ret void }"},
        "itself",
    ),
    "thread-local": (
        {"ir": SOURCE.encode() + b"@x = thread_local global i32 0"},
        "'x' is thread-local",
    ),
    "imports": (
        {
            "ir": (
                SOURCE.replace("fadd float %x0, %x1", "call float @sinf(float %x0)")
                + "declare float @sinf(float)"
            ).encode()
        },
        "may not import: 'sinf'",
    ),
    "no instruction": (
        {"ir": SOURCE.replace("%y = fadd float %x0, %x1", RECIPROCAL).encode() + RECIPROCAL_OF},
        "LLVM cannot go on",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case: str) -> None:
    """Said in words, after which everything goes on."""
    change, message = ERRORS[case]
    arguments: dict[str, Any] = {
        "ir": SOURCE.encode(),
        "entries": [_codegen.Entry("sum", 3)],
        "name": "test",
        **dispatches.PLAIN,
    } | change
    with pytest.raises(_codegen.CodegenError, match=message):
        _codegen.emit_library(arguments.pop("ir"), **arguments)
    dispatches.emit(SUM, {"sum": 3})


def test_signals_end_it() -> None:
    """As Ctrl-C does, on the thread where Python handles signals, some seconds before the end."""
    steps = "\n".join(
        f"  %a{i} = load double, ptr %p\n  %b{i} = fmul double %a{i}, %a{i}\n"
        f"  store volatile double %b{i}, ptr %p"
        for i in range(300)
    )
    parts = "\n".join(
        f"define internal void @part{i}(ptr %p) noinline {{\n{steps}\n  ret void\n}}"
        for i in range(600)
    )
    calls = "\n".join(f"  call void @part{i}(ptr %p)" for i in range(600))
    source = f"{parts}\ndefine i32 @all(ptr %e, ptr %s, ptr %p) {{\n{calls}\n  ret i32 0\n}}\n"

    start = time.perf_counter()
    with pytest.raises(TimeoutError), alarm(1):
        dispatches.emit(source, {"all": 1})
    took = time.perf_counter() - start
    start = time.perf_counter()
    dispatches.emit(source, {"all": 1})
    assert took < time.perf_counter() - start - 1
    assert dispatches.emit(SUM, {"sum": 3}).elf
