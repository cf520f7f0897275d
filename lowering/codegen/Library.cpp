//===- Library.cpp - what IREE asks an executable for ---------------------===//
//
// The structures are those of IREE's runtime, in
// runtime/src/iree/hal/local/executable_library.h, version 0.6.
//
//===----------------------------------------------------------------------===//

#include "lowering/codegen/Library.h"
#include "lowering/codegen/Error.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/RuntimeLibcalls.h"

using namespace llvm;

namespace xform::codegen {

namespace {

constexpr uint32_t kVersion = 6;
constexpr StringRef kQueryName = "iree_hal_executable_library_query";
constexpr uint32_t kLocalMemoryPage = 4096;
/// What the runtime gives one dispatch at most.
constexpr unsigned kMaxBindings = 64, kMaxConstants = 64;
/// Of an export table: parameters, occupancy, and after the names what is for
/// debugging.
constexpr unsigned kAbsentBeforeNames = 2, kAbsentAfterNames = 4;

class LibraryBuilder {
public:
  explicit LibraryBuilder(Module &module)
      : module(module), context(module.getContext()),
        pointer(PointerType::get(context, 0)) {}

  void build(ArrayRef<Entry> entries, ArrayRef<Constant *> functions,
             StringRef name) {
    SmallVector<Constant *> attributes, names;
    for (const Entry &entry : entries) {
      attributes.push_back(attributesOf(entry));
      names.push_back(text(entry.name));
    }
    Constant *header = global(record(
        {number(32, kVersion), text(name), number(32, 0), number(32, 0)}));
    Constant *none = record({number(32, 0), null()});
    SmallVector<Constant *> exports = {number(32, entries.size()),
                                       array(functions), array(attributes)};
    exports.append(kAbsentBeforeNames, null());
    exports.push_back(array(names));
    exports.append(kAbsentAfterNames, null());
    addQuery(global(record({header, /*imports=*/none, record(exports),
                            /*constants=*/record({number(32, 0)}),
                            /*sources=*/none})));
  }

private:
  Constant *number(unsigned bits, uint64_t value) {
    return ConstantInt::get(IntegerType::get(context, bits), value);
  }
  Constant *null() { return ConstantPointerNull::get(pointer); }
  Constant *record(ArrayRef<Constant *> fields) {
    return ConstantStruct::getAnon(context, fields);
  }
  Constant *global(Constant *value) {
    return new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                              GlobalValue::PrivateLinkage, value);
  }
  Constant *text(StringRef value) {
    return global(ConstantDataArray::getString(context, value));
  }
  Constant *array(ArrayRef<Constant *> elements) {
    Type *type = elements.empty() ? pointer : elements.front()->getType();
    return global(
        ConstantArray::get(ArrayType::get(type, elements.size()), elements));
  }

  Constant *attributesOf(const Entry &entry) {
    if (entry.bindings > kMaxBindings || entry.constants > kMaxConstants)
      throw CodegenError("'" + entry.name +
                         "' has more than 64 bindings or constants");
    uint32_t pages = entry.localMemory / kLocalMemoryPage +
                     (entry.localMemory % kLocalMemoryPage != 0);
    if (pages > UINT16_MAX || entry.workgroupSize[2] > UINT16_MAX)
      throw CodegenError("local memory or workgroup size of '" + entry.name +
                         "' is too large");
    SmallVector<Constant *> fields = {/*flags=*/number(64, 0),
                                      number(16, pages),
                                      number(8, entry.constants),
                                      number(8, entry.bindings),
                                      number(32, entry.workgroupSize[0]),
                                      number(32, entry.workgroupSize[1]),
                                      number(16, entry.workgroupSize[2]),
                                      /*parameters=*/number(16, 0)};
    fields.append(/*reserved*/ 5, number(64, 0));
    return record(fields);
  }

  void addQuery(Constant *library) {
    Type *version = Type::getInt32Ty(context);
    auto *query = Function::Create(
        FunctionType::get(pointer, {version, pointer}, /*isVarArg=*/false),
        GlobalValue::ExternalLinkage, kQueryName, module);
    query->setDoesNotThrow();
    IRBuilder<> builder(BasicBlock::Create(context, "", query));
    Value *known = builder.CreateICmpEQ(query->getArg(0), number(32, kVersion));
    builder.CreateRet(builder.CreateSelect(known, library, null()));
  }

  Module &module;
  LLVMContext &context;
  PointerType *pointer;
};

/// The function of an entry, with what holds of a dispatch function's
/// arguments: pointers to the environment, to the state of the dispatch and to
/// the state of the workgroup, which are read and overlap nothing.
Function *entryFunction(Module &module, const Entry &entry) {
  LLVMContext &context = module.getContext();
  Function *function = module.getFunction(entry.name);
  if (!function || function->isDeclaration())
    throw CodegenError("the code defines no function '" + entry.name + "'");
  Type *pointer = PointerType::get(context, 0);
  if (function->getFunctionType() !=
      FunctionType::get(Type::getInt32Ty(context), {pointer, pointer, pointer},
                        /*isVarArg=*/false))
    throw CodegenError("'" + entry.name +
                       "' is not of type i32 (ptr, ptr, ptr)");
  for (Argument &argument : function->args())
    for (Attribute attribute :
         {Attribute::get(context, Attribute::NoAlias),
          Attribute::get(context, Attribute::NonNull),
          Attribute::get(context, Attribute::NoUndef),
          Attribute::get(context, Attribute::ReadOnly),
          Attribute::getWithAlignment(context, Align(16))})
      argument.addAttr(attribute);
  return function;
}

void internalize(Module &module) {
  for (GlobalValue &value : module.global_values()) {
    if (value.getName() == kQueryName)
      throw CodegenError("the code defines '" + value.getName().str() +
                         "' itself");
    if (value.isThreadLocal())
      throw CodegenError("'" + value.getName().str() +
                         "' is thread-local, which IREE does not load");
    if (value.isDeclaration() || value.getName().starts_with("llvm."))
      continue;
    if (auto *object = dyn_cast<GlobalObject>(&value))
      object->setComdat(nullptr);
    value.setDLLStorageClass(GlobalValue::DefaultStorageClass);
    value.setVisibility(GlobalValue::DefaultVisibility);
    if (!value.hasLocalLinkage())
      value.setLinkage(GlobalValue::InternalLinkage);
    // What LLVM calls of itself it finds by name, and must not find here.
    if (!RTLIB::RuntimeLibcallsInfo::lookupLibcallImplName(value.getName())
             .empty())
      value.setName(value.getName() + ".own");
    if (auto *function = dyn_cast<Function>(&value)) {
      function->setDoesNotThrow(); // and so without unwind tables
      function->setUWTableKind(UWTableKind::None);
    }
  }
}

} // namespace

void addLibraryQuery(Module &module, ArrayRef<Entry> entries, StringRef name) {
  if (entries.empty())
    throw CodegenError("a library needs at least one entry");
  StringSet<> seen;
  SmallVector<Constant *> functions;
  for (const Entry &entry : entries) {
    if (!seen.insert(entry.name).second)
      throw CodegenError("'" + entry.name + "' is an entry twice");
    functions.push_back(entryFunction(module, entry));
  }
  internalize(module);
  LibraryBuilder(module).build(entries, functions, name);
}

} // namespace xform::codegen
