//===- Scratch.cpp - a kernel's buffers beyond the stack ------------------===//

#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace xform;

/// Buffers from this size on gain nothing from being on the stack, where they
/// have no alignment and little room.
constexpr int64_t kLargeBytes = 1 << 10;

constexpr int64_t kAlignment = 64;

static int64_t bytesOf(MemRefType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

static Operation *dispatchOf(func::FuncOp kernel) {
  Operation *found = nullptr;
  kernel->getParentOp()->walk([&](Operation *op) {
    auto properties =
        dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
    auto entries =
        properties ? properties.getAs<ArrayAttr>("entry_points") : ArrayAttr();
    if (entries && cast<SymbolRefAttr>(entries[0]).getRootReference() ==
                       kernel.getNameAttr())
      found = op;
  });
  return found;
}

/// One more result of the dispatch, which nobody reads.
static void addResult(Operation *dispatch, RankedTensorType type) {
  OpBuilder b(dispatch);
  NamedAttrList properties(
      cast<DictionaryAttr>(dispatch->getPropertiesAsAttribute()));
  SmallVector<Type> types(dispatch->getResultTypes());
  types.push_back(type);
  properties.set("tied_operands", b.getArrayAttr(SmallVector<Attribute>(
                                      types.size(), b.getIndexAttr(-1))));
  OperationState state(dispatch->getLoc(), dispatch->getName(),
                       dispatch->getOperands(), types);
  state.propertiesAttr = properties.getDictionary(b.getContext());
  Operation *larger = b.create(state);
  dispatch->replaceAllUsesWith(
      larger->getResults().take_front(dispatch->getNumResults()));
  dispatch->erase();
}

void xform::moveToScratch(func::FuncOp kernel) {
  int64_t large = 0;
  SmallVector<memref::AllocaOp> moved;
  kernel.walk([&](memref::AllocaOp alloca) {
    int64_t bytes = llvm::alignTo(bytesOf(alloca.getType()), kAlignment);
    if (bytes >= kLargeBytes) {
      moved.push_back(alloca);
      large += bytes;
    }
  });
  if (moved.empty())
    return;
  ImplicitLocOpBuilder b(kernel.getLoc(), kernel->getContext());
  auto type = RankedTensorType::get({large}, b.getI8Type());
  unsigned last = kernel.getNumArguments();
  (void)kernel.insertArgument(last, MemRefType::get({large}, b.getI8Type()), {},
                              kernel.getLoc());
  auto results = kernel->getAttrOfType<IntegerAttr>(kKernelAttr).getInt();
  kernel->setAttr(kKernelAttr, b.getI64IntegerAttr(results + 1));
  int64_t offset = 0;
  for (memref::AllocaOp alloca : moved) {
    b.setInsertionPoint(alloca);
    Value view = memref::ViewOp::create(
        b, alloca.getType(), kernel.getArgument(last),
        arith::ConstantIndexOp::create(b, offset), ValueRange());
    offset += llvm::alignTo(bytesOf(alloca.getType()), kAlignment);
    alloca.replaceAllUsesWith(view);
    alloca.erase();
  }
  addResult(dispatchOf(kernel), type);
}
