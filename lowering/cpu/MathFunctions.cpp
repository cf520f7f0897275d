//===- MathFunctions.cpp - --xform-cpu-math -------------------------------===//
//
// A mathematical function is some hundred operations. Each is written once for
// scalars and once for vectors of the target's width, and called; LLVM inlines
// one that is called once. Vectors of fewer lanes are filled up.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/MathFunctions.h"

#include "lowering/Passes.h"
#include "lowering/math/Expansions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUMATH
#include "lowering/Passes.h.inc"
} // namespace xform

bool xform::isMathFunction(Operation *op) {
  if (isa<arith::RemFOp>(op))
    return true;
  if (isa<math::FPowIOp, math::PowFOp>(op) &&
      elementary::smallExponent(op->getOperand(1)))
    return false;
  return isa_and_present<math::MathDialect>(op->getDialect()) &&
         !isa<math::AbsFOp, math::AbsIOp, math::CopySignOp, math::FloorOp,
              math::CeilOp, math::TruncOp, math::RoundEvenOp, math::SqrtOp,
              math::FmaOp, math::CtPopOp, math::CountLeadingZerosOp,
              math::CountTrailingZerosOp, math::IsNaNOp, math::IsInfOp,
              math::IsFiniteOp>(op);
}

static int64_t lanesOf(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.getNumElements() : 0;
}

static Type withLanes(Type type, int64_t lanes) {
  return lanes ? VectorType::get({lanes}, getElementTypeOrSelf(type)) : type;
}

namespace {

class Outlining {
public:
  Outlining(ModuleOp module, int64_t vectorBytes)
      : module(module), vectorBytes(vectorBytes) {}

  void call(Operation *op) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    int64_t lanes = lanesOf(op->getOperand(0).getType());
    int64_t wide = lanes ? std::max(lanes, lanesOfTarget(op)) : 0;
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(lanes == wide ? operand : fillUp(b, operand, wide));
    auto call = func::CallOp::create(b, functionOf(op, wide), operands);
    for (auto [old, result] : llvm::zip(op->getResults(), call.getResults()))
      old.replaceAllUsesWith(lanes == wide ? result : take(b, result, lanes));
    op->erase();
  }

private:
  int64_t lanesOfTarget(Operation *op) const {
    unsigned bits = 8;
    for (Type type : op->getOperandTypes())
      bits = std::max(bits, getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    return vectorBytes * 8 / bits;
  }

  /// Lanes that nobody reads compute with the first one's number.
  static Value fillUp(ImplicitLocOpBuilder &b, Value value, int64_t wide) {
    SmallVector<int64_t> from(wide, 0);
    std::iota(from.begin(), from.begin() + lanesOf(value.getType()), 0);
    return vector::ShuffleOp::create(b, value, value, from);
  }

  static Value take(ImplicitLocOpBuilder &b, Value value, int64_t lanes) {
    SmallVector<int64_t> from(lanes);
    std::iota(from.begin(), from.end(), 0);
    return vector::ShuffleOp::create(b, value, value, from);
  }

  func::FuncOp functionOf(Operation *op, int64_t lanes) {
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    SmallVector<Type> operands, results;
    for (Type type : op->getOperandTypes())
      operands.push_back(withLanes(type, lanes));
    for (Type type : op->getResultTypes())
      results.push_back(withLanes(type, lanes));
    FunctionType type = b.getFunctionType(operands, results);
    func::FuncOp &function = functions[{op->getName(), type}];
    if (function)
      return function;
    std::string name;
    llvm::raw_string_ostream stream(name);
    stream << op->getName();
    for (Type operand : operands)
      stream << '.' << getElementTypeOrSelf(operand);
    if (lanes)
      stream << 'x' << lanes;
    function = func::FuncOp::create(b, op->getLoc(), name, type);
    function.setPrivate();
    b.setInsertionPointToStart(function.addEntryBlock());
    OperationState state(op->getLoc(), op->getName(), function.getArguments(),
                         results);
    Operation *only = b.create(state);
    func::ReturnOp::create(b, op->getLoc(), only->getResults());
    return function;
  }

  ModuleOp module;
  int64_t vectorBytes;
  llvm::DenseMap<std::pair<OperationName, FunctionType>, func::FuncOp>
      functions;
};

struct XformCpuMath : xform::impl::XformCpuMathBase<XformCpuMath> {
  using XformCpuMathBase::XformCpuMathBase;

  void runOnOperation() override {
    SmallVector<Operation *> found;
    getOperation().walk([&](Operation *op) {
      if (isMathFunction(op))
        found.push_back(op);
    });
    Outlining outlining(getOperation(), vectorBytes);
    for (Operation *op : found)
      outlining.call(op);
  }
};

} // namespace
