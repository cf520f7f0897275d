//===- RuleBuilder.h - what rules are written with --------------*- C++ -*-===//
//
// A rule of a primitive (jvp, transpose, batching) writes ops through a
// RuleBuilder: an op builder at the primitive's location that folds what it
// can, and that knows how to derive functions for the ops that call one.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_RULEBUILDER_H
#define XFORM_DIALECT_RULEBUILDER_H

#include "dialect/Axes.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

using llvm::ArrayRef;
using llvm::LogicalResult;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using mlir::Location;
using mlir::Operation;
using mlir::RankedTensorType;
using mlir::Type;
using mlir::Value;
using mlir::ValueRange;

class DerivedFunctions;

class RuleBuilder : public mlir::ImplicitLocOpBuilder {
public:
  RuleBuilder(Location loc, mlir::OpBuilder builder, DerivedFunctions *derived)
      : ImplicitLocOpBuilder(loc, builder), derived(derived) {}

  /// Builds an op, or only finds its folded result.
  template <typename OpTy, typename... Args> Value fold(Args &&...args) {
    return createOrFold<OpTy>(std::forward<Args>(args)...);
  }

  /// A constant with the given decimal number in every element.
  Value literal(StringRef number, Type type);
  Value zeros(Type type) { return literal("0", type); }

  /// The sum of two values of one type, either of which may be null (zero).
  Value accumulate(Value sum, Value term);

  /// `value` repeated along a new leading axis.
  Value broadcastBatch(Value value, int64_t size);

  /// The rows of a value that is batched already or is the same in each, and
  /// those of several.
  Value rowsOf(Value value, bool batched, int64_t size) {
    return batched ? value : broadcastBatch(value, size);
  }
  SmallVector<Value> rowsOf(ValueRange values, ArrayRef<bool> batched,
                            int64_t size);

  /// `value` with other axes in front of its own, each repeated.
  Value broadcastTo(Value value, RankedTensorType type, ArrayRef<int64_t> dims);
  Value reshapeTo(Value value, ArrayRef<int64_t> shape);
  Value permute(Value value, ArrayRef<int64_t> permutation);

  /// The functions derived from the callees of ops like xform.scan; null where
  /// a rule is used outside --xform-expand-transforms.
  DerivedFunctions *derived;

  // What the keywords of Rules.td stand for.

  /// (Linear): the op itself on the tangents of its linear operands (all if
  /// `linear` is empty), the others kept.
  LogicalResult linearJvp(Operation *op, ValueRange tangents,
                          ArrayRef<bool> linear,
                          SmallVectorImpl<Value> &resultTangents);
  /// (Bilinear)
  LogicalResult bilinearJvp(Operation *op, ValueRange tangents,
                            SmallVectorImpl<Value> &resultTangents);
  /// (ByElement)
  LogicalResult batchByElement(Operation *op, ValueRange operands,
                               ArrayRef<bool> batched, int64_t size,
                               SmallVectorImpl<Value> &results);
  /// (ShiftAxes "attribute")
  LogicalResult batchShiftingAxes(Operation *op, ValueRange operands,
                                  StringRef attribute,
                                  SmallVectorImpl<Value> &results);

  /// Whether an op is linear in the marked operands: jointly, the unmarked
  /// ones among `allowed` being zero, or, unless `together`, in one alone.
  static bool linearIn(Operation *op, ArrayRef<bool> linear,
                       ArrayRef<bool> allowed, bool together);
};

inline RankedTensorType tensorType(Value value) {
  return mlir::cast<RankedTensorType>(value.getType());
}

/// The type with a leading axis of the given size, and without its leading one.
RankedTensorType batchedType(Type type, int64_t size);
RankedTensorType rowType(Type type);

/// Whether tangents of this type exist: only floating types have them.
bool isDifferentiable(Type type);

/// Whether the value is a constant with this number in every element.
bool isSplat(Value value, double number);

/// The attribute if it is one number in every element, null if not.
mlir::DenseElementsAttr splatOf(mlir::Attribute attr);

} // namespace xform

#endif // XFORM_DIALECT_RULEBUILDER_H
