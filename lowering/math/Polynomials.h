//===- Polynomials.h - polynomials and constants --------------*- C++ -*-===//
//
// Written by tools/fit_polynomials.py (Remez exchange in multiple precision).
// Coefficients stand from degree zero upwards, float32 first.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATH_POLYNOMIALS_H
#define XFORM_LOWERING_MATH_POLYNOMIALS_H

#include <cstdint>

namespace xform::elementary {

/// Coefficients for both precisions; unused places at the end are zero.
struct Polynomial {
  double single[12];
  double full[26];
};

/// A constant as the sum of two numbers, for both precisions.
struct SplitConstant {
  double single[2];
  double full[2];
};

/// exp(r) = 1 + r + r^2 p(r), |r| <= ln(2)/2.
/// Relative error of the result: float32 2^-28.28, float64 2^-57.92.
inline constexpr Polynomial kExpTail = {
    {0x1.fffffcp-2, 0x1.55549p-3, 0x1.5558f4p-5, 0x1.123a68p-7, 0x1.6a234p-10},
    {0x1.000000000000ap-1, 0x1.55555555554f9p-3, 0x1.55555555507f2p-5,
     0x1.1111111127e8cp-7, 0x1.6c16c1844ac04p-10, 0x1.a01a0129b1e19p-13,
     0x1.a01999ae72734p-16, 0x1.71df2630d3292p-19, 0x1.28adcddc8e8a7p-22,
     0x1.ad7efc7f99e85p-26}};

/// exp(r) - 1 = r + r^2 p(r), |r| <= ln(2)/2.
/// Relative error of the result: float32 2^-31.97, float64 2^-61.71.
inline constexpr Polynomial kExpm1Tail = {
    {0x1p-1, 0x1.555556p-3, 0x1.5554aep-5, 0x1.11109p-7, 0x1.6d7526p-10,
     0x1.a1a1fp-13},
    {0x1p-1, 0x1.5555555555559p-3, 0x1.555555555555ap-5, 0x1.111111110f67dp-7,
     0x1.6c16c16c14446p-10, 0x1.a01a01affb2bfp-13, 0x1.a01a01b0bea24p-16,
     0x1.71ddf8166263cp-19, 0x1.27e4c58a6b6dfp-22, 0x1.af5f3301b3b81p-26,
     0x1.1f958c8db86ap-29}};

/// log((1+s)/(1-s)) = 2s + s z p(z), z = s^2, |s| <= 3 - 2 sqrt(2).
/// Relative error of the result: float32 2^-30.2, float64 2^-59.48.
inline constexpr Polynomial kLogTail = {
    {0x1.55557ap-1, 0x1.995e9ap-2, 0x1.31e67ep-2},
    {0x1.5555555555593p-1, 0x1.999999997fb37p-2, 0x1.24924942174cep-2,
     0x1.c71c51e8405d3p-3, 0x1.7466461cd04a9p-3, 0x1.39a0f6aaeb7fbp-3,
     0x1.2f0d7d2ee13fep-3}};

/// log((1+s)/(1-s)) = 2s + s z (2/3 + z p(z)), z = s^2, |s| <= 3 - 2 sqrt(2).
/// Relative error of the result: float32 2^-36.78, float64 2^-73.54.
inline constexpr Polynomial kPowLogTail = {
    {0x1.999ap-2, 0x1.245278p-2, 0x1.dfa32ap-3},
    {0x1.9999999999996p-2, 0x1.2492492493049p-2, 0x1.c71c71c57e0a9p-3,
     0x1.745d183375c35p-3, 0x1.3b136268545a4p-3, 0x1.1120c154fdd22p-3,
     0x1.de3194c672e73p-4, 0x1.eb20a3c226f64p-4}};

/// sin(r) = r + r z p(z), z = r^2, |r| <= pi/4.
/// Relative error of the result: float32 2^-28.05, float64 2^-58.0.
inline constexpr Polynomial kSinTail = {
    {-0x1.555546p-3, 0x1.11075cp-7, -0x1.994d02p-13},
    {-0x1.5555555555549p-3, 0x1.111111110f862p-7, -0x1.a01a019c0e599p-13,
     0x1.71de3574c5af6p-19, -0x1.ae5e63d607ce1p-26, 0x1.5d92492cb6fafp-33}};

/// cos(r) = 1 - z/2 + z^2 p(z), z = r^2, |r| <= pi/4.
/// Relative error of the result: float32 2^-33.28, float64 2^-64.21.
inline constexpr Polynomial kCosTail = {
    {0x1.55554ap-5, -0x1.6c0c86p-10, 0x1.9a00d2p-16},
    {0x1.555555555554cp-5, -0x1.6c16c16c15163p-10, 0x1.a01a019caf059p-16,
     -0x1.27e4f807e2aep-22, 0x1.1ee9ea7512828p-29, -0x1.8fadd4acb3b2ep-37}};

/// asin(x) = x + x z p(z), z = x^2, |x| <= 1/2.
/// Relative error of the result: float32 2^-27.57, float64 2^-59.8.
inline constexpr Polynomial kAsinTail = {
    {0x1.5555ccp-3, 0x1.330112p-4, 0x1.7492dep-5, 0x1.8b5d36p-6, 0x1.5a1994p-5},
    {0x1.5555555555578p-3, 0x1.333333332de4ep-4, 0x1.6db6db7234f35p-5,
     0x1.f1c71a87e95cdp-6, 0x1.6e8be052499acp-6, 0x1.1c49d635f3506p-6,
     0x1.ca2204c6f0d5bp-7, 0x1.757139c65fd5fp-7, 0x1.61af21bc6dc06p-7,
     0x1.df274162c83c1p-9, 0x1.65b1b50ace49fp-6, -0x1.5af4f2aef96c2p-6,
     0x1.0c35bcaa19aaap-5}};

/// atan(t) = t + t z p(z), z = t^2, |t| <= 7/16.
/// Relative error of the result: float32 2^-29.63, float64 2^-57.72.
inline constexpr Polynomial kAtanTail = {
    {-0x1.555542p-2, 0x1.998ddap-3, -0x1.236da8p-3, 0x1.adc794p-4,
     -0x1.dd01cap-5},
    {-0x1.555555555550cp-2, 0x1.999999998e9bdp-3, -0x1.2492491ffcdb1p-3,
     0x1.c71c6fde2b64fp-4, -0x1.745cdbebaa9b4p-4, 0x1.3b0f245229764p-4,
     -0x1.10d6254735342p-4, 0x1.dddf46074dfe1p-5, -0x1.97a619f7c4979p-5,
     0x1.2b2287e3402c2p-5, -0x1.0a9084afad318p-6}};

/// sinh(x) = x + x z p(z), z = x^2, |x| <= 1.
/// Relative error of the result: float32 2^-34.04, float64 2^-63.2.
inline constexpr Polynomial kSinhTail = {
    {0x1.555556p-3, 0x1.111136p-7, 0x1.9ffe04p-13, 0x1.7a289ep-19},
    {0x1.5555555555556p-3, 0x1.11111111110ap-7, 0x1.a01a01a02932fp-13,
     0x1.71de3a45e764ep-19, 0x1.ae646773771f6p-26, 0x1.611a34f18d2b4p-33,
     0x1.b4d11629a36e2p-41}};

/// tanh(x) = x + x z p(z), z = x^2, |x| <= 5/8.
/// Relative error of the result: float32 2^-27.84, float64 2^-61.29.
inline constexpr Polynomial kTanhTail = {
    {-0x1.555534p-2, 0x1.11076p-3, -0x1.b84312p-5, 0x1.524e78p-6,
     -0x1.7684ep-8},
    {-0x1.5555555555552p-2, 0x1.1111111110c2cp-3, -0x1.ba1ba1b9d0619p-5,
     0x1.664f48709a952p-6, -0x1.226e32cc7513dp-7, 0x1.d6d359ea2fbf7p-9,
     -0x1.7d9c309d13628p-10, 0x1.350b7acfff06cp-11, -0x1.f112fa2195509p-13,
     0x1.801ae65e92365p-14, -0x1.fac43dedc3d8p-16, 0x1.96043c37b2b2ap-18}};

/// erf(x) = x + x p(z), z = x^2, |x| <= 1.
/// Relative error of the result: float32 2^-29.65, float64 2^-56.95.
inline constexpr Polynomial kErfTail = {
    {0x1.06eba8p-3, -0x1.81273ep-2, 0x1.ce2d1ep-4, -0x1.b7fb86p-6,
     0x1.54186ep-8, -0x1.a479e8p-11, 0x1.4ac1c4p-14},
    {0x1.06eba8214db68p-3, -0x1.812746b0379c1p-2, 0x1.ce2f21a040fd2p-4,
     -0x1.b82ce31205085p-6, 0x1.565bccfa73956p-8, -0x1.c02db06ce879ep-11,
     0x1.f9a2bedea3438p-14, -0x1.f4ca8b607895p-17, 0x1.b9821db7a5443p-20,
     -0x1.5c14997642fe1p-23, 0x1.d77466d19d468p-27, -0x1.acaeb2aceda09p-31}};

/// erfc(a) = exp(-a^2) p(t) / (a + 2), t = (a - 2) / (a + 2), 0 <= a.
/// Relative error of the result: float32 2^-28.09, float64 2^-57.34.
inline constexpr Polynomial kErfcScaled = {
    {0x1.058672p+0, -0x1.5fd386p-1, 0x1.1e2dd8p-2, -0x1.2a88p-5, -0x1.60594ap-6,
     0x1.a86a52p-8, 0x1.91663ap-9, -0x1.b4906cp-11, -0x1.36ace4p-11,
     0x1.8f8e0ep-15, 0x1.24f01ap-14},
    {0x1.058671b52c776p+0,   -0x1.5fd386754eff9p-1,  0x1.1e2deea6b1151p-2,
     -0x1.2a88e6107cfd2p-5,  -0x1.606e4155213acp-6,  0x1.a89eaff7f81dap-8,
     0x1.9517bb69dc6f7p-9,   -0x1.b6fbf9546601p-11,  -0x1.5ba436f34e6d9p-11,
     0x1.2053e331066f8p-15,  0x1.2ef9ff9df71ddp-13,  0x1.1e779120ed4a6p-15,
     -0x1.6bfaabea4cc72p-16, -0x1.0e8244d6d0f15p-16, -0x1.2f7a0bc81e67ep-20,
     0x1.ea08f45c1b85fp-19,  0x1.0e71d53647f93p-19,  -0x1.6e5d509b84e9fp-27,
     -0x1.3fa1ba8c9c96p-21,  -0x1.4daab2f53e609p-22, 0x1.cf42840eb7256p-26,
     0x1.b96e9f99a65b5p-24,  0x1.201114427e8d5p-25,  -0x1.503df4fd65d56p-27,
     -0x1.1042925009181p-27, -0x1.5305c1aa1be5p-30}};

/// cbrt(x) = t p(t^3 / x), where the estimate t is off by at most 4 percent.
/// Relative error of the result: float32 2^-18.01, float64 2^-22.27.
inline constexpr Polynomial kCbrtCorrection = {
    {0x1.bb9c9ap+0, -0x1.4ec02ep+0, 0x1.7ffd18p-1, -0x1.66d9aep-3},
    {0x1.e09102310d54bp+0, -0x1.e3ac2c2c59f6cp+0, 0x1.a07f7313d4123p+0,
     -0x1.85d33c4f7e2fcp-1, 0x1.2c2aaa3fb75aap-3}};

/// ln(2); the first part times an exponent is exact.
inline constexpr SplitConstant kLn2 = {
    {0x1.62e4p-1, 0x1.7f7d1cp-20}, {0x1.62e42feep-1, 0x1.a39ef35793c76p-33}};

/// 1/ln(2).
inline constexpr SplitConstant kLog2E = {
    {0x1.714p+0, 0x1.47652cp-12}, {0x1.715476p+0, 0x1.4ae0bf85ddf44p-26}};

/// 1/ln(10).
inline constexpr SplitConstant kLog10E = {
    {0x1.bcap-2, 0x1.7b1526p-14}, {0x1.bcb7b1p-2, 0x1.49b9438ca9aaep-28}};

/// ln(2)/ln(10).
inline constexpr SplitConstant kLog10Of2 = {
    {0x1.344p-2, 0x1.3509f8p-18}, {0x1.344135p-2, 0x1.3ef3fde623e25p-31}};

/// 2/3.
inline constexpr SplitConstant kTwoThirds = {
    {0x1.554p-1, 0x1.555556p-13}, {0x1.555555p-1, 0x1.5555555555555p-27}};

/// pi/2.
inline constexpr SplitConstant kHalfPi = {
    {0x1.92p+0, 0x1.fb5444p-12}, {0x1.921fb5p+0, 0x1.110b4611a6263p-26}};

/// pi/2.
inline constexpr SplitConstant kHalfPiFull = {
    {0x1.921fb6p+0, -0x1.777a5cp-25},
    {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54}};

/// pi.
inline constexpr SplitConstant kPiFull = {
    {0x1.921fb6p+1, -0x1.777a5cp-24},
    {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53}};

/// atan(1/2).
inline constexpr SplitConstant kAtanHalf = {
    {0x1.dac67p-2, 0x1.586ed4p-28},
    {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56}};

/// atan(1).
inline constexpr SplitConstant kAtanOne = {
    {0x1.921fb6p-1, -0x1.777a5cp-26},
    {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55}};

/// atan(3/2).
inline constexpr SplitConstant kAtanThreeHalves = {
    {0x1.f730bep-1, -0x1.afc12cp-26},
    {0x1.f730bd281f69bp-1, 0x1.007887af0cbbdp-56}};

/// 26 zeros and the binary digits of 2/pi, 32 a word.
inline constexpr uint32_t kTwoOverPi32[] = {0x00000028, 0xbe60db93, 0x91054a7f,
                                            0x09d5f47d, 0x4d377036, 0xd8a5664f,
                                            0x10e4107f};

/// 55 zeros and the binary digits of 2/pi, 64 a word.
inline constexpr uint64_t kTwoOverPi64[] = {
    0x0000000000000145, 0xf306dc9c882a53f8, 0x4eafa3ea69bb81b6,
    0xc52b3278872083fc, 0xa2c757bd778ac36e, 0x48dc74849ba5c00c,
    0x925dd413a32439fc, 0x3bd63962534e7dd1, 0x046bea5d768909d3,
    0x38e04d68befc8273, 0x23ac7306a673e939, 0x08bf177bf250763f,
    0xf12fffbc0b301fde, 0x5e2316b414da3eda, 0x6cfd9e4f96136e9e,
    0x8c7ecd3cbfd45aea, 0x4f758fd7cbe2f67a, 0x0e73ef14a525d4d7,
    0xf6bf623f1aba10ac};

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_POLYNOMIALS_H
