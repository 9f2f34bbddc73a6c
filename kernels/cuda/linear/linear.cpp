#include "kernels/cuda/linear/linear.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <map>
#include <vector>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/linear/cublas_lt.hpp"
#include "kernels/cuda/linear/skinny_linear.hpp"
#include "kernels/cuda/linear/streamk_linear.hpp"

namespace octavo::kernels::cuda {

namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;
constexpr std::int64_t kMaxBias = std::int64_t{1} << 20;  ///< Rows of a matrix that has a bias.
constexpr int kMaxCandidates = 8;
constexpr int kTimedRounds = 5;
constexpr float kNever = 1e30F;
/// Less than this is noise, and the first guess stays: runs of the program then agree more often.
constexpr float kWorthwhile = 0.97F;

/// What a way of computing is good for.
struct Shape {
  std::int64_t n;
  std::int64_t rows;
  std::int64_t cols;
  DType dtype;
  DType output_dtype;
  bool has_bias;
  std::uint32_t alignment;  ///< Of all pointers, up to 256 bytes.

  auto operator<=>(const Shape&) const = default;
};

Shape shape_of(const LinearArgs& args) {
  const auto bits = reinterpret_cast<std::uintptr_t>(args.input) |
                    reinterpret_cast<std::uintptr_t>(args.weight) |
                    reinterpret_cast<std::uintptr_t>(args.output) | 256;
  return {args.n,
          args.rows,
          args.cols,
          args.dtype,
          args.output_dtype,
          args.bias != nullptr,
          static_cast<std::uint32_t>(bits & (~bits + 1))};
}

/// The library sees columns where we see rows: output^T = weight^T^T x input^T.
struct Product {
  cublasLtMatmulDescOpaque_t operation;
  cublasLtMatrixLayoutOpaque_t weight;
  cublasLtMatrixLayoutOpaque_t input;
  cublasLtMatrixLayoutOpaque_t output;
  cublasLtMatmulAlgo_t algorithm;
  bool valid = false;
};

bool describe(const Shape& shape, const void* bias, Product& product) {
  const auto rows = static_cast<std::uint64_t>(shape.rows);
  const auto cols = static_cast<std::uint64_t>(shape.cols);
  const auto n = static_cast<std::uint64_t>(shape.n);
  const cublasOperation_t transposed = CUBLAS_OP_T;
  const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
  const auto set = [&](cublasLtMatmulDescAttributes_t attribute, const void* value,
                       std::size_t bytes) {
    return OCTAVO_LT(cublasLtMatmulDescSetAttribute(&product.operation, attribute, value, bytes));
  };
  // Plain 32F: no TF32.
  return OCTAVO_LT(cublasLtMatmulDescInit(&product.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F)) &&
         set(CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed) &&
         (bias == nullptr || (set(CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue) &&
                              set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias))) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.weight, library_type(shape.dtype), cols, rows,
                                            shape.cols)) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.input, library_type(shape.dtype), cols, n,
                                            shape.cols)) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.output, library_type(shape.output_dtype), rows,
                                            n, shape.rows));
}

}  // namespace

struct Linear::State {
  explicit State(cudaStream_t used) : stream(used) {
    OCTAVO_CUDA(cudaMalloc(&workspace, kWorkspaceBytes));
    OCTAVO_CUDA(cudaMalloc(&bias_area, kMaxBias * sizeof(float)));
    OCTAVO_LT(cublasLtCreate(&handle));
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
  ~State() {
    if (handle != nullptr) cublasLtDestroy(handle);
    cudaFree(bias_area);
    cudaFree(workspace);
  }

  const void* bias_for(const LinearArgs& args) {
    if (args.bias == nullptr) return nullptr;
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(args.bias) % 256 == 0;
    return args.output_dtype == DType::kF32 && is_aligned ? static_cast<const void*>(args.bias)
                                                          : bias_area;
  }
  void place_bias(const LinearArgs& args);
  std::vector<cublasLtMatmulHeuristicResult_t> candidates(const Shape& shape, Product& product,
                                                          int count);
  Product& product_for(const LinearArgs& args);
  void multiply(Product& product, const cublasLtMatmulAlgo_t& algorithm, const LinearArgs& args);
  float time(Product& product, const cublasLtMatmulAlgo_t& algorithm,
             const std::vector<const LinearArgs*>& turns, cudaEvent_t begin, cudaEvent_t end);

  cudaStream_t stream;
  SkinnyDevice skinny;
  StreamKDevice streamk;
  Memory streamk_workspace;
  void* workspace = nullptr;
  void* bias_area = nullptr;  ///< One bias at a time: the stream's order keeps them apart.
  cublasLtHandle_t handle = nullptr;
  std::map<Shape, Product> products;
};

void Linear::State::place_bias(const LinearArgs& args) {
  if (bias_for(args) != bias_area) return;
  if (args.rows > kMaxBias) {
    record_failure("rows <= kMaxBias", __FILE__, __LINE__, "too many rows for a bias");
    return;
  }
  convert_bias(args.bias, args.output_dtype, bias_area, args.rows, stream);
}

std::vector<cublasLtMatmulHeuristicResult_t> Linear::State::candidates(const Shape& shape,
                                                                       Product& product,
                                                                       int count) {
  std::vector<cublasLtMatmulHeuristicResult_t> found(static_cast<std::size_t>(count));
  cublasLtMatmulPreferenceOpaque_t preference;
  // Parts of a sum are added in float32, never rounded in between.
  const std::uint32_t reduction = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    return OCTAVO_LT(
        cublasLtMatmulPreferenceSetAttribute(&preference, attribute, &value, sizeof value));
  };
  int returned = 0;
  const bool ok = OCTAVO_LT(cublasLtMatmulPreferenceInit(&preference)) &&
                  set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes) &&
                  set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reduction) &&
                  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, shape.alignment) &&
                  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, shape.alignment) &&
                  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, shape.alignment) &&
                  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, shape.alignment) &&
                  OCTAVO_LT(cublasLtMatmulAlgoGetHeuristic(
                      handle, &product.operation, &product.weight, &product.input, &product.output,
                      &product.output, &preference, count, found.data(), &returned));
  found.resize(ok ? static_cast<std::size_t>(returned) : 0);
  std::erase_if(found, [](const auto& one) { return one.state != CUBLAS_STATUS_SUCCESS; });
  return found;
}

