//===- EntryPoints.cpp - how IREE's runtime calls a program ---------------===//

#include "lowering/cpu/EntryPoints.h"

using namespace mlir;
using namespace xform;

/// Where iree_hal_executable_dispatch_state_v0_t keeps the pointer to the
/// bindings' pointers, on machines of 64 bits.
constexpr int32_t kBindingsOffset = 32;

/// IREE passes no more bindings to a dispatch. More buffers come as one array
/// of pointers; see frontend/xform/iree/host.py, which fills it.
constexpr unsigned kMostBindings = 32;

static Value loadPointer(ImplicitLocOpBuilder &b, Value base, int32_t offset) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value place = LLVM::GEPOp::create(b, pointer, b.getI8Type(), base,
                                    ArrayRef<LLVM::GEPArg>{offset});
  return LLVM::LoadOp::create(b, pointer, place);
}

/// The array of the pointers to so many buffers.
static Value loadPointers(ImplicitLocOpBuilder &b, LLVM::LLVMFuncOp entry,
                          unsigned numBuffers) {
  Value bindings = loadPointer(b, entry.getArgument(1), kBindingsOffset);
  return numBuffers > kMostBindings ? loadPointer(b, bindings, 0) : bindings;
}

Value xform::loadBuffer(ImplicitLocOpBuilder &b, LLVM::LLVMFuncOp entry,
                        unsigned numBuffers, unsigned buffer) {
  return loadPointer(b, loadPointers(b, entry, numBuffers), 8 * buffer);
}

namespace {

class EntryPoint {
public:
  explicit EntryPoint(LLVM::LLVMFuncOp body)
      : body(body), b(body.getLoc(), body),
        pointer(LLVM::LLVMPointerType::get(b.getContext())),
        count(body.getNumArguments()) {}

  LLVM::LLVMFuncOp add() {
    std::string name = body.getName().str();
    body.setName(name + ".body");
    b.setInsertionPointAfter(body);
    entry = LLVM::LLVMFuncOp::create(
        b, name,
        LLVM::LLVMFunctionType::get(b.getI32Type(),
                                    {pointer, pointer, pointer}));
    entry->setDiscardableAttrs(body->getDiscardableAttrDictionary());
    for (NamedAttribute attr : entry->getDiscardableAttrs())
      body->removeDiscardableAttr(attr.getName());
    b.setInsertionPointToStart(entry.addEntryBlock(b));
    pointers = loadPointers(b, entry, count);
    if (count > kMostBindings)
      takeBody();
    else
      callBody();
    return entry;
  }

private:
  Value load(unsigned buffer) { return loadPointer(b, pointers, 8 * buffer); }

  Value zero() { return LLVM::ConstantOp::create(b, b.getI32IntegerAttr(0)); }

  void callBody() {
    body.setLinkage(LLVM::Linkage::Internal);
    // Inlined, the pointers would no longer be known to be apart.
    body.setNoInline(true);
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < count; ++i)
      arguments.push_back(load(i));
    LLVM::CallOp::create(b, body, arguments);
    LLVM::ReturnOp::create(b, zero());
  }

  /// The time that LLVM takes grows with the square of the number of arguments.
  /// Such a body consists of calls of its parts.
  void takeBody() {
    Block &first = body.front();
    for (unsigned i = 0; i < count; ++i)
      if (!first.getArgument(i).use_empty())
        first.getArgument(i).replaceAllUsesWith(load(i));
    first.eraseArguments(0, count);
    LLVM::BrOp::create(b, ValueRange(), &first);
    entry.getBody().getBlocks().splice(entry.getBody().end(),
                                       body.getBody().getBlocks());
    body.erase();
    for (auto last :
         llvm::make_early_inc_range(entry.getOps<LLVM::ReturnOp>())) {
      b.setInsertionPoint(last);
      LLVM::ReturnOp::create(b, zero());
      last.erase();
    }
  }

  LLVM::LLVMFuncOp body, entry;
  ImplicitLocOpBuilder b;
  LLVM::LLVMPointerType pointer;
  unsigned count;
  Value pointers;
};

} // namespace

LLVM::LLVMFuncOp xform::addEntryPoint(LLVM::LLVMFuncOp body) {
  return EntryPoint(body).add();
}
