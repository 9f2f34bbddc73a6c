// What this binary is: its semantic version, and the commit that it was built from.
#pragma once

#include <string>
#include <string_view>

namespace octavo {

/// "0.1.0".
std::string_view version();
/// "abc1234"; empty where the sources were no git repository.
std::string_view commit();
/// "octavo 0.1.0 (abc1234)", or without a commit "octavo 0.1.0".
std::string version_line();

}  // namespace octavo
