; Conversions of float16 and bfloat16, for processors without instructions for
; them. They work on the bits, so that they need no conversion themselves, and
; round to nearest, ties to even. Numbers too small for a normal result are
; rounded by an addition: in the sum with a power of two that has the smallest
; float16 as its last place, they are that many places.

define hidden float @__extendhfsf2(half %x) #0 {
  %bits = bitcast half %x to i16
  %wide = zext i16 %bits to i32
  %sign.16 = and i32 %wide, 32768
  %sign = shl i32 %sign.16, 16
  %magnitude = and i32 %wide, 32767
  %moved = shl i32 %magnitude, 13
  %normal = add i32 %moved, 939524096                     ; 112 to the exponent
  %places = uitofp i32 %magnitude to float
  %small = fmul float %places, 0x3E70000000000000         ; of 2^-24
  %small.bits = bitcast float %small to i32
  %nan.or.inf = or i32 %moved, 2139095040
  %is.nan = icmp ugt i32 %magnitude, 31744
  %quiet = select i1 %is.nan, i32 4194304, i32 0
  %special = or i32 %nan.or.inf, %quiet
  %is.small = icmp ult i32 %magnitude, 1024
  %finite = select i1 %is.small, i32 %small.bits, i32 %normal
  %is.special = icmp uge i32 %magnitude, 31744
  %result = select i1 %is.special, i32 %special, i32 %finite
  %signed = or i32 %result, %sign
  %float = bitcast i32 %signed to float
  ret float %float
}

define hidden double @__extendhfdf2(half %x) #0 {
  %float = call float @__extendhfsf2(half %x)
  %double = fpext float %float to double
  ret double %double
}

define hidden half @__truncsfhf2(float %x) #0 {
  %bits = bitcast float %x to i32
  %high = lshr i32 %bits, 16
  %sign = and i32 %high, 32768
  %magnitude = and i32 %bits, 2147483647
  %rebased = sub i32 %magnitude, 939524096                ; 112 from the exponent
  %last = lshr i32 %rebased, 13
  %odd = and i32 %last, 1
  %up = add i32 %rebased, 4095
  %tie = add i32 %up, %odd
  %rounded = lshr i32 %tie, 13
  %overflows = icmp ugt i32 %rounded, 31744
  %normal = select i1 %overflows, i32 31744, i32 %rounded
  %absolute = bitcast i32 %magnitude to float
  %sum = fadd float %absolute, 5.000000e-01
  %sum.bits = bitcast float %sum to i32
  %small = sub i32 %sum.bits, 1056964608                  ; the bits of 0.5
  %is.small = icmp ult i32 %magnitude, 947912704          ; 2^-14
  %number = select i1 %is.small, i32 %small, i32 %normal
  %payload = lshr i32 %magnitude, 13
  %payload.16 = and i32 %payload, 1023
  %nan = or i32 %payload.16, 32256
  %is.nan = icmp ugt i32 %magnitude, 2139095040
  %result = select i1 %is.nan, i32 %nan, i32 %number
  %signed = or i32 %result, %sign
  %short = trunc i32 %signed to i16
  %half = bitcast i16 %short to half
  ret half %half
}

define hidden half @__truncdfhf2(double %x) #0 {
  %bits = bitcast double %x to i64
  %high = lshr i64 %bits, 48
  %sign = and i64 %high, 32768
  %magnitude = and i64 %bits, 9223372036854775807
  %rebased = sub i64 %magnitude, 4539628424389459968      ; 1008 from the exponent
  %last = lshr i64 %rebased, 42
  %odd = and i64 %last, 1
  %up = add i64 %rebased, 2199023255551
  %tie = add i64 %up, %odd
  %rounded = lshr i64 %tie, 42
  %overflows = icmp ugt i64 %rounded, 31744
  %normal = select i1 %overflows, i64 31744, i64 %rounded
  %absolute = bitcast i64 %magnitude to double
  %sum = fadd double %absolute, 0x41B0000000000000        ; 2^28
  %sum.bits = bitcast double %sum to i64
  %small = sub i64 %sum.bits, 4733283208366391296         ; the bits of 2^28
  %is.small = icmp ult i64 %magnitude, 4544132024016830464 ; 2^-14
  %number = select i1 %is.small, i64 %small, i64 %normal
  %payload = lshr i64 %magnitude, 42
  %payload.16 = and i64 %payload, 1023
  %nan = or i64 %payload.16, 32256
  %is.nan = icmp ugt i64 %magnitude, 9218868437227405312
  %result = select i1 %is.nan, i64 %nan, i64 %number
  %signed = or i64 %result, %sign
  %short = trunc i64 %signed to i16
  %half = bitcast i16 %short to half
  ret half %half
}

define hidden bfloat @__truncsfbf2(float %x) #0 {
  %bits = bitcast float %x to i32
  %result = call fastcc i16 @round(i32 %bits)
  %bfloat = bitcast i16 %result to bfloat
  ret bfloat %bfloat
}

define hidden bfloat @__truncdfbf2(double %x) #0 {
  ; First to float32, but to the neighbour whose last bit is 1 instead of to the
  ; nearest, so that the second rounding sees on which side the rest lies.
  %near = fptrunc double %x to float
  %back = fpext float %near to double
  %inexact = fcmp one double %back, %x
  %near.abs = call double @llvm.fabs.f64(double %back)
  %x.abs = call double @llvm.fabs.f64(double %x)
  %beyond = fcmp ogt double %near.abs, %x.abs
  %bits = bitcast float %near to i32
  %step = zext i1 %beyond to i32
  %toward.zero = sub i32 %bits, %step
  %one = zext i1 %inexact to i32
  %odd = or i32 %toward.zero, %one
  %result = call fastcc i16 @round(i32 %odd)
  %bfloat = bitcast i16 %result to bfloat
  ret bfloat %bfloat
}

; The upper half of a float's bits, rounded.
define internal fastcc i16 @round(i32 %bits) #0 {
  %high = lshr i32 %bits, 16
  %odd = and i32 %high, 1
  %up = add i32 %bits, 32767
  %tie = add i32 %up, %odd
  %rounded = lshr i32 %tie, 16
  %nan = or i32 %high, 64
  %magnitude = and i32 %bits, 2147483647
  %is.nan = icmp ugt i32 %magnitude, 2139095040
  %result = select i1 %is.nan, i32 %nan, i32 %rounded
  %short = trunc i32 %result to i16
  ret i16 %short
}

declare double @llvm.fabs.f64(double)

attributes #0 = { nounwind "no-builtins" }
