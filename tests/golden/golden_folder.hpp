// A recorded reference: a model's folder with what transformers computed with it in float32.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo::testing {

struct GoldenPrompt {
  std::vector<TokenId> prompt_ids;
  std::vector<TokenId> greedy_ids;
  std::vector<float> greedy_logprobs;
  std::vector<std::vector<TokenId>> top5_ids;
  std::vector<std::vector<float>> top5_logprobs;
  std::vector<TokenId> repetition_penalty_ids;
  std::vector<float> logits;              ///< [9, vocab_size]: last prompt position, 8 steps.
  std::vector<float> rep_penalty_logits;  ///< [vocab_size]: the first row after a penalty of 1.3.
};

struct GoldenFolder {
  std::filesystem::path path;
  std::vector<GoldenPrompt> prompts;
};

/// Every folder with a golden.json and weights under `root`; the test fails when one is damaged.
std::vector<GoldenFolder> read_golden_folders(const std::filesystem::path& root);

/// The float32 tensor `p<prompt>.<name>` of a golden.safetensors; the test fails when it is not
/// there.
std::vector<float> read_floats(const std::filesystem::path& file, std::size_t prompt,
                               const std::string& name);
boost::json::object read_object(const std::filesystem::path& file);
std::vector<TokenId> to_ids(const boost::json::value& list);
std::vector<float> to_floats(const boost::json::value& list);

/// The folders to search: what the project ships, and OCTAVO_GOLDENS_DIR when set.
std::vector<std::filesystem::path> golden_roots();

}  // namespace octavo::testing
