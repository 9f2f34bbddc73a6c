// A tokenizer file may hold anything: checked access to its members, with errors that name the
// member and the place. The functions throw `Error`; `Tokenizer::load` catches it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/core/error.hpp"
#include "src/core/ids.hpp"
#include "src/text/regex.hpp"

namespace octavo::text {

[[noreturn]] void fail_file(std::string detail);
[[noreturn]] void fail_unsupported(std::string detail);

/// Null when the member is absent or null.
const boost::json::value* find_member(const boost::json::object& object, std::string_view key);
const boost::json::object& as_object(const boost::json::value& value, std::string_view what);
const boost::json::array& as_array(const boost::json::value& value, std::string_view what);
std::string_view as_string(const boost::json::value& value, std::string_view what);
TokenId as_token_id(const boost::json::value& value, std::string_view what);

const boost::json::value& need_member(const boost::json::object& object, std::string_view key);
std::string_view need_string(const boost::json::object& object, std::string_view key);
std::string_view string_or(const boost::json::object& object, std::string_view key,
                           std::string_view otherwise);
bool bool_or(const boost::json::object& object, std::string_view key, bool otherwise);
std::int64_t int_or(const boost::json::object& object, std::string_view key,
                    std::int64_t otherwise);

/// The member `pattern`: {"String": ...} or {"Regex": ...}.
Regex read_pattern(const boost::json::object& object);

/// Token ids are below this bound, so that a file cannot ask for tables of any size.
inline constexpr TokenId kMaxTokenId = 1 << 22;

}  // namespace octavo::text
