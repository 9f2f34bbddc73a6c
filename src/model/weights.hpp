// A decoder's parameters in the backend's order, and the one walk over them that loading, checking,
// counting and inventing them share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/storage.hpp"
#include "src/model/decoder_spec.hpp"
#include "src/model/shard.hpp"

namespace octavo {

struct LinearWeights {
  kernels::Matrix weight;
  kernels::Vector bias;  ///< Empty: none.
};

struct NormWeights {
  kernels::Vector weight;
  kernels::Vector bias;  ///< Empty: none.
};

struct LayerWeights {
  NormWeights attention_norm;
  LinearWeights qkv;  ///< [qkv_size, hidden_size]: queries, keys, values.
  kernels::Vector query_norm;
  kernels::Vector key_norm;
  LinearWeights attention_output;  ///< [hidden_size, query_size]
  NormWeights mlp_norm;
  LinearWeights mlp_in;   ///< [2 * intermediate_size, hidden_size]: gate, up; or up alone.
  LinearWeights mlp_out;  ///< [hidden_size, intermediate_size]
};

struct Weights {
  kernels::Matrix embedding;  ///< [vocab_size, hidden_size]
  kernels::Matrix positions;  ///< [max_position_embeddings + position_offset, hidden_size] or empty
  std::vector<LayerWeights> layers;
  NormWeights final_norm;
  kernels::Matrix own_head;  ///< [head_rows, hidden_size]; empty when the embedding is the head.
  const kernels::Matrix& head() const { return own_head ? own_head : embedding; }
};

/// A stored tensor, or some of its rows, that becomes rows of a matrix or a run of a vector.
struct TensorPart {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t first_row = 0;
};

/// Which columns of the stored tensors.
struct Columns {
  std::int64_t count = 0;
  std::int64_t first = 0;
};

/// Where parameters come from. What a source cannot give it leaves empty, and remembers why.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  /// The parts below one another: [sum of rows, cols.count]; `transposed` ones are stored [cols,
  /// rows].
  virtual kernels::Matrix matrix(const std::vector<TensorPart>& parts, const Columns& cols,
                                 bool transposed) = 0;
  /// What `matrix` gave, for a product of a layer.
  virtual kernels::Matrix for_product(kernels::Matrix matrix) { return matrix; }
  /// The parts end to end: [sum of rows].
  virtual kernels::Vector vector(const std::vector<TensorPart>& parts) = 0;
};

/// Asks `source` for every parameter of the model once, or for its shard's part of each. `prefix`
/// is one of the architecture's.
Weights gather_weights(const DecoderSpec& spec, std::string_view prefix, WeightSource& source,
                       const Shard& shard = {});

/// Sizes that follow from the spec alone.
struct ParameterCount {
  std::int64_t matrices = 0;  ///< Elements held in the weights' dtype.
  std::int64_t products =
      0;  ///< How many of these are in the layers' products, which can be quantized.
  std::int64_t vectors = 0;  ///< Elements held in float32.
};
ParameterCount count_parameters(const DecoderSpec& spec);

}  // namespace octavo
