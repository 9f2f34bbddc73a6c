// What Octavo makes of a case that another program has judged.
#pragma once

#include <boost/json/object.hpp>

namespace octavo::testing {

/// A case has one of these, with what it is for: `pre_tokenizer` and `text`, `normalizer` and
/// `text`, `decoder` and `pieces`, `tokenizer` with `text` or `ids`. The answer has `pieces`,
/// `text` or `ids`; where the part or the text is refused, `refuses` with the reason.
boost::json::object answer_to(const boost::json::object& judged_case);

}  // namespace octavo::testing
