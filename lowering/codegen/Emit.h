//===- Emit.h - from LLVM's IR to machine code ------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_EMIT_H
#define XFORM_LOWERING_CODEGEN_EMIT_H

#include "lowering/codegen/Library.h"
#include "lowering/codegen/Target.h"

namespace xform::codegen {

/// What to make of a module.
enum class Output { Object, Assembly, OptimizedIR };

/// Compiles a module, text or bitcode, for the target. With entries it becomes
/// a library for IREE of that name (Library.h). The buffer ends with a zero
/// behind its last character.
Object emit(llvm::StringRef ir, const Target &target, Output output,
            llvm::ArrayRef<Entry> entries, llvm::StringRef name);

/// A shared object of what `emit` makes of the entries and what that calls.
Object emitLibrary(llvm::StringRef ir, const Target &target,
                   llvm::ArrayRef<Entry> entries, llvm::StringRef name,
                   bool strip);

/// Makes a shared object of objects. Without `strip`, names stay for debuggers.
Object linkShared(llvm::ArrayRef<const Object *> objects, bool strip);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_EMIT_H
