//===- Builder.cpp - modules and functions under construction -------------===//

#include "Builder.h"

#include "dialect/Work.h"
#include "lowering/Passes.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <mutex>

using namespace mlir;
using namespace xform;
using namespace xform::python;

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

FileLineColLoc python::fileOf(Location loc) {
  FileLineColLoc found;
  loc->walk([&](Location inner) {
    found = dyn_cast<FileLineColLoc>(inner);
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

DiagnosticScope::DiagnosticScope(MLIRContext *context) : context(context) {
  handler =
      context->getDiagEngine().registerHandler([this](mlir::Diagnostic &diag) {
        if (diag.getSeverity() != DiagnosticSeverity::Error)
          return success();
        python::Diagnostic error;
        error.message = diag.str();
        if (FileLineColLoc loc = fileOf(diag.getLocation())) {
          error.file = loc.getFilename().str();
          error.line = loc.getLine();
        }
        for (mlir::Diagnostic &note : diag.getNotes())
          error.notes.push_back(note.str());
        errors.push_back(std::move(error));
        return success();
      });
}

DiagnosticScope::~DiagnosticScope() {
  context->getDiagEngine().eraseHandler(handler);
}

void DiagnosticScope::raise(const std::string &fallback) {
  python::Diagnostic error;
  error.message = fallback;
  if (!errors.empty()) {
    error = errors.front();
    for (size_t i = 1; i < errors.size(); ++i)
      error.notes.push_back(errors[i].message);
  }
  throw error;
}

//===----------------------------------------------------------------------===//
// Types and locations
//===----------------------------------------------------------------------===//

mlir::Type python::elementType(MLIRContext *context, llvm::StringRef dtype) {
  Builder b(context);
  if (dtype == "bool")
    return b.getI1Type();
  if (dtype == "float64")
    return b.getF64Type();
  if (dtype == "float32")
    return b.getF32Type();
  if (dtype == "float16")
    return b.getF16Type();
  if (dtype == "bfloat16")
    return b.getBF16Type();
  bool isUnsigned = dtype.consume_front("u");
  unsigned width = 0;
  if (!dtype.consume_front("int") || dtype.getAsInteger(10, width) ||
      (width != 8 && width != 16 && width != 32 && width != 64))
    return {};
  return IntegerType::get(context, width,
                          isUnsigned ? IntegerType::Unsigned
                                     : IntegerType::Signless);
}

llvm::StringRef python::dtypeName(mlir::Type element) {
  if (auto integer = dyn_cast<IntegerType>(element)) {
    switch (integer.getWidth()) {
    case 1:
      return "bool";
    case 8:
      return integer.isUnsigned() ? "uint8" : "int8";
    case 16:
      return integer.isUnsigned() ? "uint16" : "int16";
    case 32:
      return integer.isUnsigned() ? "uint32" : "int32";
    case 64:
      return integer.isUnsigned() ? "uint64" : "int64";
    default:
      return "";
    }
  }
  if (element.isF64())
    return "float64";
  if (element.isF32())
    return "float32";
  if (element.isF16())
    return "float16";
  if (element.isBF16())
    return "bfloat16";
  return "";
}

RankedTensorType TypeSpec::get(MLIRContext *context) const {
  mlir::Type element = elementType(context, dtype);
  if (!element) {
    python::Diagnostic error;
    error.message = "no element type for dtype '" + dtype + "'";
    throw error;
  }
  for (int64_t size : shape)
    if (size < 0) {
      python::Diagnostic error;
      error.message = "an axis cannot have size " + std::to_string(size);
      throw error;
    }
  return RankedTensorType::get(shape, element);
}

TypeSpec TypeSpec::of(mlir::Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return {{tensor.getShape().begin(), tensor.getShape().end()},
          dtypeName(tensor.getElementType()).str()};
}

std::string TypeSpec::str() const {
  std::string text = dtype + "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

Location SourceLocation::get(MLIRContext *context) const {
  Location loc = FileLineColLoc::get(context, file, line, 0);
  if (function.empty())
    return loc;
  return NameLoc::get(StringAttr::get(context, function), loc);
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static std::shared_ptr<MLIRContext> makeContext() {
  static std::once_flag once;
  std::call_once(once, [] {
    registerPasses();
    mlir::registerTransformsPasses();
  });
  DialectRegistry registry;
  registerDialects(registry);
  // Tracing is single-threaded; a thread pool a context would cost more than
  // the passes.
  auto context =
      std::make_shared<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadDialect<XformDialect, func::FuncDialect>();
  // What is for IREE alone is written in IREE's dialects, which are not here.
  context->allowUnregisteredDialects();
  return context;
}

ModuleState::ModuleState(std::shared_ptr<MLIRContext> shared, ModuleOp op)
    : context(std::move(shared)), module(op) {
  symbols.emplace(op);
}

ModulePtr ModuleState::make() {
  std::shared_ptr<MLIRContext> context = makeContext();
  ModuleOp module = ModuleOp::create(UnknownLoc::get(context.get()));
  return std::make_shared<ModuleState>(std::move(context), module);
}

/// Reads text or bytecode, or throws what is wrong with it.
static OwningOpRef<ModuleOp> read(MLIRContext *context, llvm::StringRef code,
                                  const std::string &name) {
  DiagnosticScope scope(context);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(code, name),
                             llvm::SMLoc());
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(context));
  if (!module)
    scope.raise("'" + name + "' is not an MLIR module");
  return module;
}

ModulePtr ModuleState::parse(llvm::StringRef code, const std::string &name) {
  std::shared_ptr<MLIRContext> context = makeContext();
  OwningOpRef<ModuleOp> module = read(context.get(), code, name);
  return std::make_shared<ModuleState>(std::move(context), module.release());
}

void ModuleState::take(llvm::StringRef code, const std::string &entry,
                       const std::string &name) {
  OwningOpRef<ModuleOp> other = read(context.get(), code, name);
  DiagnosticScope scope(context.get());
  SymbolTable theirs(*other);
  Operation *function = theirs.lookup(entry);
  if (!function)
    scope.raise("'" + name + "' has no function '" + entry + "'");
  // What is private gives way: the name is for the entry.
  for (SymbolTable *table : {&*symbols, &theirs})
    if (Operation *inTheWay = table->lookup(name);
        inTheWay && inTheWay != function) {
      if (SymbolTable::getSymbolVisibility(inTheWay) !=
          SymbolTable::Visibility::Private)
        scope.raise("there is a function '" + name + "' already");
      (void)table->renameToUnique(inTheWay,
                                  table == &theirs ? &*symbols : &theirs);
    }
  (void)theirs.rename(function, name);
  // All have their names before one moves: a name changes with its uses.
  for (Operation &op : *other->getBody())
    if (symbols->lookup(SymbolTable::getSymbolName(&op)))
      (void)theirs.renameToUnique(&op, &*symbols);
  for (Operation &op : llvm::make_early_inc_range(*other->getBody())) {
    op.remove();
    symbols->insert(&op);
  }
}

void ModuleState::addInstance(llvm::StringRef code,
                              const std::map<std::string, int64_t> &sizes) {
  OwningOpRef<ModuleOp> instance = read(context.get(), code, "instance");
  Builder builder(context.get());
  NamedAttrList named;
  for (const auto &[name, size] : sizes)
    named.append(name, builder.getI64IntegerAttr(size));
  (*instance)->setAttr("xform.sizes", named.getDictionary(context.get()));
  module->push_back(instance.release());
}

ModulePtr ModuleState::clone() {
  return std::make_shared<ModuleState>(context, module->clone());
}

ModulePtr FunctionHandle::extract() const {
  OwningOpRef<ModuleOp> module = ModuleOp::create(owner->module->getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  SetVector<Operation *> named;
  named.insert(function);
  // Grows while it is walked: what a function names may name others.
  for (size_t i = 0; i < named.size(); ++i) {
    builder.clone(*named[i]);
    std::optional<SymbolTable::UseRange> uses =
        SymbolTable::getSymbolUses(named[i]);
    assert(uses && "no operation inside of a function is unknown");
    for (const SymbolTable::SymbolUse &use : *uses)
      named.insert(
          owner->symbols->lookup(use.getSymbolRef().getRootReference()));
  }
  SymbolTable::setSymbolVisibility(&module->getBody()->front(),
                                   SymbolTable::Visibility::Public);
  return std::make_shared<ModuleState>(owner->context, module.release());
}

void ModuleState::run(const std::string &pipeline,
                      std::unique_ptr<PassInstrumentation> observer) {
  DiagnosticScope scope(context.get());
  PassManager manager(context.get(), ModuleOp::getOperationName());
  if (observer)
    manager.addInstrumentation(std::move(observer));
  std::string parseErrors;
  llvm::raw_string_ostream stream(parseErrors);
  if (failed(parsePassPipeline(pipeline, manager, stream)))
    scope.raise("unknown pass or pipeline in '" + pipeline + "'");
  symbols.reset();
  LogicalResult result = manager.run(*module);
  symbols.emplace(*module);
  if (failed(result))
    scope.raise("the passes '" + pipeline + "' failed");
}

std::string ModuleState::text(bool locations, bool generic) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  OpPrintingFlags flags;
  if (locations)
    flags.enableDebugInfo();
  if (generic)
    flags.printGenericOpForm();
  module->print(stream, flags);
  return out;
}

std::string ModuleState::bytecode() {
  std::string out;
  llvm::raw_string_ostream stream(out);
  DiagnosticScope scope(context.get());
  if (failed(writeBytecodeToFile(*module, stream)))
    scope.raise("the module has no bytecode");
  return out;
}

double ModuleState::work() {
  double additions = 0;
  module->walk([&](Operation *op) { additions += ownWorkOf(op).additions; });
  return additions;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

std::vector<ValueHandle> FunctionHandle::wrap(ValueRange values) const {
  std::vector<ValueHandle> handles;
  handles.reserve(values.size());
  for (Value value : values)
    handles.push_back({owner, value});
  return handles;
}

Value FunctionHandle::unwrap(const ValueHandle &handle) const {
  Value value = handle.value;
  if (value.getParentBlock() != &function->getRegion(0).front()) {
    python::Diagnostic error;
    error.message = "a value of another function was used in @" +
                    const_cast<func::FuncOp &>(function).getName().str();
    throw error;
  }
  return value;
}

SmallVector<Value>
FunctionHandle::unwrap(const std::vector<ValueHandle> &values) const {
  SmallVector<Value> unwrapped;
  for (const ValueHandle &value : values)
    unwrapped.push_back(unwrap(value));
  return unwrapped;
}

namespace {

/// An op's properties, outside of any op.
class Properties {
public:
  Properties(OperationName name, DictionaryAttr attributes,
             function_ref<InFlightDiagnostic()> emit)
      : name(name), storage(name.getOpPropertyByteSize()) {
    if (storage.empty())
      return;
    name.initOpProperties(opaque(), OpaqueProperties(nullptr));
    valid = succeeded(
        name.setOpPropertiesFromAttribute(name, opaque(), attributes, emit));
  }
  Properties(const Properties &) = delete;
  Properties &operator=(const Properties &) = delete;
  ~Properties() {
    if (!storage.empty())
      name.destroyOpProperties(opaque());
  }

  OpaqueProperties opaque() { return OpaqueProperties(storage.data()); }
  bool valid = true;

private:
  OperationName name;
  std::vector<char> storage;
};

} // namespace

std::vector<ValueHandle> FunctionHandle::create(OperationState &state,
                                                const std::string &op) const {
  MLIRContext *context = owner->context.get();
  DiagnosticScope scope(context);
  auto emit = [&] { return emitError(state.location); };
  DictionaryAttr attributes = state.attributes.getDictionary(context);
  // What inference rejects is never built, so inference runs on properties of
  // its own.
  if (state.types.empty()) {
    auto *inference = state.name.getInterface<InferTypeOpInterface>();
    if (!inference)
      scope.raise("xform." + op + " needs a result type");
    Properties properties(state.name, attributes, emit);
    if (!properties.valid ||
        failed(inference->inferReturnTypes(
            context, state.location, state.operands, attributes,
            properties.opaque(), state.regions, state.types)))
      scope.raise("xform." + op + " cannot take these operands");
  }
  if (state.name.getOpPropertyByteSize() > 0)
    state.propertiesAttr = attributes;
  state.attributes.clear();
  Operation *operation = builder().create(state);
  if (failed(verify(operation))) {
    operation->erase();
    scope.raise("xform." + op + " cannot take these operands");
  }
  return wrap(operation->getResults());
}
