#include "protocol/unknown_fields.hpp"

#include <algorithm>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

constexpr std::size_t kMaxNames = 16;
constexpr std::size_t kMaxNameBytes = 64;

}  // namespace

void note_unknown(const JsonReader& reader, std::string_view path,
                  std::vector<std::string>& unknown_fields) {
  if (unknown_fields.size() >= kMaxNames) return;
  for (const std::string_view name : reader.not_asked_for()) {
    if (unknown_fields.size() >= kMaxNames) return;
    std::string whole(path);
    if (!whole.empty()) whole += '.';
    whole += quotable(name, kMaxNameBytes);
    if (std::ranges::find(unknown_fields, whole) == unknown_fields.end())
      unknown_fields.push_back(std::move(whole));
  }
}

}  // namespace octavo
