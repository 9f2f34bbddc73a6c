#include "src/archive/response_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using testing::TempFolder;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;

std::unique_ptr<ResponseFile> opened(const TempFolder& folder, StoreLimits limits = {}) {
  return ResponseFile::open((folder.path() / "store.db").string(), {1, 2}, limits).value();
}

ResponseRecord record_of(const std::string& id, std::uint64_t tenant = 0, std::size_t size = 10) {
  auto memory = std::make_shared<RememberedResponse>();
  memory->id = id;
  memory->prompt_text = std::string(size, 'p');
  memory->tokens = {1, -2, 70000};
  return {id, tenant, R"({"id":")" + id + "\"}", std::move(memory)};
}

bool has(ResponseFile& file, const std::string& id, std::uint64_t tenant = 0,
         std::int64_t now = kNow) {
  return file.find(id, tenant, now).value().has_value();
}

}  // namespace

TEST_CASE("what was put is there again when the file is opened anew") {
  const TempFolder folder;
  {
    const auto file = opened(folder);
    REQUIRE(file->put({record_of("resp_1"), record_of("resp_2", 7)}, kNow).has_value());
  }
  const auto file = opened(folder);
  const auto found = file->find("resp_1", 0, kNow).value();
  REQUIRE(found);
  CHECK(found->body == R"({"id":"resp_1"})");
  CHECK(found->memory->tokens == std::vector<TokenId>{1, -2, 70000});
  CHECK(found->memory->prompt_text == "pppppppppp");
  CHECK(has(*file, "resp_2", 7));
}

TEST_CASE("the key that names tenants stays that of the file") {
  const TempFolder folder;
  const auto path = (folder.path() / "store.db").string();
  CHECK(ResponseFile::open(path, {1, 2}, {}).value()->key().high == 2);
  CHECK(ResponseFile::open(path, {3, 4}, {}).value()->key().low == 1);
}

TEST_CASE("another tenant neither finds nor deletes a response") {
  const TempFolder folder;
  const auto file = opened(folder);
  REQUIRE(file->put({record_of("resp_1", 7)}, kNow).has_value());
  CHECK(!has(*file, "resp_1", 8));
  CHECK(!file->erase("resp_1", 8, kNow).value());
  CHECK(file->erase("resp_1", 7, kNow).value());
  CHECK(!file->erase("resp_1", 7, kNow).value());
}

TEST_CASE("the old go after their time, and the oldest when there is too much") {
  const TempFolder folder;
  StoreLimits limits;
  limits.max_age = std::chrono::seconds(100);
  limits.max_bytes = 2500;
  const auto file = opened(folder, limits);
  REQUIRE(file->put({record_of("resp_1", 0, 1000)}, kNow).has_value());
  CHECK(has(*file, "resp_1", 0, kNow + 100));
  CHECK(!has(*file, "resp_1", 0, kNow + 101));
  REQUIRE(
      file->put({record_of("resp_2", 0, 1000), record_of("resp_3", 0, 1000)}, kNow).has_value());
  CHECK(!has(*file, "resp_1"));
  CHECK(has(*file, "resp_2"));
  CHECK(has(*file, "resp_3"));
  REQUIRE(file->put({record_of("resp_4", 0, 10'000)}, kNow).has_value());
  CHECK(!has(*file, "resp_3"));
  CHECK(has(*file, "resp_4"));  // Its client is about to be told of it.
}

TEST_CASE("a file that is something else is refused and left as it is") {
  const TempFolder folder;
  folder.write("store.db", std::string(5000, 'x'));
  const auto path = (folder.path() / "store.db").string();
  const auto text = ResponseFile::open(path, {}, {});
  REQUIRE(text.has_error());
  CHECK(text.error().code == Errc::kInvalidFile);
  CHECK(text.error().message().find("store.db") != std::string::npos);
  const auto nowhere = ResponseFile::open((folder.path() / "no/store.db").string(), {}, {});
  REQUIRE(nowhere.has_error());
  CHECK(nowhere.error().code == Errc::kIo);
}

TEST_CASE("two servers do not share a file") {
  const TempFolder folder;
  const auto first = opened(folder);
  const auto second = ResponseFile::open((folder.path() / "store.db").string(), {}, {});
  REQUIRE(second.has_error());
  CHECK(second.error().code == Errc::kIo);
}
