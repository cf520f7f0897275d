"""The compile cache on disk: hits, damage, killed writers, many processes, disks that refuse."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xform.compiling import cache, targets
from xform.compiling.cache import (
    CompileCache,
    Usage,
    cache_key,
    compile_cached,
    default_cache,
)
from xform.compiling.forms import Compilation
from xform.compiling.targets import Target
from xform_runtime import XformValueError

PROGRAM = "func.func @main() { return }"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a process that has not warned yet."""
    path = tmp_path / "cache"
    monkeypatch.setenv("XFORM_CACHE_DIR", str(path))
    monkeypatch.setattr(cache, "_warned", False)
    return path


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that reached the compiler, which is replaced by one that answers at once."""
    texts: list[str] = []

    def compile_program(
        text: str, target: Target | str, *, name: str, origin: Any = None
    ) -> Compilation:
        texts.append(text)
        return Compilation(f"module of {text}".encode(), is_best=True)

    monkeypatch.setattr(cache, "compile_program", compile_program)
    return texts


def entries(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.xfc"))


def test_a_program_is_compiled_once(directory: Path, compiled: list[str]) -> None:
    first = compile_cached(PROGRAM, "cpu", name="main")
    assert (
        compile_cached(PROGRAM, "cpu", name="another name")
        == first
        == b"module of " + (PROGRAM.encode())
    )
    assert compiled == [PROGRAM]
    assert len(entries(directory)) == 1
    assert directory.stat().st_mode & 0o777 == 0o700


def test_what_a_key_depends_on() -> None:
    keys = {
        cache_key(text, target)
        for text in (PROGRAM, PROGRAM + " ")
        for target in ("cpu", "cpu:x86-64-v3", "vulkan", "vulkan:desktop", "cuda", "cuda:sm_86")
    }
    assert len(keys) == 12
    assert cache_key(PROGRAM, "cpu") == cache_key(PROGRAM, Target("cpu"))


def test_the_host_s_cpu_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    here, portable = cache_key(PROGRAM, "cpu"), cache_key(PROGRAM, "cpu:x86-64-v3")
    monkeypatch.setattr(targets, "cpu_features", lambda: frozenset({"avx2"}))
    assert cache_key(PROGRAM, "cpu") != here
    assert cache_key(PROGRAM, "cpu:x86-64-v3") == portable
    keys = set()
    for features in ({"avx2"}, {"avx2", "gfni"}, {"avx2", "gfni", "sse4a"}):
        monkeypatch.setattr(targets, "cpu_features", lambda found=features: frozenset(found))
        keys.add(cache_key(PROGRAM, "cpu"))
    assert len(keys) == 3, "also of what no check at loading looks for"
    monkeypatch.setattr(targets, "cpu_features", lambda: None)
    keys.add(cache_key(PROGRAM, "cpu"))
    monkeypatch.setattr("platform.uname", lambda: ("another", "machine"))
    keys.add(cache_key(PROGRAM, "cpu"))
    assert len(keys) == 5


def test_the_compiler_s_version_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    here = cache_key(PROGRAM, "cpu")
    monkeypatch.setattr(cache, "compiler_identity", lambda: "another version")
    assert cache_key(PROGRAM, "cpu") != here


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:20],
        lambda content: content + b"x",
        lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        lambda content: bytes([content[0] ^ 1]) + content[1:],
        lambda content: b"\0" * len(content),
        lambda content: b"a foreign file that is quite long " * 100,
    ],
)
def test_a_damaged_entry_is_replaced(
    directory: Path, compiled: list[str], damage: Callable[[bytes], bytes]
) -> None:
    module = compile_cached(PROGRAM, "cpu", name="main")
    (entry,) = entries(directory)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert compile_cached(PROGRAM, "cpu", name="main") == module
    assert len(compiled) == 2
    assert entry.read_bytes() == whole
    assert compile_cached(PROGRAM, "cpu", name="main") == module
    assert len(compiled) == 2


def test_an_entry_belongs_to_its_key(directory: Path, compiled: list[str]) -> None:
    programs = [PROGRAM, PROGRAM + " "]
    modules = [compile_cached(text, "cpu", name="main") for text in programs]
    paths = [directory / f"{cache_key(text, 'cpu')}.xfc" for text in programs]
    whole = [path.read_bytes() for path in paths]
    for path, content in zip(paths, whole[::-1], strict=True):
        path.write_bytes(content)
    for _ in range(2):
        assert [compile_cached(text, "cpu", name="main") for text in programs] == modules
    assert len(compiled) == 4
    assert [path.read_bytes() for path in paths] == whole


def test_what_is_no_file_is_left_alone(directory: Path, compiled: list[str]) -> None:
    directory.mkdir(mode=0o700)
    path = directory / f"{cache_key(PROGRAM, 'cpu')}.xfc"
    elsewhere = directory.parent / "elsewhere"

    def put_link() -> None:
        # Even to what would be an entry.
        compile_cached(PROGRAM, "cpu", name="main")
        path.rename(elsewhere)
        path.symlink_to(elsewhere)

    def put_socket() -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            # A socket's path must be short.
            listener.bind(str(directory / "s"))
        (directory / "s").rename(path)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for put in (put_link, put_socket, lambda: os.mkfifo(path), path.mkdir):
            put()
            before = path.lstat()
            compiled.clear()
            for _ in range(2):
                compile_cached(PROGRAM, "cpu", name="main")
            assert len(compiled) == 2
            assert path.lstat().st_ino == before.st_ino
            assert path.lstat().st_mode == before.st_mode
            stored = CompileCache(directory, 1 << 20)
            assert stored.usage() == stored.clear() == Usage(0, 0)
            path.rename(directory.parent / str(before.st_ino))
    assert elsewhere.read_bytes().endswith(b"module of " + PROGRAM.encode())


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o1777])
def test_a_directory_that_others_may_write_into(
    directory: Path, compiled: list[str], mode: int
) -> None:
    compile_cached(PROGRAM, "cpu", name="main")
    directory.chmod(mode)
    with pytest.warns(RuntimeWarning, match=r"others may write into it: run chmod go-w .*cache"):
        compile_cached(PROGRAM, "cpu", name="main")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_cached(PROGRAM + " ", "cpu", name="main")
    assert len(compiled) == 3
    assert len(entries(directory)) == 1
    directory.chmod(0o755)
    compile_cached(PROGRAM, "cpu", name="main")
    assert len(compiled) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_others(directory: Path, compiled: list[str]) -> None:
    compile_cached(PROGRAM, "cpu", name="main")
    (entry,) = entries(directory)
    os.chown(entry, 65534, -1)
    compile_cached(PROGRAM, "cpu", name="main")
    assert len(compiled) == 2, "not another user's file"
    os.chown(entry, 0, -1)
    os.chown(directory, 65534, -1)
    with pytest.warns(RuntimeWarning, match="it belongs to another user"):
        compile_cached(PROGRAM, "cpu", name="main")
    assert len(compiled) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from xform.compiling.cache import CompileCache
os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
CompileCache(Path(sys.argv[1]), 1 << 20).put("key", b"module" * 100)
"""


