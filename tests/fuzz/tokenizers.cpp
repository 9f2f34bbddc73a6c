#include "tests/fuzz/tokenizers.hpp"

#include <array>

#include "tests/support/byte_tokenizer.hpp"

namespace octavo::fuzz {
namespace {

NamedTokenizer loaded(const std::string& folder, bool is_lossless) {
  return {folder, Tokenizer::load(tests_folder() / folder).value(), is_lossless};
}

NamedTokenizer bytes() {
  const boost::json::array added{
      {{"id", 256}, {"content", "<|im_end|>"}, {"special", true}},
      {{"id", 257}, {"content", "<think>"}, {"special", false}, {"lstrip", true}},
      {{"id", 258}, {"content", "word"}, {"single_word", true}, {"rstrip", true}}};
  return {"bytes", testing::byte_tokenizer(added), false};
}

}  // namespace

const NamedTokenizer& pick_tokenizer(Input& input) {
  static const std::array all{bytes(), loaded("../examples/demo-model/model", true),
                              loaded("text/data/tokenizers/gpt-2", true),
                              loaded("text/data/tokenizers/llama-2", false),
                              loaded("text/data/tokenizers/stories260K", false)};
  return all.at(input.pick(all.size()));
}

}  // namespace octavo::fuzz
