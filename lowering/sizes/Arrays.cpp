//===- Arrays.cpp - constant arrays that depend on sizes ------------------===//

#include "lowering/sizes/Arrays.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace xform;
using Form = SizedArray::Form;
using arith::CmpIPredicate;

/// Arrays of more elements are not taken apart.
constexpr int64_t kMostElements = 64;

/// Elements of ranges are computed in one way there, in another here.
constexpr int kRampRoundingBits = 3;

static TypedAttr element(DenseElementsAttr array, int64_t index) {
  return *(array.value_begin<TypedAttr>() + index);
}

static double asDouble(TypedAttr attribute) {
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getType().isInteger(1)
               ? static_cast<double>(integer.getValue().getZExtValue())
               : static_cast<double>(integer.getInt());
  return cast<FloatAttr>(attribute).getValueAsDouble();
}

/// Visits the elements of an array with their places; ends early at false.
static bool
forEachElement(DenseElementsAttr array,
               llvm::function_ref<bool(ArrayRef<int64_t>, double)> visit) {
  ArrayRef<int64_t> shape = array.getType().getShape();
  SmallVector<int64_t> places(shape.size(), 0);
  for (TypedAttr value : array.getValues<TypedAttr>()) {
    if (!visit(places, asDouble(value)))
      return false;
    for (unsigned axis = shape.size(); axis-- > 0;) {
      if (++places[axis] < shape[axis])
        break;
      places[axis] = 0;
    }
  }
  return true;
}

/// Appends how a number depends on sizes.
static bool append(SizedArray &array, std::optional<SizedScalar> scalar) {
  if (scalar)
    array.scalars.push_back(*scalar);
  return scalar.has_value();
}

static std::optional<SizedArray> fitListed(const Samples &samples,
                                           ArrayRef<DenseElementsAttr> values) {
  SizedArray array;
  bool isFilled = llvm::all_of(
      values, [](DenseElementsAttr each) { return each.isSplat(); });
  array.form = isFilled ? Form::Filled : Form::Listed;
  int64_t count = isFilled ? 1 : values.front().getNumElements();
  if (count > kMostElements)
    return std::nullopt;
  for (int64_t i = 0; i < count; ++i) {
    auto of = llvm::map_to_vector(values, [&](DenseElementsAttr each) {
      return isFilled ? each.getSplatValue<TypedAttr>() : element(each, i);
    });
    if (!append(array, fitScalar(samples, of)))
      return std::nullopt;
  }
  return array;
}

static std::optional<SizedArray>
fitCompared(const Samples &samples, ArrayRef<DenseElementsAttr> values) {
  constexpr CmpIPredicate kPredicates[] = {
      CmpIPredicate::eq, CmpIPredicate::sge, CmpIPredicate::sgt,
      CmpIPredicate::sle, CmpIPredicate::slt};
  if (values.front().getType().getRank() < 2)
    return std::nullopt;
  for (CmpIPredicate predicate : kPredicates) {
    SmallVector<TypedAttr> where, elsewhere;
    bool fits = llvm::all_of(values, [&](DenseElementsAttr each) {
      std::optional<double> found[2];
      int64_t at = 0, first[2] = {0, 0};
      bool same =
          forEachElement(each, [&](ArrayRef<int64_t> places, double value) {
            APInt row(64, places[places.size() - 2]), column(64, places.back());
            bool holds = arith::applyCmpPredicate(predicate, row, column);
            if (!found[holds]) {
              found[holds] = value;
              first[holds] = at;
            }
            ++at;
            return *found[holds] == value;
          });
      if (!same || !found[0] || !found[1])
        return false;
      where.push_back(element(each, first[1]));
      elsewhere.push_back(element(each, first[0]));
      return true;
    });
    SizedArray array;
    array.form = Form::Compared;
    array.predicate = predicate;
    if (fits && append(array, fitScalar(samples, where)) &&
        append(array, fitScalar(samples, elsewhere)))
      return array;
  }
  return std::nullopt;
}

