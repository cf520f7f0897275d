//===- Matrices.cpp - rules on matrices in the last two axes --------------===//

#include "dialect/Matrices.h"

#include "dialect/Indexing.h"

#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace xform;

int64_t xform::rowCount(Value matrices) {
  return tensorType(matrices).getShape().take_back(2)[0];
}

int64_t xform::columnCount(Value matrices) {
  return tensorType(matrices).getShape().take_back(2)[1];
}

static bool areSquare(Value matrices) {
  return tensorType(matrices).getRank() >= 2 &&
         sizesFit(rowCount(matrices), columnCount(matrices));
}

LogicalResult xform::checkSquare(Operation *op, StringRef name, Value value) {
  if (areSquare(value))
    return success();
  return op->emitOpError("expects ")
         << name << " to have square matrices in its last two axes, got "
         << value.getType();
}

LogicalResult xform::checkSquare(std::optional<Location> location,
                                 StringRef name, Value x) {
  if (areSquare(x))
    return success();
  return emitOptionalError(location, "'xform.", name,
                           "' op expects x to have square matrices "
                           "in its last two axes, got ",
                           x.getType());
}

LogicalResult xform::checkMatrices(std::optional<Location> location,
                                   StringRef name, Value x) {
  if (tensorType(x).getRank() >= 2)
    return success();
  return emitOptionalError(location, "'xform.", name,
                           "' op expects x to have matrices in its last two "
                           "axes, got ",
                           x.getType());
}

LogicalResult xform::checkStatic(Operation *op, Value matrices) {
  RankedTensorType type = tensorType(matrices);
  if (type.hasStaticShape())
    return success();
  return op->emitOpError("is differentiated for matrices of static size, got ")
         << type;
}

int64_t xform::leastSize(Value matrices) {
  int64_t m = rowCount(matrices), n = columnCount(matrices);
  bool isDynamic = ShapedType::isDynamic(m) || ShapedType::isDynamic(n);
  return isDynamic ? ShapedType::kDynamic : std::min(m, n);
}

RankedTensorType xform::batchOf(Value matrices, ArrayRef<int64_t> own,
                                Type element) {
  SmallVector<int64_t> shape(tensorType(matrices).getShape().drop_back(2));
  llvm::append_range(shape, own);
  return RankedTensorType::get(shape, element);
}

Value xform::filled(RuleBuilder &b, StringRef number, RankedTensorType type) {
  Value scalar =
      b.literal(number, RankedTensorType::get({}, type.getElementType()));
  return b.broadcastTo(scalar, type, {});
}

Value xform::filled(RuleBuilder &b, double number, RankedTensorType type) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.17g", number);
  return filled(b, text, type);
}

double xform::epsilonOf(Value value) {
  auto element = cast<FloatType>(tensorType(value).getElementType());
  return std::ldexp(1.0, 1 - static_cast<int>(element.getFPMantissaWidth()));
}

Value xform::flipped(RuleBuilder &b, Value matrices) {
  int64_t rank = tensorType(matrices).getRank();
  SmallVector<int64_t> permutation = axesUpTo(rank);
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  return b.permute(matrices, permutation);
}

Value xform::product(RuleBuilder &b, Value lhs, Value rhs, int64_t lhsAxis,
                     int64_t rhsAxis) {
  int64_t rank = tensorType(lhs).getRank();
  SmallVector<int64_t> batch = axesUpTo(rank - 2);
  return b.fold<DotGeneralOp>(lhs, rhs, batch, batch,
                              ArrayRef<int64_t>{rank + lhsAxis},
                              ArrayRef<int64_t>{rank + rhsAxis});
}

std::pair<Value, Value> xform::indicesOf(RuleBuilder &b,
                                         RankedTensorType type) {
  auto indices = type.clone(b.getI32Type());
  uint64_t rank = type.getRank();
  return {IotaOp::create(b, indices, rank - 2),
          IotaOp::create(b, indices, rank - 1)};
}

Value xform::lowerTriangle(RuleBuilder &b, Value matrices, bool strict) {
  RankedTensorType type = tensorType(matrices);
  auto [rows, columns] = indicesOf(b, type);
  Value kept =
      strict ? b.fold<GtOp>(rows, columns) : b.fold<GeOp>(rows, columns);
  return b.fold<SelectOp>(kept, matrices, filled(b, "0", type));
}

