//===- Runtime.h - functions that LLVM calls of itself ----------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_H

#include "lowering/codegen/Target.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

#include <memory>
#include <vector>

namespace xform::codegen {

/// The functions that the objects call and do not define.
llvm::StringSet<> undefinedFunctions(llvm::ArrayRef<const Object *> objects);

/// The objects that define what others call of the C library and the
/// compiler's: memory, conversions of small floating-point types, rounding,
/// fused multiplication, remainders; and how cores share loops (runtime/*.ll).
/// They are compiled once for each target. Throws with the names of the
/// functions that none has.
std::vector<std::shared_ptr<const Object>>
runtimeFor(llvm::ArrayRef<const Object *> objects, const Target &target);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_H
