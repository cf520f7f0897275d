; Rounding to whole numbers, for processors without instructions for it.
;
; A number below 2^52 (2^23 for float) plus that power has no places after the
; point, and the addition rounds to nearest, ties to even. The other directions
; correct that by one. Larger numbers are whole already, and NaN stays. Results
; keep the sign, also of zero.

define hidden double @rint(double %x) #0 {
  %absolute = call double @llvm.fabs.f64(double %x)
  %sum = fadd double %absolute, 0x4330000000000000
  %rounded = fsub double %sum, 0x4330000000000000
  %has.places = fcmp olt double %absolute, 0x4330000000000000
  %chosen = select i1 %has.places, double %rounded, double %x
  %result = call double @llvm.copysign.f64(double %chosen, double %x)
  ret double %result
}

define hidden double @nearbyint(double %x) #0 {
  %result = call double @rint(double %x)
  ret double %result
}

define hidden double @roundeven(double %x) #0 {
  %result = call double @rint(double %x)
  ret double %result
}

define hidden double @floor(double %x) #0 {
  %near = call double @rint(double %x)
  %above = fcmp ogt double %near, %x
  %one = select i1 %above, double 1.0, double 0.0
  %floor = fsub double %near, %one
  %result = call double @llvm.copysign.f64(double %floor, double %x)
  ret double %result
}

define hidden double @ceil(double %x) #0 {
  %negated = fneg double %x
  %floor = call double @floor(double %negated)
  %result = fneg double %floor
  ret double %result
}

define hidden double @trunc(double %x) #0 {
  %absolute = call double @llvm.fabs.f64(double %x)
  %floor = call double @floor(double %absolute)
  %result = call double @llvm.copysign.f64(double %floor, double %x)
  ret double %result
}

define hidden double @round(double %x) #0 {
  %absolute = call double @llvm.fabs.f64(double %x)
  %floor = call double @floor(double %absolute)
  %places = fsub double %absolute, %floor
  %up = fcmp oge double %places, 0.5
  %one = select i1 %up, double 1.0, double 0.0
  %rounded = fadd double %floor, %one
  %result = call double @llvm.copysign.f64(double %rounded, double %x)
  ret double %result
}

define hidden float @rintf(float %x) #0 {
  %absolute = call float @llvm.fabs.f32(float %x)
  %sum = fadd float %absolute, 0x4160000000000000
  %rounded = fsub float %sum, 0x4160000000000000
  %has.places = fcmp olt float %absolute, 0x4160000000000000
  %chosen = select i1 %has.places, float %rounded, float %x
  %result = call float @llvm.copysign.f32(float %chosen, float %x)
  ret float %result
}

define hidden float @nearbyintf(float %x) #0 {
  %result = call float @rintf(float %x)
  ret float %result
}

define hidden float @roundevenf(float %x) #0 {
  %result = call float @rintf(float %x)
  ret float %result
}

define hidden float @floorf(float %x) #0 {
  %near = call float @rintf(float %x)
  %above = fcmp ogt float %near, %x
  %one = select i1 %above, float 1.0, float 0.0
  %floor = fsub float %near, %one
  %result = call float @llvm.copysign.f32(float %floor, float %x)
  ret float %result
}

define hidden float @ceilf(float %x) #0 {
  %negated = fneg float %x
  %floor = call float @floorf(float %negated)
  %result = fneg float %floor
  ret float %result
}

define hidden float @truncf(float %x) #0 {
  %absolute = call float @llvm.fabs.f32(float %x)
  %floor = call float @floorf(float %absolute)
  %result = call float @llvm.copysign.f32(float %floor, float %x)
  ret float %result
}

define hidden float @roundf(float %x) #0 {
  %absolute = call float @llvm.fabs.f32(float %x)
  %floor = call float @floorf(float %absolute)
  %places = fsub float %absolute, %floor
  %up = fcmp oge float %places, 0.5
  %one = select i1 %up, float 1.0, float 0.0
  %rounded = fadd float %floor, %one
  %result = call float @llvm.copysign.f32(float %rounded, float %x)
  ret float %result
}

declare double @llvm.fabs.f64(double)
declare float @llvm.fabs.f32(float)
declare double @llvm.copysign.f64(double, double)
declare float @llvm.copysign.f32(float, float)

attributes #0 = { nounwind "no-builtins" }
