#include "src/model/rope_spec.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr std::int64_t kMaxPositions = 512;

struct Read {
  RopeSpec spec;
  std::string fault;
};

Read read(const char* text) {
  const auto object = boost::json::parse(text).as_object();
  JsonReader config(object, "config.json");
  const auto spec = read_rope_spec(config, kMaxPositions);
  return {spec, config.error() ? config.error()->detail : ""};
}

}  // namespace

TEST_CASE("without scaling each pair turns at theta to the power of minus its place") {
  const auto frequencies = inverse_frequencies(read(R"({"rope_theta": 10000})").spec, 4);
  REQUIRE(frequencies.size() == 2);
  CHECK(frequencies[0] == 1.0F);
  CHECK(frequencies[1] == 0.01F);
}

TEST_CASE("linear scaling slows every pair by the factor") {
  const auto spec = read(R"({"rope_scaling": {"type": "linear", "factor": 4.0}})").spec;
  CHECK(spec.kind == RopeKind::kLinear);
  const auto frequencies = inverse_frequencies(spec, 4);
  CHECK(frequencies[0] == 0.25F);
  CHECK(frequencies[1] == 0.0025F);
}

TEST_CASE("llama3 scaling leaves fast pairs, slows slow pairs and blends between") {
  const auto spec =
      read(R"({"rope_theta": 10000, "rope_scaling": {"rope_type": "llama3", "factor": 8,
              "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64}})")
          .spec;
  const auto frequencies = inverse_frequencies(spec, 8);
  const double turns = 64 * 0.1 / (2 * M_PI);  // of the second pair: between 1 and 4
  const double smooth = (turns - 1) / 3;
  CHECK(frequencies[0] == 1.0F);
  CHECK(frequencies[1] == Approx((1 - smooth) * 0.1 / 8 + smooth * 0.1));
  CHECK(frequencies[2] == Approx(0.01 / 8));
  CHECK(frequencies[3] == Approx(0.001 / 8));
}

TEST_CASE("yarn's attention factor is explicit, from two scales, or from the factor") {
  const auto with = [](const std::string& more) {
    return read((R"({"rope_scaling": {"rope_type": "yarn", "factor": 4)" + more + "}}").c_str())
        .spec;
  };
  CHECK(with("").attention_factor == Approx(0.1 * std::log(4.0) + 1.0));
  CHECK(with(R"(, "attention_factor": 0.5)").attention_factor == 0.5);
  CHECK(with(R"(, "mscale": 2, "mscale_all_dim": 1)").attention_factor ==
        Approx((0.2 * std::log(4.0) + 1.0) / (0.1 * std::log(4.0) + 1.0)));
  CHECK(with("").original_max_position == kMaxPositions);
  CHECK(with(R"(, "original_max_position_embeddings": 128)").original_max_position == 128);
  CHECK_FALSE(with(R"(, "truncate": false)").truncate);
  CHECK(with("").truncate);
}

TEST_CASE("yarn keeps fast pairs, divides slow pairs, and ramps from whole or exact dimensions") {
  RopeSpec spec;
  spec.kind = RopeKind::kYarn;
  spec.factor = 4.0;
  spec.original_max_position = 128;
  const std::int64_t dim = 32;
  const auto turning = [&](double turns) {
    return dim * std::log(128 / (turns * 2 * M_PI)) / (2 * std::log(10000.0));
  };
  const auto expected = [&](double low, double high, double i) {
    const double ramp = std::min(std::max((i - low) / (high - low), 0.0), 1.0);
    const double frequency = std::pow(10000.0, -2 * i / dim);
    return frequency / 4 * ramp + frequency * (1 - ramp);
  };
  const auto whole = inverse_frequencies(spec, dim);
  spec.truncate = false;
  const auto exact = inverse_frequencies(spec, dim);
  const double low = std::max(turning(32), 0.0);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    INFO(i);
    CHECK(whole[i] ==
          Approx(expected(std::floor(low), std::ceil(turning(1)), static_cast<double>(i))));
    CHECK(exact[i] == Approx(expected(low, turning(1), static_cast<double>(i))));
  }
  CHECK(whole[1] != exact[1]);
}

TEST_CASE("the newer form of the config says the same as the older") {
  const auto older =
      read(R"({"rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 2}})");
  const auto newer =
      read(R"({"rope_parameters": {"rope_theta": 5e5, "rope_type": "linear", "factor": 2}})");
  CHECK(older.fault.empty());
  CHECK(newer.fault.empty());
  CHECK(older.spec.theta == newer.spec.theta);
  CHECK(inverse_frequencies(older.spec, 64) == inverse_frequencies(newer.spec, 64));
}

