//===- LowerLinearAlgebra.cpp - --xform-lower-linear-algebra --------------===//
//
// A factorisation or a solve goes through the matrix in panels: what earlier
// panels contribute is one product of matrices, whose operand is zero where
// nothing has been computed yet, so that every panel has one program. Within
// a panel one column or row is eliminated at a time. All matrices of a batch
// take each step together.
//
//===----------------------------------------------------------------------===//

#include "dialect/LinearAlgebra.h"
#include "lowering/Passes.h"
#include "lowering/linalg/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace xform {

#define GEN_PASS_DEF_XFORMLOWERLINEARALGEBRA
#include "lowering/Passes.h.inc"

namespace {

/// The columns of a panel: fewer make more products, more make longer runs of
/// elimination steps, each of which touches the whole panel.
constexpr int64_t panelWidth = 32;

/// Up to so many elimination steps are written out rather than looped over.
constexpr int64_t unrolledSteps = 2;

/// An interval of rows or columns; `single` ones are dropped from the shape.
struct Interval {
  OpFoldResult start;
  int64_t size;
  bool single = false;
};

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

int64_t rowsOf(Value matrices) {
  return typeOf(matrices).getShape().take_back(2)[0];
}

int64_t columnsOf(Value matrices) {
  return typeOf(matrices).getShape().take_back(2)[1];
}

/// Writes the steps of both algorithms, for matrices of f32 or f64 in the last
/// two axes of tensors.
class MatrixBuilder : public RuleBuilder {
public:
  explicit MatrixBuilder(Operation *op)
      : RuleBuilder(op->getLoc(), OpBuilder(op), nullptr) {}
  MatrixBuilder(Location loc, OpBuilder &builder)
      : RuleBuilder(loc, builder, nullptr) {}

  OpFoldResult at(int64_t index) { return getIndexAttr(index); }

  Value toIndex(OpFoldResult index) {
    if (auto value = dyn_cast<Value>(index))
      return value;
    return arith::ConstantIndexOp::create(
        *this, cast<IntegerAttr>(cast<Attribute>(index)).getInt());
  }

  OpFoldResult sum(OpFoldResult x, OpFoldResult y) {
    auto m = getConstantIntValue(x), n = getConstantIntValue(y);
    if (m && n)
      return at(*m + *n);
    if (m == 0 || n == 0)
      return m == 0 ? y : x;
    return arith::AddIOp::create(*this, toIndex(x), toIndex(y)).getResult();
  }

  /// Part of each matrix.
  Value part(Value matrices, Interval rows, Interval columns) {
    Window window(*this, matrices, rows, columns);
    RankedTensorType type = typeOf(matrices);
    SmallVector<int64_t> shape(type.getShape().drop_back(2));
    for (const Interval &interval : {rows, columns})
      if (!interval.single)
        shape.push_back(interval.size);
    return tensor::ExtractSliceOp::create(*this, type.clone(shape), matrices,
                                          window.offsets, window.sizes,
                                          window.strides);
  }

  /// The matrices with a part replaced.
  Value withPart(Value matrices, Value part, Interval rows, Interval columns) {
    Window window(*this, matrices, rows, columns);
    return tensor::InsertSliceOp::create(*this, part, matrices, window.offsets,
                                         window.sizes, window.strides);
  }

  /// A loop of `count` steps over one value; up to `unrolled` are written out.
  Value repeat(int64_t count, int64_t stride, int64_t unrolled, Value start,
               function_ref<Value(MatrixBuilder &, OpFoldResult, Value)> step) {
    if (count <= unrolled) {
      for (int64_t index = 0; index < count; ++index)
        start = step(*this, at(index * stride), start);
      return start;
    }
    auto loop = scf::ForOp::create(
        *this, toIndex(at(0)), toIndex(at(count * stride)), toIndex(at(stride)),
        start,
        [&](OpBuilder &builder, Location loc, Value index, ValueRange carried) {
          MatrixBuilder inner(loc, builder);
          scf::YieldOp::create(inner, step(inner, index, carried[0]));
        });
    return loop.getResult(0);
  }

  /// The panels of an axis of n: whole ones, then the rest.
  Value panels(int64_t n, Value start,
               function_ref<Value(MatrixBuilder &, Interval, Value)> panel) {
    int64_t whole = n / panelWidth;
    Value value =
        repeat(whole, panelWidth, /*unrolled=*/1, start,
               [&](MatrixBuilder &b, OpFoldResult first, Value carried) {
                 return panel(b, Interval{first, panelWidth}, carried);
               });
    if (int64_t rest = n % panelWidth)
      value = panel(*this, Interval{at(whole * panelWidth), rest}, value);
    return value;
  }

