// What repeating a recording found, for programs and for a terminal.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "src/recording/recording_counts.hpp"

namespace octavo {

struct RecordingReport {
  std::string name;  ///< The file's.
  int version = kRecordingVersion;
  RecordingHeader header;
  RecordingRepeat repeat;
  RecordingCounts counts;
  double wall_seconds = 0;  ///< Real time that the repeat took.
};

boost::json::object json_of(const RecordingReport& report);
std::string text_of(const RecordingReport& report);

}  // namespace octavo
