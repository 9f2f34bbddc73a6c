#include "src/model/checkpoint.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

const std::string kShardA = safetensors_file({{"a", "U8", {1}, "1"}});
const std::string kShardB = safetensors_file({{"b", "U8", {2}, "23"}});

std::string complaint(const TempFolder& folder) {
  const auto checkpoint = Checkpoint::open(folder.path());
  return checkpoint ? "" : checkpoint.error().detail;
}

std::string complaint_of_index(std::string_view index) {
  const TempFolder folder;
  folder.write("1.safetensors", kShardA);
  folder.write("2.safetensors", kShardB);
  folder.write("model.safetensors.index.json", index);
  return complaint(folder);
}

}  // namespace

TEST_CASE("one file and many shards look the same") {
  const TempFolder single;
  single.write("model.safetensors", kShardA);
  const TempFolder sharded;
  sharded.write("1.safetensors", kShardA);
  sharded.write("2.safetensors", kShardB);
  sharded.write("model.safetensors.index.json",
                R"({"weight_map":{"a":"1.safetensors","b":"2.safetensors"}})");
  const auto one = Checkpoint::open(single.path());
  const auto many = Checkpoint::open(sharded.path());
  REQUIRE(one.has_value());
  REQUIRE(many.has_value());
  CHECK(one->find("a")->size_bytes == 1);
  CHECK(one->find("b") == nullptr);
  CHECK(many->find("a")->size_bytes == 1);
  CHECK(many->find("b")->size_bytes == 2);
  CHECK(many->tensors().size() == 2);
}

TEST_CASE("a folder without a checkpoint says which file it misses") {
  const TempFolder folder;
  const auto checkpoint = Checkpoint::open(folder.path());
  REQUIRE(checkpoint.has_error());
  CHECK(checkpoint.error().code == Errc::kIo);
  CHECK(checkpoint.error().detail.find("model.safetensors: cannot open") != std::string::npos);
}

TEST_CASE("an index may not lead out of its folder") {
  for (const std::string shard : {"../1.safetensors", "/etc/passwd", "..", ".", "", "a/b",
                                  "..\\\\1.safetensors", "x\\u0000.safetensors"}) {
    INFO(shard);
    CHECK(complaint_of_index(R"({"weight_map":{"a":")" + shard + R"("}})") ==
          "model.safetensors.index.json: shard of a is not a plain file name");
  }
}

TEST_CASE("an index that names what is not there is refused by name") {
  CHECK(complaint_of_index(R"({"weight_map":{"c":"1.safetensors"}})") ==
        "model.safetensors.index.json: no shard holds tensor c");
  CHECK(complaint_of_index(R"({"weight_map":{"a":"3.safetensors"}})").find("3.safetensors") !=
        std::string::npos);
  CHECK(complaint_of_index("{}") == "model.safetensors.index.json: has no weight_map");
  CHECK(complaint_of_index(R"({"weight_map":{"a":1}})") ==
        "model.safetensors.index.json: weight_map of a is not a string");
  CHECK(complaint_of_index("nonsense") == "model.safetensors.index.json: is not a JSON object");
}

TEST_CASE("a tensor in two shards is refused") {
  const TempFolder folder;
  folder.write("1.safetensors", kShardA);
  folder.write("2.safetensors", safetensors_file({{"a", "U8", {1}, "1"}, {"b", "U8", {1}, "2"}}));
  folder.write("model.safetensors.index.json",
               R"({"weight_map":{"a":"1.safetensors","b":"2.safetensors"}})");
  CHECK(complaint(folder) == "2.safetensors: tensor a is in another shard as well");
}
