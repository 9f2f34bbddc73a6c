// What a part of a tokenizer's files is refused with.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "src/core/error.hpp"

namespace octavo::testing {

/// The error that `read` throws; nothing when it throws none.
template <typename Read>
std::optional<Error> refusal_of(Read&& read) {
  try {
    std::forward<Read>(read)();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

/// It is refused with that code, and the detail names what is at fault.
inline bool is_refusal(const std::optional<Error>& error, Errc code, std::string_view names) {
  return error && error->code == code && error->detail.find(names) != std::string::npos;
}

}  // namespace octavo::testing
