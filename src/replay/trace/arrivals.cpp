#include "src/replay/trace/arrivals.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "src/replay/trace/random.hpp"

namespace octavo {
namespace {

constexpr double kBeyondSaturation = 1.25;

void draw_poisson(Trace& trace, double rate, std::uint64_t seed) {
  Random random(seed);
  double now_s = 0;
  for (TraceRequest& request : trace.requests) {
    request.arrival_s = now_s;
    now_s += random.exponential(1 / rate);
  }
}

}  // namespace

Result<ArrivalOptions> parse_arrivals(std::string_view text) {
  if (text == "saturate") return ArrivalOptions{};
  if (text == "trace") return ArrivalOptions{ArrivalKind::kTrace, 0};
  if (text == "inf") return ArrivalOptions{ArrivalKind::kAtOnce, 0};
  double rate = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || rest != text.data() + text.size() || !(rate >= 1e-6 && rate <= 1e9)) {
    return Error{
        Errc::kInvalidValue,
        "`" + std::string(text) + "` is no rate: write requests per second, saturate, trace or inf",
        "rate"};
  }
  return ArrivalOptions{ArrivalKind::kRate, rate};
}

double mean_rate(const Trace& trace) {
  const double last_s = trace.requests.empty() ? 0 : trace.requests.back().arrival_s;
  return last_s > 0 ? static_cast<double>(trace.requests.size()) / last_s : 0;
}

double set_arrivals(Trace& trace, const ArrivalOptions& options, double saturating_rate,
                    std::uint64_t seed) {
  const double own_rate = mean_rate(trace);
  if (options.kind == ArrivalKind::kAtOnce ||
      (own_rate == 0 && options.kind != ArrivalKind::kRate)) {
    for (TraceRequest& request : trace.requests) request.arrival_s = 0;
    return 0;
  }
  if (own_rate == 0) {
    draw_poisson(trace, options.rate, seed);
    return 0;
  }
  double factor = 1;
  if (options.kind == ArrivalKind::kRate) factor = options.rate / own_rate;
  if (options.kind == ArrivalKind::kSaturating)
    factor = std::max(1.0, kBeyondSaturation * saturating_rate / own_rate);
  for (TraceRequest& request : trace.requests) request.arrival_s /= factor;
  return factor;
}

}  // namespace octavo
