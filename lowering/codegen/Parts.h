//===- Parts.h - one module as several --------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_PARTS_H
#define XFORM_LOWERING_CODEGEN_PARTS_H

#include "lowering/codegen/Target.h"

#include <vector>

namespace xform::codegen {

/// Takes functions out of a module until it is one of `count` parts of about
/// the same size, and returns the others as bitcode, for other threads. The
/// parts call each other by names that no library exports.
std::vector<Object> takeParts(llvm::Module &module, size_t count);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_PARTS_H
