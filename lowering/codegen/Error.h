//===- Error.h - what goes wrong while machine code is made -----*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_ERROR_H
#define XFORM_LOWERING_CODEGEN_ERROR_H

#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/JSON.h"

#include <stdexcept>
#include <string>

namespace xform::codegen {

/// LLVM or the linker refused what it was given.
class CodegenError : public std::runtime_error {
public:
  /// What is no UTF-8, such as a part of broken bitcode, is replaced.
  explicit CodegenError(const std::string &message)
      : runtime_error(llvm::json::fixUTF8(message)) {}
};

/// LLVM reported an error from which it cannot go on. What it was working on
/// is in an unknown state and must be neither used nor destroyed.
class FatalError : public CodegenError {
public:
  using CodegenError::CodegenError;
};

/// LLVM's pass SROA made broken code of right code: where two halves of a
/// buffer are written and the whole is read, version 22 may put the whole
/// together before the halves are there.
class BrokenBySROA : public FatalError {
public:
  BrokenBySROA() : FatalError("LLVM's pass SROA broke the code") {}
};

/// Makes LLVM's fatal errors, after which the process would end, exceptions on
/// the thread that had them.
void throwFatalErrors();

/// Collects what LLVM reports about the modules of a context.
class Diagnostics {
public:
  explicit Diagnostics(llvm::LLVMContext &context);

  /// Throws if there was an error.
  void check(const char *what) const;

private:
  std::string messages;
};

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_ERROR_H
