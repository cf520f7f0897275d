//===- Structure.cpp - a module as data -----------------------------------===//

#include "Structure.h"

#include "Builder.h"

#include "dialect/CallGraph.h"
#include "dialect/Work.h"
#include "lowering/Work.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace xform;
using python::DiagnosticScope;

/// Attributes longer than this say little to a reader.
constexpr size_t kMostCharacters = 60;
constexpr int64_t kMostElements = 8;

namespace {

class Writer {
public:
  explicit Writer(llvm::raw_ostream &stream) : json(stream) {}

  void write(ModuleOp module) {
    json.array([&] {
      for (auto function : module.getOps<FunctionOpInterface>())
        write(function);
    });
  }

private:
  void write(FunctionOpInterface function) {
    json.object([&] {
      json.attribute("name", SymbolTable::getSymbolName(function).getValue());
      json.attribute("public", function.isPublic());
      writeAttributes(function->getDiscardableAttrs());
      if (!function.isExternal())
        write(function.getFunctionBody().front());
    });
  }

  void write(Block &block) {
    json.attributeArray("arguments", [&] { write(block.getArguments()); });
    json.attributeArray("ops", [&] {
      for (Operation &op : block)
        json.object([&] { write(&op); });
    });
  }

  void write(ValueRange values) {
    for (Value value : values)
      json.array([&] {
        json.value(numberOf(value));
        json.value(textOf(value.getType()));
      });
  }

  void write(Operation *op) {
    json.attribute("name", op->getName().getStringRef());
    json.attributeArray("operands", [&] {
      for (Value operand : op->getOperands())
        json.value(numberOf(operand));
    });
    json.attributeArray("results", [&] { write(op->getResults()); });
    writeAttributes(op->getAttrs());
    writePlace(op->getLoc());
    writeCost(op);
    if (auto runner = dyn_cast<HigherOrderOpInterface>(op))
      write(runner);
    if (op->getNumRegions() && !isa<linalg::LinalgOp>(op))
      json.attributeArray("regions", [&] {
        for (Region &region : op->getRegions())
          for (Block &block : region)
            json.object([&] { write(block); });
      });
  }

  template <typename Range> void writeAttributes(const Range &attributes) {
    json.attributeObject("attributes", [&] {
      for (NamedAttribute attribute : attributes)
        json.attribute(attribute.getName(), textOf(attribute.getValue()));
    });
  }

  void writePlace(Location loc) {
    FileLineColLoc place = python::fileOf(loc);
    if (!place)
      return;
    StringRef within;
    loc->walk([&](Location inner) {
      if (auto named = dyn_cast<NameLoc>(inner))
        within = named.getName().getValue();
      return within.empty() ? WalkResult::advance() : WalkResult::interrupt();
    });
    json.attributeArray("place", [&] {
      json.value(place.getFilename().getValue());
      json.value(place.getLine());
      json.value(within);
    });
  }

  void writeCost(Operation *op) {
    Work work = workOf(op);
    if (auto loops = dyn_cast<linalg::LinalgOp>(op)) {
      work.additions = workOf(loops);
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      if (std::optional<APInt> turns = loop.getStaticTripCount())
        json.attribute("turns", turns->getSExtValue());
    } else if (!isa_and_present<XformDialect>(op->getDialect()) &&
               !op->getNumRegions()) {
      work.additions = workOfScalar(op);
      for (Type type : op->getResultTypes())
        if (auto vector = dyn_cast<VectorType>(type))
          work.additions *= static_cast<double>(vector.getNumElements());
    }
    json.attributeArray("work", [&] {
      for (double number : {work.flops, work.additions, work.bytes})
        json.value(number);
    });
  }

  void write(HigherOrderOpInterface runner) {
    json.attributeArray("runs", [&] {
      for (const FunctionRun &run : runner.functionRuns()) {
        json.object([&] {
          json.attribute("function", run.function.getValue());
          json.attribute("frequency", nameOf(run.frequency));
          if (!ShapedType::isDynamic(run.steps))
            json.attribute("turns", run.steps);
        });
      }
    });
  }

  static StringRef nameOf(FunctionRun::Frequency frequency) {
    switch (frequency) {
    case FunctionRun::Frequency::kOnce:
      return "once";
    case FunctionRun::Frequency::kSteps:
      return "steps";
    case FunctionRun::Frequency::kWhile:
      return "while";
    case FunctionRun::Frequency::kChosen:
      return "chosen";
    case FunctionRun::Frequency::kTransformed:
      return "transformed";
    case FunctionRun::Frequency::kRule:
      return "rule";
    }
    llvm_unreachable("no frequency");
  }

  static std::string textOf(Attribute attribute) {
    auto elements = dyn_cast<ElementsAttr>(attribute);
    if (elements && !elements.isSplat() &&
        elements.getNumElements() > kMostElements)
      return "...";
    return cut(attribute);
  }

  static std::string textOf(Type type) { return cut(type); }

  template <typename T> static std::string cut(T printed) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << printed;
    if (text.size() > kMostCharacters)
      text = text.substr(0, kMostCharacters) + "...";
    return text;
  }

  int64_t numberOf(Value value) {
    return numbers.try_emplace(value, static_cast<int64_t>(numbers.size()))
        .first->second;
  }

  llvm::json::OStream json;
  llvm::DenseMap<Value, int64_t> numbers;
};

} // namespace

std::string python::structureOf(ModuleOp module) {
  // What a call of a function that calls itself costs, nobody knows.
  DiagnosticScope scope(module.getContext());
  if (failed(checkCalls(module)))
    scope.raise("a function calls itself");
  std::string text;
  llvm::raw_string_ostream stream(text);
  Writer(stream).write(module);
  return text;
}
