#include "protocol/stream_options.hpp"

#include "protocol/unknown_fields.hpp"

namespace octavo {

StreamOptions read_stream_options(JsonReader& fields, std::vector<std::string>& unknown_fields) {
  StreamOptions options;
  fields.read("stream", options.is_stream);
  const auto* given = fields.find("stream_options");
  if (given == nullptr) return options;
  JsonReader members(fields.as_object("stream_options", *given), fields, "stream_options");
  members.read("include_usage", options.include_usage);
  members.read("continuous_usage_stats", options.continuous_usage_stats);
  bool obfuscates = false;
  if (members.read("include_obfuscation", obfuscates) && obfuscates)
    members.unsupported("include_obfuscation", "obfuscation of deltas is not supported");
  note_unknown(members, "stream_options", unknown_fields);
  return options;
}

}  // namespace octavo
