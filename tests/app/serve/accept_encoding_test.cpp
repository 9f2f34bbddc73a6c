#include "src/app/serve/accept_encoding.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

namespace http = boost::beast::http;

http::fields fields_of(const std::vector<std::string>& values) {
  http::fields fields;
  for (const std::string& value : values) fields.insert(http::field::accept_encoding, value);
  return fields;
}

bool takes(const std::vector<std::string>& values) {
  return coding_for(fields_of(values)) == Coding::kGzip;
}

}  // namespace

TEST_CASE("gzip is taken by who names it or anything, in any case, with a weight above 0") {
  for (const char* value : {"gzip", "GZIP", "x-gzip", "br, gzip, deflate", "gzip;q=1",
                            "gzip; q=0.001", "gzip ; Q=0.5", "*", "*;q=0.1", "br;q=1.0, *;q=0.5",
                            "identity;q=0.5, gzip;q=0.5", "br;q=0,gzip", "identity;q=0, gzip",
                            "identity;q=0, *", ", ,gzip", "*;q=0, gzip", "deflate, gzip;q=1.000"}) {
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

TEST_CASE("a file comes as it is to who prefers that, or says nothing of gzip") {
  for (const char* value : {"", "br", "identity", "identity;q=0.5, gzip;q=0.1", "*;q=0, identity",
                            "gzip;q=0, *", "gzip;q=0", "identity, gzip;q=0.9"}) {
    CAPTURE(value);
    CHECK(coding_for(fields_of({value})) == Coding::kIdentity);
  }
  CHECK(coding_for(fields_of({})) == Coding::kIdentity);
}

TEST_CASE("who takes neither form gets neither") {
  for (const char* value : {"identity;q=0", "*;q=0", "br, identity;q=0", "gzip;q=0, identity;q=0",
                            "gzip;q=0, *;q=0", "br, *;q=0"}) {
    CAPTURE(value);
    CHECK(coding_for(fields_of({value})) == std::nullopt);
    CHECK_FALSE(accepts_identity(fields_of({value})));
  }
  CHECK_FALSE(accepts_identity(fields_of({"gzip, identity;q=0"})));
  CHECK(accepts_identity(fields_of({"gzip"})));
}
