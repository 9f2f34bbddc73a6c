#include "kernels/cuda/step/step_arrays.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace octavo::kernels::cuda {
namespace {

/// Room to begin with; a step that needs more makes it grow.
constexpr std::size_t kFirstListBytes = std::size_t{1} << 20;

/// Copies `count` elements, and repeats `padding` up to `padded`.
template <class T>
void put(std::byte* base, std::size_t at, const T* values, std::int64_t count, std::int64_t padded,
         T padding) {
  auto* target = reinterpret_cast<T*>(base + at);
  if (count > 0) std::memcpy(target, values, static_cast<std::size_t>(count) * sizeof(T));
  std::fill(target + count, target + padded, padding);
}

}  // namespace

StepArrays::StepArrays(const CudaOptions& options)
    : shape_{.max_tokens = options.max_tokens,
             .max_seqs = options.max_seqs,
             .max_context_tokens = options.max_context_tokens},
      rows_(static_cast<std::size_t>(options.max_tokens) * 24 +
            static_cast<std::size_t>(options.max_seqs) * 32),
      samples_(static_cast<std::size_t>(options.max_logits) * sizeof(DeviceSampleRow)),
      tables_(kFirstListBytes),
      plans_(attention_plan_bytes(shape_)),
      lists_(kFirstListBytes) {}

StepInputs StepArrays::place(const StepInputs& host, std::int64_t rows) {
  const std::int64_t num_tokens = rows > 0 ? rows : host.num_tokens;
  const std::int64_t num_seqs = rows > 0 ? rows : host.num_seqs;
  num_logits_ = rows > 0 ? rows : host.num_logits;
  Layout layout;
  const auto token_ids = layout.add<std::int32_t>(num_tokens);
  const auto positions = layout.add<std::int32_t>(num_tokens);
  const auto slots = layout.add<std::int64_t>(num_tokens);
  const auto cu_seqlens = layout.add<std::int32_t>(num_seqs + 1);
  const auto context_lens = layout.add<std::int32_t>(num_seqs);
  const auto cu_blocks = layout.add<std::int32_t>(num_seqs + 1);
  const auto logits_rows = layout.add<std::int32_t>(num_logits_);
  rows_bytes_ = layout.bytes();
  host_rows_ = rows_.begin(rows_bytes_, moved_);
  put(host_rows_, token_ids, host.token_ids, host.num_tokens, num_tokens, 0);
  put(host_rows_, positions, host.positions, host.num_tokens, num_tokens, 0);
  put(host_rows_, slots, host.slots, host.num_tokens, num_tokens, std::int64_t{-1});
  put(host_rows_, context_lens, host.context_lens, host.num_seqs, num_seqs, 0);
  put(host_rows_, logits_rows, host.logits_rows, host.num_logits, num_logits_, 0);
  const std::int32_t num_blocks = host.num_seqs > 0 ? host.cu_blocks[host.num_seqs] : 0;
  put(host_rows_, cu_blocks, host.cu_blocks, host.num_seqs > 0 ? host.num_seqs + 1 : 0,
      num_seqs + 1, num_blocks);
  put(host_rows_, cu_seqlens, host.cu_seqlens, host.num_seqs > 0 ? host.num_seqs + 1 : 0,
      num_seqs + 1, 0);
  auto* lengths = reinterpret_cast<std::int32_t*>(host_rows_ + cu_seqlens);
  for (std::int64_t i = host.num_seqs + 1; i <= num_seqs; ++i) lengths[i] = lengths[i - 1] + 1;

  tables_bytes_ = static_cast<std::size_t>(num_blocks) * sizeof(std::int32_t);
  std::byte* tables = tables_.begin(tables_bytes_, moved_);
  if (num_blocks > 0) std::memcpy(tables, host.block_tables, tables_bytes_);
  std::byte* plan = plans_.begin(attention_plan_bytes(shape_), moved_);
  plan_ = plan_attention(shape_, host.cu_seqlens, host.context_lens, host.num_seqs, plan);
  is_placed_ = true;
  is_staged_ = false;

  const std::byte* device = rows_.device();
  const auto ints = [device](std::size_t at) {
    return reinterpret_cast<const std::int32_t*>(device + at);
  };
  return {.token_ids = ints(token_ids),
          .positions = ints(positions),
          .slots = reinterpret_cast<const std::int64_t*>(device + slots),
          .cu_seqlens = ints(cu_seqlens),
          .context_lens = ints(context_lens),
          .cu_blocks = ints(cu_blocks),
          .block_tables = reinterpret_cast<const std::int32_t*>(tables_.device()),
          .logits_rows = ints(logits_rows),
          .num_tokens = num_tokens,
          .num_seqs = num_seqs,
          .num_logits = num_logits_};
}

void StepArrays::stage_samples(std::span<const SampleRow> rows) {
  const std::size_t bytes = host_copy_bytes<DeviceSampleRow>(num_logits_);
  auto* first = reinterpret_cast<DeviceSampleRow*>(samples_.begin(bytes, moved_));
  is_staged_ = true;
  const std::span staged(first, static_cast<std::size_t>(num_logits_));
  std::fill(staged.begin(), staged.end(), DeviceSampleRow{});
  wants_logprobs_ = false;
  const std::size_t num_rows = std::min(rows.size(), staged.size());
  for (std::size_t i = 0; i < num_rows; ++i) {
    const SampleRow& row = rows[i];
    DeviceSampleRow& to = staged[i];
    to.temperature = row.temperature;
    to.top_k = row.top_k;
    to.top_p = row.top_p;
    to.min_p = row.min_p;
    to.repetition_penalty = row.repetition_penalty;
    to.presence_penalty = row.presence_penalty;
    to.frequency_penalty = row.frequency_penalty;
    to.num_logprobs = std::min(row.num_logprobs, kMaxTopLogprobs);
    to.seed = row.seed;
    to.position = row.position;
    to.num_prompt_tokens = static_cast<std::int32_t>(row.num_prompt_tokens);
    to.given = row.given;
    to.has_top_of_allowed = row.has_top_of_allowed ? 1 : 0;
    to.is_active = 1;
    wants_logprobs_ = wants_logprobs_ || row.num_logprobs >= 0;
  }
  stage_lists(rows.first(num_rows), staged);
}

