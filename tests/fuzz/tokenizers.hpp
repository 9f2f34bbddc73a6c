// Tokenizers of every kind that the repository has files of, loaded once for a target.
#pragma once

#include <memory>
#include <string>

#include "src/text/tokenizer.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {

struct NamedTokenizer {
  std::string name;
  std::shared_ptr<const Tokenizer> tokenizer;
  bool is_lossless = false;  ///< Every text comes back as it was.
};

/// The one that the input's next byte chooses.
const NamedTokenizer& pick_tokenizer(Input& input);

}  // namespace octavo::fuzz
