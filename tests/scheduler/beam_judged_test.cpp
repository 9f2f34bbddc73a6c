// Beam search beside Hugging Face's: the searches of data/beams.jsonl, which judge_beams.py
// recorded, over the same made-up model.
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "src/scheduler/beam_search.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

constexpr std::uint64_t kVocab = 24;
constexpr std::int32_t kMaxTokens = 12;

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

struct Search {
  std::uint64_t seed = 0;
  SamplingParams params;
  std::vector<TokenId> stops;
  double bias = 0;
};

Search read_search(const json::value& line) {
  Search search;
  search.seed = line.at("seed").to_number<std::uint64_t>();
  search.params.beam_width = line.at("width").to_number<std::int32_t>();
  search.params.length_penalty = line.at("length_penalty").to_number<float>();
  search.params.max_tokens = kMaxTokens;
  const json::value& mode = line.at("early_stopping");
  search.params.early_stopping = mode.is_string() ? EarlyStopping::kNever
                                 : mode.as_bool() ? EarlyStopping::kTrue
                                                  : EarlyStopping::kFalse;
  search.stops = json::value_to<std::vector<TokenId>>(line.at("stops"));
  search.bias = line.at("bias").to_number<double>();
  return search;
}

/// The candidates that follow these two tokens, best first.
std::vector<TokenLogprob> row_of(const Search& search, TokenId before, TokenId last) {
  std::vector<TokenLogprob> row;
  double sum = 0;
  for (std::uint64_t token = 0; token < kVocab; ++token) {
    const std::uint64_t key = ((search.seed * 64 + static_cast<std::uint64_t>(before)) * 64 +
                               static_cast<std::uint64_t>(last)) *
                                  64 +
                              token;
    const auto id = static_cast<TokenId>(token);
    double logit = 6.0 * static_cast<double>(mixed(key) >> 40) / (1 << 24);
    if (std::ranges::find(search.stops, id) != search.stops.end()) logit += search.bias;
    sum += std::exp(logit);
    row.push_back({id, static_cast<float>(logit)});
  }
  for (TokenLogprob& each : row) each.logprob -= static_cast<float>(std::log(sum));
  std::ranges::stable_sort(row, std::greater<>{}, &TokenLogprob::logprob);
  return row;
}

/// Runs the search; answers its steps.
std::int32_t run(const Search& search, BeamSearch& beams) {
  std::int32_t num_steps = 0;
  while (!beams.is_over()) {
    std::vector<std::vector<TokenLogprob>> rows;
    for (std::size_t i = 0; i < beams.num_running(); ++i) {
      std::vector<TokenId> tokens{5, 6};
      tokens.insert(tokens.end(), beams.running(i).begin(), beams.running(i).end());
      rows.push_back(row_of(search, tokens[tokens.size() - 2], tokens.back()));
    }
    beams.advance(rows);
    ++num_steps;
  }
  return num_steps;
}

std::string path_of_searches() {
  if (const char* at_length = std::getenv("OCTAVO_BEAMS")) return at_length;
  return std::string(std::getenv("OCTAVO_TESTS_DIR")) + "/scheduler/data/beams.jsonl";
}

}  // namespace

TEST_CASE("a beam search ends when Hugging Face's does, with the same answers") {
  std::ifstream file(path_of_searches());
  std::int32_t num_searches = 0;
  for (std::string line; std::getline(file, line); ++num_searches) {
    CAPTURE(line);
    const json::value recorded = json::parse(line);
    const Search search = read_search(recorded);
    BeamSearch beams(search.params, search.stops);
    CHECK(run(search, beams) == recorded.at("steps").to_number<std::int32_t>());
    const json::array& answers = recorded.at("answers").as_array();
    REQUIRE(beams.ended().size() == answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      CHECK(beams.ended()[i].tokens ==
            json::value_to<std::vector<TokenId>>(answers[i].at("tokens")));
      CHECK(beams.ended()[i].score ==
            Approx(answers[i].at("score").to_number<double>()).margin(2e-5));
    }
  }
  CHECK(num_searches >= 432);
}
