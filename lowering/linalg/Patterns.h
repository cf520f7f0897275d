//===- Patterns.h - from primitives to linalg, family by family -*- C++ -*-===//

#ifndef XFORM_LOWERING_LINALG_PATTERNS_H
#define XFORM_LOWERING_LINALG_PATTERNS_H

#include "mlir/Transforms/DialectConversion.h"

namespace xform {

void populateBarrierToLinalg(const mlir::TypeConverter &converter,
                             mlir::RewritePatternSet &patterns);
void populateElementwiseToLinalg(const mlir::TypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populateBitsToLinalg(const mlir::TypeConverter &converter,
                          mlir::RewritePatternSet &patterns);
void populateSpecialToLinalg(const mlir::TypeConverter &converter,
                             mlir::RewritePatternSet &patterns);
void populateCreationToLinalg(const mlir::TypeConverter &converter,
                              mlir::RewritePatternSet &patterns);
void populateShapeToLinalg(const mlir::TypeConverter &converter,
                           mlir::RewritePatternSet &patterns);
/// Pads that are written with strides as fills and insertions. MLIR 22 folds
/// such a pad into what it is written to as if there were no strides, where
/// both have one number (linalg's FoldInsertPadIntoFill).
void writeOutSpreadPads(mlir::Operation *root);
void populateReductionToLinalg(const mlir::TypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateContractionToLinalg(const mlir::TypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populateIndexingToLinalg(const mlir::TypeConverter &converter,
                              mlir::RewritePatternSet &patterns);
void populateScatterToLinalg(const mlir::TypeConverter &converter,
                             mlir::RewritePatternSet &patterns);
/// Updates that may be made in place, by loops.
void populateUpdatesInPlace(const mlir::TypeConverter &converter,
                            mlir::RewritePatternSet &patterns);
void populateCumulativeToLinalg(const mlir::TypeConverter &converter,
                                mlir::RewritePatternSet &patterns);
void populateOrderingToLinalg(const mlir::TypeConverter &converter,
                              mlir::RewritePatternSet &patterns);
void populateOpaqueToLinalg(const mlir::TypeConverter &converter,
                            mlir::RewritePatternSet &patterns);
void populateConvolutionToLinalg(const mlir::TypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populateWindowsToLinalg(const mlir::TypeConverter &converter,
                             mlir::RewritePatternSet &patterns);
void populateRandomToLinalg(const mlir::TypeConverter &converter,
                            mlir::RewritePatternSet &patterns);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_PATTERNS_H
