//===- Random.td - primitives that draw random bits -----------------------===//
//
// The generator is Threefry-2x32 with 20 rounds: J. K. Salmon, M. A. Moraes,
// R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
// It maps a key and a counter, two words each, to two random words, so that an
// element is drawn from its place alone, in any order and on any device. It
// needs no more than sums, rotations and exclusive ors of 32 bits, which every
// target has in vectors; Philox, the other generator of that paper, multiplies
// to 64 bits.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_RANDOM
#define XFORM_DIALECT_RANDOM

include "dialect/Base.td"

def Xform_WordTensor : RankedTensorOf<[UI32]>;
def Xform_BitsTensor : RankedTensorOf<[UI8, UI16, UI32, UI64]>;

def Xform_RngBitsOp : Xform_Primitive<"rng_bits"> {
  let summary = "random bits drawn with a key";
  let description = [{
    The last axis of `key` holds the two words of a key. The axes before it are
    a batch of keys and come first in the result; each key draws the rest of
    the shape. The counter of an element is its row-major place in what its key
    draws. Of the two words that come out, `ui64` takes the first as its upper
    half, narrower types the low bits of their exclusive or.

    This is the only primitive that vmap counts as a draw.
  }];
  let arguments = (ins Xform_WordTensor:$key);
  let results = (outs Xform_BitsTensor:$result);
  let assemblyFormat = "$key attr-dict `:` type($key) `to` type($result)";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Transcendental);
  let hasVerifier = 1;
}

def Xform_FoldInOp : Xform_Primitive<"fold_in", [InferTypeOpAdaptor]> {
  let summary = "a new key, made from a key and a number";
  let description = [{
    The two words that come out of the generator for each key of `key` and the
    counter at the same place of `data`.
  }];
  let arguments = (ins Xform_WordTensor:$key, Xform_WordTensor:$data);
  let results = (outs Xform_WordTensor:$result);
  let assemblyFormat = "$key `,` $data attr-dict `:` type($key) `,` type($data)";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Transcendental);
}

def Xform_UnitFloatOp : Xform_Primitive<"unit_float", [
    Elementwise, SameOperandsAndResultShape]> {
  let summary = "the bits as a floating-point number in [0, 1)";
  let description = [{
    The upper bits become a significand: with p of them, the number is that
    multiple of 2^-p. Bits and result are of one width.
  }];
  let arguments = (ins Xform_BitsTensor:$bits);
  let results = (outs Xform_FloatTensor:$result);
  let assemblyFormat = "$bits attr-dict `:` type($bits) `to` type($result)";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Arithmetic);
  let hasVerifier = 1;
}

#endif // XFORM_DIALECT_RANDOM