Value xform::upperTriangle(RuleBuilder &b, Value matrices) {
  RankedTensorType type = tensorType(matrices);
  auto [rows, columns] = indicesOf(b, type);
  return b.fold<SelectOp>(b.fold<LeOp>(rows, columns), matrices,
                          filled(b, "0", type));
}

Value xform::block(RuleBuilder &b, Value matrices, Corner from, Corner to) {
  RankedTensorType type = tensorType(matrices);
  SmallVector<int64_t> starts(type.getRank() - 2, 0), limits(type.getShape());
  starts.append({from.row, from.column});
  limits.pop_back_n(2);
  limits.append({to.row, to.column});
  return b.fold<SliceOp>(matrices, starts, limits,
                         SmallVector<int64_t>(type.getRank(), 1));
}

Value xform::alongRows(RuleBuilder &b, Value vectors, RankedTensorType type) {
  return b.broadcastTo(vectors, type, axesUpTo(type.getRank() - 1));
}

Value xform::alongColumns(RuleBuilder &b, Value vectors,
                          RankedTensorType type) {
  SmallVector<int64_t> axes = axesUpTo(type.getRank() - 1);
  axes.back() += 1;
  return b.broadcastTo(vectors, type, axes);
}

Value xform::diagonalOf(RuleBuilder &b, Value matrices) {
  RankedTensorType type = tensorType(matrices);
  auto [rows, columns] = indicesOf(b, type);
  Value kept = b.fold<SelectOp>(b.fold<EqOp>(rows, columns), matrices,
                                filled(b, "0", type));
  return b.fold<ReduceSumOp>(kept, ArrayRef<int64_t>{type.getRank() - 1});
}

Value xform::roundingOf(RuleBuilder &b, Value vectors) {
  RankedTensorType type = tensorType(vectors);
  double n = static_cast<double>(type.getShape().back());
  Value largest = b.fold<ReduceMaxOp>(b.fold<AbsOp>(vectors),
                                      ArrayRef<int64_t>{type.getRank() - 1});
  Value factor = filled(b, n * epsilonOf(vectors), tensorType(largest));
  Value scaled = b.fold<MulOp>(largest, factor);
  return b.broadcastTo(scaled, type, axesUpTo(type.getRank() - 1));
}

Value xform::completingTangent(RuleBuilder &b, Value columns, Value tangent,
                               Value completing) {
  Value shared = product(b, tangent, completing, -2, -2);
  return b.fold<NegOp>(product(b, columns, shared));
}

Value xform::below(RuleBuilder &b, Value top, Value bottom) {
  return b.fold<ConcatenateOp>(ValueRange{top, bottom},
                               tensorType(top).getRank() - 2);
}

Value xform::beside(RuleBuilder &b, Value left, Value right) {
  return b.fold<ConcatenateOp>(ValueRange{left, right},
                               tensorType(left).getRank() - 1);
}

Value xform::rowsInOrder(RuleBuilder &b, Value matrices, Value rows) {
  RankedTensorType type = tensorType(rows);
  SmallVector<int64_t> shape(type.getShape());
  shape.push_back(1);
  Value vectors = b.reshapeTo(rows, shape);
  int64_t rank = tensorType(matrices).getRank();
  SmallVector<int64_t> batch = axesUpTo(rank - 2);
  return b.fold<GatherOp>(matrices, vectors, ArrayRef<int64_t>{rank - 2}, batch,
                          batch, ArrayRef<int64_t>{rank - 1}, "clip",
                          /*unique=*/true);
}

OneMatrix::OneMatrix(RuleBuilder &b, Value batch, bool wider) {
  // The batch axis goes before the columns, or before the rows.
  int64_t rank = tensorType(batch).getRank() - 1;
  int64_t place = wider ? rank - 1 : rank - 2;
  SmallVector<int64_t> permutation = shifted(axesUpTo(rank), 1);
  permutation.insert(permutation.begin() + place, 0);
  for (int64_t axis : axesUpTo(rank + 1))
    back.push_back(llvm::find(permutation, axis) - permutation.begin());
  Value moved = b.permute(batch, permutation);
  llvm::append_range(shape, tensorType(moved).getShape());
  SmallVector<int64_t> joined(shape);
  joined[place] *= joined[place + 1];
  joined.erase(joined.begin() + place + 1);
  matrices = b.reshapeTo(moved, joined);
}

Value OneMatrix::apart(RuleBuilder &b, Value computed) const {
  return b.permute(b.reshapeTo(computed, shape), back);
}
