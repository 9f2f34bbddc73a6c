#include "kernels/cuda/linear/fp8_linear.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <map>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/linear/cublas_lt.hpp"
#include "kernels/cuda/linear/skinny_linear.hpp"

namespace octavo::kernels::cuda {

namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;
constexpr std::size_t kSumsBytes = std::size_t{64} << 20;
constexpr std::int64_t kMaxBias = std::int64_t{1} << 18;  ///< Rows of a matrix that has a bias.
constexpr int kAlignment = 16;  ///< Of all pointers and rows: the library's 8-bit kernels need it.

/// What of `sums x scales + bias` the library does itself; the rest is left to `finish_sums`.
enum class Share { kAll, kScales, kNothing };

struct Shape {
  std::int64_t n;
  std::int64_t rows;
  std::int64_t cols;
  DType output_dtype;
  bool has_bias;

  auto operator<=>(const Shape&) const = default;
};

/// The library sees columns where we see rows: output^T = weight^T^T x input^T.
struct Product {
  cublasLtMatmulDescOpaque_t operation;
  cublasLtMatrixLayoutOpaque_t weight;
  cublasLtMatrixLayoutOpaque_t input;
  cublasLtMatrixLayoutOpaque_t output;
  cublasLtMatmulAlgo_t algorithm;
  Share share = Share::kNothing;
  bool valid = false;
};

template <class Value>
bool set(Product& product, cublasLtMatmulDescAttributes_t attribute, const Value& value) {
  return OCTAVO_LT(
      cublasLtMatmulDescSetAttribute(&product.operation, attribute, &value, sizeof value));
}

bool describe(const Shape& shape, Share share, bool fast_sums, const void* bias_area,
              Product& product) {
  const auto rows = static_cast<std::uint64_t>(shape.rows);
  const auto cols = static_cast<std::uint64_t>(shape.cols);
  const auto n = static_cast<std::uint64_t>(shape.n);
  product.share = share;
  const auto type = library_type(share == Share::kNothing ? DType::kF32 : shape.output_dtype);
  const std::int32_t scaling = CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F;
  return OCTAVO_LT(cublasLtMatmulDescInit(&product.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F)) &&
         set(product, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T) &&
         set(product, CUBLASLT_MATMUL_DESC_FAST_ACCUM, std::int8_t{fast_sums}) &&
         (share == Share::kNothing || (set(product, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, scaling) &&
                                       set(product, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, scaling))) &&
         (share != Share::kAll || !shape.has_bias ||
          (set(product, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS) &&
           set(product, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, static_cast<std::int32_t>(type)) &&
           set(product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias_area))) &&
         OCTAVO_LT(
             cublasLtMatrixLayoutInit(&product.weight, CUDA_R_8F_E4M3, cols, rows, shape.cols)) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.input, CUDA_R_8F_E4M3, cols, n, shape.cols)) &&
         OCTAVO_LT(cublasLtMatrixLayoutInit(&product.output, type, rows, n, shape.rows));
}

}  // namespace

struct Fp8Linear::State {
  State(cudaStream_t used, std::int64_t tokens, std::int64_t cols, const Options& given)
      : stream(used),
        options(given),
        max_tokens(std::max<std::int64_t>(tokens, 1)),
        capacity(max_tokens * cols),
        inputs(Memory::Place::kDevice, static_cast<std::size_t>(capacity)),
        token_scales(Memory::Place::kDevice, static_cast<std::size_t>(max_tokens) * sizeof(float)),
        workspace(Memory::Place::kDevice, kWorkspaceBytes),
        bias_area(Memory::Place::kDevice, kMaxBias * 2) {
    // Only Hopper's matrix products scale by rows and columns.
    options.library_scales = options.library_scales && device_limits().compute_capability / 10 == 9;
    if (!options.library_scales) sums = Memory(Memory::Place::kDevice, kSumsBytes);
    if (!is_supported()) return;
    skinny = prepare_fp8_skinny();
    const bool has_room = inputs.data() != nullptr && token_scales.data() != nullptr &&
                          workspace.data() != nullptr && bias_area.data() != nullptr;
    if (has_room) OCTAVO_LT(cublasLtCreate(&handle));
  }
  ~State() {
    if (handle != nullptr) cublasLtDestroy(handle);
  }

