//===- Copies.h - copies that LLVM cannot select ----------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_COPIES_H
#define XFORM_LOWERING_CODEGEN_COPIES_H

#include "llvm/IR/Module.h"

namespace xform::codegen {

/// Makes copies of bfloats copies of integers. LLVM 22 dies of vectors of 9,
/// 17,
/// ... bfloats that are loaded and stored for a processor with vectors of them.
void copyAsIntegers(llvm::Module &module);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_COPIES_H
