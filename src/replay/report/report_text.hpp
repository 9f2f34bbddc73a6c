// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace octavo {

/// "%.*f"
std::string decimal(double value, int digits);
/// 1234567 -> "1,234,567"
std::string grouped(std::int64_t value);
/// Three significant digits with a unit down to nanoseconds: "1.23 ms"; from 1000 s all digits.
std::string duration_text(double seconds);

}  // namespace octavo
