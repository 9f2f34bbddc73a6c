#include "src/app/bench/bench_load.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>

#include "src/app/cli/load.hpp"
#include "src/core/json_number.hpp"
#include "src/model/json_file.hpp"
#include "src/replay/report/report_text.hpp"

namespace octavo::bench {

namespace json = boost::json;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                   values.end());
  return values[rank];
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// The lengths that the options name: a file's, or all alike.
Result<std::vector<RequestShape>> request_shapes(const BenchOptions& options) {
  if (options.workload.empty()) {
    return std::vector<RequestShape>(static_cast<std::size_t>(options.num_prompts),
                                     {options.input_len, options.output_len});
  }
  const auto read = read_json_file(options.workload);
  if (!read) return read.error();
  const auto lengths = [&](const char* key) {
    std::vector<std::int32_t> values;
    const json::value* member = read->if_contains(key);
    if (member == nullptr || !member->is_array()) return values;
    for (const json::value& each : member->get_array()) {
      const std::int64_t* value = each.if_int64();
      values.push_back(value != nullptr && *value > 0 && *value <= (1 << 20)
                           ? static_cast<std::int32_t>(*value)
                           : 0);
    }
    return values;
  };
  const auto prompts = lengths("prompt_len");
  const auto outputs = lengths("output_len");
  std::vector<RequestShape> shapes;
  for (std::size_t i = 0; i < std::min(prompts.size(), outputs.size()); ++i)
    shapes.push_back({prompts[i], outputs[i]});
  const bool valid = !shapes.empty() && prompts.size() == outputs.size() &&
                     std::all_of(shapes.begin(), shapes.end(), [](const RequestShape& each) {
                       return each.num_prompt_tokens > 0 && each.num_output_tokens > 0;
                     });
  if (valid) return shapes;
  return Error{Errc::kInvalidFile,
               options.workload +
                   ": expected an object with `prompt_len` and `output_len`, two arrays of as many "
                   "positive numbers",
               "workload"};
}

/// When each of `count` requests comes: a Poisson process, or all at once.
std::vector<double> arrival_times(std::size_t count, double rate, std::uint64_t seed) {
  std::vector<double> times(count, 0.0);
  if (rate <= 0) return times;
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(rate);
  double now = 0;
  for (double& time : times) time = now += gap(random);
  return times;
}

std::vector<double> first_differences(const Outputs& answers, const Outputs& others) {
  std::vector<double> positions;
  for (const auto& [request, tokens] : answers) {
    const std::vector<TokenId>& other = others.at(request);
    const auto [here, there] =
        std::mismatch(tokens.begin(), tokens.end(), other.begin(), other.end());
    if (here != tokens.end() || there != other.end())
      positions.push_back(static_cast<double>(here - tokens.begin()));
  }
  return positions;
}

Result<Engine> make_engine(const BenchOptions& options, std::int32_t concurrency, SpanSink* spans) {
  Engine engine;
  if (!options.trace.empty()) {
    auto trace = TraceFile::create(options.trace);
    if (!trace) return trace.error();
    engine.trace = std::move(*trace);
  }
  ModelOptions model = options.model;
  model.max_num_seqs = std::max(model.max_num_seqs, concurrency);
  auto executor = load_executor(model, spans != nullptr ? spans : engine.trace.get());
  if (!executor) return executor.error();
  engine.executor = std::move(*executor);
  auto config = scheduler_config(model, engine.executor->info());
  if (!config) return config.error();
  engine.config = std::move(*config);
  engine.config.max_num_waiting =
      std::max(engine.config.max_num_waiting, options.num_prompts + concurrency);
  return engine;
}

json::object milliseconds(const std::vector<double>& seconds,
                          std::initializer_list<int> percentiles) {
  json::object out;
  for (int p : percentiles)
    out["p" + std::to_string(p)] =
        seconds.empty() ? json::value(nullptr) : json_number(percentile(seconds, p / 100.0) * 1e3);
  return out;
}

std::string figure_text(const json::value& value) {
  if (value.is_null()) return "not measured";
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_int64()) return grouped(value.get_int64());
  if (!value.is_double()) return json::serialize(value);
  const double number = value.get_double();
  const double size = std::fabs(number);
  if (!(size > 0) || !std::isfinite(number)) return std::isfinite(number) ? "0" : "unknown";
  const int whole_digits = static_cast<int>(std::floor(std::log10(size))) + 1;
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), "%.*f", std::clamp(4 - whole_digits, 0, 12), number);
  std::string out = text.data();
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

namespace {

void print_rows(const json::object& object, const std::string& prefix) {
  for (const auto& [key, value] : object) {
    const std::string name = prefix + std::string(key);
    if (value.is_object())
      print_rows(value.get_object(), name + ".");
    else
      std::printf("%-28s %s\n", name.c_str(), figure_text(value).c_str());
  }
}

}  // namespace

void print(const json::object& object, bool as_json) {
  if (as_json)
    std::printf("%s\n", json::serialize(object).c_str());
  else
    print_rows(object, "");
}

}  // namespace octavo::bench
