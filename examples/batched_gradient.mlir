// The gradient of f(x, w) = sum(sin(x * w)) by x, for each row of a batch.
//
//   xform-opt batched_gradient.mlir --xform-pipeline=compiler=iree -o gradient.linalg.mlir
//   iree-compile gradient.linalg.mlir -o gradient.vmfb \
//     --iree-hal-target-device=local --iree-hal-local-target-device-backends=llvm-cpu
//   iree-run-module --module=gradient.vmfb --function=main \
//     --input="2x3xf32=0 1 2 3 4 5" --input="3xf32=1 2 0.5"

func.func private @f(%x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.mul %x, %w : tensor<3xf32>
  %1 = xform.sin %0 : tensor<3xf32>
  %2 = xform.reduce_sum %1 axes = [0] : tensor<3xf32>
  return %2 : tensor<f32>
}

func.func private @gradient(%x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<3xf32> {
  %g = xform.grad @f(%x, %w) argnums = [0] : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %g : tensor<3xf32>
}

func.func @main(%x: tensor<2x3xf32>, %w: tensor<3xf32>) -> tensor<2x3xf32> {
  %y = xform.vmap @gradient(%x, %w) in_dims = [0, none] out_dims = [0]
      : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
