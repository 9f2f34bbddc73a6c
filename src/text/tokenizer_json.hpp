// What the readers of a tokenizer's files share. The parts of a tokenizer nest, and each builds
// something with every member that it reads. A fault is therefore thrown, as an `Error`, and
// `Tokenizer::load` catches it.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "src/core/ids.hpp"
#include "src/core/json_reader.hpp"
#include "src/text/regex.hpp"

namespace octavo::text {

/// Both say that tokenizer.json is at fault. `detail` is a sentence.
[[noreturn]] void fail_file(std::string_view detail);
[[noreturn]] void fail_unsupported(std::string_view detail);

/// A reader of a part of tokenizer.json, which stands in the member `name` and must be an object.
JsonReader part_reader(std::string_view name, const boost::json::value& part);

/// The member `pattern` of a part: {"String": ...} or {"Regex": ...}.
Regex read_pattern(JsonReader& part);

/// Token ids are below this bound, so that a file cannot ask for tables of any size.
inline constexpr TokenId kMaxTokenId = 1 << 22;

/// `value`, which stands in the member `name`, as a token id. `reader` must throw.
TokenId as_token_id(JsonReader& reader, std::string_view name, const boost::json::value& value);

}  // namespace octavo::text
