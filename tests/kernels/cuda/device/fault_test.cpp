// What a process loses its device by. Each of these is a process of its own, hidden from the
// others by its tag, since nothing works after it.
#include <chrono>
#include <thread>

#include "kernels/backend.hpp"
#include "tests/kernels/cuda/support/stall.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kWidth = 64;

std::unique_ptr<Backend> make_backend(std::chrono::milliseconds step_timeout) {
  CudaOptions options;
  options.max_tokens = 1;
  options.max_seqs = 1;
  options.max_context_tokens = 16;
  options.vocab_size = 64;
  options.step_timeout = step_timeout;
  std::string why;
  auto backend = make_cuda_backend(options, &why);
  INFO(why);
  REQUIRE(backend != nullptr);
  return backend;
}

/// A step of one norm.
StepTicket launch(Backend& backend, float* residual, const float* weight, void* output) {
  const std::int32_t zero = 0;
  const std::int64_t no_slot = -1;
  const std::int32_t range[] = {0, 1};
  StepInputs inputs;
  inputs.token_ids = inputs.positions = inputs.block_tables = inputs.logits_rows = &zero;
  inputs.slots = &no_slot;
  inputs.cu_seqlens = inputs.cu_blocks = range;
  inputs.context_lens = range + 1;
  inputs.num_tokens = inputs.num_seqs = 1;
  backend.place(inputs);
  backend.stage_samples({});
  NormArgs norm;
  norm.residual = residual;
  norm.weight = weight;
  norm.output = output;
  norm.num_tokens = 1;
  norm.width = kWidth;
  backend.norm(norm);
  return backend.submit();
}

}  // namespace

TEST_CASE("cuda: an address that is none fails its step and all later ones", "[.bad-address]") {
  const auto backend = make_backend(60s);
  const Buffer memory = backend->allocate(3 * kWidth * sizeof(float));
  auto* floats = memory.as<float>();
  CHECK(backend->wait(launch(*backend, floats, floats + kWidth, floats + 2 * kWidth)));
  CHECK(backend->fault().empty());

  auto* const nowhere = reinterpret_cast<float*>(std::uintptr_t{4096});
  const auto began = std::chrono::steady_clock::now();
  CHECK_FALSE(backend->wait(launch(*backend, nowhere, floats + kWidth, floats + 2 * kWidth)));
  INFO(backend->fault());
  CHECK(backend->fault().find("illegal memory access") != std::string::npos);
  CHECK(backend->fault().find(".cpp:") != std::string::npos);  // the place that saw it
  CHECK_FALSE(backend->wait(launch(*backend, floats, floats + kWidth, floats + 2 * kWidth)));
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("cuda: a step that does not end is given up", "[.stuck]") {
  const auto backend = make_backend(1s);
  const Buffer memory = backend->allocate(3 * kWidth * sizeof(float));
  auto* floats = memory.as<float>();
  CHECK(backend->wait(launch(*backend, floats, floats + kWidth, floats + 2 * kWidth)));
  cuda::stall_device(4s);
  std::this_thread::sleep_for(100ms);
  const auto began = std::chrono::steady_clock::now();
  CHECK_FALSE(backend->wait(launch(*backend, floats, floats + kWidth, floats + 2 * kWidth)));
  const auto waited = std::chrono::steady_clock::now() - began;
  CHECK(waited >= 1s);
  CHECK(waited < 3s);
  CHECK(backend->fault().find("did not end within 1000 ms") != std::string::npos);
}