Product& Linear::State::product_for(const LinearArgs& args) {
  const Shape shape = shape_of(args);
  const auto [place, is_new] = products.try_emplace(shape);
  Product& product = place->second;
  if (is_new && describe(shape, bias_for(args), product)) {
    const auto found = candidates(shape, product, 1);
    product.valid = !found.empty();
    if (product.valid) product.algorithm = found.front().algo;
  }
  return product;
}

void Linear::State::multiply(Product& product, const cublasLtMatmulAlgo_t& algorithm,
                             const LinearArgs& args) {
  const float one = 1.0F;
  const float zero = 0.0F;
  const void* bias = bias_for(args);
  if (bias != nullptr &&
      !OCTAVO_LT(cublasLtMatmulDescSetAttribute(
          &product.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias))) {
    return;
  }
  OCTAVO_LT(cublasLtMatmul(handle, &product.operation, &one, args.weight, &product.weight,
                           args.input, &product.input, &zero, args.output, &product.output,
                           args.output, &product.output, &algorithm, workspace, kWorkspaceBytes,
                           stream));
}

/// As a graph, since that is how steps run; one by one, a small product takes less time than its
/// enqueueing.
float Linear::State::time(Product& product, const cublasLtMatmulAlgo_t& algorithm,
                          const std::vector<const LinearArgs*>& turns, cudaEvent_t begin,
                          cudaEvent_t end) {
  multiply(product, algorithm, *turns.back());  // Loads the kernel.
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  float milliseconds = kNever;
  if (!OCTAVO_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))) return kNever;
  for (std::size_t i = 0; i < std::max<std::size_t>(kTimedRounds, turns.size()); ++i) {
    multiply(product, algorithm, *turns[i % turns.size()]);
  }
  if (OCTAVO_CUDA(cudaStreamEndCapture(stream, &graph)) &&
      OCTAVO_CUDA(cudaGraphInstantiate(&replay, graph, 0))) {
    float elapsed = 0.0F;
    if (OCTAVO_CUDA(cudaGraphUpload(replay, stream)) &&
        OCTAVO_CUDA(cudaEventRecord(begin, stream)) &&
        OCTAVO_CUDA(cudaGraphLaunch(replay, stream)) && OCTAVO_CUDA(cudaEventRecord(end, stream)) &&
        OCTAVO_CUDA(cudaEventSynchronize(end)) &&
        OCTAVO_CUDA(cudaEventElapsedTime(&elapsed, begin, end))) {
      milliseconds = elapsed;
    }
    cudaGraphExecDestroy(replay);
  }
  if (graph != nullptr) cudaGraphDestroy(graph);
  return milliseconds;
}

Linear::Linear(cudaStream_t stream) : state_(std::make_unique<State>(stream)) {}
Linear::~Linear() = default;

bool Linear::activates(const LinearArgs& args) const {
  return !is_skinny(args, state_->skinny) && is_streamk(args, state_->streamk);
}

void Linear::run(const LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  if (is_skinny(args, state_->skinny)) {
    skinny_linear(args, state_->skinny, state_->stream);
  } else if (is_streamk(args, state_->streamk)) {
    streamk_linear(args, state_->streamk, state_->streamk_workspace.data(), state_->stream);
  } else {
    run_library(args);
  }
}

void Linear::run_library(const LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  Product& product = state_->product_for(args);
  if (!product.valid) {
    record_failure("Linear::run", __FILE__, __LINE__, "cuBLASLt has no way to do this product");
    return;
  }
  state_->place_bias(args);
  state_->multiply(product, product.algorithm, args);
}

void Linear::tune(std::span<const LinearArgs> products) {
  std::map<Shape, std::vector<const LinearArgs*>> shapes;
  for (const LinearArgs& args : products) {
    if (args.n > 0 && args.rows > 0) shapes[shape_of(args)].push_back(&args);
  }
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  if (!OCTAVO_CUDA(cudaEventCreate(&begin)) || !OCTAVO_CUDA(cudaEventCreate(&end))) return;
  for (const auto& [shape, turns] : shapes) {
    Product& product = state_->product_for(*turns.front());
    if (!product.valid) continue;
    state_->place_bias(*turns.front());
    const auto found = state_->candidates(shape, product, kMaxCandidates);
    // The first guess is the first candidate. Two rounds: a moment's slowness strikes only one.
    std::vector<float> times(found.size(), kNever);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        times[i] = std::min(times[i], state_->time(product, found[i].algo, turns, begin, end));
      }
    }
    const auto best = std::min_element(times.begin(), times.end());
    if (best != times.end() && *best < times.front() * kWorthwhile) {
      product.algorithm = found[static_cast<std::size_t>(best - times.begin())].algo;
    }
  }
  OCTAVO_CUDA(cudaEventDestroy(begin));
  OCTAVO_CUDA(cudaEventDestroy(end));
}

}  // namespace octavo::kernels::cuda
