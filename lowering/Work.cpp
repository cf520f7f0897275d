//===- Work.cpp - what operations on numbers cost -------------------------===//

#include "lowering/Work.h"

#include "dialect/Work.h"
#include "lowering/cpu/MathFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace xform;

double xform::workOfScalar(Operation *op) {
  if (isMathFunction(op))
    return kTranscendental;
  if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp,
          arith::RemUIOp, math::SqrtOp>(op))
    return kDivision;
  return 1;
}

double xform::workOfElement(Block &block) {
  double work = 0;
  for (Operation &op : block.without_terminator()) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        work += workOfElement(inner);
    work += workOfScalar(&op);
  }
  return work;
}

double xform::workOf(linalg::LinalgOp op) {
  double work = std::max(1.0, workOfElement(*op.getBlock()));
  for (int64_t range : op.getStaticLoopRanges())
    work *= static_cast<double>(range);
  return work;
}