def test_a_killed_writer(directory: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(directory)], stderr=subprocess.PIPE)
    assert ran.returncode == -9, ran.stderr
    (left,) = os.listdir(directory)
    stored = CompileCache(directory, 1 << 20)
    assert stored.get("key") is None
    stored.put("key", b"module")
    assert stored.get("key") == b"module"
    # It may belong to a writer that is still at work; after an hour it does not.
    assert (directory / left).exists()
    hours_ago = time.time() - 7200
    os.utime(directory / left, (hours_ago, hours_ago))
    stored.put("other", b"module")
    assert not (directory / left).exists()
    assert len(os.listdir(directory)) == 2


HAMMER = """
import hashlib, random, sys, warnings
from pathlib import Path
from xform.compiling.cache import CompileCache
warnings.simplefilter("error")
stored = CompileCache(Path(sys.argv[1]), 300_000)
chance = random.Random(int(sys.argv[2]))
def module(key):
    return hashlib.sha256(str(key).encode()).digest() * (key * 100 + 1)
hits = 0
for _ in range(400):
    key = chance.randrange(30)
    found = stored.get(f"key{key}")
    assert found is None or found == module(key), key
    hits += found is not None
    if found is None or chance.random() < 0.3:
        stored.put(f"key{key}", module(key))
assert hits > 50, hits
"""


