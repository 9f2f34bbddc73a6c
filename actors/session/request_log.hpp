// One line of the log for each request, at debug; at warning where the server ended it by itself.
// Lines hold ids, codes and numbers, never a client's words.
#pragma once

#include <chrono>
#include <string_view>

#include "src/response/response.hpp"

namespace octavo {

/// e2e: asked for until ended.
void log_ended(const Response& response, std::chrono::nanoseconds e2e);
void log_aborted(const Response& response, CancelReason reason);
/// stream_id: valid, or empty for the default lane.
void log_refused(const Error& error, std::string_view stream_id);
/// A response was not written to the disk, or not read from it.
void log_archive_fault(const Error& error);
/// Members that no event has; a client may name them as it likes.
void log_unknown(const std::vector<std::string>& fields);

}  // namespace octavo
