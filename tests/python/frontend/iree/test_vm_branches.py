"""The copies that keep IREE's virtual machine from losing references."""

from __future__ import annotations

from iree.compiler import api, ir
from xform.iree.vm_branches import separate_references

MODULE = """
vm.module @module {
  vm.func @loop(%a: !vm.ref<!hal.buffer>, %b: !vm.ref<!hal.buffer>, %c: i32) -> i32 {
    vm.br ^bb1(%a, %b, %c, %c : !vm.ref<!hal.buffer>, !vm.ref<!hal.buffer>, i32, i32)
  ^bb1(%0: !vm.ref<!hal.buffer>, %1: !vm.ref<!hal.buffer>, %2: i32, %3: i32):
    vm.cond_br %2, ^bb1(%0, %0, %2, %2 : !vm.ref<!hal.buffer>, !vm.ref<!hal.buffer>, i32, i32),
                   ^bb2(%1, %1, %0, %1 : !vm.ref<!hal.buffer>, !vm.ref<!hal.buffer>,
                        !vm.ref<!hal.buffer>, !vm.ref<!hal.buffer>)
  ^bb2(%4: !vm.ref<!hal.buffer>, %5: !vm.ref<!hal.buffer>, %6: !vm.ref<!hal.buffer>,
       %7: !vm.ref<!hal.buffer>):
    vm.return %c : i32
  }
}
"""


def test_each_reference_goes_to_one_argument_of_a_block() -> None:
    with api.Session() as session, session.context:
        module = ir.Module.parse(MODULE)
        assert separate_references(module.operation) == 3
        assert module.operation.verify()
        assert separate_references(module.operation) == 0
        lines = [line.strip() for line in str(module).splitlines()]
        chosen = [line for line in lines if "vm.select.ref" in line]
        names = [line.split(" = ")[0] for line in chosen]
        assert len(set(names)) == 3
        # A third mention is a copy of the second, so that the two copies differ.
        assert f", {names[1]}, " in chosen[2]
        (branch,) = (line for line in lines if line.startswith("vm.cond_br"))
        assert f"^bb1(%0, {names[0]}, %2, %2 :" in branch
        assert f"^bb2(%1, {names[1]}, %0, {names[2]} :" in branch
