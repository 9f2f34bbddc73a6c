#include "actors/session/session_context.hpp"

#include <array>
#include <cstdio>

namespace octavo {

std::string SessionContext::response_id(RequestId request) const {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(request.value));
  return "resp_" + epoch + digits.data();
}

}  // namespace octavo
