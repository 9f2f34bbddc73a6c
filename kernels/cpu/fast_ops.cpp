#include <algorithm>
#include <cstring>

#include "kernels/cpu/fast_backend.hpp"

namespace octavo::kernels::cpu {

FastBackend::FastBackend(InstructionSet instruction_set, int threads)
    : instruction_set_(std::move(instruction_set)),
      pool_(threads),
      linear_kernels_(linear_kernels(instruction_set_.target)),
      pack_group_(pack_group(instruction_set_.target)),
      row_kernels_(row_kernels(instruction_set_.target)),
      attention_kernels_(attention_kernels(instruction_set_.target)),
      logit_kernels_(logit_kernels(instruction_set_.target)),
      samplers_(static_cast<std::size_t>(pool_.num_threads())),
      scratch_(static_cast<std::size_t>(pool_.num_threads())) {
  const Bf16Products products = instruction_set_.bf16_products;
  if (products != Bf16Products::kHighway) use_avx512_bf16(linear_kernels_.bf16);
  if (products == Bf16Products::kAmx) {
    use_amx_bf16(linear_kernels_.bf16);
    use_amx_sums_for_few(linear_kernels_.bf16);
  }
}

std::string FastBackend::description() const {
  const int threads = pool_.num_threads();
  return "cpu, " + instruction_set_.name + ", " + std::to_string(threads) +
         (threads == 1 ? " thread" : " threads");
}

void FastBackend::embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
                        const std::int32_t* positions, std::int64_t position_offset, float* output,
                        std::int64_t num_tokens) {
  pool_.run(num_tokens, [&](std::int64_t i, int) {
    float* row = output + i * table.cols;
    unpack_row(table, ids[i], row, false);
    if (position_table != nullptr) {
      unpack_row(*position_table, positions[i] + position_offset, row, true);
    }
  });
}

void FastBackend::linear(const void* input, const Matrix& weight, const float* bias, void* output,
                         std::int64_t n) {
  run_linear({static_cast<const float*>(input), &weight, bias, static_cast<float*>(output), n},
             linear_kernels_, pool_, linear_scratch_);
}

void FastBackend::norm(const NormArgs& args) {
  over_rows(args.num_tokens, args.width, [&](std::int64_t begin, std::int64_t end, int) {
    row_kernels_.norm(args, begin, end);
  });
}

void FastBackend::split_rotate_write(const QkvArgs& args) {
  const std::int64_t width = (args.num_heads + 2 * args.cache.num_kv_heads) * args.cache.head_dim;
  over_rows(args.num_tokens, width, [&](std::int64_t begin, std::int64_t end, int thread) {
    auto& scratch = scratch_[static_cast<std::size_t>(thread)];
    scratch.resize(static_cast<std::size_t>(args.cache.head_dim));
    row_kernels_.split_rotate_write(args, begin, end, scratch.data());
  });
}

void FastBackend::attention(const AttentionArgs& args) {
  run_attention(args, attention_kernels_, pool_, attention_memory_);
}

void FastBackend::gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                                   std::int64_t width) {
  const auto* inputs = static_cast<const float*>(input);
  auto* outputs = static_cast<float*>(output);
  over_rows(n, 2 * width, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float* gate = inputs + i * 2 * width;
      row_kernels_.gated(kind, gate, gate + width, outputs + i * width, width);
    }
  });
}

void FastBackend::activation(Activation kind, void* values, std::int64_t count) {
  auto* all = static_cast<float*>(values);
  over_rows(count, 1, [&](std::int64_t begin, std::int64_t end, int) {
    row_kernels_.activate(kind, all + begin, end - begin);
  });
}

void FastBackend::sample_rows(float* logits, std::int64_t vocab_size,
                              std::span<const SampleRow> rows, std::span<SampleOutput> outputs) {
  pool_.run(static_cast<std::int64_t>(rows.size()), [&](std::int64_t i, int thread) {
    const auto row = static_cast<std::size_t>(i);
    samplers_[static_cast<std::size_t>(thread)].sample(logit_kernels_, logits + i * vocab_size,
                                                       vocab_size, rows[row], outputs[row]);
  });
}

void FastBackend::copy_blocks(
    const KvCacheView& cache,
    std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) {
  auto* bytes = static_cast<std::byte*>(cache.data);
  const std::size_t size = cache.bytes_per_block();
  pool_.run(static_cast<std::int64_t>(source_destination.size()), [&](std::int64_t i, int) {
    const auto [source, destination] = source_destination[static_cast<std::size_t>(i)];
    std::memcpy(bytes + static_cast<std::size_t>(destination) * size,
                bytes + static_cast<std::size_t>(source) * size, size);
  });
}

}  // namespace octavo::kernels::cpu
