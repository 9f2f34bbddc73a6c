// How ids show in a failing check.
#pragma once

#include <ostream>

#include "src/core/ids.hpp"

namespace octavo {

template <class Tag, class Rep>
std::ostream& operator<<(std::ostream& out, StrongId<Tag, Rep> id) {
  return out << '#' << id.value;
}

}  // namespace octavo
