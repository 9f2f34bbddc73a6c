#include "src/replay/trace/length_mix.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "src/replay/trace/random.hpp"

namespace octavo {
namespace {

constexpr std::int32_t kDefaultRequests = 2000;
constexpr std::int32_t kMaxRequests = 10'000'000;

double normal_below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// Mean of min(X, max) for log X normal(mu, sigma).
double mean_cut(double mu, double sigma, double max) {
  const double z = (std::log(max) - mu) / sigma;
  return std::exp(mu + sigma * sigma / 2) * normal_below(z - sigma) + max * (1 - normal_below(z));
}

std::int32_t draw(const LengthDistribution& distribution, double mu, Random& random) {
  const double length = std::exp(mu + distribution.sigma * random.normal());
  return static_cast<std::int32_t>(
      std::clamp(std::round(length), 1.0, static_cast<double>(distribution.max)));
}

}  // namespace

double log_mean_of(const LengthDistribution& distribution) {
  double low = -20, high = 20;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    const bool is_less = mean_cut(middle, distribution.sigma, distribution.max) < distribution.mean;
    (is_less ? low : high) = middle;
  }
  return low;
}

Trace draw_mix(const LengthMix& mix, std::int32_t num_requests, std::uint64_t seed) {
  Random random(seed);
  const double input_mu = log_mean_of(mix.input);
  const double output_mu = log_mean_of(mix.output);
  Trace trace;
  for (std::int32_t i = 0; i < num_requests; ++i) {
    const std::int32_t num_prompt = draw(mix.input, input_mu, random);
    const std::int32_t num_output = draw(mix.output, output_mu, random);
    trace.requests.push_back({0, num_prompt, num_output, 0, 0});
  }
  return trace;
}

std::optional<Result<Trace>> synthetic_trace(std::string_view text, std::uint64_t seed) {
  constexpr std::string_view kPrefix = "synthetic:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  std::string_view name = text.substr(kPrefix.size());
  std::int32_t num_requests = kDefaultRequests;
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    const std::string_view count = name.substr(colon + 1);
    name = name.substr(0, colon);
    const auto [rest, error] =
        std::from_chars(count.data(), count.data() + count.size(), num_requests);
    if (error != std::errc() || rest != count.data() + count.size() || num_requests < 1 ||
        num_requests > kMaxRequests) {
      return Error{Errc::kInvalidValue,
                   "`" + std::string(text) + "`: the number of requests is 1 to 10000000", "TRACE"};
    }
  }
  if (name != "sharegpt" && name != "alpaca") {
    return Error{
        Errc::kInvalidValue,
        "`" + std::string(text) + "` is no mix: there are synthetic:sharegpt and synthetic:alpaca",
        "TRACE"};
  }
  Trace trace = draw_mix(name == "alpaca" ? kAlpacaMix : kShareGptMix, num_requests, seed);
  trace.name = text;
  return trace;
}

}  // namespace octavo
