// Needs no GPU: the libraries are opened where there is a toolkit.
#include "kernels/cuda/device/library.hpp"

#include "tests/support/catch.hpp"

using octavo::kernels::cuda::Library;

TEST_CASE("the toolkit that the build saw has the libraries that a GPU needs") {
  CHECK(Library("libcublasLt.so.13").symbol("cublasLtCreate") != nullptr);
  CHECK(Library("libnccl.so.2").symbol("ncclCommInitRank") != nullptr);
}
