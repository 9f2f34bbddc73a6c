#include "src/model/rope_spec.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>

namespace octavo {
namespace {

constexpr double kMaxTheta = 1e15;
constexpr double kMaxFactor = 1e6;
constexpr double kMaxPositions = 1e9;

constexpr std::array<std::string_view, 14> kKnownKeys{
    "rope_type",       "type",
    "rope_theta",      "factor",
    "low_freq_factor", "high_freq_factor",
    "beta_fast",       "beta_slow",
    "mscale",          "mscale_all_dim",
    "truncate",        "attention_factor",
    "finetuned",       "original_max_position_embeddings"};

void refuse_unknown_keys(JsonReader& rope) {
  for (const auto& member : rope.object()) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(kKnownKeys.begin(), kKnownKeys.end(), key) != kKnownKeys.end()) continue;
    if (key == "partial_rotary_factor" && rope.number(key, 0.0, 1.0, 1.0) == 1.0) continue;
    if (member.value().is_null()) continue;
    rope.fail(Errc::kUnsupportedModel, quote(key) + " is not supported");
  }
}

RopeKind read_kind(JsonReader& rope) {
  const auto name = rope.text("rope_type", rope.text("type", "default"));
  if (name == "default") return RopeKind::kDefault;
  if (name == "linear") return RopeKind::kLinear;
  if (name == "llama3") return RopeKind::kLlama3;
  if (name == "yarn") return RopeKind::kYarn;
  rope.fail(Errc::kUnsupportedModel,
            "rope type " + quote(name) + " is not supported (default, linear, llama3, yarn are)");
  return RopeKind::kDefault;
}

double yarn_scale(double factor, double mscale) {
  return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

void read_yarn(JsonReader& rope, RopeSpec& spec) {
  const auto or_default = [&](std::string_view key, double fallback) {
    const double value = rope.number(key, 0.0, kMaxFactor, fallback);
    return value == 0.0 ? fallback : value;
  };
  spec.beta_fast = or_default("beta_fast", 32.0);
  spec.beta_slow = or_default("beta_slow", 1.0);
  spec.truncate = rope.flag("truncate", true);
  const double mscale = rope.number("mscale", 0.0, kMaxFactor, 0.0);
  const double mscale_all = rope.number("mscale_all_dim", 0.0, kMaxFactor, 0.0);
  const bool has_mscales = mscale != 0.0 && mscale_all != 0.0;
  spec.attention_factor = rope.number(
      "attention_factor", 1e-6, kMaxFactor,
      has_mscales ? yarn_scale(spec.factor, mscale) / yarn_scale(spec.factor, mscale_all)
                  : yarn_scale(spec.factor, 1.0));
}

/// Some files keep the length that a model was trained for outside of the object; in both places it
/// must be the same.
double read_trained_length(JsonReader& config, JsonReader& rope,
                           std::int64_t max_position_embeddings) {
  constexpr std::string_view kKey = "original_max_position_embeddings";
  const double fallback =
      config.number(kKey, 1.0, kMaxPositions, static_cast<double>(max_position_embeddings));
  const double length = rope.number(kKey, 1.0, kMaxPositions, fallback);
  if (config.has(kKey) && length != fallback)
    rope.fail(Errc::kInvalidFile, quote(kKey) + " differs from the one beside it");
  return length;
}

void read_rope_object(JsonReader& config, JsonReader& rope, RopeSpec& spec,
                      std::int64_t max_position_embeddings) {
  refuse_unknown_keys(rope);
  spec.kind = read_kind(rope);
  spec.theta = rope.number("rope_theta", 1.0 + 1e-6, kMaxTheta, spec.theta);
  if (spec.kind == RopeKind::kDefault) return;
  spec.factor = rope.number("factor", 1.0, kMaxFactor);
  if (spec.kind == RopeKind::kLinear) return;
  spec.original_max_position = read_trained_length(config, rope, max_position_embeddings);
  if (spec.kind == RopeKind::kYarn) return read_yarn(rope, spec);
  spec.low_freq_factor = rope.number("low_freq_factor", 1e-6, kMaxFactor);
  spec.high_freq_factor = rope.number("high_freq_factor", 1e-6, kMaxFactor);
  if (spec.high_freq_factor <= spec.low_freq_factor) {
    rope.fail(Errc::kInvalidFile, "\"high_freq_factor\" must be above \"low_freq_factor\"");
  }
}

double llama3_frequency(const RopeSpec& spec, double frequency) {
  const double turns = spec.original_max_position * frequency / (2.0 * M_PI);
  if (turns < spec.low_freq_factor) return frequency / spec.factor;
  if (turns > spec.high_freq_factor) return frequency;
  const double smooth =
      (turns - spec.low_freq_factor) / (spec.high_freq_factor - spec.low_freq_factor);
  return (1.0 - smooth) * frequency / spec.factor + smooth * frequency;
}

/// How far dimension `i` is interpolated: 0 not at all, 1 by the whole factor.
double yarn_ramp(const RopeSpec& spec, std::int64_t rotary_dim, std::int64_t i) {
  const auto dim = static_cast<double>(rotary_dim);
  const auto turning = [&](double turns) {
    return dim * std::log(spec.original_max_position / (turns * 2.0 * M_PI)) /
           (2.0 * std::log(spec.theta));
  };
  double low = turning(spec.beta_fast);
  double high = turning(spec.beta_slow);
  if (spec.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dim - 1.0);
  if (low == high) high += 0.001;
  return std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
}

}  // namespace

