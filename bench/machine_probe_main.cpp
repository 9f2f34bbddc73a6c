// Prints what the machine can do as one JSON object.
#include <cstdio>

#include "bench/machine_probe.hpp"

int main() {
  octavo::bench::MachineProbe probe(0);
  std::puts(octavo::bench::to_json(probe.measure()).c_str());
}
