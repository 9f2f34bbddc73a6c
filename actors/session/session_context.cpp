#include "actors/session/session_context.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "protocol/compact_body.hpp"

namespace octavo {

std::string SessionContext::response_id(RequestId request) const {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(request.value));
  return "resp_" + epoch + digits.data();
}

std::optional<Result<std::string>> SessionContext::parent_of(const ResponseCreate& create) const {
  if (!create.previous_response_id.empty()) return create.previous_response_id;
  if (create.compaction.empty()) return std::nullopt;
  auto id = id_of_compaction(hash_key, create.tenant, create.compaction);
  if (id) return std::move(*id);
  return Result<std::string>(
      Error{Errc::kInvalidValue, "this server has not made the compaction for you", "input"});
}

std::optional<RequestId> SessionContext::request_of(std::string_view response_id) const {
  const std::string_view digits =
      response_id.substr(response_id.size() - std::min<std::size_t>(16, response_id.size()));
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  const RequestId request{number};
  if (this->response_id(request) != response_id) return std::nullopt;
  return request;
}

}  // namespace octavo