RopeSpec read_rope_spec(JsonReader& config, std::int64_t max_position_embeddings) {
  RopeSpec spec;
  spec.theta = config.number("rope_theta", 1.0 + 1e-6, kMaxTheta, spec.theta);
  for (const std::string_view key : {"rope_scaling", "rope_parameters"}) {
    const auto* value = config.find(key);
    if (value == nullptr) continue;
    if (!value->is_object()) {
      config.fail(Errc::kInvalidFile, quote(key) + " must be an object");
      return spec;
    }
    if (value->get_object().empty()) continue;
    JsonReader rope(value->get_object(), config, key);
    read_rope_object(config, rope, spec, max_position_embeddings);
    return spec;
  }
  return spec;
}

std::vector<float> inverse_frequencies(const RopeSpec& spec, std::int64_t rotary_dim) {
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < rotary_dim / 2; ++i) {
    double frequency =
        1.0 / std::pow(spec.theta, 2.0 * static_cast<double>(i) / static_cast<double>(rotary_dim));
    if (spec.kind == RopeKind::kLinear) frequency /= spec.factor;
    if (spec.kind == RopeKind::kLlama3) frequency = llama3_frequency(spec, frequency);
    if (spec.kind == RopeKind::kYarn) {
      const double ramp = yarn_ramp(spec, rotary_dim, i);
      frequency = frequency / spec.factor * ramp + frequency * (1.0 - ramp);
    }
    frequencies.push_back(static_cast<float>(frequency));
  }
  return frequencies;
}

std::vector<float> cos_sin_table(const RopeSpec& spec, std::int64_t rotary_dim,
                                 std::int64_t num_positions) {
  const auto frequencies = inverse_frequencies(spec, rotary_dim);
  const auto half = static_cast<std::size_t>(rotary_dim / 2);
  const auto scale = static_cast<float>(spec.attention_factor);
  std::vector<float> table(static_cast<std::size_t>(num_positions * rotary_dim));
  for (std::int64_t position = 0; position < num_positions; ++position) {
    float* row = table.data() + position * rotary_dim;
    for (std::size_t i = 0; i < half; ++i) {
      const float angle = static_cast<float>(position) * frequencies[i];
      row[i] = std::cos(angle) * scale;
      row[half + i] = std::sin(angle) * scale;
    }
  }
  return table;
}

}  // namespace octavo
