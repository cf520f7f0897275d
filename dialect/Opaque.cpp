//===- Opaque.cpp - calls of what was compiled before ---------------------===//

#include "dialect/Opaque.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Opaque.cpp.inc"

LogicalResult CallModuleOp::verify() {
  // IREE takes what is in front of the first point for the module's name.
  if (getModule().empty() || getModule().contains('.'))
    return emitOpError("needs a name without points as module, got '")
           << getModule() << "'";
  if (getEntry().empty())
    return emitOpError("needs the name of an entry");
  int64_t count = getInputs().size();
  for (int64_t place : getCopied())
    if (place < 0 || place >= count)
      return emitOpError("copies operand ")
             << place << ", but has " << count << " of them";
  return success();
}
