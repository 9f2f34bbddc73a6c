#include "src/archive/response_record.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "src/core/json_reader.hpp"

namespace octavo {

namespace json = boost::json;

std::string memory_json(const RememberedResponse& memory) {
  return json::serialize(json::object{{"messages", memory.messages},
                                      {"prompt_text", memory.prompt_text},
                                      {"output_text", memory.output_text},
                                      {"cut_text", memory.cut_text},
                                      {"num_events", memory.num_events},
                                      {"generate", memory.settings.generate}});
}

Result<RememberedResponse> memory_of(const std::string& id, std::uint64_t tenant,
                                     std::string_view text, std::vector<TokenId> tokens) {
  json::parse_options options;
  options.max_depth = 400;
  boost::system::error_code error;
  const json::value value = json::parse(text, error, {}, options);
  if (error || !value.is_object())
    return Error{Errc::kInvalidFile, "the stored response `" + id + "` is damaged", ""};
  JsonReader fields(value.get_object(), "the stored response `" + id + "`");
  RememberedResponse memory;
  memory.id = id;
  memory.messages = fields.array("messages");
  memory.prompt_text = fields.text("prompt_text");
  memory.output_text = fields.text("output_text");
  memory.cut_text = fields.text("cut_text");
  fields.read("num_events", memory.num_events);
  memory.settings.generate = fields.flag("generate");
  memory.settings.tenant = tenant;
  memory.tokens = std::move(tokens);
  if (fields.error()) return *fields.error();
  for (const json::value& message : memory.messages) {
    if (!message.is_object())
      return Error{Errc::kInvalidFile, "the stored response `" + id + "` is damaged", ""};
  }
  return memory;
}

}  // namespace octavo
