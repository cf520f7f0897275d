//===- GeneralForm.cpp - linalg operations as generics  ---------===//

#include "lowering/cpu/GeneralForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace xform;

namespace {

/// Bools are bytes in memory, which vectors of them are not.
class BoolsAsBytes {
public:
  static void run(func::FuncOp function) {
    OpBuilder b(function.getContext());
    for (BlockArgument argument : function.getArguments())
      convert(argument);
    function.setFunctionType(b.getFunctionType(
        function.front().getArgumentTypes(), function.getResultTypes()));
    function.walk([&](Operation *op) {
      for (Value result : op->getResults())
        convert(result);
      if (!isa<linalg::LinalgOp>(op))
        for (Region &region : op->getRegions())
          for (BlockArgument argument : region.getArguments())
            convert(argument);
      if (auto constant = dyn_cast<memref::GetGlobalOp>(op))
        convertGlobal(constant);
      else if (auto load = dyn_cast<memref::LoadOp>(op))
        convertLoad(load);
      else if (auto store = dyn_cast<memref::StoreOp>(op))
        convertStore(store);
      else if (auto generic = dyn_cast<linalg::GenericOp>(op))
        convertBody(generic);
    });
  }

private:
  static void convert(Value value) {
    auto type = dyn_cast<MemRefType>(value.getType());
    if (type && type.getElementType().isInteger(1))
      value.setType(MemRefType::Builder(type).setElementType(
          IntegerType::get(type.getContext(), 8)));
  }

  static Value narrow(OpBuilder &b, Value byte) {
    return arith::TruncIOp::create(b, byte.getLoc(), b.getI1Type(), byte);
  }

  static Value widen(OpBuilder &b, Value truth) {
    return arith::ExtUIOp::create(b, truth.getLoc(), b.getI8Type(), truth);
  }

  static void convertGlobal(memref::GetGlobalOp constant) {
    auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
        constant, constant.getNameAttr());
    auto bools = dyn_cast<DenseElementsAttr>(*global.getInitialValue());
    if (!bools || !bools.getElementType().isInteger(1))
      return;
    Type byte = IntegerType::get(global.getContext(), 8);
    global.setInitialValueAttr(bools.mapValues(
        byte, [](const APInt &truth) { return truth.zext(8); }));
    global.setType(MemRefType::get(global.getType().getShape(), byte));
  }

  static void convertLoad(memref::LoadOp load) {
    if (!load.getType().isInteger(1))
      return;
    OpBuilder b(load);
    Value byte = memref::LoadOp::create(b, load.getLoc(), load.getMemRef(),
                                        load.getIndices());
    load.replaceAllUsesWith(narrow(b, byte));
    load.erase();
  }

  static void convertStore(memref::StoreOp store) {
    OpBuilder b(store);
    if (store.getValueToStore().getType().isInteger(1))
      store.getValueMutable().assign(widen(b, store.getValueToStore()));
  }

  static void convertBody(linalg::GenericOp op) {
    auto isBoolBuffer = [&](OpOperand &operand) {
      auto type = dyn_cast<MemRefType>(operand.get().getType());
      return type &&
             op.getMatchingBlockArgument(&operand).getType().isInteger(1);
    };
    auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
    for (auto [i, operand] : llvm::enumerate(op.getDpsInitsMutable())) {
      OpBuilder b(yield);
      if (isBoolBuffer(operand))
        yield->setOperand(i, widen(b, yield->getOperand(i)));
    }
    OpBuilder b = OpBuilder::atBlockBegin(op.getBody());
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isBoolBuffer(operand))
        continue;
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      argument.setType(b.getI8Type());
      Value truth = narrow(b, argument);
      argument.replaceAllUsesExcept(truth, truth.getDefiningOp());
    }
  }
};

/// Every linalg operation, and every copy, in general form.
void generalizeNamed(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  function.walk([&](memref::CopyOp copy) {
    OpBuilder b(copy);
    if (copy.getSource() != copy.getTarget())
      linalg::CopyOp::create(b, copy.getLoc(), copy.getSource(),
                             copy.getTarget());
    copy.erase();
  });
  SmallVector<linalg::LinalgOp> named;
  function.walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp>(op))
      named.push_back(op);
  });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
}

/// An elementwise operation on whole arrays in the order of memory runs along
/// one axis, however short the last one is.
void flatten(linalg::GenericOp op) {
  int64_t rank = op.getNumLoops();
  if (rank < 2 || op.getNumReductionLoops() > 0 || op.hasIndexSemantics())
    return;
  SmallVector<ReassociationIndices> all(
      1, llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (map.getNumResults() == 0)
      continue;
    if (!type || !map.isIdentity() ||
        !memref::CollapseShapeOp::isGuaranteedCollapsible(type, all))
      return;
  }
  ImplicitLocOpBuilder b(op.getLoc(), op);
  SmallVector<AffineMap> maps;
  for (OpOperand &operand : op->getOpOperands()) {
    bool isScalar = op.getMatchingIndexingMap(&operand).getNumResults() == 0;
    maps.push_back(isScalar ? AffineMap::get(1, 0, b.getContext())
                            : b.getMultiDimIdentityMap(1));
    if (!isScalar)
      operand.set(memref::CollapseShapeOp::create(b, operand.get(), all));
  }
  op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  op.setIteratorTypesAttr(b.getArrayAttr(linalg::IteratorTypeAttr::get(
      b.getContext(), utils::IteratorType::parallel)));
}

} // namespace

void xform::generalizeOps(func::FuncOp function) {
  generalizeNamed(function);
  BoolsAsBytes::run(function);
}

void xform::flattenOps(func::FuncOp function) { function.walk(flatten); }
