//===- SpecialPolynomials.h - for the special functions -------*- C++ -*-===//
//
// Written by tools/fit_special.py (Remez exchange in multiple precision).
// Coefficients stand from degree zero upwards, float32 first.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATH_SPECIALPOLYNOMIALS_H
#define XFORM_LOWERING_MATH_SPECIALPOLYNOMIALS_H

#include "lowering/math/Polynomials.h"

namespace xform::elementary {

/// erf_inv(x) = x p(w - 4), w = -log(1 - x^2) <= 8.
/// Relative error of the result: float32 2^-26.12, float64 2^-53.54.
inline constexpr Polynomial kErfInvNear = {
    {0x1.dbd8f2p+0, 0x1.d3ab94p-3, -0x1.d93d1ep-8, -0x1.ab8286p-13,
     0x1.f296d6p-14, -0x1.05300ep-16, 0x1.062f18p-21, 0x1.922ebep-23,
     -0x1.238de2p-25, 0x1.fdf678p-31, 0x1.91b8c8p-32, -0x1.1d1822p-35},
    {0x1.dbd8f2aa5c9c2p+0,   0x1.d3ab9f0b4f5cbp-3,  -0x1.d93d4855e8f89p-8,
     -0x1.abc2a49f90b8p-13,  0x1.f29c0ddacc012p-14, -0x1.044d0621cc41fp-16,
     0x1.0535e2d614d4cp-21,  0x1.7ca0c47ba7f7fp-23, -0x1.1f37933c44d22p-25,
     0x1.fc89dce76b264p-30,  0x1.3ff52c4c3730dp-32, -0x1.3b9eb186c424dp-34,
     0x1.70c304f70996bp-38,  0x1.064ec36dc309cp-41, -0x1.59bda37f10c3cp-43,
     0x1.f057faf525713p-47,  0x1.6bf80450afe99p-51, -0x1.7a73715a86d0fp-52,
     0x1.6165fc9e45ef7p-55,  0x1.7ba95d07ca68ep-61, -0x1.0cbd813d351edp-60,
     0x1.af3a5f8914e83p-64,  0x1.4fbcedfb8efb8p-67, -0x1.1222b89d42fa5p-69,
     -0x1.2b14452fd16f3p-75, 0x1.f55d3afca415cp-77}};

/// erf_inv(x) = x p(1 / sqrt(w) - 1/4) for larger w.
/// Relative error of the result: float32 2^-30.14, float64 2^-55.1.
inline constexpr Polynomial kErfInvFar = {
    {0x1.eb7e0ap+1, -0x1.026e28p+4, 0x1.03b84cp+6, -0x1.016ad4p+8,
     0x1.003edp+10, -0x1.f3742ep+11, 0x1.c6ec0ep+13, -0x1.3d7f54p+15,
     0x1.c98214p+15},
    {0x1.eb7e0914cbf1bp+1,   -0x1.026e265c38c3fp+4,  0x1.03b86947763e6p+6,
     -0x1.017377fc909ffp+8,  0x1.00e1815662f17p+10,  -0x1.ff16858721e28p+11,
     0x1.01d850941ea86p+14,  -0x1.ff0c07154ff7dp+15, 0x1.f89c1efeb0948p+17,
     -0x1.06140b8001441p+20, 0x1.0749e19a347ep+22,   -0x1.d898c4d4dd003p+23,
     0x1.dd1494e8f8221p+25,  -0x1.3517a4124f3f4p+28, 0x1.3c1ccfbce9bcp+30,
     -0x1.14c41262bdc9bp+31, 0x1.6501c9111bd5dp+31,  -0x1.b3373d5aa44cep+36,
     0x1.ab24843141babp+39,  -0x1.92bad97a2efbfp+39, -0x1.c206e391ef763p+43,
     0x1.a32dc13d194cfp+43,  0x1.6ca3c471c7a79p+48,  -0x1.1a4dd2d706de8p+50}};

/// log(gamma(x)) = (x - 1) (x - 2) p(x - 3/2), 1 <= x <= 2.
/// Relative error of the result: float32 2^-27.99, float64 2^-56.9.
inline constexpr Polynomial kLogGammaOne = {
    {0x1.eeb95cp-2, -0x1.2aed06p-3, 0x1.01af04p-4, -0x1.00799ep-5,
     0x1.1362cap-6, -0x1.35371p-7, 0x1.5cfdeap-8, -0x1.98675ap-9, 0x1.40e8ecp-9,
     -0x1.902742p-10},
    {0x1.eeb95b094c191p-2,   -0x1.2aed059bd6085p-3,  0x1.01af62a2929bdp-4,
     -0x1.007aa83cefa35p-5,  0x1.133423527f837p-6,   -0x1.34dbda12856aep-7,
     0x1.64f0664bfee45p-8,   -0x1.a503537a72f5ep-9,  0x1.f814bad58564cp-10,
     -0x1.313e527d0a58fp-10, 0x1.750a752714404p-11,  -0x1.cb50458f94265p-12,
     0x1.1c7e8056d820bp-12,  -0x1.6184045be15fbp-13, 0x1.b9de0557f8518p-14,
     -0x1.1cfc8106473c3p-14, 0x1.691b5bcfe28f3p-15,  -0x1.68360bdebe56fp-16,
     0x1.b9357759fa337p-17,  -0x1.3717819212792p-16, 0x1.985843132df4p-17}};

/// log(gamma(x)) = (x - 1) (x - 2) p(x - 5/2), 2 <= x <= 3.
/// Relative error of the result: float32 2^-28.55, float64 2^-59.19.
inline constexpr Polynomial kLogGammaTwo = {
    {0x1.84afep-2, -0x1.31d26ep-4, 0x1.4620c8p-6, -0x1.8a738cp-8,
     0x1.fe4b46p-10, -0x1.58b226p-11, 0x1.004c4ap-12, -0x1.6f5928p-14},
    {0x1.84afe00cddfdfp-2, -0x1.31d26e932300fp-4, 0x1.462044b0af667p-6,
     -0x1.8a722dfc5e8d4p-8, 0x1.feef08b13634fp-10, -0x1.59511fff0e572p-11,
     0x1.e05c3c369c91dp-13, -0x1.5501ac6ea7688p-14, 0x1.eb8f77c296e8bp-16,
     -0x1.666fe7ca3f019p-17, 0x1.07c6c8919ec79p-18, -0x1.87426ed6ba8b6p-20,
     0x1.23df70d64d028p-21, -0x1.b0bb322c86d54p-23, 0x1.454dc457172cep-24,
     -0x1.22dd9ee4427ecp-25, 0x1.bd74b144651bep-27}};

/// log(gamma(x)) = (x - 1/2) log(x) - x + log(2 pi)/2 + p(z) / x, z = 1 / x^2,
/// x >= 3. Relative error of the result: float32 2^-31.68, float64 2^-59.28.
inline constexpr Polynomial kLogGammaSeries = {
    {0x1.555556p-4, -0x1.6c10a2p-9, 0x1.9b87ep-11, -0x1.ddd7b6p-12},
    {0x1.5555555555555p-4, -0x1.6c16c16c12238p-9, 0x1.a01a017f04017p-11,
     -0x1.381369dc33961p-11, 0x1.b949446e9f807p-11, -0x1.f5b64b136b86fp-10,
     0x1.9b38e48b33ff8p-8, -0x1.aaeeb1e8f45eep-6, 0x1.d2228966ae767p-4,
     -0x1.b13a831adc71p-2, 0x1.13073eaccbefdp+0, -0x1.5228133a77b9ap+0}};

/// digamma(x) = (x - root) p(x - 3/2), 1 <= x <= 2.
/// Relative error of the result: float32 2^-30.54, float64 2^-58.51.
inline constexpr Polynomial kDigammaOne = {
    {0x1.e6f0ccp-1, -0x1.b1cb62p-2, 0x1.eca1a2p-3, -0x1.2fef0cp-3,
     0x1.850a84p-4, -0x1.fb334cp-5, 0x1.4f020ep-5, -0x1.bbd5eep-6,
     0x1.1510d8p-6, -0x1.6d3618p-7, 0x1.6ffed4p-7, -0x1.f3b966p-8},
    {0x1.e6f0cbb873616p-1,   -0x1.b1cb63005ee98p-2,  0x1.eca189b8e6f76p-3,
     -0x1.2feeeb98a78d3p-3,  0x1.8512e590384cep-4,   -0x1.fb44202a24ef7p-5,
     0x1.4de9aa17d363fp-5,   -0x1.b9f8b11b655a7p-6,  0x1.256471621e90ap-6,
     -0x1.8635640e3b608p-7,  0x1.03c0b0f90ff3cp-7,   -0x1.5a06a32df41afp-8,
     0x1.cd1f77e154216p-9,   -0x1.336dea1c6a871p-9,  0x1.99dcef92313a5p-10,
     -0x1.0fb1c75fc9e81p-10, 0x1.69e81cb03bbap-11,   -0x1.fda4df3c09321p-12,
     0x1.55b5e1b71e887p-12,  -0x1.2f5e0c248c9c8p-13, 0x1.874f47d03dfbep-14,
     -0x1.75fdc9985154dp-13, 0x1.fc3c8eb279ae6p-14}};

/// digamma(x) = (x - root) p(x - 5/2), 2 <= x <= 3.
/// Relative error of the result: float32 2^-30.03, float64 2^-59.82.
inline constexpr Polynomial kDigammaTwo = {
    {0x1.5ab6aap-1, -0x1.7076dcp-3, 0x1.e7a7b4p-5, -0x1.5e762ep-6,
     0x1.0676bep-7, -0x1.9151d6p-9, 0x1.37e8aep-10, -0x1.0c9c48p-11,
     0x1.ab3d2ep-13},
    {0x1.5ab6aae23d76fp-1, -0x1.7076dd08464fbp-3, 0x1.e7a7b8bd0045ap-5,
     -0x1.5e73b60354c0fp-6, 0x1.0673e56d8b0dep-7, -0x1.926b49a7e274bp-9,
     0x1.38f5902bbb0a5p-10, -0x1.eb3d27e4adf5ap-12, 0x1.83dc7fb45b4bcp-13,
     -0x1.337a0875f9b5fp-14, 0x1.e8d6bd061d383p-16, -0x1.85546ae6c0794p-17,
     0x1.36b0c3a195bfdp-18, -0x1.f00d156d842f1p-20, 0x1.85c65ff07d912p-21,
     -0x1.37074e30d4fe6p-22, 0x1.2f990a46d02fbp-23, -0x1.e8d0821884b9fp-25}};

/// digamma(x) = log(x) - 1 / (2 x) - z p(z), z = 1 / x^2, x >= 3.
/// Relative error of the result: float32 2^-30.65, float64 2^-59.67.
inline constexpr Polynomial kDigammaSeries = {
    {0x1.555554p-4, -0x1.110474p-7, 0x1.fe9a34p-9, -0x1.866cc6p-9},
    {0x1.5555555555555p-4, -0x1.111111110cea3p-7, 0x1.041040f2830bp-8,
     -0x1.111102679ee0ap-8, 0x1.f075b07db5a73p-8, -0x1.59283f79549e3p-6,
     0x1.508a55b8e4313p-4, -0x1.a0332922435bfp-2, 0x1.197db3d55936p+1,
     -0x1.5ddae41e9bdcap+3, 0x1.523aa62fbdca4p+5, -0x1.a9b69d3cb8dc5p+6,
     0x1.fb50cdf6b0ae7p+6}};

/// sin(pi r) / pi = r + r z p(z), z = r^2, |r| <= 1/2.
/// Relative error of the result: float32 2^-35.31, float64 2^-71.07.
inline constexpr Polynomial kSinPiTail = {
    {-0x1.a51a66p+0, 0x1.9f9cacp-1, -0x1.86a6dep-3, 0x1.abe8eep-6,
     -0x1.253a46p-9},
    {-0x1.a51a6625307d3p+0, 0x1.9f9cb402bc46cp-1, -0x1.86a8e4720db2cp-3,
     0x1.ac6805cf31fdbp-6, -0x1.33816aa2f2061p-9, 0x1.3747192a57db5p-13,
     -0x1.d424067d10a42p-18, 0x1.0faa883fad7dfp-22, -0x1.e75ded68ac1c8p-28}};

/// pi cot(pi r) = 1 / r - r p(z), z = r^2, |r| <= 1/2; the error is that of
/// max(1, |result|). Relative error of the result: float32 2^-29.18, float64
/// 2^-55.78.
inline constexpr Polynomial kCotPiTail = {
    {0x1.a51a66p+1, 0x1.15133p+1, 0x1.046c48p+1, 0x1.018fc8p+1, 0x1.f1049cp+0,
     0x1.3dda86p+1, -0x1.c1697ap-5, 0x1.883154p+2},
    {0x1.a51a6625307d3p+1, 0x1.151322ac7d7c8p+1, 0x1.0470984c12554p+1,
     0x1.010b36ab5f17bp+1, 0x1.00412f2ede8fdp+1, 0x1.000ffcf7c8d12p+1,
     0x1.00074fde791fdp+1, 0x1.ff97657591c47p+0, 0x1.025da11635d64p+1,
     0x1.d9bc346e9b08ap+0, 0x1.6e4f102010e01p+1, -0x1.7cefd788a85f2p+0,
     0x1.7180fb7fe99a1p+3, -0x1.c99b806323195p+3, 0x1.02d4f3d4004e8p+4}};

/// the positive root of digamma, less 1.
inline constexpr SplitConstant kDigammaRoot = {
    {0x1.d8b618p-2, 0x1.ab5f2p-27},
    {0x1.d8b618d5af8fep-2, -0x1.1e563779a1f5bp-56}};

/// log(2 pi)/2.
inline constexpr SplitConstant kHalfLogTwoPi = {
    {0x1.d67f1cp-1, 0x1.0c97d6p-26},
    {0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55}};

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_SPECIALPOLYNOMIALS_H
