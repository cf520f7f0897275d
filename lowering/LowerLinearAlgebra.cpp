//===- LowerLinearAlgebra.cpp - --xform-lower-linear-algebra --------------===//

#include "dialect/LinearAlgebra.h"
#include "lowering/Passes.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/matrices/Algorithms.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace xform {

#define GEN_PASS_DEF_XFORMLOWERLINEARALGEBRA
#include "lowering/Passes.h.inc"

namespace {

/// Computes in the type that arithmetic on the elements of floats is done in.
SmallVector<Value>
compute(MatrixBuilder &b, Operation *op,
        function_ref<SmallVector<Value>(ArrayRef<Value>)> algorithm) {
  auto converted = [&](Value value, Type element) -> Value {
    RankedTensorType type = tensorType(value);
    if (!isa<FloatType>(type.getElementType()) ||
        type.getElementType() == element)
      return value;
    return ConvertOp::create(b, type.clone(element), value);
  };
  Type element = tensorType(op->getOperand(0)).getElementType();
  SmallVector<Value> wide;
  for (Value operand : op->getOperands())
    wide.push_back(converted(operand, arithmeticType(element)));
  SmallVector<Value> results = algorithm(wide);
  for (Value &result : results)
    result = converted(result, element);
  return results;
}

/// Of a square matrix, by a function of our machine code's runtime or by
/// rotations.
SvdFactors factorSquare(MatrixBuilder &b, Value x, bool callsFunctions) {
  if (!callsFunctions)
    return jacobiSvd(b, x);
  auto op = SvdOp::create(b, x, /*complete=*/false);
  return {op.getU(), op.getS(), op.getVt()};
}

EighFactors factorSymmetric(MatrixBuilder &b, Value x, bool callsFunctions) {
  if (!callsFunctions)
    return jacobiEigh(b, x);
  auto op = EighOp::create(b, x);
  return {op.getW(), op.getV()};
}

SmallVector<Value> algorithm(MatrixBuilder &b, Operation *op,
                             ArrayRef<Value> operands, bool callsFunctions) {
  using Values = SmallVector<Value>;
  return TypeSwitch<Operation *, Values>(op)
      .Case([&](CholeskyOp) { return Values{factorCholesky(b, operands[0])}; })
      .Case([&](TriangularSolveOp op) {
        TriangularKind kind{op.getLeftSide(), op.getLower(), op.getTransposeA(),
                            op.getUnitDiagonal()};
        return Values{solveTriangular(b, kind, operands[0], operands[1])};
      })
      .Case([&](LuOp) {
        LuFactors found = factorLu(b, operands[0]);
        return Values{found.factors, found.pivots, found.permutation};
      })
      .Case([&](QrOp op) {
        QrFactors found = factorQr(b, operands[0], op.getComplete());
        return Values{found.q, found.r};
      })
      .Case([&](EighOp) {
        EighFactors found = factorSymmetric(b, operands[0], callsFunctions);
        return Values{found.w, found.v};
      })
      .Case([&](SvdOp op) {
        SvdFactors found = factorSvd(
            b, operands[0], op.getComplete(), [&](MatrixBuilder &b, Value x) {
              return factorSquare(b, x, callsFunctions);
            });
        return Values{found.u, found.s, found.vt};
      })
      .Case([&](LuSolveOp op) {
        return Values{solveByLu(b, operands[1], operands[2], operands[3],
                                op.getTransposeA())};
      });
}

/// What takes no matrices with elements gives numbers that do not depend on it:
/// none, zeros, or columns that complete none.
SmallVector<Value> resultsOfNothing(MatrixBuilder &b, Operation *op) {
  SmallVector<Value> results;
  for (Type type : op->getResultTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    if (!isa<FloatType>(tensor.getElementType())) {
      results.push_back(IotaOp::create(b, tensor, tensor.getRank() - 1));
      continue;
    }
    Value zeros = b.zeros(tensor);
    bool isSquare = isa<QrOp, SvdOp>(op) && tensor.getRank() >= 2 &&
                    rowCount(zeros) == columnCount(zeros);
    if (isSquare) {
      auto [rows, columns] = indicesOf(b, tensor);
      zeros = b.fold<SelectOp>(b.fold<EqOp>(rows, columns),
                               b.literal("1", tensor), zeros);
    }
    results.push_back(zeros);
  }
  return results;
}

LogicalResult lower(Operation *op, bool callsFunctions) {
  for (Value operand : op->getOperands())
    if (llvm::any_of(tensorType(operand).getShape().take_back(2),
                     ShapedType::isDynamic))
      return op->emitOpError("needs matrices of static size, got ")
             << tensorType(operand);
  MatrixBuilder b(op);
  bool isEmpty = llvm::any_of(op->getOperands(), [](Value operand) {
    return llvm::is_contained(tensorType(operand).getShape(), 0);
  });
  op->replaceAllUsesWith(
      isEmpty ? resultsOfNothing(b, op)
              : compute(b, op, [&](ArrayRef<Value> operands) {
                  return algorithm(b, op, operands, callsFunctions);
                }));
  op->erase();
  return success();
}

struct LowerLinearAlgebra
    : impl::XformLowerLinearAlgebraBase<LowerLinearAlgebra> {
  using XformLowerLinearAlgebraBase::XformLowerLinearAlgebraBase;

  void runOnOperation() override {
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (!isa<CholeskyOp, TriangularSolveOp, LuOp, LuSolveOp, QrOp, EighOp,
               SvdOp>(op))
        return WalkResult::advance();
      return failed(lower(op, callsFunctions)) ? WalkResult::interrupt()
                                               : WalkResult::skip();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace

} // namespace xform
