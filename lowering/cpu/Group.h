//===- Group.h - operations that make one loop ------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_GROUP_H
#define XFORM_LOWERING_CPU_GROUP_H

#include "lowering/cpu/Cut.h"
#include "lowering/cpu/Placement.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// A buffer of which each chunk has its part for itself, and when it needs it.
struct Own {
  mlir::Value buffer;
  unsigned axis;
  Lifetime life;
};

/// Operations that make one loop over chunks.
class Group {
public:
  /// `turns` says how often the loop runs.
  explicit Group(double turns) : turns(turns) {}

  bool isEmpty() const { return cuts.empty(); }
  double work() const { return workOfTurn; }
  double workOfAll() const { return turns * workOfTurn; }

  /// Makes the operation the next, if it can be.
  bool add(Cut cut);

  /// Whether the operation must come after those of the group.
  bool changesWith(mlir::linalg::GenericOp op) const;

  /// Writes the loop in place of the operations.
  mlir::scf::ForOp write();

private:
  bool depend(llvm::ArrayRef<Access> found) const;
  int64_t wantedChunks() const;
  int64_t sizeOfBlock();
  int64_t unitOf() const;
  void findOwn();
  int64_t layOut(int64_t block);
  double bytesOfPlace();
  void placeResults(int64_t count, int64_t block);
  void begin(mlir::ImplicitLocOpBuilder &b, mlir::Value chunk);
  void writeBlock(mlir::ImplicitLocOpBuilder &b, mlir::Value chunk,
                  mlir::Value offset, int64_t size);
  static void combine(mlir::ImplicitLocOpBuilder &b, Cut cut,
                      mlir::Value partials);

  double turns, workOfTurn = 0;
  llvm::SmallVector<Cut> cuts;
  llvm::SmallVector<Access> accesses;
  /// By operation, of each reduction that is cut: the results of all chunks.
  llvm::SmallVector<mlir::Value> partials;
  llvm::SmallVector<Own> owned;
  /// The own memory of all chunks.
  mlir::Value memory;
  int64_t bytesOfChunk = 0;
};

} // namespace xform

#endif // XFORM_LOWERING_CPU_GROUP_H
