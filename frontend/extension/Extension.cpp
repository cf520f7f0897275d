//===- Extension.cpp - the Python module xform._xform ---------------------===//
//
// Its interface is described in frontend/xform/_xform.pyi.
//
//===----------------------------------------------------------------------===//

#include "Analyses.h"
#include "Attributes.h"
#include "Builder.h"
#include "MachineCode.h"
#include "Observation.h"
#include "PrimitiveTable.h"

#include "dialect/Checkpoint.h"
#include "dialect/Control.h"
#include "dialect/Custom.h"
#include "dialect/SameComputation.h"
#include "lowering/cpu/Results.h"
#include "lowering/transforms/Expander.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace mlir;
using namespace xform;
using namespace xform::python;

namespace {

using Values = std::vector<ValueHandle>;
using Axes = std::vector<int64_t>;

nb::tuple shapeOf(Value value) {
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  nb::list sizes;
  for (int64_t size : shape)
    sizes.append(size);
  return nb::tuple(sizes);
}

std::vector<TypeSpec> specsOf(TypeRange types) {
  std::vector<TypeSpec> specs;
  for (mlir::Type type : types)
    specs.push_back(TypeSpec::of(type));
  return specs;
}

FunctionHandle addFunction(const ModulePtr &module, const std::string &name,
                           const std::vector<TypeSpec> &arguments,
                           const SourceLocation &location, bool isPublic) {
  MLIRContext *context = module->context.get();
  SmallVector<mlir::Type> types;
  for (const TypeSpec &argument : arguments)
    types.push_back(argument.get(context));
  Location loc = location.get(context);
  OpBuilder builder(context);
  auto function = func::FuncOp::create(builder, loc, name,
                                       FunctionType::get(context, types, {}));
  function.setVisibility(isPublic ? SymbolTable::Visibility::Public
                                  : SymbolTable::Visibility::Private);
  function.addEntryBlock();
  module->symbols->insert(function);
  return {module, function};
}

ValueHandle addArgument(FunctionHandle &self, const TypeSpec &type,
                        const SourceLocation &location) {
  MLIRContext *context = self.owner->context.get();
  Value argument = self.function.front().addArgument(type.get(context),
                                                     location.get(context));
  self.function.setFunctionType(
      FunctionType::get(context, self.function.front().getArgumentTypes(),
                        self.function.getResultTypes()));
  return self.wrap(argument);
}

void setReturn(FunctionHandle &self, const Values &values,
               const SourceLocation &location) {
  OpBuilder builder = self.builder();
  SmallVector<Value> results = self.unwrap(values);
  func::ReturnOp::create(builder, location.get(builder.getContext()), results);
  self.function.setFunctionType(FunctionType::get(
      builder.getContext(), self.function.front().getArgumentTypes(),
      ValueRange(results).getTypes()));
}

Values emitPrimitive(FunctionHandle &self, const std::string &op,
                     const Values &operands, const SourceLocation &location,
                     nb::handle attributes,
                     const std::vector<TypeSpec> &resultTypes) {
  MLIRContext *context = self.owner->context.get();
  OperationState state(location.get(context), "xform." + op);
  if (!state.name.isRegistered())
    throw nb::key_error(("no primitive named '" + op + "'").c_str());
  state.addOperands(self.unwrap(operands));
  for (const TypeSpec &type : resultTypes)
    state.addTypes(type.get(context));
  if (!attributes.is_none())
    state.attributes = attributesOf(context, nb::cast<nb::dict>(attributes));
  return self.create(state, op);
}

/// Builds a transform operation whose result types its operands and callee
/// give, or throws what is wrong with them.
template <typename OpTy, typename Infer, typename... Args>
Values emitTransform(FunctionHandle &self, const SourceLocation &location,
                     Infer infer, Args &&...args) {
  MLIRContext *context = self.owner->context.get();
  DiagnosticScope scope(context);
  Location loc = location.get(context);
  FailureOr<SmallVector<mlir::Type>> types =
      infer([&] { return emitError(loc); });
  if (failed(types))
    scope.raise("the operands do not fit the function");
  OpBuilder builder = self.builder();
  auto op = OpTy::create(builder, loc, *types, std::forward<Args>(args)...);
  return self.wrap(op->getResults());
}

StringRef symbolOf(const FunctionHandle &callee) {
  return func::FuncOp(callee.function).getSymName();
}

Axes dimsOf(const std::vector<std::optional<int64_t>> &dims) {
  Axes values;
  for (std::optional<int64_t> dim : dims)
    values.push_back(dim.value_or(kNotBatched));
  return values;
}

Values emitVmap(FunctionHandle &self, const FunctionHandle &callee,
                const Values &operands,
                const std::vector<std::optional<int64_t>> &inDims,
                const std::vector<std::optional<int64_t>> &outDims,
                const SourceLocation &location,
                const std::optional<ValueHandle> &rowNumbers) {
  SmallVector<Value> inputs = self.unwrap(operands);
  Value numbers = rowNumbers ? self.unwrap(*rowNumbers) : Value();
  Axes in = dimsOf(inDims), out = dimsOf(outDims);
  return emitTransform<VmapOp>(
      self, location,
      [&](Emit emit) {
        return inferVmap(emit, callee.function, ValueRange(inputs).getTypes(),
                         in, out, numbers ? numbers.getType() : mlir::Type());
      },
      symbolOf(callee), inputs, numbers, in, out);
}

/// A jvp or vjp: `infer` says what it returns, `seeds` are its tangents or
/// cotangents.
template <typename OpTy, auto infer>
Values emitDerivative(FunctionHandle &self, const FunctionHandle &callee,
                      const Values &primals, const Values &seeds,
                      const Axes &argnums, const SourceLocation &location) {
  SmallVector<Value> xs = self.unwrap(primals), given = self.unwrap(seeds);
  return emitTransform<OpTy>(
      self, location,
      [&](Emit emit) {
        return infer(emit, callee.function, ValueRange(xs).getTypes(),
                     ValueRange(given).getTypes(), argnums);
      },
      symbolOf(callee), xs, given, argnums);
}

Values emitGrad(FunctionHandle &self, const FunctionHandle &callee,
                const Values &primals, const Axes &argnums,
                const SourceLocation &location, bool withValue, bool hasAux) {
  SmallVector<Value> xs = self.unwrap(primals);
  return emitTransform<GradOp>(
      self, location,
      [&](Emit emit) {
        return inferGrad(emit, callee.function, ValueRange(xs).getTypes(),
                         argnums, withValue, hasAux);
      },
      symbolOf(callee), xs, argnums, withValue, hasAux);
}

Values emitMap(FunctionHandle &self, const FunctionHandle &callee,
               const Values &xs, const Values &captures,
               const SourceLocation &location) {
  SmallVector<Value> rows = self.unwrap(xs), whole = self.unwrap(captures);
  return emitTransform<MapOp>(
      self, location,
      [&](Emit emit) {
        return inferMap(emit, callee.function, ValueRange(rows).getTypes(),
                        ValueRange(whole).getTypes());
      },
      symbolOf(callee), rows, whole);
}

Values emitScan(FunctionHandle &self, const FunctionHandle &callee,
                const Values &init, const Values &xs, const Values &captures,
                const SourceLocation &location, std::optional<int64_t> length,
                bool reverse, int64_t unroll) {
  SmallVector<Value> first = self.unwrap(init), rows = self.unwrap(xs),
                     whole = self.unwrap(captures);
  Builder b(self.owner->context.get());
  IntegerAttr steps = length ? b.getI64IntegerAttr(*length) : IntegerAttr();
  return emitTransform<ScanOp>(
      self, location,
      [&](Emit emit) {
        return inferScan(emit, callee.function, ValueRange(first).getTypes(),
                         ValueRange(rows).getTypes(),
                         ValueRange(whole).getTypes(), steps);
      },
      symbolOf(callee), first, rows, whole, steps, reverse, unroll);
}

Values emitSwitch(FunctionHandle &self, const ValueHandle &index,
                  const std::vector<FunctionHandle> &branches,
                  const Values &operands, const SourceLocation &location) {
  Value chosen = self.unwrap(index);
  SmallVector<Value> inputs = self.unwrap(operands);
  SmallVector<func::FuncOp> functions;
  SmallVector<Attribute> symbols;
  for (const FunctionHandle &branch : branches) {
    functions.push_back(branch.function);
    symbols.push_back(FlatSymbolRefAttr::get(functions.back()));
  }
  return emitTransform<SwitchOp>(
      self, location,
      [&](Emit emit) {
        return inferSwitch(emit, chosen.getType(), functions,
                           ValueRange(inputs).getTypes());
      },
      chosen, ArrayAttr::get(self.owner->context.get(), symbols), inputs);
}

Values emitWhile(FunctionHandle &self, const Values &init,
                 const FunctionHandle &cond, const Values &condCaptures,
                 const FunctionHandle &body, const Values &bodyCaptures,
                 const SourceLocation &location) {
  SmallVector<Value> first = self.unwrap(init),
                     inCond = self.unwrap(condCaptures),
                     inBody = self.unwrap(bodyCaptures);
  return emitTransform<WhileOp>(
      self, location,
      [&](Emit emit) {
        return inferWhile(
            emit, cond.function, body.function, ValueRange(first).getTypes(),
            ValueRange(inCond).getTypes(), ValueRange(inBody).getTypes());
      },
      first, symbolOf(cond), inCond, symbolOf(body), inBody);
}

FlatSymbolRefAttr symbolOf(const std::optional<FunctionHandle> &function) {
  return function ? FlatSymbolRefAttr::get(func::FuncOp(function->function))
                  : FlatSymbolRefAttr();
}

Values emitCustom(FunctionHandle &self, const FunctionHandle &callee,
                  const Values &inputs, const Values &captures,
                  const SourceLocation &location, const std::string &site,
                  const std::optional<FunctionHandle> &jvp,
                  const std::optional<FunctionHandle> &forward,
                  const std::optional<FunctionHandle> &backward,
                  const std::optional<std::vector<FunctionHandle>> &vmap,
                  bool symbolicZeros, bool hasBackward) {
  MLIRContext *context = self.owner->context.get();
  auto flag = [&](bool isSet) {
    return isSet ? UnitAttr::get(context) : UnitAttr();
  };
  SmallVector<Value> own = self.unwrap(inputs), whole = self.unwrap(captures);
  CustomFunctions functions;
  auto find = [](const std::optional<FunctionHandle> &function) {
    return function ? function->function : func::FuncOp();
  };
  functions.callee = callee.function;
  functions.jvp = find(jvp);
  functions.forward = find(forward);
  functions.backward = find(backward);
  SmallVector<Attribute> rules;
  if (vmap)
    for (const FunctionHandle &rule : *vmap) {
      functions.vmap.push_back(rule.function);
      rules.push_back(FlatSymbolRefAttr::get(functions.vmap.back()));
    }
  return emitTransform<CustomOp>(
      self, location,
      [&](Emit emit) {
        return inferCustom(emit, functions, ValueRange(own).getTypes(),
                           ValueRange(whole).getTypes());
      },
      FlatSymbolRefAttr::get(functions.callee), own, whole, symbolOf(jvp),
      symbolOf(forward), symbolOf(backward),
      vmap ? ArrayAttr::get(context, rules) : ArrayAttr(),
      StringAttr::get(context, site), flag(symbolicZeros), flag(hasBackward));
}

/// The rules that an expansion with `asks` has listed, as (site, rule,
/// operands, size).
nb::list askedRules(const ModuleState &self) {
  nb::list rules;
  auto asked = ModuleOp(*self.module)->getAttrOfType<ArrayAttr>(kAskedRules);
  if (!asked)
    return rules;
  for (auto rule : asked.getAsRange<DictionaryAttr>()) {
    nb::list operands;
    for (bool marked :
         cast<DenseBoolArrayAttr>(rule.get("operands")).asArrayRef())
      operands.append(marked);
    rules.append(nb::make_tuple(
        cast<StringAttr>(rule.get("site")).getValue().str(),
        cast<StringAttr>(rule.get("rule")).getValue().str(),
        nb::tuple(operands), cast<IntegerAttr>(rule.get("size")).getInt()));
  }
  return rules;
}

Values emitCheckpoint(FunctionHandle &self, const FunctionHandle &callee,
                      const Values &operands, const std::string &policy,
                      const SourceLocation &location,
                      const std::optional<std::vector<std::string>> &names,
                      std::optional<int64_t> bytes) {
  SmallVector<Value> inputs = self.unwrap(operands);
  Builder b(self.owner->context.get());
  ArrayAttr listed;
  if (names)
    listed =
        b.getStrArrayAttr(SmallVector<StringRef>(names->begin(), names->end()));
  IntegerAttr limit = bytes ? b.getI64IntegerAttr(*bytes) : IntegerAttr();
  return emitTransform<CheckpointOp>(
      self, location,
      [&](Emit emit) {
        return inferCheckpoint(emit, callee.function,
                               ValueRange(inputs).getTypes());
      },
      symbolOf(callee), inputs, b.getStringAttr(policy), listed, limit);
}

Values emitCall(FunctionHandle &self, const FunctionHandle &callee,
                const Values &operands, const SourceLocation &location) {
  MLIRContext *context = self.owner->context.get();
  SmallVector<Value> values = self.unwrap(operands);
  auto expected = func::FuncOp(callee.function).getFunctionType().getInputs();
  if (!llvm::equal(expected, ValueRange(values).getTypes())) {
    python::Diagnostic error;
    error.message = "the operands do not fit the function";
    throw error;
  }
  OpBuilder builder = self.builder();
  auto call = func::CallOp::create(builder, location.get(context),
                                   callee.function, values);
  return self.wrap(call.getResults());
}

void setReflection(FunctionHandle &self,
                   const std::map<std::string, std::string> &entries) {
  Builder b(self.owner->context.get());
  NamedAttrList list;
  for (const auto &[key, value] : entries)
    list.append(key, b.getStringAttr(value));
  self.function->setAttr("iree.reflection", list.getDictionary(b.getContext()));
}

void setDonated(FunctionHandle &self, const std::vector<unsigned> &arguments) {
  Builder b(self.owner->context.get());
  for (unsigned number : arguments)
    self.function.setArgAttr(number, kDonatedAttr, b.getUnitAttr());
}

FunctionHandle lookup(const ModulePtr &module, const std::string &name) {
  auto function = module->symbols->lookup<func::FuncOp>(name);
  if (!function)
    throw nb::key_error(("no function named '" + name + "'").c_str());
  return {module, function};
}

std::map<std::string, int64_t> opNames(ModuleState &self) {
  std::map<std::string, int64_t> counts;
  self.module->walk(
      [&](Operation *op) { ++counts[op->getName().getStringRef().str()]; });
  return counts;
}

/// xform._xform.Diagnostic, which carries where the error is.
nb::object diagnosticType;

void translate(const std::exception_ptr &pointer, void *) {
  try {
    std::rethrow_exception(pointer);
  } catch (const python::Diagnostic &error) {
    nb::object exception = diagnosticType(error.message);
    exception.attr("message") = error.message;
    exception.attr("notes") = error.notes;
    exception.attr("file") = error.file;
    exception.attr("line") = error.line;
    PyErr_SetObject(diagnosticType.ptr(), exception.ptr());
  }
}

} // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): nanobind's macro
NB_MODULE(_xform, m) {
  m.doc() = "The compiler's extension module: modules and functions under "
            "construction.";
  diagnosticType = nb::steal(
      PyErr_NewException("xform._xform.Diagnostic", PyExc_Exception, nullptr));
  m.attr("Diagnostic") = diagnosticType;
  nb::register_exception_translator(translate, nullptr);
  m.attr("PRIMITIVES") =
      nb::module_::import_("json").attr("loads")(kPrimitiveTable);

  nb::class_<TypeSpec>(m, "Type")
      .def(
          "__init__",
          [](TypeSpec *self, const Axes &shape, const std::string &dtype) {
            new (self) TypeSpec{shape, dtype};
          },
          nb::arg("shape"), nb::arg("dtype"))
      .def_prop_ro("shape",
                   [](const TypeSpec &self) {
                     nb::list sizes;
                     for (int64_t size : self.shape)
                       sizes.append(size);
                     return nb::tuple(sizes);
                   })
      .def_prop_ro("dtype", [](const TypeSpec &self) { return self.dtype; })
      .def("__eq__",
           [](const TypeSpec &self, nb::handle other) {
             return nb::isinstance<TypeSpec>(other) &&
                    self == nb::cast<TypeSpec>(other);
           })
      .def("__hash__",
           [](const TypeSpec &self) {
             return std::hash<std::string>()(self.str());
           })
      .def("__repr__", &TypeSpec::str)
      .def("__str__", &TypeSpec::str);

  nb::class_<SourceLocation>(m, "Location")
      .def(
          "__init__",
          [](SourceLocation *self, const std::string &file, unsigned line,
             const std::string &function) {
            new (self) SourceLocation(file, line, function);
          },
          nb::arg("file"), nb::arg("line"), nb::arg("function") = "");

  nb::class_<ValueHandle>(m, "Value")
      .def_prop_ro("type",
                   [](const ValueHandle &self) {
                     return TypeSpec::of(Value(self.value).getType());
                   })
      .def_prop_ro("shape",
                   [](const ValueHandle &self) { return shapeOf(self.value); })
      .def_prop_ro(
          "dtype",
          [](const ValueHandle &self) {
            return dtypeName(getElementTypeOrSelf(Value(self.value).getType()))
                .str();
          })
      .def_prop_ro(
          "function",
          [](const ValueHandle &self) {
            return FunctionHandle{
                self.owner,
                cast<func::FuncOp>(
                    Value(self.value).getParentBlock()->getParentOp())};
          })
      .def(
          "is_computed_as",
          [](const ValueHandle &self, const ValueHandle &other) {
            // More pairs are not worth the time of a trace.
            return areComputedAlike(self.value, other.value, /*limit=*/4096);
          },
          nb::arg("other"));

  nb::class_<FunctionHandle> function(m, "Function");
  addAnalyses(function);
  function
      .def_prop_ro(
          "name",
          [](FunctionHandle &self) { return self.function.getName().str(); })
      .def_prop_ro("arguments",
                   [](FunctionHandle &self) {
                     return self.wrap(ValueRange(self.function.getArguments()));
                   })
      .def("__eq__",
           [](FunctionHandle &self, nb::handle other) {
             return nb::isinstance<FunctionHandle>(other) &&
                    self.function == nb::cast<FunctionHandle>(other).function;
           })
      .def("__hash__",
           [](FunctionHandle &self) {
             return reinterpret_cast<uintptr_t>(self.function.getOperation());
           })
      .def_prop_ro("argument_types",
                   [](FunctionHandle &self) {
                     return specsOf(self.function.getArgumentTypes());
                   })
      .def_prop_ro("result_types",
                   [](FunctionHandle &self) {
                     return specsOf(self.function.getResultTypes());
                   })
      .def("add_argument", &addArgument, nb::arg("type"), nb::arg("location"))
      .def("emit", &emitPrimitive, nb::arg("op"), nb::arg("operands"),
           nb::arg("location"), nb::arg("attributes") = nb::none(),
           nb::arg("result_types") = std::vector<TypeSpec>())
      .def("constant", &emitConstant, nb::arg("array"), nb::arg("location"))
      .def("splat", &emitSplat, nb::arg("value"), nb::arg("type"),
           nb::arg("location"))
      .def("call", &emitCall, nb::arg("callee"), nb::arg("operands"),
           nb::arg("location"))
      .def("vmap", &emitVmap, nb::arg("callee"), nb::arg("operands"),
           nb::arg("in_dims"), nb::arg("out_dims"), nb::arg("location"),
           nb::arg("row_numbers") = nb::none())
      .def("jvp", &emitDerivative<JvpOp, inferJvp>, nb::arg("callee"),
           nb::arg("primals"), nb::arg("tangents"), nb::arg("argnums"),
           nb::arg("location"))
      .def("vjp", &emitDerivative<VjpOp, inferVjp>, nb::arg("callee"),
           nb::arg("primals"), nb::arg("cotangents"), nb::arg("argnums"),
           nb::arg("location"))
      .def("grad", &emitGrad, nb::arg("callee"), nb::arg("primals"),
           nb::arg("argnums"), nb::arg("location"),
           nb::arg("with_value") = false, nb::arg("has_aux") = false)
      .def("map", &emitMap, nb::arg("callee"), nb::arg("xs"),
           nb::arg("captures"), nb::arg("location"))
      .def("scan", &emitScan, nb::arg("callee"), nb::arg("init"), nb::arg("xs"),
           nb::arg("captures"), nb::arg("location"),
           nb::arg("length") = nb::none(), nb::arg("reverse") = false,
           nb::arg("unroll") = 1)
      .def("switch", &emitSwitch, nb::arg("index"), nb::arg("branches"),
           nb::arg("operands"), nb::arg("location"))
      .def("while_loop", &emitWhile, nb::arg("init"), nb::arg("cond"),
           nb::arg("cond_captures"), nb::arg("body"), nb::arg("body_captures"),
           nb::arg("location"))
      .def("custom", &emitCustom, nb::arg("callee"), nb::arg("inputs"),
           nb::arg("captures"), nb::arg("location"), nb::arg("site"),
           nb::arg("jvp") = nb::none(), nb::arg("forward") = nb::none(),
           nb::arg("backward") = nb::none(), nb::arg("vmap") = nb::none(),
           nb::arg("symbolic_zeros") = false, nb::arg("has_backward") = false)
      .def("checkpoint", &emitCheckpoint, nb::arg("callee"),
           nb::arg("operands"), nb::arg("policy"), nb::arg("location"),
           nb::arg("names") = nb::none(), nb::arg("bytes") = nb::none())
      .def("set_return", &setReturn, nb::arg("values"), nb::arg("location"))
      .def("set_reflection", &setReflection, nb::arg("entries"))
      .def("set_donated", &setDonated, nb::arg("arguments"))
      .def("extract", &FunctionHandle::extract)
      .def("erase", [](FunctionHandle &self) {
        self.owner->symbols->erase(self.function);
      });

  nb::class_<ModuleState> module(m, "Module");
  addMachineCode(m, module);
  addObservation(m, module);
  module.def(nb::new_(&ModuleState::make))
      .def_static(
          "parse",
          [](const std::string &text, const std::string &name) {
            return ModuleState::parse(text, name);
          },
          nb::arg("code"), nb::arg("name") = "<string>")
      .def_static(
          "parse",
          [](const nb::bytes &bytecode, const std::string &name) {
            return ModuleState::parse({bytecode.c_str(), bytecode.size()},
                                      name);
          },
          nb::arg("code"), nb::arg("name") = "<string>")
      .def("function", &addFunction, nb::arg("name"), nb::arg("arguments"),
           nb::arg("location"), nb::arg("public") = false)
      .def("lookup", &lookup, nb::arg("name"))
      .def("clone", &ModuleState::clone)
      .def(
          "take",
          [](ModuleState &self, const nb::bytes &code, const std::string &entry,
             const std::string &name) {
            self.take(llvm::StringRef(code.c_str(), code.size()), entry, name);
          },
          nb::arg("code"), nb::arg("entry"), nb::arg("name"))
      .def(
          "add_instance",
          [](ModuleState &self, const nb::bytes &code,
             const std::map<std::string, int64_t> &sizes) {
            self.addInstance(llvm::StringRef(code.c_str(), code.size()), sizes);
          },
          nb::arg("code"), nb::arg("sizes"))
      .def(
          "run",
          [](ModuleState &self, const std::string &pipeline) {
            self.run(pipeline);
          },
          nb::arg("pipeline"), nb::call_guard<nb::gil_scoped_release>())
      .def("asked_rules", &askedRules)
      .def("text", &ModuleState::text, nb::arg("locations") = false,
           nb::arg("generic") = false)
      .def("bytecode",
           [](ModuleState &self) {
             std::string bytecode = self.bytecode();
             return nb::bytes(bytecode.data(), bytecode.size());
           })
      .def("op_names", &opNames)
      .def("work", &ModuleState::work);
}
