//===- SplitDerivative.cpp - --xform-split-derivative ---------------------===//

#include "lowering/InlineCheckpoints.h"
#include "lowering/KinkProducts.h"
#include "lowering/Passes.h"
#include "lowering/transforms/Expander.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMSPLITDERIVATIVE
#include "lowering/Passes.h.inc"
} // namespace xform

using namespace xform;

namespace {

struct XformSplitDerivative
    : xform::impl::XformSplitDerivativeBase<XformSplitDerivative> {
  using XformSplitDerivativeBase::XformSplitDerivativeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Expander expander(module, asks);
    FailureOr<Halves> halves = split(module, expander);
    if (failed(halves) || failed(expander.settle(halves->forward)) ||
        failed(expander.settle(halves->map)))
      return signalPassFailure();
    inlineCheckpoints(module);
    replaceKinks(module);
  }

private:
  struct Halves {
    func::FuncOp forward, map;
  };
  FailureOr<Halves> split(ModuleOp module, Expander &expander);
  FailureOr<Mask> differentiated(func::FuncOp origin) const;
  FailureOr<Mask> regarded(func::FuncOp origin) const;

  /// A public function `origin.suffix` with an empty block.
  static func::FuncOp create(func::FuncOp origin, StringRef suffix,
                             TypeRange arguments) {
    OpBuilder builder(origin);
    auto function = func::FuncOp::create(
        builder, origin.getLoc(), (origin.getName() + suffix).str(),
        builder.getFunctionType(arguments, {}));
    function.addEntryBlock();
    return function;
  }

  static void finish(func::FuncOp function, ValueRange results) {
    OpBuilder builder = OpBuilder::atBlockEnd(&function.front());
    func::ReturnOp::create(builder, function.getLoc(), results);
    function.setFunctionType(builder.getFunctionType(
        function.getArgumentTypes(), results.getTypes()));
  }
};

/// How the linear function's operands come from the primals and residuals that
/// its callers hold.
SmallVector<Value> residualOperands(const SplitFunction &parts,
                                    ValueRange primals, ValueRange residuals) {
  SmallVector<Value> operands;
  for (int64_t place : parts.forwarded)
    operands.push_back(primals[place]);
  llvm::append_range(operands, residuals);
  return operands;
}

} // namespace

FailureOr<Mask>
XformSplitDerivative::differentiated(func::FuncOp origin) const {
  Mask mask(origin.getNumArguments(), false);
  for (int64_t argnum : argnums) {
    if (argnum < 0 || argnum >= static_cast<int64_t>(mask.size()))
      return origin.emitError("has no argument ") << argnum;
    if (!isDifferentiable(origin.getArgumentTypes()[argnum]))
      return origin.emitError("cannot be differentiated by argument ")
             << argnum << ", which is not floating";
    mask[argnum] = true;
  }
  return mask;
}

/// The results that have tangents or cotangents.
FailureOr<Mask> XformSplitDerivative::regarded(func::FuncOp origin) const {
  Mask mask = llvm::map_to_vector(origin.getResultTypes(), [&](Type type) {
    return results.empty() && isDifferentiable(type);
  });
  for (int64_t result : results) {
    if (result < 0 || result >= static_cast<int64_t>(mask.size()) ||
        !isDifferentiable(origin.getResultTypes()[result]))
      return origin.emitError("has no floating result ") << result;
    mask[result] = true;
  }
  return mask;
}

FailureOr<XformSplitDerivative::Halves>
XformSplitDerivative::split(ModuleOp module, Expander &expander) {
  auto origin = module.lookupSymbol<func::FuncOp>(function);
  if (!origin || origin.isExternal())
    return module.emitError("has no function @") << function << " with a body";
  FailureOr<Mask> mask = differentiated(origin);
  FailureOr<Mask> wanted = regarded(origin);
  if (failed(mask) || failed(wanted))
    return failure();

  if (failed(expander.flatten(origin)))
    return failure();
  FailureOr<JvpFunction> derivative = expander.jvp(origin, *mask);
  if (failed(derivative))
    return failure();
  size_t primalCount = origin.getNumArguments();
  size_t tangentCount = llvm::count(*mask, true);
  Mask linear(primalCount, false);
  linear.append(tangentCount, true);
  FailureOr<SplitFunction> parts = expander.split(derivative->function, linear);
  if (failed(parts))
    return failure();

  func::FuncOp forward =
      create(origin, ".forward", parts->primal.getArgumentTypes());
  OpBuilder builder = OpBuilder::atBlockEnd(&forward.front());
  finish(forward, inlineBody(builder, parts->primal, forward.getArguments()));

  // The primals, the residuals, and a tangent for each differentiated argument
  // or a cotangent for each floating result.
  SmallVector<Type> types(origin.getArgumentTypes());
  llvm::append_range(
      types, parts->primal.getResultTypes().drop_front(origin.getNumResults()));
  size_t given = types.size();
  for (auto [type, marked] : llvm::zip_equal(origin.getArgumentTypes(), *mask))
    if (!transpose && marked)
      types.push_back(type);
  for (auto [type, marked] : llvm::zip_equal(origin.getResultTypes(), *wanted))
    if (transpose && marked)
      types.push_back(type);
  func::FuncOp map =
      create(origin, transpose ? ".pullback" : ".pushforward", types);
  RuleBuilder b(origin.getLoc(), OpBuilder::atBlockEnd(&map.front()),
                &expander);
  ValueRange arguments = map.getArguments();
  SmallVector<Value> operands =
      residualOperands(*parts, arguments.take_front(primalCount),
                       arguments.take_front(given).drop_front(primalCount));

  if (!transpose) {
    llvm::append_range(operands, arguments.drop_front(given));
    SmallVector<Value> tangents = spread(
        derivative->tangentResults, inlineBody(b, parts->linear, operands));
    finish(map, withZeros(b, *wanted, tangents, origin.getResultTypes()));
    return Halves{forward, map};
  }

  Mask linearArguments(operands.size(), false);
  linearArguments.append(tangentCount, true);
  SmallVector<Value> seeds;
  for (auto [cotangent, hasTangent] :
       llvm::zip_equal(spread(*wanted, arguments.drop_front(given)),
                       derivative->tangentResults))
    if (hasTangent)
      seeds.push_back(cotangent);
  llvm::append_range(operands, present(seeds));
  FailureOr<TransposedFunction> backward =
      expander.transposed(parts->linear, linearArguments, presenceOf(seeds));
  if (failed(backward))
    return failure();
  SmallVector<Value> cotangents = inlineBody(b, backward->function, operands);
  ArrayRef<bool> found(backward->argumentCotangents);
  SmallVector<Value> all =
      spread(*mask, spread(found.take_back(tangentCount), cotangents));
  finish(map, withZeros(b, *mask, all, origin.getArgumentTypes()));
  return Halves{forward, map};
}