static std::optional<SizedArray> fitRamp(const Samples &samples,
                                         ArrayRef<DenseElementsAttr> values) {
  ShapedType type = values.front().getType();
  Type elementType = type.getElementType();
  if (elementType.isInteger(1))
    return std::nullopt;
  double rounding = 0;
  if (auto floating = dyn_cast<FloatType>(elementType))
    rounding =
        std::pow(2, kRampRoundingBits -
                        static_cast<int>(llvm::APFloat::semanticsPrecision(
                            floating.getFloatSemantics())));
  SmallVector<double> begins;
  SmallVector<SmallVector<double>> steps(type.getRank());
  for (DenseElementsAttr each : values) {
    ArrayRef<int64_t> shape = each.getType().getShape();
    int64_t stride = each.getNumElements();
    if (stride == 0)
      return std::nullopt;
    double begin = asDouble(element(each, 0));
    double scale = std::abs(begin);
    SmallVector<double> step(shape.size(), 0);
    for (auto [axis, size] : llvm::enumerate(shape)) {
      stride /= size;
      double last = asDouble(element(each, stride * (size - 1)));
      scale = std::max(scale, std::abs(last));
      if (size > 1)
        step[axis] = (last - begin) / static_cast<double>(size - 1);
      steps[axis].push_back(step[axis]);
    }
    begins.push_back(begin);
    bool fits =
        forEachElement(each, [&](ArrayRef<int64_t> places, double value) {
          double expected = begin;
          for (auto [place, size] : llvm::zip_equal(places, step))
            expected += static_cast<double>(place) * size;
          return std::abs(expected - value) <= rounding * scale;
        });
    if (!fits)
      return std::nullopt;
  }
  SizedArray array;
  array.form = Form::Ramp;
  if (!append(array, fitScalar(samples, begins, elementType)))
    return std::nullopt;
  for (ArrayRef<double> step : steps)
    if (!append(array, fitScalar(samples, step, elementType)))
      return std::nullopt;
  return array;
}

std::optional<SizedArray> xform::fitArray(const Samples &samples,
                                          ArrayRef<DenseElementsAttr> values) {
  bool isSplat = llvm::all_of(
      values, [](DenseElementsAttr each) { return each.isSplat(); });
  bool hasOneShape = llvm::all_equal(llvm::map_range(
      values, [](DenseElementsAttr each) { return each.getType(); }));
  if (isSplat || hasOneShape)
    return fitListed(samples, values);
  if (std::optional<SizedArray> compared = fitCompared(samples, values))
    return compared;
  return fitRamp(samples, values);
}

/// A number for each place.
static Value fromPlaces(OpBuilder &b, Location loc, Value empty,
                        llvm::function_ref<Value(OpBuilder &, ValueRange)> at) {
  auto type = cast<RankedTensorType>(empty.getType());
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  auto made = linalg::GenericOp::create(
      b, loc, TypeRange(type), ValueRange(), ValueRange(empty),
      ArrayRef<AffineMap>(b.getMultiDimIdentityMap(type.getRank())), loops,
      [&](OpBuilder &b, Location loc, ValueRange) {
        SmallVector<Value> places;
        for (int64_t axis = 0; axis < type.getRank(); ++axis)
          places.push_back(linalg::IndexOp::create(b, loc, axis));
        linalg::YieldOp::create(b, loc, at(b, places));
      });
  return made.getResult(0);
}

/// `place` steps behind `sum`.
static Value stepped(OpBuilder &b, Location loc, Value sum, Value place,
                     Value step) {
  Type type = step.getType();
  place = arith::IndexCastOp::create(b, loc, b.getI64Type(), place);
  if (isa<FloatType>(type)) {
    // The step of a range of one element is over 0.
    Value zero = arith::ConstantIntOp::create(b, loc, 0, 64);
    Value isFirst =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, place, zero);
    place = arith::SIToFPOp::create(b, loc, type, place);
    place = arith::MulFOp::create(b, loc, place, step);
    place = arith::AddFOp::create(b, loc, sum, place);
    return arith::SelectOp::create(b, loc, isFirst, sum, place);
  }
  if (type.getIntOrFloatBitWidth() < 64)
    place = arith::TruncIOp::create(b, loc, type, place);
  place = arith::MulIOp::create(b, loc, place, step);
  return arith::AddIOp::create(b, loc, sum, place);
}

Value xform::writeArray(OpBuilder &b, Location loc, const SizedArray &array,
                        RankedTensorType type, ArrayRef<OpFoldResult> shape,
                        llvm::function_ref<Value(const SizedScalar &)> scalar) {
  SmallVector<Value> numbers = llvm::map_to_vector(array.scalars, scalar);
  if (array.form == Form::Listed)
    return tensor::FromElementsOp::create(b, loc, type, numbers);
  Value empty = tensor::EmptyOp::create(b, loc, shape, type.getElementType());
  switch (array.form) {
  case Form::Filled:
    return linalg::FillOp::create(b, loc, numbers.front(), empty).getResult(0);
  case Form::Compared:
    return fromPlaces(b, loc, empty, [&](OpBuilder &b, ValueRange places) {
      Value holds = arith::CmpIOp::create(
          b, loc, array.predicate, places[places.size() - 2], places.back());
      return arith::SelectOp::create(b, loc, holds, numbers[0], numbers[1]);
    });
  case Form::Ramp:
    return fromPlaces(b, loc, empty, [&](OpBuilder &b, ValueRange places) {
      Value sum = numbers.front();
      for (auto [place, step, size] :
           llvm::zip(places, llvm::drop_begin(numbers),
                     llvm::drop_begin(array.scalars)))
        if (size.form != SizedScalar::Form::Same || asDouble(size.first) != 0)
          sum = stepped(b, loc, sum, place, step);
      return sum;
    });
  case Form::Listed:
    break;
  }
  llvm_unreachable("all forms are written");
}
