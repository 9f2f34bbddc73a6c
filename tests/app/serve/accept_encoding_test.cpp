#include "src/app/serve/accept_encoding.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

namespace http = boost::beast::http;

bool takes(const std::vector<std::string>& values) {
  http::fields fields;
  for (const std::string& value : values) fields.insert(http::field::accept_encoding, value);
  return accepts_gzip(fields);
}

}  // namespace

TEST_CASE("gzip is taken by who names it or anything, in any case, with a weight above 0") {
  for (const char* value :
       {"gzip", "GZIP", "x-gzip", "br, gzip, deflate", "gzip;q=1", "gzip; q=0.001", "gzip ; Q=0.5",
        "*", "*;q=0.1", "br;q=1.0, *;q=0.5", "identity;q=0.5, gzip;q=0.1", "br;q=0,gzip", ", ,gzip",
        "*;q=0, gzip", "deflate, gzip;q=1.000"}) {
    CAPTURE(value);
    CHECK(takes({value}));
  }
}

TEST_CASE("gzip is not taken by who does not name it or gives it no weight") {
  for (const char* value :
       {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "GZIP; Q=0", "gzip ; q=0", "*;q=0",
        "gzip;q=0, *", "*, gzip;q=0", "x-gzip;q=0", "gzipped", "notgzip", "br;level=gzip",
        "gzip;q=nan", "gzip;q=x", "gzip;q=-1", "gzip;q=2"}) {
    CAPTURE(value);
    CHECK_FALSE(takes({value}));
  }
  CHECK_FALSE(takes({}));
}

TEST_CASE("several fields are one list") {
  CHECK(takes({"br", "gzip"}));
  CHECK_FALSE(takes({"br, *", "gzip;q=0"}));
}
