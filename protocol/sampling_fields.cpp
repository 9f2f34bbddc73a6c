#include "protocol/sampling_fields.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

namespace octavo {
namespace {

void read_stops(JsonReader& fields, SamplingParams& sampling) {
  if (const auto* stop = fields.find("stop")) {
    if (stop->is_string()) {
      sampling.stop.emplace_back(stop->get_string());
    } else if (stop->is_array()) {
      fields.read("stop", sampling.stop);
    } else {
      fields.wrong("stop", "a string or a list of strings");
    }
  }
  fields.read("stop_token_ids", sampling.stop_token_ids);
}

// Any integer of 64 bits, with a sign or without.
void read_seed(JsonReader& fields, SamplingParams& sampling) {
  const auto* seed = fields.find("seed");
  if (seed == nullptr) return;
  boost::system::error_code error;
  if (seed->is_uint64()) {
    sampling.seed = seed->get_uint64();
    return;
  }
  sampling.seed = static_cast<std::uint64_t>(seed->to_number<std::int64_t>(error));
  if (error) fields.wrong("seed", "an integer of 64 bits");
}

void read_logit_bias(JsonReader& fields, SamplingParams& sampling) {
  const auto* bias = fields.find("logit_bias");
  if (bias == nullptr) return;
  if (!bias->is_object()) return fields.wrong("logit_bias", "an object of token id to bias");
  for (const auto& [key, value] : bias->get_object()) {
    const bool digits =
        !key.empty() && key.size() <= 9 &&
        std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || !value.is_number())
      return fields.wrong("logit_bias", "an object of token id to bias");
    sampling.logit_bias.emplace_back(std::stoi(std::string(key)),
                                     static_cast<float>(value.to_number<double>()));
  }
}

// Without a beam they would change nothing, and whoever sends them means something.
void read_beams(JsonReader& fields, SamplingParams& sampling) {
  if (fields.read("beam_width", sampling.beam_width) && sampling.beam_width < 1)
    fields.wrong("beam_width", "between 1 and 16");
  fields.read("length_penalty", sampling.length_penalty);
  if (const auto* early = fields.find("early_stopping")) {
    if (early->is_bool())
      sampling.early_stopping = early->get_bool() ? EarlyStopping::kTrue : EarlyStopping::kFalse;
    else if (*early == "never")
      sampling.early_stopping = EarlyStopping::kNever;
    else
      fields.wrong("early_stopping", "true, false or \"never\"");
  }
  if (sampling.is_beam_search()) return;
  const SamplingParams none;
  if (sampling.length_penalty != none.length_penalty)
    fields.unsupported("length_penalty", "length_penalty needs beam_width");
  if (sampling.early_stopping != none.early_stopping)
    fields.unsupported("early_stopping", "early_stopping needs beam_width");
}

}  // namespace

void read_common_sampling(JsonReader& fields, ResponseCreate& create) {
  SamplingParams& sampling = create.sampling;
  fields.read("temperature", create.temperature);
  fields.read("top_p", create.top_p);
  fields.read("top_k", create.top_k);
  fields.read("repetition_penalty", create.repetition_penalty);
  fields.read("min_p", create.min_p);
  fields.read("presence_penalty", sampling.presence_penalty);
  fields.read("frequency_penalty", sampling.frequency_penalty);
  read_seed(fields, sampling);
  fields.read("min_tokens", sampling.min_tokens);
  fields.read("ignore_eos", sampling.ignore_eos);
  fields.read("n", sampling.n);
  read_beams(fields, sampling);
  read_stops(fields, sampling);
  read_logit_bias(fields, sampling);
}

void read_max_tokens(JsonReader& fields, const char* name, ResponseCreate& create) {
  std::int32_t most = 0;
  if (!fields.read(name, most)) return;
  if (most < 1) fields.wrong(name, "at least 1");
  create.max_tokens = std::min(most, create.max_tokens.value_or(most));
}

void read_sampling(JsonReader& fields, ResponseCreate& create) {
  read_common_sampling(fields, create);
  read_max_tokens(fields, "max_output_tokens", create);
  std::int32_t top_logprobs = 0;
  if (fields.read("top_logprobs", top_logprobs)) {
    if (top_logprobs < 0 || top_logprobs > 20) fields.wrong("top_logprobs", "between 0 and 20");
    create.include_logprobs = create.include_logprobs || top_logprobs > 0;
  }
  if (create.include_logprobs) create.sampling.num_logprobs = top_logprobs;
}

}  // namespace octavo