  /// A number in every element of a tensor shaped like another.
  Value filledLike(StringRef number, Value like) {
    RankedTensorType type = typeOf(like);
    Value scalar =
        literal(number, RankedTensorType::get({}, type.getElementType()));
    return broadcastTo(scalar, type, {});
  }

  /// The matrices with zeros above, or unless `lower` below, the diagonal.
  Value triangle(Value matrices, bool lower) {
    RankedTensorType type = typeOf(matrices);
    auto indices = type.clone(getI32Type());
    uint64_t rank = type.getRank();
    Value rows = IotaOp::create(*this, indices, rank - 2);
    Value columns = IotaOp::create(*this, indices, rank - 1);
    Value kept = lower ? fold<GeOp>(rows, columns) : fold<LeOp>(rows, columns);
    return fold<SelectOp>(kept, matrices, filledLike("0", matrices));
  }

  /// The products of matrices over an axis of each, -2 or -1.
  Value product(Value lhs, Value rhs, int64_t lhsAxis, int64_t rhsAxis) {
    int64_t rank = typeOf(lhs).getRank();
    SmallVector<int64_t> batch = axesUpTo(rank - 2);
    return fold<DotGeneralOp>(lhs, rhs, batch, batch,
                              ArrayRef<int64_t>{rank + lhsAxis},
                              ArrayRef<int64_t>{rank + rhsAxis});
  }

  /// One step on all elements of the matrices. The body is given the row and
  /// column of an element, the element, and one of each of `vectors`, which
  /// have the batch axes and, as `axes` says, one for rows (0), for columns
  /// (1) or neither (-1).
  Value eachElement(
      Value matrices, ArrayRef<Value> vectors, ArrayRef<int> axes,
      function_ref<Value(MatrixBuilder &, Value, Value, ValueRange)> body) {
    RankedTensorType type = typeOf(matrices);
    int64_t rank = type.getRank();
    SmallVector<AffineMap> maps{getMultiDimIdentityMap(rank)};
    for (int axis : axes) {
      SmallVector<unsigned> dims =
          llvm::to_vector(llvm::seq<unsigned>(0, rank - 2));
      if (axis >= 0)
        dims.push_back(rank - 2 + axis);
      maps.push_back(
          AffineMap::getMultiDimMapWithTargets(rank, dims, getContext()));
    }
    maps.push_back(maps.front());
    SmallVector<Value> operands{matrices};
    llvm::append_range(operands, vectors);
    Value empty = tensor::EmptyOp::create(
        *this, tensor::getMixedSizes(*this, getLoc(), matrices),
        type.getElementType());
    SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               *this, type, operands, empty, maps, loops,
               [&](OpBuilder &builder, Location loc, ValueRange elements) {
                 MatrixBuilder inner(loc, builder);
                 Value row = linalg::IndexOp::create(inner, rank - 2);
                 Value column = linalg::IndexOp::create(inner, rank - 1);
                 linalg::YieldOp::create(
                     inner, body(inner, row, column, elements.drop_back()));
               })
        .getResult(0);
  }

  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(*this, predicate, x, y);
  }

  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(*this, condition, x, y);
  }

private:
  struct Window {
    SmallVector<OpFoldResult> offsets, sizes, strides;

    Window(OpBuilder &b, Value matrices, const Interval &rows,
           const Interval &columns)
        : sizes(tensor::getMixedSizes(b, matrices.getLoc(), matrices)) {
      offsets.assign(sizes.size(), b.getIndexAttr(0));
      strides.assign(sizes.size(), b.getIndexAttr(1));
      size_t axis = sizes.size() - 2;
      for (const Interval &interval : {rows, columns}) {
        offsets[axis] = interval.start;
        sizes[axis++] = b.getIndexAttr(interval.size);
      }
    }
  };
};

//===----------------------------------------------------------------------===//
// cholesky
//===----------------------------------------------------------------------===//

