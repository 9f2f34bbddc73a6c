#include "kernels/cuda/linear/linear.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/graph_timer.hpp"
#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/linear/library_product.hpp"
#include "kernels/cuda/linear/skinny_linear.hpp"
#include "kernels/cuda/linear/streamk_linear.hpp"

namespace octavo::kernels::cuda {

namespace {

constexpr int kMaxCandidates = 8;
constexpr int kTimedRounds = 5;
/// Less than this is noise, and the first guess stays: runs of the program then agree more often.
constexpr float kWorthwhile = 0.97F;

ProductShape shape_of(const LinearArgs& args) {
  const auto bits = reinterpret_cast<std::uintptr_t>(args.input) |
                    reinterpret_cast<std::uintptr_t>(args.weight) |
                    reinterpret_cast<std::uintptr_t>(args.output) | 256;
  return {.n = args.n,
          .rows = args.rows,
          .cols = args.cols,
          .dtype = args.dtype,
          .output_dtype = args.output_dtype,
          .has_bias = args.bias != nullptr,
          .alignment = static_cast<std::uint32_t>(bits & (~bits + 1))};
}

}  // namespace

struct Linear::State {
  explicit State(cudaStream_t stream) : library(stream) {
    skinny = prepare_skinny_linear();
    streamk = prepare_streamk_linear();
    if (streamk.multiprocessors == 0) return;
    streamk_workspace = Memory(Memory::Place::kDevice, streamk_workspace_bytes(streamk));
    if (streamk_workspace.data() == nullptr) {
      streamk = {};
      return;
    }
    OCTAVO_CUDA(cudaMemsetAsync(streamk_workspace.data(), 0, streamk_workspace.bytes(), stream));
  }

  /// Where the library reads the bias: where it is, if type and alignment allow that.
  const void* bias_for(const LinearArgs& args) const {
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(args.bias) % 256 == 0;
    return args.output_dtype == DType::kF32 && is_aligned ? static_cast<const void*>(args.bias)
                                                          : library.bias_area();
  }
  bool place_bias(const LinearArgs& args) const {
    if (args.bias == nullptr || bias_for(args) != library.bias_area()) return true;
    return library.place_bias(args.bias, args.output_dtype, args.rows);
  }
  LibraryProduct& product_for(const LinearArgs& args);
  void multiply(LibraryProduct& product, const cublasLtMatmulAlgo_t& algorithm,
                const LinearArgs& args) const;

  ProductLibrary library;
  SkinnyDevice skinny;
  StreamKDevice streamk;
  Memory streamk_workspace;
  std::map<ProductShape, LibraryProduct> products;
};

LibraryProduct& Linear::State::product_for(const LinearArgs& args) {
  const ProductShape shape = shape_of(args);
  const auto [place, is_new] = products.try_emplace(shape);
  LibraryProduct& product = place->second;
  if (!is_new || !library.is_ready() || !library.describe(shape, product)) return product;
  if (args.bias != nullptr && !product.set_bias(bias_for(args))) return product;
  const auto found = library.algorithms(shape, product, 1);
  product.is_valid = !found.empty();
  if (product.is_valid) product.algorithm = found.front();
  return product;
}

void Linear::State::multiply(LibraryProduct& product, const cublasLtMatmulAlgo_t& algorithm,
                             const LinearArgs& args) const {
  if (args.bias != nullptr && !product.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias_for(args))) {
    return;
  }
  library.multiply(product, algorithm, args.input, args.weight, args.output);
}

Linear::Linear(cudaStream_t stream) : state_(std::make_unique<State>(stream)) {}
Linear::~Linear() = default;

bool Linear::activates(const LinearArgs& args) const {
  return !is_skinny(args, state_->skinny) && is_streamk(args, state_->streamk);
}

void Linear::run(const LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  if (is_skinny(args, state_->skinny)) {
    skinny_linear(args, state_->skinny, state_->library.stream());
  } else if (is_streamk(args, state_->streamk)) {
    streamk_linear(args, state_->streamk, state_->streamk_workspace.data(),
                   state_->library.stream());
  } else {
    run_library(args);
  }
}

void Linear::run_library(const LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  LibraryProduct& product = state_->product_for(args);
  if (!product.is_valid) {
    record_failure("Linear::run", __FILE__, __LINE__, "cuBLASLt has no way to do this product");
    return;
  }
  if (state_->place_bias(args)) state_->multiply(product, product.algorithm, args);
}

void Linear::tune(std::span<const LinearArgs> products) {
  std::map<ProductShape, std::vector<const LinearArgs*>> shapes;
  for (const LinearArgs& args : products) {
    if (args.n > 0 && args.rows > 0) shapes[shape_of(args)].push_back(&args);
  }
  GraphTimer timer(state_->library.stream());
  for (const auto& [shape, turns] : shapes) {
    LibraryProduct& product = state_->product_for(*turns.front());
    if (!product.is_valid || !state_->place_bias(*turns.front())) continue;
    const auto found = state_->library.algorithms(shape, product, kMaxCandidates);
    const std::size_t num_rounds = std::max<std::size_t>(kTimedRounds, turns.size());
    // The first guess is the first candidate. Two rounds: a moment's slowness strikes only one.
    std::vector<float> times(found.size(), GraphTimer::kNever);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        state_->multiply(product, found[i], *turns.back());  // Loads the kernel.
        const float time = timer.milliseconds([&] {
          for (std::size_t turn = 0; turn < num_rounds; ++turn)
            state_->multiply(product, found[i], *turns[turn % turns.size()]);
        });
        times[i] = std::min(times[i], time);
      }
    }
    const auto best = std::min_element(times.begin(), times.end());
    if (best != times.end() && *best < times.front() * kWorthwhile)
      product.algorithm = found[static_cast<std::size_t>(best - times.begin())];
  }
}

}  // namespace octavo::kernels::cuda
