//===- Attributes.cpp - Python values as MLIR attributes ------------------===//

#include "Attributes.h"

#include "mlir/IR/Builders.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace mlir;
using namespace xform;
using namespace xform::python;

static Attribute attributeOf(Builder &b, nb::handle value) {
  if (nb::isinstance<nb::bool_>(value))
    return b.getBoolAttr(nb::cast<bool>(value));
  if (nb::isinstance<nb::int_>(value))
    return b.getI64IntegerAttr(nb::cast<int64_t>(value));
  if (nb::isinstance<nb::str>(value))
    return b.getStringAttr(nb::cast<std::string>(value));
  SmallVector<int64_t> entries;
  for (nb::handle entry : value)
    entries.push_back(nb::cast<int64_t>(entry));
  return b.getDenseI64ArrayAttr(entries);
}

NamedAttrList python::attributesOf(MLIRContext *context,
                                   const nb::dict &entries) {
  Builder b(context);
  NamedAttrList list;
  for (auto [key, value] : entries)
    list.append(nb::cast<std::string>(key), attributeOf(b, value));
  return list;
}

static DenseElementsAttr bytesAttr(RankedTensorType type,
                                   ArrayRef<char> bytes) {
  // Truth values are a byte each in NumPy and a bit each in MLIR.
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> bits(bytes.begin(), bytes.end());
    return DenseElementsAttr::get(type, bits);
  }
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

ValueHandle python::emitConstant(FunctionHandle &function,
                                 const nb::object &array,
                                 const SourceLocation &location) {
  MLIRContext *context = function.owner->context.get();
  TypeSpec spec;
  for (nb::handle size : array.attr("shape"))
    spec.shape.push_back(nb::cast<int64_t>(size));
  spec.dtype = nb::cast<std::string>(nb::str(array.attr("dtype").attr("name")));
  RankedTensorType type = spec.get(context);
  auto data = nb::cast<nb::bytes>(array.attr("tobytes")());
  OpBuilder builder = function.builder();
  return function.wrap(
      ConstantOp::create(builder, location.get(context),
                         cast<ElementsAttr>(bytesAttr(
                             type, ArrayRef(data.c_str(), data.size())))));
}

ValueHandle python::emitSplat(FunctionHandle &function, const nb::object &value,
                              const TypeSpec &spec,
                              const SourceLocation &location) {
  MLIRContext *context = function.owner->context.get();
  RankedTensorType type = spec.get(context);
  mlir::Type element = type.getElementType();
  Attribute attribute;
  if (auto floating = dyn_cast<FloatType>(element)) {
    attribute = FloatAttr::get(floating, nb::cast<double>(nb::float_(value)));
  } else {
    // Numbers of 64 bits, signed or not, go through their bit pattern.
    nb::object mask = nb::int_(0xFFFFFFFFFFFFFFFFull);
    uint64_t bits = nb::cast<uint64_t>(nb::int_(value) & mask);
    unsigned width = element.getIntOrFloatBitWidth();
    attribute = IntegerAttr::get(element, APInt(64, bits).trunc(width));
  }
  OpBuilder builder = function.builder();
  return function.wrap(ConstantOp::create(
      builder, location.get(context),
      cast<ElementsAttr>(DenseElementsAttr::get(type, attribute))));
}
