//===- Library.h - what IREE asks an executable for -------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_LIBRARY_H
#define XFORM_LOWERING_CODEGEN_LIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"

#include <array>
#include <cstdint>
#include <string>

namespace xform::codegen {

/// A dispatch function of an executable, and what the runtime provides for it.
struct Entry {
  std::string name;
  unsigned bindings = 0, constants = 0;
  std::array<uint32_t, 3> workgroupSize = {1, 1, 1};
  uint32_t localMemory = 0; ///< Bytes of scratch for each workgroup.
};

/// Adds the exported function by which IREE's runtime finds the entries, in the
/// order given, and makes everything else internal. Throws if an entry is
/// missing or is no dispatch function, or if the module has what cannot be
/// loaded.
void addLibraryQuery(llvm::Module &module, llvm::ArrayRef<Entry> entries,
                     llvm::StringRef name);

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_LIBRARY_H
