// Files embedded in the binary, in memory since the start: the chat page, every file that the
// browser may ask for, and what the replay's report is made of.
#pragma once

#include <string_view>

namespace octavo {

struct Asset {
  std::string_view path;  ///< "/", "/app.js", ...
  std::string_view mime;
  std::string_view etag;  ///< Quoted, from the content's hash.
  std::string_view body;
  std::string_view gzip;  ///< Empty when packing does not pay.
};

/// Null when there is no such file.
const Asset* find_asset(std::string_view path);
/// The same among the files of the report, of which "/report.html" is the page.
const Asset* find_report_file(std::string_view path);

}  // namespace octavo
