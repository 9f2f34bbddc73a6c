#include "src/library/octavo.hpp"

namespace octavo {

EngineError::EngineError(ErrorKind kind, const std::string& what, std::string parameter)
    : std::runtime_error(what), kind_(kind), parameter_(std::move(parameter)) {}
EngineError::~EngineError() = default;

}  // namespace octavo
