#include "src/model/weights.hpp"

#include <numeric>

#include "src/model/architectures.hpp"

namespace octavo {
namespace {

/// The model's tensors in one order, asked of one source.
class Walk {
 public:
  Walk(const DecoderSpec& spec, std::string_view prefix, WeightSource& source, const Shard& shard)
      : spec_(spec),
        names_(spec.architecture->names),
        prefix_(prefix),
        source_(source),
        shard_(shard) {}

  Weights run() {
    Weights weights;
    weights.embedding = table(names_.embedding, spec_.vocab_size);
    if (!names_.positions.empty()) {
      weights.positions =
          table(names_.positions, spec_.max_position_embeddings + spec_.position_offset);
    }
    for (std::int64_t i = 0; i < spec_.num_layers; ++i) {
      base_ = prefix_ + std::string(names_.layers) + std::to_string(i) + ".";
      weights.layers.push_back(layer());
    }
    base_ = prefix_;
    weights.final_norm = norm(names_.final_norm);
    weights.own_head = head();
    return weights;
  }

 private:
  LayerWeights layer() {
    const auto hidden = spec_.hidden_size;
    LayerWeights layer;
    layer.attention_norm = norm(names_.attention_norm);
    layer.qkv = linear(qkv_parts(), {hidden}, spec_.qkv_bias);
    if (spec_.qk_norm) {
      layer.query_norm = source_.vector({{tensor(names_.query_norm, ".weight"), spec_.head_dim}});
      layer.key_norm = source_.vector({{tensor(names_.key_norm, ".weight"), spec_.head_dim}});
    }
    layer.attention_output =
        summed(names_.attention_output, spec_.query_size(), spec_.attention_output_bias);
    layer.mlp_norm = norm(names_.mlp_norm);
    std::vector<TensorPart> mlp_in{share(names_.mlp_in[0], spec_.intermediate_size)};
    if (spec_.gated) mlp_in.push_back(share(names_.mlp_in[1], spec_.intermediate_size));
    layer.mlp_in = linear(mlp_in, {hidden}, spec_.mlp_bias);
    layer.mlp_out = summed(names_.mlp_out, spec_.intermediate_size, spec_.mlp_bias);
    return layer;
  }

  /// This shard's rows of a tensor of `rows`, or of a run of them from `offset` on.
  TensorPart share(std::string_view name, std::int64_t rows, std::int64_t offset = 0) const {
    return {std::string(name), rows / shard_.size, offset + shard_.begin(rows)};
  }

  std::vector<TensorPart> qkv_parts() const {
    const auto queries = spec_.query_size();
    const auto keys = spec_.kv_size();
    if (!names_.qkv[1].empty())
      return {share(names_.qkv[0], queries), share(names_.qkv[1], keys),
              share(names_.qkv[2], keys)};
    if (shard_.is_whole()) return {{std::string(names_.qkv[0]), spec_.qkv_size()}};
    return {share(names_.qkv[0], queries), share(names_.qkv[0], keys, queries),
            share(names_.qkv[0], keys, queries + keys)};
  }

  /// A product over this shard's share of the `cols` inputs, to be summed over the shards; so only
  /// one of them adds the bias.
  LinearWeights summed(std::string_view name, std::int64_t cols, bool has_bias) {
    return linear({{std::string(name), spec_.hidden_size}},
                  {cols / shard_.size, shard_.begin(cols)}, has_bias && shard_.rank == 0);
  }

  /// Empty where the embedding serves as it is.
  kernels::Matrix head() {
    const std::int64_t rows = head_rows(spec_, shard_);
    if (spec_.tied_head && rows == spec_.vocab_size) return {};
    const std::string name = spec_.tied_head ? prefix_ + std::string(names_.embedding) + ".weight"
                                             : std::string("lm_head.weight");
    const std::int64_t first = rows == spec_.vocab_size ? 0 : shard_.rank * rows;
    return source_.matrix({{name, rows, first}}, {spec_.hidden_size}, false);
  }

  std::string tensor(std::string_view name, std::string_view suffix) const {
    return base_ + std::string(name) + std::string(suffix);
  }

  kernels::Matrix table(std::string_view name, std::int64_t rows) {
    return source_.matrix({{prefix_ + std::string(name) + ".weight", rows}}, {spec_.hidden_size},
                          false);
  }

  LinearWeights linear(const std::vector<TensorPart>& parts, const Columns& cols, bool has_bias) {
    std::vector<TensorPart> weights;
    std::vector<TensorPart> biases;
    for (const auto& part : parts) {
      weights.push_back({tensor(part.name, ".weight"), part.rows, part.first_row});
      biases.push_back({tensor(part.name, ".bias"), part.rows, part.first_row});
    }
    LinearWeights linear;
    linear.weight = source_.for_product(source_.matrix(weights, cols, names_.transposed));
    if (has_bias) linear.bias = source_.vector(biases);
    return linear;
  }

  NormWeights norm(std::string_view name) {
    NormWeights norm;
    norm.weight = source_.vector({{tensor(name, ".weight"), spec_.hidden_size}});
    if (spec_.norm == kernels::NormKind::kLayer) {
      norm.bias = source_.vector({{tensor(name, ".bias"), spec_.hidden_size}});
    }
    return norm;
  }

  const DecoderSpec& spec_;
  const WeightNames& names_;
  std::string prefix_;
  std::string base_;
  WeightSource& source_;
  Shard shard_;
};

std::int64_t sum_of_rows(const std::vector<TensorPart>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::int64_t{0},
                         [](std::int64_t sum, const TensorPart& part) { return sum + part.rows; });
}

class CountingSource final : public WeightSource {
 public:
  kernels::Matrix matrix(const std::vector<TensorPart>& parts, const Columns& cols, bool) override {
    last_ = sum_of_rows(parts) * cols.count;
    count.matrices += last_;
    return {};
  }
  kernels::Matrix for_product(kernels::Matrix matrix) override {
    count.products += last_;
    return matrix;
  }
  kernels::Vector vector(const std::vector<TensorPart>& parts) override {
    count.vectors += sum_of_rows(parts);
    return {};
  }
  ParameterCount count;

 private:
  std::int64_t last_ = 0;
};

}  // namespace

Weights gather_weights(const DecoderSpec& spec, std::string_view prefix, WeightSource& source,
                       const Shard& shard) {
  return Walk(spec, prefix, source, shard).run();
}

ParameterCount count_parameters(const DecoderSpec& spec) {
  CountingSource source;
  gather_weights(spec, "", source);
  return source.count;
}

}  // namespace octavo
