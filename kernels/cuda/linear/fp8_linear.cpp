#include "kernels/cuda/linear/fp8_linear.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/device_limits.hpp"
#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/linear/library_product.hpp"
#include "kernels/cuda/linear/skinny_linear.hpp"

namespace octavo::kernels::cuda {

namespace {

constexpr std::size_t kSumsBytes = std::size_t{64} << 20;

/// How much of `sums x scales + bias` the library does itself; the rest is left to `finish_sums`.
enum class Share { kAll, kScales, kNothing };

struct Product : LibraryProduct {
  Share share = Share::kNothing;
};

ProductShape shape_of(const Fp8LinearArgs& args, Share share) {
  return {.n = args.n,
          .rows = args.rows,
          .cols = args.cols,
          .dtype = DType::kF8,
          .output_dtype = share == Share::kNothing ? DType::kF32 : args.output_dtype,
          .has_bias = args.bias != nullptr,
          .alignment = 16};  // what the library's 8-bit kernels need
}

bool describe(const ProductLibrary& library, const ProductShape& shape, Share share, bool fast_sums,
              Product& product) {
  product.share = share;
  const std::int32_t scaling = CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F;
  const auto type = static_cast<std::int32_t>(library_type(shape.output_dtype));
  return library.describe(shape, product) &&
         product.set(CUBLASLT_MATMUL_DESC_FAST_ACCUM, std::int8_t{fast_sums}) &&
         (share == Share::kNothing || (product.set(CUBLASLT_MATMUL_DESC_A_SCALE_MODE, scaling) &&
                                       product.set(CUBLASLT_MATMUL_DESC_B_SCALE_MODE, scaling))) &&
         (share != Share::kAll || !shape.has_bias ||
          (product.set_bias(library.bias_area()) &&
           product.set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type)));
}

}  // namespace

struct Fp8Linear::State {
  State(cudaStream_t stream, std::int64_t tokens, std::int64_t cols, const Options& given)
      : options(given),
        max_tokens(std::max<std::int64_t>(tokens, 1)),
        capacity(max_tokens * cols),
        library(stream),
        inputs(Memory::Place::kDevice, static_cast<std::size_t>(capacity)),
        token_scales(Memory::Place::kDevice, static_cast<std::size_t>(max_tokens) * sizeof(float)) {
    // Only Hopper's matrix products scale by rows and columns.
    options.library_scales = options.library_scales && device_limits().compute_capability / 10 == 9;
    if (!options.library_scales) sums = Memory(Memory::Place::kDevice, kSumsBytes);
    if (is_supported()) skinny = prepare_fp8_skinny();
    has_library = is_supported() && library.is_ready() && inputs.data() != nullptr &&
                  token_scales.data() != nullptr;
  }

  bool place_scales(Product& product, const Fp8LinearArgs& args) const {
    return product.set(CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, args.scales) &&
           product.set(CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, token_scales.data());
  }
  bool attempt(const Fp8LinearArgs& args, Share share, Product& product) const;
  Product& product_for(const Fp8LinearArgs& args);
  std::int64_t part_of(const Fp8LinearArgs& args) const;
  bool fits_library(const Fp8LinearArgs& args) const;
  void multiply(const Fp8LinearArgs& args);

  Options options;
  std::int64_t max_tokens;
  std::int64_t capacity;  ///< Elements of `inputs`.
  ProductLibrary library;
  Memory inputs;
  Memory token_scales;
  Memory sums;  ///< Unscaled, for outputs of 16 bits.
  SkinnyDevice skinny;
  bool has_library = false;
  std::map<ProductShape, Product> products;
};

/// Takes the library's first guess: timing its candidates gained 5 percent at 256 tokens, nothing
/// at 64.
bool Fp8Linear::State::attempt(const Fp8LinearArgs& args, Share share, Product& product) const {
  const ProductShape shape = shape_of(args, share);
  // Without the scales' places it finds no way.
  if (!describe(library, shape, share, options.fast_sums, product) ||
      (share != Share::kNothing && !place_scales(product, args))) {
    return false;
  }
  const auto found = library.algorithms(shape, product, 1);
  product.is_valid = !found.empty();
  if (product.is_valid) product.algorithm = found.front();
  return product.is_valid;
}

/// The way in which the library does most.
Product& Fp8Linear::State::product_for(const Fp8LinearArgs& args) {
  const auto [place, is_new] = products.try_emplace(shape_of(args, Share::kAll));
  Product& product = place->second;
  if (!is_new) return product;
  const bool is_16_bit = args.output_dtype != DType::kF32;
  const bool takes_bias =
      args.bias == nullptr || (is_16_bit && args.rows <= ProductLibrary::kMaxBias);
  const bool can_finish = args.bias == nullptr || !is_16_bit;  // In place, that is.
  if (options.library_scales) {
    if (takes_bias && attempt(args, Share::kAll, product)) return product;
    if (can_finish && attempt(args, Share::kScales, product)) return product;
  }
  if (!is_16_bit || sums.data() != nullptr) attempt(args, Share::kNothing, product);
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
  return has_library && args.cols % 16 == 0 && args.rows % 16 == 0 && is_aligned(args.input) &&
         is_aligned(args.weight) && is_aligned(args.output) && is_aligned(args.scales) &&
         part_of(args) > 0;
}

void Fp8Linear::State::multiply(const Fp8LinearArgs& args) {
  Product& product = product_for(args);
  auto* quantized = reinterpret_cast<std::uint8_t*>(inputs.data());
  auto* scales = reinterpret_cast<float*>(token_scales.data());
  quantize_rows(args.input, args.dtype, args.n, args.cols, quantized, scales, library.stream());
  const bool is_bare = product.share == Share::kNothing;
  const bool is_finished = product.share == Share::kAll;
  if (is_finished && args.bias != nullptr &&
      !library.place_bias(args.bias, args.output_dtype, args.rows)) {
    return;
  }
  if (!is_bare && !place_scales(product, args)) return;
  void* output =
      is_bare && args.output_dtype != DType::kF32 ? static_cast<void*>(sums.data()) : args.output;
  library.multiply(product, product.algorithm, quantized, args.weight, output);
  if (is_bare || (!is_finished && args.bias != nullptr)) {
    finish_sums(static_cast<const float*>(output), is_bare ? scales : nullptr,
                is_bare ? args.scales : nullptr, args.bias, args.output, args.output_dtype, args.n,
                args.rows, library.stream());
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
  return state_->product_for(part).is_valid;
}

void Fp8Linear::run(const Fp8LinearArgs& args) {
  if (args.n <= 0 || args.rows <= 0) return;
  if (quantizes_input(args)) {
    run_library(args);
  } else if (can_run_fp8_skinny(args, state_->skinny)) {
    fp8_skinny(args, state_->skinny, state_->library.stream());
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
    if (most == 0 || !state_->product_for(part).is_valid) {
      record_failure("Fp8Linear::run_library", __FILE__, __LINE__,
                     "cuBLASLt has no way to do this product");
      return;
    }
    state_->multiply(part);
  }
}

}  // namespace octavo::kernels::cuda
