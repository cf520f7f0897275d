; Fused multiplication and addition, for processors that cannot.

define hidden double @fma(double %x, double %y, double %z) #0 {
  ; What is not finite, and products of zero, take the usual way; so does z = 0,
  ; beside which only the product is rounded.
  %x.abs = call double @llvm.fabs.f64(double %x)
  %y.abs = call double @llvm.fabs.f64(double %y)
  %z.abs = call double @llvm.fabs.f64(double %z)
  %x.finite = fcmp olt double %x.abs, 0x7FF0000000000000
  %y.finite = fcmp olt double %y.abs, 0x7FF0000000000000
  %x.some = fcmp une double %x, 0.0
  %y.some = fcmp une double %y, 0.0
  %z.some = fcmp une double %z, 0.0
  %z.finite = fcmp olt double %z.abs, 0x7FF0000000000000
  %finite = and i1 %x.finite, %y.finite
  %some = and i1 %x.some, %y.some
  %product.usual = fmul double %x, %y
  %usual.factors = and i1 %finite, %some
  br i1 %usual.factors, label %factors, label %sum
sum:
  %usual = fadd double %product.usual, %z
  ret double %usual
factors:
  br i1 %z.finite, label %addend, label %addend.only
addend.only:
  %quiet = fadd double %z, %z
  ret double %quiet
addend:
  br i1 %z.some, label %exact, label %product.only
product.only:
  ret double %product.usual

exact:
  ; Each is +-m * 2^e with whole m of 53 bits, so product and sum are exact in
  ; 256 bits if the exponents lie less than 140 apart. Otherwise the smaller of
  ; the two is too small to do more than break a tie, for which 1 is enough.
  %x.m = call fastcc i64 @significand(double %x)
  %y.m = call fastcc i64 @significand(double %y)
  %z.m = call fastcc i64 @significand(double %z)
  %x.e = call fastcc i64 @exponent(double %x)
  %y.e = call fastcc i64 @exponent(double %y)
  %z.e = call fastcc i64 @exponent(double %z)
  %x.wide = zext i64 %x.m to i128
  %y.wide = zext i64 %y.m to i128
  %product.m = mul nuw i128 %x.wide, %y.wide
  %product.e = add i64 %x.e, %y.e
  %apart = sub i64 %z.e, %product.e
  %left.z = call i64 @llvm.smax.i64(i64 %apart, i64 0)
  %below = sub i64 0, %apart
  %left.product = call i64 @llvm.smax.i64(i64 %below, i64 0)
  %far.z = icmp ugt i64 %left.z, 140
  %far.product = icmp ugt i64 %left.product, 140
  %shift.z = call i64 @llvm.umin.i64(i64 %left.z, i64 140)
  %shift.product = call i64 @llvm.umin.i64(i64 %left.product, i64 140)
  %z.kept = select i1 %far.product, i64 1, i64 %z.m
  %product.kept = select i1 %far.z, i128 1, i128 %product.m
  %z.256 = zext i64 %z.kept to i256
  %product.256 = zext i128 %product.kept to i256
  %by.z = zext i64 %shift.z to i256
  %by.product = zext i64 %shift.product to i256
  %z.moved = shl i256 %z.256, %by.z
  %product.moved = shl i256 %product.256, %by.product
  ; The exponent of the last place of both.
  %base.z = sub i64 %z.e, %shift.z
  %base.product = sub i64 %product.e, %shift.product
  %z.is.high = icmp sgt i64 %apart, 0
  %base = select i1 %z.is.high, i64 %base.z, i64 %base.product

  %x.bits = bitcast double %x to i64
  %y.bits = bitcast double %y to i64
  %z.bits = bitcast double %z to i64
  %product.bits = xor i64 %x.bits, %y.bits
  %product.negative = icmp slt i64 %product.bits, 0
  %z.negative = icmp slt i64 %z.bits, 0
  %product.minus = sub i256 0, %product.moved
  %z.minus = sub i256 0, %z.moved
  %product.signed = select i1 %product.negative, i256 %product.minus, i256 %product.moved
  %z.signed = select i1 %z.negative, i256 %z.minus, i256 %z.moved
  %sum.256 = add i256 %product.signed, %z.signed
  %cancelled = icmp eq i256 %sum.256, 0
  br i1 %cancelled, label %zero, label %round
zero:
  ret double 0.0

