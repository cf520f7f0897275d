//===- Copies.cpp - copies that LLVM cannot select ------------------------===//

#include "lowering/codegen/Copies.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

void xform::codegen::copyAsIntegers(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      auto *store = dyn_cast<StoreInst>(&instruction);
      auto *load = store ? dyn_cast<LoadInst>(store->getValueOperand())
                         : static_cast<LoadInst *>(nullptr);
      auto *type = load ? dyn_cast<FixedVectorType>(load->getType()) : nullptr;
      if (!type || !type->getElementType()->isBFloatTy())
        continue;
      IRBuilder<> b(load);
      auto *integers =
          FixedVectorType::get(b.getInt16Ty(), type->getNumElements());
      // A cast would be looked through.
      store->setOperand(
          0, b.CreateAlignedLoad(integers, load->getPointerOperand(),
                                 load->getAlign(), load->isVolatile()));
    }
}
