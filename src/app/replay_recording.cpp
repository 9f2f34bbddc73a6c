#include "src/app/replay_recording.hpp"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>

#include "src/replay/recording_report.hpp"

namespace octavo {

Result<int> repeat_recording(const std::string& name, const std::string& bytes, bool json) {
  const auto began = std::chrono::steady_clock::now();
  auto reader = RecordingReader::open(bytes, name);
  if (!reader) return reader.error();
  RecordingReport report;
  report.name = name;
  report.header = reader->header();
  RecordingReplay replay(*reader, report.header.engine, &report.counts);
  const auto repeat = replay.run();
  if (!repeat) return repeat.error();
  report.repeat = *repeat;
  report.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (json)
    std::printf("%s\n", boost::json::serialize(json_of(report)).c_str());
  else
    std::fputs(text_of(report).c_str(), stdout);
  return report.repeat.is_equal() ? 0 : 1;
}

}  // namespace octavo
