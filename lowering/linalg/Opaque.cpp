//===- Opaque.cpp - calls of other modules --------------------------------===//
//
// A call becomes that of a function without a body, whose name has the module's
// in front of a point: IREE imports it when the program is loaded. It passes
// and returns whole arrays and waits for what computes them, so the program
// around it is IREE's to compile.
//
//===----------------------------------------------------------------------===//

#include "dialect/Opaque.h"
#include "lowering/iree/Copy.h"
#include "lowering/linalg/Patterns.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

/// The types with all their sizes open.
static SmallVector<Type> opened(ArrayRef<Type> types) {
  return llvm::map_to_vector(types, [](Type type) -> Type {
    auto tensor = cast<RankedTensorType>(type);
    SmallVector<int64_t> sizes(tensor.getRank(), ShapedType::kDynamic);
    return RankedTensorType::get(sizes, tensor.getElementType());
  });
}

static Value castTo(OpBuilder &b, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return tensor::CastOp::create(b, loc, type, value);
}

/// The imported function, declared where it is not yet.
static func::FuncOp declare(OpBuilder &b, CallModuleOp op, StringRef name,
                            FunctionType type) {
  auto module = op->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto function = func::FuncOp::create(b, op.getLoc(), name, type);
  function.setPrivate();
  return function;
}

namespace {

struct LowerCallModule : OpConversionPattern<CallModuleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(CallModuleOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> operands(adaptor.getInputs());
    SmallVector<Type> inputs(ValueRange(operands).getTypes()), results;
    if (failed(getTypeConverter()->convertTypes(op.getResultTypes(), results)))
      return failure();
    for (int64_t place : op.getCopied())
      operands[place] = createCopy(rewriter, loc, operands[place]);
    auto type = op.getOpen()
                    ? rewriter.getFunctionType(opened(inputs), opened(results))
                    : rewriter.getFunctionType(inputs, results);
    std::string name = (op.getModule() + "." + op.getEntry()).str();
    func::FuncOp function = declare(rewriter, op, name, type);
    if (function.getFunctionType() != type)
      return op.emitOpError("calls '")
             << name << "' with other types than another call of it";
    for (auto [operand, wanted] : llvm::zip_equal(operands, type.getInputs()))
      operand = castTo(rewriter, loc, operand, wanted);
    auto call = func::CallOp::create(rewriter, loc, function, operands);
    SmallVector<Value> given;
    for (auto [result, wanted] : llvm::zip_equal(call.getResults(), results))
      given.push_back(castTo(rewriter, loc, result, wanted));
    rewriter.replaceOp(op, given);
    return success();
  }
};

} // namespace

void xform::populateOpaqueToLinalg(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerCallModule>(converter, patterns.getContext());
}