def test_processes_at_once(directory: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, str(directory), str(seed)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    for process in running:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert not [name for name in os.listdir(directory) if not name.endswith(".xfc")]


COMPILE = """
import numpy as np
from xform.frontend import jit
compiled = jit(lambda x: np.tanh(x) * 3).lower(np.ones(5)).compile()
np.testing.assert_allclose(compiled(np.ones(5)), np.tanh(np.ones(5)) * 3)
print(compiled.timings.iree)
"""


def test_two_processes_compile_the_same_program(directory: Path) -> None:
    command = [sys.executable, "-c", COMPILE]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in running:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert len(os.listdir(directory)) == 1
    # A third one finds the module, and does not load the compiler.
    third = COMPILE + "import sys; assert 'iree.compiler' not in sys.modules, 'compiled again'"
    ran = subprocess.run([sys.executable, "-c", third], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


UNWRITABLE = """
import os, resource, sys, warnings
from xform.compiling import cache
from xform.compiling.forms import Compilation
def compile_program(text, target, *, name, origin=None):
    return Compilation(text.encode() * 100, True)
cache.compile_program = compile_program
if sys.argv[1] == "read-only":
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for text in ("first program", "second program", "first program"):
        assert cache.compile_cached(text, "cpu", name="main") == text.encode() * 100
assert len(caught) == 1, caught
assert caught[0].category is RuntimeWarning
print(caught[0].message)
"""


@pytest.mark.parametrize("disk", ["read-only", "full"])
def test_a_disk_that_refuses(directory: Path, disk: str) -> None:
    directory.mkdir(mode=0o555 if disk == "read-only" else 0o755)
    if disk == "read-only" and os.geteuid() == 0:
        os.chown(directory, 65534, -1)
    for parent in directory.parents[:3]:
        parent.chmod(0o755)
    ran = subprocess.run([sys.executable, "-c", UNWRITABLE, disk], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert f"the compile cache in {directory} cannot be used" in ran.stdout
    assert ("Permission denied" if disk == "read-only" else "File too large") in ran.stdout
    assert "Set XFORM_CACHE_DIR to a writable directory, or XFORM_CACHE=0" in ran.stdout
    assert os.listdir(directory) == []


def test_a_cache_directory_that_is_a_file(directory: Path, compiled: list[str]) -> None:
    directory.write_text("a file")
    with pytest.warns(RuntimeWarning, match=r"cannot be used .*Not a directory") as caught:
        compile_cached(PROGRAM, "cpu", name="main")
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_cached(PROGRAM, "cpu", name="main")
    assert len(compiled) == 2
    assert directory.read_text() == "a file"


def test_the_least_recently_used_entries_go_first(directory: Path) -> None:
    stored = CompileCache(directory, 4_000)
    for age, key in ((40, "a"), (30, "b"), (20, "c")):
        stored.put(key, key.encode() * 1_000)
        then = time.time() - age
        os.utime(directory / f"{key}.xfc", (then, then))
    assert stored.get("a") == b"a" * 1_000  # used now
    stored.put("d", b"d" * 1_000)
    assert [path.stem for path in entries(directory)] == ["a", "c", "d"]
    assert sum(path.stat().st_size for path in entries(directory)) <= 4_000
    stored.put("e", b"e" * 3_000)
    assert "e" in [path.stem for path in entries(directory)]
    assert sum(path.stat().st_size for path in entries(directory)) <= 4_000
    before = entries(directory)
    stored.put("too large", b"x" * 4_000)
    assert entries(directory) == before


def test_other_files_are_left_alone(directory: Path) -> None:
    directory.mkdir()
    (directory / "notes.txt").write_text("mine" * 1_000)
    os.utime(directory / "notes.txt", (0, 0))
    stored = CompileCache(directory, 1_500)
    stored.put("a", b"a" * 1_000)
    stored.put("b", b"b" * 1_000)
    assert (directory / "notes.txt").exists()
    assert [path.stem for path in entries(directory)] == ["b"]


def test_turned_off(directory: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_CACHE", "0")
    assert default_cache() is None
    for _ in range(2):
        compile_cached(PROGRAM, "cpu", name="main")
    assert len(compiled) == 2
    assert not directory.exists()


def test_the_environment(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_cache() == CompileCache(directory, 1 << 30)
    monkeypatch.setenv("XFORM_CACHE_LIMIT_MB", "3")
    monkeypatch.setenv("XFORM_CACHE_DIR", "~/elsewhere")
    assert default_cache() == CompileCache(Path.home() / "elsewhere", 3 << 20)
    monkeypatch.setenv("XFORM_CACHE_DIR", "")
    for caches in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", caches)
        assert default_cache() == CompileCache(Path.home() / ".cache" / "xform", 3 << 20)
    monkeypatch.setenv("XDG_CACHE_HOME", str(directory))
    assert default_cache() == CompileCache(directory / "xform", 3 << 20)
    monkeypatch.setenv("XFORM_CACHE_LIMIT_MB", "big")
    with pytest.raises(XformValueError, match="XFORM_CACHE_LIMIT_MB is 'big': expected a whole nu"):
        default_cache()
    monkeypatch.setenv("XFORM_CACHE", "perhaps")
    with pytest.raises(XformValueError, match="XFORM_CACHE is 'perhaps': expected 0 or 1"):
        default_cache()


def test_no_warning_while_all_is_well(directory: Path, compiled: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            compile_cached(PROGRAM, "cpu", name="main")


def test_what_it_takes_up_and_its_clearing(directory: Path) -> None:
    stored = CompileCache(directory, 1 << 20)
    assert stored.usage() == stored.clear() == Usage(0, 0)
    stored.put("a", b"x" * 100)
    stored.put("b", b"y" * 50)
    (directory / "notes.txt").write_text("not the cache's")
    size = sum(path.stat().st_size for path in entries(directory))
    assert stored.usage() == Usage(2, size)
    assert size > 150
    assert stored.clear() == Usage(2, size)
    assert stored.usage() == Usage(0, 0)
    assert os.listdir(directory) == ["notes.txt"]
    assert stored.get("a") is None
