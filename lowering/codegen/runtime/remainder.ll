; The remainder of a division, with the sign of the dividend. It is exact: eleven
; bits of the quotient at a time, on the significands, which leave that much room.

define hidden double @fmod(double %x, double %y) #0 {
  %x.abs = call double @llvm.fabs.f64(double %x)
  %y.abs = call double @llvm.fabs.f64(double %y)
  %x.finite = fcmp olt double %x.abs, 0x7FF0000000000000
  %y.number = fcmp ogt double %y.abs, 0.0                 ; nor zero
  %defined = and i1 %x.finite, %y.number
  br i1 %defined, label %compare, label %undefined
undefined:
  %product = fmul double %x, %y
  %nan = fdiv double %product, %product
  ret double %nan
compare:
  %smaller = fcmp olt double %x.abs, %y.abs
  br i1 %smaller, label %itself, label %divide
itself:
  ret double %x

divide:
  %x.m = call fastcc i64 @significand(double %x.abs)
  %y.m = call fastcc i64 @significand(double %y.abs)
  %x.e = call fastcc i64 @exponent(double %x.abs)
  %y.e = call fastcc i64 @exponent(double %y.abs)
  %first = urem i64 %x.m, %y.m
  br label %test
test:
  %rest = phi i64 [ %first, %divide ], [ %rest.next, %bits ]
  %e = phi i64 [ %x.e, %divide ], [ %e.next, %bits ]
  %left = sub i64 %e, %y.e
  %more = icmp sgt i64 %left, 0
  br i1 %more, label %bits, label %done
bits:
  %count = call i64 @llvm.umin.i64(i64 %left, i64 11)
  %moved.rest = shl nuw i64 %rest, %count
  %rest.next = urem i64 %moved.rest, %y.m
  %e.next = sub i64 %e, %count
  br label %test

done:
  ; rest * 2^(e of y): as a double again.
  %none = icmp eq i64 %rest, 0
  br i1 %none, label %zero, label %pack
zero:
  %signed.zero = call double @llvm.copysign.f64(double 0.0, double %x)
  ret double %signed.zero
pack:
  %zeros = call i64 @llvm.ctlz.i64(i64 %rest, i1 true)
  %missing = sub i64 %zeros, 11
  %above = add i64 %y.e, 1074                             ; places down to the last
  %shift = call i64 @llvm.smin.i64(i64 %missing, i64 %above)
  %moved = shl i64 %rest, %shift
  %field = sub i64 %above, %shift
  %field.bits = shl i64 %field, 52
  %packed = add i64 %moved, %field.bits
  %result = bitcast i64 %packed to double
  %signed = call double @llvm.copysign.f64(double %result, double %x)
  ret double %signed
}

; Finite |x| > 0 is m * 2^e with whole m below 2^53 and e of at least -1074.
define internal fastcc i64 @significand(double %x) #0 {
  %bits = bitcast double %x to i64
  %fraction = and i64 %bits, 4503599627370495
  %normal = icmp uge i64 %bits, 4503599627370496
  %hidden = select i1 %normal, i64 4503599627370496, i64 0
  %result = or i64 %fraction, %hidden
  ret i64 %result
}

define internal fastcc i64 @exponent(double %x) #0 {
  %bits = bitcast double %x to i64
  %field = lshr i64 %bits, 52
  %least = call i64 @llvm.smax.i64(i64 %field, i64 1)
  %result = sub i64 %least, 1075
  ret i64 %result
}

define hidden float @fmodf(float %x, float %y) #0 {
  %x.d = fpext float %x to double
  %y.d = fpext float %y to double
  %rest = call double @fmod(double %x.d, double %y.d)
  %result = fptrunc double %rest to float
  ret float %result
}

declare double @llvm.fabs.f64(double)
declare double @llvm.copysign.f64(double, double)
declare i64 @llvm.ctlz.i64(i64, i1)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)

attributes #0 = { nounwind "no-builtins" }
