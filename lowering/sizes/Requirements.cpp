//===- Requirements.cpp - what must hold of sizes -------------------------===//

#include "lowering/sizes/Requirements.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

using namespace mlir;
using namespace xform;

void Requirements::notNegative(OpBuilder &b, Location at, Value number) {
  Location loc = number.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value holds =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, number, zero);
  required.push_back({holds, at});
}

void Requirements::inside(OpBuilder &b, Location at, OpFoldResult dim,
                          OpFoldResult offset, OpFoldResult size,
                          OpFoldResult stride) {
  auto value = [&](OpFoldResult number) -> Value {
    if (auto known = dyn_cast<Value>(number))
      return known;
    int64_t constant = cast<IntegerAttr>(cast<Attribute>(number)).getInt();
    return arith::ConstantIndexOp::create(b, at, constant);
  };
  // How many elements are left behind the last one.
  Value one = arith::ConstantIndexOp::create(b, at, 1);
  Value steps = arith::SubIOp::create(b, at, value(size), one);
  Value last = arith::MulIOp::create(b, at, steps, value(stride));
  last = arith::AddIOp::create(b, at, value(offset), last);
  last = arith::AddIOp::create(b, at, last, one);
  notNegative(b, at, arith::SubIOp::create(b, at, value(dim), last));
}

void Requirements::write(OpBuilder &b) {
  for (auto [holds, at] : required) {
    std::string said =
        "the sizes of the arguments are too small for what is computed";
    if (auto place = at->findInstanceOf<FileLineColLoc>())
      said +=
          (" at " + place.getFilename().strref() + ":" + Twine(place.getLine()))
              .str();
    cf::AssertOp::create(b, at, holds, said);
  }
  required.clear();
}
