//===- Divisions.h - quotients that LLVM takes for zero ---------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_DIVISIONS_H
#define XFORM_LOWERING_CODEGEN_DIVISIONS_H

#include "llvm/IR/Module.h"

namespace xform::codegen {

/// Hides from instruction selection what the divisors of vectors are. LLVM 22
/// takes an element 0 / 0 for 0, not for NaN, where it knows that both are
/// (`SimplifyDemandedVectorElts`), and then does not look at the condition by
/// which that is chosen: 0 / (c ? 1 : 0) becomes NaN with AVX-512 where c
/// holds.
void hideDivisors(llvm::Module &module);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_DIVISIONS_H
