//===- Extracts.h - pairs that LLVM cannot repeat ---------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_EXTRACTS_H
#define XFORM_LOWERING_CODEGEN_EXTRACTS_H

#include "llvm/IR/Module.h"

namespace xform::codegen {

/// Hides from instruction selection for x86 of which vector a pair of elements
/// is, where that has 5, 6 or 7 elements of 64 bits. Where the same pair meets
/// four others with AVX-512, LLVM 22 makes one shuffle of the whole vector out
/// of that, and dies since it asks for the machine type of the vector, which
/// has none before types are made legal.
void hideSourcesOfExtracts(llvm::Module &module);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_EXTRACTS_H