round:
  ; To 53 bits, or fewer where the last place would be below 2^-1074.
  %negative = icmp slt i256 %sum.256, 0
  %magnitude = call i256 @llvm.abs.i256(i256 %sum.256, i1 true)
  %zeros.256 = call i256 @llvm.ctlz.i256(i256 %magnitude, i1 true)
  %zeros = trunc i256 %zeros.256 to i64
  %width = sub i64 203, %zeros                            ; bits beyond 53
  %place.normal = add i64 %base, %width
  %place = call i64 @llvm.smax.i64(i64 %place.normal, i64 -1074)
  %drop = sub i64 %place, %base
  %drop.none = icmp sle i64 %drop, 0
  %up = sub i64 0, %drop
  %up.or.none = call i64 @llvm.smax.i64(i64 %up, i64 0)
  %up.256 = zext i64 %up.or.none to i256
  %exact.256 = shl i256 %magnitude, %up.256
  %drop.some = call i64 @llvm.smax.i64(i64 %drop, i64 1)
  %drop.most = call i64 @llvm.umin.i64(i64 %drop.some, i64 255)
  %drop.256 = zext i64 %drop.most to i256
  %cut = lshr i256 %magnitude, %drop.256
  %odd = and i256 %cut, 1
  %half.place = sub i256 %drop.256, 1
  %half = shl i256 1, %half.place
  %less = sub i256 %half, 1
  %to.nearest = add i256 %magnitude, %less
  %to.even = add i256 %to.nearest, %odd
  %rounded.256 = lshr i256 %to.even, %drop.256
  %result.256 = select i1 %drop.none, i256 %exact.256, i256 %rounded.256
  %result.m = trunc i256 %result.256 to i64
  %step = add i64 %place, 1074
  %step.most = call i64 @llvm.umin.i64(i64 %step, i64 2046)
  %step.bits = shl i64 %step.most, 52
  %bits = add i64 %result.m, %step.bits
  %bits.most = call i64 @llvm.umin.i64(i64 %bits, i64 9218868437227405312)
  %sign = select i1 %negative, i64 -9223372036854775808, i64 0
  %bits.signed = or i64 %bits.most, %sign
  %result = bitcast i64 %bits.signed to double
  ret double %result
}

; The whole number m of 53 bits in m * 2^e = |x|.
define internal fastcc i64 @significand(double %x) #0 {
  %bits = bitcast double %x to i64
  %magnitude = and i64 %bits, 9223372036854775807
  %fraction = and i64 %bits, 4503599627370495
  %full = or i64 %fraction, 4503599627370496
  %zeros = call i64 @llvm.ctlz.i64(i64 %magnitude, i1 false)
  %missing = sub i64 %zeros, 11
  %shift = and i64 %missing, 63
  %moved = shl i64 %fraction, %shift
  %subnormal = icmp ult i64 %magnitude, 4503599627370496
  %result = select i1 %subnormal, i64 %moved, i64 %full
  ret i64 %result
}

; And e.
define internal fastcc i64 @exponent(double %x) #0 {
  %bits = bitcast double %x to i64
  %magnitude = and i64 %bits, 9223372036854775807
  %field = lshr i64 %magnitude, 52
  %normal = sub i64 %field, 1075
  %zeros = call i64 @llvm.ctlz.i64(i64 %magnitude, i1 false)
  %small = sub i64 -1063, %zeros                          ; -1074 - (zeros - 11)
  %subnormal = icmp ult i64 %magnitude, 4503599627370496
  %result = select i1 %subnormal, i64 %small, i64 %normal
  ret i64 %result
}

define hidden float @fmaf(float %x, float %y, float %z) #0 {
  ; In double the product is exact. The sum is rounded to the neighbour whose
  ; last bit is 1, so that the second rounding sees on which side the rest lies.
  %x.d = fpext float %x to double
  %y.d = fpext float %y to double
  %z.d = fpext float %z to double
  %product = fmul double %x.d, %y.d
  %sum = fadd double %product, %z.d
  %z.part = fsub double %sum, %product
  %product.part = fsub double %sum, %z.part
  %z.rest = fsub double %z.d, %z.part
  %product.rest = fsub double %product, %product.part
  %rest = fadd double %z.rest, %product.rest
  %inexact = fcmp one double %rest, 0.0
  %rest.positive = fcmp ogt double %rest, 0.0
  %sum.positive = fcmp ogt double %sum, 0.0
  %beyond = xor i1 %rest.positive, %sum.positive
  %bits = bitcast double %sum to i64
  %last = and i64 %bits, 1
  %even = icmp eq i64 %last, 0
  %adjust = and i1 %inexact, %even
  %direction = select i1 %beyond, i64 -1, i64 1
  %by = select i1 %adjust, i64 %direction, i64 0
  %odd.bits = add i64 %bits, %by
  %odd = bitcast i64 %odd.bits to double
  %result = fptrunc double %odd to float
  ret float %result
}

declare double @llvm.fabs.f64(double)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.ctlz.i64(i64, i1)
declare i256 @llvm.ctlz.i256(i256, i1)
declare i256 @llvm.abs.i256(i256, i1)

attributes #0 = { nounwind "no-builtins" }
