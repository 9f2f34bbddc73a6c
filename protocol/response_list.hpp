// What a client reads of a response that it has asked for earlier.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "src/response/response_memory.hpp"

namespace octavo {

/// A page of a list, as OpenAI's lists have it.
struct ListPage {
  std::size_t limit = 20;  ///< 1 .. 100
  bool is_ascending = false;
  std::string after;  ///< The id after which the page begins; empty: at the beginning.
};

/// Reads `limit`, `order` and `after` of a query. Errors: kInvalidValue.
[[nodiscard]] Result<ListPage> parse_list_page(std::string_view target);

/// The conversation that the response answered: {object, data, first_id, last_id, has_more}.
boost::json::object input_items_json(const RememberedResponse& response, const ListPage& page);

}  // namespace octavo
