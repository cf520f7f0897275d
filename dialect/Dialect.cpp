//===- Dialect.cpp - registration -----------------------------------------===//

#include "dialect/Bits.h"
#include "dialect/Checkpoint.h"
#include "dialect/Control.h"
#include "dialect/Cumulative.h"
#include "dialect/Custom.h"
#include "dialect/Indexing.h"
#include "dialect/Kinks.h"
#include "dialect/LinearAlgebra.h"
#include "dialect/Opaque.h"
#include "dialect/Ordering.h"
#include "dialect/Random.h"
#include "dialect/Special.h"
#include "dialect/Windows.h"

using namespace mlir;
using namespace xform;

#include "dialect/Dialect.cpp.inc"
#include "dialect/Interfaces.cpp.inc"

namespace {

/// A call of a function, whose own dialect knows nothing of ours.
struct CallModel
    : HigherOrderOpInterface::ExternalModel<CallModel, func::CallOp> {
  static SmallVector<FlatSymbolRefAttr> callees(Operation *op) {
    return {cast<func::CallOp>(op).getCalleeAttr()};
  }

  static SmallVector<FunctionRun> functionRuns(Operation *op) {
    FunctionRun run{cast<func::CallOp>(op).getCalleeAttr(),
                    FunctionRun::Frequency::kOnce};
    return {run.takes(0, op->getNumOperands())};
  }
};

} // namespace

void XformDialect::initialize() {
  func::CallOp::attachInterface<CallModel>(*getContext());
  addOperations<
#define GET_OP_LIST
#include "dialect/Bits.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Checkpoint.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Contraction.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Control.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Creation.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Cumulative.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Custom.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Elementwise.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Indexing.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Kinks.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/LinearAlgebra.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Opaque.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Ordering.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Random.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Reduction.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Shape.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Special.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Transforms.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Windows.cpp.inc"
      >();
}

Operation *XformDialect::materializeConstant(OpBuilder &builder,
                                             Attribute value, Type type,
                                             Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}
