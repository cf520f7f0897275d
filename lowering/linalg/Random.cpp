//===- Random.cpp - the counter-based generator as linalg.generic ---------===//
//
// Every element is computed from its key and its place, so what is drawn fuses
// with what reads it like any other elementwise loop.
//
//===----------------------------------------------------------------------===//

#include "dialect/Random.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

//===----------------------------------------------------------------------===//
// Threefry-2x32
//===----------------------------------------------------------------------===//

struct Words {
  Value first, second;
};

/// By how many bits the second word is rotated, round by round.
constexpr unsigned kRotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
constexpr unsigned kGroups = 5;
/// Keeps the derived third word of the key from being zero for most keys.
constexpr int64_t kParity = 0x1BD11BDA;

Value rotateLeft(ImplicitLocOpBuilder &b, Value word, unsigned by) {
  Type type = word.getType();
  Value high = arith::ShLIOp::create(b, word, intConstant(b, type, by));
  Value low = arith::ShRUIOp::create(b, word, intConstant(b, type, 32 - by));
  return arith::OrIOp::create(b, high, low);
}

Words threefry(ImplicitLocOpBuilder &b, Words key, Words counter) {
  auto add = [&](Value x, Value y) -> Value {
    return arith::AddIOp::create(b, x, y);
  };
  Type type = key.first.getType();
  Value third = arith::XOrIOp::create(
      b, Value(arith::XOrIOp::create(b, key.first, key.second)),
      intConstant(b, type, kParity));
  Value schedule[] = {key.first, key.second, third};
  Value x = add(counter.first, schedule[0]);
  Value y = add(counter.second, schedule[1]);
  for (unsigned group = 0; group < kGroups; ++group) {
    for (unsigned by : kRotations[group % 2]) {
      x = add(x, y);
      y = arith::XOrIOp::create(b, rotateLeft(b, y, by), x);
    }
    x = add(x, schedule[(group + 1) % 3]);
    // The key's word and the number of the group are one sum for all elements.
    y = add(y, add(schedule[(group + 2) % 3], intConstant(b, type, group + 1)));
  }
  return {x, y};
}

//===----------------------------------------------------------------------===//
// rng_bits, fold_in
//===----------------------------------------------------------------------===//

/// A word of the key of each point of a loop nest whose first loops run over
/// the batch of keys. It is cut from the keys: an indexing map that names one
/// place of an axis keeps the loop from being vectorized, 25 times slower.
View keyWord(ImplicitLocOpBuilder &b, Value keys, RankedTensorType type,
             int64_t word) {
  auto keysType = cast<RankedTensorType>(keys.getType());
  int64_t batchRank = keysType.getRank() - 1;
  SmallVector<OpFoldResult> offsets(batchRank, b.getIndexAttr(0));
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), keys);
  SmallVector<OpFoldResult> strides(batchRank + 1, b.getIndexAttr(1));
  offsets.push_back(b.getIndexAttr(word));
  sizes.back() = b.getIndexAttr(1);
  auto wordsType = RankedTensorType::get(keysType.getShape().drop_back(),
                                         keysType.getElementType());
  View view{type, {}, {}, {}};
  view.source = tensor::ExtractSliceOp::create(b, wordsType, keys, offsets,
                                               sizes, strides);
  for (int64_t axis = 0; axis < batchRank; ++axis)
    view.indices.push_back(getAffineDimExpr(axis, type.getContext()));
  return view;
}

/// The index of each point of a loop nest along an axis.
View indexAlong(RankedTensorType type, int64_t axis, Type element) {
  return View{
      type.clone(element), {}, {}, {getAffineDimExpr(axis, type.getContext())}};
}

/// An unsigned integer as its upper and lower word.
Words wordsOf(ImplicitLocOpBuilder &b, Value value) {
  Type word = b.getI32Type();
  if (value.getType() == word)
    return {intConstant(b, word, 0), value};
  Value upper =
      arith::ShRUIOp::create(b, value, intConstant(b, value.getType(), 32));
  return {arith::TruncIOp::create(b, word, upper),
          arith::TruncIOp::create(b, word, value)};
}

