// A tokenizer that anyone can compute by hand: one token for each byte, whose id is the byte's
// value, and the added tokens that a test asks for.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "src/text/tokenizer.hpp"

namespace octavo::testing {

/// The tokenizer.json. added_tokens: objects as that file has them, with `id` and `content` at
/// least.
boost::json::object byte_tokenizer_file(const boost::json::array& added_tokens = {});

std::shared_ptr<const Tokenizer> byte_tokenizer(const boost::json::array& added_tokens = {});
/// The tokenizer of this tokenizer.json.
std::shared_ptr<const Tokenizer> tokenizer_of(const boost::json::object& file);

}  // namespace octavo::testing