  bool place_scales(Product& product, const Fp8LinearArgs& args) const {
    return set(product, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, args.scales) &&
           set(product, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, token_scales.data());
  }
  bool find_algorithm(Product& product);
  Product& product_for(const Fp8LinearArgs& args);
  std::int64_t part_of(const Fp8LinearArgs& args) const;
  bool fits_library(const Fp8LinearArgs& args) const;
  void multiply(const Fp8LinearArgs& args);

  cudaStream_t stream;
  Options options;
  std::int64_t max_tokens;
  std::int64_t capacity;  ///< Elements of `inputs`.
  Memory inputs;
  Memory token_scales;
  Memory workspace;
  Memory bias_area;  ///< One bias at a time: the stream's order keeps them apart.
  Memory sums;       ///< Unscaled, for outputs of 16 bits.
  SkinnyDevice skinny;
  cublasLtHandle_t handle = nullptr;
  std::map<Shape, Product> products;
};

/// The library's first guess: timing its candidates gained 5 percent at 256 tokens, nothing at 64.
/// That there is no way is an answer, not a failure.
bool Fp8Linear::State::find_algorithm(Product& product) {
  cublasLtMatmulPreferenceOpaque_t preference;
  // Parts of a sum are added in float32.
  const std::uint32_t reduction = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  const std::uint32_t alignment = kAlignment;
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    return OCTAVO_LT(
        cublasLtMatmulPreferenceSetAttribute(&preference, attribute, &value, sizeof value));
  };
  cublasLtMatmulHeuristicResult_t found;
  int returned = 0;
  const bool ok = OCTAVO_LT(cublasLtMatmulPreferenceInit(&preference)) &&
                  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes) &&
                  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reduction) &&
                  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment) &&
                  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment) &&
                  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment) &&
                  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment) &&
                  cublasLtMatmulAlgoGetHeuristic(
                      handle, &product.operation, &product.weight, &product.input, &product.output,
                      &product.output, &preference, 1, &found, &returned) == CUBLAS_STATUS_SUCCESS;
  product.valid = ok && returned > 0 && found.state == CUBLAS_STATUS_SUCCESS;
  if (product.valid) product.algorithm = found.algo;
  return product.valid;
}

/// The most that the library does.
Product& Fp8Linear::State::product_for(const Fp8LinearArgs& args) {
  const Shape shape{args.n, args.rows, args.cols, args.output_dtype, args.bias != nullptr};
  const auto [place, is_new] = products.try_emplace(shape);
  Product& product = place->second;
  if (!is_new) return product;
  const bool is_16_bit = args.output_dtype != DType::kF32;
  const bool takes_bias = args.bias == nullptr || (is_16_bit && args.rows <= kMaxBias);
  const bool can_finish = args.bias == nullptr || !is_16_bit;  // In place, that is.
  const auto attempt = [&](Share share) {
    // Without the scales' places it finds no way.
    return describe(shape, share, options.fast_sums, bias_area.data(), product) &&
           (share == Share::kNothing || place_scales(product, args)) && find_algorithm(product);
  };
  if (options.library_scales) {
    if (takes_bias && attempt(Share::kAll)) return product;
    if (can_finish && attempt(Share::kScales)) return product;
  }
  if (!is_16_bit || sums.data() != nullptr) attempt(Share::kNothing);
  return product;
}

/// How many tokens go at once.
std::int64_t Fp8Linear::State::part_of(const Fp8LinearArgs& args) const {
  std::int64_t part = std::min(max_tokens, capacity / args.cols);
  if (sums.data() != nullptr && args.output_dtype != DType::kF32) {
    part = std::min(part, static_cast<std::int64_t>(kSumsBytes / sizeof(float)) / args.rows);
  }
  return part;
}