/// Eliminates the columns of a panel, of which column 0 has its diagonal in
/// row `first`, and clears what is above the diagonal.
Value factorPanel(MatrixBuilder &b, Value panel, OpFoldResult first) {
  Interval rows{b.at(0), rowsOf(panel)};
  int64_t width = columnsOf(panel);
  return b.repeat(
      width, 1, unrolledSteps, panel,
      [&](MatrixBuilder &b, OpFoldResult j, Value panel) {
        Interval column{j, 1, true};
        OpFoldResult diagonal = b.sum(first, j);
        Value down = b.part(panel, rows, column);
        Value across = b.part(panel, Interval{first, width}, column);
        Value pivot = b.part(panel, Interval{diagonal, 1, true}, column);
        Value diagonalRow = b.toIndex(diagonal), place = b.toIndex(j);
        return b.eachElement(
            panel, {down, across, pivot}, {0, 1, -1},
            [&](MatrixBuilder &b, Value row, Value column, ValueRange x) {
              Value old = x[0], below = x[1], beside = x[2], pivot = x[3];
              Type type = old.getType();
              Value zero = floatConstant(b, type, 0);
              Value positive = arith::CmpFOp::create(
                  b, arith::CmpFPredicate::OGT, pivot, zero);
              Value nan = floatConstant(
                  b, type, std::numeric_limits<double>::quiet_NaN());
              Value safe = b.select(positive, pivot, nan);
              Value root = math::SqrtOp::create(b, safe);
              Value scaled = arith::DivFOp::create(b, below, root);
              Value ratio = arith::DivFOp::create(b, below, safe);
              Value update = arith::SubFOp::create(
                  b, old, arith::MulFOp::create(b, ratio, beside));
              using Predicate = arith::CmpIPredicate;
              Value above = b.compare(Predicate::ult, row, diagonalRow);
              Value later = b.compare(Predicate::ugt, column, place);
              Value here = b.compare(Predicate::eq, column, place);
              Value finished = b.select(above, zero, scaled);
              return b.select(here, finished, b.select(later, update, old));
            });
      });
}

Value factor(MatrixBuilder &b, Value x) {
  int64_t n = rowsOf(x);
  if (n <= panelWidth)
    return factorPanel(b, x, b.at(0));
  Interval all{b.at(0), n};
  return b.panels(n, b.filledLike("0", x),
                  [&](MatrixBuilder &b, Interval columns, Value factor) {
                    Value rows = b.part(factor, columns, all);
                    Value before = b.product(factor, rows, -1, -1);
                    Value panel =
                        b.fold<SubOp>(b.part(x, all, columns), before);
                    panel = factorPanel(b, panel, columns.start);
                    return b.withPart(factor, panel, all, columns);
                  });
}

//===----------------------------------------------------------------------===//
// triangular_solve
//===----------------------------------------------------------------------===//

/// A system m x = b, or x^T m^T = b^T, where m is a or its transpose.
struct System {
  /// Whether x stands with the index of m as rows.
  bool byRows;
  /// Whether m is the transpose of a.
  bool transposed;
  /// Whether m is lower triangular: solved from its first row on.
  bool forward;
  bool unitDiagonal;

  explicit System(TriangularSolveOp op)
      : byRows(op.getLeftSide()),
        transposed(op.getLeftSide() == op.getTransposeA()),
        forward(op.getLower() != transposed),
        unitDiagonal(op.getUnitDiagonal()) {}

  /// Part of m.
  Value ofMatrix(MatrixBuilder &b, Value a, Interval rows,
                 Interval columns) const {
    return transposed ? b.part(a, columns, rows) : b.part(a, rows, columns);
  }

  /// Some rows of x.
  Value ofSolution(MatrixBuilder &b, Value x, Interval rows) const {
    Interval all{b.at(0), byRows ? columnsOf(x) : rowsOf(x)};
    return byRows ? b.part(x, rows, all) : b.part(x, all, rows);
  }

  Value withRows(MatrixBuilder &b, Value x, Value part, Interval rows) const {
    Interval all{b.at(0), byRows ? columnsOf(x) : rowsOf(x)};
    return byRows ? b.withPart(x, part, rows, all)
                  : b.withPart(x, part, all, rows);
  }

  /// m x, for some rows of m.
  Value product(MatrixBuilder &b, Value matrix, Value x) const {
    int64_t axis = transposed ? -2 : -1;
    return byRows ? b.product(matrix, x, axis, -2)
                  : b.product(x, matrix, -1, axis);
  }

  /// Position `index` of n steps that run forward or backward.
  OpFoldResult inOrder(MatrixBuilder &b, OpFoldResult index, int64_t size,
                       int64_t n) const {
    if (forward)
      return index;
    if (auto number = getConstantIntValue(index))
      return b.at(n - size - *number);
    return arith::SubIOp::create(b, b.toIndex(b.at(n - size)), b.toIndex(index))
        .getResult();
  }
};

