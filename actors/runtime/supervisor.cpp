#include "actors/runtime/supervisor.hpp"

namespace octavo {

std::string describe(const std::exception_ptr& error) {
  if (!error) return "ended";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of an unknown kind";
  }
}

}  // namespace octavo
