//===- Extracts.cpp - pairs of elements that LLVM cannot repeat -----------===//

#include "lowering/codegen/Extracts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

/// Whether it takes a pair of elements of a vector that has no machine type.
static bool isConcerned(const ShuffleVectorInst &shuffle) {
  auto *source = dyn_cast<FixedVectorType>(shuffle.getOperand(0)->getType());
  auto *part = dyn_cast<FixedVectorType>(shuffle.getType());
  if (!source || !part || part->getNumElements() != 2)
    return false;
  Type *element = source->getElementType();
  return (element->isDoubleTy() || element->isIntegerTy(64)) &&
         source->getNumElements() > 4 && source->getNumElements() < 8;
}

void xform::codegen::hideSourcesOfExtracts(Module &module) {
  if (!module.getTargetTriple().isX86())
    return;
  for (Function &function : module)
    for (Instruction &instruction :
         make_early_inc_range(instructions(function))) {
      auto *shuffle = dyn_cast<ShuffleVectorInst>(&instruction);
      if (!shuffle || !isConcerned(*shuffle))
        continue;
      // A fence, which is for floats, becomes no instruction of the processor.
      IRBuilder<> b(shuffle->getNextNode());
      auto *floats = FixedVectorType::get(b.getDoubleTy(), 2);
      Value *cast = b.CreateBitCast(shuffle, floats);
      Value *fence = b.CreateArithmeticFence(cast, floats);
      Value *hidden = b.CreateBitCast(fence, shuffle->getType());
      shuffle->replaceUsesWithIf(hidden, [&](const Use &use) {
        return use.getUser() != cast && use.getUser() != fence;
      });
    }
}