/// Solves a system of few rows, one at a time.
Value solvePanel(MatrixBuilder &b, const System &system, Value a, Value x) {
  int64_t n = rowsOf(a);
  return b.repeat(
      n, 1, unrolledSteps, x,
      [&](MatrixBuilder &b, OpFoldResult index, Value x) {
        OpFoldResult j = system.inOrder(b, index, 1, n);
        Interval here{j, 1, true};
        Value column = system.ofMatrix(b, a, Interval{b.at(0), n}, here);
        Value pivot = system.ofMatrix(b, a, here, here);
        Value solved = system.ofSolution(b, x, here);
        Value place = b.toIndex(j);
        int along = system.byRows ? 0 : 1;
        return b.eachElement(
            x, {column, solved, pivot}, {along, 1 - along, -1},
            [&](MatrixBuilder &b, Value row, Value column,
                ValueRange elements) {
              Value old = elements[0], coefficient = elements[1],
                    known = elements[2], pivot = elements[3];
              Value index = system.byRows ? row : column;
              Value ratio = coefficient, result = old;
              if (!system.unitDiagonal) {
                ratio = arith::DivFOp::create(b, coefficient, pivot);
                result = arith::DivFOp::create(b, old, pivot);
              }
              Value update = arith::SubFOp::create(
                  b, old, arith::MulFOp::create(b, ratio, known));
              using Predicate = arith::CmpIPredicate;
              Value later =
                  b.compare(system.forward ? Predicate::ugt : Predicate::ult,
                            index, place);
              Value isHere = b.compare(Predicate::eq, index, place);
              return b.select(isHere, result, b.select(later, update, old));
            });
      });
}

Value solve(MatrixBuilder &b, const System &system, Value a, Value rhs) {
  int64_t n = rowsOf(a);
  if (n <= panelWidth)
    return solvePanel(b, system, a, rhs);
  // What a product must not meet may be anything, NaN for one.
  Value read = b.triangle(a, system.forward != system.transposed);
  Interval all{b.at(0), n};
  return b.panels(
      n, b.filledLike("0", rhs), [&](MatrixBuilder &b, Interval rows, Value x) {
        rows.start = system.inOrder(b, rows.start, rows.size, n);
        Value matrix = system.ofMatrix(b, read, rows, all);
        Value before = system.product(b, matrix, x);
        Value left = b.fold<SubOp>(system.ofSolution(b, rhs, rows), before);
        Value square = b.part(a, rows, rows);
        return system.withRows(b, x, solvePanel(b, system, square, left), rows);
      });
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Computes in the type that arithmetic on its elements is done in.
Value inArithmeticType(
    MatrixBuilder &b, ValueRange operands,
    function_ref<Value(MatrixBuilder &, ArrayRef<Value>)> compute) {
  Type element = typeOf(operands[0]).getElementType();
  Type computed = arithmeticType(element);
  if (computed == element)
    return compute(b, llvm::to_vector(operands));
  SmallVector<Value> wide;
  for (Value operand : operands)
    wide.push_back(
        ConvertOp::create(b, typeOf(operand).clone(computed), operand));
  Value result = compute(b, wide);
  return ConvertOp::create(b, typeOf(result).clone(element), result);
}

LogicalResult lower(Operation *op) {
  for (Value operand : op->getOperands())
    if (llvm::any_of(typeOf(operand).getShape().take_back(2),
                     ShapedType::isDynamic))
      return op->emitOpError("needs matrices of static size, got ")
             << typeOf(operand);
  MatrixBuilder b(op);
  Value result = op->getOperands().back();
  RankedTensorType type = typeOf(result);
  if (!type.hasStaticShape() || type.getNumElements() != 0)
    result = inArithmeticType(
        b, op->getOperands(), [&](MatrixBuilder &b, ArrayRef<Value> operands) {
          if (auto triangular = dyn_cast<TriangularSolveOp>(op))
            return solve(b, System(triangular), operands[0], operands[1]);
          return factor(b, operands[0]);
        });
  op->getResult(0).replaceAllUsesWith(result);
  op->erase();
  return success();
}

struct LowerLinearAlgebra
    : impl::XformLowerLinearAlgebraBase<LowerLinearAlgebra> {
  void runOnOperation() override {
    WalkResult walk = getOperation().walk([](Operation *op) {
      if (!isa<CholeskyOp, TriangularSolveOp>(op))
        return WalkResult::advance();
      return failed(lower(op)) ? WalkResult::interrupt() : WalkResult::skip();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace

} // namespace xform
