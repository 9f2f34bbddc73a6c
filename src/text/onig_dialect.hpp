// Oniguruma has changed what a few forms mean, and systems come with different versions of it:
// writes out what those forms mean today.
#pragma once

#include <string>
#include <string_view>

namespace octavo::text {

/// pattern with each form written out that version 6.9.8 takes otherwise than 6.9.10, which Hugging
/// Face's library brings along: `\R` repeated, `\p{Word}` outside of brackets, and punctuation in
/// POSIX's sense, which has the symbols too. What is not valid stays as it is. Where a pattern
/// looks behind and matches at the end of the text alone, version 6.9.8 jumps there and sees
/// nothing that lies before; another way to match, which never does, keeps it from the jump.
std::string in_todays_dialect(std::string_view pattern);

}  // namespace octavo::text
