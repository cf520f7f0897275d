//===- Builder.h - modules and functions under construction -----*- C++ -*-===//
//
// What the Python tracer holds: a module with its context, functions whose
// single block grows at its end, values, locations.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_FRONTEND_EXTENSION_BUILDER_H
#define XFORM_FRONTEND_EXTENSION_BUILDER_H

#include "dialect/Transforms.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassInstrumentation.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xform::python {

/// What was said by a verifier, an inference, the parser or a pass.
struct Diagnostic : std::exception {
  std::string message;
  std::vector<std::string> notes;
  std::string file;
  unsigned line = 0;
  const char *what() const noexcept override { return message.c_str(); }
};

/// The first file and line inside a location; passes fuse and wrap them.
mlir::FileLineColLoc fileOf(mlir::Location loc);

/// Collects diagnostics of a context while it lives.
class DiagnosticScope {
public:
  explicit DiagnosticScope(mlir::MLIRContext *context);
  ~DiagnosticScope();
  /// Throws what was collected; `fallback` is the message if nothing was.
  [[noreturn]] void raise(const std::string &fallback);

private:
  mlir::MLIRContext *context;
  mlir::DiagnosticEngine::HandlerID handler;
  std::vector<Diagnostic> errors;
};

/// A ranked tensor's type, free of any context.
struct TypeSpec {
  std::vector<int64_t> shape;
  std::string dtype;

  bool operator==(const TypeSpec &other) const {
    return dtype == other.dtype && shape == other.shape;
  }
  mlir::RankedTensorType get(mlir::MLIRContext *context) const;
  static TypeSpec of(mlir::Type type);
  std::string str() const;
};

/// The element type of a NumPy dtype name; null if there is none.
mlir::Type elementType(mlir::MLIRContext *context, llvm::StringRef dtype);
/// The NumPy dtype name of an element type.
llvm::StringRef dtypeName(mlir::Type element);

struct SourceLocation {
  SourceLocation(std::string file, unsigned line, std::string function)
      : file(std::move(file)), line(line), function(std::move(function)) {}

  std::string file;
  unsigned line;
  std::string function;
  /// The same place in a module's context.
  mlir::Location get(mlir::MLIRContext *context) const;
};

/// A module, its context, and the names taken in it.
struct ModuleState {
  std::shared_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::optional<mlir::SymbolTable> symbols;

  ModuleState(std::shared_ptr<mlir::MLIRContext> context,
              mlir::ModuleOp module);
  static std::shared_ptr<ModuleState> make();
  /// Reads text or bytecode.
  static std::shared_ptr<ModuleState> parse(llvm::StringRef code,
                                            const std::string &name);
  std::shared_ptr<ModuleState> clone();
  /// Takes over the functions of another module, in bytecode, whose function
  /// `entry` gets a name of its own here. Throws if that is taken.
  void take(llvm::StringRef code, const std::string &entry,
            const std::string &name);
  /// Takes over a module, in bytecode, as what a program is for these sizes;
  /// `--xform-generalize-sizes` makes one program of several.
  void addInstance(llvm::StringRef code,
                   const std::map<std::string, int64_t> &sizes);
  void run(const std::string &pipeline,
           std::unique_ptr<mlir::PassInstrumentation> observer = nullptr);
  std::string text(bool locations, bool generic);
  std::string bytecode();
  double work();
};

using ModulePtr = std::shared_ptr<ModuleState>;

struct ValueHandle {
  ModulePtr owner;
  mlir::Value value;
};

struct FunctionHandle {
  ModulePtr owner;
  mlir::func::FuncOp function;

  mlir::OpBuilder builder() const {
    return mlir::OpBuilder::atBlockEnd(&function->getRegion(0).front());
  }
  ValueHandle wrap(mlir::Value value) const { return {owner, value}; }
  std::vector<ValueHandle> wrap(mlir::ValueRange values) const;
  llvm::SmallVector<mlir::Value>
  unwrap(const std::vector<ValueHandle> &values) const;
  /// Throws if the value cannot be an operand in this function.
  mlir::Value unwrap(const ValueHandle &value) const;

  /// Appends a primitive, or throws what is wrong with it.
  std::vector<ValueHandle> create(mlir::OperationState &state,
                                  const std::string &op) const;
  /// A new module with copies of the function, public, and of all that it
  /// names.
  ModulePtr extract() const;
};

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_BUILDER_H
