//===- Divisions.cpp - quotients that LLVM takes for zero -----------------===//

#include "lowering/codegen/Divisions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

/// Whether no element is 0, whatever the program is given.
static bool isNeverZero(const Value *divisor) {
  const auto *constant = dyn_cast<Constant>(divisor);
  if (!constant)
    return false;
  unsigned count = cast<FixedVectorType>(constant->getType())->getNumElements();
  return all_of(seq(count), [&](unsigned i) {
    const Constant *element = constant->getAggregateElement(i);
    return isa_and_present<ConstantFP>(element) && !element->isZeroValue();
  });
}

void xform::codegen::hideDivisors(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      bool isDivision = instruction.getOpcode() == Instruction::FDiv ||
                        instruction.getOpcode() == Instruction::FRem;
      if (!isDivision || !isa<FixedVectorType>(instruction.getType()) ||
          isNeverZero(instruction.getOperand(1)))
        continue;
      IRBuilder<> b(&instruction);
      // A fence becomes no instruction of the processor.
      Value *divisor = instruction.getOperand(1);
      instruction.setOperand(
          1, b.CreateArithmeticFence(divisor, divisor->getType()));
    }
}
