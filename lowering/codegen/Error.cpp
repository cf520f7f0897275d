//===- Error.cpp - what goes wrong while machine code is made -------------===//

#include "lowering/codegen/Error.h"

#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

using namespace llvm;

namespace xform::codegen {

void throwFatalErrors() {
  static std::once_flag once;
  std::call_once(once, [] {
    install_fatal_error_handler([](void *, const char *reason, bool) {
      throw FatalError("LLVM cannot go on: " + StringRef(reason).trim().str());
    });
  });
}

Diagnostics::Diagnostics(LLVMContext &context) {
  context.setDiagnosticHandlerCallBack(
      [](const DiagnosticInfo *info, void *self) {
        if (info->getSeverity() != DS_Error)
          return;
        raw_string_ostream os(static_cast<Diagnostics *>(self)->messages);
        DiagnosticPrinterRawOStream printer(os);
        info->print(printer);
        os << "\n";
      },
      this);
}

void Diagnostics::check(const char *what) const {
  if (!messages.empty())
    throw CodegenError(std::string(what) + ": " +
                       StringRef(messages).rtrim().str());
}

} // namespace xform::codegen
