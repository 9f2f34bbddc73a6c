// Oniguruma has changed what a few forms mean, and systems come with different versions of it:
// writes out what those forms mean today.
#pragma once

#include <string>
#include <string_view>

namespace octavo::text {

/// pattern with each form written out that version 6.9.8 takes otherwise than 6.9.10, which Hugging
/// Face's library brings along: `\R` repeated, `\p{Word}` outside of brackets, and punctuation in
/// POSIX's sense, which has the symbols too. What is not valid stays as it is.
std::string in_todays_dialect(std::string_view pattern);

}  // namespace octavo::text
