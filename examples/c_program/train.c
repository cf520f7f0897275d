// Trains the linear model of model.py, from C, through IREE's runtime.
//
// Usage: train model.vmfb [device, such as local-sync or local-task]

#include <stdio.h>

// The header's functions are there if IREE's runtime is included before it.
#include "iree/runtime/api.h"

#include "model.h"

enum { kFeatures = 4, kRows = 64, kSteps = 200 };

static iree_status_t train(iree_runtime_session_t *session) {
  static const float truth[kFeatures] = {1.0f, -2.0f, 0.5f, 3.0f};
  static float x[kRows * kFeatures], y[kRows];
  uint32_t random = 1;
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kFeatures; ++j) {
      random = random * 1664525u + 1013904223u;
      x[i * kFeatures + j] = (float)(random >> 8) / 8388608.0f - 1.0f;
      y[i] += x[i * kFeatures + j] * truth[j];
    }
  }
  float weights[kFeatures] = {0}, next[kFeatures], loss = 0.0f;
  for (int i = 0; i <= kSteps; ++i) {
    IREE_RETURN_IF_ERROR(
        model_step(session, weights, x, y, /*out_loss=*/&loss, /*out_weights=*/next));
    if (i % 50 == 0) printf("step %3d: loss %.6f\n", i, loss);
    memcpy(weights, next, sizeof(weights));
  }
  printf("weights: %.3f %.3f %.3f %.3f\n", weights[0], weights[1], weights[2], weights[3]);
  return iree_ok_status();
}

static iree_status_t run(iree_runtime_instance_t *instance, const char *module,
                         const char *driver) {
  iree_hal_device_t *device = NULL;
  IREE_RETURN_IF_ERROR(iree_runtime_instance_try_create_default_device(
      instance, iree_make_cstring_view(driver), &device));
  iree_runtime_session_options_t options;
  iree_runtime_session_options_initialize(&options);
  iree_runtime_session_t *session = NULL;
  iree_status_t status = iree_runtime_session_create_with_device(
      instance, &options, device, iree_runtime_instance_host_allocator(instance), &session);
  iree_hal_device_release(device);
  if (iree_status_is_ok(status))
    status = iree_runtime_session_append_bytecode_module_from_file(session, module);
  if (iree_status_is_ok(status)) status = train(session);
  iree_runtime_session_release(session);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s model.vmfb [device]\n", argv[0]);
    return 2;
  }
  iree_runtime_instance_options_t options;
  iree_runtime_instance_options_initialize(&options);
  iree_runtime_instance_options_use_all_available_drivers(&options);
  iree_runtime_instance_t *instance = NULL;
  iree_status_t status =
      iree_runtime_instance_create(&options, iree_allocator_system(), &instance);
  if (iree_status_is_ok(status)) status = run(instance, argv[1], argc > 2 ? argv[2] : "local-sync");
  iree_runtime_instance_release(instance);
  if (iree_status_is_ok(status)) return 0;
  iree_status_fprint(stderr, status);
  iree_status_ignore(status);
  return 1;
}