Value bitsOf(ImplicitLocOpBuilder &b, Words words, Type type) {
  if (type.isInteger(64)) {
    Value upper = arith::ExtUIOp::create(b, type, words.first);
    Value lower = arith::ExtUIOp::create(b, type, words.second);
    upper = arith::ShLIOp::create(b, upper, intConstant(b, type, 32));
    return arith::OrIOp::create(b, upper, lower);
  }
  Value both = arith::XOrIOp::create(b, words.first, words.second);
  return type.isInteger(32) ? both
                            : Value(arith::TruncIOp::create(b, type, both));
}

FailureOr<Value> lowerRngBits(ImplicitLocOpBuilder &b, RngBitsOp op,
                              RngBitsOp::Adaptor adaptor,
                              ConversionPatternRewriter &) {
  RankedTensorType type = signlessType(op.getType());
  int64_t batchRank = op.getKey().getType().getRank() - 1;
  int64_t count =
      ShapedType::getNumElements(type.getShape().drop_front(batchRank));
  Type counter = count > int64_t(1) << 32 ? b.getI64Type() : b.getI32Type();
  SmallVector<View> views{keyWord(b, adaptor.getKey(), type, 0),
                          keyWord(b, adaptor.getKey(), type, 1)};
  for (int64_t axis = batchRank; axis < type.getRank(); ++axis)
    views.push_back(indexAlong(type, axis, counter));
  return buildElementwise(
      b, type, views, [&](ImplicitLocOpBuilder &inner, ValueRange elements) {
        Value place = intConstant(inner, counter, 0);
        for (int64_t axis = batchRank; axis < type.getRank(); ++axis) {
          Value size = intConstant(inner, counter, type.getDimSize(axis));
          place = inner.createOrFold<arith::MulIOp>(place, size);
          place = inner.createOrFold<arith::AddIOp>(
              place, elements[2 + axis - batchRank]);
        }
        Words words =
            threefry(inner, {elements[0], elements[1]}, wordsOf(inner, place));
        return bitsOf(inner, words, type.getElementType());
      });
}

FailureOr<Value> lowerFoldIn(ImplicitLocOpBuilder &b, FoldInOp op,
                             FoldInOp::Adaptor adaptor,
                             ConversionPatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(adaptor.getKey().getType());
  int64_t wordAxis = type.getRank() - 1;
  View data = viewOf(op.getData(), rewriter);
  View word = indexAlong(type, wordAxis, type.getElementType());
  return buildElementwise(
      b, type,
      {keyWord(b, adaptor.getKey(), type, 0),
       keyWord(b, adaptor.getKey(), type, 1), data, word},
      [&](ImplicitLocOpBuilder &inner, ValueRange elements) {
        Words words = threefry(inner, {elements[0], elements[1]},
                               wordsOf(inner, elements[2]));
        Value isFirst =
            arith::CmpIOp::create(inner, arith::CmpIPredicate::eq, elements[3],
                                  intConstant(inner, elements[3].getType(), 0));
        return arith::SelectOp::create(inner, isFirst, words.first,
                                       words.second);
      });
}

//===----------------------------------------------------------------------===//
// unit_float
//===----------------------------------------------------------------------===//

/// The number of [1, 2) that has the bits as its fraction, less 1: no
/// conversion of integers, which is slow in vectors of 64 bits.
Value unitFloat(ImplicitLocOpBuilder &b, Value bits, FloatType element) {
  Type type = bits.getType();
  unsigned width = element.getWidth();
  unsigned fraction = element.getFPMantissaWidth() - 1;
  APInt one = APFloat::getOne(element.getFloatSemantics()).bitcastToAPInt();
  bits =
      arith::ShRUIOp::create(b, bits, intConstant(b, type, width - fraction));
  bits = arith::OrIOp::create(b, bits, intConstant(b, type, one));
  Value number = widen(b, arith::BitcastOp::create(b, element, bits));
  number =
      arith::SubFOp::create(b, number, floatConstant(b, number.getType(), 1));
  return narrow(b, number, element);
}

FailureOr<Value> lowerUnitFloat(ImplicitLocOpBuilder &b, UnitFloatOp op,
                                UnitFloatOp::Adaptor,
                                ConversionPatternRewriter &rewriter) {
  auto element = cast<FloatType>(op.getType().getElementType());
  return buildElementwise(
      b, op.getType(), viewOf(op.getBits(), rewriter),
      [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> Value {
        return unitFloat(inner, elements[0], element);
      });
}

} // namespace

void xform::populateRandomToLinalg(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerRngBits);
  addLowering(converter, patterns, lowerFoldIn);
  addLowering(converter, patterns, lowerUnitFloat);
}
