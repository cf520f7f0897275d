//===- Team.h - how cores share a program -----------------------*- C++ -*-===//
//
// A program whose work is shared runs as one dispatch of many workgroups. The
// first to start leads: it runs the program. The others help: they take chunks
// of loops that the leader offers, until it is done. It takes chunks itself, so
// it depends on none of them. lowering/codegen/runtime/team.ll is what they
// call; the state of a team lies in the program's scratch memory.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CPU_TEAM_H
#define XFORM_LOWERING_CPU_TEAM_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace xform {

/// Marks functions that several cores share, and the buffer of their state,
/// which lies where the function's memory begins.
inline constexpr llvm::StringLiteral kTeamAttr = "xform.team";

/// How many 64-bit words the state of a team has.
constexpr int64_t kTeamWords = 24;

/// Declarations that run a function for each of so many chunks: the attributes
/// are the number and the function.
inline constexpr llvm::StringLiteral kChunksAttr = "xform.chunks",
                                     kChunkAttr = "xform.chunk";

/// Defines what such a declaration stands for: a function of the team's state
/// and of what each call of the other is given, behind the number of the chunk.
void defineChunks(mlir::LLVM::LLVMFuncOp declaration);

/// Makes an entry point one that many workgroups run, and adds the functions
/// `@name.open`, which has to run before, and `@name.help`, which gets the
/// scratch memory only and helps whoever leads.
void addTeam(mlir::LLVM::LLVMFuncOp entry, int64_t numBuffers);

} // namespace xform

#endif // XFORM_LOWERING_CPU_TEAM_H
