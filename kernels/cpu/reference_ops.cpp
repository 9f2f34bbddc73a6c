#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

#include "kernels/cpu/reference_backend.hpp"
#include "kernels/host/half.hpp"

namespace octavo::kernels::cpu {
namespace {

float activate(Activation kind, float x) {
  switch (kind) {
    case Activation::kSilu:
      return x / (1.0F + std::exp(-x));
    case Activation::kGelu:
      return 0.5F * x * (1.0F + std::erf(x * std::numbers::sqrt2_v<float> * 0.5F));
    case Activation::kGeluTanh: {
      const float inner = x + 0.044715F * x * x * x;
      return 0.5F * x * (1.0F + std::tanh(0.7978845608F * inner));  // sqrt(2 / pi)
    }
    case Activation::kRelu:
      break;
  }
  return std::max(x, 0.0F);
}

}  // namespace

void ReferenceBackend::embed(const Matrix& table, const std::int32_t* ids,
                             const Matrix* position_table, const std::int32_t* positions,
                             std::int64_t position_offset, float* output, std::int64_t num_tokens) {
  const std::int64_t width = table.cols;
  for (std::int64_t i = 0; i < num_tokens; ++i) {
    for (std::int64_t c = 0; c < width; ++c) {
      float value = load_element(table.storage.data(), table.dtype, ids[i] * width + c);
      if (position_table != nullptr) {
        const std::int64_t row = positions[i] + position_offset;
        value +=
            load_element(position_table->storage.data(), position_table->dtype, row * width + c);
      }
      output[i * width + c] = value;
    }
  }
}

void ReferenceBackend::norm(const NormArgs& args) {
  const auto width = static_cast<float>(args.width);
  std::vector<float> row(static_cast<std::size_t>(args.width));
  for (std::int64_t i = 0; i < args.num_tokens; ++i) {
    const std::int64_t from = (args.rows != nullptr ? args.rows[i] : i) * args.width;
    for (std::int64_t c = 0; c < args.width; ++c) {
      float& value = row[static_cast<std::size_t>(c)];
      value = args.residual[from + c];
      if (args.input != nullptr) value += static_cast<const float*>(args.input)[from + c];
      if (args.rows == nullptr) args.residual[from + c] = value;
    }
    float* output = static_cast<float*>(args.output) + i * args.width;
    float mean = 0.0F;
    if (args.kind == NormKind::kLayer) {
      for (const float value : row) mean += value;
      mean /= width;
    }
    float square = 0.0F;
    for (const float value : row) square += (value - mean) * (value - mean);
    const float scale = 1.0F / std::sqrt(square / width + args.epsilon);
    for (std::int64_t c = 0; c < args.width; ++c) {
      const float bias = args.bias != nullptr ? args.bias[c] : 0.0F;
      const float value = row[static_cast<std::size_t>(c)];
      output[c] = (value - mean) * scale * (args.weight[c] + args.weight_offset) + bias;
    }
  }
}

void ReferenceBackend::linear(const void* input, const Matrix& weight, const float* bias,
                              void* output, std::int64_t n) {
  const auto* inputs = static_cast<const float*>(input);
  auto* outputs = static_cast<float*>(output);
  with_type(weight.dtype, [&]<class T>(T) {
    const T* elements = weight.storage.as<const T>();
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t r = 0; r < weight.rows; ++r) {
        float sum = 0.0F;
        for (std::int64_t c = 0; c < weight.cols; ++c) {
          sum += inputs[i * weight.cols + c] * to_float(elements[r * weight.cols + c]);
        }
        outputs[i * weight.rows + r] = sum + (bias != nullptr ? bias[r] : 0.0F);
      }
    }
  });
}

void ReferenceBackend::gated_activation(Activation kind, const void* input, void* output,
                                        std::int64_t n, std::int64_t width) {
  const auto* inputs = static_cast<const float*>(input);
  auto* outputs = static_cast<float*>(output);
  for (std::int64_t i = 0; i < n; ++i) {
    const float* gate = inputs + i * 2 * width;
    for (std::int64_t c = 0; c < width; ++c) {
      outputs[i * width + c] = activate(kind, gate[c]) * gate[width + c];
    }
  }
}

void ReferenceBackend::activation(Activation kind, void* values, std::int64_t count) {
  auto* all = static_cast<float*>(values);
  for (std::int64_t i = 0; i < count; ++i) all[i] = activate(kind, all[i]);
}

void ReferenceBackend::copy_blocks(
    const KvCacheView& cache,
    std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) {
  auto* bytes = static_cast<std::byte*>(cache.data);
  const std::size_t size = cache.bytes_per_block();
  for (const auto& [source, destination] : source_destination) {
    std::memcpy(bytes + static_cast<std::size_t>(destination) * size,
                bytes + static_cast<std::size_t>(source) * size, size);
  }
}

}  // namespace octavo::kernels::cpu