TEST_CASE("where the older and the newer form meet, the older replaces all of the newer") {
  const char* newer =
      R"("rope_parameters": {"rope_theta": 5e5, "rope_type": "linear", "factor": 2})";
  const auto with = [&](const std::string& older) {
    return read(("{" + std::string(newer) + ", " + older + "}").c_str());
  };
  const auto yarn = with(R"("rope_scaling": {"rope_type": "yarn", "factor": 4})");
  CHECK(yarn.fault.empty());
  CHECK(yarn.spec.kind == RopeKind::kYarn);
  CHECK(yarn.spec.theta == 10000);  // What stood beside the other type is gone with it.
  CHECK(with(R"("rope_theta": 7e5, "rope_scaling": {"type": "linear", "factor": 8})").spec.theta ==
        7e5);
  for (const char* nothing : {"null", "{}"}) {
    CAPTURE(nothing);
    const auto spec = with(R"("rope_scaling": )" + std::string(nothing)).spec;
    CHECK(spec.kind == RopeKind::kLinear);
    CHECK(spec.factor == 2);
    CHECK(spec.theta == 5e5);
  }
  CHECK(with(R"("rope_scaling": 7)").fault == R"(config.json: "rope_scaling" must be an object)");
}

TEST_CASE("theta within the object goes before theta beside it") {
  CHECK(read(R"({"rope_theta": 7e5, "rope_parameters": {"rope_theta": 5e5}})").spec.theta == 5e5);
  CHECK(read(R"({"rope_theta": 7e5, "rope_scaling": {"rope_theta": 5e5, "type": "linear",
                 "factor": 2}})")
            .spec.theta == 5e5);
  CHECK(read(R"({"rope_theta": 7e5, "rope_parameters": {"rope_type": "default"}})").spec.theta ==
        7e5);
}

TEST_CASE("of two names of the type the newer counts") {
  CHECK(
      read(R"({"rope_scaling": {"type": "yarn", "rope_type": "linear", "factor": 2}})").spec.kind ==
      RopeKind::kLinear);
}

TEST_CASE(
    "the trained length may stand beside the object, the same or instead, or be the context") {
  const auto with = [](const std::string& kind, const std::string& within,
                       const std::string& beside) {
    return read(("{" + beside + R"("rope_scaling": {"rope_type": ")" + kind +
                 R"(", "factor": 4, "low_freq_factor": 1, "high_freq_factor": 4)" + within + "}}")
                    .c_str());
  };
  const std::string length = R"("original_max_position_embeddings": )";
  for (const char* kind : {"llama3", "yarn"}) {
    CAPTURE(kind);
    CHECK(with(kind, "", "").spec.original_max_position == kMaxPositions);
    CHECK(with(kind, "", length + "128, ").spec.original_max_position == 128);
    CHECK(with(kind, ", " + length + "128", length + "128, ").fault.empty());
    CHECK(with(kind, ", " + length + "64", length + "128, ").fault ==
          "config.json: rope_scaling: \"original_max_position_embeddings\" differs from the one "
          "beside it");
  }
}

TEST_CASE("the table holds cosines, then sines, scaled by the attention factor") {
  RopeSpec spec;
  spec.attention_factor = 2.0;
  const auto table = cos_sin_table(spec, 4, 3);
  REQUIRE(table.size() == 12);
  CHECK(table[0] == 2.0F);
  CHECK(table[2] == 0.0F);
  CHECK(table[8] == Approx(2 * std::cos(2.0)));
  CHECK(table[10] == Approx(2 * std::sin(2.0)));
  CHECK(table[9] == Approx(2 * std::cos(0.02)));
}

TEST_CASE("rotary settings that are not known are refused by name") {
  const auto fault = [](const char* rope) {
    return read((R"({"rope_scaling": )" + std::string(rope) + "}").c_str()).fault;
  };
  const std::string where = "config.json: rope_scaling: ";
  CHECK(fault(R"({"type": "dynamic", "factor": 2})") ==
        where + R"(rope type "dynamic" is not supported (default, linear, llama3, yarn are))");
  CHECK(fault(R"({"rope_type": "longrope", "short_factor": [1]})") ==
        where + R"("short_factor" is not supported)");
  CHECK(fault(R"({"type": "default", "mrope_section": [1]})") ==
        where + R"("mrope_section" is not supported)");
  CHECK(fault(R"({"type": "default", "partial_rotary_factor": 0.5})") ==
        where + R"("partial_rotary_factor" is not supported)");
  CHECK(fault(R"({"full_attention": {"rope_type": "default"}})") ==
        where + R"("full_attention" is not supported)");
  CHECK(fault(R"({"type": "default", "partial_rotary_factor": 1.0})").empty());
  CHECK(fault(R"({"type": "linear"})") == where + R"("factor" is missing)");
  CHECK(fault(R"({"type": "linear", "factor": 0})") ==
        where + R"("factor" must be a number between 1 and 1000000)");
  CHECK(fault(R"({"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4,
                  "original_max_position_embeddings": 64})") ==
        where + R"("high_freq_factor" must be above "low_freq_factor")");
  CHECK(fault("7") == R"(config.json: "rope_scaling" must be an object)");
}
