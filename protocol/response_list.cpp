#include "protocol/response_list.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "protocol/http_route.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object item_json(const json::object& message, const std::string& id) {
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
    items.push_back(item_json(response.messages[i].as_object(),
                              "msg_" + response.id.substr(5) + "_in" + std::to_string(i)));
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
