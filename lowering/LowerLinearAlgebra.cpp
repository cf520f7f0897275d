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

/// The most rows of a matrix for which a function takes the whole: it runs on
/// one core. Of larger ones it takes panels, whose products cores share.
constexpr int64_t kMostRows = 512;

/// What each operation becomes: steps on tensors, or what stands for functions
/// of our machine code's runtime.
class Algorithm {
public:
  Algorithm(MatrixBuilder &b, bool callsFunctions)
      : b(b), callsFunctions(callsFunctions) {}

  SmallVector<Value> of(Operation *op, ArrayRef<Value> x) {
    using Values = SmallVector<Value>;
    return TypeSwitch<Operation *, Values>(op)
        .Case([&](CholeskyOp) { return Values{cholesky(x[0])}; })
        .Case([&](TriangularSolveOp op) {
          TriangularKind kind{op.getLeftSide(), op.getLower(),
                              op.getTransposeA(), op.getUnitDiagonal()};
          return Values{solve(kind, x[0], x[1])};
        })
        .Case([&](LuOp) {
          LuFactors found = lu(x[0]);
          return Values{found.factors, found.pivots, found.permutation};
        })
        .Case([&](LuSolveOp op) {
          return Values{
              solveByLu(b, x[1], x[2], x[3], op.getTransposeA(),
                        [&](const TriangularKind &kind, Value a, Value rhs) {
                          return solve(kind, a, rhs);
                        })};
        })
        .Case([&](QrOp op) {
          QrFactors found = qr(x[0], op.getComplete());
          return Values{found.q, found.r};
        })
        .Case([&](EighOp) {
          EighFactors found = eigh(x[0]);
          return Values{found.w, found.v};
        })
        .Case([&](SchurOp) {
          SchurFactors found = schur(x[0]);
          return Values{found.t, found.z};
        })
        .Case([&](EigOp) {
          EigFactors found = eig(x[0]);
          return Values{found.wr, found.wi, found.vr, found.vi};
        })
        .Case([&](SvdOp op) {
          SvdFactors found = factorSvd(
              b, x[0], op.getComplete(), [&](Value x) { return svd(x); },
              [&](Value x, bool complete) { return qr(x, complete); });
          return Values{found.u, found.s, found.vt};
        });
  }

private:
  /// Whether a function takes matrices of so many rows.
  bool isCalled(int64_t rows) const {
    return callsFunctions && rows <= kMostRows;
  }

  Value cholesky(Value x) {
    return isCalled(rowCount(x)) ? CholeskyOp::create(b, x).getResult()
                                 : factorCholesky(b, x);
  }

  Value solve(const TriangularKind &kind, Value a, Value rhs) {
    if (!isCalled(rowCount(a)))
      return solveTriangular(b, kind, a, rhs);
    return TriangularSolveOp::create(b, a, rhs, kind.leftSide, kind.lower,
                                     kind.transposed, kind.unitDiagonal);
  }

  LuFactors lu(Value x) {
    if (isCalled(columnCount(x)))
      return luByFunction(x);
    // A leaf of the recursion has as many columns as a function takes well.
    if (callsFunctions)
      return factorLu(
          b, x, kMostRows / 2, [&](Value panel) { return luByFunction(panel); },
          [&](const TriangularKind &kind, Value a, Value rhs) {
            return solve(kind, a, rhs);
          });
    return factorLu(b, x);
  }

  LuFactors luByFunction(Value x) {
    auto op = LuOp::create(b, x);
    return {op.getFactors(), op.getPivots(), op.getPermutation()};
  }

  QrFactors qr(Value x, bool complete) {
    if (!callsFunctions)
      return factorQr(b, x, complete);
    auto op = QrOp::create(b, x, complete);
    return {op.getQ(), op.getR()};
  }

  EighFactors eigh(Value x) {
    if (!callsFunctions)
      return jacobiEigh(b, x);
    auto op = EighOp::create(b, x);
    return {op.getW(), op.getV()};
  }

  SchurFactors schur(Value x) {
    if (!callsFunctions)
      return iterateSchur(b, x);
    auto op = SchurOp::create(b, x);
    return {op.getT(), op.getZ()};
  }

  EigFactors eig(Value x) {
    if (!callsFunctions)
      return iterateEig(b, x);
    auto op = EigOp::create(b, x);
    return {op.getWr(), op.getWi(), op.getVr(), op.getVi()};
  }

  SvdFactors svd(Value x) {
    if (!callsFunctions)
      return jacobiSvd(b, x);
    auto op = SvdOp::create(b, x, /*complete=*/false);
    return {op.getU(), op.getS(), op.getVt()};
  }

  MatrixBuilder &b;
  bool callsFunctions;
};

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
                  return Algorithm(b, callsFunctions).of(op, operands);
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
               SchurOp, EigOp, SvdOp>(op))
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
