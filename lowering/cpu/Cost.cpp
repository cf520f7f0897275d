//===- Cost.cpp - how long operations take --------------------------------===//

#include "lowering/cpu/Cost.h"

#include "lowering/cpu/MathFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace xform;

/// The additions that a mathematical function and a division are worth.
constexpr double kMathFunction = 20, kDivision = 4;

double xform::workOfElement(Block &block) {
  double work = 0;
  for (Operation &op : block.without_terminator()) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        work += workOfElement(inner);
    work += isMathFunction(&op) ? kMathFunction
            : isa<arith::DivFOp, arith::DivSIOp, arith::RemSIOp>(op) ? kDivision
                                                                     : 1;
  }
  return work;
}

double xform::workOf(linalg::LinalgOp op) {
  double work = std::max(1.0, workOfElement(*op.getBlock()));
  for (int64_t range : op.getStaticLoopRanges())
    work *= static_cast<double>(range);
  return work;
}
