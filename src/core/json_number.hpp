// Numbers that were computed, on their way into JSON. JSON has no NaN and no infinity (RFC 8259,
// section 6), and a reader that is strict drops the whole text for one of them; so every float that
// may be neither goes through these.
#pragma once

#include <boost/json/value.hpp>

namespace octavo {

/// null where the number is not finite.
boost::json::value json_number(double number);
/// The shortest decimal that reads back as the float: 0.9, not 0.8999999761581421. null where it is
/// not finite.
boost::json::value json_number(float number);
/// A log-probability, for clients that expect a number. What cannot happen has -9999, as OpenAI's
/// interfaces say it.
boost::json::value json_logprob(float logprob);

}  // namespace octavo
