#include "src/runtime/kv_cache.hpp"

#include <cstring>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr kernels::KvCacheView kShape{.data = nullptr,
                                      .dtype = kernels::DType::kF32,
                                      .num_blocks = 4,
                                      .num_layers = 2,
                                      .num_kv_heads = 1,
                                      .block_size = 2,
                                      .head_dim = 2};

/// A cache whose device block i holds bytes of value i + 1.
struct Example {
  Example()
      : backend(kernels::make_cpu_backend({.threads = 1, .instruction_set = "reference"})),
        cache(*KvCache::make(*backend, kShape, 2)) {
    for (int block = 0; block < 4; ++block) {
      std::memset(bytes(block), block + 1, kShape.bytes_per_block());
    }
  }
  unsigned char* bytes(int block) const {
    return static_cast<unsigned char*>(cache.view().data) +
           static_cast<std::size_t>(block) * kShape.bytes_per_block();
  }
  bool holds(int block, int value) const {
    for (std::size_t i = 0; i < kShape.bytes_per_block(); ++i) {
      if (bytes(block)[i] != value) return false;
    }
    return true;
  }
  std::unique_ptr<kernels::Backend> backend;
  KvCache cache;
};

BlockCopy copy(std::int32_t source, std::int32_t destination) {
  return {BlockId{source}, BlockId{destination}};
}

std::vector<Transfer> moved(std::vector<BlockCopy> copies) {
  return {Transfer{TransferId{}, std::move(copies)}};
}

}  // namespace

TEST_CASE("a copied block holds all of its source and no neighbour changes") {
  Example example;
  StepBatch batch;
  batch.copies = {copy(0, 2)};
  CHECK(example.cache.view().bytes_per_block() == 2 * 2 * 2 * 2 * 4);
  REQUIRE(example.cache.apply(batch).has_value());
  CHECK(example.holds(2, 1));
  CHECK(example.holds(0, 1));
  CHECK(example.holds(1, 2));
  CHECK(example.holds(3, 4));
}

TEST_CASE("a demoted block comes back into another place unchanged") {
  Example example;
  StepBatch out;
  out.demotions = moved({copy(3, 1), copy(1, 0)});
  REQUIRE(example.cache.apply(out).has_value());
  std::memset(example.bytes(3), 99, kShape.bytes_per_block());
  std::memset(example.bytes(1), 99, kShape.bytes_per_block());
  StepBatch in;
  in.promotions = moved({copy(1, 0), copy(0, 3)});
  REQUIRE(example.cache.apply(in).has_value());
  CHECK(example.holds(0, 4));
  CHECK(example.holds(3, 2));
  CHECK(example.holds(2, 3));
}

TEST_CASE("a promoted block can be copied in the same step") {
  Example example;
  StepBatch out;
  out.demotions = moved({copy(0, 0)});
  REQUIRE(example.cache.apply(out).has_value());
  StepBatch in;
  in.promotions = moved({copy(0, 1)});
  in.copies = {copy(1, 2)};
  REQUIRE(example.cache.apply(in).has_value());
  CHECK(example.holds(2, 1));
}

TEST_CASE("a block outside its pool moves nothing") {
  Example example;
  const auto refused = [&](const StepBatch& batch) {
    const auto applied = example.cache.apply(batch);
    return applied.has_error() && applied.error().code == Errc::kEngineError;
  };
  StepBatch batch;
  batch.copies = {copy(0, 1), copy(0, 4)};
  CHECK(refused(batch));
  batch.copies = {copy(-1, 1)};
  CHECK(refused(batch));
  batch.copies.clear();
  batch.demotions = moved({copy(0, 2)});
  CHECK(refused(batch));
  batch.demotions.clear();
  batch.promotions = moved({copy(2, 0)});
  CHECK(refused(batch));
  CHECK(example.holds(0, 1));
  CHECK(example.holds(1, 2));
}

TEST_CASE("a cache that does not fit is out of memory") {
  const auto backend = kernels::make_cpu_backend({.threads = 1, .instruction_set = "reference"});
  auto shape = kShape;
  shape.num_blocks = std::int64_t{1} << 50;
  CHECK(KvCache::make(*backend, shape, 0).error().code == Errc::kOutOfMemory);
}

TEST_CASE("what transfers moved is told once, also when they were collected between steps") {
  Example example;
  StepBatch out;
  out.demotions = moved({copy(3, 1), copy(1, 0)});
  REQUIRE(example.cache.apply(out).has_value());
  CHECK(example.cache.collect_transfers(StepId{9}).size() == 1);
  CHECK(example.cache.collect_transfers(StepId{9}).empty());
  StepResult result;
  example.cache.report_copies(result);
  CHECK(result.num_blocks_transferred == 2);
  CHECK(result.transfer_elapsed.count() > 0);
  example.cache.report_copies(result);
  CHECK(result.num_blocks_transferred == 0);
  CHECK(result.transfer_elapsed.count() == 0);
}