bool Fp8Linear::State::fits_library(const Fp8LinearArgs& args) const {
  return handle != nullptr && args.cols % 16 == 0 && args.rows % 16 == 0 &&
         is_aligned(args.input) && is_aligned(args.weight) && is_aligned(args.output) &&
         is_aligned(args.scales) && part_of(args) > 0;
}

void Fp8Linear::State::multiply(const Fp8LinearArgs& args) {
  Product& product = product_for(args);
  auto* quantized = reinterpret_cast<std::uint8_t*>(inputs.data());
  auto* scales = reinterpret_cast<float*>(token_scales.data());
  quantize_rows(args.input, args.dtype, args.n, args.cols, quantized, scales, stream);
  const bool is_bare = product.share == Share::kNothing;
  const bool is_finished = product.share == Share::kAll;
  if (is_finished && args.bias != nullptr) {
    convert_bias(args.bias, args.output_dtype, bias_area.data(), args.rows, stream);
  }
  if (!is_bare && !place_scales(product, args)) return;
  void* output =
      is_bare && args.output_dtype != DType::kF32 ? static_cast<void*>(sums.data()) : args.output;
  const float one = 1.0F;
  const float zero = 0.0F;
  OCTAVO_LT(cublasLtMatmul(handle, &product.operation, &one, args.weight, &product.weight,
                           quantized, &product.input, &zero, output, &product.output, output,
                           &product.output, &product.algorithm, workspace.data(), kWorkspaceBytes,
                           stream));
  if (is_bare || (!is_finished && args.bias != nullptr)) {
    finish_sums(static_cast<const float*>(output), is_bare ? scales : nullptr,
                is_bare ? args.scales : nullptr, args.bias, args.output, args.output_dtype, args.n,
                args.rows, stream);
  }
}

Fp8Linear::Fp8Linear(cudaStream_t stream, std::int64_t max_tokens, std::int64_t max_cols)
    : Fp8Linear(stream, max_tokens, max_cols, Options{}) {}
Fp8Linear::Fp8Linear(cudaStream_t stream, std::int64_t max_tokens, std::int64_t max_cols,
                     const Options& options)
    : state_(std::make_unique<State>(stream, max_tokens, max_cols, options)) {}
Fp8Linear::~Fp8Linear() = default;

bool Fp8Linear::is_supported() { return device_limits().compute_capability >= 89; }

bool Fp8Linear::quantizes_input(const Fp8LinearArgs& args) {
  if (args.n <= 0 || is_fp8_skinny(args, state_->skinny) || !state_->fits_library(args)) {
    return false;
  }
  Fp8LinearArgs part = args;
  part.n = std::min(args.n, state_->part_of(args));
  return state_->product_for(part).valid;
}

void Fp8Linear::run(const Fp8LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  if (quantizes_input(args)) {
    run_library(args);
  } else if (can_run_fp8_skinny(args, state_->skinny)) {
    fp8_skinny(args, state_->skinny, state_->stream);
  } else {
    record_failure("Fp8Linear::run", __FILE__, __LINE__, "there is no way to do this product");
  }
}

void Fp8Linear::run_library(const Fp8LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  const std::int64_t most = state_->fits_library(args) ? state_->part_of(args) : 0;
  for (std::int64_t first = 0; first < args.n; first += most) {
    Fp8LinearArgs part = args;
    part.n = std::min(args.n - first, most);
    part.input = static_cast<const char*>(args.input) +
                 static_cast<std::size_t>(first * args.cols) * size_of(args.dtype);
    part.output = static_cast<char*>(args.output) +
                  static_cast<std::size_t>(first * args.rows) * size_of(args.output_dtype);
    if (most == 0 || !state_->product_for(part).valid) {
      record_failure("Fp8Linear::run_library", __FILE__, __LINE__,
                     "cuBLASLt has no way to do this product");
      return;
    }
    state_->multiply(part);
  }
}

}  // namespace octavo::kernels::cuda
