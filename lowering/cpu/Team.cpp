//===- Team.cpp - how cores share a program -------------------------------===//

#include "lowering/cpu/Team.h"

#include "lowering/cpu/EntryPoints.h"
#include "lowering/cpu/Results.h"
#include "lowering/cpu/Stop.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace xform;

/// A function of lowering/codegen/runtime/team.ll.
static LLVM::LLVMFuncOp runtimeFunction(ImplicitLocOpBuilder &b,
                                        ModuleOp module, StringRef name,
                                        Type result, ArrayRef<Type> arguments) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(module.getBody());
  return LLVM::LLVMFuncOp::create(
      b, name, LLVM::LLVMFunctionType::get(result, arguments));
}

void xform::defineChunks(LLVM::LLVMFuncOp declaration) {
  auto module = declaration->getParentOfType<ModuleOp>();
  auto count = cast<IntegerAttr>(declaration->removeAttr(kChunksAttr));
  auto chunk = module.lookupSymbol<LLVM::LLVMFuncOp>(
      cast<FlatSymbolRefAttr>(declaration->removeAttr(kChunkAttr)).getAttr());
  ImplicitLocOpBuilder b(declaration.getLoc(), declaration);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Type none = LLVM::LLVMVoidType::get(b.getContext()), word = b.getI64Type();
  auto frame = LLVM::LLVMStructType::getLiteral(
      b.getContext(), declaration.getArgumentTypes().drop_front());
  auto fieldOf = [&](Value of, size_t field) {
    return LLVM::GEPOp::create(
        b, pointer, frame, of,
        ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(field)});
  };

  b.setInsertionPointAfter(declaration);
  auto take = LLVM::LLVMFuncOp::create(
      b, (chunk.getName() + ".take").str(),
      LLVM::LLVMFunctionType::get(none, {pointer, word}),
      LLVM::Linkage::Internal);
  b.setInsertionPointToStart(take.addEntryBlock(b));
  SmallVector<Value> given{take.getArgument(1)};
  for (auto [i, type] : llvm::enumerate(frame.getBody()))
    given.push_back(
        LLVM::LoadOp::create(b, type, fieldOf(take.getArgument(0), i)));
  LLVM::CallOp::create(b, chunk, given);
  LLVM::ReturnOp::create(b, ValueRange());

  b.setInsertionPointToStart(declaration.addEntryBlock(b));
  Value one = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(1));
  Value place = LLVM::AllocaOp::create(b, pointer, frame, one);
  for (size_t i = 0; i < frame.getBody().size(); ++i)
    LLVM::StoreOp::create(b, declaration.getArgument(i + 1), fieldOf(place, i));
  Value function = LLVM::AddressOfOp::create(b, take);
  Value number = LLVM::ConstantOp::create(b, word, count);
  LLVM::CallOp::create(b,
                       runtimeFunction(b, module, "xform_team_run", none,
                                       {pointer, pointer, pointer, word}),
                       {declaration.getArgument(0), function, place, number});
  LLVM::ReturnOp::create(b, ValueRange());
  declaration.setLinkage(LLVM::Linkage::Internal);
}

void xform::addTeam(LLVM::LLVMFuncOp entry, int64_t numBuffers) {
  auto module = entry->getParentOfType<ModuleOp>();
  std::string name = entry.getName().str();
  entry.setName(name + ".lead");
  entry.setLinkage(LLVM::Linkage::Internal);
  ImplicitLocOpBuilder b(entry.getLoc(), entry);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Type none = LLVM::LLVMVoidType::get(b.getContext());
  auto call = [&](StringRef function, Value team) {
    LLVM::CallOp::create(
        b, runtimeFunction(b, module, function, none, {pointer}), team);
  };
  auto begin = [&](const Twine &symbol) {
    b.setInsertionPointAfter(entry);
    auto function =
        LLVM::LLVMFuncOp::create(b, symbol.str(), entry.getFunctionType());
    b.setInsertionPointToStart(function.addEntryBlock(b));
    return function;
  };
  auto returnZero = [&] {
    LLVM::ReturnOp::create(b,
                           LLVM::ConstantOp::create(b, b.getI32IntegerAttr(0)));
  };

  LLVM::LLVMFuncOp open = begin(name + ".open");
  call("xform_team_open", loadBuffer(b, open, numBuffers, numBuffers - 1));
  returnZero();

  LLVM::LLVMFuncOp helper = begin(name + ".help");
  call("xform_team_help", loadBuffer(b, helper, 1, 0));
  returnZero();

  LLVM::LLVMFuncOp outer = begin(name);
  Value team = loadBuffer(b, outer, numBuffers, numBuffers - 1);
  Value isFirst =
      LLVM::CallOp::create(b,
                           runtimeFunction(b, module, "xform_team_lead",
                                           b.getI1Type(), {pointer}),
                           team)
          .getResult();
  Block *lead = outer.addBlock(), *help = outer.addBlock();
  LLVM::CondBrOp::create(b, isFirst, lead, help);
  b.setInsertionPointToStart(lead);
  LLVM::CallOp::create(b, entry, outer.getArguments());
  call("xform_team_close", team);
  returnZero();
  b.setInsertionPointToStart(help);
  call("xform_team_help", team);
  returnZero();
  for (StringRef attr : {kScratchAttr, kTeamAttr, kDonorsAttr, kStoppableAttr})
    if (Attribute moved = entry->removeAttr(attr))
      outer->setAttr(attr, moved);
}
