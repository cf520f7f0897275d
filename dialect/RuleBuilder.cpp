//===- RuleBuilder.cpp - what rules are written with ----------------------===//

#include "dialect/RuleBuilder.h"
#include "dialect/Ops.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace xform;

RankedTensorType xform::batchedType(Type type, int64_t size) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.clone(withFront(size, tensor.getShape()));
}

RankedTensorType xform::rowType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.clone(tensor.getShape().drop_front());
}

bool xform::isDifferentiable(Type type) {
  return isa<FloatType>(getElementTypeOrSelf(type));
}

bool xform::isSplat(Value value, double number) {
  DenseElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)) || !attr.isSplat())
    return false;
  if (isa<FloatType>(attr.getElementType()))
    return attr.getSplatValue<APFloat>().convertToDouble() == number &&
           !(number == 0 && attr.getSplatValue<APFloat>().isNegative());
  return attr.getSplatValue<APInt>().getSExtValue() ==
         static_cast<int64_t>(number);
}

DenseElementsAttr xform::splatOf(Attribute attr) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(attr);
  return elements && elements.isSplat() ? elements : DenseElementsAttr();
}

Value RuleBuilder::literal(StringRef number, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  Attribute value;
  if (auto floating = dyn_cast<FloatType>(element))
    value =
        FloatAttr::get(floating, APFloat(floating.getFloatSemantics(), number));
  else
    value =
        IntegerAttr::get(element, APInt(element.getIntOrFloatBitWidth(), number,
                                        /*radix=*/10));
  return ConstantOp::create(*this, DenseElementsAttr::get(tensor, value));
}

Value RuleBuilder::accumulate(Value sum, Value term) {
  if (!sum || !term)
    return sum ? sum : term;
  return fold<AddOp>(sum, term);
}

Value RuleBuilder::broadcastBatch(Value value, int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  return broadcastTo(value, batchedType(type, size),
                     shifted(axesUpTo(type.getRank()), 1));
}

SmallVector<Value> RuleBuilder::rowsOf(ValueRange values,
                                       ArrayRef<bool> batched, int64_t size) {
  SmallVector<Value> rows;
  for (auto [value, isBatched] : llvm::zip_equal(values, batched))
    rows.push_back(rowsOf(value, isBatched, size));
  return rows;
}

Value RuleBuilder::broadcastTo(Value value, RankedTensorType type,
                               ArrayRef<int64_t> dims) {
  return fold<BroadcastInDimOp>(type, value, dims);
}

Value RuleBuilder::reshapeTo(Value value, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  return fold<ReshapeOp>(type.clone(shape), value);
}

Value RuleBuilder::permute(Value value, ArrayRef<int64_t> permutation) {
  return fold<TransposeOp>(value, permutation);
}

/// The op with other operands and result types, folded if it can be.
static LogicalResult cloneWith(RuleBuilder &b, Operation *op,
                               ValueRange operands, TypeRange resultTypes,
                               DictionaryAttr attributes,
                               SmallVectorImpl<Value> &results) {
  OperationState state(b.getLoc(), op->getName(), operands, resultTypes,
                       attributes.getValue());
  Operation *clone = b.create(state);
  // An op that was only changed in place, its operands exchanged, stays.
  if (succeeded(b.tryFold(clone, results)) && !results.empty()) {
    clone->erase();
    return success();
  }
  results.assign(clone->result_begin(), clone->result_end());
  return success();
}

LogicalResult RuleBuilder::linearJvp(Operation *op, ValueRange tangents,
                                     ArrayRef<bool> linear,
                                     SmallVectorImpl<Value> &resultTangents) {
  SmallVector<Value> operands;
  bool any = false;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    if (!linear.empty() && !linear[index]) {
      operands.push_back(operand);
      continue;
    }
    any |= static_cast<bool>(tangents[index]);
    if (!tangents[index] && !isDifferentiable(operand.getType())) {
      resultTangents.push_back(Value());
      return success();
    }
    operands.push_back(tangents[index] ? tangents[index]
                                       : zeros(operand.getType()));
  }
  if (!any) {
    resultTangents.assign(op->getNumResults(), Value());
    return success();
  }
  return cloneWith(*this, op, operands, op->getResultTypes(),
                   op->getAttrDictionary(), resultTangents);
}

LogicalResult RuleBuilder::bilinearJvp(Operation *op, ValueRange tangents,
                                       SmallVectorImpl<Value> &resultTangents) {
  Value sum;
  for (int index : {0, 1}) {
    if (!tangents[index])
      continue;
    SmallVector<Value> operands(op->getOperands());
    operands[index] = tangents[index];
    SmallVector<Value> term;
    if (failed(cloneWith(*this, op, operands, op->getResultTypes(),
                         op->getAttrDictionary(), term)))
      return failure();
    sum = accumulate(sum, term[0]);
  }
  resultTangents.push_back(sum);
  return success();
}

LogicalResult RuleBuilder::batchByElement(Operation *op, ValueRange operands,
                                          ArrayRef<bool> batched, int64_t size,
                                          SmallVectorImpl<Value> &results) {
  SmallVector<Type> types;
  for (Type type : op->getResultTypes())
    types.push_back(batchedType(type, size));
  return cloneWith(*this, op, rowsOf(operands, batched, size), types,
                   op->getAttrDictionary(), results);
}

LogicalResult RuleBuilder::batchShiftingAxes(Operation *op, ValueRange operands,
                                             StringRef attribute,
                                             SmallVectorImpl<Value> &results) {
  NamedAttrList attributes(op->getAttrDictionary());
  if (auto axis = op->getAttrOfType<IntegerAttr>(attribute)) {
    attributes.set(attribute, getI64IntegerAttr(axis.getInt() + 1));
  } else {
    auto axes = op->getAttrOfType<DenseI64ArrayAttr>(attribute);
    attributes.set(attribute,
                   getDenseI64ArrayAttr(shifted(axes.asArrayRef(), 1)));
  }
  int64_t size = cast<RankedTensorType>(operands[0].getType()).getDimSize(0);
  SmallVector<Type> types;
  for (Type type : op->getResultTypes())
    types.push_back(batchedType(type, size));
  return cloneWith(*this, op, operands, types,
                   attributes.getDictionary(getContext()), results);
}

bool RuleBuilder::linearIn(Operation *op, ArrayRef<bool> linear,
                           ArrayRef<bool> allowed, bool together) {
  int64_t count = 0;
  for (auto [index, marked, possible] : llvm::enumerate(linear, allowed)) {
    if (marked && !possible)
      return false;
    if (together && possible && !marked && !isSplat(op->getOperand(index), 0))
      return false;
    count += marked;
  }
  return together ? count > 0 : count == 1;
}
