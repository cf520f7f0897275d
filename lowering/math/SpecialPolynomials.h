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
/// x >= 8. Relative error of the result: float32 2^-31.32, float64 2^-60.62.
inline constexpr Polynomial kLogGammaSeries = {
    {0x1.55554ep-4, -0x1.6a7b6ep-9},
    {0x1.5555555555553p-4, -0x1.6c16c16bb84b8p-9, 0x1.a019fd44cc1d2p-11,
     -0x1.380ec928a822ep-11, 0x1.b6fd9fca3ad79p-11, -0x1.b162df04e152ap-10}};

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

/// digamma(x) = log(x) - 1 / (2 x) - z p(z), z = 1 / x^2, x >= 8.
/// Relative error of the result: float32 2^-37.99, float64 2^-57.97.
inline constexpr Polynomial kDigammaSeries = {
    {0x1.555556p-4, -0x1.110c7cp-7, 0x1.fbbf02p-9},
    {0x1.5555555555535p-4, -0x1.1111110fe7f54p-7, 0x1.04103a27107cep-8,
     -0x1.11099da2dcd25p-8, 0x1.eccb61f6438ccp-8, -0x1.225474532aadap-6}};

/// sin(pi r) / pi = r + r z p(z), z = r^2, |r| <= 1/2.
/// Relative error of the result: float32 2^-35.31, float64 2^-71.07.
inline constexpr Polynomial kSinPiTail = {
    {-0x1.a51a66p+0, 0x1.9f9cacp-1, -0x1.86a6dep-3, 0x1.abe8eep-6,
     -0x1.253a46p-9},
    {-0x1.a51a6625307d3p+0, 0x1.9f9cb402bc46cp-1, -0x1.86a8e4720db2cp-3,
     0x1.ac6805cf31fdbp-6, -0x1.33816aa2f2061p-9, 0x1.3747192a57db5p-13,
     -0x1.d424067d10a42p-18, 0x1.0faa883fad7dfp-22, -0x1.e75ded68ac1c8p-28}};

/// the positive root of digamma.
inline constexpr SplitConstant kDigammaRoot = {
    {0x1.762d86p+0, 0x1.ab5f2p-27},
    {0x1.762d86356be3fp+0, 0x1.b86a722197829p-54}};

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_SPECIALPOLYNOMIALS_H
