// A part of a text, by its bytes.
#pragma once

#include <cstddef>

namespace octavo::text {

struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool empty() const { return begin == end; }
};

}  // namespace octavo::text