void StepArrays::stage_lists(std::span<const SampleRow> rows, std::span<DeviceSampleRow> staged) {
  std::int32_t num_tokens = 0;
  std::int32_t num_bias = 0;
  std::int32_t num_forbidden = 0;
  std::int32_t num_allowed = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SampleRow& row = rows[i];
    const bool penalized = row.repetition_penalty != 1.0F || row.presence_penalty != 0.0F ||
                           row.frequency_penalty != 0.0F;
    staged[i].first_token = num_tokens;
    staged[i].num_tokens = penalized ? static_cast<std::int32_t>(row.tokens.size()) : 0;
    staged[i].first_bias = num_bias;
    staged[i].num_bias = static_cast<std::int32_t>(row.logit_bias.size());
    staged[i].first_forbidden = num_forbidden;
    staged[i].num_forbidden = static_cast<std::int32_t>(row.forbidden.size());
    staged[i].first_allowed = num_allowed;
    staged[i].num_allowed = static_cast<std::int32_t>(row.allowed.size());
    num_allowed += staged[i].num_allowed;
    num_tokens += staged[i].num_tokens;
    num_bias += staged[i].num_bias;
    num_forbidden += staged[i].num_forbidden;
  }
  // Fixed places for the five lists, whatever their lengths: the same room for each.
  const auto longest =
      static_cast<std::size_t>(std::max({num_tokens, num_bias, num_forbidden, num_allowed})) * 4;
  std::size_t room = kFirstListBytes / 4;
  while (room < longest) room *= 2;
  if (offsets_.bias_tokens != room) moved_ = true;
  offsets_ = {0, room, 2 * room, 3 * room, 4 * room};
  std::byte* lists = lists_.begin(5 * room, moved_);
  lists_bytes_ = 0;
  if (longest == 0) return;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = [&](std::size_t list, std::int32_t index) {
      return lists + list + static_cast<std::size_t>(index) * 4;
    };
    const SampleRow& row = rows[i];
    if (staged[i].num_tokens > 0) {
      std::memcpy(at(offsets_.tokens, staged[i].first_token), row.tokens.data(),
                  row.tokens.size_bytes());
    }
    for (std::size_t b = 0; b < row.logit_bias.size(); ++b) {
      const auto index = staged[i].first_bias + static_cast<std::int32_t>(b);
      std::memcpy(at(offsets_.bias_tokens, index), &row.logit_bias[b].first, 4);
      std::memcpy(at(offsets_.bias_values, index), &row.logit_bias[b].second, 4);
    }
    if (!row.forbidden.empty()) {
      std::memcpy(at(offsets_.forbidden, staged[i].first_forbidden), row.forbidden.data(),
                  row.forbidden.size_bytes());
    }
    if (!row.allowed.empty()) {
      std::memcpy(at(offsets_.allowed, staged[i].first_allowed), row.allowed.data(),
                  row.allowed.size_bytes());
    }
  }
  lists_bytes_ = num_allowed > 0     ? 4 * room + static_cast<std::size_t>(num_allowed) * 4
                 : num_forbidden > 0 ? 3 * room + static_cast<std::size_t>(num_forbidden) * 4
                 : num_bias > 0      ? 2 * room + static_cast<std::size_t>(num_bias) * 4
                                     : static_cast<std::size_t>(num_tokens) * 4;
}

void StepArrays::send(cudaStream_t stream) {
  std::array<HostCopy, kMaxHostCopies> copies;
  std::array<Upload*, kMaxHostCopies> sent;
  std::size_t count = 0;
  const auto add = [&](Upload& upload, std::size_t bytes) {
    copies[count] = upload.copy(bytes);
    sent[count++] = &upload;
  };
  if (std::exchange(is_placed_, false)) {
    add(rows_, rows_bytes_);
    add(tables_, tables_bytes_);
    add(plans_, plan_.bytes);
  }
  if (std::exchange(is_staged_, false)) {
    add(samples_, host_copy_bytes<DeviceSampleRow>(num_logits_));
    add(lists_, lists_bytes_);
  }
  copy_from_host(std::span(copies).first(count), stream);
  for (Upload* each : std::span(sent).first(count)) each->mark_sent(stream);
}

SampleArrays StepArrays::sample_arrays() const {
  const std::byte* lists = lists_.device();
  const auto ints = [lists](std::size_t at) {
    return reinterpret_cast<const std::int32_t*>(lists + at);
  };
  return {.rows = reinterpret_cast<const DeviceSampleRow*>(samples_.device()),
          .tokens = ints(offsets_.tokens),
          .bias_tokens = ints(offsets_.bias_tokens),
          .bias_values = reinterpret_cast<const float*>(lists + offsets_.bias_values),
          .forbidden = ints(offsets_.forbidden),
          .allowed = reinterpret_cast<const std::uint32_t*>(lists + offsets_.allowed),
          .sampled = nullptr,
          .choices = nullptr};
}

}  // namespace octavo::kernels::cuda
