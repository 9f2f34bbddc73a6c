#include "src/core/sampling_params.hpp"

#include <cmath>

namespace octavo {
namespace {

constexpr std::size_t kMaxStops = 16;
constexpr std::size_t kMaxStopBytes = 65536;  // Of all together: each choice keeps a table of them.
constexpr std::size_t kMaxBiases = 1024;

Error bad(std::string param, const std::string& range) {
  std::string detail = param + " must be " + range;
  return Error{Errc::kInvalidValue, std::move(detail), std::move(param)};
}

bool within(double value, double low, double high) {
  return std::isfinite(value) && value >= low && value <= high;
}

Result<void> validate_lists(const SamplingParams& p, std::int32_t vocab_size) {
  if (p.stop.size() > kMaxStops) return bad("stop", "at most 16 strings");
  std::size_t num_stop_bytes = 0;
  for (const auto& stop : p.stop) {
    num_stop_bytes += stop.size();
    if (stop.empty() || num_stop_bytes > kMaxStopBytes)
      return bad("stop", "strings of 1 byte or more, 65536 together");
  }
  if (p.stop_token_ids.size() > kMaxBiases) return bad("stop_token_ids", "at most 1024 ids");
  for (TokenId id : p.stop_token_ids) {
    if (id < 0 || id >= vocab_size) return bad("stop_token_ids", "ids of the vocabulary");
  }
  if (p.logit_bias.size() > kMaxBiases) return bad("logit_bias", "at most 1024 entries");
  for (const auto& [id, bias] : p.logit_bias) {
    if (id < 0 || id >= vocab_size) return bad("logit_bias", "keyed by ids of the vocabulary");
    if (!within(bias, -100.0, 100.0)) return bad("logit_bias", "between -100 and 100");
  }
  return {};
}

// What would change the scores of a beam, or needs the text of a hypothesis that may yet be
// dropped.
Result<void> validate_beams(const SamplingParams& p) {
  if (p.beam_width < 0 || p.beam_width > 16) return bad("beam_width", "between 1 and 16");
  if (!within(p.length_penalty, -10.0, 10.0)) return bad("length_penalty", "between -10 and 10");
  if (!p.is_beam_search()) return {};
  if (p.n > p.beam_width) return bad("n", "at most beam_width");
  const auto refuse = [](const char* name) {
    return Error{Errc::kUnsupportedParameter,
                 std::string(name) + " cannot be combined with beam_width: leave one of them out",
                 name};
  };
  if (p.repetition_penalty != 1.0) return refuse("repetition_penalty");
  if (p.presence_penalty != 0.0) return refuse("presence_penalty");
  if (p.frequency_penalty != 0.0) return refuse("frequency_penalty");
  if (!p.logit_bias.empty()) return refuse("logit_bias");
  if (!p.stop.empty()) return refuse("stop");
  if (p.min_tokens > 0) return refuse("min_tokens");
  if (p.num_logprobs >= 0) return refuse("top_logprobs");
  if (p.stop_token_ids.size() > 64) return bad("stop_token_ids", "at most 64 ids with beam_width");
  return {};
}

}  // namespace

Result<void> validate(const SamplingParams& p, std::int32_t vocab_size) {
  if (!within(p.temperature, 0.0, 2.0)) return bad("temperature", "between 0 and 2");
  if (p.top_k < -1) return bad("top_k", "-1, 0 (both: off) or positive");
  if (!within(p.top_p, 0.0, 1.0)) return bad("top_p", "between 0 and 1");
  if (!within(p.min_p, 0.0, 1.0)) return bad("min_p", "between 0 and 1");
  // A float of 0 would divide a logit by it.
  if (!within(p.repetition_penalty, 0.0, 10.0) ||
      static_cast<float>(p.repetition_penalty) <= 0.0F) {
    return bad("repetition_penalty", "above 0 and at most 10");
  }
  if (!within(p.presence_penalty, -2.0, 2.0)) return bad("presence_penalty", "between -2 and 2");
  if (!within(p.frequency_penalty, -2.0, 2.0)) return bad("frequency_penalty", "between -2 and 2");
  if (p.max_tokens < 0) return bad("max_output_tokens", "positive");
  if (p.min_tokens < 0 || (p.max_tokens > 0 && p.min_tokens > p.max_tokens)) {
    return bad("min_tokens", "between 0 and max_output_tokens");
  }
  if (p.num_logprobs < -1 || p.num_logprobs > 20) return bad("top_logprobs", "between 0 and 20");
  if (p.num_prompt_logprobs < -1 || p.num_prompt_logprobs > 20)
    return bad("prompt_logprobs", "between 0 and 20");
  if (p.n < 1 || p.n > 8) return bad("n", "between 1 and 8");
  if (auto beams = validate_beams(p); !beams) return beams;
  return validate_lists(p, vocab_size);
}

}  // namespace octavo
