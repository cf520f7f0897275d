//===- Executable.cpp - a kernel as IREE's hal.executable.source ----------===//
//
// IREE's dialects are not linked: its operations are written in generic form.
//
//===----------------------------------------------------------------------===//

#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace xform;

namespace {

class Wrapping {
public:
  explicit Wrapping(func::FuncOp kernel)
      : kernel(kernel), b(kernel.getLoc(), kernel->getContext()),
        buffers(kernel.getNumArguments()),
        inputs(buffers -
               kernel->getAttrOfType<IntegerAttr>(kKernelAttr).getInt()) {
    std::string text = "pipeline.layout<bindings = [";
    for (size_t i = 0; i < buffers; ++i) {
      text += i ? ", " : "";
      text += "#hal.pipeline.binding<storage_buffer";
      text += i < inputs ? ", ReadOnly>" : ">";
    }
    layout = OpaqueAttr::get(b.getStringAttr("hal"), text + "]>",
                             NoneType::get(b.getContext()));
  }

  void run() {
    b.setInsertionPoint(kernel);
    Operation *source =
        create("hal.executable.source",
               {b.getNamedAttr("sym_name", kernel.getNameAttr()),
                named("sym_visibility", "private")},
               1);
    b.setInsertionPointToStart(&source->getRegion(0).emplaceBlock());
    Operation *exported =
        create("hal.executable.export",
               {b.getNamedAttr("layout", layout),
                b.getNamedAttr("ordinal", b.getIndexAttr(0)),
                b.getNamedAttr("sym_name", kernel.getNameAttr()),
                named("sym_visibility", "public")},
               2);
    auto inner = ModuleOp::create(b, kernel.getLoc());
    create("hal.executable.source_end", {}, 0);
    writeCount(exported->getRegion(0));
    bindArguments();
    kernel->removeAttr(kKernelAttr);
    kernel.setPublic();
    kernel->moveBefore(inner.getBody(), inner.getBody()->end());
  }

private:
  NamedAttribute named(StringRef name, StringRef value) {
    return b.getNamedAttr(name, b.getStringAttr(value));
  }

  Operation *create(StringRef name, ArrayRef<NamedAttribute> properties,
                    unsigned regions, ValueRange operands = {},
                    TypeRange types = {}) {
    OperationState state(kernel.getLoc(), name, operands, types);
    if (!properties.empty())
      state.propertiesAttr = b.getDictionaryAttr(properties);
    for (unsigned i = 0; i < regions; ++i)
      state.addRegion();
    return b.create(state);
  }

  /// How many workgroups to start: one.
  void writeCount(Region &region) {
    Block &block = region.emplaceBlock();
    block.addArgument(OpaqueType::get(b.getStringAttr("hal"), "device"),
                      kernel.getLoc());
    b.setInsertionPointToStart(&block);
    Value one = arith::ConstantIndexOp::create(b, 1);
    create("hal.return", {}, 0, {one, one, one});
  }

  void bindArguments() {
    b.setInsertionPointToStart(&kernel.front());
    Value zero = arith::ConstantIndexOp::create(b, 0);
    for (auto [i, argument] : llvm::enumerate(kernel.getArguments())) {
      SmallVector<NamedAttribute> properties = {
          b.getNamedAttr("binding", b.getIndexAttr(static_cast<int64_t>(i))),
          b.getNamedAttr("layout", layout),
          b.getNamedAttr("operandSegmentSizes",
                         b.getDenseI32ArrayAttr({1, 0}))};
      if (i < inputs)
        properties.push_back(
            b.getNamedAttr("descriptor_flags", b.getI32IntegerAttr(1)));
      Operation *binding = create("hal.interface.binding.subspan", properties,
                                  0, zero, argument.getType());
      argument.replaceAllUsesWith(binding->getResult(0));
    }
    kernel.front().eraseArguments(0, buffers);
    kernel.setFunctionType(b.getFunctionType({}, {}));
  }

  func::FuncOp kernel;
  ImplicitLocOpBuilder b;
  size_t buffers, inputs;
  Attribute layout;
};

} // namespace

void xform::wrapKernel(func::FuncOp kernel) { Wrapping(kernel).run(); }
