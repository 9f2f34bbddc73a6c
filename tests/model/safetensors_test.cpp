#include "src/model/safetensors.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

Error error_of(std::string_view bytes) {
  const TempFolder folder;
  folder.write("x.safetensors", bytes);
  const auto file = SafetensorsFile::open(folder.path() / "x.safetensors");
  return file ? Error{} : file.error();
}

std::string complaint(std::string_view header, std::size_t data_bytes) {
  const auto error = error_of(safetensors_bytes(header, std::string(data_bytes, '\0')));
  CHECK((error == Error{} || error.code == Errc::kInvalidFile));
  return error.detail;
}

}  // namespace

TEST_CASE("a tensor is found by name with its shape, dtype and bytes") {
  const TempFolder folder;
  folder.write("x.safetensors",
               safetensors_file({{"a", "U8", {3}, "abc"}, {"b", "BF16", {1, 2}, "defg"}}));
  const auto file = SafetensorsFile::open(folder.path() / "x.safetensors");
  REQUIRE(file.has_value());
  REQUIRE(file->tensors().size() == 2);
  const auto& b = file->tensors().at("b");
  CHECK(b.dtype == "BF16");
  CHECK(b.shape == std::vector<std::int64_t>{1, 2});
  CHECK(std::string(reinterpret_cast<const char*>(b.data), b.size_bytes) == "defg");
}

TEST_CASE("metadata, scalars and empty tensors are part of the format") {
  CHECK(
      complaint(
          R"({"__metadata__":{"format":"pt"},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
          R"("e":{"dtype":"F32","shape":[0,4],"data_offsets":[4,4]}})",
          4)
          .empty());
}

TEST_CASE("a file that is missing or no file is an operating system's error") {
  const TempFolder folder;
  CHECK(SafetensorsFile::open(folder.path() / "none").error().code == Errc::kIo);
  CHECK(SafetensorsFile::open(folder.path()).error().code == Errc::kIo);
}

TEST_CASE("a header that is cut, too long or not JSON is refused") {
  CHECK(error_of("").detail == "x.safetensors: shorter than 8 bytes");
  CHECK(error_of("1234567").detail == "x.safetensors: shorter than 8 bytes");
  CHECK(error_of(std::string(8, '\xff')).detail == "x.safetensors: header longer than 16 MiB");
  CHECK(error_of(std::string("\x09\0\0\0\0\0\0\0{}", 10)).detail ==
        "x.safetensors: header longer than the file");
  CHECK(complaint("[]", 0) == "x.safetensors: header is not a JSON object");
  CHECK(complaint("{", 0) == "x.safetensors: header is not a JSON object");
  CHECK(complaint(std::string(4000, '['), 0) == "x.safetensors: header is not a JSON object");
}

TEST_CASE("an entry that contradicts itself is refused with the tensor's name") {
  CHECK(complaint(R"({"t":3})", 0) == "x.safetensors: tensor t is not an object");
  CHECK(complaint(R"({"t":{"shape":[1],"data_offsets":[0,4]}})", 4) ==
        "x.safetensors: tensor t has no dtype");
  CHECK(complaint(R"({"t":{"dtype":"F32","data_offsets":[0,4]}})", 4) ==
        "x.safetensors: tensor t has no shape");
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4) ==
        "x.safetensors: tensor t has no data_offsets");
  CHECK(complaint(R"({"t":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}})", 4) ==
        "x.safetensors: tensor t has the unknown dtype Q4");
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4) ==
        "x.safetensors: tensor t has a negative or fractional dimension");
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4) ==
        "x.safetensors: tensor t has a size that is not dtype x shape");
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4) ==
        "x.safetensors: tensor t has more than 8 dimensions");
}

TEST_CASE("a shape whose size wraps around does not pass for a small one") {
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}})",
                  16) == "x.safetensors: tensor t has a shape that overflows");
}

TEST_CASE("offsets outside the file, backwards, overlapping or with gaps are refused") {
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4) ==
        "x.safetensors: tensor t lies outside the file");
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4) ==
        "x.safetensors: tensor t lies outside the file");
  const std::string two = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                          R"("b":{"dtype":"F32","shape":[1],"data_offsets":)";
  CHECK(complaint(two + "[4,8]}}", 8) == "x.safetensors: tensor b overlaps another");
  CHECK(complaint(two + "[12,16]}}", 16) == "x.safetensors: unused bytes before tensor b");
  CHECK(complaint(two + "[8,12]}}", 16) ==
        "x.safetensors: unused bytes after the last tensor (or a truncated header)");
}

TEST_CASE("a name that occurs twice is refused even where both entries agree") {
  CHECK(complaint(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                  R"("t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                  4) == "x.safetensors: header names a tensor twice");
  CHECK(complaint(R"({"a\":\"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4).empty());
}
