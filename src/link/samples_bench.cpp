#include <benchmark/benchmark.h>

#include "link/frame.hpp"
#include "link/samples.hpp"

namespace tagwerk::link {
namespace {

std::vector<Sample> floats(std::size_t count, std::size_t run) {
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i)
    samples.push_back({Value::of(static_cast<double>(i)),
                       UtcTime(Duration(static_cast<std::int64_t>(i / run))), model::kGood,
                       static_cast<Slot>(i)});
  return samples;
}

base::Bytes frames(std::span<const Sample> samples) {
  base::Bytes out;
  while (!samples.empty())
    samples = samples.subspan(encode_samples({1, 1}, samples, out));
  return out;
}

/// Argument: samples per run.
void decode_floats(benchmark::State& state) {
  const auto samples = floats(6000, static_cast<std::size_t>(state.range(0)));
  const base::Bytes frame = frames(samples);
  const auto payload = base::ByteView(frame).subspan(kFrameHeader);
  std::vector<Sample> out;
  for (auto _ : state) {
    out.clear();
    if (!decode_samples(payload, out)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples.size()));
}
BENCHMARK(decode_floats)->Arg(6000)->Arg(100)->Arg(4);

void encode_floats(benchmark::State& state) {
  const auto samples = floats(6000, static_cast<std::size_t>(state.range(0)));
  base::Bytes out;
  for (auto _ : state) {
    out.clear();
    encode_samples({1, 1}, samples, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples.size()));
}
BENCHMARK(encode_floats)->Arg(6000)->Arg(4);

}  // namespace
}  // namespace tagwerk::link

BENCHMARK_MAIN();
