//===- Passes.td - the passes of xform ------------------------------------===//
//
// Every pass is runnable alone in xform-opt; `--xform-pipeline` is the sequence
// of all of them (see Pipeline.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_PASSES
#define XFORM_LOWERING_PASSES

include "mlir/Pass/PassBase.td"

def XformExpandMath : Pass<"xform-expand-math"> {
  let summary = "expand math.* functions on f32 and f64 into arithmetic";
  let description = [{
    Replaces the transcendental operations of the `math` dialect by argument
    reduction and polynomials written with `arith`, so that every target
    computes the same function, vectorised, and float64 never needs a C
    library. The error bound of each expansion is stated in its source.

    Before: `%y = math.tanh %x : f64`; after: `arith` operations only (and
    the few `math` operations that every target has natively: `absf`, `copysign`,
    `floor`, `ceil`, `trunc`, `roundeven`, `sqrt`). `arith.remf`, which would
    call a library too, becomes arithmetic without rounding error.
  }];
  let options = [
    Option<"fusedMultiplyAdd", "fused-multiply-add", "bool", "false",
           "whether the target rounds math.fma once, which makes remf faster">,
    Option<"emulatedInt64", "emulated-int64", "bool", "false",
           "whether integers of 64 bits are pairs of others on the target, "
           "which have no quotients; these become arithmetic then">];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def XformExpandTransforms : Pass<"xform-expand-transforms", "::mlir::ModuleOp"> {
  let summary = "replace vmap, jvp, vjp and grad by the primitives they stand for";
  let description = [{
    Works from the innermost transform outwards. A function is differentiated
    in reverse by linearising it (jvp rules, then a split into what depends on
    primals only and what is linear in tangents) and transposing the linear
    part. Zero tangents and cotangents are never materialised, operations
    without batched operands are left alone, and a function derived once for a
    given set of arguments is used again. Calls are inlined, and functions
    that nothing refers to any more are removed. Control flow stays, and
    `xform.map` becomes a scan. A custom call that no transform has met becomes
    an ordinary one at last.

    Before:
    ```mlir
    %g = xform.grad @f(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
    ```
    After, where @f is `xform.sin`:
    ```mlir
    %g = xform.cos %x : tensor<f32>
    ```
  }];
  let options = [
    Option<"asks", "asks", "bool", "false",
           "instead of failing at a custom call that lacks a rule, list the "
           "rule in the module's xform.asked; the functions are of no use then">];
}

def XformSplitDerivative : Pass<"xform-split-derivative", "::mlir::ModuleOp"> {
  let summary = "a function's forward pass and its derivative as two functions";
  let description = [{
    Adds to a function @f two others, for callers that run them apart and keep
    what lies between on the device:

    - @f.forward takes the arguments of @f and returns its results, then the
      residuals that the derivative reads;
    - @f.pullback takes the arguments of @f, the residuals and a cotangent for
      each of `results`, and returns the cotangents of the arguments `argnums`;
      or, with `transpose=false`, @f.pushforward takes a tangent for each of
      these arguments and returns one for each of `results`.
  }];
  let options = [
    Option<"function", "function", "std::string", "", "the function's name">,
    ListOption<"argnums", "argnums", "int64_t",
               "the arguments to differentiate by">,
    ListOption<"results", "results", "int64_t",
               "the results to differentiate; every floating one if empty">,
    Option<"transpose", "transpose", "bool", "true",
           "whether cotangents go back or tangents forward">,
    Option<"asks", "asks", "bool", "false",
           "list the rules that custom calls lack; see xform-expand-transforms">];
}

def XformSimplify : Pass<"xform-simplify", "::mlir::ModuleOp"> {
  let summary = "algebraic clean-up, common subexpressions, dead code";
  let description = [{
    Applies the canonical forms of the dialect's operations and what concerns
    several of them together: products with one-hot rows, broadcasts moved
    behind elementwise chains, gradients that were stopped.
  }];
}

def XformLowerLinearAlgebra : Pass<"xform-lower-linear-algebra", "::mlir::ModuleOp"> {
  let summary = "turn factorisations and systems into loops over panels";
  let description = [{
    A panel takes one `xform.dot_general` for what came before it, then one
    elementwise `linalg.generic` for each of its columns or rows. Matrices of
    one panel have no product, and few steps no loop. f16 and bf16 are computed
    in f32.

    eigh, schur, eig and svd of square matrices are functions of the runtime of
    xform's machine code (lowering/codegen/runtime/matrices), and stay what they
    are here. Without `calls-functions`, eigh and svd become sweeps of rotations
    until nothing is left to rotate, and schur and eig steps of the QR iteration
    that factor whole matrices.
  }];
  let options = [Option<"callsFunctions", "calls-functions", "bool", "false",
                        "leave what has a function in the runtime">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def XformLowerLoops : Pass<"xform-lower-loops", "::mlir::ModuleOp"> {
  let summary = "turn xform.scan, switch and while into scf with their functions inlined";
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def XformToLinalg : Pass<"xform-to-linalg", "::mlir::ModuleOp"> {
  let summary = "lower primitives to linalg, tensor, arith and math";
  let description = [{
    Named contractions where a dot_general's axes allow it; elementwise
    operations as linalg.generic which read broadcast and transposed operands
    where they lie; unsigned elements become signless ones.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::scf::SCFDialect"];
  let options = [
    Option<"updatesInPlace", "updates-in-place", "bool", /*default=*/"false",
           "Make scatters loops, which replace a part of their operand">,
  ];
}

def XformGeneralizeSizes : Pass<"xform-generalize-sizes", "::mlir::ModuleOp"> {
  let summary = "one program for all sizes, out of instances for some of them";
  let description = [{
    Takes a module of modules, each of which has the same function for other
    sizes of its arguments, which its attribute `xform.sizes` names. Where the
    instances have the same operations, and every number that differs is a
    polynomial of the sizes, or such a function of one as means and norms have,
    they become one program, in which these numbers are computed from the sizes
    of the arguments. Where they do not, the error is at the operation. Sizes
    that are too small for what a slice reads fail when they are given.

    Before:
    ```mlir
    module attributes {xform.sizes = {n = 3 : i64}} {
      func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> { ... tensor.empty() : tensor<3xf32> ... }
    }
    module attributes {xform.sizes = {n = 5 : i64}} { ... }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      ... tensor.empty(%n) : tensor<?xf32> ...
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::func::FuncDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def XformUnrollLoops : Pass<"xform-unroll-loops", "::mlir::ModuleOp"> {
  let summary = "several steps of small scans in each turn";
  let description = [{
    A turn of a loop around dispatches costs several times what a small step
    does. Of a scan with many steps of few operations, twenty are written out in
    each turn.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def XformCpuSelect : Pass<"xform-cpu-select", "::mlir::ModuleOp"> {
  let summary = "mark modules that become machine code here, and not in IREE";
  let description = [{
    Marks the module `xform.cpu` if all of its functions keep to the contract
    in lowering/cpu/Contract.h. Passes that work around IREE leave it alone.
  }];
  let options = [
    Option<"explain", "explain", "bool", "false",
           "remark what keeps a function from it">,
    Option<"none", "none", "bool", "false", "unmark modules instead">];
}

def XformCpuBufferize : Pass<"xform-cpu-bufferize", "::mlir::ModuleOp"> {
  let summary = "functions on tensors become functions on buffers";
  let description = [{
    Arguments come first, then a buffer for each result. What lies between has
    a place of its own, which is the same in each turn of a loop; loops update
    in place what they carry.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def XformCpuShare : Pass<"xform-cpu-share", "::mlir::ModuleOp"> {
  let summary = "cut large operations on buffers into chunks for several cores";
  let description = [{
    Function @f calls @f.chunks for operations that cores can share. That is
    declared only: it stands for calls of @f.chunk, a function of the number of
    a chunk, for all `xform.chunks`, at the same time if there are cores. Its
    first argument is the state of the team of cores, `xform.team`.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def XformCpuSplit : Pass<"xform-cpu-split", "::mlir::ModuleOp"> {
  let summary = "cut long functions on buffers into several";
  let description = [{
    Function @f calls @f.part, @f.part_0, ... one after the other. They get the
    buffers that they read and write, and compute views and constants for
    themselves. So are functions of many buffers, for which LLVM takes long.
  }];
  let options = [
    Option<"mostOps", "most-ops", "int64_t", "1000",
           "how many operations a part has at most, those within others "
           "counted, if it is more than one">];
}

def XformCpuLoops : Pass<"xform-cpu-loops", "::mlir::ModuleOp"> {
  let summary = "write linalg operations on buffers as loops over vectors";
  let description = [{
    Afterwards `xform.scratch` says how many bytes of memory a function takes
    as its last argument; with 0 there is none.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64",
           "the size of a vector register">];
  let dependentDialects = ["::mlir::memref::MemRefDialect",
                           "::mlir::vector::VectorDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::scf::SCFDialect"];
}

def XformCpuStop : Pass<"xform-cpu-stop", "::mlir::ModuleOp"> {
  let summary = "let long loops be stopped";
  let description = [{
    A program with loops that may take long gets one more buffer, and is marked
    `xform.stoppable`. When the first word of the buffer is not 0, its loops end.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect"];
}

def XformCpuMath : Pass<"xform-cpu-math", "::mlir::ModuleOp"> {
  let summary = "call mathematical functions, each written once";
  let description = [{
    The operations that `--xform-expand-math` expands move into functions, one
    for scalars and one for vectors of the target's width, for each type.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64",
           "the size of a vector register">];
  let dependentDialects = ["::mlir::func::FuncDialect",
                           "::mlir::vector::VectorDialect"];
}

def XformCpuToLLVM : Pass<"xform-cpu-to-llvm", "::mlir::ModuleOp"> {
  let summary = "functions on buffers become LLVM's, with IREE's way to call them";
  let description = [{
    A function @f becomes @f.body on bare pointers, and @f what IREE's runtime
    calls for a dispatch.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

def XformFuseElementwise : Pass<"xform-fuse-elementwise", "::mlir::ModuleOp"> {
  let summary = "one linalg.generic for a chain of elementwise operations";
  let description = [{
    Fuses an elementwise operation into its only user where both run over the
    same elements. Upstream's pass of this kind also fuses into broadcasting
    users and reductions, which repeats the producer's work and hides
    contractions; those are left to IREE's dispatch formation.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def XformFenceReductions : Pass<"xform-fence-reductions", "::mlir::ModuleOp"> {
  let summary = "keep reductions out of dispatches that read them in another order";
  let description = [{
    In a dispatch of a reduction or contraction for Vulkan, IREE 3.13 also
    computes the elementwise loops that read its result. It hands the loops of
    each op to threads by their place, from the outermost on, and does not wait
    between the two. So the numbers are wrong where a thread reads what another
    has written: where the loops that read do not begin with those that wrote,
    as where the sums of columns are read along rows.

        %sums = linalg.generic {... iterator_types = ["reduction", "parallel"]}
        %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, ...]}
            ins(%sums, ...)

    This puts IREE's `util.optimization_barrier`, written in generic form,
    behind what is read so. It runs for Vulkan only.
  }];
}

def XformKeepNotFinite : Pass<"xform-keep-not-finite", "::mlir::ModuleOp"> {
  let summary = "compute by bits what drivers fold as if all numbers were finite";
  let description = [{
    Vulkan's drivers may fold `x * 0`, `x - x` and `0 / x` to 0, and `0 - x` to
    `-x`, where a shader does not forbid it, and what IREE 3.13 writes does not;
    Mesa's do. So these are written by integer operations on the bits of x,
    with the NaN and the signs that they have.

    Before: `%0 = arith.subf %x, %x : f32`; after: 0 if the bits of x without
    the sign are less than those of infinity, else NaN.
  }];
}

def XformWaitForTurns : Pass<"xform-wait-for-turns", "::mlir::ModuleOp"> {
  let summary = "let the host wait for the device in loops that take much memory";
  let description = [{
    In IREE 3.13 every turn of a loop takes new memory for what it computes and
    hands on, and gives it back when the device is done with it; but the host
    runs ahead, and takes the memory of all turns at once. This reads an element
    of what a turn computes, behind IREE's `util.optimization_barrier`, for
    which the host waits: in every turn, or in as many as take 64 MB together.

        %x = tensor.extract %next[%c0, %c0] : tensor<512x1024xf32>
        "util.optimization_barrier"(%x) : (f32) -> f32
        scf.yield %next : tensor<512x1024xf32>

    It runs for Vulkan and CUDA.
  }];
}

def XformFenceTransposes : Pass<"xform-fence-transposes", "::mlir::ModuleOp"> {
  let summary = "keep transposed operands of convolutions in memory";
  let description = [{
    `--xform-to-linalg` reads through a transposition where that is good; the
    copies that it leaves before a convolution are there to lay the operand out
    for vectors. IREE 3.13 would move them into the loops, which then run a
    hundred times as long. This puts IREE's `util.optimization_barrier` behind
    each, written in generic form.
  }];
}

def XformFenceOperations : Pass<"xform-fence-operations", "::mlir::ModuleOp"> {
  let summary = "give each operation a dispatch of its own";
  let description = [{
    Puts IREE's `util.optimization_barrier`, written in generic form, behind
    each operation that computes elements. What comes of it is slow, but asks
    little of IREE's compiler: it is for programs that it refuses otherwise.
  }];
}

def XformFenceAcrossLoops : Pass<"xform-fence-across-loops", "::mlir::ModuleOp"> {
  let summary = "keep what is computed in front of a loop there";
  let description = [{
    IREE 3.13 schedules what a loop does not read together with what is behind
    the loop. That is too late where an operation in between has been given the
    memory of what it reads, whose numbers are wrong then, and impossible where
    the loop reads that ("circular dependency: input operation uses partition
    output"). So what is computed in front of a loop or branch and read behind
    it passes IREE's `util.optimization_barrier`, written in generic form, in
    front of it.
  }];
}

def XformFenceRepeatedReads : Pass<"xform-fence-repeated-reads", "::mlir::ModuleOp"> {
  let summary = "keep what a loop reads in two ways out of its dispatch";
  let description = [{
    Where a loop reads one computed value by two indexing maps, `v[i] * v[j]`,
    IREE 3.13 computes the value within the loop's dispatch for one of the maps
    and uses it for both. This puts IREE's `util.optimization_barrier` behind
    the value, written in generic form.
  }];
}

def XformProtectArguments : Pass<"xform-protect-arguments", "::mlir::ModuleOp"> {
  let summary = "copy arguments in front of operations that would write into them";
  let description = [{
    IREE 3.13 runs an operation with a destination in the destination's memory,
    also where that is an argument, which belongs to the caller. This makes a
    copy of every destination that may be one, seen through loops, branches and
    operations that may turn out to change nothing; destinations that are made
    by the program stay as they are.

    Before:
    ```mlir
    %0 = "iree_linalg_ext.scatter"(%updates, %rows, %argument) ...
    ```
    After:
    ```mlir
    %copy = linalg.generic ... ins(%argument) outs(%empty) ...
    %0 = "iree_linalg_ext.scatter"(%updates, %rows, %copy) ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // XFORM_LOWERING_PASSES
