#include "src/core/sampling_params.hpp"

#include <functional>
#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

std::string param_at_fault(const std::function<void(SamplingParams&)>& change) {
  SamplingParams params;
  change(params);
  auto checked = validate(params, 100);
  return checked ? "" : checked.error().param;
}

}  // namespace

TEST_CASE("a top_p of 0 is greedy, as a temperature of 0 is") {
  SamplingParams params;
  CHECK_FALSE(params.is_greedy());
  params.top_p = 0.0;
  CHECK(validate(params, 100));
  CHECK(params.is_greedy());
  params = {};
  params.temperature = 0.0;
  CHECK(params.is_greedy());
}

TEST_CASE("default sampling parameters are valid") { CHECK(validate(SamplingParams{}, 100)); }

TEST_CASE("a value outside its range is refused by the name it has on the wire") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(param_at_fault([](auto& p) { p.temperature = 2.1F; }) == "temperature");
  CHECK(param_at_fault([nan](auto& p) { p.temperature = nan; }) == "temperature");
  CHECK(param_at_fault([](auto& p) { p.top_k = -2; }) == "top_k");
  CHECK(param_at_fault([](auto& p) { p.top_p = -0.1; }) == "top_p");
  CHECK(param_at_fault([](auto& p) { p.min_p = 1.5F; }) == "min_p");
  CHECK(param_at_fault([](auto& p) { p.repetition_penalty = 0.0F; }) == "repetition_penalty");
  CHECK(param_at_fault([](auto& p) { p.presence_penalty = 3.0F; }) == "presence_penalty");
  CHECK(param_at_fault([](auto& p) { p.frequency_penalty = -3.0F; }) == "frequency_penalty");
  CHECK(param_at_fault([](auto& p) { p.max_tokens = -1; }) == "max_output_tokens");
  CHECK(param_at_fault([](auto& p) { p.max_tokens = 3, p.min_tokens = 4; }) == "min_tokens");
  CHECK(param_at_fault([](auto& p) { p.num_logprobs = 21; }) == "top_logprobs");
  CHECK(param_at_fault([](auto& p) { p.n = 0; }) == "n");
  CHECK(param_at_fault([](auto& p) { p.stop = {""}; }) == "stop");
  CHECK(param_at_fault([](auto& p) { p.stop_token_ids = {100}; }) == "stop_token_ids");
  CHECK(param_at_fault([](auto& p) { p.logit_bias = {{1, 101.0F}}; }) == "logit_bias");
}

TEST_CASE("the first id beyond the vocabulary and the first number beyond a limit are refused") {
  CHECK(param_at_fault([](auto& p) { p.logit_bias = {{100, 1.0F}}; }) == "logit_bias");
  CHECK(param_at_fault([](auto& p) { p.logit_bias = {{99, 1.0F}}; }).empty());
  CHECK(param_at_fault([](auto& p) { p.n = 9; }) == "n");
  CHECK(param_at_fault([](auto& p) { p.n = 8; }).empty());
  CHECK(param_at_fault([](auto& p) { p.beam_width = 2, p.n = 3; }) == "n");
  CHECK(param_at_fault([](auto& p) { p.beam_width = 2, p.n = 2; }).empty());
}
