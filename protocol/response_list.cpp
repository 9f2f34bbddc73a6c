#include "protocol/response_list.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "protocol/http_route.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object message_item(const json::object& message, const std::string& id) {
  const json::value& role = message.at("role");
  const json::value& content = message.at("content");
  const bool is_answer = role == "assistant";
  json::object part{{"type", is_answer ? "output_text" : "input_text"}, {"text", content}};
  if (is_answer) part["annotations"] = json::array();
  return {{"type", "message"},
          {"id", id},
          {"status", "completed"},
          {"role", role},
          {"content", json::array{std::move(part)}}};
}

std::string text_of(const json::value& arguments) {
  return arguments.is_string() ? std::string(arguments.get_string()) : json::serialize(arguments);
}

json::object call_item(const json::object& call, const std::string& id) {
  const json::object& function = call.at("function").as_object();
  return {{"type", "function_call"},
          {"id", id},
          {"call_id", call.at("id")},
          {"name", function.at("name")},
          {"arguments", text_of(function.at("arguments"))},
          {"status", "completed"}};
}

// What a message says, its calls, or the result of one.
void add_items(const json::object& message, const std::string& id,
               std::vector<json::object>& items) {
  if (message.at("role") == "tool") {
    items.push_back({{"type", "function_call_output"},
                     {"id", "fco_" + id},
                     {"call_id", message.at("tool_call_id")},
                     {"output", message.at("content")},
                     {"status", "completed"}});
    return;
  }
  const auto* calls = message.if_contains("tool_calls");
  if (calls == nullptr || message.at("content") != "")
    items.push_back(message_item(message, "msg_" + id));
  if (calls == nullptr) return;
  for (const json::value& call : calls->as_array()) {
    items.push_back(call_item(call.as_object(), "fc_" + id + "_" + std::to_string(items.size())));
  }
}

}  // namespace

Result<ListPage> parse_list_page(std::string_view target) {
  ListPage page;
  const std::string limit = query_value(target, "limit");
  if (!limit.empty()) {
    const char* const end = limit.data() + limit.size();
    const auto [rest, error] = std::from_chars(limit.data(), end, page.limit);
    if (error != std::errc() || rest != end || page.limit < 1 || page.limit > 100)
      return Error{Errc::kInvalidValue, "limit must be between 1 and 100", "limit"};
  }
  const std::string order = query_value(target, "order");
  if (!order.empty() && order != "asc" && order != "desc")
    return Error{Errc::kInvalidValue, "order must be asc or desc", "order"};
  page.is_ascending = order == "asc";
  page.after = query_value(target, "after");
  return page;
}

json::object input_items_json(const RememberedResponse& response, const ListPage& page) {
  std::vector<json::object> items;
  const std::size_t num_input =
      response.settings.generate ? response.messages.size() - 1 : response.messages.size();
  for (std::size_t i = 0; i < num_input; ++i)
    add_items(response.messages[i].as_object(), response.id.substr(5) + "_in" + std::to_string(i),
              items);
  if (!page.is_ascending) std::ranges::reverse(items);
  const auto after = std::ranges::find_if(
      items, [&](const json::object& item) { return item.at("id") == json::value(page.after); });
  if (after != items.end()) items.erase(items.begin(), after + 1);
  const bool has_more = items.size() > page.limit;
  if (has_more) items.resize(page.limit);
  json::object list{{"object", "list"}, {"has_more", has_more}};
  list["first_id"] = items.empty() ? json::value(nullptr) : items.front().at("id");
  list["last_id"] = items.empty() ? json::value(nullptr) : items.back().at("id");
  list["data"] = json::array(items.begin(), items.end());
  return list;
}

}  // namespace octavo
